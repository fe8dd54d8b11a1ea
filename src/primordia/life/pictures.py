"""A soup as a picture: every program a small tile, every byte a pixel coloured by its opcode class."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from primordia.core.views import Colour, View
from primordia.life.substrates import CLASSES, substrate

Bytes = npt.NDArray[np.uint8]

COLOURS = ("#0b0f1a", "#46506b", "#f0e442", "#56b4e9", "#1f6fd0", "#e0602b", "#f4f7ff")
"""Of the opcode classes, in their order. Bytes that are no instruction come first: they are the dark ground. Hues after
Okabe and Ito (2008), told apart by lightness as well, so that they survive colour blindness."""

OUTSIDE = len(COLOURS)
MAX_TILES = 16_384
MAX_BYTES = 2**20
MAX_BYTES_WHOLE = 2**23
POSITION_ROWS = 128
WIDEST_COLUMN = 4
POSITION_COLUMNS = 1024


def palette(legend: Mapping[str, str]) -> tuple[Colour, ...]:
    """The colours of a language, from what its opcode classes mean in it."""
    classes = (Colour(legend[name], rgb) for name, rgb in zip(CLASSES, COLOURS, strict=True))
    return (*classes, Colour("outside the soup", "#000000"))


def views(legend: Mapping[str, str]) -> dict[str, View]:
    """The views of a soup in the colours of a language."""
    colours = palette(legend)
    return {
        "soup": View(
            draw_soup,
            colours,
            "The first programs, 16,384 of 64 bytes, each a tile of its bytes coloured by opcode class.",
            max_bytes=MAX_BYTES,
        ),
        "positions": View(
            draw_positions,
            colours,
            "Across each place of the program: the opcode classes that stand there, stacked by share.",
            max_bytes=POSITION_ROWS * POSITION_COLUMNS,
        ),
        "whole_soup": View(
            draw_whole_soup,
            colours,
            "Every program of the soup, up to 131,072 of 64 bytes, each a tile coloured by opcode class.",
            max_bytes=MAX_BYTES_WHOLE,
        ),
    }


@functools.cache
def class_table(substrate_name: str) -> Bytes:
    """Palette index of every byte value of a language: uint8 [byte value]."""
    classes = substrate(substrate_name).classes
    return np.array([CLASSES.index(classes.get(byte, "other")) for byte in range(256)], np.uint8)


def tile_shape(tape_length: int) -> tuple[int, int]:
    """Rows and columns of one program's tile: 4 x 4 for 16 bytes, 4 x 8 for 32, 8 x 8 for 64 ... 32 x 32 for 1,024."""
    columns = 1 << (tape_length.bit_length() // 2)
    return tape_length // columns, columns


def tiles_across(n_programs: int) -> int:
    """How many programs stand side by side in a soup that is shown in reading order."""
    return 1 << -(-(n_programs - 1).bit_length() // 2)


def soup_picture(substrate_name: str, soup: Bytes, most: int = MAX_BYTES) -> Bytes:
    """The first `most` bytes of a soup uint8 [program, byte], as palette indices uint8 [row, column].

    Programs run from left to right and top to bottom, bytes likewise inside a tile; 16,384 are 128 x 128 tiles.
    """
    shown = soup[: most // soup.shape[1]]
    across = tiles_across(len(shown))
    down = -(-len(shown) // across)
    rows, columns = tile_shape(soup.shape[1])
    tiles = np.full((down * across, rows * columns), OUTSIDE, np.uint8)
    tiles[: len(shown)] = class_table(substrate_name)[shown]
    grid = tiles.reshape(down, across, rows, columns).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(grid.reshape(down * rows, across * columns))


def positions_picture(substrate_name: str, soup: Bytes) -> Bytes:
    """What stands at each place of a program, across the soup: palette indices uint8 [row, column].

    Up to four columns for each byte of the tape; in a column the opcode classes are stacked from the bottom by their
    share among the first 16,384 programs, the ground colour on top. A young soup shows level bands; a family of
    relatives shows its conserved instructions as full columns.
    """
    classes = class_table(substrate_name)[soup[:MAX_TILES]]
    shares = np.stack([(classes == index).mean(axis=0) for index in range(1, len(CLASSES))])
    heights = np.rint(np.cumsum(shares, axis=0) * POSITION_ROWS).astype(int)
    from_bottom = np.arange(POSITION_ROWS)[::-1, None]
    picture = np.zeros((POSITION_ROWS, soup.shape[1]), np.uint8)
    for index in range(len(CLASSES) - 1, 0, -1):
        picture[from_bottom < heights[index - 1]] = index
    return np.repeat(picture, min(WIDEST_COLUMN, POSITION_COLUMNS // soup.shape[1]), axis=1)


def draw_soup(config: Any, state: Any) -> Bytes:
    """The view "soup" of a state."""
    return soup_picture(config.language, state.soup)


def draw_whole_soup(config: Any, state: Any) -> Bytes:
    """The view "whole_soup" of a state."""
    return soup_picture(config.language, state.soup, MAX_BYTES_WHOLE)


def draw_positions(config: Any, state: Any) -> Bytes:
    """The view "positions" of a state."""
    return positions_picture(config.language, state.soup)
