"""A run of a soup at any of its epochs, replayed; and any one interaction of it, taken apart.

Nothing is recorded while a run goes on. Who met whom and what mutated follow from the seed and the epoch, so the past
is computed again from the nearest state that is known.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, final

import numpy as np
import numpy.typing as npt

from primordia.core.errors import BadInputError
from primordia.core.experiment import Experiment
from primordia.core.streams import Streams
from primordia.life.lineage.interaction import Interaction, Rules, take_apart
from primordia.life.worlds import Meetings

Bytes = npt.NDArray[np.uint8]

BLOCK = 32
"""Epochs in a row whose soups are kept."""
ANCHORS = 16
"""Soups, a block apart, that are kept to start further replays from."""


@final
class History:
    """The soups of a run, its meetings and its interactions.

    Args:
        experiment: a soup experiment: it has `world(config)`, and its state has `soup`.
        config: the run's.
        streams: the run's.
        state_at: t -> the state after t epochs, from a checkpoint or however; asked for at most once per
            `BLOCK * ANCHORS` epochs when one walks through time in one direction.
        first: the first epoch that can be asked for.
        last: the last.
        before: (soup, t) -> what the soup is when epoch t begins, where something comes from outside between two
            epochs (a planted organism, a reset); it must not change the soup it is given.

    Memory: up to `BLOCK + ANCHORS` = 48 soups, which is 400 MB for 131,072 programs of 64 bytes.
    """

    def __init__(
        self,
        experiment: Experiment[Any, Any],
        config: Any,
        streams: Streams,
        state_at: Callable[[int], Any],
        *,
        first: int = 0,
        last: int,
        before: Callable[[Bytes, int], Bytes] = lambda soup, t: soup,
    ) -> None:
        self.experiment, self.config, self.streams = experiment, config, streams
        self.state_at, self.first, self.last, self.before = state_at, first, last, before
        self.world = experiment.world(config)  # type: ignore[attr-defined]
        self.rules = Rules(
            config.language,
            streams.seed,
            config.n_programs,
            config.tape_length,
            round(config.mutation_rate * 2**30),
            config.max_steps,
        )
        self._anchors: dict[int, Any] = {}
        self._block: list[Any] = []
        self._block_first = first
        self._meetings: tuple[int, Meetings] | None = None

    def state(self, t: int) -> Any:
        """The state after t epochs.

        Raises:
            BadInputError: the run has no such epoch.
        """
        if not self.first <= t <= self.last:
            near = min(max(t, self.first), self.last)
            raise BadInputError(f"The run has the epochs {self.first} to {self.last}, not {t}; the nearest is {near}.")
        if not self._block or not self._block_first <= t < self._block_first + BLOCK:
            self._open_block(t)
        while len(self._block) <= t - self._block_first:
            self._block.append(self.advanced(self._block[-1], self._block_first + len(self._block) - 1, 1))
        return self._block[t - self._block_first]

    def soup(self, t: int) -> Bytes:
        """The soup uint8 [program, byte] after t epochs; not to be changed."""
        found: Bytes = self.state(t).soup
        return found

    def opening(self, epoch: int) -> Bytes:
        """The soup uint8 [program, byte] that the meetings of an epoch begin with."""
        return self.before(self.soup(epoch), epoch)

    def put_in(self, epoch: int, place: int) -> bool:
        """Whether the program at a place came, or was changed, from outside just before the meetings of an epoch."""
        soup, opening = self.soup(epoch), self.opening(epoch)
        return opening is not soup and not np.array_equal(opening[place], soup[place])

    def advanced(self, state: Any, t: int, n: int) -> Any:
        """The state n epochs after a state of epoch t, which need not be the run's own."""
        return self.experiment.advance(self.config, state, self.streams, t, n)[0] if n else state

    def meetings(self, epoch: int) -> Meetings:
        """Who met whom in an epoch."""
        if self._meetings is None or self._meetings[0] != epoch:
            found = self.world.meetings(self.streams.seed, epoch, self.config.n_programs)
            self._meetings = epoch, found
        return self._meetings[1]

    def interaction(self, epoch: int, program: int) -> Interaction:
        """The interaction of an epoch that a program (its place in the soup) took part in."""
        return self.pair(epoch, self.meetings(epoch).pair_of(program)[0])

    def pair(self, epoch: int, pair: int) -> Interaction:
        """One pair of an epoch, by its number."""
        order, n_meeting = self.meetings(epoch)
        places = int(order[2 * pair]), int(order[2 * pair + 1])
        rows = self.opening(epoch)[list(places)]
        return take_apart(self.rules, epoch, pair, places, rows, executed=pair < n_meeting)

    def _open_block(self, t: int) -> None:
        """Makes the block of t the one that is kept; its first state is replayed from the nearest that is known."""
        first = max(self.first, t - t % BLOCK)
        stretch = max(self.first, first - first % (BLOCK * ANCHORS))
        known = dict(self._anchors)
        if self._block:
            known[self._block_first + len(self._block) - 1] = self._block[-1]
        at = max((when for when in known if stretch - BLOCK <= when <= first), default=None)
        state = known[at] if at is not None else self.state_at(stretch)
        at = stretch if at is None else at
        end = stretch + BLOCK * ANCHORS
        self._anchors = {when: kept for when, kept in self._anchors.items() if stretch <= when < end}
        while at < first:
            self._keep(at, state)
            n_epochs = min(first, at - at % BLOCK + BLOCK) - at
            state, at = self.advanced(state, at, n_epochs), at + n_epochs
        self._keep(first, state)
        self._block, self._block_first = [state], first

    def _keep(self, t: int, state: Any) -> None:
        if t % BLOCK == 0 or t == self.first:
            self._anchors[t] = state


def of_run(experiment: Experiment[Any, Any], config: Any, streams: Streams) -> History:
    """The history of a run that starts now and has no end: replayed from its first state."""
    init = experiment.init(config, streams)

    def state_at(t: int) -> Any:
        return experiment.advance(config, init, streams, 0, t)[0] if t else init

    return History(experiment, config, streams, state_at, last=2**48)
