"""The table of runs and the points of a sweep: quick, whole, and never hidden by one bad folder."""

import itertools
import json
import os
import shutil

import pytest

import runs
from primordia.core import config as configs
from primordia.core import registry
from primordia.core.errors import RunFolderError, UnknownNameError
from primordia.engine import catalogue as engine_catalogue
from primordia.engine import launch, lease, schedule
from primordia.engine.sweeps import plan as plans
from primordia.engine.sweeps import sweepfolder
from primordia.engine.sweeps.designs import Design
from primordia.observatory.serving import catalogue, describing, sweeps
from primordia.observatory.serving.catalogue import Catalogue
from walk import Walk


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    root = tmp_path_factory.mktemp("lists") / "runs"
    for seed in range(3):
        runs.start(root, seed=seed, p_move=0.25 * (seed + 1))
    return root


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A root with one run beside two sweeps that share a cell, one of them unfinished."""
    root = tmp_path_factory.mktemp("swept") / "runs"
    runs.start(root)
    for name, seeds, done in (("first", (0, 1), 2), ("second", (0, 1, 2), 1)):
        plan = plans.make(Walk(), Design(seeds=seeds), address="walk:Walk", schedule=runs.SHORT)
        sweep = sweepfolder.create(root, plan, name)
        for cell in plan.cells[:done]:
            config = configs.from_dict(Walk.Config, plans.config_of(plan, cell))
            cadence = schedule.make(Walk(), plan.schedule)
            where = {"root": sweep.path, "name": plans.name_of(plan, cell), "address": plan.address}
            launch.start(Walk(), config, cadence, **where, wrap=False)
    return root


def test_sweeps_are_listed_beside_the_runs_that_are_none_of_theirs(swept):
    table = Catalogue(swept)
    answer = table.answer()
    assert len(answer["runs"]) == 1
    told = {sweep["sweep"]: sweep for sweep in answer["sweeps"]}
    assert list(told) == ["second", "first"]
    assert [told["first"][key] for key in ("experiment", "cells", "finished", "left")] == ["tests/walk", 2, 2, 0]
    assert [told["second"][key] for key in ("cells", "finished", "failed", "left")] == [3, 1, 0, 2]
    assert [entry.damage for entry in engine_catalogue.entries(swept)] == [None]


def test_a_damaged_sweep_says_so_and_hides_no_other(swept, tmp_path):
    shutil.copytree(swept, tmp_path / "runs")
    (tmp_path / "runs" / "sweeps" / "first" / "plan.json").write_text("{")
    told = {sweep["sweep"]: sweep["damage"] for sweep in Catalogue(tmp_path / "runs").answer()["sweeps"]}
    assert "plan.json is not JSON" in told["first"]
    assert told["second"] == ""


def test_the_cells_of_a_sweep_are_found_by_its_name_and_theirs(swept):
    cells = {name: sweeps.answer(swept, name)["runs"] for name in ("first", "second")}
    assert [len(found) for found in cells.values()] == [2, 1]
    shared = [cells[name][0]["run"] for name in cells]
    assert [run.split(":")[0] for run in shared] == ["first", "second"]
    assert shared[0].split(":")[1] == shared[1].split(":")[1]
    for run in shared:
        folder = catalogue.find(swept, run)
        assert folder.path.parents[2].name == run.split(":")[0]
        assert catalogue.id_of(swept, folder.path) == run
    assert len(sweeps.answer(swept, "tests/walk")["runs"]) == 1


@pytest.mark.parametrize("run", ["third:00000-00000000", "..:x", "first:..", "first:", ":", "../first:x", ".:runs"])
def test_what_is_no_cell_is_not_found(swept, run):
    with pytest.raises(RunFolderError, match="There is no run"):
        catalogue.find(swept, run)


@pytest.mark.parametrize("name", ["third", "..", ".", ""])
def test_what_is_no_sweep_is_not_found(swept, name):
    with pytest.raises(RunFolderError, match="There is no sweep"):
        sweeps.answer(swept, name)


@pytest.fixture
def root(recorded, tmp_path):
    shutil.copytree(recorded, tmp_path / "runs")
    return tmp_path / "runs"


def ids(root):
    return sorted(path.name for path in (root / "tests" / "walk").iterdir())


def test_every_run_is_there_with_the_course_of_its_main_metric(root):
    found = Catalogue(root).runs()
    assert [entry["run"] for entry in found] == ids(root)
    for entry in found:
        assert entry["damage"] == ""
        assert (entry["metric"], entry["unit"]) == ("coverage", "share")
        assert entry["history"] == [row["coverage"] for row in rows_of(root, entry["run"])]


def rows_of(root, run):
    return catalogue.find(root, run).metrics.read()


def test_a_long_course_is_thinned_and_ends_with_its_newest_value(tmp_path):
    file = tmp_path / "metrics.jsonl"
    file.write_text("".join(json.dumps({"step": step}) + "\n" for step in range(1000)) + '{"step": 1000')
    steps = [row["step"] for row in catalogue.sampled(file)]
    assert len(steps) <= catalogue.POINTS
    assert steps[-1] == 999
    assert len({after - before for before, after in itertools.pairwise(steps)}) == 1
    assert catalogue.sampled(tmp_path / "none.jsonl") == []


@pytest.mark.parametrize(
    ("name", "content"),
    [("run.json", "{"), ("config.json", "[]"), ("metrics.jsonl", "[3]\n"), ("metrics.jsonl", '{"step": 1, "a": NaN}\n'),
     ("run.json", "[" * 100_000), ("metrics.jsonl", b"\xff\xfe\n")],
)  # fmt: skip
def test_a_damaged_run_says_so_and_hides_no_other(root, name, content):
    listed = Catalogue(root)
    listed.runs()
    bad = root / "tests" / "walk" / ids(root)[1]
    (bad / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    found = {entry["run"]: entry for entry in listed.runs()}
    assert [found[run]["damage"] != "" for run in ids(root)] == [False, True, False]
    assert found[bad.name]["status"] == "damaged"
    json.dumps(found, allow_nan=False)


def test_the_freezer_and_hidden_folders_are_no_runs(root):
    for folder in ("freezer/a/b", ".observatory/a/b", "tests/walk/.aside"):
        shutil.copytree(root / "tests" / "walk" / ids(root)[0], root / folder)
    assert len(Catalogue(root).runs()) == 3
    with pytest.raises(RunFolderError):
        catalogue.find(root, "b")


def test_only_what_changed_is_read_again(root, monkeypatch):
    listed, read = Catalogue(root), []
    real = Catalogue._read
    monkeypatch.setattr(Catalogue, "_read", lambda self, folder: read.append(folder.path.name) or real(self, folder))
    first = listed.runs()
    assert read == ids(root)
    assert listed.runs() == first
    changed = root / "tests" / "walk" / ids(root)[2]
    with (changed / "metrics.jsonl").open("a") as file:
        file.write(json.dumps({"step": 44, "coverage": 1.0}) + "\n")
    shutil.rmtree(root / "tests" / "walk" / ids(root)[0])
    again = listed.runs()
    assert read[3:] == [changed.name]
    assert [entry["run"] for entry in again] == ids(root)
    assert again[-1]["value"] == 1.0


def test_a_run_that_dies_or_lives_again_is_told_without_a_file_being_written(root, monkeypatch):
    run = root / "tests" / "walk" / ids(root)[0]
    record = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**record, "status": "running", "pid": os.getpid()}))
    listed = Catalogue(root)
    status = lambda: listed.runs()[0]["status"]  # noqa: E731
    assert status() == "died"
    monkeypatch.setattr(lease, "is_live", lambda folder: True)
    assert status() == "running"
    monkeypatch.setattr(lease, "is_live", lambda folder: False)
    assert status() == "died"


def test_an_experiment_is_found_by_name_or_by_a_run_of_it_and_never_by_a_module(root):
    assert isinstance(catalogue.experiment(root, "tests/walk"), Walk)
    assert catalogue.experiment(root, "life/bff").name == "life/bff"
    for name in ("walk:Walk", "tests/wlk", "../tests/walk", "", "*/*"):
        with pytest.raises(UnknownNameError):
            catalogue.experiment(root, name)


def test_a_sweep_has_what_differs_and_what_came_of_it(root):
    found = sweeps.sweep(root, Walk())
    assert found["settings"] == ["seed", "p_move"]
    assert found["metrics"] == ["moves", "coverage", "mean_distance", "half (step)", "known (step)"]
    assert [run["settings"] for run in found["runs"]] == [
        {"seed": seed, "p_move": 0.25 * (seed + 1)} for seed in range(3)
    ]
    for run in found["runs"]:
        rows = rows_of(root, run["run"])
        assert {name: run["row"][name] for name in rows[-1]} == rows[-1]
        assert run["row"]["half (step)"] == next(row["step"] for row in rows if row["coverage"] >= 0.5)
    (root / "tests" / "walk" / ids(root)[0] / "metrics.jsonl").write_text("[\n")
    assert len(sweeps.sweep(root, Walk())["runs"]) == 2


def test_a_sweep_of_nothing_is_empty(tmp_path):
    assert sweeps.sweep(tmp_path, Walk()) == {"experiment": "tests/walk", "settings": [], "metrics": [], "runs": []}


@pytest.mark.parametrize("name", registry.names())
def test_every_experiment_can_be_described_in_json(name):
    described = describing.experiment(registry.load(name))
    json.dumps(described, allow_nan=False)
    assert {field["name"] for field in described["settings"]} >= {"seed"}
    assert all(field["meaning"] and field["allowed"] for field in described["settings"] + described["schedule"])
    assert set(described["panels"]) == set(registry.load(name).panels)
    assert describing.short(name)["installed"] is True


def test_an_experiment_that_cannot_be_had_says_why(monkeypatch):
    assert "There is no experiment 'no/such'" in describing.short("no/such")["why"]
    monkeypatch.setattr(describing.importlib.util, "find_spec", lambda name: None if name == "optax" else object())
    entry = describing.short("games/lola")
    assert entry["installed"] is False
    assert entry["why"] == "optax is not installed; `pip install 'primordia[games]'` brings it."
    assert describing.short("life/bff")["installed"] is True


def test_many_rows_are_thinned_but_for_the_newest():
    rows = [{"step": step} for step in range(35_000)]
    found = [row["step"] for row in describing.thinned(rows)]
    assert len(found) <= describing.MOST_ROWS
    assert found[-describing.NEWEST_ROWS :] == list(range(34_000, 35_000))
    assert found[0] == 0
    assert found == sorted(set(found))
    assert describing.thinned(rows[:10_000]) == rows[:10_000]


def test_a_view_whose_setting_is_off_is_not_offered(tmp_path):
    bff = registry.load("life/bff")
    for tokens, missing in ((False, {"age", "lineage"}), (True, set())):
        config, schedule = launch.resolve(bff, "small", {"tokens": tokens}, {"steps": 1})
        outcome = launch.start(bff, config, schedule, root=tmp_path)
        assert set(bff.views) - set(describing.run(outcome.folder)["experiment"]["views"]) == missing
