"""The verbs that read: list, describe, runs, show, diff, plot, export."""

import csv
import json
import shutil

import duckdb
import pytest
from calling import WALK, Call, root_of

from primordia.core import registry
from primordia.engine import export
from primordia.engine.folder import RunFolder
from walk import Walk


@pytest.fixture
def rooted(call, finished):
    """Call a verb with the root of the finished run."""
    return lambda *words: call(*words, "--root", root_of(finished))


def test_list_names_every_experiment(call: Call):
    entries = json.loads(call("list", "--json").out)
    assert [entry["name"] for entry in entries] == list(registry.names())
    bff = next(entry for entry in entries if entry["name"] == "life/bff")
    assert {"small", "quick", "demo"} <= set(bff["presets"])
    assert bff["variants"] == len(registry.load("life/bff").variants) >= 7
    table = call("list")
    assert table.lines[0].split() == ["name", "what", "presets", "variants", "source"]
    assert any(line.startswith("life/bff") and "arXiv 2406.19108" in line for line in table.lines)


def test_describe_tells_every_setting_metric_preset_and_claim(call: Call):
    text = call("describe", WALK).out
    for said in (
        "Walkers move at random on a ring",
        "an even number from 2 to 4096",
        "probability to move in a step",
        "Share of the sites that some walker has stood on.",
        "coverage ≥ 0.5",
        "Until all is covered.",
        "A walker is put at a site.",
        "W1",
        "arXiv 0000.00000",
    ):
        assert said in text
    told = json.loads(call("describe", WALK, "--json").out)
    assert told["schema"]["properties"]["n_walkers"] == {
        "type": "integer",
        "default": 16,
        "description": "walkers",
        "x-unit": "walkers",
        "x-source": "ours",
        "minimum": 2,
        "maximum": 4096,
        "multipleOf": 2,
    }
    assert told["schema"]["additionalProperties"] is False
    assert set(told["metrics"]) == set(Walk.metrics)
    assert told["schema"]["required"] == []
    put = told["interventions"]["put"]
    assert put["meaning"] == "A walker is put at a site."
    assert put["arguments"]["required"] == ["site"]
    assert "default" not in put["arguments"]["properties"]["site"]
    assert put["arguments"]["properties"]["walker"]["default"] == 0
    assert told["views"]["ring"]["needs"] == ""
    assert told["claims"][0]["expected"] == {"low": 1.0, "high": 1.0, "why": "exact"}


def test_describe_keeps_the_schedule_apart_from_the_settings(call: Call):
    text = call("describe", WALK).out
    header = next(line for line in text.splitlines() if line.startswith("preset "))
    assert header.split() == ["preset", "what", "to", "expect", "settings", "schedule"]
    small = Walk.presets["small"]
    assert f"--steps {small.run['steps']}" in text
    schedule = text.partition("schedule (")[2]
    assert next(line for line in schedule.splitlines() if line.startswith("--steps")).split()[:2] == ["--steps", "1024"]
    assert {line.split()[0] for line in schedule.splitlines() if line.startswith("--")} == {
        "--steps", "--every", "--checkpoint-every", "--keep", "--views-every", "--stop"
    }  # fmt: skip
    told = json.loads(call("describe", WALK, "--json").out)
    assert told["schedule"]["checkpoint_every"] == {"default": 256, "meaning": "steps between checkpoints"}


def test_runs_lists_and_filters(rooted, finished):
    header, line = rooted("runs").lines
    assert header.split() == ["id", "experiment", "status", "step", "seed", "main", "metric", "age"]
    assert line.split()[:6] == [finished.name, "tests/walk", "finished", "40", "5", "coverage"]
    for condition, n in (
        ("wing=tests", 1),
        ("wing=life", 0),
        ("seed>=5", 1),
        ("seed>5", 0),
        ("status!=finished", 0),
        ("experiment=tests/walk", 1),
        ("coverage>0.1", 1),
        ("p_move=0.5", 1),
        ("stop=none", 1),
        ("status=died", 0),
        ("views_every=none", 1),
        ("steps!=none", 1),
    ):
        assert len(json.loads(rooted("runs", condition, "--json").out)) == n, condition
    assert len(json.loads(rooted("runs", "seed=5", "step<41", "--json").out)) == 1


