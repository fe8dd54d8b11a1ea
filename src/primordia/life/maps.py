"""Maps: every program of a soup at its place in the world."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from primordia.core.views import Colour, View
from primordia.life.measures import census
from primordia.life.pictures import OUTSIDE, class_table, palette, tile_shape
from primordia.life.substrates import substrate
from primordia.life.worlds import Archipelago, Grid, Islands, Rationed, World

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]

MAX_PIXELS = 2**23
N_FAMILIES = 3
NOBODY = -1
PIECE_BITS = 16
PART = 2**22
KIN_SHARE, NEAR_SHARE = 0.25, 0.5

KIN = (
    Colour("no kin of these", "#0b0f1a"),
    Colour("kin of the most frequent program: shares a quarter of its pieces", "#8a6a12"),
    Colour("near kin of it: shares half", "#f0e442"),
    Colour("kin of the second family", "#1f5f8a"),
    Colour("near kin of the second", "#56b4e9"),
    Colour("kin of the third family", "#8a3a17"),
    Colour("near kin of the third", "#e0602b"),
    Colour("outside the soup", "#000000"),
)
"""In pairs, dark and bright: hues after Okabe and Ito (2008)."""


def views(legend: Mapping[str, str], world_of: Callable[[Any], World]) -> dict[str, View]:
    """The two maps, in the colours of a language; `world_of` says the world of a config."""

    def places_of(config: Any) -> Places:
        return places(world_of(config), config.n_programs)

    return {
        "kin": View(
            lambda config, state: kin_picture(config.language, state.soup, places_of(config)),
            KIN,
            "A pixel for each program at its place: whose family it belongs to, by the pieces of code they share.",
            max_bytes=MAX_PIXELS,
        ),
        "map": View(
            lambda config, state: map_picture(config.language, state.soup, places_of(config)),
            palette(legend),
            "Every program at its place, a tile of its bytes coloured by opcode class; above 2^23 bytes a pixel each.",
            max_bytes=MAX_PIXELS,
        ),
    }


def places(world: World, n_programs: int) -> Places:
    """Where programs are shown: the program at each [row, column], or -1 for nobody.

    A grid and a torus as they are; islands as near-square blocks, near-square themselves, those of an archipelago with
    water between them; others in reading order.
    """
    if isinstance(world, Rationed):
        return places(world.world, n_programs)
    if isinstance(world, Grid):
        return np.arange(n_programs).reshape(world.height, world.width)
    if isinstance(world, Islands | Archipelago):
        size = n_programs // world.n_islands
        block, blocks = _square(size), _square(world.n_islands)
        if isinstance(world, Archipelago):
            block = np.pad(block, (0, 1), constant_values=NOBODY)
        inside = (blocks[:, :, None, None] != NOBODY) & (block != NOBODY)
        found = np.where(inside, blocks[:, :, None, None] * size + block, NOBODY)
        laid = found.transpose(0, 2, 1, 3).reshape(blocks.shape[0] * block.shape[0], -1)
        return laid[:-1, :-1] if isinstance(world, Archipelago) else laid
    return _square(n_programs)


def map_picture(substrate_name: str, soup: Bytes, where: Places) -> Bytes:
    """A soup uint8 [program, byte] at its places [row, column], as palette indices [row, column].

    Programs are tiles where the whole map has at most 2^23 pixels; else a pixel of their most frequent opcode class
    that is an instruction (the ground colour if none is).
    """
    classes = class_table(substrate_name)
    if where.size * soup.shape[1] > MAX_PIXELS:
        return _at_places(_main_class(classes, soup), where, OUTSIDE)
    return lay_out(classes[soup], where, OUTSIDE)


def lay_out(indices: Bytes, where: Places, outside: int) -> Bytes:
    """Palette indices uint8 [program, byte] as tiles at their places [row, column]; `outside` where nobody is."""
    rows, columns = tile_shape(indices.shape[1])
    tiles = np.where((where == NOBODY)[:, :, None], np.uint8(outside), indices[where])
    down, across = where.shape
    grid = tiles.reshape(down, across, rows, columns).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(grid.reshape(down * rows, across * columns))


def kin_picture(substrate_name: str, soup: Bytes, where: Places) -> Bytes:
    """Families at their places [row, column]: indices of `KIN`.

    The families are those of the most frequent program, of the most frequent one that is no kin of it, and of the next.
    A program is kin by the share of its pieces of four bytes that occur in the other or in its mirror image, wherever
    they stand there; bytes that are written alike in the language are taken for equal.
    """
    families = np.zeros(len(soup), np.uint8)
    alike, programs = _alike(substrate_name), census(soup)
    rank = 0
    for first in programs.first[programs.counts > 1]:
        if families[first]:
            continue
        reference = alike[soup[first]]
        known = np.zeros(1 << PIECE_BITS, bool)
        known[_pieces(np.stack((reference, reference[::-1])))] = True
        share = np.concatenate([known[_pieces(alike[part])].mean(axis=1) for part in _parts(soup)])
        free = families == 0
        families[free & (share >= KIN_SHARE)] = 2 * rank + 1
        families[free & (share >= NEAR_SHARE)] = 2 * rank + 2
        rank += 1
        if rank == N_FAMILIES:
            break
    return _at_places(families, where, len(KIN) - 1)


def _parts(soup: Bytes) -> Iterator[Bytes]:
    """A soup in parts of at most 4 MiB, because what is made of it takes many times its room."""
    size = max(1, PART // soup.shape[1])
    return (soup[start : start + size] for start in range(0, len(soup), size))


@functools.cache
def _alike(substrate_name: str) -> Bytes:
    """Every byte value -> the first that is written alike: uint8 [byte value]."""
    glyphs = [substrate(substrate_name).glyph(byte) for byte in range(256)]
    return np.array([glyphs.index(glyph) for glyph in glyphs], np.uint8)


def _pieces(programs: Bytes) -> npt.NDArray[np.uint16]:
    """The pieces of four bytes of each program, as hashes: uint16 [program, place].

    Two pieces out of 65,536 share a hash by chance, so that of the 61 of a stranger about one in a thousand is taken
    for known: far from any line drawn here.
    """
    windows = np.lib.stride_tricks.sliding_window_view(programs, 4, axis=1)
    words = np.zeros(windows.shape[:2], np.uint32)
    for k in range(4):
        words |= windows[:, :, k].astype(np.uint32) << np.uint32(8 * k)
    return ((words * np.uint32(0x9E3779B1)) >> np.uint32(32 - PIECE_BITS)).astype(np.uint16)


def _square(n: int) -> Places:
    """The numbers below n in reading order, in a rectangle as square as a power of two across allows."""
    across = 1 << -(-(n - 1).bit_length() // 2)
    down = -(-n // across)
    found = np.full(down * across, NOBODY)
    found[:n] = np.arange(n)
    return found.reshape(down, across)


def _main_class(classes: Bytes, soup: Bytes) -> Bytes:
    """The most frequent class of each program [program], those of bytes that are no instruction left out."""
    kinds = range(2, OUTSIDE)
    counts = np.concatenate([[(classes[part] == k).sum(axis=1) for k in kinds] for part in _parts(soup)], axis=1)
    return np.where(counts.max(axis=0) > 0, counts.argmax(axis=0) + 2, 0).astype(np.uint8)


def _at_places(values: Bytes, where: Places, outside: int) -> Bytes:
    return np.where(where == NOBODY, np.uint8(outside), values[where]).astype(np.uint8)
