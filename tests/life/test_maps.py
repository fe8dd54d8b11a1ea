"""Maps of soups: everything at its place."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from primordia.life import maps, pictures
from primordia.life.soup import random_soup
from primordia.life.worlds import Grid, Islands, Mixed, Rationed, Ring, World

LEGEND = dict.fromkeys(pictures.CLASSES, "-")
NONE, KIN_1, NEAR_1, KIN_2, NEAR_2, KIN_3, NEAR_3, OUTSIDE = range(8)


def test_places_of_a_grid_are_its_rows() -> None:
    for world in (Grid(4, 3), Grid(4, 3, 1, True, True), Rationed(Grid(4, 3), 0.5)):
        assert maps.places(world, 12).tolist() == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]


def test_islands_are_blocks() -> None:
    assert maps.places(Islands(2), 16).tolist() == [
        [0, 1, 2, 3, 8, 9, 10, 11],
        [4, 5, 6, 7, 12, 13, 14, 15],
    ]
    three = maps.places(Islands(3), 18)
    assert three.shape == (4, 8)
    assert three[2:, 4:].tolist() == [[-1] * 4] * 2
    assert three[:2, :4].tolist() == [[0, 1, 2, 3], [4, 5, -1, -1]]


@pytest.mark.parametrize("world", [Mixed(), Ring(2), Grid(25, 4), Islands(5)])
def test_everybody_has_one_place(world: World) -> None:
    found = maps.places(world, 100)
    assert sorted(found[found >= 0].tolist()) == list(range(100))


def test_tiles_stand_where_their_programs_do() -> None:
    soup = random_soup(3, 12, 16)
    picture = maps.map_picture("bff", soup, maps.places(Grid(4, 3), 12))
    table = pictures.class_table("bff")
    assert picture.shape == (12, 16)
    for program in range(12):
        row, column = divmod(program, 4)
        tile = picture[4 * row : 4 * row + 4, 4 * column : 4 * column + 4]
        assert np.array_equal(tile.reshape(-1), table[soup[program]])


def test_large_maps_have_a_pixel_for_each_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maps, "MAX_PIXELS", 100)
    soup = np.zeros((4, 64), np.uint8)
    soup[1, :9], soup[1, 9:12] = ord("["), ord("+")
    soup[2] = ord("x")
    soup[3, 0] = ord(",")
    picture = maps.map_picture("bff", soup, maps.places(Grid(2, 2), 4))
    loop, copy = pictures.CLASSES.index("loop"), pictures.CLASSES.index("copy")
    assert picture.tolist() == [[0, loop], [0, copy]]


def kin(soup: np.ndarray, language: str = "bff_noheads") -> list[int]:
    return maps.kin_picture(language, soup, np.arange(len(soup))[None])[0].tolist()


def test_families_are_told_apart_by_the_pieces_they_share() -> None:
    soup = random_soup(8, 40)
    host = random_soup(9, 2)[0]
    soup[:9], soup[9:15], soup[15:17] = host, 7, 9
    soup[17] = np.roll(host, 5)
    soup[18] = host[::-1]
    soup[19, 40:] = host[:24]  # 21 of 61 pieces
    soup[20, 46:] = host[:18]  # 15 of 61
    soup[21], soup[22] = 200, 200  # a fourth family has no colour
    found = kin(soup)
    assert found[:17] == [NEAR_1] * 9 + [NEAR_2] * 6 + [NEAR_3] * 2
    assert found[17:23] == [NEAR_1, NEAR_1, KIN_1, NONE, NONE, NONE]
    assert not any(found[23:])


def test_bytes_that_are_written_alike_are_equal() -> None:
    """In the four-bit language the upper half of an instruction's byte says nothing."""
    soup = random_soup(8, 4)
    soup[:2] = (random_soup(9, 2)[0] & 0x0F) % 10 + 6
    soup[2] = soup[0] | 0xA0
    assert kin(soup, "bff_noheads_4bit") == [NEAR_1, NEAR_1, NEAR_1, NONE]
    assert kin(soup, "bff_noheads") == [NEAR_1, NEAR_1, NONE, NONE]


def test_pieces_shared_are_counted_as_by_hand() -> None:
    soup = random_soup(5, 300, 32) % 3
    soup[1] = soup[0]
    found = kin(soup)
    first = bytes(soup[0])
    known = {half[i : i + 4] for half in (first, first[::-1]) for i in range(29)}
    for k in range(300):
        share = sum(bytes(soup[k])[i : i + 4] in known for i in range(29)) / 29
        assert found[k] == (NEAR_1 if share >= 0.5 else KIN_1 if share >= 0.25 else NONE)
    assert len(set(found)) == 3


def test_a_soup_without_copies_is_dark() -> None:
    assert not any(kin(random_soup(1, 64)))
    some = maps.kin_picture("bff", np.zeros((6, 64), np.uint8), maps.places(Mixed(), 6))
    assert some.tolist() == [[NEAR_1] * 4, [NEAR_1, NEAR_1, OUTSIDE, OUTSIDE]]


@pytest.mark.parametrize(
    ("n_programs", "tape_length", "world"),
    [(480, 64, Grid(24, 20)), (8192, 1024, Mixed()), (16_384, 1024, Mixed()), (96, 16, Islands(3)), (2, 64, Mixed())],
)
def test_maps_keep_to_their_size(n_programs: int, tape_length: int, world: World) -> None:
    views: dict[str, Any] = maps.views(LEGEND, lambda config: world)
    config = SimpleNamespace(language="bff", n_programs=n_programs)
    state = SimpleNamespace(soup=random_soup(1, n_programs, tape_length))
    for name, view in views.items():
        assert view.pixels(config, state, name).size >= n_programs


def test_maps_do_not_depend_on_the_parts_they_are_made_in(monkeypatch: pytest.MonkeyPatch) -> None:
    soup = random_soup(5, 300, 32) % 3
    soup[1] = soup[0]
    whole = kin(soup)
    monkeypatch.setattr(maps, "PART", 32 * 7)
    assert kin(soup) == whole
