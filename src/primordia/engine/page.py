"""What the pages of a run and of a sweep are made of: text, tables, pictures, and one sheet of style inside."""

from __future__ import annotations

import base64
import html
import importlib.resources
from collections.abc import Sequence
from typing import Any

SHORT = 30
"""Of so many letters at most a cell of a table stays on one line, however narrow the page is."""


def whole(title: str, sections: Sequence[str]) -> str:
    """A page that opens without a server and loads nothing."""
    css = importlib.resources.files("primordia.engine").joinpath("report.css").read_text()
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{text(title)}</title><style>{css}</style></head><body>{''.join(sections)}</body></html>\n"
    )


def text(value: Any) -> str:
    """A value as text that HTML shows as it is."""
    return html.escape(str(value), quote=True)


def number(value: Any, unit: str = "") -> str:
    """A value as people read it: four digits, two of what is small; shares in percent; anything else as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if unit == "share":
        return f"{100 * value:.{4 if abs(value) >= 0.01 else 2}g} %"
    return f"{value:,}" if isinstance(value, int) else f"{value:.{4 if abs(value) >= 0.01 else 2}g}"


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table; numbers stand at the right."""
    head = "".join(f"<th>{text(column)}</th>" for column in columns)
    body = "".join("<tr>" + "".join(_cell(cell) for cell in row) + "</tr>" for row in rows)
    return f"<div class='wide'><table><tr>{head}</tr>{body}</table></div>"


def facts(told: Sequence[tuple[str, str]]) -> str:
    """Large values with what they are below."""
    cells = "".join(f"<div><b>{text(value)}</b><span>{text(label)}</span></div>" for value, label in told)
    return f"<div class='facts'>{cells}</div>"


def image(content: bytes, kind: str, description: str) -> str:
    """A picture inside the page; `kind` is the ending of its file."""
    return f"<img alt='{text(description)}' src='data:image/{kind};base64,{base64.b64encode(content).decode()}'>"


def _cell(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return f"<td>{'yes' if value else '–' if value is None else 'no'}</td>"
    if isinstance(value, int | float):
        return (
            f"<td class='number'>{value:,}</td>" if isinstance(value, int) else f"<td class='number'>{value:.5g}</td>"
        )
    kind = ""
    if len(value) > SHORT:
        kind = " class='text'" if " " in value else " class='code'"
    return f"<td{kind}>{text(value)}</td>"
