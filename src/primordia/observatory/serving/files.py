"""Which files go out, under which type: the page's own, those of a run that people look at, and what was exported."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from starlette.responses import FileResponse, Response

STATIC = Path(__file__).parents[1] / "static"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".gif": "image/gif",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mp4": "video/mp4",
    ".png": "image/png",
    ".prim": "application/octet-stream",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
"""Stated here, since a system's own table may call a module something that a browser refuses to run."""
OF_A_PAGE = frozenset({".css", ".js", ".svg", ".txt", ".png"})
OF_A_RUN = frozenset({".csv", ".gif", ".html", ".json", ".png", ".svg", ".txt"})
MADE = frozenset({".gif", ".html", ".mp4", ".png", ".prim", ".svg"})
HARMLESS = "default-src 'none'; img-src 'self' data:; media-src 'self'; style-src 'unsafe-inline'; sandbox"
"""For files that a stranger may have written: they may show themselves, and do nothing."""


def page() -> Response:
    """The page itself, which no cache keeps: its address may hold a token."""
    return FileResponse(STATIC / "index.html", media_type=TYPES[".html"], headers={"cache-control": "no-store"})


def static(name: str) -> Response:
    """A style, module or icon of the page; asked for anew when it changed."""
    return _send(inside(STATIC, name, OF_A_PAGE), {"cache-control": "no-cache"})


def of_run(folder: Path, name: str) -> Response:
    """A picture, table, text or the report of a run."""
    return _send(inside(folder, name, OF_A_RUN), {"cache-control": "no-cache", "content-security-policy": HARMLESS})


def made(folder: Path, name: str) -> Response:
    """An exported file, to be saved."""
    found = inside(folder, name, MADE)
    stated = {"cache-control": "no-store", "content-security-policy": HARMLESS}
    return _send(found, stated, name=found.name if found else None)


def inside(folder: Path, name: str, endings: frozenset[str]) -> Path | None:
    """The file `name` of `folder`; None where it is no such file, hidden, of another ending, or outside of it.

    Links are followed before that is judged.
    """
    parts = name.split("/")
    if any(part in ("", ".", "..") or part.startswith(".") or "\\" in part or "\0" in part for part in parts):
        return None
    if parts[0] == "checkpoints":
        return None
    base = folder.resolve()
    found = base.joinpath(*parts).resolve()
    return found if found.is_relative_to(base) and found.suffix in endings and found.is_file() else None


def nothing(status: int = 403) -> Response:
    """A refusal without a word."""
    return Response(status_code=status)


def _send(file: Path | None, headers: Mapping[str, str], name: str | None = None) -> Response:
    if file is None:
        return nothing()
    return FileResponse(file, media_type=TYPES[file.suffix], headers=dict(headers), filename=name)
