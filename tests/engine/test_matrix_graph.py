"""Matrices and graphs: kept with their numbers, drawn, shown in report and terminal, refused when altered."""

from __future__ import annotations

import dataclasses
import io
import json
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from primordia.cli import showing
from primordia.core import findings
from primordia.core.errors import RunFolderError
from primordia.core.findings import Edge, Finding, Graph, Matrix, Node
from primordia.core.streams import Streams
from primordia.engine import drawings, layout, looking, opening, report, soundness
from primordia.engine.folder import RunFolder
from runs import start
from walk import PALETTE, Walk, WalkConfig, WalkState

NUMBERS = Matrix("Steps <b>", np.array([[1.0, -2.0, 0.5]]), ("here",), ("a", "b", "c"), "sites", 0.0, "how far")
FAMILY = Graph(
    "Family",
    tuple(Node(name, f"the {name}") for name in ("root", "left", "right", "leaf", "loner")),
    (Edge("root", "left"), Edge("root", "right", 3.0, "often"), Edge("left", "leaf"), Edge("leaf", "root")),
    PALETTE,
    layered=True,
)


class Drawn(Walk):
    """A walk that leaves a matrix and a graph."""

    left: ClassVar[tuple[Finding, ...]] = (NUMBERS, FAMILY)

    def findings(self, config: WalkConfig, state: WalkState, streams: Streams, t: int) -> tuple[Finding, ...]:
        return self.left


def pixels(drawn: bytes) -> np.ndarray[Any, Any]:
    with Image.open(io.BytesIO(drawn)) as image:
        return np.asarray(image.convert("RGB"), int)


@pytest.mark.usefixtures("wrapped")
def test_a_run_keeps_and_shows_numbers_and_arrows(root: Path) -> None:
    folder = start(root, Drawn).folder
    kept = looking.saved_findings(folder)[-1]
    matrix, graph = kept["findings"]
    assert (matrix["kind"], matrix["values"], matrix["centre"]) == ("matrix", [[1.0, -2.0, 0.5]], 0.0)
    assert (matrix["rows"], matrix["columns"], matrix["unit"]) == (["here"], ["a", "b", "c"], "sites")
    assert graph["kind"] == "graph"
    assert graph["edges"][1] == {"source": "root", "target": "right", "weight": 3.0, "label": "often"}
    for entry in (matrix, graph):
        assert (kept["folder"] / entry["file"]).read_bytes().startswith(b"\x89PNG")
    text = report.render(opening.open_run(folder))
    assert "<h3>Steps &lt;b&gt;</h3>" in text
    assert "<td class='number'>-2</td>" in text
    assert f"<i style='background:{PALETTE[1].rgb}'>" in text.partition("<h3>Family</h3>")[2]


DIVERGED: list[tuple[Finding, str]] = [
    (dataclasses.replace(NUMBERS, values=np.array([[1.0, np.nan, 0.5]])), "holds numbers that are not finite"),
    (dataclasses.replace(NUMBERS, centre=float("nan")), "holds numbers that are not finite"),
    (dataclasses.replace(FAMILY, edges=(Edge("root", "left", np.inf),)), "has a size or a weight that is not finite"),
    (dataclasses.replace(FAMILY, nodes=(Node("root", "", np.nan),), edges=()), "has a size or a weight that is not"),
]


@pytest.mark.parametrize(("finding", "why"), DIVERGED, ids=lambda part: "")
def test_a_finding_that_cannot_be_kept_says_so_in_its_place(
    finding: Finding, why: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Drawn, "left", (finding, NUMBERS))
    folder = start(root, Drawn, steps=8).folder
    told, kept = looking.saved_findings(folder)[-1]["findings"]
    assert (told["kind"], told["title"], kept["kind"]) == ("text", finding.title, "matrix")
    assert told["text"].startswith("It cannot be shown: ")
    assert why in told["text"]


@pytest.mark.parametrize(
    ("place", "change"),
    [
        (0, {"values": [[1.0, -2.0]]}), (0, {"values": [[1.0, -2.0, "<b>"]]}), (0, {"rows": ["here", "there"]}),
        (0, {"columns": None}), (0, {"unit": 3}), (0, {"centre": "0"}), (0, {"scale": [1.0]}),
        (1, {"nodes": [{"name": "root"}]}), (1, {"edges": [{"source": "root", "target": "nobody"}]}),
        (1, {"nodes": [{"name": "root", "label": "root", "size": 1.0, "kind": 99}], "edges": []}),
        (1, {"nodes": [{"name": ["root"], "label": "root", "size": 1.0, "kind": 0}], "edges": []}),
        (1, {"legend": [["what", "red"]]}), (1, {"layered": 1}),
        (1, {"edges": [{"source": "root", "target": "nobody", "weight": 1, "label": ""}]}),
    ],
)  # fmt: skip
def test_altered_matrices_and_graphs_are_no_findings(place: int, change: dict[str, Any]) -> None:
    entries = [{"note": "", "title": "", "file": "1.png", **showing.as_json(found, None)} for found in Drawn.left]
    kept = json.loads(json.dumps({"step": 0, "label": "end", "findings": entries}))
    assert soundness.sound(kept)
    kept["findings"][place] |= change
    assert not soundness.sound(kept)


