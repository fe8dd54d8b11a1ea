"""What an experiment can say about a state beyond numbers: tables, texts and pictures for people."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeAlias

import numpy as np

from primordia.core.views import Colour


@dataclasses.dataclass(frozen=True)
class Table:
    """Rows under named columns; `note` says how to read it. Cells are text, numbers or truth values."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | float | bool | None, ...], ...]
    note: str = ""


@dataclasses.dataclass(frozen=True)
class Text:
    """A monospaced text, such as a disassembly."""

    title: str
    text: str
    note: str = ""


@dataclasses.dataclass(frozen=True)
class Picture:
    """Palette indices, axes [row, column], with what each index means."""

    title: str
    pixels: np.ndarray[Any, np.dtype[np.uint8]]
    palette: tuple[Colour, ...]
    note: str = ""


Finding: TypeAlias = Table | Text | Picture
