"""Small pictures of large ones."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np

from primordia.core.views import Colour
from primordia.engine import looking

SIDE = 160
"""Rows or columns of a thumbnail at most."""


def thumbnail(pixels: np.ndarray[Any, np.dtype[np.uint8]], palette: Sequence[Colour]) -> bytes:
    """A PNG of every k-th cell of palette indices [row, column], with the smallest k that makes it small enough."""
    stride = max(1, -(-max(pixels.shape) // SIDE))
    return looking.png(np.ascontiguousarray(pixels[::stride, ::stride]), tuple(palette))


def address(png: bytes) -> str:
    """A PNG as an address that holds it."""
    return "data:image/png;base64," + base64.b64encode(png).decode()
