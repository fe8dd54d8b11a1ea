"""Pictures of soups, held against goldens that a person can read."""

from __future__ import annotations

import numpy as np
import pytest

from primordia.life import pictures
from primordia.life.golden import FIG4_REPLICATOR
from primordia.life.soup import random_soup
from primordia.life.substrates import FAMILIES, substrate

SIGNS = "-0[<{+.#"
"""One sign for each palette index: not an instruction, null, loop, head0, head1, write, copy, outside."""


def as_text(pixels: np.ndarray) -> list[str]:
    return ["".join(SIGNS[index] for index in row) for row in pixels]


def test_one_replicator_and_one_zero_program() -> None:
    soup = np.stack((np.frombuffer(FIG4_REPLICATOR, np.uint8), np.zeros(64, np.uint8)))
    assert as_text(pictures.soup_picture("bff_noheads", soup)) == [
        "[[{.<[+[00000000",
        *["--------00000000"] * 6,
        "[+[<.{[[00000000",
    ]


GOLDEN = """\
[<<-<+.0+-{-{<[<
{-{-.[-<-+0-<---
<<-<<.--[.+{+++-
-{<-{{-0+.--+.+-
--<+00-.--[.{{-.
[--<.[-+-0--[+{[
--..-.[+-0-{.---
<+--.-<0{[.+.+.0
.-----{[{-.[.-<+
{-{-.-0.[[----+{
[-.+{{[0{<-0{{-<
-+-{-{.[.-[.[[[+
.[<.+[[+-{-{[-+0
000.{.+..-<--[-.
.+.00-{{0<+-[{--
<-+-{.{[{--[<<{-
"""


def test_sixteen_short_programs_of_four_bit_code() -> None:
    """Four by four tiles of four by four bytes, seed 0."""
    picture = pictures.soup_picture("bff_noheads_4bit", random_soup(0, 16, 16))
    assert picture.shape == (16, 16)
    assert as_text(picture) == GOLDEN.splitlines()


@pytest.mark.parametrize(
    ("n_programs", "tape_length", "shape"),
    [
        (131_072, 64, (1024, 1024)),
        (8192, 64, (512, 1024)),
        (256, 64, (128, 128)),
        (2, 64, (8, 16)),
        (6, 64, (16, 32)),
        (256, 32, (64, 128)),
        (256, 16, (64, 64)),
        (256, 1024, (512, 512)),
        (4096, 1024, (1024, 1024)),
        (4096, 128, (512, 1024)),
    ],
)
def test_soup_pictures_are_bounded(n_programs: int, tape_length: int, shape: tuple[int, int]) -> None:
    assert pictures.soup_picture("bff", np.zeros((n_programs, tape_length), np.uint8)).shape == shape


def test_what_lies_outside_the_soup_is_marked() -> None:
    picture = pictures.soup_picture("bff", np.zeros((6, 64), np.uint8))
    assert (picture[8:, 16:] == pictures.OUTSIDE).all()
    assert (picture == pictures.OUTSIDE).sum() == 2 * 64


@pytest.mark.parametrize("language", FAMILIES["bff"])
def test_every_byte_has_the_colour_of_its_class(language: str) -> None:
    table = pictures.class_table(language)
    classes = substrate(language).classes
    assert [pictures.CLASSES[index] for index in table] == [classes[byte] for byte in range(256)]


def test_positions_show_conserved_instructions_as_full_columns() -> None:
    soup = np.repeat(np.frombuffer(FIG4_REPLICATOR, np.uint8)[None], 32, axis=0)
    picture = pictures.positions_picture("bff_noheads", soup)
    assert picture.shape == (128, 256)
    assert (picture == picture[0]).all()
    assert as_text(picture[:1, ::4]) == ["[[{.<[+[" + "-" * 48 + "[+[<.{[["]


@pytest.mark.parametrize(("tape_length", "columns"), [(16, 64), (64, 256), (256, 1024), (512, 1024), (1024, 1024)])
def test_positions_fit_their_view_at_every_length(tape_length: int, columns: int) -> None:
    picture = pictures.positions_picture("bff", np.zeros((4, tape_length), np.uint8))
    assert picture.shape == (128, columns)
    assert picture.nbytes <= pictures.views(dict.fromkeys(pictures.CLASSES, ""))["positions"].max_bytes


def test_positions_stack_classes_by_share() -> None:
    soup = np.array([[0x5B] * 64, [0x20] * 64, [0x2B] * 64, [0x20] * 64], np.uint8)
    column = pictures.positions_picture("bff", soup)[:, 0]
    loop, write = pictures.CLASSES.index("loop"), pictures.CLASSES.index("write")
    assert column.tolist() == [0] * 64 + [write] * 32 + [loop] * 32
