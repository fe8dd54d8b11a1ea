"""The world of an archipelago: against plain Python, and against the worlds that it contains."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles import plain_archipelago as plain
from oracles import plain_worlds
from primordia.core.errors import BadInputError
from primordia.life.worlds import Archipelago, Islands
from primordia.life.worlds.archipelago import deal, slots_by_home

SEEDS = st.integers(0, 2**64 - 1)
EPOCHS = st.one_of(st.integers(0, 40), st.integers(0, 2**40))
SHARES = st.one_of(st.sampled_from([0.0, 0.5, 1.0]), st.floats(0, 1))
FEW = settings(max_examples=60, deadline=None)


@FEW
@given(SEEDS, EPOCHS, st.integers(1, 6), st.integers(1, 9), st.integers(1, 4), SHARES)
def test_an_archipelago(seed: int, epoch: int, n_islands: int, half: int, every: int, share: float) -> None:
    n = 2 * half * n_islands
    found = Archipelago(n_islands, every, share).meetings(seed, epoch, n)
    assert found.order.dtype == np.int32
    assert (found.order.tolist(), found.n_meeting) == plain.archipelago(seed, epoch, n, n_islands, every, share)


@FEW
@given(SEEDS, st.integers(1, 6), st.integers(1, 9))
def test_slots_by_the_island_that_their_travellers_are_from(seed: int, n_islands: int, half: int) -> None:
    n_movers = 2 * half
    dealt = deal(seed, 3, n_islands * n_movers, n_islands, n_movers)
    found = slots_by_home(dealt, n_movers)
    assert found.dtype == np.int32
    assert found.tolist() == sorted(range(len(dealt)), key=lambda slot: (dealt[slot] // n_movers, slot))


def test_a_larger_archipelago() -> None:
    found = Archipelago(3, 1, 0.7).meetings(5, 9, 60_000).order.tolist()
    assert found == plain.archipelago(5, 9, 60_000, 3, 1, 0.7)[0]
    assert sorted(found) == list(range(60_000))


@FEW
@given(SEEDS, EPOCHS, st.integers(1, 6), st.integers(1, 9), st.integers(1, 4), SHARES)
def test_worlds_that_an_archipelago_contains(
    seed: int, epoch: int, n_islands: int, half: int, every: int, share: float
) -> None:
    n = 2 * half * n_islands
    mixed, _ = plain_worlds.mixed(seed, epoch, n)
    assert Archipelago(n_islands, 1, 1.0).meetings(seed, epoch, n).order.tolist() == mixed
    assert Archipelago(1, every, share).meetings(seed, epoch, n).order.tolist() == mixed
    apart = Islands(n_islands).meetings(seed, epoch, n).order.tolist()
    assert Archipelago(n_islands, every, 0.0).meetings(seed, epoch, n).order.tolist() == apart


def test_exchanges_come_when_they_should_and_bring_the_share() -> None:
    world, apart = Archipelago(4, 3, 0.25), np.arange(400) // 100
    assert world.n_movers(400) == 24  # 12.5 pairs: to the even number
    for epoch in range(6):
        guests = (world.meetings(8, epoch, 400).order // 100 != apart).sum()
        assert (guests > 0) == (epoch % 3 == 0) == world.exchanges(epoch, 400)


@pytest.mark.parametrize(
    ("world", "n", "words"),
    [
        (Archipelago(3), 100, "100 programs cannot be shared among 3 islands.*the nearest is n_programs=102"),
        (Archipelago(2), 7, "7 programs cannot meet in pairs"),
        (Archipelago(2), 2**33, "4294967296 programs are too many for one island.*take n_islands=5 or more"),
        (Archipelago(64), 2**36, "68719476736 programs would travel at once.*take exchange_share=0.0312 or less"),
    ],
)
def test_an_archipelago_says_what_does_not_fit(world: Archipelago, n: int, words: str) -> None:
    with pytest.raises(BadInputError, match=words):
        world.check(n)
