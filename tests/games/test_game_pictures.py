"""Pictures of games: what is drawn is what was given."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from primordia.games import pictures


@settings(max_examples=30)
@given(st.lists(st.floats(-3, 3), min_size=2, max_size=12))
def test_shades_keep_the_order_of_values(values):
    shades = pictures.heat([sorted(values)], -1.0, 2.0)[0]
    assert (np.diff(shades.astype(int)) >= 0).all()
    assert shades.max() < pictures.SHADES


def test_ends_middle_and_no_number():
    drawn = pictures.heat([[-1.0, 0.5, 2.0, np.nan, 9.0]], -1.0, 2.0)[0]
    assert drawn.tolist() == [0, pictures.SHADES // 2, pictures.SHADES - 1, pictures.PAPER, pictures.SHADES - 1]
    shades = pictures.palette()
    assert (shades[0].rgb, shades[pictures.SHADES - 1].rgb) == ("#d55e00", "#0072b2")
    assert len(shades) == pictures.FAINT + 1


def test_a_legend_names_the_ends_and_the_quarters_only():
    named = [colour.meaning for colour in pictures.palette("none", "all")[: pictures.SHADES] if colour.meaning]
    assert named == ["none", "25% of the way", "50% of the way", "75% of the way", "all"]


def test_joint_actions():
    drawn = pictures.joint([0, 0, 1, 1, -1], [0, 1, 0, 1, 0])
    assert [pictures.JOINT[index].meaning for index in drawn] == [
        "both cooperate", "the first cooperates, the second defects", "the first defects, the second cooperates",
        "both defect", "not yet played",
    ]  # fmt: skip


def test_letters_differ_and_fill_their_place():
    drawn = {letter: pictures.letters(letter).tobytes() for letter in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ.-+/:()"}
    same = {(a, b) for a in drawn for b in drawn if a < b and drawn[a] == drawn[b]}
    # Five rows of three are too few for these pairs, as on any small display.
    assert same <= {("0", "D"), ("0", "O"), ("5", "S"), ("2", "Z"), ("U", "V")}
    assert pictures.letters("AB").shape == (pictures.TALL, 2 * pictures.WIDE - 1)


def test_a_table_has_a_cell_of_the_right_shade_for_every_number():
    values = np.array([[0.0, 1.0], [0.5, np.nan]])
    drawn = pictures.table(values, ["ONE", "TWO"], ["A", "B"], 0.0, 1.0)
    corners = [drawn[pictures.TALL + 4 + 15 * row, -1 - 21 * (1 - column) - 0] for row in (0, 1) for column in (0, 1)]
    assert corners == [0, pictures.SHADES - 1, pictures.SHADES // 2, pictures.PAPER]


def test_stacks_without_a_gap_lose_nothing():
    one, two = np.ones((2, 3), np.uint8), np.full((1, 5), 2, np.uint8)
    assert pictures.stack([one, two], gap=0).tolist() == [[1] * 3 + [pictures.PAPER] * 2] * 2 + [[2] * 5]
    assert pictures.beside([one, two], gap=1).shape == (2, 9)
