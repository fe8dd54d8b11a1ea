"""Claims of minds/icl-regression."""

from __future__ import annotations

from primordia.core.claims import Claim

CLAIMS: tuple[Claim, ...] = ()
