"""Kills a run at each thing it does to its folder, one after the other: `dying.py ROOT STRIDE`, prints a JSON report.

Whenever the process opens, renames, makes, cuts or removes something below its root, and in the middle of each line and
file it writes, a forked copy is killed there with SIGKILL. Each is then resumed and compared with a run that was never
stopped; then the resumption of one of them is killed at each of its own operations, and resumed again; then a fork of
the whole run is killed likewise; then a run to which something is done on the way.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import steering

from primordia.core.metrics import Transition
from primordia.engine import durable, environment, interventions, launch, lease, opening, wrapping
from primordia.engine.folder import RunFolder
from primordia.engine.journal import Journal
from runs import assert_same, start, transitions
from walk import Walk

WATCHED = ("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.truncate")
PLAN: steering.Plan = [
    (0, "put", {"site": 9}),
    (5, "set", {"settings": {"p_move": 0.75}}),
    (5, "put", {"site": 3, "shift": 2}),
    (7, "put", {"site": 1}),
]
SEED = 5  # With this one what is done does not end the run before its time.
SCHEDULE = {"steps": 13, "every": 4, "checkpoint_every": 5, "keep": 1, "stop": "known+2", "n_sites": 16}


class Terse(Walk):
    """A walk that finds only one thing, so that each kind of file is written, and none very often.

    One transition shows at the first row, two at a later one, and the run stops between two rows, where a checkpoint
    is due.
    """

    name = "tests/terse"
    transitions: ClassVar[dict[str, Transition]] = {
        "begun": Transition("coverage", 0.0, "Always."),
        "known": Walk.transitions["known"],
        "found": Transition("coverage", 0.9, "The same."),
    }

    def findings(self, *arguments: Any) -> Any:
        return super().findings(*arguments)[:1]


class Executioner:
    """Counts what the process does below `root` and kills it at number `n`."""

    def __init__(self, root: Path, n: int) -> None:
        self.root, self.n, self.count = str(root), n, 0
        sys.addaudithook(self._hear)
        append, write = Journal.append, durable.write

        def torn_append(journal: Journal, entry: Any) -> None:
            if self.due():
                with journal.path.open("ab") as file:
                    file.write((json.dumps(entry) + "\n").encode()[:-7])
                self.kill()
            append(journal, entry)

        def torn_write(path: Path, content: bytes, **settings: Any) -> None:
            if self.due():
                path.with_name(f".{path.name}.{os.getpid()}").write_bytes(content[: len(content) // 2])
                self.kill()
            write(path, content, **settings)

        Journal.append, durable.write = torn_append, torn_write  # type: ignore[method-assign, assignment]

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in WATCHED and str(arguments[0]).startswith(self.root) and self.due():
            self.kill()

    def due(self) -> bool:
        self.count += 1
        return self.count == self.n

    def kill(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


def dies(root: Path, n: int, call: Callable[[], Any]) -> bool:
    """Whether a copy of this process that makes the call died at its operation number `n`."""
    child = os.fork()
    if child == 0:
        code = 1
        with contextlib.suppress(BaseException):
            Executioner(root, n)
            call()
            code = 0
        os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.WEXITSTATUS(status) == 0, f"the run failed by itself at {n}"
    return False


def killed_everywhere(
    root: Path, call: Callable[[Path], Any], prepare: Callable[[Path], Any], stride: int
) -> Iterator[Path]:
    """The folders of runs that were killed at their first operation, at one `stride` later …, until one ends."""
    n = 1
    while True:
        place = root / str(n)
        prepare(place)
        if not dies(place, n, lambda place=place: call(place)):  # type: ignore[misc]
            return
        yield place
        n += stride


def finish(
    place: Path,
    whole: RunFolder,
    begin: Callable[[Path], Any],
    resume: Callable[[RunFolder], Any] = launch.resume,
) -> str:
    """Resume what died, or begin where nothing was begun, and compare."""
    found = opening.all_folders(place)
    if not found:
        begin(place)
        (folder,) = opening.all_folders(place)
        assert_same(folder, whole)
        return "nothing"
    (folder,) = found
    status = folder.record()["status"]
    if status != "finished":
        assert lease.status(folder) == "died"
        folder.metrics.read()
        resume(folder)
    assert_same(folder, whole)
    assert done_to(folder) == done_to(whole)
    return str(status)


def done_to(folder: RunFolder) -> list[tuple[Any, ...]]:
    """The interventions among a run's events."""
    return [(event["step"], event["name"], event["arguments"]) for event in interventions.recorded(folder)]


def begin(place: Path) -> None:
    start(place, Terse, **SCHEDULE)


def begin_steered(place: Path) -> None:
    steering.steered(lambda helm: steering.start(place, helm, Terse(), **SCHEDULE, seed=SEED), PLAN)


def main(root: Path, stride: int) -> None:
    os.fsync = lambda handle: None  # Nobody cuts the power here.
    wrapping.wrap_up = lambda run, outcome: None
    environment.describe = lambda: {}
    begin(root / "whole")
    (whole,) = opening.all_folders(root / "whole")
    assert all(set(row) == {"step", *Terse.metrics} for row in whole.metrics.read())
    assert len(transitions(whole)) == 3
    statuses: list[str] = []
    middle = root / "middle"
    for place in killed_everywhere(root / "first", begin, lambda place: place.mkdir(parents=True), stride):
        found = opening.all_folders(place)
        if found and len(found[0].metrics.read()) == 3 and not middle.exists():
            shutil.copytree(place, middle)
        statuses.append(finish(place, whole, begin))
        shutil.rmtree(place)
    again: list[str] = []
    for place in killed_everywhere(
        root / "second",
        lambda place: launch.resume(opening.all_folders(place)[0]),
        lambda place: shutil.copytree(middle, place),
        stride,
    ):
        again.append(finish(place, whole, begin))
        shutil.rmtree(place)

    def branch(place: Path) -> None:
        """Its first row shows a transition, since the parent's last row before was at step 4."""
        launch.fork(whole, 7, {}, {"stop": "known+1"}, root=place)

    branch(root / "child")
    (child,) = opening.all_folders(root / "child")
    forked: list[str] = []
    for place in killed_everywhere(root / "third", branch, lambda place: place.mkdir(parents=True), stride):
        forked.append(finish(place, child, branch))
        shutil.rmtree(place)
    begin_steered(root / "steered")
    (changed,) = opening.all_folders(root / "steered")
    assert len(done_to(changed)) == len(PLAN)
    steered: list[str] = []
    for place in killed_everywhere(root / "fourth", begin_steered, lambda place: place.mkdir(parents=True), stride):
        steered.append(finish(place, changed, begin_steered, lambda folder: steering.go_on(folder, PLAN)))
        shutil.rmtree(place)
    report = {"first": statuses, "again": again, "forked": forked, "steered": steered}
    report["transitions"] = transitions(child)
    print(json.dumps({**report, "rows": [row["step"] for row in whole.metrics.read()]}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
