"""`primordia watch`: a live page for any run."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated, Any

import tyro

from primordia.cli import arguments
from primordia.core import registry
from primordia.core.errors import BadInputError, RunFolderError, nearest
from primordia.engine import going_on, launch, lease, opening
from primordia.engine.folder import RunFolder

WHAT_HELP = "a run (its folder, its id, the beginning of its id, or 'latest') or an experiment to start; else all runs"
FOR_EXPERIMENTS = ("preset", "seed", "steps", "every", "checkpoint_every", "keep", "views_every", "stop")


@dataclasses.dataclass(frozen=True)
class Watch:
    """Show runs in a browser, while they happen or afterwards, and take part in them.

    The page is served on this machine only. The address that is printed is good once, for one browser. Runs that are
    started in the page end with the server: Ctrl-C leaves each with a checkpoint, and resume continues with the same
    bits.

    Exit codes: 0 closed, 2 bad input, 130 closed while runs were running here.
    """

    what: Annotated[tyro.conf.Positional[str], arguments.option(WHAT_HELP, "RUN or NAME")] = ""
    preset: arguments.Preset = None
    seed: arguments.Seed = None
    set: arguments.Settings = ()
    steps: arguments.Steps = None
    every: arguments.Every = None
    checkpoint_every: arguments.CheckpointEvery = None
    keep: arguments.Keep = None
    views_every: arguments.ViewsEvery = None
    stop: arguments.Stop = None
    root: arguments.Root = Path("runs")
    port: arguments.number("the port of the page (default: any free one)") = None
    read_only: Annotated[bool, arguments.option("also print an address for others, who may only look")] = False
    no_open: Annotated[bool, arguments.option("only print the address, and open no browser")] = False


def main(argv: list[str]) -> int:
    """Serve the page until Ctrl-C."""
    wanted = arguments.parse(Watch, argv, "watch")
    port = 0 if wanted.port is None else arguments.whole("port", wanted.port, 0)
    root, page, begin = _meant(wanted)
    # Only now: whoever has no server installed is still told what is wrong with the rest.
    from primordia.observatory import protocol
    from primordia.observatory.serving import server

    ended = server.serve(
        root,
        port=port,
        page=page,
        begin=protocol.Begin(0, **begin, paused=False) if begin else None,
        read_only=wanted.read_only,
        open_browser=not wanted.no_open,
        say=lambda line: print(line, flush=True),
    )
    for path in ended:
        _say_how_to_go_on(RunFolder(path), wanted.root)
    return 130 if ended else 0


def _meant(wanted: Any) -> tuple[Path, str, dict[str, Any] | None]:
    """The folder of runs, the page to show, and the run to start, of a command line."""
    given = {name: value for name in FOR_EXPERIMENTS if (value := getattr(wanted, name)) is not None}
    if wanted.what in registry.names() or ":" in wanted.what or wanted.what.endswith(".py"):
        return wanted.root, "", _start(wanted, given)
    odd = next(iter([*given, *(["set"] if wanted.set else [])]), None)
    if not wanted.what:
        if odd:
            raise BadInputError(f"{arguments.flag(odd)} is for a run that is started; name the experiment first.")
        return wanted.root, "", None
    try:
        folder = opening.find(wanted.root, wanted.what)
    except RunFolderError as error:
        raise _neither(wanted.what, wanted.root) or error from error
    if odd:
        raise BadInputError(
            f"{wanted.what} is a run, and {arguments.flag(odd)} is for one that is started; "
            f"`primordia fork {wanted.what}` changes settings."
        )
    folder.record()
    return folder.path.resolve().parents[2], f"/run/{folder.path.resolve().name}", None


def _start(wanted: Any, given: dict[str, Any]) -> dict[str, Any]:
    """A run to start, checked before anything is."""
    schedule = {name: value for name, value in given.items() if name not in ("preset", "seed")}
    settings = {**arguments.settings(wanted.set), **arguments.given(seed=wanted.seed)}
    launch.resolve(arguments.experiment(wanted.what), wanted.preset, settings, schedule)
    return {
        "experiment": wanted.what,
        "preset": wanted.preset or "",
        "settings": settings,
        "schedule": schedule,
    }


def _neither(what: str, root: Path) -> BadInputError | None:
    """Why a name is neither a run nor an experiment, with the nearest of both; None where it is a damaged run."""
    runs = [folder.path.name for folder in opening.all_folders(root)]
    if any(name.startswith(what) for name in runs) or Path(what).is_dir():
        return None
    near = nearest(what, [*registry.names(), *runs])
    hint = f"did you mean {near}?" if near else "`primordia runs` and `primordia list` say what there is."
    return BadInputError(f"There is no run and no experiment {what!r}; {hint}")


def _say_how_to_go_on(folder: RunFolder, root: Path) -> None:
    # As it is now: one that was stopped at once never wrote down that it ended.
    status, step = lease.status(folder), int(folder.record()["step"])
    print(f"{folder.path.name}: {status} at {step:,}; {going_on.go_on(folder, status, step, root)}")
