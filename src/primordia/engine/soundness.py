"""Whether what lies in a run's findings.json is what was written there: nobody who reads it has to check again."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any


def sound(kept: Any) -> bool:
    """Whether this is what `looking.save_findings` writes, as far as anybody who reads it relies on."""
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
    if entry["kind"] == "matrix":
        return _matrix(entry)
    if entry["kind"] == "graph":
        return _graph(entry)
    return entry["kind"] == "text" and isinstance(entry.get("text"), str)


def _matrix(entry: dict[str, Any]) -> bool:
    rows, columns, values = entry.get("rows"), entry.get("columns"), entry.get("values")
    if not (isinstance(rows, list) and isinstance(columns, list) and isinstance(values, list)):
        return False
    if not (_texts([*rows, *columns, entry.get("unit")]) and len(values) == len(rows)):
        return False
    centred = entry.get("centre") is None or _number(entry["centre"])
    scaled = entry.get("scale") is None or _point(entry["scale"], 2)
    return centred and scaled and all(_point(row, len(columns)) for row in values)


def _graph(entry: dict[str, Any]) -> bool:
    nodes, edges, legend = entry.get("nodes"), entry.get("edges"), entry.get("legend")
    if not (isinstance(nodes, list) and isinstance(edges, list) and isinstance(legend, list)):
        return False
    if not (all(map(_is_colour, legend)) and type(entry.get("layered")) is bool and all(map(_is_node, nodes))):
        return False
    known = {node["name"] for node in nodes}
    return all(node["kind"] < len(legend) for node in nodes) and all(_is_edge(edge, known) for edge in edges)


def _is_node(node: Any) -> bool:
    if not (isinstance(node, dict) and _texts([node.get("name"), node.get("label")]) and _number(node.get("size"))):
        return False
    return type(node.get("kind")) is int and node["kind"] >= 0


def _is_edge(edge: Any, known: set[str]) -> bool:
    if not (isinstance(edge, dict) and _texts([edge.get(key) for key in ("source", "target", "label")])):
        return False
    return _number(edge.get("weight")) and {edge["source"], edge["target"]} <= known


def _curves(curves: Any, size: int) -> bool:
    """Whether these are lists of points of so many numbers, by name."""
    return isinstance(curves, dict) and all(
        isinstance(curve, list) and all(_point(point, size) for point in curve) for curve in curves.values()
    )


def _point(point: Any, size: int) -> bool:
    return isinstance(point, list) and len(point) == size and all(map(_number, point))


def _number(value: Any) -> bool:
    return isinstance(value, int | float)


def _is_colour(pair: Any) -> bool:
    return _texts(pair) and len(pair) == 2 and re.fullmatch("#[0-9a-fA-F]{6}", pair[1]) is not None


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _cells(row: list[Any]) -> bool:
    return all(cell is None or isinstance(cell, str | int | float) for cell in row)
