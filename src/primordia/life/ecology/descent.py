"""The parents of families by birth: a member is followed back until an ancestor belongs to another family.

Who is whose parent is told byte by byte (`lineage.ancestry`), so likeness plays no part, and mirror images, shifted
copies and programs that changed beyond recognition are followed like any other.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from primordia.life.ecology.families import Families
from primordia.life.ecology.phylogeny import Ancestor
from primordia.life.lineage.ancestry import walk_back
from primordia.life.lineage.history import History
from primordia.life.measures import census


def by_birth(found: Families, history: History, epochs: Sequence[int]) -> Ancestor:
    """Parents for `phylogeny.grow`: the first family, among those asked about, in the line of an early member.

    The member is the most frequent program of the family at the sample at which it is first dominant; of equal ones,
    that at the first place.

    Cost: an epoch is run again for every epoch back.
    """

    def ancestor(family: int, sample: int, before: Sequence[int]) -> int | None:
        place = member(found, family, history.soup(epochs[sample]))
        if place is None or not before:
            return None
        for link in walk_back(history, epochs[sample], place):
            parent = history.opening(link.t - 1)[link.parent]
            theirs = int(found.family_of(parent[None])[0])
            if theirs in before:
                return theirs
        return None

    return ancestor


def member(found: Families, family: int, soup: npt.NDArray[np.uint8]) -> int | None:
    """The place of a family's most frequent program in a soup uint8 [program, byte]; None if it has no member there."""
    first = census(soup).first[: len(found.programs)]
    belongs = np.flatnonzero(found.family_of(soup[first]) == family)
    return int(first[belongs[0]]) if belongs.size else None
