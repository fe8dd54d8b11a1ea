"""Looking at a state and keeping what was seen: views as PNG, findings as tables, texts, pictures, figures, films."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
import struct
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from primordia.core import config as configs
from primordia.core import findings
from primordia.core.errors import RunFolderError
from primordia.core.findings import Animation, Chart, Finding, Graph, Matrix, Picture, Table, Text
from primordia.core.streams import Streams
from primordia.core.views import Colour
from primordia.engine import durable, soundness
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
    """Draw every view that has something to show of the state after `t` steps into `views/<name>/step_….png`."""
    for name, view in run.experiment.views.items():
        if not configs.is_on(run.config, view.needs):
            continue
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
    entries = [save(folder, number, _whole(finding)) for number, finding in enumerate(found, 1)]
    durable.write_json(
        folder / "findings.json", {"step": t, "label": label, "findings": durable.finite(entries)}, sync="file"
    )


def _whole(finding: Finding) -> Finding:
    """The finding, or in place of one that nobody could read back, of numbers that diverged, say, why that is so."""
    sentence = findings.fault(finding)
    return Text(finding.title, f"It cannot be shown: {sentence}") if sentence else finding


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
        if not soundness.sound(kept):
            raise RunFolderError(f"{path} does not hold findings; it was altered.")
        found.append({**kept, "folder": path.parent})
    return found


def chart_entry(chart: Chart) -> dict[str, Any]:
    """The axes and points of a chart as JSON values."""
    lines = {name: [list(point) for point in line] for name, line in chart.lines.items()}
    bands = {name: [list(point) for point in band] for name, band in chart.bands.items()}
    entry = {"x": chart.x, "y": chart.y, "log_x": chart.log_x, "log_y": chart.log_y, "lines": lines}
    return {**entry, "bands": bands} if bands else entry


def matrix_entry(matrix: Matrix) -> dict[str, Any]:
    """Numbers and names of a matrix as JSON values."""
    entry = {"values": matrix.values.tolist(), "rows": list(matrix.rows), "columns": list(matrix.columns)}
    return {**entry, "unit": matrix.unit, "centre": matrix.centre, "scale": matrix.scale and list(matrix.scale)}


def graph_entry(graph: Graph) -> dict[str, Any]:
    """Nodes, arrows and legend of a graph as JSON values."""
    nodes = [dataclasses.asdict(node) for node in graph.nodes]
    edges = [dataclasses.asdict(edge) for edge in graph.edges]
    legend = [[colour.meaning, colour.rgb] for colour in graph.palette]
    return {"nodes": nodes, "edges": edges, "legend": legend, "layered": graph.layered}


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
    if isinstance(finding, Matrix):
        from primordia.engine import drawings

        durable.write(folder / f"{name}.png", drawings.matrix(finding), sync=False)
        return {**entry, "kind": "matrix", "file": f"{name}.png", **matrix_entry(finding)}
    if isinstance(finding, Graph):
        from primordia.engine import drawings

        durable.write(folder / f"{name}.png", drawings.graph(finding), sync=False)
        return {**entry, "kind": "graph", "file": f"{name}.png", **graph_entry(finding)}
    durable.write(folder / f"{name}.txt", finding.text.encode(), sync=False)
    return {**entry, "kind": "text", "file": f"{name}.txt", "text": finding.text}