def test_a_run_with_an_altered_matrix_is_refused(root: Path) -> None:
    (file,) = start(root, Drawn).folder.artefacts.glob("*-end/findings.json")
    file.write_text(file.read_text().replace("-2.0", '"-2.0"'))
    with pytest.raises(RunFolderError, match="altered"):
        looking.saved_findings(RunFolder(file.parents[2]))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"values": np.ones((2, 3))}, "they must agree"),
        ({"values": np.array([[1.0, np.nan, 0.0]])}, "not finite"),
        ({"scale": (1.0, 1.0)}, "the lower first"),
        ({"scale": (0.0, float("inf"))}, "the lower first"),
    ],
)
def test_a_matrix_is_held_to_its_declaration(change: dict[str, Any], said: str) -> None:
    assert findings.fault(NUMBERS) is None
    assert said in str(findings.fault(dataclasses.replace(NUMBERS, **change)))


def test_colours_go_both_ways_from_a_centre_and_one_way_without() -> None:
    assert drawings.ends(NUMBERS) == (-2.0, 2.0)
    assert drawings.ends(dataclasses.replace(NUMBERS, centre=None)) == (-2.0, 1.0)
    assert drawings.ends(dataclasses.replace(NUMBERS, scale=(-5.0, 4.0))) == (-5.0, 4.0)
    assert drawings.ends(dataclasses.replace(NUMBERS, values=np.zeros((1, 3)))) == (-0.5, 0.5)
    # Red where much is above the centre, blue where much is below: of a matrix of one kind only.
    for sign, more, less in ((1, 0, 2), (-1, 2, 0)):
        drawn = pixels(drawings.matrix(dataclasses.replace(NUMBERS, values=np.full((1, 3), 2.0 * sign))))
        middle = drawn[drawn.shape[0] // 3, drawn.shape[1] // 3]
        assert middle[more] > middle[less] + 60


def test_numbers_in_cells_are_short() -> None:
    written = {0.0: "0", 1.25: "1.25", -0.5: "-0.50", 0.0042: "0.004", 3e-8: "3e-8", -4e-11: "-4e-11", 12345.0: "1e4"}
    assert {value: drawings.short(value) for value in written} == written


def test_many_rows_are_drawn_within_bounds_and_without_numbers() -> None:
    names = tuple(map(str, range(300)))
    drawn = pixels(drawings.matrix(Matrix("Large", np.eye(300), names, names)))
    assert max(drawn.shape) <= 14 * 130 + 1


def test_generations_stand_below_each_other_and_circles_are_cut() -> None:
    places = layout.layered(FAMILY)
    assert {name: -y for name, (_, y) in places.items()} == {"root": 0, "left": 1, "right": 1, "leaf": 2, "loner": 0}
    assert (places["left"][0] < places["right"][0]) == (places["leaf"][0] <= places["right"][0])
    deep = Graph("Deep", tuple(Node(str(n), "") for n in range(3000)),
                 tuple(Edge(str(n), str(n + 1)) for n in range(2999)), PALETTE, layered=True)  # fmt: skip
    assert layout.layered(deep)["2999"][1] == -2999


def test_a_circle_begins_on_top() -> None:
    places = layout.circle(FAMILY)
    assert places["root"] == (0.0, 1.0)
    np.testing.assert_allclose([x * x + y * y for x, y in places.values()], 1.0)
    assert len(set(places.values())) == 5


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=24))
@settings(max_examples=60, deadline=None)
def test_arrows_that_close_no_circle_lead_downwards(pairs: list[tuple[int, int]]) -> None:
    nodes = tuple(Node(str(n), "") for n in range(8))
    edges = tuple(Edge(str(min(pair)), str(max(pair))) for pair in pairs if pair[0] != pair[1])
    places = layout.layered(Graph("Any", nodes, edges, PALETTE))
    assert all(places[edge.target][1] < places[edge.source][1] for edge in edges)
    assert len(set(places.values())) == 8
    backwards = tuple(Edge(edge.target, edge.source) for edge in edges)
    assert len(set(layout.layered(Graph("Any", nodes, edges + backwards, PALETTE)).values())) == 8


def test_graphs_are_drawn_with_and_without_generations() -> None:
    loop = dataclasses.replace(FAMILY, edges=(*FAMILY.edges, Edge("leaf", "leaf")))
    for found in (FAMILY, dataclasses.replace(loop, layered=False), dataclasses.replace(FAMILY, edges=())):
        assert np.ptp(pixels(drawings.graph(found))) > 100


def test_a_terminal_thins_matrices_out_and_lists_arrows(capsys: pytest.CaptureFixture[str]) -> None:
    names = tuple(f"n{place}" for place in range(30))
    large = Matrix("Large", np.arange(900.0).reshape(30, 30), names, names, "sites")
    for found in (NUMBERS, large, FAMILY):
        showing.show(found, None)
    shown = capsys.readouterr().out
    small, _, rest = shown.partition("Large")
    assert "-2" in small
    assert "row 1 of every 3 and column 1 of every 3 of 30 x 30" in rest
    assert "n27" in rest
    assert "n28" not in rest
    first = rest.partition("Family")[2].splitlines()[2]
    assert first.split() == ["the", "root", "→", "the", "right", "3", "often"]
    assert "without arrows: the loner" in rest
    assert len(rest.splitlines()) < 40
    assert showing.as_json(NUMBERS, None)["values"] == [[1.0, -2.0, 0.5]]
    assert showing.as_json(FAMILY, None)["nodes"][0]["name"] == "root"
