"""Asking of a sweep what came of it, from the command line."""

import html
import json
import shlex
import subprocess
import sys

import duckdb
import pytest
from calling import Call

import swept
from primordia.cli import arguments
from primordia.cli.sweep import Sweep, values
from primordia.engine import export
from primordia.engine.analysis import report, table
from primordia.engine.sweeps import asked, sweepfolder
from walk import Walk

NOT_NEEDED = ("ray", "scipy", "jax", "numba", "duckdb", "matplotlib")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("analysis") / "runs"
    swept.walks(root, "some", settings={"p_move": [0.05, 0.8]}, seeds="0:3")
    return root


def test_table_prints_every_cell_and_leaves_one_parquet_file(call: Call, root):
    ending = call("sweep", "table", "some", "--root", root)
    assert ending.code == 0
    assert ending.lines[0].split() == ["cell", "p_move", "seed", "status", "step", "coverage", "known"]
    assert ending.lines[1].split()[:5] == ["0", "0.05", "0", "finished", "60"]
    assert ending.lines[7:] == ["6 finished", f"{root}/sweeps/some/cells.parquet"]
    ((n, known),) = duckdb.sql(f"SELECT count(*), count(known_step) FROM '{ending.lines[-1]}'").fetchall()
    told = json.loads(call("sweep", "table", "some", "--root", root, "--json").out)
    assert n == len(told) == 6
    assert known == sum(cell["known_step"] is not None for cell in told)


def test_table_without_duckdb_prints_and_says_what_brings_it(call: Call, root, monkeypatch):
    monkeypatch.setattr(export, "can_write_parquet", lambda: False)
    (root / "sweeps" / "some" / "cells.parquet").unlink(missing_ok=True)
    ending = call("sweep", "table", "some", "--root", root)
    assert ending.code == 0
    assert "pip install 'primordia[analysis]'" in ending.lines[-1]
    assert not (root / "sweeps" / "some" / "cells.parquet").exists()
    assert call("sweep", "table", "some", "--root", root, "--out", "c.parquet").code == 2


def test_table_writes_another_file_once(call: Call, root):
    assert call("sweep", "table", "some", "--root", root, "--out", "cells.csv").lines[-1] == "cells.csv"
    ending = call("sweep", "table", "some", "--root", root, "--out", "cells.csv")
    assert (ending.code, ending.err) == (2, "error: cells.csv exists; --force overwrites it.\n")
    ending = call("sweep", "table", "some", "--root", root, "--rows", "--out", "rows.parquet")
    assert duckdb.sql("SELECT count(*) FROM 'rows.parquet'").fetchall() == [(96,)]


def test_plot_draws_all_figures_or_one(call: Call, root, tmp_path):
    ending = call("sweep", "plot", "some", "--root", root)
    assert (ending.code, len(ending.lines)) == (0, 4)
    assert ending.lines[0] == f"{root}/sweeps/some/figures/phase-known.png"
    ending = call(
        "sweep", "plot", "some", "--root", root, "--kind", "survival", "--transition", "half", "--out", "s.svg"
    )
    assert (ending.code, ending.lines) == (0, ["s.svg"])
    assert "<svg" in (tmp_path / "s.svg").read_text()


def test_stats_prints_points_and_pairs(call: Call, root):
    ending = call("sweep", "stats", "some", "--root", root)
    assert ending.code == 0
    assert ending.lines[1].split()[:6] == ["p", "move", "0.05", "3", "of", "3"]
    assert any(line.split()[:6] == ["p", "move", "0.05", "p", "move", "0.8"] for line in ending.lines)
    told = json.loads(call("sweep", "stats", "some", "--root", root, "--json").out)
    assert [point["finished"] for point in told["points"]] == [3, 3]
    assert told["comparisons"][0]["superiority"] == 1.0


def test_report_is_one_page(call: Call, root):
    ending = call("sweep", "report", "latest", "--root", root)
    assert ending.lines == [f"{root}/sweeps/some/report.html"]
    assert f"primordia sweep report some --root {root}" in (root / "sweeps" / "some" / "report.html").read_text()


def test_the_command_on_the_page_makes_the_same_sweep(root, tmp_path):
    ranges = {"p_move": "log:0.01..1", "n_walkers": "4..64"}
    cloud = table.read(swept.walks(tmp_path, "cloud", left=3, settings=ranges, design="random", samples=3))
    some = table.read(sweepfolder.find(root, "some"))
    odd = table.read(
        swept.walks(tmp_path, "odd", left=4, settings={"rule": ["drift", "diffuse"], "n_sites": 32}, seeds=[3, 5],
                    preset="small", cell_seconds=7, schedule={"stop": "half+8"})
    )  # fmt: skip
    for found in (some, cloud, odd):
        words = shlex.split(html.unescape(report.command(found)[0]))
        assert words[:3] == ["primordia", "sweep", "walk:Walk"]
        typed = arguments.parse(Sweep, words[2:], "sweep")
        schedule = {key: getattr(typed, key) for key in ("steps", "every", "checkpoint_every", "keep", "stop")}
        wanted = asked.Asked(
            settings=values(typed.set), preset=typed.preset, seeds=typed.seeds, design=typed.design,
            samples=typed.samples, design_seed=typed.design_seed, cell_seconds=typed.cell_seconds,
            schedule={key: value for key, value in schedule.items() if value is not None},
        )  # fmt: skip
        plan = asked.plan_of(Walk(), wanted, address="walk:Walk")
        assert (plan.digest, plan.budget) == (found.plan.digest, found.plan.budget)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("table", "some", "--metric", "coverge"), "did you mean 'coverage'"),
        (("stats", "some", "--x", "p_mov"), "did you mean 'p_move'"),
        (("plot", "some", "--kind", "phases"), "did you mean 'phase'"),
        (("plot", "some", "--kind", "phase", "--metric", "moves", "--transition", "half"), "a metric or a transition"),
        (("report", "sme"), "did you mean some"),
        (("table", "some", "--out", "cells.xlsx"), "allowed: .parquet, .csv, .json"),
    ],
)
def test_bad_input_is_refused_in_a_sentence(call: Call, root, words, said):
    ending = call("sweep", *words, "--root", root)
    assert ending.code == 2
    assert said in ending.err
    assert ending.err.count("\n") == 1


def test_help_imports_nothing_heavy():
    code = (
        "import sys, contextlib, io\nfrom primordia.cli.main import main\n"
        "with contextlib.redirect_stdout(io.StringIO()):\n"
        "    for verb in ('table', 'plot', 'stats', 'report'):\n        assert main(['sweep', verb, '--help']) == 0\n"
        f"print(sorted(set(sys.modules) & set({NOT_NEEDED!r})))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
