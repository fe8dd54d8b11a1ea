"""An archipelago on Ray actors of this machine: epochs a second and bytes that travel, measured and predicted.

    python benchmarks/fleet.py [--actors 1x1 1x2 2x1 4x1] [--seconds 3] [--turns 3]

The constants of the model are measured first (`fleet_costs`), on small pieces: none of them is fitted to what is
predicted (`fleet_model`). The courses follow each other, because a process has one Ray at a time; each shares the cores
of this machine as it would on a run. See docs/scale-soups.md for what came of it.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import statistics
import time
from typing import Any

from fleet_costs import costs, middle, n_cores
from fleet_model import ADDRESS, Costs, Machines, config_of, predicted
from primordia.core import registry, threads
from primordia.core.streams import Streams
from primordia.engine import allocation
from primordia.engine.fleet.actors import Actors
from primordia.engine.fleet.fleet import Fleet
from primordia.engine.fleet.places import Here

CASES = (
    {"n_programs": 2**17, "n_islands": 8, "exchange_every": 16, "exchange_share": 1 / 64},
    {"n_programs": 2**17, "n_islands": 8, "exchange_every": 4, "exchange_share": 1 / 4},
    {"n_programs": 2**17, "n_islands": 8, "exchange_every": 1, "exchange_share": 1.0},
    {"n_programs": 2**19, "n_islands": 16, "exchange_every": 16, "exchange_share": 1 / 8},
)


class OneProcess:
    """The same in this process, as `primordia run` without actors does it."""

    def __init__(self, config: Any) -> None:
        self.config, self.t, self.streams = config, 0, Streams(0)
        self.experiment = registry.load(ADDRESS)
        self.state = self.experiment.init(config, self.streams)

    def advance(self, n: int) -> None:
        """So many epochs."""
        threads.limit(None)
        self.state, _ = self.experiment.advance(self.config, self.state, self.streams, self.t, n)
        self.t += n


class OnActors:
    """On n actors of so many threads."""

    def __init__(self, config: Any, n: int, n_threads: int) -> None:
        self.config = config
        self.place = Actors(n, n_threads=n_threads)
        self.fleet = Fleet(ADDRESS, registry.load(ADDRESS), self.place)
        self.fleet.begin(config)

    def advance(self, n: int) -> None:
        """So many epochs."""
        self.fleet.advance(self.config, self.fleet.t, n)


def in_one_thread(config: Any, cost: Costs) -> str:
    """The shards without actors, in one thread: the model without its messages."""
    threads.limit(1)
    fleet, k = Fleet(ADDRESS, registry.load(ADDRESS), Here(1)), config.exchange_every
    fleet.begin(config)
    fleet.advance(config, 0, k)
    seconds = middle(lambda: fleet.advance(config, fleet.t, 2 * k), 5) / (2 * k)
    model = predicted(config, Machines(1, 1, 1), dataclasses.replace(cost, ask=0.0, promise=0.0))
    return f"one thread | {1 / seconds:.1f} | {1 / model.epoch:.1f} | {seconds / model.epoch - 1:+.0%} |"


def timed(course: OneProcess | OnActors, config: Any, seconds: float, turns: int) -> list[float]:
    """Seconds of an epoch in each turn; whole rounds of exchanges, from an exchange on."""
    k = config.exchange_every
    course.advance(k)
    begin = time.perf_counter()
    course.advance(k)
    rounds = max(1, round(seconds / (time.perf_counter() - begin)))
    found = []
    for _ in range(turns):
        begin = time.perf_counter()
        course.advance(rounds * k)
        found.append((time.perf_counter() - begin) / (rounds * k))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--actors", nargs="+", default=["1x1", "1x2", "2x1", "4x1"], help="how many x threads of each")
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--turns", type=int, default=3)
    wanted = parser.parse_args()
    allocation.keep()  # As actors do.
    print(f"{n_cores()} cores, load {os.getloadavg()[0]:.1f} before the start")
    cost = costs()
    for name, value in dataclasses.asdict(cost).items():
        print(f"{name:12} {value * 1e9:12.3f} ns")
    print(
        "programs | islands | k | share | actors | epochs/s (least to most) | predicted | by | MB/exchange (predicted)"
    )
    for settings in CASES:
        config = config_of(settings)
        told = f"{config.n_programs} | {config.n_islands} | {config.exchange_every} | {config.exchange_share:g}"
        alone = timed(OneProcess(config), config, wanted.seconds, wanted.turns)
        print(f"{told} | {in_one_thread(config, cost)}", flush=True)
        print(f"{told} | one process | {spread(alone)} | | |", flush=True)
        for course_name in wanted.actors:
            n, n_threads = map(int, course_name.split("x"))
            course = OnActors(config, n, n_threads)
            try:
                times = timed(course, config, wanted.seconds, wanted.turns)
                sent = course.fleet.n_bytes_sent() / (-(-course.fleet.t // config.exchange_every))
            finally:
                course.place.close()
            cores = n_cores()
            model = predicted(config, Machines(n, min(cores, n * n_threads), min(cores, n)), cost)
            off = model.epoch / statistics.median(times) - 1
            said = f"{n} x {n_threads} | {spread(times)} | {1 / model.epoch:.1f} | {-off / (1 + off):+.0%}"
            print(f"{told} | {said} | {sent / 1e6:.2f} ({model.sent / 1e6:.2f})", flush=True)
    print(f"load {os.getloadavg()[0]:.1f} at the end")


def spread(times: list[float]) -> str:
    return f"{1 / statistics.median(times):.1f} ({1 / max(times):.1f} to {1 / min(times):.1f})"


if __name__ == "__main__":
    main()
