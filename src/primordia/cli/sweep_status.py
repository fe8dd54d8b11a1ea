"""`primordia sweep status`: how far a sweep is, from its folders alone, beside a driver or without one."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from pathlib import Path
from typing import Annotated, Any

import tyro

from primordia.cli import arguments, printing

SWEEP_HELP = "a sweep: its folder, its name, the beginning of its name, or 'latest'"
SweepName = Annotated[tyro.conf.Positional[str], arguments.option(SWEEP_HELP, "SWEEP")]


@dataclasses.dataclass(frozen=True)
class Status:
    """How far a sweep is: done, running, failed, left, cells per minute, time left, and why cells failed.

    Reads the folders of the runs only, so it works beside a driver and on any machine that sees them.
    """

    sweep: SweepName
    follow: Annotated[bool, arguments.option("show it again and again until nothing is left, or until Ctrl-C")] = False
    root: arguments.Root = Path("runs")
    json: arguments.Json = False


def main(argv: list[str]) -> int:
    """Print how far a sweep is."""
    wanted = arguments.parse(Status, argv, "sweep status")
    from primordia.engine.sweeps import sweepfolder

    sweep = sweepfolder.find(wanted.root, wanted.sweep)
    from primordia.cli import standings

    watch = standings.Watch(sweep, sweep.plan(), fetching=wanted.follow)
    if wanted.follow and not wanted.json:
        _follow(watch)
    elif wanted.json:
        printing.show_json(_as_json(watch))
    else:
        _print(watch, wanted.root)
    return 0


def _print(watch: Any, root: Path) -> None:
    from primordia.cli import standings
    from primordia.engine.sweeps import lock

    sweep, plan, standing = watch.sweep, watch.plan, watch.standing
    parts: list[Any] = [
        sweep.place,
        standings.described(plan),
        standings.counts(standing) + standings.pace(standing),
    ]
    parts += standings.running(plan, standing)
    parts += standings.failures(standing)
    if plan.axes:
        parts += [printing.heading("points"), standings.points(plan, standing)]
        n_points = len({cell.point for cell in plan.cells})
        if n_points > standings.MOST_POINTS:
            parts.append(f"and {n_points - standings.MOST_POINTS:,} more points; --json has every cell")
    printing.show(*parts)
    name = standings.named(sweep, root)
    if holder := lock.driver(sweep.path):
        print(f"driven on host {holder.host} by pid {holder.pid}")
    elif standing.n_left:
        print(f"nobody drives it; `primordia sweep {name}` goes on")
    if standing.failures:
        print(f"`primordia sweep retry {name}` has the failed cells tried again")


def _follow(watch: Any) -> None:
    """The panel on a terminal, elsewhere a line whenever something changed; until nothing is left."""
    from primordia.cli import standings

    with contextlib.suppress(KeyboardInterrupt):
        if not printing.on_terminal():
            said = ""
            while True:
                line = (standings.counts(watch.standing) + standings.pace(watch.standing)).plain
                if line != said:
                    print(said := line, flush=True)
                if not watch.standing.n_left:
                    return
                time.sleep(standings.PAUSE_SECONDS)
                watch.look()
        from rich.console import Console
        from rich.live import Live

        console = Console(markup=False, highlight=False, emoji=False)
        with Live(console=console, refresh_per_second=2, get_renderable=lambda: watch.draw(console)):
            while watch.standing.n_left:
                time.sleep(0.2)


def _as_json(watch: Any) -> dict[str, Any]:
    from primordia.engine.sweeps import lock

    plan, standing = watch.plan, watch.standing
    holder = lock.driver(watch.sweep.path)
    return {
        "folder": watch.sweep.place,
        "name": watch.sweep.name,
        "experiment": plan.experiment,
        "axes": list(plan.axes),
        "driver": dataclasses.asdict(holder) if holder else None,
        **standing.counts,
        "left": standing.n_left,
        "cells_per_minute": None if standing.cells_per_second is None else 60 * standing.cells_per_second,
        "seconds_left": standing.seconds_left,
        "cells": [
            {
                "index": one.cell.index, "point": one.cell.point, "settings": dict(one.cell.settings),
                "status": one.status, "step": one.step, "reason": one.reason, "attempts": one.attempts,
                "folder": str(one.folder),
            }
            for one in standing.found
        ],
    }  # fmt: skip
