"""The table of a sweep: what it says of every cell, and that files of it say the same."""

import csv
import dataclasses
import json
from pathlib import Path

import duckdb
import pytest

import swept
from primordia.core import metrics
from primordia.core.errors import BadInputError, UnknownNameError
from primordia.engine.analysis import files, points, table
from primordia.engine.folder import RunFolder
from primordia.engine.sweeps import plan as plans
from walk import Walk


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    settings = {"p_move": [0.8, 0.05], "rule": ["diffuse", "drift"]}
    return swept.walks(tmp_path_factory.mktemp("table"), "some", left=2, settings=settings, seeds="0:4")


def test_every_cell_has_a_row_that_says_what_its_run_folder_says(sweep):
    found, plan = table.read(sweep), sweep.plan()
    assert [row.index for row in found.rows] == list(range(16))
    assert found.counts() == {"finished": 14, "waiting": 2}
    assert found.axes == ("p_move", "rule")
    for row, cell in zip(found.rows[:14], plan.cells, strict=False):
        folder = RunFolder(sweep.folder_of(plan, cell))
        rows = folder.metrics.read()
        assert row.settings == folder.config()["config"] == plans.config_of(plan, cell)
        assert {**row.last, "step": row.observed_until} == rows[-1]
        # The slow way to the transitions: every row of the run.
        assert row.crossed == metrics.crossings(Walk.transitions, rows)
        assert (row.status, row.step, row.seed, row.attempts) == ("finished", 60, cell.seed, 1)
        assert row.seconds >= 0
    waiting = found.rows[-1]
    assert (waiting.observed_until, dict(waiting.last), dict(waiting.crossed), waiting.seconds) == (-1, {}, {}, None)
    # Both kinds occur, or the comparison above says nothing.
    assert {("known" in row.crossed) for row in found.rows[:14]} == {True, False}


def test_a_damaged_cell_says_so_and_hides_no_other(sweep, tmp_path):
    other = swept.walks(tmp_path, "damaged", seeds="0:3")
    cells = [other.folder_of(other.plan(), cell) for cell in other.plan().cells]
    (cells[0] / "metrics.jsonl").write_bytes(b"{]\n")
    (cells[1] / "run.json").write_bytes(b"{")
    found = table.read(other)
    assert [row.status for row in found.rows] == ["failed", "failed", "finished"]
    assert "cannot be read" in found.rows[0].reason
    assert "run.json" in found.rows[1].reason
    assert found.rows[2].last


def test_what_is_meant_when_nothing_is_named_and_the_nearest_when_it_is_misspelt(sweep):
    found = table.read(sweep)
    assert found.metrics == ("coverage", "moves", "mean_distance")
    assert (found.metric(), found.transition()) == ("coverage", "known")
    for ask, wrong in ((found.metric, "coverge"), (found.transition, "knwn"), (found.axis, "p_mov")):
        with pytest.raises(UnknownNameError, match="did you mean"):
            ask(wrong)


def test_a_sweep_with_a_stop_rule_is_about_the_transition_that_ends_its_cells(tmp_path):
    stopped = swept.walks(tmp_path, "stopped", seeds="0:2", schedule={"stop": "half+4"})
    assert table.read(stopped).transition() == "half"
    assert table.read(stopped).transition("known") == "known"


def test_parquet_csv_and_json_say_the_same(sweep, tmp_path):
    found = table.read(sweep)
    records = files.records(found)
    parquet = files.save_cells(found, tmp_path / "cells.parquet")
    cursor = duckdb.sql(f"SELECT * FROM '{parquet}' ORDER BY index")
    assert [dict(zip(cursor.columns, row, strict=True)) for row in cursor.fetchall()] == records
    kinds = dict(zip(cursor.columns, map(str, cursor.types), strict=True))
    assert (kinds["seed"], kinds["p_move"], kinds["status"], kinds["known_step"]) == (
        "BIGINT", "DOUBLE", "VARCHAR", "BIGINT",
    )  # fmt: skip
    assert kinds["stop_when_covered"] == "BOOLEAN"
    assert json.loads(files.save_cells(found, tmp_path / "cells.json").read_text()) == records
    with files.save_cells(found, tmp_path / "cells.csv").open() as text:
        told = list(csv.DictReader(text))
    assert [row["coverage"] for row in told] == [str(row["coverage"] or "") for row in records]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cells.csv", "cells.json", "cells.parquet"]
    with pytest.raises(BadInputError, match=r"cells\.xlsx.*\.parquet, \.csv, \.json"):
        files.save_cells(found, tmp_path / "cells.xlsx")


def test_large_seeds_empty_texts_missing_values_and_names_that_differ_in_case_survive(sweep, tmp_path):
    found = table.read(sweep)
    odd = dataclasses.replace(
        found.rows[0], settings={**found.rows[0].settings, "seed": 2**64 - 1, "rule": "", "Coverage": None}
    )
    other = dataclasses.replace(found, rows=(odd, *found.rows[1:]))
    parquet = files.save_cells(other, tmp_path / "cells.parquet")
    ((seed, rule, setting, metric),) = duckdb.sql(
        f"SELECT seed, rule, \"Coverage\", metric_coverage FROM '{parquet}' WHERE index = 0"
    ).fetchall()
    assert (seed, rule, setting, metric) == (2**64 - 1, "", None, odd.last["coverage"])


def test_all_rows_of_all_cells_can_be_asked_for(sweep, tmp_path):
    found = table.read(sweep)
    out = files.save_rows(found, tmp_path / "rows.parquet")
    counted = duckdb.sql(f"SELECT index, count(*), max(step), any_value(p_move) FROM '{out}' GROUP BY index").fetchall()
    assert sorted(counted) == [(row.index, 16, 60, row.settings["p_move"]) for row in found.rows[:14]]


def test_points_come_in_the_order_of_their_values_and_pool_over_axes_that_are_not_named(sweep):
    found = table.read(sweep)
    whole = points.points(found)
    assert [tuple(point.at.values()) for point in whole] == [
        (0.05, "diffuse"), (0.05, "drift"), (0.8, "diffuse"), (0.8, "drift"),
    ]  # fmt: skip
    assert [row.index for row in whole[2].rows] == [0, 1, 2, 3]
    assert whole[0].label == "p move 0.05, rule diffuse"
    pooled = points.points(found, ["p_move"])
    assert [len(point.rows) for point in pooled] == [8, 8]
    assert [len(point.done) for point in pooled] == [6, 8]
    (all_,) = points.points(found, [])
    assert (all_.label, len(all_.rows)) == ("all cells", 16)
    steps, censored = pooled[1].times("known")
    assert [step for step, open_ in zip(steps, censored, strict=True) if open_] == [60] * sum(censored)
    assert sum(not open_ for open_ in censored) == pooled[1].n_crossed("known")


def test_the_table_reads_no_row_but_the_last(sweep, tmp_path, monkeypatch):
    monkeypatch.setattr(RunFolder, "metrics", property(lambda folder: pytest.fail("every row of a run was read")))
    read = []
    original = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read.append(path.name) or original(path))
    table.read(sweep)
    assert "metrics.jsonl" not in read
