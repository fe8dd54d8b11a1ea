"""Claims about the mesa layer: its arithmetic, its models, and what training it gains."""

from __future__ import annotations

from primordia.core.claims import Claim

CLAIMS: tuple[Claim, ...] = ()
