"""Families: programs that differ in a few instructions, read forwards or backwards.

The rule. Distinct programs are taken in order of their numbers, the most frequent first. A program belongs to the
first family whose founder it is close to, and founds one if there is none. Close means: the edit distance between the
instructions (no-ops and null bytes left out), or between one's and the other's read backwards, is at most a quarter of
the longer one's. Distances are to founders only, so a family cannot creep from one form to another.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from primordia.life.ecology import names
from primordia.life.ecology.distance import edit_distance, nearest_leader
from primordia.life.ecology.symbols import symbols_of
from primordia.life.measures import Census, census

Bytes = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.int64]

MOST_PROGRAMS = 2048
"""Distinct programs that are looked at, the most frequent ones; the others of a soup stay without a family."""
TOLERANCE = 0.25


@dataclasses.dataclass(frozen=True)
class Families:
    """The families among some programs, the first founded first.

    Args:
        language: the substrate's name.
        programs: uint8 [program, byte]: the distinct programs that were looked at, the most frequent first.
        family: int64 [program]: the family of each.
        founders: int64 [family]: the program that each was founded by, its most frequent member.
    """

    language: str
    programs: Bytes
    family: Counts
    founders: Counts

    def __len__(self) -> int:
        return len(self.founders)

    def founder(self, family: int) -> Bytes:
        """The founder's program uint8 [byte]."""
        return self.programs[self.founders[family]]

    def name(self, family: int) -> str:
        """The founder's name."""
        return names.name(self.language, self.founder(family))

    def sizes(self, soup: Bytes) -> Counts:
        """How many programs of a soup uint8 [program, byte] belong to each family, int64 [family].

        Only those count that are byte for byte one of the programs looked at.
        """
        number = {program.tobytes(): index for index, program in enumerate(self.programs)}
        found = census(soup)
        sizes = np.zeros(len(self), np.int64)
        for first, count in zip(found.first, found.counts, strict=True):
            index = number.get(soup[first].tobytes())
            if index is not None:
                sizes[self.family[index]] += count
        return sizes


def families(
    language: str, soups: Sequence[Bytes], most_programs: int = MOST_PROGRAMS, tolerance: float = TOLERANCE
) -> Families:
    """The families among the most frequent programs of one soup, or of several taken together.

    Args:
        language: the substrate's name.
        soups: each uint8 [program, byte].
        most_programs: distinct programs to look at, from all soups together.
        tolerance: largest edit distance within a family, as a share of the longer string of instructions.

    Cost: distinct programs times families: a moment for a soup of relatives, seconds when all programs are strangers.
    """
    totals: dict[bytes, int] = {}
    for soup in soups:
        found = census(soup)
        for first, count in zip(found.first[:most_programs], found.counts, strict=False):
            key = soup[first].tobytes()
            totals[key] = totals.get(key, 0) + int(count)
    ranked = sorted(totals, key=lambda key: (-totals[key], key))[:most_programs]
    programs = np.frombuffer(b"".join(ranked), np.uint8).reshape(len(ranked), -1)
    return _cluster(language, programs, tolerance)


def in_numbers(programs: Census, most_programs: int) -> int:
    """How many programs of a soup the most frequent distinct ones stand for."""
    return int(programs.counts[:most_programs].sum())


def difference(language: str, first: Bytes, second: Bytes) -> float:
    """How different two programs uint8 [byte] are: 0 for the same instructions, forwards or backwards, to 1."""
    one, other = symbols_of(language, first), symbols_of(language, second)
    longer = max(len(one), len(other))
    if not longer:
        return 0.0
    places = np.zeros(256, np.uint64)
    ways = (other, np.ascontiguousarray(other[::-1]))
    return min(int(edit_distance(one, len(one), way, len(way), places)) for way in ways) / longer


def _cluster(language: str, programs: Bytes, tolerance: float) -> Families:
    strings = np.zeros(programs.shape, np.uint8)
    lengths = np.zeros(len(programs), np.int64)
    for index, program in enumerate(programs):
        symbols = symbols_of(language, program)
        strings[index, : len(symbols)] = symbols
        lengths[index] = len(symbols)
    leader_of, leaders = np.empty((2, len(programs)), np.int64)
    n_leaders = nearest_leader(strings, lengths, round(1000 * tolerance), leader_of, leaders)
    return Families(language, programs, leader_of, leaders[:n_leaders].copy())
