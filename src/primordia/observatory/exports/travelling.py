"""Through a run once, forward, for exports: the state at each wanted step, and what a part of a view shows there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from primordia.engine.folder import Opened
from primordia.engine.ring import Instant
from primordia.observatory.exports.ink import Pixels
from primordia.observatory.exports.orders import Part
from primordia.observatory.stages.painting import cut
from primordia.observatory.stages.timeline import Memory, Timeline

Progress: TypeAlias = Callable[[float, str], None]


def travel(run: Opened, steps: Sequence[int], progress: Progress) -> Iterator[Instant]:
    """The run at each of `steps`, ascending; no stretch is replayed twice.

    Args:
        run: an opened run.
        steps: at least one.
        progress: told the share that is done and what is going on, some thirty times a second.

    Raises:
        RunFolderError: the run has no such step, or cannot be trusted.
    """
    timeline, word = Timeline(run, Memory(0)), run.experiment.step_word
    for number, step in enumerate(steps):

        def heard(share: float, number: int = number, step: int = step) -> bool:
            progress((number + share) / len(steps), f"replaying to {word} {step:,}")
            return True

        instant = timeline.seek(step, heard)
        assert instant is not None  # `heard` never says no.
        yield instant
        progress((number + 1) / len(steps), f"{word} {step:,}")


def pixels_of(run: Opened, part: Part, instant: Instant) -> Pixels:
    """The palette indices [row, column] of a part of a view."""
    drawn = run.experiment.views[part.view].pixels(instant.config, instant.state, part.view)
    return cut(drawn, part.tile)[1]
