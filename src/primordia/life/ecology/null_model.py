"""A matched random walk beside a soup: the same bytes in the same measure, changed as often, and nothing copied.

Between two looks at the soup, every byte of the walk is replaced as likely as a byte of the soup changes in that time
(the share of bytes that differ after one epoch, compounded), by a draw from the soup's own byte distribution at the
later look. What the soup has beyond its walk is not owed to which bytes it consists of, nor to how much it stirs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from primordia.core.tools import Moment
from primordia.life.ecology.alarms import SAMPLE, matched_noise
from primordia.life.measures import byte_counts, high_order_complexity
from primordia.life.replicators import REPLICATOR_SCORE, round_seed, scores

Bytes = npt.NDArray[np.uint8]


class Beside(NamedTuple):
    """A soup and its walk after the same epochs: complexity in bits per byte, replicators among 256 sampled places."""

    epoch: int
    change_rate: float
    soup_complexity: float
    walk_complexity: float
    soup_replicators: int
    walk_replicators: int


def beside(moments: Iterable[Moment]) -> Iterable[Beside]:
    """The soup and its matched walk at each of some moments of a run, rising; the walk starts as the first soup.

    Cost: one epoch of the soup, two compressions and 512 replication tests for each moment.
    """
    walk: Bytes | None = None
    before = 0
    for moment in moments:
        soup = moment.state.soup
        rate = change_rate(moment)
        walk = np.array(soup) if walk is None else _stirred(walk, moment, 1 - (1 - rate) ** (moment.t - before))
        before = moment.t
        ours, theirs = (_replicators(moment, programs) for programs in (soup, walk))
        complexities = high_order_complexity(soup), high_order_complexity(walk)
        yield Beside(moment.t, rate, *complexities, ours, theirs)


def change_rate(moment: Moment) -> float:
    """The share of a soup's bytes that the next epoch changes."""
    state, _ = moment.experiment.advance(moment.config, moment.state, moment.streams, moment.t, 1)
    return float((state.soup != moment.state.soup).mean())


def _stirred(walk: Bytes, moment: Moment, p_change: float) -> Bytes:
    """The walk with each byte replaced, with this probability, by a draw from the soup's byte distribution."""
    scale = 1 << 30
    changes = moment.streams.integers("walk changes", moment.t, walk.size, scale).reshape(walk.shape) < p_change * scale
    drawn = matched_noise(byte_counts(moment.state.soup), walk.shape, moment.streams, "walk bytes", moment.t)
    return np.where(changes, drawn, walk)


def _replicators(moment: Moment, programs: Bytes) -> int:
    places = moment.streams.integers("replicator sample", moment.t, SAMPLE, len(programs))
    found = scores(
        moment.config.language,
        programs[places],
        indices=places,
        n_programs=len(programs),
        round_seed=round_seed(moment.streams.seed, max(moment.t - 1, 0)),
        max_steps=moment.config.max_steps,
    )
    return int((found >= REPLICATOR_SCORE).sum())
