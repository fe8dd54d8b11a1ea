"""Sets of programs that make each other: made by hand, and in a soup whose replicator mirrors itself."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles import plain_lineage
from primordia.core.registry import load
from primordia.core.streams import Streams
from primordia.life.lineage.autocatalysis import Productions, autocatalytic_sets, by_instructions, parents, productions
from primordia.life.lineage.history import of_run

BFF = load("life/bff")


def reactions(copies: dict[str, int], present: dict[str, int], kept: dict[str, int] | None = None) -> Productions:
    """Each key of `copies` and `kept` is two letters: who becomes or makes whom."""

    def pairs(found: dict[str, int]) -> dict[tuple[bytes, bytes], int]:
        return {(key[:1].encode(), key[1:].encode()): number for key, number in found.items()}

    every = {f"{kind}{kind}": number for kind, number in present.items()} if kept is None else kept
    return Productions({kind.encode(): n for kind, n in present.items()}, pairs(every), pairs(copies))


def test_two_that_make_each_other_are_a_collective_set() -> None:
    found = autocatalytic_sets(reactions({"ab": 50, "ba": 50}, {"a": 100, "b": 100}))
    assert len(found) == 1
    assert set(found[0].members) == {b"a", b"b"}
    assert found[0].gain == pytest.approx(1.5)
    assert (found[0].alone, found[0].is_collective) == (1.0, True)


def test_a_ring_of_three_grows_by_the_root_of_its_cycle() -> None:
    """No member survives a meeting; a makes b, b makes c and c makes a, four times as many as it was."""
    ring = reactions({"ab": 100, "bc": 100, "ca": 400}, {"a": 100, "b": 100, "c": 100}, {})
    found = autocatalytic_sets(ring)
    assert [set(each.members) for each in found] == [{b"a", b"b", b"c"}]
    assert found[0].gain == pytest.approx(math.cbrt(4))
    assert found[0].alone == 0.0


def test_what_is_made_but_makes_nothing_is_in_no_set() -> None:
    present = {"a": 100, "b": 100, "p": 100, "d": 100}
    found = autocatalytic_sets(reactions({"ab": 30, "ba": 30, "ap": 90, "bp": 90, "dd": 2}, present))
    assert [set(each.members) for each in found] == [{b"a", b"b"}]


def test_a_replicator_is_a_set_of_one_and_no_collective() -> None:
    found = autocatalytic_sets(reactions({"aa": 40}, {"a": 80, "b": 10}))
    assert [each.members for each in found] == [(b"a",)]
    assert found[0].gain == found[0].alone == pytest.approx(1.5)
    assert not found[0].is_collective


def test_a_cycle_that_loses_more_than_it_makes_is_none() -> None:
    losing = reactions({"ab": 30, "ba": 30}, {"a": 100, "b": 100}, {"aa": 60, "bb": 60})
    assert autocatalytic_sets(losing) == []
    assert autocatalytic_sets(reactions({"ab": 7, "ba": 7}, {"a": 7, "b": 7})) == [], "too few copies for an arrow"


@given(
    arrows=st.dictionaries(
        st.tuples(st.sampled_from("abcde"), st.sampled_from("abcde")).map("".join), st.integers(1, 30), max_size=12
    )
)
@settings(max_examples=100, deadline=None)
def test_sets_are_those_of_kinds_that_reach_each_other(arrows: dict[str, int]) -> None:
    """The referee follows all paths of the graph by repeated multiplication."""
    kinds = "abcde"
    found = autocatalytic_sets(reactions(arrows, dict.fromkeys(kinds, 10)))
    graph = np.array([[arrows.get(source + goal, 0) >= 8 for goal in kinds] for source in kinds])
    reach = graph.copy()
    for _ in kinds:
        reach = reach | (reach.astype(int) @ graph.astype(int) > 0)
    parts = {frozenset(np.flatnonzero(reach[k] & reach[:, k]).tolist()) for k in range(5) if reach[k, k]}
    assert {frozenset(kinds.index(member.decode()) for member in each.members) for each in found} == parts
    assert all(each.gain > 1.0 for each in found)


@pytest.mark.parametrize("seed", range(3))
def test_parents_of_all_programs_are_those_that_the_chronicle_names(seed: int) -> None:
    small = {"n_programs": 24, "tape_length": 16, "language": "bff_noheads_4bit", "max_steps": 96}
    history = of_run(BFF, BFF.Config(seed=seed, mutation_rate=2**-6, **small), Streams(seed))
    named = plain_lineage.chronicle(
        "bff_noheads_4bit", seed=seed, n=24, length=16, threshold=2**24, max_steps=96, n_epochs=6
    )[2]
    for epoch in range(6):
        assert parents(history, epoch).tolist() == named[epoch + 1]


def test_a_replicator_that_mirrors_itself_is_a_set_of_two_and_its_mirror_image() -> None:
    """The replicator of this soup copies itself backwards (docs/lineage.md): it and its image make each other."""
    history = of_run(BFF, BFF.Config(seed=0, n_programs=8192, language="bff_noheads_4bit"), Streams(0))
    found = autocatalytic_sets(productions(history, 224, 230), least_copies=20)
    newborn = history.soup(215)[6508]
    itself, image = by_instructions("bff_noheads_4bit")(np.stack((newborn, newborn[::-1])))
    assert itself != image
    best = next(each for each in found if itself in each.members)
    assert image in best.members
    assert best.gain > 1.2
    assert best.is_collective
