"""Pictures of games: heat maps with their numbers written in, joint actions, and films of either.

One order of colours for the whole wing: blue is cooperation (or the high end), orange is defection (or the low end).
Nothing here imports JAX, so that palettes can be declared with an experiment.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from primordia.core.views import Colour

Pixels = npt.NDArray[np.uint8]
Marked = npt.NDArray[np.int64]
AnyPixels = TypeVar("AnyPixels", Pixels, Marked)

SHADES = 33
"""Shades of a heat map; one more than a multiple of four, so that there are a middle and quarters."""
PAPER, INK, FAINT = SHADES, SHADES + 1, SHADES + 2
"""Indices of `palette` after the shades: the ground, letters, and thin lines."""
LOW, MIDDLE, HIGH = (0xD5, 0x5E, 0x00), (0xF7, 0xF4, 0xEC), (0x00, 0x72, 0xB2)
GROUND = (Colour("ground", "#ffffff"), Colour("letters", "#202124"), Colour("lines", "#c9ccd1"))

JOINT = (
    Colour("not yet played", "#f1f3f4"),
    Colour("both cooperate", "#0072B2"),
    Colour("the first cooperates, the second defects", "#CC79A7"),
    Colour("the first defects, the second cooperates", "#F0C808"),
    Colour("both defect", "#8A2D00"),
    Colour("ground", "#ffffff"),
    Colour("letters", "#202124"),
)
"""Palette of joint actions: index 1 + 2 · (first defects) + (second defects)."""
JOINT_PAPER, JOINT_INK = 5, 6

_GLYPHS = {
    "0": "75557", "1": "26227", "2": "71747", "3": "71717", "4": "55711", "5": "74717", "6": "74757", "7": "71122",
    "8": "75757", "9": "75717", "A": "25755", "B": "65656", "C": "34443", "D": "65556", "E": "74647", "F": "74644",
    "G": "34553", "H": "55755", "I": "72227", "J": "11152", "K": "55655", "L": "44447", "M": "57755", "N": "65555",
    "O": "25552", "P": "65644", "Q": "25563", "R": "65655", "S": "34216", "T": "72222", "U": "55557", "V": "55552",
    "W": "55775", "X": "55255", "Y": "55222", "Z": "71247", ".": "00002", "-": "00700", "+": "02720", "/": "11244",
    ":": "02020", "(": "12221", ")": "42224", " ": "00000",
}  # fmt: skip
"""Letters of three by five pixels: an octal digit for each row."""
TALL, WIDE = 5, 4
"""Pixels of a line of letters, and from one letter to the next."""


def palette(low: str = "defects", high: str = "cooperates") -> tuple[Colour, ...]:
    """Shades from orange over white to blue, then ground, letters and lines. Those between quarters have no words.

    Args:
        low: what the orange end means.
        high: what the blue end means.
    """
    half = SHADES // 2
    shades = []
    for place in range(SHADES):
        share = (place - half) / half
        quarter = "" if 4 * place % (SHADES - 1) else f"{place / (SHADES - 1):.0%} of the way"
        meaning = low if place == 0 else high if place == SHADES - 1 else quarter
        shades.append(Colour(meaning, _blend(share)))
    return (*shades, *GROUND)


def heat(matrix: npt.ArrayLike, low: float, high: float) -> Pixels:
    """Values [row, column] as shades, one pixel each.

    Args:
        matrix: the values; those beyond the ends are drawn as the ends, those that are no number as ground.
        low: the value of the orange end.
        high: the value of the blue end, above `low`.
    """
    values = np.atleast_2d(np.asarray(matrix, np.float64))
    known = np.where(np.isfinite(values), values, low)
    shades = np.rint(np.clip((known - low) / (high - low), 0, 1) * (SHADES - 1))
    return np.where(np.isfinite(values), shades, PAPER).astype(np.uint8)


def joint(first: npt.ArrayLike, second: npt.ArrayLike) -> Pixels:
    """Actions of two agents (0 cooperates, 1 defects; negative: not yet played) as indices of `JOINT`."""
    one, other = np.asarray(first), np.asarray(second)
    return np.where((one < 0) | (other < 0), 0, 1 + 2 * one + other).astype(np.uint8)


def enlarge(pixels: AnyPixels, tall: int, wide: int | None = None) -> AnyPixels:
    """Every pixel `tall` times down and `wide` times across (as often, if not given); further axes in front stay."""
    return np.ascontiguousarray(pixels.repeat(tall, axis=-2).repeat(tall if wide is None else wide, axis=-1))


def letters(text: str, ink: int = INK, paper: int = PAPER) -> Pixels:
    """One line of text, five pixels tall; capitals, digits and .-+/:() only, anything else is a gap."""
    drawn = np.full((TALL, max(WIDE * len(text) - 1, 1)), paper, np.uint8)
    for place, letter in enumerate(text.upper()):
        rows = _GLYPHS.get(letter, _GLYPHS[" "])
        glyph = np.asarray([[int(row) >> bit & 1 for bit in (2, 1, 0)] for row in rows], bool)
        drawn[:, WIDE * place : WIDE * place + 3][glyph] = ink
    return drawn


def stamp(pixels: AnyPixels, drawn: Pixels, top: int, left: int, paper: int = PAPER) -> AnyPixels:
    """A copy of a picture with another laid on it; the ground of the upper one is clear."""
    whole = pixels.copy()
    tall, wide = min(drawn.shape[0], pixels.shape[0] - top), min(drawn.shape[1], pixels.shape[1] - left)
    upper = drawn[:tall, :wide]
    part = whole[top : top + tall, left : left + wide]
    part[upper != paper] = upper[upper != paper]
    return whole


def table(
    matrix: npt.ArrayLike, rows: Sequence[str], columns: Sequence[str], low: float, high: float, *, digits: int = 2
) -> Pixels:
    """A heat map with names at its sides and the numbers in its cells.

    Args:
        matrix: axes [row, column].
        rows: a name for each row.
        columns: a name for each column; they set the width of cells.
        low: the value of the orange end.
        high: the value of the blue end.
        digits: decimals that are written.
    """
    values = np.atleast_2d(np.asarray(matrix, np.float64))
    written = [[f"{value:z.{digits}f}" if np.isfinite(value) else "" for value in row] for row in values]
    longest = max(len(text) for row in (*written, columns) for text in row)
    tall, wide, margin = 3 * TALL, WIDE * longest + 5, WIDE * max(map(len, rows)) + 3
    cells = enlarge(heat(values, low, high), tall, wide)
    whole = np.full((cells.shape[0] + TALL + 4, cells.shape[1] + margin), PAPER, np.uint8)
    whole[TALL + 4 :, margin:] = cells
    for place, name in enumerate(columns):
        whole = stamp(whole, letters(name), 1, margin + wide * place + (wide - WIDE * len(name) + 1) // 2)
    for row, (name, texts) in enumerate(zip(rows, written, strict=True)):
        top = TALL + 4 + tall * row + TALL
        whole = stamp(whole, letters(name), top, 1)
        for column, text in enumerate(texts):
            left = margin + wide * column + (wide - WIDE * len(text) + 1) // 2
            dark = abs(int(heat(values[row, column], low, high)[0, 0]) - SHADES // 2) > SHADES // 3
            whole = stamp(whole, letters(text, ink=FAINT if dark else INK), top, left)
    return whole


def stack(pictures: Sequence[Any], paper: int = PAPER, gap: int = 3) -> Any:
    """Pictures below each other, filled up on the right with ground."""
    wide = max(picture.shape[1] for picture in pictures)
    parts = [np.pad(one, ((0, gap), (0, wide - one.shape[1])), constant_values=paper) for one in pictures]
    whole = np.concatenate(parts)
    return whole[: whole.shape[0] - gap]


def beside(pictures: Sequence[Any], paper: int = PAPER, gap: int = 3) -> Any:
    """Pictures next to each other, filled up below with ground."""
    return np.ascontiguousarray(stack([picture.T for picture in pictures], paper, gap).T)


MARK = 64
"""More than any palette here has colours."""


def marked(cells: Pixels, first: int = 0) -> Marked:
    """Cells that carry their number, from `first` on row by row, through every layout of this module.

    So the same layout says what is seen and what lies where: `seen` takes the marks away, `number_at` reads one.
    """
    numbers = 1 + first + np.arange(cells.size, dtype=np.int64).reshape(cells.shape)
    return cells + MARK * numbers


def seen(laid_out: Marked) -> Pixels:
    """The colours of a layout, without marks."""
    return np.ascontiguousarray(laid_out % MARK, np.uint8)


def number_at(laid_out: Marked, row: int, column: int) -> int | None:
    """The number of the cell at a pixel; None on letters, on the ground and outside."""
    if not (0 <= row < laid_out.shape[0] and 0 <= column < laid_out.shape[1]):
        return None
    number = int(laid_out[row, column]) // MARK
    return number - 1 if number else None


def _blend(share: float) -> str:
    end = HIGH if share > 0 else LOW
    mixed = (round(middle + abs(share) * (far - middle)) for middle, far in zip(MIDDLE, end, strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)
