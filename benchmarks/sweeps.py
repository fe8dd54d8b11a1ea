"""What a sweep costs beyond its runs: empty cells beside plain runs, how busy the cores are, and asking 1,000 cells.

    python benchmarks/sweeps.py --cells 1000 --long 40 --seconds 1.0 --folder /tmp

An empty cell is a run of one step that computes nothing. "Slot time" is the time in which a slot is kept from other
cells: wall time of the sweep times slots, by cells. The plain runs are `launch.start` in one process, in turn with the
sweeps. Everything is flushed to the disk of FOLDER, which is most of it; --folder /dev/shm shows the rest.
"""

import argparse
import contextlib
import dataclasses
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np

from primordia.core.config import Spec
from primordia.core.experiment import Experiment, KnownResult, Paper
from primordia.core.metrics import Metric
from primordia.engine import launch, schedule
from primordia.engine.executors.local import Local
from primordia.engine.sweeps import plan as plans
from primordia.engine.sweeps import sweepfolder
from primordia.engine.sweeps.designs import Design
from primordia.engine.sweeps.driver import drive


@dataclasses.dataclass(frozen=True)
class Length:
    """How long a step takes."""

    seed: Annotated[int, Spec("the seed, which changes nothing", ge=0, source="ours")] = 0
    seconds: Annotated[float, Spec("processor time of a step", unit="seconds", ge=0, source="ours")] = 0.0


class Busy(Experiment[Length, np.ndarray]):
    """Steps of a given length that compute nothing."""

    name = "benchmarks/busy"
    version = 1
    summary = "It only keeps a core busy."
    Config = Length
    determinism = "bitwise"
    metrics: ClassVar[dict[str, Metric]] = {"steps": Metric("steps", "none", "Completed steps.")}
    source = Paper("Nothing", "nobody", 2026, "0000.00000", "It is made up.")
    presets: ClassVar[dict] = {}
    claims = ()

    def init(self, config, streams):
        """See `Experiment`."""
        return np.zeros(1)

    def step(self, config, state, streams, t):
        """See `Experiment`."""
        until = time.thread_time() + config.seconds
        while time.thread_time() < until:
            pass
        return state + 1, {}

    def measure(self, config, state, streams, t):
        """See `Experiment`."""
        return {"steps": float(state[0])}

    def known_result(self, config):
        """See `Experiment`."""
        return KnownResult(
            "a step is one step", "counting", 1.0, lambda: self.step(Length(), np.zeros(1), None, 0)[0][0]
        )


def sweep(folder, n, seconds):
    """A new sweep of `n` cells of one step."""
    made = plans.make(
        Busy(),
        Design(seeds=tuple(range(n))),
        address="sweeps:Busy",
        settings={"seconds": seconds},
        schedule={"steps": 1},
    )
    return sweepfolder.create(Path(tempfile.mkdtemp(dir=folder)), made)


def swept(there, n_slots):
    """Seconds of the sweep: wall time, processor time of driver and workers, in the loops; and what is around each."""
    ended = {}
    began, spent = time.perf_counter(), processor_seconds()
    executor = Local(n_slots, 1)
    tally = drive(there, executor, on_change=lambda seen: seen.last and ended.setdefault(seen.last.index, seen.last))
    executor.close()
    wall, spent = time.perf_counter() - began, processor_seconds() - spent
    assert tally.finished == tally.total == len(ended)
    overheads = [one.overhead for one in ended.values()]
    return wall, spent, sum(one.seconds for one in ended.values()) - sum(overheads), overheads


def processor_seconds():
    """Of this process, and of those of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def plain(folder, n):
    """Seconds that each of `n` plain runs took, and its processor seconds."""
    root, experiment, taken, spent = Path(tempfile.mkdtemp(dir=folder)), Busy(), [], []
    for seed in range(n):
        began, before = time.perf_counter(), time.process_time()
        cadence = schedule.make(experiment, {"steps": 1})
        launch.start(experiment, Length(seed=seed), cadence, root=root, address="sweeps:Busy", wrap=False)
        taken.append(time.perf_counter() - began)
        spent.append(time.process_time() - before)
    return taken, spent


def told(name, values, unit="ms", scale=1000.0):
    least, median, most = min(values), statistics.median(values), max(values)
    print(f"  {name:<58} {scale * least:8.2f} {scale * median:8.2f} {scale * most:8.2f} {unit}")


def processes(name, words, turns):
    """Wall seconds of whole processes, and their processor seconds."""
    taken, spent = [], []
    for _ in range(turns):
        began, before = time.perf_counter(), processor_seconds()
        subprocess.run([sys.executable, "-m", "primordia", *words], capture_output=True, check=True)
        taken.append(time.perf_counter() - began)
        spent.append(processor_seconds() - before)
    told(name, taken, "s", 1.0)
    told("  processor time", spent, "s", 1.0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", type=int, default=1000)
    parser.add_argument("--long", type=int, default=40, help="cells of --seconds each")
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--slots", type=int, default=2)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--folder", default=None)
    wanted = parser.parse_args()
    os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir=wanted.folder))
        print("least, median, most")
        alone, alone_spent, slot_time, wall_time, spent_time, overheads = [], [], [], [], [], []
        part = max(1, wanted.cells // wanted.turns)
        for _ in range(wanted.turns):
            taken, spent = plain(folder, part // 4 + 1)
            alone, alone_spent = alone + taken, alone_spent + spent
            wall, spent, _, overhead = swept(sweep(folder, part, 0.0), wanted.slots)
            slot_time.append(wall * wanted.slots / part)
            wall_time.append(wall / part)
            spent_time.append(spent / part)
            overheads += overhead
        told("plain run of an empty cell", alone)
        told("  processor time", alone_spent)
        told(f"empty cell of a sweep, {wanted.slots} slots: wall time", wall_time)
        told("  slot time", slot_time)
        told("  processor time of driver and workers, their start shared", spent_time)
        told("  in the slot, outside its loop", overheads)
        told("  slot time beyond a plain run", [one - statistics.median(alone) for one in slot_time])
        wall, _, inside, _ = swept(sweep(folder, wanted.long, wanted.seconds), wanted.slots)
        print(f"{wanted.long} cells of {wanted.seconds:g} s of processor time on {wanted.slots} slots: {wall:.2f} s, "
              f"{100 * inside / wall / wanted.slots:.1f} % of the slots' time in loops, "
              f"{100 * wanted.long * wanted.seconds / wall / wanted.slots:.1f} % computing")  # fmt: skip
        thousand = sweep(folder, wanted.cells, 0.0)
        swept(thousand, wanted.slots)
        asked(thousand, wanted.cells, wanted.turns)


def asked(there, n, turns):
    """What it takes to ask a finished sweep how far it is, and for its table."""
    taken = []
    for _ in range(turns):
        began = time.perf_counter()
        assert len(there.all_found()) == n
        taken.append(time.perf_counter() - began)
    told(f"what {n} folders say", taken, "s", 1.0)
    processes("primordia sweep status", ["sweep", "status", str(there.path)], turns)
    processes("primordia sweep table", ["sweep", "table", str(there.path)], turns)


if __name__ == "__main__":
    main()
