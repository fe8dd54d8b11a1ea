"""Who looks at what: tiles of views, and the sights that show them."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Mapping
from typing import Any, NamedTuple, final

import numpy as np

from primordia.core.errors import BadInputError

Pixels = np.ndarray[Any, np.dtype[np.uint8]]


class Tile(NamedTuple):
    """Every `stride`-th cell of a view from (top, left) on, `rows` x `columns` of them; 0 is as many as there are."""

    top: int = 0
    left: int = 0
    rows: int = 0
    columns: int = 0
    stride: int = 1


def cut(pixels: Pixels, wanted: Tile) -> tuple[Tile, Pixels]:
    """The part of `pixels` that a tile shows, C-ordered, and the tile as it came out, which never leaves the view.

    A corner outside is moved to the nearest cell, a stride below one is one, and only as many rows and columns are
    returned as there are.
    """
    height, width = pixels.shape
    stride = max(1, wanted.stride)
    top, left = min(max(0, wanted.top), max(0, height - 1)), min(max(0, wanted.left), max(0, width - 1))
    rows, columns = _count(height - top, stride, wanted.rows), _count(width - left, stride, wanted.columns)
    shown = pixels[top : top + rows * stride : stride, left : left + columns * stride : stride]
    return Tile(top, left, rows, columns, stride), np.ascontiguousarray(shown)


def _count(cells: int, stride: int, wanted: int) -> int:
    there = -(-cells // stride)
    return min(there, wanted) if wanted > 0 else there


@dataclasses.dataclass(frozen=True)
class Look:
    """What one sight shows: a tile of a view at a step, or with None of the newest state."""

    sight: int
    view: str
    step: int | None
    tile: Tile


def read_look(message: Mapping[str, Any]) -> Look:
    """The look that a message asks for.

    Raises:
        BadInputError: a field is missing or no whole number.
    """
    try:
        tile = Tile(*(int(message[part]) for part in Tile._fields))
        step = None if message["step"] is None else int(message["step"])
        return Look(int(message["sight"]), str(message["view"]), step, tile)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise BadInputError(f"This look lacks or garbles {error}.") from error


@dataclasses.dataclass
class _Sight:
    look: Look
    credit: bool = True
    shown: Any = None


@final
class Sights:
    """The sights that are open and may be sent a picture: each needs a credit, which a picture uses up.

    Threads may call everything here at the same time. `changed` is notified whenever there may be more to draw.
    """

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self._open: dict[int, _Sight] = {}

    def hear(self, message: Mapping[str, Any]) -> None:
        """Do what a message of the server says of a sight; others are left alone."""
        do = message.get("do")
        if do == "look":
            self.look(read_look(message))
        elif do == "ready":
            self.ready(int(message["sight"]))
        elif do == "close":
            self.close(int(message["sight"]))

    def look(self, look: Look) -> None:
        """Open a sight or turn it elsewhere; the next picture of it needs no further credit."""
        with self.changed:
            self._open[look.sight] = _Sight(look)
            self.changed.notify_all()

    def ready(self, sight: int) -> None:
        """The last picture was shown. A sight that is closed stays so."""
        with self.changed:
            if sight in self._open:
                self._open[sight].credit = True
                self.changed.notify_all()

    def close(self, sight: int) -> None:
        """Nobody looks any longer."""
        with self.changed:
            self._open.pop(sight, None)
            self.changed.notify_all()

    def waiting(self) -> list[tuple[Look, Any]]:
        """The looks that may be sent a picture, oldest sight first, each with what was last sent to it."""
        with self.changed:
            return [(entry.look, entry.shown) for entry in self._open.values() if entry.credit]

    def take(self, look: Look, shown: Any) -> bool:
        """Use the credit of a look for the picture `shown`; False where it was turned or closed meanwhile."""
        with self.changed:
            entry = self._open.get(look.sight)
            if entry is None or entry.look is not look or not entry.credit:
                return False
            entry.credit, entry.shown = False, shown
            return True

    def wanted(self, look: Look) -> bool:
        """Whether somebody still waits for exactly this look."""
        with self.changed:
            entry = self._open.get(look.sight)
            return entry is not None and entry.look is look and entry.credit

    def views(self) -> set[str]:
        """The views that somebody looks at."""
        with self.changed:
            return {entry.look.view for entry in self._open.values()}
