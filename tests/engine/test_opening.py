"""Finding a run by what a person types, and refusing folders that cannot be trusted, without touching them."""

from __future__ import annotations

import dataclasses
import json
import os
import pickle
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primordia.core.config import Spec
from primordia.core.errors import BadInputError, ConfigError, PrimordiaError, RunFolderError, UnknownNameError
from primordia.engine import launch, opening, schedule
from primordia.engine.folder import RunFolder
from runs import start
from walk import Walk, WalkConfig


@pytest.fixture
def folder(root: Path) -> RunFolder:
    done = start(root, steps=8)
    done.folder.update(status="interrupted")
    return done.folder


def edit(file: Path, change: Callable[[Any], Any]) -> None:
    value = json.loads(file.read_text())
    file.write_text(json.dumps(change(value) or value))


def contents(folder: RunFolder) -> dict[str, bytes]:
    files = [path for path in folder.path.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder.path)): path.read_bytes() for path in files}


def assert_refused(folder: RunFolder, sentence: str) -> None:
    lock = folder.path / "lock"
    for locked in (True, False):
        lock.write_text("somebody") if locked else lock.unlink()
        before = contents(folder)
        with pytest.raises(BadInputError, match=sentence) as caught:
            launch.resume(folder)
        assert "\n" not in str(caught.value)
        assert contents(folder) == before


def test_a_run_is_found_by_path_id_beginning_or_latest(root: Path) -> None:
    one, two = start(root, steps=1, seed=1).folder, start(root, steps=1, seed=2).folder
    os.utime(one.path / "config.json", ns=(10**18, 10**18))
    os.utime(two.path / "config.json", ns=(2 * 10**18, 2 * 10**18))
    for name in (str(one.path), one.path.name):
        assert opening.find(root, name) == one
    start_of_one = next(n for n in range(len(one.path.name)) if one.path.name[:n] != two.path.name[:n])
    assert opening.find(root, one.path.name[:start_of_one]) == one
    assert opening.find(root, "latest") == two
    (two.path / "config.json").unlink()
    assert opening.find(root, "latest") == one
    assert opening.all_folders(root / "nothing") == []


def test_an_ambiguous_or_unknown_id_is_refused(root: Path) -> None:
    one, two = start(root, steps=1, seed=1).folder, start(root, steps=1, seed=2).folder
    with pytest.raises(RunFolderError, match=r"'20' could be any of 2 runs: .*; give more of the id") as caught:
        opening.find(root, "20")
    assert one.path.name in str(caught.value)
    assert two.path.name in str(caught.value)
    typo = one.path.name[:-1] + "x"
    with pytest.raises(RunFolderError, match=f"There is no run '{typo}' under {root}; did you mean "):
        opening.find(root, typo)
    for name in ("nonsense", "", "latest"):
        with pytest.raises(RunFolderError, match=r"`primordia runs --root .*` lists the ones there are"):
            opening.find(root / "empty", name)


