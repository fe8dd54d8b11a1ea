"""Settings of many lines, such as an edge list, are shown by their beginning and length; --json has all of them."""

from __future__ import annotations

import json
from pathlib import Path

from calling import Call

from primordia.engine.looking import brief


def test_long_texts_are_cut() -> None:
    assert brief("0-1 1-2") == "0-1 1-2"
    assert brief(None) == "None"
    assert brief("x" * 120) == "x" * 120
    assert brief("x" * 121) == "x" * 59 + "… (121 characters)"
    assert brief("0 1\n1 2\n") == "0 1 1 2 … (2 lines)"
    assert brief("0 1\n" * 900) == ("0 1 " * 15)[:59] + "… (900 lines)"


def test_a_run_with_an_edge_list_can_be_looked_at(call: Call) -> None:
    edges = "".join(f"{k} {k + 1}\n" for k in range(255))
    Path("pattern.txt").write_text(edges)
    given = ("run", "life/soup", "--preset", "small", "--steps", 1, "--set", "world=edges", "edges=@pattern.txt")
    done = call(*given)
    assert done.code == 0, done.err
    assert "interactions" in done.out
    shown = call("show", "latest")
    assert "254 255" not in shown.out
    assert len(shown.lines) < 200
    assert json.loads(call("show", "latest", "--json").out)["config"]["edges"] == edges.rstrip()
    report = next(Path("runs/life/soup").glob("*/report.html")).read_text()
    assert "(255 lines)" in report
    assert "254 255" not in report
    assert call("diff", "latest", "latest").code == 0
