"""The states of a recorded run at any step: from the nearest one known, replayed forward with all interventions."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from typing import Any, final

from primordia.core import tree
from primordia.core.errors import CheckpointError, RunFolderError
from primordia.core.streams import Streams
from primordia.engine import checkpoints, interventions
from primordia.engine.folder import Opened
from primordia.engine.ring import Instant

BYTES = 512 * 2**20
MOST_INSTANTS = 2048
CHUNK_SECONDS = 0.03
"""About how long the replay goes between two instants that it remembers, and before it asks whether to go on."""
PATIENCE = 3
"""How often a checkpoint may vanish while it is read: a running run deletes its older ones."""


@final
class Memory:
    """Some instants of a run, within a bound: densely around the last one asked for, sparsely elsewhere.

    Args:
        room: bytes of states, at most; the last one put is kept even when it alone is larger.
    """

    def __init__(self, room: int = BYTES) -> None:
        self._room = room
        self._kept: dict[int, tuple[Instant, int]] = {}
        self._bytes = 0
        self._using = threading.Lock()

    def put(self, instant: Instant) -> None:
        """Remember an instant; where the room is full, those go whose loss leaves the smallest gap for their place."""
        size = _bytes(instant.state)
        with self._using:
            self._forget([instant.t])
            self._kept[instant.t] = (instant, size)
            self._bytes += size
            while len(self._kept) > 1 and (self._bytes > self._room or len(self._kept) > MOST_INSTANTS):
                self._forget([self._least_missed(instant.t)])

    def _least_missed(self, here: int) -> int:
        """The step whose neighbours lie closest to each other, measured by how far away it is."""
        ordered = sorted(self._kept)

        def gap(number: int) -> float:
            step = ordered[number]
            before = ordered[number - 1] if number else -1
            after = ordered[number + 1] if number + 1 < len(ordered) else 2 * step - before
            return (after - before) / (1 + abs(step - here))

        return ordered[min((number for number, step in enumerate(ordered) if step != here), key=gap)]

    def _forget(self, steps: list[int]) -> None:
        for step in steps:
            if step in self._kept:
                self._bytes -= self._kept.pop(step)[1]

    def before(self, at: int) -> Instant | None:
        """The last one known at or before a step."""
        with self._using:
            earlier = [step for step in self._kept if step <= at]
            return self._kept[max(earlier)][0] if earlier else None

    def forget_from(self, step: int) -> None:
        """Drop this step and all later ones: somebody intervened there."""
        with self._using:
            self._forget([known for known in self._kept if known >= step])

    def size(self) -> int:
        """Bytes of the states that are remembered."""
        with self._using:
            return self._bytes


def _bytes(state: Any) -> int:
    return sum(int(getattr(leaf, "nbytes", 8)) for _, leaf in tree.leaves(state))


@final
class Timeline:
    """A recorded run, whose state can be had at every step; for one thread.

    Args:
        run: the opened run, which may still be going on elsewhere.
        memory: where instants are remembered.
    """

    def __init__(self, run: Opened, memory: Memory | None = None) -> None:
        self.run = run
        self.memory = memory or Memory()
        self._streams = Streams(run.config.seed)
        self._template: Any = None
        self._chunk = 1
        self._size = -1
        self._made_so_far: list[dict[str, Any]] = []

    def seek(self, at: int, go_on: Callable[[float], bool] = lambda share: True) -> Instant | None:
        """The run after `at` steps and all interventions there; None where `go_on` said no.

        Costs the replay from the nearest instant that is remembered, or checkpoint.

        Args:
            at: completed steps.
            go_on: told which share of the replay is done, about every `CHUNK_SECONDS`; whether to continue.

        Raises:
            RunFolderError: the run has no such step, or cannot be trusted.
        """
        self.refresh()
        made = self._made_so_far
        instant = self._nearest(at, made)
        first = instant.t
        while instant.t < at:
            if not go_on((instant.t - first) / (at - first)):
                return None
            instant = self._forward(instant, at, made)
            self.memory.put(instant)
        return instant

    def refresh(self) -> int | None:
        """Read the interventions again if the run's events have grown; nothing older than a new one is kept from then.

        Returns:
            The step of the first new intervention, or None: from there on the run is another.
        """
        path = self.run.folder.events.path
        size = path.stat().st_size if path.exists() else 0
        if size == self._size:
            return None
        before, self._made_so_far = self._made_so_far, interventions.recorded(self.run.folder)
        pairs = zip(before, self._made_so_far, strict=False)
        n_same = sum(1 for _ in itertools.takewhile(lambda two: two[0] == two[1], pairs))
        other, first_time = [*before[n_same:], *self._made_so_far[n_same:]], self._size < 0
        self._size = size
        if first_time or not other:
            return None
        altered = min(int(event["step"]) for event in other)
        self.memory.forget_from(altered)
        return altered

    def _nearest(self, at: int, made: list[dict[str, Any]]) -> Instant:
        for _ in range(PATIENCE):
            known = self.memory.before(at)
            stored = max((step for step in checkpoints.steps(self.run.folder.checkpoints) if step <= at), default=None)
            if known is not None and (stored is None or known.t >= stored):
                return known
            try:
                instant = self._there(*self._stored(at, stored), made)
            except CheckpointError as error:
                if stored is None or checkpoints.folder_of(self.run.folder.checkpoints, stored).exists():
                    raise
                vanished = error
                continue
            self.memory.put(instant)
            return instant
        raise vanished

    def _stored(self, at: int, step: int | None) -> tuple[Any, int]:
        """The state of a checkpoint, or of the beginning, before the interventions there, and its step."""
        folder, begins = self.run.folder, int(self.run.folder.record()["begins_at"])
        if at < begins:
            raise RunFolderError(f"{folder.path.name} begins at step {begins}; step {at} belongs to its parent.")
        if step is None and begins:
            raise RunFolderError(f"{folder.path} was forked but its first checkpoint is missing; fork it again.")
        if self._template is None:
            self._template = self.run.experiment.init(self.run.config, self._streams)
        if step is None:
            return self._template, 0
        return checkpoints.load(folder.checkpoints, step, self._template, self.run.stamp, self.run.cut), step

    def _there(self, state: Any, t: int, made: list[dict[str, Any]]) -> Instant:
        """The instant of a stored state: with the interventions of its step made."""
        past = [event for event in made if event["step"] < t]
        return self._made(t, len(past), interventions.config_at(self.run, past), state, made)

    def _made(self, t: int, revision: int, config: Any, state: Any, made: list[dict[str, Any]]) -> Instant:
        here = [event for event in made if event["step"] == t]
        config, state = interventions.again(self.run, config, state, t, here)
        return Instant(t, revision + len(here), config, state)

    def _forward(self, instant: Instant, at: int, made: list[dict[str, Any]]) -> Instant:
        """Some steps towards `at`, to an intervention at most, and the interventions there."""
        t, revision, config, state = instant
        goal = min([at, *(int(event["step"]) for event in made if event["step"] > t)])
        n = min(self._chunk, goal - t)
        began = time.perf_counter()
        state, _ = self.run.experiment.advance(config, state, self._streams, t, n)
        seconds = max(time.perf_counter() - began, 1e-6)
        self._chunk = max(1, min(4 * self._chunk, int(n * CHUNK_SECONDS / seconds)))
        return self._made(t + n, revision, config, state, made)
