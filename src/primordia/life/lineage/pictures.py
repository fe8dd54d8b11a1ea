"""Where the bytes of a soup come from, as pictures: how long ago each entered, and on which program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from primordia.core.views import Colour, View
from primordia.life.lineage.tokens import EPOCH_SHIFT, Tokens
from primordia.life.maps import MAX_PIXELS, Places, lay_out, places
from primordia.life.measures import census
from primordia.life.worlds import World

Bytes = npt.NDArray[np.uint8]

AGES = (1, 4, 16, 64, 256, 1024, 4096)
"""Epochs before the youngest byte of the soup: the edges of the classes."""

NO_TOKENS = "nothing: the run carries no tokens; set tokens=true"

AGE = (
    Colour("of the first soup", "#0b0f1a"),
    Colour("4,096 epochs old or older", "#2b2a5e"),
    Colour("1,024 to 4,095 epochs old", "#1f4f9a"),
    Colour("256 to 1,023 epochs old", "#1f7fc0"),
    Colour("64 to 255 epochs old", "#3fae9a"),
    Colour("16 to 63 epochs old", "#9ecb58"),
    Colour("4 to 15 epochs old", "#f0d442"),
    Colour("1 to 3 epochs old", "#ffb04a"),
    Colour("of the newest epoch", "#fff4d8"),
    Colour("outside the soup", "#000000"),
    Colour(NO_TOKENS, "#1a1f2b"),
)

N_FOUNDERS = 6
LINEAGE = (
    Colour("of other programs of the first soup", "#0b0f1a"),
    Colour("of other bytes that came in later", "#46506b"),
    Colour("of the most frequent founder", "#f0e442"),
    Colour("of the second", "#56b4e9"),
    Colour("of the third", "#e0602b"),
    Colour("of the fourth", "#009e73"),
    Colour("of the fifth", "#cc79a7"),
    Colour("of the sixth", "#f4f7ff"),
    Colour("outside the soup", "#000000"),
    Colour(NO_TOKENS, "#1a1f2b"),
)
"""Hues after Okabe and Ito (2008)."""

COUNTED = 2**20
"""Bytes whose founders are counted: whole programs, evenly from the soup; counting all of a large one takes long."""


def views(world_of: Callable[[Any], World]) -> dict[str, View]:
    """The two views that need tokens; `world_of` says the world of a config."""

    def drawn(picture: Callable[[Tokens, Places], Bytes], palette: tuple[Colour, ...]) -> Callable[[Any, Any], Bytes]:
        def draw(config: Any, state: Any) -> Bytes:
            where = places(world_of(config), config.n_programs)
            if state.tokens is not None:
                return picture(state.tokens, where)
            # As large as with them: a cell of the picture is of the same program.
            n_programs, length = state.soup.shape
            blank = np.uint8(len(palette) - 1)
            return lay_out(np.full((n_programs, length if _in_tiles(where, length) else 1), blank), where, blank)

        return draw

    return {
        "age": View(
            drawn(age_picture, AGE),
            AGE,
            "Every program at its place, a tile of its bytes coloured by how long ago each entered the soup, counted "
            "back from the youngest byte.",
            max_bytes=MAX_PIXELS,
            needs="tokens",
        ),
        "lineage": View(
            drawn(lineage_picture, LINEAGE),
            LINEAGE,
            "Every program at its place, a tile of its bytes coloured by the program on which each entered the soup: "
            "the six from which most bytes are now, as far as they were copied.",
            max_bytes=MAX_PIXELS,
            needs="tokens",
        ),
    }


def _in_tiles(where: Places, length: int) -> bool:
    """Whether programs of so many bytes are drawn as tiles; a pixel each otherwise."""
    return where.size * length <= MAX_PIXELS


def age_picture(tokens: Tokens, where: Places) -> Bytes:
    """Tokens uint64 [program, byte] at their places [row, column], as indices of `AGE` [row, column].

    Where the picture would have more than 2^23 pixels, a program is a pixel: its youngest byte.
    """
    epochs = (tokens >> EPOCH_SHIFT).astype(np.uint32)
    if not _in_tiles(where, tokens.shape[1]):
        epochs = epochs.max(axis=1, keepdims=True)
    classes = np.uint8(len(AGES) + 1) - np.searchsorted(AGES, epochs.max() - epochs, side="right").astype(np.uint8)
    classes[epochs == 0] = 0
    return lay_out(classes, where, len(AGE) - 2)


def lineage_picture(tokens: Tokens, where: Places) -> Bytes:
    """Tokens uint64 [program, byte] at their places [row, column], as indices of `LINEAGE` [row, column].

    Where the picture would have more than 2^23 pixels, a program is a pixel: the founder of its first byte.
    """
    length = tokens.shape[1]
    most = frequent_founders(tokens)
    if not _in_tiles(where, length):
        tokens = tokens[:, :1]
    classes = (tokens >> EPOCH_SHIFT > 0).astype(np.uint8)
    entered = tokens >> _shift(length)
    for rank, founder in enumerate(most):
        classes[entered == founder] = 2 + rank
    return lay_out(classes, where, len(LINEAGE) - 2)


def frequent_founders(tokens: Tokens) -> Tokens:
    """The six founders of most bytes, uint64 [rank], the most frequent first, as far as they were copied.

    A founder is a program of the first soup, or the place of a program at which bytes came in during one epoch: its
    word is that of any of its tokens without the byte's number. It was copied if the programs that are counted hold
    more bytes of it than a program has.
    """
    length = tokens.shape[1]
    every = -(-tokens.size // COUNTED)
    words = (tokens[::every] >> _shift(length)).reshape(-1)
    found = census(words.view(np.uint8).reshape(-1, 8))
    return words[found.first[:N_FOUNDERS][found.counts[:N_FOUNDERS] > length]]


def _shift(length: int) -> np.uint64:
    """The bits of a token that say which byte of the program: programs have a power of two of bytes."""
    return np.uint64(length.bit_length() - 1)
