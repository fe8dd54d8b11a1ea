"""Matrices as pictures: zero is white, the ends are the limit, gaps stand apart."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from primordia.engine import poster
from primordia.minds import pictures


def test_a_palette_has_its_shades_and_the_gap():
    shades = pictures.palette(9)
    assert len(shades) == 10
    assert shades[9] == pictures.GAP
    assert (shades[4].meaning, shades[4].rgb) == ("0", "#f7f7f5")
    assert (shades[0].meaning, shades[8].meaning) == ("-100 % of the scale", "+100 % of the scale")


def test_shades_say_sign_and_size():
    drawn = pictures.heat([[-2.0, -1.0, 0.0, 1.0, 2.0, 9.0, np.nan]], limit=2.0, n=9)
    assert drawn.tolist() == [[0, 2, 4, 6, 8, 8, 9]]
    assert drawn.dtype == np.uint8
    assert pictures.heat(np.zeros((2, 2)), n=9).tolist() == [[4, 4], [4, 4]]
    assert pictures.heat([[-3.0, 3.0]], n=9).tolist() == [[0, 8]]


def test_a_poster_shows_small_pictures_whole():
    drawn = pictures.together([[np.ones((7, 11))]])
    assert poster._shown(drawn).shape == drawn.shape
    assert max(drawn.shape) > poster.WHOLE // 2


def test_matrices_stand_side_by_side_on_one_scale():
    drawn = pictures.together([[np.eye(2), -2 * np.eye(2)], [np.ones((1, 3))]], n=5)
    factor = pictures.READABLE // 5
    assert drawn.shape == (4 * factor, 5 * factor)
    small = drawn[::factor, ::factor]
    assert small.tolist() == [[3, 2, 5, 0, 2], [2, 3, 5, 2, 0], [5, 5, 5, 5, 5], [3, 3, 3, 5, 5]]


@given(arrays.arrays(np.float64, (3, 4), elements=st.floats(-5, 5)))
@settings(max_examples=20, deadline=None)
def test_the_negative_of_a_matrix_is_its_picture_mirrored(matrix):
    drawn, mirrored = pictures.heat(matrix), pictures.heat(-matrix)
    assert (drawn.astype(int) + mirrored == pictures.SHADES - 1).all()
