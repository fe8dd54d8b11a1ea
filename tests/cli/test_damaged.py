"""A damaged run folder ends in one line and exit code 2 in every verb that reads, and hides no other run."""

import json
import shutil

import pytest
from calling import Call, root_of

READERS = {
    "show": ("show", "RUN"),
    "show --json": ("show", "RUN", "--json"),
    "diff": ("diff", "RUN", "GOOD"),
    "plot": ("plot", "RUN"),
    "plot --out": ("plot", "RUN", "GOOD", "--out", "two.png"),
    "export json": ("export", "RUN", "--to", "json"),
    "export csv": ("export", "RUN", "--to", "csv"),
    "export html": ("export", "RUN", "--to", "html"),
}
ALL = tuple(READERS)
CONFIG = tuple(verb for verb in READERS if verb != "export csv")
FINDINGS = ("show", "show --json", "export html")
ENVIRONMENT = ("diff", "export json", "export html")


def garbled(key, value=None):
    def damage(folder):
        file = folder / "run.json"
        record = json.loads(file.read_text())
        del record[key]
        if value is not None:
            record[key] = value
        file.write_text(json.dumps(record))

    return damage


def truncated(name):
    def damage(folder):
        (file,) = folder.glob(name)
        file.write_bytes(file.read_bytes()[:-20])

    return damage


def altered(name, change):
    def damage(folder):
        (file,) = folder.glob(name)
        value = json.loads(file.read_text())
        change(value)
        file.write_text(json.dumps(value))

    return damage


def appended(name, line):
    def damage(folder):
        with (folder / name).open("a") as file:
            file.write(line + "\n")

    return damage


END = "artefacts/*-end/findings.json"
RECORD = {f"no {key}": garbled(key) for key in ("parent", "preset", "created", "command", "reason", "heartbeat")}
DAMAGES = {
    **{name: (damage, ALL) for name, damage in RECORD.items()},
    "created=5": (garbled("created", 5), ALL),
    "created=soon": (garbled("created", "soon"), ALL),
    "heartbeat=soon": (garbled("heartbeat", "soon"), ALL),
    "half a parent": (garbled("parent", {"id": "x"}), ALL),
    "odd crossings": (garbled("crossings", {"half": "soon"}), ALL),
    "config without settings": (altered("config.json", lambda value: value.pop("config")), CONFIG),
    "config without schedule": (altered("config.json", lambda value: value.update(schedule=3)), CONFIG),
    "row without step": (appended("metrics.jsonl", '{"coverage": 1.0}'), ALL),
    "row of text": (appended("metrics.jsonl", '{"step": 99, "coverage": "much"}'), ALL),
    "event of nothing": (appended("events.jsonl", '{"a": 1}'), ("show", "show --json", "export json", "export html")),
    "truncated env.json": (truncated("env.json"), ENVIRONMENT),
    "env.json a list": (lambda folder: (folder / "env.json").write_text("[]"), ENVIRONMENT),
    "truncated findings": (truncated(END), FINDINGS),
    "findings a list": (lambda folder: next(folder.glob(END)).write_text("[]"), FINDINGS),
    "finding without rows": (altered(END, lambda value: value["findings"][0].pop("rows")), FINDINGS),
    "finding elsewhere": (altered(END, lambda value: value["findings"][2].update(file="../../env.json")), FINDINGS),
    "finding of no kind": (altered(END, lambda value: value["findings"][1].update(kind="song")), FINDINGS),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_one_line(name, call: Call, finished, tmp_path):
    damage, verbs = DAMAGES[name]
    broken = tmp_path / "runs" / "tests" / "walk" / finished.name
    shutil.copytree(finished, broken)
    damage(broken)
    for verb in verbs:
        words = [{"RUN": broken, "GOOD": finished}.get(word, word) for word in READERS[verb]]
        ending = call(*words)
        assert (ending.code, ending.out) == (2, ""), verb
        assert ending.err.startswith("error: "), verb
        assert ending.err.count("\n") == 1, verb
        assert str(broken) in ending.err, verb


@pytest.mark.parametrize("name", DAMAGES)
def test_runs_shows_a_damaged_folder_as_one_row_beside_the_others(name, call: Call, finished, tmp_path):
    damage, verbs = DAMAGES[name]
    for folder in ("a", "b"):
        shutil.copytree(finished, tmp_path / "runs" / "tests" / "walk" / folder)
    damage(tmp_path / "runs" / "tests" / "walk" / "a")
    ending = call("runs")
    assert (ending.code, ending.err) == (0, "")
    told = {entry["id"]: entry["status"] for entry in json.loads(call("runs", "--json").out)}
    assert told == {"a": "damaged" if verbs in (ALL, CONFIG) else "finished", "b": "finished"}
    assert root_of(finished) != tmp_path / "runs"