def test_runs_of_an_empty_root(call: Call):
    ending = call("runs")
    assert ending.code == 0
    assert ending.lines == ["no runs under runs; `primordia run life/bff --preset quick` makes one."]
    assert call("runs", "--json").out == "[]\n"


def test_show(rooted, finished):
    text = rooted("show", "latest").out
    assert "tests/walk version 3 · preset small" in text
    assert "status  finished at step 40 of 40 (all 40 steps done)" in text
    assert "metrics at step 40 (11 rows)" in text
    assert "transition half: coverage" in text
    assert "Most visited sites" in text
    assert "The clock at step 40\n40 steps\n" in text
    assert f"go on     primordia fork {finished.name} --at 40 --steps 80 --root" in text
    settings = text.partition("settings")[2]
    assert next(line for line in settings.splitlines() if line.startswith("seed")).split()[1:3] == ["5", "0"]
    told = json.loads(rooted("show", finished.name, "--json").out)
    assert told["changed"] == {"seed": 5}
    assert told["status"] == "finished"
    assert told["last_row"]["step"] == 40
    assert told["events"][0]["event"] == "started"
    assert any(path.endswith("report.html") for path in told["files"])


def test_show_calls_only_a_preset_a_preset(call: Call, finished):
    call("run", WALK, "--steps", "1200", "--every", "1", "--quiet")
    text = call("show", "latest").out
    assert "tests/walk version 3 · preset –" in text
    assert "(1,201 rows)" in text
    call("fork", "latest", "--at", "1100", "--steps", "1101", "--quiet")
    parent = json.loads(call("runs", "preset=custom", "--json").out)[0]["id"]
    forked = json.loads(call("runs", "preset=fork", "--json").out)[0]["id"]
    assert f"tests/walk version 3 · fork of {parent} at 1,100\n" in call("show", forked).out


@pytest.mark.parametrize("status", ["interrupted", "running", "failed"])
def test_show_says_how_an_unfinished_run_goes_on(call: Call, finished, tmp_path, status):
    copy = tmp_path / "runs" / "tests" / "walk" / "copy"
    shutil.copytree(finished, copy)
    record = json.loads((copy / "run.json").read_text())
    (copy / "run.json").write_text(json.dumps(record | {"status": status, "reason": None}))
    line = next(line for line in call("show", "copy").lines if line.startswith("status"))
    said = "died" if status == "running" else status
    assert line == f"status  {said} at step 40 of 40; `primordia resume copy` goes on"


def test_show_accepts_a_path_an_id_and_its_beginning(rooted, call, finished):
    for name in (finished, finished.name, finished.name[:12], "latest"):
        assert json.loads(rooted("show", name, "--json").out)["id"] == finished.name
    assert json.loads(call("show", finished, "--json").out)["id"] == finished.name


def test_diff_of_a_run_with_itself_is_empty(rooted, finished):
    told = json.loads(rooted("diff", "latest", finished, "--json").out)
    assert told["same_bits"] is True
    assert (told["settings"], told["schedule"], told["environment"]) == ({}, {}, {})
    assert "every common row is the same, up to step 40" in rooted("diff", "latest", finished).out


def test_diff_tells_settings_and_where_the_rows_part(call: Call, finished, tmp_path):
    words = ("--preset", "small", "--seed", "6", "--steps", "30", "--set", "p_move=1", "--json")
    other = json.loads(call("run", WALK, *words).out)["folder"]
    told = json.loads(call("diff", finished, other, "--json").out)
    assert told["settings"] == {"seed": [5, 6], "p_move": [0.5, 1.0]}
    assert told["schedule"] == {"steps": [40, 30]}
    assert told["common_step"] == 28
    assert told["parted"] == 4
    assert told["metrics"]["moves"][1] == 16
    text = call("diff", finished, other).out
    assert "metrics at step 28" in text
    assert "p_move    0.5    1.0" in text


