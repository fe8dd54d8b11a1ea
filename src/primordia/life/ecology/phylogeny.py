"""The tree of a soup's dominant lineages: which families were on top, when, and out of which they came.

At every sampled epoch the families that hold at least a given share of the soup are dominant. A dominant family enters
the tree at the first sample at which it is; its parent is the family, dominant at the sample before, whose founder is
most similar to its own. Families of the first sample, and those that resemble none before by half or more, are
children of the soup. Similarity is a guess about descent; `descent` follows the births themselves.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from primordia.core.findings import Picture
from primordia.core.views import Colour
from primordia.life.ecology.families import Families, difference

Bytes = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.int64]

DOMINANT = 0.01
STRANGER = 0.5
"""Difference from every family before, from which on a family counts as sprung from the soup."""
MOST_BRANCHES = 64
ROOT = -1
HEIGHT = 256
COLUMNS = 8


Ancestor: TypeAlias = Callable[[int, int, Sequence[int]], "int | None"]
"""(family, sample at which it is first dominant, families in the tree before it) -> its parent among these, or None."""


@dataclasses.dataclass(frozen=True)
class Branch:
    """A dominant family in the tree.

    Args:
        family: its number in the `Families`.
        name: its founder's name.
        parent: the place of its parent in the tree, or -1 for the soup.
        first: the first sampled epoch at which it is dominant.
        last: the last one at which any member is counted.
        peak: its largest share of the soup.
        likeness: how similar its founder is to its parent's, from 0 to 1; 0 for a child of the soup.
    """

    family: int
    name: str
    parent: int
    first: int
    last: int
    peak: float
    likeness: float


@dataclasses.dataclass(frozen=True)
class Tree:
    """The dominant lineages.

    Args:
        epochs: the sampled epochs, rising.
        branches: parents before their children.
        shares: float64 [sample, branch]: the share of the soup that each holds.
    """

    epochs: tuple[int, ...]
    branches: tuple[Branch, ...]
    shares: npt.NDArray[np.float64]

    def children(self, parent: int) -> list[int]:
        """The places of a branch's children, in order of appearance; -1 asks for those of the soup."""
        return [place for place, branch in enumerate(self.branches) if branch.parent == parent]


def grow(
    found: Families,
    epochs: Sequence[int],
    shares: npt.NDArray[np.float64],
    dominant: float = DOMINANT,
    ancestor: Ancestor | None = None,
) -> Tree:
    """The tree from the share of the soup that each family holds at each sample, float64 [sample, family].

    Of more than 64 dominant families the greatest stay. Where `ancestor` is given, it says who the parents are.
    """
    peaks = shares.max(axis=0)
    chosen = [int(family) for family in np.argsort(-peaks, kind="stable")[:MOST_BRANCHES] if peaks[family] >= dominant]
    entered = {family: int(np.argmax(shares[:, family] >= dominant)) for family in chosen}
    order = sorted(chosen, key=lambda family: (entered[family], -peaks[family], family))
    place = {family: index for index, family in enumerate(order)}
    branches = []
    for family in order:
        sample = entered[family]
        if ancestor is None:
            before = [other for other in order if entered[other] < sample and shares[sample - 1, other] >= dominant]
            parent = _most_similar(found, family, before)
        else:
            parent = ancestor(family, sample, order[: place[family]])
        likeness = (
            0.0 if parent is None else 1 - difference(found.language, found.founder(parent), found.founder(family))
        )
        present = np.flatnonzero(shares[:, family] > 0)
        branches.append(
            Branch(
                family,
                found.name(family),
                place[parent] if parent is not None else ROOT,
                int(epochs[sample]),
                int(epochs[present[-1]]),
                float(peaks[family]),
                likeness,
            )
        )
    return Tree(tuple(map(int, epochs)), tuple(branches), shares[:, order])


def newick(tree: Tree) -> str:
    """The tree in Newick form: every branch with its name and the epochs from its parent's first to its own last.

    A branch that has children appears as an inner node at its own first epoch, and as a leaf that goes on to its last.
    """

    def written(place: int, since: int) -> str:
        branch = tree.branches[place]
        children = tree.children(place)
        if not children:
            return f"{branch.name}:{branch.last - since}"
        inner = [written(child, branch.first) for child in children]
        itself = f"{branch.name}_itself:{branch.last - branch.first}"
        return f"({','.join([itself, *inner])}){branch.name}:{branch.first - since}"

    begin = tree.epochs[0]
    return f"({','.join(written(place, begin) for place in tree.children(ROOT))})soup;"


def drawn(tree: Tree) -> str:
    """The tree as text, one line for each branch: when it came up, how high, and until when."""
    lines = ["the soup"]

    def below(parent: int, indent: str) -> Iterator[str]:
        children = tree.children(parent)
        for child in children:
            is_last = child == children[-1]
            branch = tree.branches[child]
            like = f", {100 * branch.likeness:.0f} % like it" if parent != ROOT else ""
            yield (
                f"{indent}{'└─' if is_last else '├─'} {branch.name}  from {branch.first:,} to {branch.last:,}, "
                f"at most {100 * branch.peak:.1f} %{like}"
            )
            yield from below(child, indent + ("   " if is_last else "│  "))

    lines.extend(below(ROOT, ""))
    return "\n".join(lines)


def picture(tree: Tree) -> Picture:
    """The shares of the branches over time, stacked, children above parents: eight columns for each sample."""
    order = _depth_first(tree)
    pixels = np.zeros((HEIGHT, len(tree.epochs)), np.uint8)
    from_bottom = np.arange(HEIGHT)[::-1, None]
    tops = np.rint(np.cumsum(tree.shares[:, order], axis=1) * HEIGHT).astype(int)
    for index in range(len(order) - 1, -1, -1):
        pixels[from_bottom < tops[:, index]] = index + 1
    names = [tree.branches[place].name for place in order]
    palette = (Colour("all others", "#0b0f1a"), *(Colour(name, _hue(i, len(order))) for i, name in enumerate(names)))
    return Picture(
        "Dominant lineages over time",
        np.ascontiguousarray(pixels.repeat(COLUMNS, axis=1)),
        palette,
        f"From left to right the sampled epochs {tree.epochs[0]:,} to {tree.epochs[-1]:,}; height is the share of the "
        "soup, and a lineage lies next to those it came out of.",
    )


def _most_similar(found: Families, family: int, before: Sequence[int]) -> int | None:
    """The family whose founder is most like this one's; None if none is half like it."""
    differences = [difference(found.language, found.founder(other), found.founder(family)) for other in before]
    return before[int(np.argmin(differences))] if differences and min(differences) < STRANGER else None


def _depth_first(tree: Tree, parent: int = ROOT) -> list[int]:
    found = []
    for child in tree.children(parent):
        found += [child, *_depth_first(tree, child)]
    return found


def _hue(index: int, n: int) -> str:
    """Colours around the circle; neighbours differ in lightness, so that they part without hue as well."""
    import colorsys

    red, green, blue = colorsys.hls_to_rgb(index / max(n, 1), 0.45 + 0.2 * (index % 2), 0.65)
    return f"#{round(255 * red):02x}{round(255 * green):02x}{round(255 * blue):02x}"
