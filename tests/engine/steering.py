"""Steering a run from a second thread: to a step, where something is done to it, and on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from primordia.core import config as configs
from primordia.engine import interventions, launch, schedule
from primordia.engine.folder import RunFolder
from primordia.engine.helm import Helm
from primordia.engine.observer import Outcome
from primordia.engine.ring import Instant
from runs import SHORT
from walk import Walk

PATIENCE_SECONDS = 120.0

Plan = Sequence[tuple[int, str, dict[str, Any]]]
"""What is done to a run: (after how many steps, which intervention, its arguments), in that order."""


def until(holds: Callable[[], bool]) -> None:
    """Wait for another thread."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < ends, "the other thread did not get there"
        time.sleep(0.0005)


def go_to(helm: Helm, t: int) -> None:
    """Let a paused run go on to `t` completed steps and wait there, with all of them on disk."""
    newest = stopped(helm)
    if t > newest.t:
        helm.step(t - newest.t)
        newest = stopped(helm)
    assert newest.t == t, f"the run is at {newest.t} and not at {t}: {helm.mode} {helm.why}"


def stopped(helm: Helm) -> Instant:
    """Where a run is once it is paused or over."""
    until(lambda: helm.mode in ("paused", "over"))
    newest = helm.ring.newest()
    assert newest is not None, f"the run never began: {helm.why}"
    return newest


def follow(helm: Helm, plan: Plan) -> None:
    """Do to a paused run what is planned, and let it go on to its end."""
    for t, name, arguments in plan:
        go_to(helm, t)
        helm.intervene(name, arguments)
    helm.play()


def steered(call: Callable[[Helm], Outcome], plan: Plan) -> Outcome:
    """What comes of a call of the engine to which this is done."""
    helm = Helm(paused=True)
    return steered_by(helm, lambda: follow(helm, plan), lambda: call(helm))


def steered_by(helm: Helm, order: Callable[[], None], call: Callable[[], Outcome]) -> Outcome:
    """What comes of a call of the engine, in this thread, while another gives orders."""
    failures: list[BaseException] = []

    def ordering() -> None:
        try:
            order()
        except BaseException as error:
            failures.append(error)
            helm.leave("the orders failed")

    thread = threading.Thread(target=ordering, daemon=True)
    thread.start()
    outcome = call()
    thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive()
    for failure in failures:
        raise failure
    return outcome


def start(root: Path, helm: Helm, experiment: Walk | None = None, **changes: Any) -> Outcome:
    """Run a walk with somebody at the helm; `changes` are settings or schedule values."""
    walk = experiment or Walk()
    known = configs.fields(walk.Config)
    settings = {name: value for name, value in changes.items() if name in known}
    cadence = {**SHORT, **{name: value for name, value in changes.items() if name not in known}}
    config, plan = configs.override(walk.Config(), settings), schedule.make(walk, cadence)
    address = f"{type(walk).__module__}:{type(walk).__qualname__}"
    return launch.start(walk, config, plan, root=root, address=address, helm=helm)


def go_on(folder: RunFolder, plan: Plan) -> Outcome:
    """Resume a run and do what is left of the plan."""
    done = len(interventions.recorded(folder))
    return steered(lambda helm: launch.resume(folder, helm=helm), plan[done:])
