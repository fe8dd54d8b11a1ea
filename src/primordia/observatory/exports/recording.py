"""A recording: pictures of some views over the steps of a run, its rows, events and findings, in one sequence of bytes.

`MAGIC`, the length of the header (uint32, little-endian), the header as JSON, then the pictures. A picture is zlib's
deflate, which a browser can undo by itself, of palette indices or of their difference (exclusive or) to the picture
before; every `WHOLE_EVERY`-th stands by itself, so that any can be reached in a few steps.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, final

import numpy as np

from primordia.core.errors import BadInputError
from primordia.observatory.exports.ink import Pixels

MAGIC = b"primrec\n"
FORMAT = 1
LENGTH = struct.Struct("<I")
WHOLE_EVERY = 16
WHOLE, CHANGE = 0, 1
LEVEL = 6
"""Of compression: noise packs a tenth tighter at 9, in ten times the time."""
SPOOL_BYTES = 2**28


class Picture(NamedTuple):
    """Palette indices uint8 [row, column] after `step` steps and `revision` interventions."""

    step: int
    revision: int
    pixels: Pixels


@final
class Spool:
    """Pictures of one view while they are drawn, compressed, within a bound: when it is full, every second one goes.

    Args:
        room: bytes.
    """

    def __init__(self, room: int = SPOOL_BYTES) -> None:
        self.room = room
        self._kept: list[tuple[int, int, tuple[int, ...], bytes]] = []

    def put(self, picture: Picture) -> None:
        """Add a picture of a later step."""
        content = zlib.compress(picture.pixels.tobytes(), 1)
        self._kept.append((picture.step, picture.revision, picture.pixels.shape, content))
        while len(self._kept) > 2 and sum(len(kept[-1]) for kept in self._kept) > self.room:
            self._kept = [*self._kept[:-1:2], self._kept[-1]]

    def __len__(self) -> int:
        return len(self._kept)

    def pictures(self, every: int = 1) -> Iterator[Picture]:
        """Every so many of them, and the last."""
        for number, (step, revision, shape, content) in enumerate(self._kept):
            if number % every == 0 or number == len(self._kept) - 1:
                yield Picture(step, revision, np.frombuffer(zlib.decompress(content), np.uint8).reshape(shape))


def pack(header: Mapping[str, Any], spools: Mapping[str, Spool], room: int) -> bytes:
    """A recording of at most `room` bytes, with as many of the pictures as that allows, evenly thinned.

    Args:
        header: JSON values for "run" (as a page is told when it begins to watch) and "findings".
        spools: the pictures, by view.
        room: bytes.

    Raises:
        BadInputError: not even the first and the last picture of each view have room.
    """
    every = 1
    while True:
        views, pictures = _encoded(spools, every)
        told = json.dumps({**header, "format": FORMAT, "views": views}, allow_nan=False).encode()
        size = len(MAGIC) + LENGTH.size + len(told) + len(pictures)
        if size <= room:
            return MAGIC + LENGTH.pack(len(told)) + told + pictures
        if every >= max(len(spool) for spool in spools.values()):
            raise BadInputError(
                f"This recording takes at least {size / 1e6:.1f} MB; allowed are {room / 1e6:.1f} MB. "
                "Record a part of the view, or a coarser stride."
            )
        every = max(every + 1, every * size // room)


def unpack(content: bytes) -> tuple[dict[str, Any], dict[str, list[Picture]]]:
    """The header of a recording and its pictures, by view.

    Raises:
        BadInputError: it is none, or was truncated or altered.
    """
    if not content.startswith(MAGIC):
        raise BadInputError("This is no recording of primordia: it begins otherwise.")
    try:
        (length,) = LENGTH.unpack_from(content, len(MAGIC))
        first = len(MAGIC) + LENGTH.size
        header = json.loads(content[first : first + length])
        if header["format"] != FORMAT:
            raise BadInputError(f"This recording has format {header['format']}; this primordia reads {FORMAT}.")
        pictures = content[first + length :]
        return header, {name: list(_decoded(view, pictures)) for name, view in header["views"].items()}
    except (ValueError, KeyError, TypeError, RecursionError, struct.error, zlib.error) as error:
        raise BadInputError(f"This recording was truncated or altered ({type(error).__name__}: {error}).") from error


def _encoded(spools: Mapping[str, Spool], every: int) -> tuple[dict[str, Any], bytes]:
    """What the header says of the pictures of each view, and all of them joined."""
    views, pictures = {}, bytearray()
    for name, spool in spools.items():
        entries: list[list[int]] = []
        before: Picture | None = None
        for picture in spool.pictures(every):
            kind, content = _smaller(picture, before, len(entries))
            entries.append([picture.step, picture.revision, *picture.pixels.shape, kind, len(pictures), len(content)])
            pictures += content
            before = picture
        views[name] = entries
    return views, bytes(pictures)


def _smaller(picture: Picture, before: Picture | None, number: int) -> tuple[int, bytes]:
    """The picture or its difference to the one before, whichever takes less room, and which it is."""
    whole = zlib.compress(picture.pixels.tobytes(), LEVEL)
    if before is None or number % WHOLE_EVERY == 0 or before.pixels.shape != picture.pixels.shape:
        return WHOLE, whole
    change = zlib.compress((picture.pixels ^ before.pixels).tobytes(), LEVEL)
    return (CHANGE, change) if len(change) < len(whole) else (WHOLE, whole)


def _decoded(entries: list[list[int]], pictures: bytes) -> Iterator[Picture]:
    before = np.zeros((0, 0), np.uint8)
    for step, revision, rows, columns, kind, at, length in entries:
        content = zlib.decompress(pictures[at : at + length])
        pixels = np.frombuffer(content, np.uint8).reshape(rows, columns)
        before = pixels ^ before if kind == CHANGE else pixels
        yield Picture(step, revision, before)
