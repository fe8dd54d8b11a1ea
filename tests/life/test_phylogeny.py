"""The tree of dominant lineages on a history made by hand, its Newick form read back, and its drawing."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from primordia.life.ecology import descent, phylogeny
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


class Soups:
    """A history of which only the soups are asked for."""

    def __init__(self, soups: dict[int, np.ndarray]) -> None:
        self.soups = soups

    def soup(self, t: int) -> np.ndarray:
        return self.soups[t]

    opening = soup


def test_parents_by_birth_are_the_first_other_family_in_the_line_that_was_there_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    none = program(">" * 30 + "," * 30)
    soups = {
        3: PROGRAMS[[3, 3, 1, 2]],  # family 2 stands at place 3
        2: np.stack((PROGRAMS[0], none, PROGRAMS[2], PROGRAMS[2])),
        1: np.stack((PROGRAMS[3], none, PROGRAMS[2], PROGRAMS[0])),
        0: np.stack((PROGRAMS[1], PROGRAMS[0], PROGRAMS[2], none)),
    }
    line = [SimpleNamespace(t=3, parent=2), SimpleNamespace(t=2, parent=1), SimpleNamespace(t=1, parent=0)]
    walked = []

    def walk(history: Soups, t: int, place: int):
        walked.append((t, place))
        yield from line

    monkeypatch.setattr(descent, "walk_back", walk)
    ancestor = descent.by_birth(FOUND, Soups(soups), (0, 3))
    # At t = 2 it is family 2 still, at t = 1 none, at the start family 1.
    assert ancestor(2, 1, [0, 1]) == 1
    assert ancestor(2, 1, [0]) is None
    assert ancestor(4, 1, [0, 1]) is None
    assert walked == [(3, 3), (3, 3)]
    tree = phylogeny.grow(FOUND, EPOCHS, SHARES, ancestor=lambda family, sample, before: before[0] if before else None)
    assert [branch.parent for branch in tree.branches] == [ROOT, 0, 0, 0]


def test_a_member_is_the_most_frequent_program_of_its_family() -> None:
    near = np.where(np.arange(64) == 50, ord("b"), PROGRAMS[0]).astype(np.uint8)
    soup = np.stack((PROGRAMS[3], PROGRAMS[0], near, near))
    assert descent.member(FOUND, 0, soup) == 2
    assert descent.member(FOUND, 3, soup) == 0
    assert descent.member(FOUND, 4, soup) is None
