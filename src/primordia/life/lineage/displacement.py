"""Who displaced whom: the share of the soup that a replicator's strain holds, and the strain that overtakes it.

Programs with the same instructions in the same order, read forwards or backwards, are one strain; no-ops and null
bytes do not count. It is finer than a family of the ecology (docs/life-tools.md), whose members may differ in a quarter
of their instructions: the strains that displace each other after a takeover are often of one family.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import final

import numpy as np
import numpy.typing as npt

from primordia.life.ecology.symbols import table
from primordia.life.lineage.births import score_at
from primordia.life.lineage.history import History

Bytes = npt.NDArray[np.uint8]


@final
@dataclasses.dataclass(frozen=True)
class Standing:
    """How a strain and its greatest rival stand.

    Args:
        t: completed epochs.
        share: of the soup's programs, those of the strain.
        rival: the strain, of all others, that has gained most since the start; None if none has gained anything.
        rival_share: its share.
        rival_place: where in the soup its most frequent program stands first; -1 without a rival.
        rival_score: the replication score of that program.
    """

    t: int
    share: float
    rival: bytes | None
    rival_share: float
    rival_place: int
    rival_score: int

    @property
    def overtaken(self) -> bool:
        """Whether the rival holds the greater share."""
        return self.rival is not None and self.rival_share > self.share


def strain(language: str, program: Bytes) -> bytes:
    """The instructions of a program uint8 [byte], forwards or backwards, whichever comes first in the alphabet."""
    symbols, counts = table(language)
    bare = symbols[program][counts[program]].tobytes()
    return min(bare, bare[::-1])


def strains(language: str, soup: Bytes) -> Counter[bytes]:
    """How many programs of a soup uint8 [program, byte] belong to each strain."""
    symbols, counts = table(language)
    bare, kept = symbols[soup], counts[soup]
    found: Counter[bytes] = Counter(row[keep].tobytes() for row, keep in zip(bare, kept, strict=True))
    both: Counter[bytes] = Counter()
    for instructions, number in found.items():
        both[min(instructions, instructions[::-1])] += number
    return both


def standings(history: History, founder: Bytes, since: int, epochs: Iterable[int]) -> Iterator[Standing]:
    """How the strain of a founder uint8 [byte] and its greatest rival stand after each of these numbers of epochs.

    A rival is measured by what it has gained since the epoch `since`, so that what was always frequent, as programs
    without any instruction are, is none.

    Cost: a second for each, with 131,072 programs.
    """
    language = history.config.language
    own, base = strain(language, founder), strains(language, history.soup(since))
    for t in epochs:
        soup = history.soup(t)
        now = strains(language, soup)
        gains = {other: number - base[other] for other, number in now.items() if other != own}
        rival = max(gains, key=lambda other: (gains[other], other), default=None)
        if rival is None or gains[rival] <= 0:
            yield Standing(t, now[own] / len(soup), None, 0.0, -1, 0)
            continue
        place = example(language, soup, rival)
        score = score_at(history, t, place, soup[place])
        yield Standing(t, now[own] / len(soup), rival, now[rival] / len(soup), place, score)


def example(language: str, soup: Bytes, of: bytes) -> int:
    """The first place in a soup uint8 [program, byte] of the most frequent program of a strain that occurs in it."""
    symbols, counts = table(language)
    long = np.flatnonzero(counts[soup].sum(axis=1) == len(of))
    ways = {of, of[::-1]}
    members = [int(place) for place in long if symbols[soup[place]][counts[soup[place]]].tobytes() in ways]
    numbers = Counter(soup[place].tobytes() for place in members)
    return min(members, key=lambda place: (-numbers[soup[place].tobytes()], place))


def overtaking(found: Iterable[Standing]) -> Standing | None:
    """The first of the standings, in order of time, from which on the strain is never again ahead of all others."""
    since: Standing | None = None
    for standing in found:
        if not standing.overtaken:
            since = None
        elif since is None:
            since = standing
    return since
