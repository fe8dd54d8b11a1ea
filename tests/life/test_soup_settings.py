"""Settings of soups: worlds from words, organisms, fresh starts, and what does not go together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primordia.core import config as configs
from primordia.core.errors import BadInputError
from primordia.core.streams import Streams
from primordia.life import worlds as kinds
from primordia.life.experiments import worlds
from primordia.life.experiments.bff import Bff, BffConfig
from primordia.life.experiments.settings import NEIGHBOURHOODS, WORLDS
from primordia.life.experiments.soup import AnySoup, SoupSettings
from primordia.life.soup import random_soup

BFF = Bff()


def config_of(**changes: Any) -> BffConfig:
    return configs.override(BffConfig(seed=3, n_programs=64, mutation_rate=0.01), changes)


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, kinds.Mixed()),
        ({"world": "fixed"}, kinds.Fixed()),
        ({"world": "cyclic"}, kinds.Cyclic()),
        ({"world": "ring", "radius": 5}, kinds.Ring(5)),
        ({"world": "grid"}, kinds.Grid(8, 8, 2)),
        ({"world": "grid", "n_programs": 32_400}, kinds.Grid(180, 180, 2)),
        ({"world": "grid", "n_programs": 32_400, "width": 240}, kinds.Grid(240, 135, 2)),
        ({"world": "grid", "height": 4, "radius": 1, "neighbourhood": "cross"}, kinds.Grid(16, 4, 1, True)),
        ({"world": "torus"}, kinds.Grid(8, 8, 2, False, True)),
        ({"world": "islands", "n_islands": 4, "migration_rate": 0.5}, kinds.Islands(4, 0.5)),
        ({"world": "cyclic", "interaction_rate": 0.5}, kinds.Rationed(kinds.Cyclic(), 0.5)),
    ],
)
def test_worlds_from_settings(changes: dict[str, Any], wanted: kinds.World) -> None:
    assert BFF.world(config_of(**changes)) == wanted


def test_every_world_that_can_be_named_runs() -> None:
    for world in WORLDS:
        edges = "0-1 1-0 5-9" if world == "edges" else ""
        config = config_of(world=world, edges=edges, n_islands=4)
        state, row = BFF.advance(config, BFF.init(config, Streams(3)), Streams(3), 0, 3)
        assert state.soup.shape == (64, 64)
        assert 1 <= row["interactions"] <= 32
    assert set(NEIGHBOURHOODS) == {"square", "cross"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"world": "grid", "width": 10, "height": 7}, "A grid of 10 x 7 has room for 70 .* the soup has 64"),
        ({"world": "grid", "width": 10}, "A grid of 10 x 6 has room for 60"),
        ({"world": "torus", "n_programs": 62}, "A torus of 31 x 2 is too small for radius 2"),
        ({"world": "fixed", "n_programs": 62}, "power of two; the nearest is 64"),
        ({"world": "islands", "n_islands": 5}, "cannot be shared among 5 islands"),
        ({"world": "edges"}, "world=edges needs an edge list"),
        ({"world": "edges", "edges": "0-1 7-7"}, "Line 1 .* joins a program to itself"),
        ({"world": "edges", "edges": "0-64"}, "names program 64"),
        ({"edges": "0-1"}, "edges are given, but the world is mixed: give world=edges too, or leave out edges"),
        ({"organism": "[[x"}, "has no glyph 'x'"),
        ({"organism": "[" * 65}, "The organism has 65 bytes and a program of this soup 64"),
        ({"organism": "[", "organism_place": 64}, "organism_place=64 is no program of this soup.*the nearest is 63"),
    ],
)
def test_settings_that_do_not_go_together_are_refused_before_anything_runs(changes: dict[str, Any], words: str) -> None:
    config = config_of(**changes)
    with pytest.raises(BadInputError, match=words):
        BFF.init(config, Streams(3))


def test_the_place_of_an_organism_that_is_not_there_does_not_matter() -> None:
    elsewhere, plain = config_of(organism_place=64), config_of()
    assert np.array_equal(BFF.init(elsewhere, Streams(3)).soup, BFF.init(plain, Streams(3)).soup)


def test_an_organism_of_blanks_is_none() -> None:
    with pytest.raises(BadInputError, match="The organism '  ' has no bytes"):
        AnySoup().init(SoupSettings(language="z80", n_programs=64, organism="  "), Streams(3))


def test_a_length_that_the_language_lacks_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import dataclasses

    short = dataclasses.replace(worlds.substrate("bff"), tape_lengths=(16, 32))
    monkeypatch.setattr(worlds, "substrate", lambda name: short)
    with pytest.raises(
        BadInputError, match=r"tape_length=64 is not for bff_noheads: .* 16, 32 bytes; the nearest is 32"
    ):
        BFF.init(config_of(), Streams(3))


@pytest.mark.parametrize("epoch", [0, 3])
def test_an_organism_comes_to_its_place_at_its_time(epoch: int) -> None:
    config = config_of(organism="[[{.>]-]", organism_place=5, organism_epoch=epoch)
    plain = config_of()
    start = BFF.init(config, Streams(3))
    before = BFF.init(plain, Streams(3))
    if epoch:
        before, _ = BFF.advance(plain, before, Streams(3), 0, epoch)
        start, _ = BFF.advance(config, start, Streams(3), 0, epoch)
        assert np.array_equal(start.soup, before.soup)
        changed = worlds.soup_before(config, start.soup, 3, epoch)
    else:
        changed = start.soup
    places = np.argwhere(changed != before.soup)
    assert set(places[:, 0]) == {5}
    assert changed[5, :8].tobytes() == b"[[{.>]-]"
    assert changed[5, 8:].tobytes() == before.soup[5, 8:].tobytes()


def test_fresh_starts_are_other_soups() -> None:
    config = config_of(reset_every=4, max_steps=1, mutation_rate=0.0)
    state, streams = BFF.init(config, Streams(3)), Streams(3)
    assert np.array_equal(state.soup, random_soup(3, 64))
    fresh = [worlds.soup_before(config, state.soup, 3, t) for t in (1, 5, 9)]
    for index, soup in enumerate(fresh, start=1):
        assert np.array_equal(soup, random_soup(3, 64, 64, index))
    assert len({soup.tobytes() for soup in (state.soup, *fresh)}) == 4
    assert worlds.soup_before(config, state.soup, 3, 4) is state.soup
    after, _ = BFF.advance(config, state, streams, 0, 6)
    again, _ = BFF.advance(config, state, streams, 4, 2)
    assert np.array_equal(after.soup, again.soup)  # the start after epoch 4 forgets what was there


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 6), st.integers(0, 30), st.integers(0, 30), st.integers(1, 30))
def test_the_next_touch_is_the_first_one(every: int, epoch: int, t: int, n: int) -> None:
    config = config_of(reset_every=every, organism="[", organism_epoch=epoch)
    touched = [k for k in range(t + 1, t + n) if worlds.touched(config, k)]
    assert worlds.next_touch(config, t, t + n) == min([*touched, t + n])


@settings(max_examples=8, deadline=None)
@given(st.sampled_from(WORLDS), st.integers(0, 5), st.integers(0, 12), st.integers(1, 11))
def test_any_division_of_a_run_gives_the_same_bits(world: str, every: int, epoch: int, cut: int) -> None:
    edges = "0-1 1-0 5-9" if world == "edges" else ""
    config = config_of(
        world=world, edges=edges, n_islands=4, reset_every=every, organism="[[{.>]-]", organism_epoch=epoch
    )
    start = BFF.init(config, Streams(3))
    whole, row = BFF.advance(config, start, Streams(3), 0, 12)
    half, _ = BFF.advance(config, start, Streams(3), 0, cut)
    rest, last = BFF.advance(config, half, Streams(3), cut, 12 - cut)
    assert np.array_equal(whole.soup, rest.soup)
    assert row == last
