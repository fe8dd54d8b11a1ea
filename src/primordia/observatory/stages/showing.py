"""Findings, executions and specimens as JSON values for the page."""

from __future__ import annotations

import base64
import dataclasses
import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from primordia.core.errors import ContractError
from primordia.core.findings import Animation, Chart, Finding, Graph, Matrix, Picture, Table, Text, fault
from primordia.core.inspection import Execution, Inspected, Specimen
from primordia.core.views import Colour
from primordia.engine import looking


def as_json(found: Inspected) -> dict[str, Any]:
    """One thing that was found, as the page draws it: its "kind", "title", "note" and what belongs to the kind.

    Pixels are base64 of uint8 in C order. A number that JSON cannot say, such as infinity in a table, becomes null.

    Raises:
        ContractError: it breaks its own declaration; says how.
    """
    if isinstance(found, Execution):
        return {"kind": "execution", "title": found.title, "note": found.note, **_execution(found)}
    if isinstance(found, Specimen):
        return {"kind": "specimen", "title": found.title, "note": found.note, **_specimen(found)}
    if sentence := fault(found):
        raise ContractError(sentence)
    kind, rest = _finding(found)
    return {"kind": kind, "title": found.title, "note": found.note, **rest}


def all_as_json(found: Iterable[Inspected]) -> list[dict[str, Any]]:
    """All of them, in order."""
    return [as_json(one) for one in found]


def _finding(found: Finding) -> tuple[str, dict[str, Any]]:
    if isinstance(found, Table):
        rows = [[_cell(cell) for cell in row] for row in found.rows]
        return "table", {"columns": list(found.columns), "rows": rows}
    if isinstance(found, Text):
        return "text", {"text": found.text}
    if isinstance(found, Chart):
        return "chart", {"bands": {}, **looking.chart_entry(found)}
    if isinstance(found, Picture):
        return "picture", {**_pixels(found.pixels, ("rows", "columns")), "palette": _palette(found.palette)}
    if isinstance(found, Animation):
        film = _pixels(found.frames, ("frames", "rows", "columns"))
        return "animation", {**film, "palette": _palette(found.palette), "per_second": found.per_second}
    return ("matrix", _matrix(found)) if isinstance(found, Matrix) else ("graph", _graph(found))


def _matrix(matrix: Matrix) -> dict[str, Any]:
    names = {"rows": list(matrix.rows), "columns": list(matrix.columns)}
    rest = {
        field.name: getattr(matrix, field.name)
        for field in dataclasses.fields(matrix)
        if field.name not in ("title", "note", "values", "rows", "columns")
    }
    return {"values": matrix.values.astype(float).tolist(), **names, **rest}


def _graph(graph: Graph) -> dict[str, Any]:
    return {
        "nodes": [dataclasses.asdict(node) for node in graph.nodes],
        "edges": [dataclasses.asdict(edge) for edge in graph.edges],
        "palette": _palette(graph.palette),
        "layered": graph.layered,
    }


def _execution(run: Execution) -> dict[str, Any]:
    return {
        "tape": run.tape.tolist(),
        "parts": [list(part) for part in run.parts],
        "glyphs": list(run.glyphs),
        "classes": run.classes.tolist(),
        "palette": _palette(run.palette),
        "registers": list(run.registers),
        "pointers": list(run.pointers),
        "opening": _numbers(run.opening),
        "matches": [_numbers(pair) for pair in run.matches],
        "steps": [
            {
                "at": int(step.at),
                "length": int(step.length),
                "text": step.text,
                "meaning": step.meaning,
                "changes": [_numbers(change) for change in step.changes],
                "registers": _numbers(step.registers),
                "counts": bool(step.counts),
            }
            for step in run.steps
        ],
        "stopped": bool(run.stopped),
        "test": run.test,
    }


def _specimen(specimen: Specimen) -> dict[str, Any]:
    picture = as_json(specimen.picture) if specimen.picture is not None else None
    return {"intervention": specimen.intervention, "arguments": dict(specimen.arguments), "picture": picture}


def _pixels(pixels: np.ndarray[Any, np.dtype[np.uint8]], axes: Sequence[str]) -> dict[str, Any]:
    content = np.ascontiguousarray(pixels, dtype=np.uint8).tobytes()
    return {**dict(zip(axes, pixels.shape, strict=True)), "pixels": base64.b64encode(content).decode()}


def _palette(palette: Iterable[Colour]) -> list[list[str]]:
    return [[colour.meaning, colour.rgb] for colour in palette]


def _numbers(values: Iterable[Any]) -> list[int]:
    return [int(value) for value in values]


def _cell(cell: Any) -> Any:
    return None if isinstance(cell, float) and not math.isfinite(cell) else cell
