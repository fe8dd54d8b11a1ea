"""`primordia sweep`: many runs of one plan, begun or gone on with; and the verbs that ask about it."""

from __future__ import annotations

import dataclasses
import importlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from primordia.cli import arguments, printing
from primordia.core.errors import BadInputError, ConfigError, UnknownNameError

if TYPE_CHECKING:
    from primordia.engine.executors.executor import Executor
    from primordia.engine.sweeps.cells import Budget
    from primordia.engine.sweeps.plan import Plan
    from primordia.engine.sweeps.sweepfolder import SweepFolder

VERBS = ("status", "retry", "add", "table", "plot", "stats", "report")
EXECUTORS = ("local", "ray")
SCHEDULE = ("steps", "every", "checkpoint_every", "keep", "views_every", "stop")
DESIGNED = ("preset", "seeds", "repeats", "set", "design", "samples", "design_seed", *SCHEDULE, "name")
BUDGETED = ("cell_seconds", "cell_memory")
WHAT_HELP = "an experiment; or a TOML file with these options as keys; or a sweep that goes on: its name or folder"
SET_HELP = "a setting: KEY=VALUE, KEY=V1,V2,…, KEY=LOW..HIGH or KEY=log:LOW..HIGH; repeat it to list texts with commas"

What = Annotated[tyro.conf.Positional[str], arguments.option(WHAT_HELP, "NAME")]
Settings = Annotated[
    tyro.conf.UseAppendAction[tuple[str, ...]], arguments.option(SET_HELP, "KEY=VALUES")
]  # fmt: skip
Seeds = arguments.words("seeds that every point is run with: 0:64 (0 to 63), 0,3,5, or 7", "SEEDS")
Samples = arguments.number("points that a random or Sobol design draws")


@dataclasses.dataclass(frozen=True)
class Sweep:
    """Run an experiment over seeds and settings; the same command again goes on, whoever died.

    A sweep is a folder of ordinary run folders and their plan, ROOT/sweeps/NAME, which is the first line printed. What
    is finished is never run again; what failed waits for `sweep retry`. Ctrl-C ends in order with checkpoints, a
    second one stops at once.

    Sweeps have verbs of their own: primordia sweep status, retry, add, table, plot, stats, report.

    Exit codes: 0 all cells finished, 1 some failed, 2 bad input, 130 interrupted, or out of time.
    """

    what: What
    preset: arguments.Preset = None
    seeds: Seeds = None
    repeats: arguments.number("instead of --seeds: so many, from 0 on") = None
    set: Settings = ()
    design: arguments.words("grid (default): all listed values combined; random; sobol: evenly spread", "KIND") = None
    samples: Samples = None
    design_seed: arguments.number("the seed of a design's draws (default: 0)") = None
    steps: arguments.Steps = None
    every: arguments.Every = None
    checkpoint_every: arguments.CheckpointEvery = None
    keep: arguments.Keep = None
    views_every: arguments.ViewsEvery = None
    stop: arguments.Stop = None
    cell_seconds: arguments.number("seconds that a cell may take; one that takes more counts as failed") = None
    cell_memory: arguments.number("MiB of memory that a cell may take; one that takes more counts as failed") = None
    within: arguments.number("seconds after which no cell is begun and those under way are interrupted") = None
    jobs: arguments.number("cells at a time (default: one for each core)") = None
    threads: arguments.number("threads of one cell (default: the cores are shared out)") = None
    on: arguments.words("what computes the cells: local (default), processes of this machine; or ray", "EXECUTOR") = (
        None
    )
    address: arguments.words("of a Ray cluster; without it one is started on this machine", "ADDRESS") = None
    name: arguments.words("of the sweep's folder (default: made of the experiment and the design)", "NAME") = None
    root: arguments.words("where runs are kept (default: runs)", "FOLDER") = None
    quiet: arguments.Quiet = False
    json: arguments.Json = False