def test_plot_draws_one_run_into_its_folder_and_several_into_a_file(rooted, finished, tmp_path):
    files = rooted("plot", "latest").lines
    assert f"{finished}/artefacts/metrics.png" in files
    assert rooted("plot", "latest", finished, "--metric", "moves", "--out", "both.svg").lines == ["both.svg"]
    assert "<svg" in (tmp_path / "both.svg").read_text()
    assert "both.svg exists; --force overwrites it." in rooted("plot", "latest", "--out", "both.svg").err
    assert rooted("plot", "latest", "--out", "both.svg", "--force").code == 0


def test_export_gives_the_same_rows_in_every_format(rooted, finished, tmp_path):
    rows = RunFolder(finished).metrics.read()
    for kind in ("csv", "json", "parquet", "html"):
        ending = rooted("export", "latest", "--to", kind)
        assert ending.lines == [f"{finished.name}.{kind}"]
    with (tmp_path / f"{finished.name}.csv").open() as file:
        read = [{key: float(value) for key, value in row.items() if value} for row in csv.DictReader(file)]
    assert read == rows
    whole = json.loads((tmp_path / f"{finished.name}.json").read_text())
    assert whole["rows"] == rows
    assert whole["run"]["id"] == finished.name
    assert whole["settings"]["config"]["seed"] == 5
    with duckdb.connect() as database:
        table = database.execute(f"SELECT * FROM '{tmp_path}/{finished.name}.parquet'").fetchall()
        names = [column[0] for column in database.description]
    assert [dict(zip(names, row, strict=True)) for row in table] == rows
    assert (tmp_path / f"{finished.name}.html").read_text().lower().startswith("<!doctype html>")
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".csv", ".html", ".json", ".parquet"]


def test_export_writes_rows_to_standard_output(rooted, finished, tmp_path):
    rows = RunFolder(finished).metrics.read()
    ending = rooted("export", "latest", "--to", "csv", "--out", "-")
    assert [float(row["coverage"]) for row in csv.DictReader(ending.lines)] == [row["coverage"] for row in rows]
    assert json.loads(rooted("export", "latest", "--to", "json", "--out", "-").out)["rows"] == rows
    assert list(tmp_path.iterdir()) == []


def test_export_overwrites_only_when_told_to(rooted, finished, tmp_path):
    out = tmp_path / "rows.csv"
    out.write_text("mine")
    ending = rooted("export", "latest", "--to", "csv", "--out", out)
    assert ending.code == 2
    assert f"{out} exists; --force overwrites it." in ending.err
    assert out.read_text() == "mine"
    assert rooted("export", "latest", "--to", "csv", "--out", out, "--force").code == 0
    assert out.read_text().startswith("step,")


def test_export_to_parquet_without_duckdb_says_how_to_install_it(rooted, monkeypatch, tmp_path):
    monkeypatch.setattr(export, "can_write_parquet", lambda: False)
    ending = rooted("export", "latest", "--to", "parquet")
    assert ending.code == 2
    assert "pip install 'primordia[query]'" in ending.err
    assert list(tmp_path.iterdir()) == []


def test_parquet_keeps_what_is_missing_or_not_a_number(tmp_path):
    folder = RunFolder(tmp_path)
    folder.metrics.append({"step": 0, "n": 3, "it's": 0.1})
    with folder.metrics.path.open("a") as file:  # As an older primordia wrote it.
        file.write(json.dumps({"step": 1, "n": 2**62, "it's": float("nan"), "late": 1}) + "\n")
    out = export.parquet(folder, tmp_path / "it's.parquet")
    with duckdb.connect() as database:
        found = database.execute("SELECT * FROM read_parquet(?)", [str(out)]).fetchall()
        kinds = [str(column[1]) for column in database.description]
    assert found[0] == (0, 3, 0.1, None)
    assert found[1][:2] == (1, 2**62)
    assert found[1][2] != found[1][2]
    assert kinds == ["BIGINT", "BIGINT", "DOUBLE", "BIGINT"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["it's.parquet", "metrics.jsonl"]
