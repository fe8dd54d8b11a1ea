"""Looking at a state and keeping what was seen: views as PNG, findings as tables, texts, pictures and films."""

from __future__ import annotations

import csv
import io
import json
import re
import struct
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from primordia.core.errors import RunFolderError
from primordia.core.findings import Animation, Chart, Finding, Picture, Table
from primordia.core.streams import Streams
from primordia.core.views import Colour
from primordia.engine import durable
from primordia.engine.folder import Opened, RunFolder

LONGEST = 120
CUT_TO = 59


def brief(value: Any) -> str:
    """The value of a setting as people are shown it: of a long text, such as an edge list, its beginning and length."""
    text = str(value)
    lines = len(text.splitlines())
    if len(text) <= LONGEST and lines <= 1:
        return text
    return f"{' '.join(text.split())[:CUT_TO]}{'…' if len(text) > LONGEST else ' …'} " + (
        f"({lines} lines)" if lines > 1 else f"({len(text)} characters)"
    )


def png(pixels: np.ndarray[Any, np.dtype[np.uint8]], palette: tuple[Colour, ...]) -> bytes:
    """An indexed-colour PNG; `pixels` are palette indices with axes [row, column].

    Written here and not by Pillow, so that a run leaves its pictures wherever NumPy is.
    """
    height, width = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    colours = b"".join(bytes.fromhex(colour.rgb.removeprefix("#")) for colour in palette)
    unfiltered = np.zeros((height, 1 + width), np.uint8)
    unfiltered[:, 1:] = pixels
    parts = ((b"IHDR", header), (b"PLTE", colours), (b"IDAT", zlib.compress(unfiltered.tobytes())), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in parts)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def shown(palette: Sequence[Colour], files: Iterable[Path]) -> Sequence[Colour]:
    """The entries of a palette that occur in some of these pictures; all of it where one is not as `png` wrote it."""
    found: set[int] = set()
    for file in files:
        try:
            content = file.read_bytes()
            width, height = struct.unpack_from(">II", content, 16)
            at = content.index(b"IDAT")
            drawn = zlib.decompress(content[at + 4 : at + 4 + struct.unpack_from(">I", content, at - 4)[0]])
            rows = np.frombuffer(drawn, np.uint8).reshape(height, 1 + width)
        except (ValueError, OSError, struct.error, zlib.error):
            return palette
        found |= set(np.unique(rows[:, 1:]).tolist())
    return tuple(colour for index, colour in enumerate(palette) if index in found)


def save_views(run: Opened, state: Any, t: int) -> None:
    """Draw every view of the state after `t` steps into `views/<name>/step_….png`."""
    for name, view in run.experiment.views.items():
        folder = run.folder.views / name
        folder.mkdir(parents=True, exist_ok=True)
        pixels = view.pixels(run.config, state, name)
        durable.write(folder / f"step_{t:012d}.png", png(pixels, view.palette), sync=False)


def save_findings(run: Opened, state: Any, t: int, label: str) -> None:
    """Ask the experiment what it finds after `t` steps and keep it under `artefacts/step_…-<label>/`."""
    found = run.experiment.findings(run.config, state, Streams(run.config.seed), t)
    if not found:
        return
    folder = run.folder.artefacts / f"step_{t:012d}-{label}"
    folder.mkdir(parents=True, exist_ok=True)
    entries = [save(folder, number, finding) for number, finding in enumerate(found, 1)]
    durable.write_json(folder / "findings.json", {"step": t, "label": label, "findings": durable.finite(entries)})


def saved_findings(folder: RunFolder) -> list[dict[str, Any]]:
    """Every kept set of findings, oldest first, each with the key "folder".

    Raises:
        RunFolderError: one of them was truncated or altered.
    """
    found = []
    for path in sorted(folder.artefacts.glob("step_*/findings.json")):
        try:
            kept = json.loads(path.read_bytes())
        except (ValueError, RecursionError) as error:
            raise RunFolderError(f"{path} is not JSON ({error}): it was truncated or altered.") from error
        if not _sound(kept):
            raise RunFolderError(f"{path} does not hold findings; it was altered.")
        found.append({**kept, "folder": path.parent})
    return found


def _sound(kept: Any) -> bool:
    """Whether this is what `save_findings` writes, as far as anybody who reads it relies on."""
    if not (isinstance(kept, dict) and type(kept.get("step")) is int and isinstance(kept.get("label"), str)):
        return False
    entries = kept.get("findings")
    return isinstance(entries, list) and all(isinstance(entry, dict) and _sound_entry(entry) for entry in entries)


