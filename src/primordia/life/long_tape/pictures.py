"""A long tape as pictures: its bytes coloured by opcode class, and by what they repeat."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from primordia.core.views import Colour, View
from primordia.life import pictures
from primordia.life.long_tape.languages import LANGUAGES
from primordia.life.long_tape.repeats import LONGEST, periods

Bytes = NDArray[np.uint8]

LEGEND = {
    "other": "no operation, halt, ports",
    "null": "null byte",
    "loop": "jumps, calls, loop brackets",
    "head0": "moves head 0; registers; pushes a digit",
    "head1": "moves head 1, SP or HL; appends a digit",
    "write": "changes a byte or the top in place",
    "copy": "copies a byte to the tape",
}
"""What the opcode classes mean in the three languages together."""

BANDS = (1, 2, 4, 8, 12, 16, 64, LONGEST)
"""The longest period of each colour."""

BAND_COLOURS = (
    Colour("no repeat", "#0b0f1a"),
    Colour("one byte over and over", "#46506b"),
    Colour("period 2", "#f0e442"),
    Colour("period 3 or 4", "#e0602b"),
    Colour("period 5 to 8", "#56b4e9"),
    Colour("period 9 to 12", "#f4f7ff"),
    Colour("period 13 to 16", "#1f6fd0"),
    Colour("period 17 to 64", "#009e73"),
    Colour(f"period 65 to {LONGEST}", "#cc79a7"),
)


def square(tape: Bytes) -> Bytes:
    """A tape uint8 [byte] cut into rows of equal length, top to bottom: 256 rows of 256 for 65,536 bytes."""
    across = 1 << -(-(len(tape) - 1).bit_length() // 2)
    return tape.reshape(-1, across)


def draw_tape(config: Any, state: Any) -> Bytes:
    """The view "tape" of a state."""
    return square(pictures.class_table(LANGUAGES[config.language].written_as)[state.tape])


def draw_repeats(config: Any, state: Any) -> Bytes:
    """The view "repeats" of a state."""
    band = np.searchsorted(BANDS, np.arange(LONGEST + 1)).astype(np.uint8) + 1
    band[0] = 0
    return square(band[periods(state.tape)])


VIEWS = {
    "tape": View(
        draw_tape,
        pictures.palette(LEGEND)[:-1],
        "The tape cut into rows, a pixel a byte, coloured by opcode class; the end of a row goes on in the next.",
        max_bytes=2**16,
    ),
    "repeats": View(
        draw_repeats,
        BAND_COLOURS,
        "The same tape, coloured by the period with which each byte's surroundings repeat: copies laid end to end show "
        "as fields of one colour.",
        max_bytes=2**16,
    ),
}
