"""Whom a program of a soup meets in the coming epoch, and on which tape: exactly what the epoch will run."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from primordia.core.streams import mix64
from primordia.life.experiments import worlds
from primordia.life.replicators import MASK_64, round_seed
from primordia.life.worlds import World

Bytes = npt.NDArray[np.uint8]

DRAWS = 2**30


@dataclasses.dataclass(frozen=True)
class Coming:
    """A meeting of the coming epoch.

    Args:
        first: the program that stands first, by its place in the soup.
        second: the other one.
        tape: uint8 [pair byte], joined and mutated.
        mutated: how many bytes mutated.
        executed: whether the pair runs; a limit on interactions may let it mutate only.
    """

    first: int
    second: int
    tape: Bytes
    mutated: int
    executed: bool


def coming(config: Any, soup: Bytes, world: World, seed: int, t: int, place: int) -> Coming:
    """The meeting in epoch t of the program at a place of a soup uint8 [program, byte].

    The rules are those of docs/bff-semantics.md, section 2. Cost: one draw of the world's meetings, some milliseconds
    in a soup of a million programs.
    """
    soup = worlds.soup_before(config, soup, seed, t)
    n_programs, length = soup.shape
    order = np.empty(n_programs, np.int32)
    n_meeting = world.draw(seed, t, order)
    pair = int(np.flatnonzero(order == place)[0]) // 2
    first, second = (int(index) for index in order[2 * pair : 2 * pair + 2])
    joined = np.concatenate((soup[first], soup[second]))
    base = np.uint64((n_programs * round_seed(seed, t) + pair) * 2 * length & MASK_64)
    with np.errstate(over="ignore"):
        draws = mix64(base + np.arange(2 * length, dtype=np.uint64))
    mutates = (draws >> np.uint64(8) & np.uint64(DRAWS - 1)) < round(config.mutation_rate * DRAWS)
    tape = np.where(mutates, draws.astype(np.uint8), joined)
    return Coming(first, second, tape, int(mutates.sum()), pair < n_meeting)
