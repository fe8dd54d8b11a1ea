"""From a cell of a view to the program and the byte that are drawn there."""

from __future__ import annotations

from typing import NamedTuple

from primordia.core.errors import BadInputError, UnknownNameError
from primordia.life.maps import MAX_PIXELS, NOBODY, Places
from primordia.life.pictures import (
    MAX_BYTES,
    MAX_BYTES_WHOLE,
    POSITION_COLUMNS,
    POSITION_ROWS,
    WIDEST_COLUMN,
    tile_shape,
    tiles_across,
)

IN_READING_ORDER = {"soup": MAX_BYTES, "whole_soup": MAX_BYTES_WHOLE}
AT_THEIR_PLACES = ("map", "age", "lineage")
A_PIXEL_EACH = ("kin",)
BY_BYTE = ("positions",)
VIEWS = (*IN_READING_ORDER, *AT_THEIR_PLACES, *A_PIXEL_EACH, *BY_BYTE)


class Spot(NamedTuple):
    """What a cell shows: a program by its place in the soup, a byte by its offset, or one of the two (else None)."""

    program: int | None
    byte: int | None


def spot(view: str, row: int, column: int, n_programs: int, length: int, where: Places) -> Spot | None:
    """What a cell of a view of a soup shows; None outside the soup.

    Args:
        view: its name.
        row: of the picture.
        column: of the picture.
        n_programs: in the soup.
        length: bytes of a program.
        where: the programs at their places, see `maps.places`.

    Raises:
        UnknownNameError: no soup has this view.
        BadInputError: the picture has no such cell; says those it has.
    """
    if view not in VIEWS:
        raise UnknownNameError("view", view, VIEWS)
    if view in BY_BYTE:
        width = min(WIDEST_COLUMN, POSITION_COLUMNS // length)
        _check_cell(view, row, column, POSITION_ROWS, width * length)
        return Spot(None, column // width)
    as_tiles = view not in A_PIXEL_EACH and (view in IN_READING_ORDER or where.size * length <= MAX_PIXELS)
    rows, columns = tile_shape(length) if as_tiles else (1, 1)
    if view in IN_READING_ORDER:
        shown = min(n_programs, IN_READING_ORDER[view] // length)
        across = tiles_across(shown)
        down = -(-shown // across)
    else:
        shown, (down, across) = n_programs, where.shape
    _check_cell(view, row, column, down * rows, across * columns)
    at = row // rows, column // columns
    program = at[0] * across + at[1] if view in IN_READING_ORDER else int(where[at])
    if program == NOBODY or program >= shown:
        return None
    return Spot(program, row % rows * columns + column % columns if as_tiles else None)


def _check_cell(view: str, row: int, column: int, rows: int, columns: int) -> None:
    if not (0 <= row < rows and 0 <= column < columns):
        raise BadInputError(
            f"The view {view} has no cell at row {row}, column {column}: its rows are 0 to {rows - 1}, its columns "
            f"0 to {columns - 1}."
        )
