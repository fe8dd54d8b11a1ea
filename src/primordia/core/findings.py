"""What an experiment can say about a state beyond numbers: tables, texts, charts, pictures and films for people."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
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


@dataclasses.dataclass(frozen=True)
class Chart:
    """Lines over a common axis, such as a loss by position beside that of the best predictor.

    Args:
        title: what is shown.
        x: the name of the horizontal axis, with its unit.
        y: the name of the vertical axis, with its unit.
        lines: name -> ((x, y), …), finite numbers; drawn in order, the first is the one to look at.
        note: how to read it.
        log_x: whether the horizontal axis is logarithmic.
        log_y: whether the vertical axis is.
        bands: name of a line -> ((x, low, high), …), drawn as a shade of its colour: quartiles over seeds, say.
    """

    title: str
    x: str
    y: str
    lines: Mapping[str, tuple[tuple[float, float], ...]]
    note: str = ""
    log_x: bool = False
    log_y: bool = False
    bands: Mapping[str, tuple[tuple[float, float, float], ...]] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Animation:
    """A film of palette indices, such as the replay of an episode.

    Args:
        title: what is shown.
        frames: axes [frame, row, column], at least one frame.
        palette: what each index means.
        note: how to read it.
        per_second: frames a second, from 1 to 50.
    """

    title: str
    frames: np.ndarray[Any, np.dtype[np.uint8]]
    palette: tuple[Colour, ...]
    note: str = ""
    per_second: int = 8


Finding: TypeAlias = Table | Text | Picture | Chart | Animation
