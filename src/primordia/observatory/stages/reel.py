"""Pictures that were drawn before, so that going back to them costs nothing: bounded by bytes, not by time."""

from __future__ import annotations

import threading
import zlib
from typing import NamedTuple, final

import numpy as np

from primordia.observatory.stages.painting import Pixels

BYTES = 24 * 2**20
OVERHEAD = 256
"""What a kept picture costs beside its bytes, about."""


class _Kept(NamedTuple):
    step: int
    revision: int
    shape: tuple[int, ...]
    content: bytes

    def size(self) -> int:
        return len(self.content) + OVERHEAD


@final
class Reel:
    """Whole pictures of one view by step, compressed: the newest densely, the whole run ever more coarsely.

    Half of the room is for the pictures put last. The other half holds one picture for every `gap` steps; when it is
    full the gap is doubled, so what is left goes on covering the run from its start.

    Args:
        room: bytes of compressed pictures, at most.
    """

    def __init__(self, room: int = BYTES) -> None:
        self._half = room // 2
        self._gap = 1
        self._newest: dict[int, _Kept] = {}
        self._coarse: dict[int, _Kept] = {}
        self._bytes = {"newest": 0, "coarse": 0}
        self._using = threading.Lock()

    def put(self, step: int, revision: int, pixels: Pixels) -> None:
        """Keep a picture; one of the same step gives way to it."""
        content = zlib.compress(pixels.tobytes(), 1)
        kept = _Kept(step, revision, pixels.shape, content)
        with self._using:
            self._drop(step)
            self._newest[step] = kept
            self._bytes["newest"] += kept.size()
            while self._bytes["newest"] > self._half:
                self._bytes["newest"] -= self._newest.pop(next(iter(self._newest))).size()
            if self._coarse.setdefault(step // self._gap, kept) is kept:
                self._bytes["coarse"] += kept.size()
            while self._bytes["coarse"] > self._half:
                self._thin()

    def _thin(self) -> None:
        before, self._coarse = self._coarse, {}
        self._gap *= 2
        for kept in before.values() if len(before) > 1 else ():
            self._coarse.setdefault(kept.step // self._gap, kept)
        self._bytes["coarse"] = sum(kept.size() for kept in self._coarse.values())

    def _drop(self, step: int) -> None:
        if step in self._newest:
            self._bytes["newest"] -= self._newest.pop(step).size()
        slot = self._coarse.get(step // self._gap)
        if slot is not None and slot.step == step:
            self._bytes["coarse"] -= self._coarse.pop(step // self._gap).size()

    def at(self, step: int) -> tuple[int, Pixels] | None:
        """The revision and picture of a step, or None where it was not kept."""
        with self._using:
            kept = self._newest.get(step) or self._coarse.get(step // self._gap)
        if kept is None or kept.step != step:
            return None
        return kept.revision, np.frombuffer(zlib.decompress(kept.content), np.uint8).reshape(kept.shape)

    def steps(self) -> list[int]:
        """The steps that are here, ascending."""
        with self._using:
            return sorted({kept.step for kept in (*self._newest.values(), *self._coarse.values())})

    def forget_from(self, step: int) -> None:
        """Drop the pictures of this step and later ones: somebody intervened there."""
        with self._using:
            for late in [kept.step for kept in (*self._newest.values(), *self._coarse.values()) if kept.step >= step]:
                self._drop(late)

    def size(self) -> int:
        """Bytes that it takes; pictures that are in both halves count twice."""
        with self._using:
            return sum(self._bytes.values())
