"""A walk that never works with one of its seeds, for sweeps."""

from __future__ import annotations

from primordia.core.metrics import Row
from primordia.core.streams import Streams
from walk import Walk, WalkConfig, WalkState


class Failing(Walk):
    """Seed 1 raises in the first step."""

    name = "tests/failing"

    def step(self, config: WalkConfig, state: WalkState, streams: Streams, t: int) -> tuple[WalkState, Row]:
        """One step, except of seed 1."""
        if config.seed == 1:
            raise RuntimeError("seed 1 never works")
        return super().step(config, state, streams, t)
