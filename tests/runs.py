"""Starting walks and comparing what runs left behind."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from primordia.core import config as configs
from primordia.engine import launch, schedule
from primordia.engine.folder import RunFolder
from primordia.engine.observer import Outcome
from walk import Walk

TESTS = Path(__file__).parent
# For processes of their own: they find the walk, and waste no time on threads of a library that they do not use.
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS / "engine"), os.environ.get("PYTHONPATH", "")]),
    "OPENBLAS_NUM_THREADS": "1",
}
SHORT = {"steps": 40, "every": 4, "checkpoint_every": 10}


def start(root: Path, kind: type[Walk] = Walk, seed: int = 0, observer: Any = None, **changes: Any) -> Outcome:
    """Run a walk; `changes` are settings or schedule values."""
    known = configs.fields(kind.Config)
    settings = {name: value for name, value in changes.items() if name in known}
    cadence = {**SHORT, **{name: value for name, value in changes.items() if name not in known}}
    experiment = kind()
    return launch.start(
        experiment,
        configs.override(kind.Config(), {"seed": seed, **settings}),
        schedule.make(experiment, cadence),
        root=root,
        address=f"{kind.__module__}:{kind.__qualname__}",
        observer=observer,
    )


def leavings(folder: RunFolder, *, only_last: bool = False) -> dict[str, bytes]:
    """Everything that must be the same for every way through a run: rows, checkpoints, pictures and findings.

    An interruption adds a checkpoint where it happened; `only_last` looks at the last one alone.
    """
    found = sorted(folder.checkpoints.glob("step_*"))
    parts = [*folder.views.rglob("*"), *folder.artefacts.rglob("step_*/*")]
    parts += [path for checkpoint in (found[-1:] if only_last else found) for path in checkpoint.iterdir()]
    parts += [folder.path / "metrics.jsonl"]
    return {str(path.relative_to(folder.path)): path.read_bytes() for path in parts if path.is_file()}


def scraps(folder: RunFolder) -> list[str]:
    """What a finished run must not leave behind: files half written or half deleted."""
    return sorted(str(path.relative_to(folder.path)) for path in folder.path.rglob(".*"))


def transitions(folder: RunFolder) -> list[tuple[Any, ...]]:
    """The transitions in a run's events: (name, step, value)."""
    events: list[Mapping[str, Any]] = folder.events.read()
    return [(event["name"], event["step"], event["value"]) for event in events if event["event"] == "transition"]


def assert_same(one: RunFolder, two: RunFolder, *, only_last: bool = False) -> None:
    """Two finished runs left the same."""
    first, second = leavings(one, only_last=only_last), leavings(two, only_last=only_last)
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []
    assert transitions(one) == transitions(two)
    assert scraps(one) == scraps(two) == []
