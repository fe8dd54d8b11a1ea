"""Worlds: who meets whom, against plain Python, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles import plain_worlds as plain
from primordia.core.errors import BadInputError
from primordia.life.worlds import Cyclic, Fixed, Grid, Islands, Meetings, Mixed, Rationed, Ring, World
from primordia.life.worlds.neighbours import (
    Neighbours,
    edges_of_graph,
    edges_of_text,
    from_edges,
    from_graph,
    text_of_edges,
)

SEEDS = st.integers(0, 2**64 - 1)
EPOCHS = st.one_of(st.integers(0, 40), st.integers(0, 2**40))
EVEN = st.integers(1, 40).map(lambda half: 2 * half)
FEW = settings(max_examples=60, deadline=None)


def agree(world: World, seed: int, epoch: int, n: int, wanted: tuple[list[int], int]) -> None:
    found = world.meetings(seed, epoch, n)
    assert found.order.dtype == np.int32
    assert (found.order.tolist(), found.n_meeting) == wanted


@FEW
@given(SEEDS, EPOCHS, EVEN)
def test_worlds_in_which_all_meet(seed: int, epoch: int, n: int) -> None:
    agree(Mixed(), seed, epoch, n, plain.mixed(seed, epoch, n))
    agree(Cyclic(), seed, epoch, n, plain.cyclic(seed, epoch, n))


@FEW
@given(SEEDS, EPOCHS, st.integers(1, 8))
def test_the_fixed_sequence(seed: int, epoch: int, log2_n: int) -> None:
    agree(Fixed(), seed, epoch, 2**log2_n, plain.fixed(seed, epoch, 2**log2_n))


def test_the_fixed_sequence_repeats() -> None:
    orders = [Fixed().meetings(0, epoch, 512).order.tobytes() for epoch in range(36)]
    assert orders[:18] == orders[18:]
    assert len(set(orders)) == 18


@FEW
@given(SEEDS, EPOCHS, EVEN, st.data())
def test_edge_lists(seed: int, epoch: int, n: int, data: st.DataObject) -> None:
    program = st.integers(0, n - 1)
    edges = data.draw(st.lists(st.tuples(program, program).filter(lambda edge: edge[0] != edge[1]), max_size=90))
    lists: list[list[int]] = [[] for _ in range(n)]
    for a, b in edges:
        lists[a].append(b)
    agree(from_edges(edges, n), seed, epoch, n, plain.neighbours(seed, epoch, lists))
    assert edges_of_text(text_of_edges(edges), n) == edges
    assert edges_of_text(" ".join(f"{a}-{b}" for a, b in edges), n) == edges


@FEW
@given(SEEDS, EPOCHS, st.integers(1, 9), st.integers(1, 9), st.integers(1, 5), st.booleans(), st.booleans())
def test_grids_and_toruses(
    seed: int, epoch: int, width: int, height: int, radius: int, cross: bool, wraps: bool
) -> None:
    if wraps:
        width, height = width + 2 * radius, height + 2 * radius
    height += width * height % 2
    lists = plain.grid_lists(width, height, radius, cross, wraps)
    world = Grid(width, height, radius, cross, wraps)
    agree(world, seed, epoch, width * height, plain.neighbours(seed, epoch, lists))


@FEW
@given(SEEDS, EPOCHS, st.integers(1, 5), EVEN)
def test_rings(seed: int, epoch: int, radius: int, n: int) -> None:
    n += 2 * radius
    agree(Ring(radius), seed, epoch, n, plain.neighbours(seed, epoch, plain.ring_lists(n, radius)))


@FEW
@given(SEEDS, EPOCHS, st.integers(1, 6), st.integers(1, 8), st.sampled_from([0.0, 0.01, 0.3, 1.0]))
def test_islands(seed: int, epoch: int, n_islands: int, half: int, rate: float) -> None:
    n = 2 * half * n_islands
    agree(Islands(n_islands, rate), seed, epoch, n, plain.islands(seed, epoch, n, n_islands, rate))


def test_one_island_is_a_well_mixed_world() -> None:
    for rate in (0.0, 1.0):
        agree(Islands(1, rate), 7, 3, 64, plain.mixed(7, 3, 64))


def test_islands_without_travellers_keep_to_themselves() -> None:
    pairs = Islands(8).meetings(3, 5, 256).order.reshape(-1, 2) // 32
    assert (pairs[:, 0] == pairs[:, 1]).all()
    mixing = Islands(8, 0.05).meetings(3, 5, 256).order.reshape(-1, 2) // 32
    assert 0 < (mixing[:, 0] != mixing[:, 1]).sum() < 64


@FEW
@given(SEEDS, EPOCHS, st.sampled_from([0.0, 0.2, 0.9, 1.0]))
def test_limits_on_interactions(seed: int, epoch: int, rate: float) -> None:
    agree(Rationed(Mixed(), rate), seed, epoch, 40, plain.rationed(seed, epoch, plain.mixed(seed, epoch, 40), rate))
    near = plain.neighbours(seed, epoch, plain.ring_lists(40, 2))
    agree(Rationed(Ring(2), rate), seed, epoch, 40, plain.rationed(seed, epoch, near, rate))


def test_a_limit_runs_the_share_it_names() -> None:
    met = [Rationed(Mixed(), 0.25).meetings(1, epoch, 4096).n_meeting for epoch in range(16)]
    assert sum(met) / (16 * 2048) == pytest.approx(0.25, abs=0.01)  # standard deviation 0.0024


@pytest.mark.parametrize(
    ("world", "n"),
    [(Mixed(), 20_000), (Grid(160, 100), 16_000), (Grid(160, 100, 3, True, True), 16_000), (Ring(4), 9000)],
)
def test_larger_worlds(world: World, n: int) -> None:
    lists = {
        Grid(160, 100): lambda: plain.grid_lists(160, 100, 2),
        Grid(160, 100, 3, True, True): lambda: plain.grid_lists(160, 100, 3, True, True),
        Ring(4): lambda: plain.ring_lists(n, 4),
    }
    wanted = plain.mixed(5, 9, n) if world == Mixed() else plain.neighbours(5, 9, lists[world]())
    agree(world, 5, 9, n, wanted)


def test_a_pair_is_found_by_either_program() -> None:
    met = Meetings(np.array([3, 0, 2, 1], np.int32), 1)
    assert [met.pair_of(program) for program in range(4)] == [(0, 1), (1, 1), (1, 0), (0, 0)]


@pytest.mark.parametrize(
    ("world", "n", "words"),
    [
        (Mixed(), 7, "7 programs cannot meet in pairs: take an even number, as 8"),
        (Fixed(), 100, "needs a power of two; the nearest is 128"),
        (Fixed(), 80, "needs a power of two; the nearest is 64"),
        (Grid(10, 10), 102, "A grid of 10 x 10 has room for 100 programs and the soup has 102: give n_programs=100"),
        (Grid(15, 15), 226, "the soup has 226: give another width and height"),
        (Grid(4, 10, 2, False, True), 40, "torus of 4 x 10 is too small for radius 2.*take radius=1"),
        (Grid(2, 10, 2, False, True), 20, "take more programs or the world mixed"),
        (Ring(3), 6, "ring of 6 programs is too small for radius 3: .* at least 7 programs.*take radius=2"),
        (Islands(3), 100, "100 programs cannot be shared among 3 islands.*the nearest is n_programs=102"),
        (Islands(64), 32, "the nearest is n_programs=128"),
        (from_edges([(0, 1)], 8), 10, "The edge list is for 8 programs and the soup has 10"),
        (Rationed(Fixed(), 0.5), 100, "power of two"),
    ],
)
def test_worlds_say_what_does_not_fit(world: World, n: int, words: str) -> None:
    with pytest.raises(BadInputError, match=words):
        world.meetings(0, 0, n)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0 1\n2 2", r"Line 2 of the edge list \('2 2'\), 2 to 2, joins a program to itself"),
        ("0 1\n\n1 8", r"Line 3 of the edge list \('1 8'\), 1 to 8, names program 8, .* 0 to 7; the nearest is 7"),
        ("0-1 1-9", "Line 1 .* names program 9"),
        ("0 1 2", r"Line 1 of the edge list \('0 1 2'\) is no edge: write two program numbers, as 0 1 or 0-1"),
        ("a b", "is no edge"),
        ("-1 2", "is no edge"),
        ("1.5 2", "is no edge"),
        ("0 " + "9" * 5000, r"Line 1 of the edge list \('0 9{37}…'\) is no edge"),
        ("0-" + "9" * 30, "is no edge"),
        ("0 ٣", "is no edge"),
        ("0 1\n" + "x" * 90, r"Line 2 of the edge list \('x{39}…'\) is no edge"),
    ],
)
def test_edge_lists_that_cannot_be_read(text: str, words: str) -> None:
    with pytest.raises(BadInputError, match=words):
        edges_of_text(text, 8)


def test_edge_lists_may_be_written_in_several_ways() -> None:
    text = "# a triangle\n0 1\n1,2   # one way\n\n2-0 0-2, 3:1\n4\t5\n"
    assert edges_of_text(text, 8) == [(0, 1), (1, 2), (2, 0), (0, 2), (3, 1), (4, 5)]
    assert edges_of_text("", 8) == []
    with pytest.raises(BadInputError, match="Edge 2, 3 to 3, joins a program to itself"):
        from_edges([(0, 1), (3, 3)], 8)


def test_edges_of_networkx_graphs() -> None:
    networkx = pytest.importorskip("networkx")
    graph = networkx.Graph([("b", "a"), ("a", "c")])
    assert edges_of_graph(graph) == [(0, 1), (1, 0), (1, 2), (2, 1)]
    arrows = networkx.DiGraph([("b", "a"), ("a", "c")])
    assert edges_of_graph(arrows) == [(0, 1), (1, 2)]
    twice = networkx.MultiDiGraph([(0, 1), (0, 1)])
    assert edges_of_graph(twice) == [(0, 1), (0, 1)]
    lattice = networkx.grid_2d_graph(8, 6, periodic=True)
    world = from_graph(lattice)
    lists = [sorted(near) for near in plain.grid_lists(6, 8, 1, cross=True, wraps=True)]
    found = [sorted(world.partners[a:b].tolist()) for a, b in zip(world.starts, world.starts[1:], strict=False)]
    assert found == lists
    assert isinstance(world, Neighbours)
    with pytest.raises(BadInputError, match="a loop from node 'x' to itself"):
        from_graph(networkx.Graph([("x", "x")]))


def test_the_graph_of_the_page_is_a_world() -> None:
    pytest.importorskip("networkx")
    page = (Path(__file__).parents[2] / "docs" / "worlds.md").read_text()
    lines: dict[str, str] = {}
    exec(page.split("```python\n")[1].split("```")[0], lines)
    edges = edges_of_text(lines["edges"], 1024)
    assert len(edges) == 2 * 3 * 1024
    assert from_edges(edges, 1024).meetings(1, 0, 1024).n_meeting > 300