def test_a_folder_that_is_no_run_is_refused(root: Path, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    with pytest.raises(RunFolderError, match=r"photos is not a run folder: it has no run.json"):
        opening.find(root, str(tmp_path / "photos"))
    with pytest.raises(RunFolderError, match=r"There is no run folder .*gone"):
        launch.resume(RunFolder(tmp_path / "gone"))


@pytest.mark.parametrize("name", ["run.json", "config.json"])
def test_a_missing_or_truncated_file_is_refused(name: str, folder: RunFolder) -> None:
    file = folder.path / name
    whole = file.read_bytes()
    for length in (0, 1, len(whole) // 2, len(whole) - 3):
        file.write_bytes(whole[:length])
        assert_refused(folder, f"{name} is not JSON .*: it was truncated or altered")
    for other in (b"[]", b"3", b"{}", b'{"format": "1"}'):
        file.write_bytes(other)
        assert_refused(folder, f"{name} does not state its format; it is not from a run of primordia")
    file.unlink()
    assert_refused(folder, f"is not a run folder: it has no {name}")


@pytest.mark.parametrize("name", ["run.json", "config.json"])
def test_a_newer_format_is_refused(name: str, folder: RunFolder) -> None:
    edit(folder.path / name, lambda value: {**value, "format": 2})
    assert_refused(folder, "has format 2, from a newer primordia; this one reads up to format 1. Update primordia")


@pytest.mark.parametrize("key", ["id", "status", "step", "begins_at", "host", "pid", "heartbeat", "config_hash",
                                 "created", "preset", "seed", "command", "parent", "reason", "crossings"])  # fmt: skip
@pytest.mark.parametrize("garbled", [None, [], 5.0, "missing"])
def test_a_record_without_what_is_needed_is_refused(key: str, garbled: Any, folder: RunFolder) -> None:
    def change(value: dict[str, Any]) -> dict[str, Any]:
        return {k: v for k, v in value.items() if k != key} if garbled == "missing" else {**value, key: garbled}

    if (garbled is None and key in ("parent", "reason")) or (garbled == "missing" and key == "crossings"):
        return
    edit(folder.path / "run.json", change)
    assert_refused(folder, f"run.json lacks or garbles '{key}'; it was altered")


@pytest.mark.parametrize(
    ("name", "changes", "sentence"),
    [
        ("run.json", {"experiment": "life/bff"}, "mixes two runs: run.json says life/bff, config.json says tests/walk"),
        ("run.json", {"version": 2}, "was made by version 2 of tests/walk; installed is version 3, which gives other"),
        ("config.json", {"version": 4}, "was made by version 4 of tests/walk; installed is version 3"),
        ("config.json", {"experiment": "tests/nowhere"}, "cannot be opened: There is no experiment 'tests/nowhere'"),
        ("config.json", {"experiment": "nowhere:Walk"}, "cannot be opened: The experiment 'nowhere:Walk' cannot be"),
        ("config.json", {"experiment": "life/bff"}, "mixes two runs"),
        ("config.json", {"config": {"n_walkers": 3}}, "cannot be opened: n_walkers=3 is out of range"),
        ("config.json", {"config": {"n_walker": 2}}, "did you mean 'n_walkers'"),
        ("config.json", {"config": {"seed": 1}}, "config.json was altered: its hash is .*To change settings, fork"),
        ("config.json", {"config": None}, "lacks or garbles"),
        ("config.json", {"config": [1]}, "lacks or garbles 'config'"),
        ("config.json", {"schedule": {"steps": 0}}, "cannot be opened: steps=0 is out of range"),
        ("config.json", {"schedule": {"stop": "halff"}}, "There is no transition 'halff'; did you mean 'half'"),
        ("config.json", {"schedule": 3}, "lacks or garbles"),
    ],
    ids=str,
)
def test_an_altered_run_is_refused(name: str, changes: dict[str, Any], sentence: str, folder: RunFolder) -> None:
    edit(folder.path / name, lambda value: {**value, **changes})
    assert_refused(folder, sentence)


def test_altered_rows_or_events_are_refused(folder: RunFolder) -> None:
    for journal in (folder.metrics, folder.events):
        whole = journal.path.read_bytes()
        journal.path.write_bytes(b"?" + whole[1:])
        assert_refused(folder, f"Line 1 of .*{journal.path.name} is not a JSON object; the file was altered")
        journal.path.write_bytes(whole)


@pytest.mark.parametrize(
    ("name", "line", "key"),
    [
        ("metrics", {"a": 1}, "step"),
        ("metrics", {"step": "1"}, "step"),
        ("metrics", {"step": 9, "coverage": None}, "coverage"),
        ("events", {"a": 1}, "time"),
        ("events", {"time": "now", "step": 1}, "event"),
        ("events", {"time": "now", "step": 1, "event": "transition", "name": "half", "metric": "coverage"}, "value"),
        ("events", {"time": "now", "step": 1, "event": "forked", "parent": "x", "changed": 3}, "changed"),
        ("events", {"time": "now", "step": 1, "event": "failed"}, "reason"),
    ],
    ids=str,
)
def test_rows_and_events_that_lack_a_key_are_refused(name: str, line: Any, key: str, folder: RunFolder) -> None:
    with (folder.path / f"{name}.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")
    assert_refused(folder, f"of .*{name}.jsonl lacks or garbles '{key}'; the file was altered")


def test_an_altered_checkpoint_is_refused(folder: RunFolder) -> None:
    newest = sorted(folder.checkpoints.iterdir())[-1]
    state = newest / "state.safetensors"
    whole = state.read_bytes()
    state.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert_refused(folder, "was truncated or altered: its checksum does not match")
    state.write_bytes(whole)
    (newest / "state.pkl").write_bytes(pickle.dumps(whole))
    assert_refused(folder, "holds state.pkl, which is no part of a checkpoint; nothing in it was opened")


def test_an_altered_row_leaves_even_a_torn_event(folder: RunFolder) -> None:
    with folder.events.path.open("a") as file:
        file.write('{"time": "no')
    folder.metrics.path.write_bytes(b"?" + folder.metrics.path.read_bytes()[1:])
    assert_refused(folder, "Line 1 of .*metrics.jsonl is not a JSON object")


def test_a_finished_run_is_not_run_again(root: Path) -> None:
    done = start(root, steps=8)
    assert_refused(
        done.folder,
        f"is finished \\(all 8 steps done\\); `primordia fork {done.folder.path.name} --at 8 --steps N` continues it",
    )


def test_a_copied_run_is_a_run(folder: RunFolder, root: Path) -> None:
    shutil.copytree(folder.path, root / "elsewhere")
    assert launch.resume(RunFolder(root / "elsewhere")).status == "finished"


KEYS = st.sampled_from(["format", "status", "step", "pid", "host", "begins_at", "version", "id"])
VALUES = st.none() | st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=1)


@given(st.dictionaries(KEYS, VALUES))
@settings(max_examples=25, deadline=None)
def test_no_record_makes_the_engine_stumble(changes: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as name:
        done = start(Path(name), steps=1)
        done.folder.update(status="interrupted")
        edit(done.folder.path / "run.json", lambda value: {**value, **changes})
        try:
            resumed = launch.resume(done.folder)
        except PrimordiaError:
            return
        assert resumed.status == "finished"


@pytest.mark.parametrize(
    ("stop", "rule"), [(None, None), ("half", ("half", 0)), ("half+12", ("half", 12)), ("half+", ("half", 0))]
)
def test_stop_rules_are_read(stop: str | None, rule: Any) -> None:
    assert schedule.make(Walk(), {"stop": stop}).stop_rule() == rule


@pytest.mark.parametrize(
    ("values", "kind", "sentence"),
    [
        ({"stop": "half+x"}, ConfigError, "stop=half\\+x cannot be read: allowed is TRANSITION or TRANSITION\\+STEPS"),
        ({"stop": "half+-1"}, ConfigError, "cannot be read"),
        ({"stop": "half+²"}, ConfigError, "cannot be read"),
        ({"stop": "half+1+1"}, ConfigError, "cannot be read"),
        ({"stop": "hlaf"}, UnknownNameError, "There is no transition 'hlaf'; did you mean 'half'"),
        ({"stop": ""}, UnknownNameError, "known: half, known"),
        ({"evry": 3}, UnknownNameError, "There is no setting 'evry'; did you mean 'every'"),
        ({"every": 0}, ConfigError, "every=0 is out of range: it must be from 1 to 281474976710656; the nearest is 1"),
        ({"steps": "many"}, ConfigError, "steps=many is not a whole number"),
        ({"keep": 0}, ConfigError, "keep=0 is out of range"),
    ],
    ids=str,
)
def test_bad_schedules_are_refused(values: dict[str, Any], kind: type[Exception], sentence: str) -> None:
    with pytest.raises(kind, match=sentence):
        schedule.make(Walk(), values)


@given(st.integers(0, 10**6), *[st.integers(1, 500)] * 2, st.none() | st.integers(1, 500), st.integers(1, 10**6))
def test_the_next_stop_is_the_first_thing_due(t: int, every: int, saved: int, views: int | None, more: int) -> None:
    plan = schedule.Schedule(steps=t + more, every=every, checkpoint_every=saved, views_every=views)
    cadences = [every, saved, *([views] if views else [])]
    found = plan.next_stop(t)
    assert t < found <= plan.steps
    due = [step for step in range(t + 1, found + 1) if step == plan.steps or any(step % c == 0 for c in cadences)]
    assert due == [found]


def test_presets_and_settings_are_put_together() -> None:
    config, plan = launch.resolve(Walk(), "small", {"seed": "7", "p_move": "10%"}, {"every": "2", "stop": "half"})
    assert (config.seed, config.p_move, config.n_walkers) == (7, 0.1, 16)
    assert (plan.steps, plan.every, plan.stop, plan.keep) == (40, 2, "half", 3)
    for arguments, sentence in [
        (("smal", {}, {}), "There is no preset 'smal'; did you mean 'small'"),
        (("small", {"sed": 1}, {}), "There is no setting 'sed'; did you mean 'seed'"),
        (("small", {}, {"step": 1}), "There is no setting 'step'; did you mean 'steps'"),
    ]:
        with pytest.raises(UnknownNameError, match=sentence):
            launch.resolve(Walk(), *arguments)
    with pytest.raises(ConfigError, match="n_sites=65 is out of range: it must be a power of two"):
        launch.resolve(Walk(), None, {"n_sites": 65}, {})


@dataclasses.dataclass(frozen=True)
class LaterConfig(WalkConfig):
    """The settings of a later version, in which one more has joined; its default changes nothing."""

    banner: Annotated[str, Spec("shown by nobody", choices=("none", "flag"), source="ours")] = "none"


def test_a_run_goes_on_when_a_setting_has_joined_the_experiment(folder: RunFolder, monkeypatch: Any) -> None:
    monkeypatch.setattr(Walk, "Config", LaterConfig)
    run = opening.open_run(folder)
    assert run.config.banner == "none"
    assert launch.state_at(run, 4).clock[0] == 4
    assert launch.resume(folder).status == "finished"
    assert "banner" not in json.loads((folder.path / "config.json").read_text())["config"]
