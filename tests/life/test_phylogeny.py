"""The tree of dominant lineages on a history made by hand, its Newick form read back, and its drawing."""

from __future__ import annotations

import numpy as np
import pytest

from primordia.life.ecology import phylogeny
from primordia.life.ecology.families import Families
from primordia.life.ecology.phylogeny import ROOT


def program(text: str) -> np.ndarray:
    return np.frombuffer(text.encode().ljust(64, b" "), np.uint8)


# The second is like the first, the third like the second, the fourth like none; the fifth never rises.
PROGRAMS = np.stack([program(text) for text in ("[{.>]" * 4, "[{.>]" * 3 + "+++", "[{.>]" * 2 + "+" * 8, "-" * 9, "<")])
FOUND = Families("bff_noheads", PROGRAMS, np.ones(5, np.int64), np.arange(5), np.arange(5), 0.25)
EPOCHS = (0, 100, 200, 300)
SHARES = np.array(
    [[0.0, 0.0, 0.0, 0.0, 0.004], [0.5, 0.001, 0.0, 0.0, 0.0], [0.3, 0.4, 0.0, 0.1, 0.0], [0.0, 0.6, 0.2, 0.2, 0.001]]
)
TREE = phylogeny.grow(FOUND, EPOCHS, SHARES)


def test_who_comes_out_of_whom() -> None:
    by_family = {branch.family: branch for branch in TREE.branches}
    assert sorted(by_family) == [0, 1, 2, 3]
    parents = {
        branch.family: TREE.branches[branch.parent].family if branch.parent != ROOT else None
        for branch in TREE.branches
    }
    assert parents == {0: None, 1: 0, 2: 1, 3: None}
    assert (by_family[0].first, by_family[0].last, by_family[0].peak) == (100, 200, 0.5)
    assert (by_family[1].first, by_family[1].last) == (200, 300)
    assert by_family[1].likeness == pytest.approx(1 - 2 / 20 - 2 / 20, abs=0.11)


def read_back(text: str) -> dict[str, tuple[str | None, float]]:
    """Name -> (parent's name, branch length) of a Newick text, by a small parser of its own."""
    found: dict[str, tuple[str | None, float]] = {}

    def node(at: int) -> tuple[str, int]:
        children = []
        if text[at] == "(":
            while text[at] in "(,":
                child, at = node(at + 1)
                children.append(child)
            at += 1
        end = min(place for sign in ",();" if (place := text.find(sign, at)) >= 0)
        name, _, length = text[at:end].partition(":")
        found[name] = (None, float(length or 0))
        for child in children:
            found[child] = (name, found[child][1])
        return name, end

    node(0)
    return found


def test_newick_says_the_same_tree() -> None:
    text = phylogeny.newick(TREE)
    assert text.count("(") == text.count(")")
    assert text.endswith("soup;")
    found = read_back(text)
    for branch in TREE.branches:
        parent, length = found[branch.name]
        above = TREE.branches[branch.parent] if branch.parent != ROOT else None
        assert parent == (above.name if above else "soup")
        end = branch.first if TREE.children(TREE.branches.index(branch)) else branch.last
        assert length == end - (above.first if above else EPOCHS[0])


def test_the_drawing_has_a_line_for_each_branch() -> None:
    lines = phylogeny.drawn(TREE).splitlines()
    assert lines[0] == "the soup"
    assert len(lines) == 5
    names = [branch.name for branch in TREE.branches]
    assert all(sum(name in line for line in lines) == 1 for name in names)
    depth = {line.split("─ ")[1].split()[0]: line.index("─") for line in lines[1:]}
    assert [depth[names[place]] for place in (0, 1)] == [1, 4]


def test_the_picture_shows_shares_as_heights() -> None:
    picture = phylogeny.picture(TREE)
    assert picture.pixels.shape == (256, 4 * 8)
    assert picture.pixels.max() < len(picture.palette)
    assert (picture.pixels[:, 0] == 0).all()
    index = 1 + [colour.meaning for colour in picture.palette[1:]].index(TREE.branches[0].name)
    assert (picture.pixels[:, 8] == index).sum() == 128
    assert (picture.pixels[:, 24] == 0).sum() == 0


def test_nobody_on_top() -> None:
    tree = phylogeny.grow(FOUND, EPOCHS, SHARES, 0.9)
    assert tree.branches == ()
    assert phylogeny.newick(tree) == "()soup;"