def _sound_entry(entry: dict[str, Any]) -> bool:
    if not all(isinstance(entry.get(key), str) for key in ("title", "note", "kind", "file")):
        return False
    if Path(entry["file"]).name != entry["file"]:  # A finding lies beside its list and nowhere else.
        return False
    if entry["kind"] == "table":
        columns, rows = entry.get("columns"), entry.get("rows")
        return _texts(columns) and isinstance(rows, list) and all(isinstance(row, list) and _cells(row) for row in rows)
    if entry["kind"] in ("picture", "animation"):
        legend = entry.get("legend")
        return isinstance(legend, list) and all(_is_colour(pair) for pair in legend)
    if entry["kind"] == "chart":
        return _curves(entry.get("lines"), 2) and _curves(entry.get("bands", {}), 3)
    return entry["kind"] == "text" and isinstance(entry.get("text"), str)


def _curves(curves: Any, size: int) -> bool:
    """Whether these are lists of points of so many numbers, by name."""
    return isinstance(curves, dict) and all(
        isinstance(curve, list) and all(_point(point, size) for point in curve) for curve in curves.values()
    )


def _point(point: Any, size: int) -> bool:
    return isinstance(point, list) and len(point) == size and all(isinstance(value, int | float) for value in point)


def _is_colour(pair: Any) -> bool:
    return _texts(pair) and len(pair) == 2 and re.fullmatch("#[0-9a-fA-F]{6}", pair[1]) is not None


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _cells(row: list[Any]) -> bool:
    return all(cell is None or isinstance(cell, str | int | float) for cell in row)


def chart_entry(chart: Chart) -> dict[str, Any]:
    """The axes and points of a chart as JSON values."""
    lines = {name: [list(point) for point in line] for name, line in chart.lines.items()}
    bands = {name: [list(point) for point in band] for name, band in chart.bands.items()}
    entry = {"x": chart.x, "y": chart.y, "log_x": chart.log_x, "log_y": chart.log_y, "lines": lines}
    return {**entry, "bands": bands} if bands else entry


def saved_views(folder: RunFolder) -> dict[str, list[tuple[int, Path]]]:
    """The saved pictures of each view as (step, file), oldest first."""
    pictures: dict[str, list[tuple[int, Path]]] = {}
    for path in sorted(folder.views.glob("*/step_*.png")):
        if not path.stem[5:].isdecimal():
            continue
        pictures.setdefault(path.parent.name, []).append((int(path.stem[5:]), path))
    return pictures


def save(folder: Path, number: int, finding: Finding) -> dict[str, Any]:
    """Keep one finding as a file of `folder` and describe it as a JSON value; its "file" is the file's name."""
    # Numbered, because two findings may share a title.
    name = f"{number}-" + re.sub(r"[^a-z0-9]+", "-", finding.title.lower()).strip("-")
    entry: dict[str, Any] = {"title": finding.title, "note": finding.note}
    if isinstance(finding, Table):
        out = io.StringIO()
        csv.writer(out).writerows([finding.columns, *finding.rows])
        durable.write(folder / f"{name}.csv", out.getvalue().encode(), sync=False)
        rows = [list(row) for row in finding.rows]
        return {**entry, "kind": "table", "file": f"{name}.csv", "columns": list(finding.columns), "rows": rows}
    if isinstance(finding, Picture):
        durable.write(folder / f"{name}.png", png(finding.pixels, finding.palette), sync=False)
        legend = [[colour.meaning, colour.rgb] for colour in finding.palette]
        return {**entry, "kind": "picture", "file": f"{name}.png", "legend": legend}
    if isinstance(finding, Animation):
        from primordia.engine import films

        durable.write(folder / f"{name}.gif", films.gif(finding), sync=False)
        legend = [[colour.meaning, colour.rgb] for colour in films.legend(finding)]
        return {**entry, "kind": "animation", "file": f"{name}.gif", "legend": legend, "frames": len(finding.frames)}
    if isinstance(finding, Chart):
        from primordia.engine import plots

        durable.write(folder / f"{name}.png", plots.chart(finding), sync=False)
        return {**entry, "kind": "chart", "file": f"{name}.png", **chart_entry(finding)}
    durable.write(folder / f"{name}.txt", finding.text.encode(), sync=False)
    return {**entry, "kind": "text", "file": f"{name}.txt", "text": finding.text}
