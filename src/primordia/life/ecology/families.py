"""Families: programs that differ in a few instructions, read forwards or backwards.

The rule. Distinct programs are taken in order of their numbers, the most frequent first. A program belongs to the
first family whose founder it is close to, and founds one if there is none. Close means: the edit distance between the
instructions (no-ops and null bytes left out), or between one's and the other's read backwards, is at most a quarter of
the longer one's. Distances are to founders only, so a family cannot creep from one form to another.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from primordia.life.ecology import names
from primordia.life.ecology.distance import edit_distance, found_families, join_families
from primordia.life.ecology.symbols import symbols_of, table
from primordia.life.measures import census

Bytes = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.int64]

MOST_PROGRAMS = 2048
"""Distinct programs that are looked at, the most frequent ones; the others of a soup stay without a family."""
TOLERANCE = 0.25
GREATEST = 64
NONE = -1


@dataclasses.dataclass(frozen=True)
class Families:
    """The families among some programs, the first founded first.

    Args:
        language: the substrate's name.
        programs: uint8 [program, byte]: the distinct programs that were looked at, the most frequent first.
        counts: int64 [program]: how many there are of each, in all soups that were looked at.
        family: int64 [program]: the family of each.
        founders: int64 [family]: the program that each was founded by, its most frequent member.
        tolerance: largest edit distance within a family, as a share of the longer string of instructions.
    """

    language: str
    programs: Bytes
    counts: Counts
    family: Counts
    founders: Counts
    tolerance: float

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

        A program that was not itself looked at belongs to the first of the 64 greatest families whose founder it is
        close to, and to none otherwise.

        Cost: up to three seconds for 131,072 distinct programs.
        """
        found = census(soup)
        belongs = self.family_of(soup[found.first])
        return np.bincount(belongs[belongs != NONE], found.counts[belongs != NONE], len(self)).astype(np.int64)

    def family_of(self, programs: Bytes) -> Counts:
        """The family of each of some programs uint8 [program, byte], int64 [program]; -1 for those of none."""
        belongs = np.array([self._known.get(program.tobytes(), NONE) for program in programs], np.int64)
        strangers = np.flatnonzero(belongs == NONE)
        belongs[strangers] = self._joined(programs[strangers])
        return belongs

    @functools.cached_property
    def _known(self) -> dict[bytes, int]:
        return {program.tobytes(): int(family) for program, family in zip(self.programs, self.family, strict=True)}

    def _joined(self, programs: Bytes) -> Counts:
        """The family that each of some programs uint8 [program, byte] would join, or -1."""
        totals = np.bincount(self.family, self.counts, len(self))
        greatest = np.sort(np.argsort(-totals, kind="stable")[:GREATEST])
        leader_of = np.empty(len(programs), np.int64)
        strings = _strings(self.language, programs)
        founders = _strings(self.language, self.programs[self.founders[greatest]])
        join_families(*strings, round(1000 * self.tolerance), np.arange(len(greatest)), *founders, leader_of)
        return np.where(leader_of == NONE, NONE, greatest[leader_of])


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
    leader_of, leaders = np.empty((2, len(programs)), np.int64)
    n_leaders = found_families(*_strings(language, programs), round(1000 * tolerance), leader_of, leaders)
    counts = np.array([totals[key] for key in ranked], np.int64)
    return Families(language, programs, counts, leader_of, leaders[:n_leaders].copy(), tolerance)


def difference(language: str, first: Bytes, second: Bytes) -> float:
    """How different two programs uint8 [byte] are: 0 for the same instructions, forwards or backwards, to 1."""
    one, other = symbols_of(language, first), symbols_of(language, second)
    longer = max(len(one), len(other))
    if not longer:
        return 0.0
    places = np.zeros(256, np.uint64)
    ways = (other, np.ascontiguousarray(other[::-1]))
    return min(int(edit_distance(one, len(one), way, len(way), places)) for way in ways) / longer


def _strings(language: str, programs: Bytes) -> tuple[Bytes, Counts]:
    """The instructions of programs uint8 [program, byte]: uint8 [program, symbol], and how many there are of each."""
    symbols, counts = table(language)
    kept = counts[programs]
    lengths = kept.sum(axis=1)
    # Instructions first, in their order; what is left behind them is not read.
    order = np.argsort(~kept, axis=1, kind="stable")
    return np.take_along_axis(symbols[programs], order, axis=1), lengths.astype(np.int64)
