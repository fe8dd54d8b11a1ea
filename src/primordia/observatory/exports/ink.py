"""Words and lines drawn into pictures of palette indices, smooth by shades between the ground and a colour."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, final

import numpy as np

from primordia.core.errors import BadInputError
from primordia.core.views import Colour

Pixels = np.ndarray[Any, np.dtype[np.uint8]]

GROUND = "#0b0f1a"
INKS = {"ink": "#e6edf3", "soft": "#8b95a8", "faint": "#252c3b", "line": "#6cb6ff", "mark": "#ffa657"}
MOST_SHADES = 12
FINE = 4
"""Lines are drawn this many times larger and made smaller again."""


@final
class Inks:
    """A palette with room for words: the colours of a view first, then the ground, then shades of each ink.

    Args:
        palette: of the view; its indices stay what they are.

    Raises:
        BadInputError: it has so many colours that no room is left for shades.
    """

    def __init__(self, palette: Sequence[Colour]) -> None:
        room = (255 - len(palette)) // len(INKS)
        if room < 2:
            most = 255 - 2 * len(INKS)
            raise BadInputError(
                f"The palette has {len(palette)} colours; beside words and curves there is room for {most}. "
                "Take the view alone."
            )
        self.n_shades = min(room, MOST_SHADES)
        self.ground = len(palette)
        self.first = {name: self.ground + 1 + self.n_shades * place for place, name in enumerate(INKS)}
        shades = [_between(GROUND, rgb, (n + 1) / self.n_shades) for rgb in INKS.values() for n in range(self.n_shades)]
        self.colours = [*(colour.rgb for colour in palette), GROUND, *shades]

    def page(self, rows: int, columns: int) -> Pixels:
        """An empty page [row, column] of the ground."""
        return np.full((rows, columns), self.ground, np.uint8)

    def shade(self, ink: str) -> int:
        """The index of an ink at its full strength."""
        return self.first[ink] + self.n_shades - 1

    def blend(self, page: Pixels, mask: Pixels, ink: str, row: int, column: int) -> None:
        """Draw a mask, uint8 [row, column] from 0 (nothing) to 255 (the ink), into the page from a place on."""
        area = page[max(row, 0) : row + mask.shape[0], max(column, 0) : column + mask.shape[1]]
        mask = mask[max(-row, 0) :, max(-column, 0) :][: area.shape[0], : area.shape[1]]
        shade = (mask.astype(int) * self.n_shades + 127) // 255
        area[shade > 0] = (self.first[ink] + shade[shade > 0] - 1).astype(np.uint8)

    def write(
        self, page: Pixels, words: str, row: int, column: int, *, size: int, ink: str = "ink", anchor: str = "l"
    ) -> int:
        """Write one line with its baseline at `row`; `anchor` l, m or r says what is at `column`. Returns its width."""
        from PIL import Image, ImageDraw

        font = _font(size)
        width = int(font.getlength(words)) + 2
        image = Image.new("L", (width, 2 * size))
        ImageDraw.Draw(image).text((0, size + size // 4), words, font=font, fill=255, anchor="ls")
        left = column - {"l": 0, "m": width // 2, "r": width}[anchor]
        self.blend(page, np.asarray(image), ink, row - size - size // 4, left)
        return width

    def line(
        self,
        page: Pixels,
        points: Sequence[tuple[float, float]],
        box: tuple[int, int, int, int],
        *,
        width: float,
        ink: str = "line",
    ) -> None:
        """Draw a line through (column, row) points inside the box (top, left, rows, columns) of the page."""
        from PIL import Image, ImageDraw

        top, left, rows, columns = box
        image = Image.new("L", (columns * FINE, rows * FINE))
        placed = [((x - left) * FINE, (y - top) * FINE) for x, y in points]
        draw = ImageDraw.Draw(image)
        thick = max(1, round(width * FINE))
        if len(placed) > 1:
            draw.line(placed, fill=255, width=thick, joint="curve")
        mask = np.asarray(image.resize((columns, rows), Image.Resampling.BOX))
        self.blend(page, mask, ink, top, left)

    def dot(self, page: Pixels, x: float, y: float, radius: float, *, ink: str = "line") -> None:
        """A disc around (column, row)."""
        reach = int(radius) + 2
        top, left = int(y) - reach, int(x) - reach
        down, across = np.mgrid[0 : 2 * reach + 1, 0 : 2 * reach + 1]
        away = np.hypot(down + top - y, across + left - x)
        mask = (255 * np.clip(radius + 0.5 - away, 0, 1)).astype(np.uint8)
        self.blend(page, mask, ink, top, left)


def width_of(words: str, size: int) -> int:
    """How many pixels a line of words takes."""
    return int(_font(size).getlength(words)) + 2


_fonts: dict[int, Any] = {}


def _font(size: int) -> Any:
    """The font that comes with matplotlib, so that the same export has the same pixels on every machine."""
    import matplotlib
    from PIL import ImageFont

    if size not in _fonts:
        _fonts[size] = ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", size)
    return _fonts[size]


def _between(low: str, high: str, share: float) -> str:
    one, two = (bytes.fromhex(rgb.removeprefix("#")) for rgb in (low, high))
    return "#" + bytes(round(a + (b - a) * share) for a, b in zip(one, two, strict=True)).hex()