def main(argv: list[str]) -> int:
    """Begin a sweep, go on with it, or hand over to one of its verbs."""
    if argv and argv[0] in VERBS:
        code: int = importlib.import_module(f"primordia.cli.sweep_{argv[0]}").main(argv[1:])
        return code
    if len(argv) > 1 and not argv[1].startswith("-") and re.fullmatch(r"[a-z]+", argv[0]):
        raise UnknownNameError("verb of sweep", argv[0], VERBS)
    wanted = arguments.parse(Sweep, argv, "sweep")
    options = _options(wanted)
    root = Path(options.get("root", "runs"))
    from primordia.cli import sweeping
    from primordia.engine.sweeps import asked, sweepfolder

    there = _going_on(options, root)
    plan = None if there else _planned(options)
    within = asked.number("within", options.get("within"))
    # Before anything is written: it may refuse what it is asked for.
    executor = _executor(options)
    try:
        sweep = there or sweepfolder.create(root, plan, options.get("name"))
        if there and any(key in options for key in BUDGETED):
            there.allow(_budget(options, there))
    except BaseException:
        executor.close()
        raise
    return sweeping.drive(
        sweep,
        executor,
        within=within,
        command=arguments.command("sweep", argv),
        root=root,
        quiet=wanted.quiet,
        as_json=wanted.json,
    )


def values(pairs: tuple[str, ...]) -> dict[str, Any]:
    """The values of --set by key; of a key that is repeated, a list. A value that begins with @ is a file's text."""
    found: dict[str, Any] = {}
    for pair in pairs:
        for key, value in arguments.settings([pair]).items():
            found[key] = value if key not in found else [*_listed(found[key]), *_listed(value)]
    return found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _options(wanted: Sweep) -> dict[str, Any]:
    """The options that were given, by field: those of the command line before those of a TOML file."""
    given = {
        field.name: value
        for field in dataclasses.fields(wanted)
        if (value := getattr(wanted, field.name)) is not None and field.name not in ("set", "quiet", "json")
    }
    settings = values(wanted.set)
    if not wanted.what.endswith(".toml"):
        return {**given, **({"set": settings} if settings else {})}
    from primordia.engine.sweeps import tomlfile

    told = tomlfile.read(Path(wanted.what))
    both = {**told.get("set", {}), **settings}
    return {**told, **given, "what": told["experiment"], "set": both}


def _going_on(options: dict[str, Any], root: Path) -> SweepFolder | None:
    """The sweep that is named; None where an experiment is named.

    Raises:
        RunFolderError: there is no such sweep.
        BadInputError: it is named with options that its plan has.
    """
    from primordia.core import registry
    from primordia.engine.sweeps import sweepfolder

    what = options["what"]
    if what in registry.names() or (("/" in what or ":" in what) and not Path(what).is_dir()):
        return None
    sweep = sweepfolder.find(root, what)
    for key in DESIGNED:
        if options.get(key):
            raise BadInputError(f"The sweep {sweep.name} goes on as it was planned, and {arguments.flag(key)} would "
                                f"change that; leave it out, or use primordia sweep add {what}.")  # fmt: skip
    return sweep


def _budget(options: dict[str, Any], there: SweepFolder) -> Budget:
    """That of a sweep, with what is given in place of what it has."""
    from primordia.engine.sweeps import asked

    given = asked.Asked(**{key: options[key] for key in BUDGETED if key in options}).budget
    return dataclasses.replace(
        there.plan().budget, **{key: value for key, value in dataclasses.asdict(given).items() if value is not None}
    )


def _planned(options: dict[str, Any]) -> Plan:
    """The plan that is asked for; writes nothing."""
    from primordia.engine.sweeps import asked

    experiment = arguments.experiment(options["what"])
    wanted = asked.Asked(
        settings=options.get("set", {}),
        schedule={key: options[key] for key in SCHEDULE if key in options},
        **{key: options[key] for key in ("preset", "seeds", "repeats", "design", "samples", "design_seed", *BUDGETED)
           if key in options},
    )  # fmt: skip
    return asked.plan_of(experiment, wanted, address=options["what"])


def _executor(options: dict[str, Any]) -> Executor:
    """What computes the cells.

    Raises:
        UnknownNameError: there is no such executor.
        ConfigError: it cannot be had as it is asked for.
    """
    from primordia.engine.sweeps import asked

    on = options.get("on", "local")
    if on not in EXECUTORS:
        raise UnknownNameError("executor", on, EXECUTORS)
    n_slots, n_threads = (asked.number(name, options.get(name)) for name in ("jobs", "threads"))
    if on == "ray":
        from primordia.engine.executors.cluster import Cluster

        return Cluster(options.get("address"), n_slots, n_threads, notice=printing.notice)
    if options.get("address"):
        raise ConfigError(f"--address {options['address']} is that of a Ray cluster; give --on ray too.")
    from primordia.engine.executors.local import Local

    return Local(n_slots, n_threads)
