"""Printing for people: tables that fit a terminal, plain whole lines in a pipe, numbers with their units."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import math
import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from primordia.engine import durable

if TYPE_CHECKING:
    from rich.table import Table

    from primordia.core.claims import Expected

BLOCKS = "▁▂▃▄▅▆▇█"
AGES = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
# Wide enough that no table in a pipe is ever folded.
PIPE_WIDTH = 10_000


def wide() -> bool:
    """Whether a line has room for more than the essentials."""
    return not on_terminal() or shutil.get_terminal_size().columns >= 110


def on_terminal() -> bool:
    """Whether a person reads the output as it comes."""
    return sys.stdout.isatty()


def show(*parts: Any) -> None:
    """Print texts and rich renderables: coloured and fitted on a terminal, plain and unfolded elsewhere."""
    from rich.console import Console

    if on_terminal():
        Console(markup=False, highlight=False, emoji=False).print(*parts, sep="\n")
        return
    plain = io.StringIO()
    Console(file=plain, width=PIPE_WIDTH, markup=False, highlight=False, emoji=False, no_color=True).print(
        *parts, sep="\n"
    )
    print("\n".join(line.rstrip() for line in plain.getvalue().rstrip("\n").split("\n")))


def notice(sentence: str) -> None:
    """Say something that belongs to no result, as one line beside it."""
    with contextlib.suppress(OSError):
        print(" ".join(sentence.split()), file=sys.stderr, flush=True)


def show_json(value: Any) -> None:
    """Print one JSON value; what JSON has no word for is written as text."""
    print(json.dumps(durable.finite(value), indent=2, ensure_ascii=False, default=str))


def table(
    columns: Sequence[str], rows: Iterable[Sequence[Any]], *, right: Sequence[str] = (), whole: Sequence[str] = ()
) -> Table:
    """A table; the columns named in `right` hold numbers, those in `whole` are never folded."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    made = Table(
        box=SIMPLE_HEAD if on_terminal() else None,
        header_style="bold cyan",
        show_edge=False,
        pad_edge=False,
        padding=(0, 2, 0, 0) if not on_terminal() else (0, 1, 0, 0),
    )
    for column in columns:
        justify = "right" if column in right else "left"
        made.add_column(column, justify=justify, overflow="fold", no_wrap=column in whole)
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else str(cell) for cell in row))
    return made


def heading(text: str) -> Any:
    """A heading with an empty line above it."""
    from rich.text import Text

    return Text(f"\n{text}", style="bold")


def status_text(status: str) -> Any:
    """A run's status in its colour."""
    from rich.text import Text

    colours = {"finished": "green", "running": "cyan", "interrupted": "yellow", "created": "yellow"}
    return Text(status, style=colours.get(status, "red"))


def number(value: Any, unit: str = "") -> str:
    """A number as people read it: thousands separated, shares in percent, four significant digits."""
    if value is None:
        return "–"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if not math.isfinite(value):
        return str(value)
    if unit == "share":
        return f"{100 * value:.4g} %" if value >= 0.01 else f"{100 * value:.2g} %"
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{int(value):,}"
    if 1e-3 <= abs(value) < 1e7:
        return f"{value:#.4g}" if abs(value) < 1e3 else f"{value:,.1f}"
    return f"{value:.3e}"


def region(expected: Expected) -> str:
    """An acceptance region: whole numbers whole, others to four significant digits."""
    low, high = (number(end) if float(end).is_integer() else f"{end:.4g}" for end in (expected.low, expected.high))
    if expected.low == expected.high:
        return low
    if math.isinf(expected.low) or math.isinf(expected.high):
        return f"at least {low}" if math.isinf(expected.high) else f"at most {high}"
    return f"{low} to {high}"


def quantity(value: Any, unit: str) -> str:
    """A number with its unit."""
    said = number(value, unit)
    return said if unit in ("", "dimensionless", "share") else f"{said} {unit}"


def sparkline(values: Sequence[float], width: int) -> str:
    """The course of `values` in at most `width` blocks, from their least (lowest) to their greatest (highest)."""
    finite = [value for value in values if math.isfinite(value)]
    if not finite or width < 1:
        return ""
    n = min(width, len(finite))
    edges = [index * len(finite) // n for index in range(n + 1)]
    means = [sum(finite[a:b]) / (b - a) for a, b in itertools.pairwise(edges)]
    low, high = min(means), max(means)
    if high == low:
        return BLOCKS[0] * n
    return "".join(BLOCKS[round((value - low) / (high - low) * (len(BLOCKS) - 1))] for value in means)


def duration(seconds: float) -> str:
    """A time span in its two largest units."""
    if not math.isfinite(seconds):
        return "–"
    whole = int(max(seconds, 0))
    for name, size, smaller, small in (("d", 86400, "h", 3600), ("h", 3600, "min", 60), ("min", 60, "s", 1)):
        if whole >= size:
            return f"{whole // size} {name} {whole % size // small:02d} {smaller}"
    return f"{whole} s"


def age(seconds: float) -> str:
    """A time span in its largest unit."""
    return next((f"{int(seconds // size)} {name}" for name, size in AGES if seconds >= size), "now")
