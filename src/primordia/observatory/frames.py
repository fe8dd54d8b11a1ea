"""Pictures on the wire: a header of fixed size, then palette indices uint8 [row, column] of the tile asked for."""

from __future__ import annotations

import struct
from typing import NamedTuple

from primordia.core.errors import BadInputError

VERSION = 1
"""Of the whole protocol: pictures and messages."""
MAGIC = 0x7250
FRAME = 1
HEADER = struct.Struct("<HBBHHQIIIIHHI")
HEADER_FIELDS = ("magic", "version", "kind", "channel", "stride", "step", "view_rows", "view_columns", "top", "left",
                 "rows", "columns", "revision")  # fmt: skip


class Frame(NamedTuple):
    """A tile of a view: every `stride`-th cell from (top, left) on, `rows` x `columns` of them.

    `revision` counts the interventions before it: the picture of a step changes when somebody intervenes there.
    """

    channel: int
    stride: int
    step: int
    view_rows: int
    view_columns: int
    top: int
    left: int
    rows: int
    columns: int
    revision: int
    pixels: bytes


def to_bytes(frame: Frame) -> bytes:
    """A frame as it goes over the wire."""
    *numbers, pixels = frame
    return HEADER.pack(MAGIC, VERSION, FRAME, *numbers) + pixels


def from_bytes(message: bytes) -> Frame:
    """The frame of a message.

    Raises:
        BadInputError: it is none, or one of another version.
    """
    if len(message) < HEADER.size:
        raise BadInputError(f"A picture has at least {HEADER.size} bytes, this message {len(message)}.")
    magic, version, kind, *numbers = HEADER.unpack_from(message)
    if (magic, version, kind) != (MAGIC, VERSION, FRAME):
        raise BadInputError(f"This message is no picture of version {VERSION}: it begins with {message[:4].hex()}.")
    return Frame._make((*numbers, message[HEADER.size :]))
