"""Every kind of thing that is found, as JSON from which it could be made again."""

from __future__ import annotations

import base64
import dataclasses
import json

import numpy as np
import pytest

from primordia.core.errors import ContractError
from primordia.core.findings import Animation, Chart, Edge, Finding, Graph, Matrix, Node, Picture, Table, Text
from primordia.core.inspection import Execution, Inspected, Instruction, Specimen
from primordia.core.views import Colour
from primordia.observatory.stages import showing

PALETTE = (Colour("off", "#000000"), Colour("on", "#ffffff"))
CELLS = np.array([[0, 1, 1], [1, 0, 0]], np.uint8)
PICTURE = Picture("cells", CELLS, PALETTE)
RUN = Execution(
    "it copies", np.array([7, 9], np.uint8), (("one", 1), ("two", 1)), tuple(map(str, range(256))),
    np.zeros(256, np.uint8), PALETTE, ("ip", "head"), ("ip", "head"), (0, 1), ((0, 1),),
    (Instruction(0, 1, "+", "adds one", ((1, 10),), (1, 1)), Instruction(1, 1, " ", "nothing", (), (2, 1), False)),
    True, "a test", "read on",
)  # fmt: skip
PIXELS = {"rows": 2, "columns": 3, "pixels": "AAEBAQAA", "palette": [["off", "#000000"], ["on", "#ffffff"]]}
SHOWN: dict[str, tuple[Inspected, dict]] = {
    "table": (
        Table("t", ("a", "b"), ((1, "x"), (None, float("inf")), (True, 2.5)), "n"),
        {"note": "n", "columns": ["a", "b"], "rows": [[1, "x"], [None, None], [True, 2.5]]},
    ),
    "text": (Text("t", "one\ntwo"), {"text": "one\ntwo"}),
    "chart": (
        Chart("t", "x", "y", {"l": ((1, 2.0), (3, 4.5))}, log_y=True, bands={"l": ((1, 1, 3),)}),
        {"x": "x", "y": "y", "log_x": False, "log_y": True, "lines": {"l": [[1, 2.0], [3, 4.5]]},
         "bands": {"l": [[1, 1, 3]]}},
    ),
    "picture": (dataclasses.replace(PICTURE, title="t"), PIXELS),
    "animation": (
        Animation("t", np.stack([CELLS, 1 - CELLS]), PALETTE, per_second=4),
        {**PIXELS, "frames": 2, "pixels": "AAEBAQAAAQAAAAEB", "per_second": 4},
    ),
    "matrix": (
        Matrix("t", np.array([[0.5, -1.0]], np.float32), ("r",), ("a", "b"), "weight", 0.0),
        {"values": [[0.5, -1.0]], "rows": ["r"], "columns": ["a", "b"], "unit": "weight", "centre": 0.0, "scale": None},
    ),
    "graph": (
        Graph("t", (Node("a", "A"), Node("b", "B", 2.0, 1)), (Edge("a", "b", 0.5, "beats"),), PALETTE, True),
        {"nodes": [{"name": "a", "label": "A", "size": 1.0, "kind": 0},
                   {"name": "b", "label": "B", "size": 2.0, "kind": 1}],
         "edges": [{"source": "a", "target": "b", "weight": 0.5, "label": "beats"}],
         "palette": PIXELS["palette"], "layered": True},
    ),
    "execution": (
        dataclasses.replace(RUN, title="t", note=""),
        {"tape": [7, 9], "parts": [["one", 1], ["two", 1]], "glyphs": [str(byte) for byte in range(256)],
         "classes": [0] * 256, "palette": PIXELS["palette"], "registers": ["ip", "head"], "pointers": ["ip", "head"],
         "opening": [0, 1], "matches": [[0, 1]], "stopped": True, "test": "a test",
         "steps": [
             {"at": 0, "length": 1, "text": "+", "meaning": "adds one", "changes": [[1, 10]], "registers": [1, 1],
              "counts": True},
             {"at": 1, "length": 1, "text": " ", "meaning": "nothing", "changes": [], "registers": [2, 1],
              "counts": False}]},
    ),
    "specimen": (
        Specimen("t", "put", {"walker": 3}, picture=PICTURE),
        {"intervention": "put", "arguments": {"walker": 3},
         "picture": {"kind": "picture", "title": "cells", "note": "", **PIXELS}},
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", SHOWN)
def test_each_kind_says_all_of_itself(kind):
    found, rest = SHOWN[kind]
    shown = showing.as_json(found)
    assert shown == {"kind": kind, "title": "t", "note": "", **rest}
    assert json.loads(json.dumps(shown, allow_nan=False)) == shown


def test_no_kind_is_left_out():
    kinds = {type(found) for found, _ in SHOWN.values()}
    assert kinds == {*Finding.__args__, Execution, Specimen}


def test_pixels_are_in_rows_whatever_their_order_in_memory():
    shown = showing.as_json(dataclasses.replace(PICTURE, pixels=np.asfortranarray(CELLS)))
    assert base64.b64decode(shown["pixels"]) == CELLS.tobytes()


def test_a_specimen_may_lack_a_picture():
    assert showing.as_json(Specimen("t", "put", {}))["picture"] is None


def test_what_is_unsound_is_refused():
    with pytest.raises(ContractError, match="finite"):
        showing.as_json(Matrix("t", np.array([[np.nan]]), ("r",), ("c",)))
