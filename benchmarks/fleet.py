"""An archipelago on Ray actors of this machine: epochs a second and bytes that travel, measured and predicted.

    python benchmarks/fleet.py [--actors 1 2 4] [--seconds 3] [--turns 3]
    python benchmarks/fleet.py --paper

The constants of the model are measured first, each by itself and on a small piece: none of them is fitted to what is
predicted. Actors and the run in one process take turns, and share the cores of this machine as they would on a run. See
docs/scale-soups.md for what the model says.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from primordia.core import config as configs
from primordia.core import registry, threads
from primordia.core.streams import Streams
from primordia.engine.fleet.actors import Actors
from primordia.engine.fleet.fleet import Fleet
from primordia.engine.fleet.places import Here, Place
from primordia.life.archipelago.islands import Island
from primordia.life.worlds.archipelago import deal

ADDRESS = "life/archipelago"
CASES = (
    {"n_programs": 2**17, "n_islands": 8, "exchange_every": 16, "exchange_share": 1 / 64},
    {"n_programs": 2**17, "n_islands": 8, "exchange_every": 4, "exchange_share": 1 / 4},
    {"n_programs": 2**17, "n_islands": 8, "exchange_every": 1, "exchange_share": 1.0},
    {"n_programs": 2**19, "n_islands": 16, "exchange_every": 16, "exchange_share": 1 / 8},
)
PIECE = {"n_programs": 2**14, "n_islands": 1, "exchange_every": 16, "exchange_share": 0.0}
WARM = 4
"""Epochs before anything is timed; young soups, which are the cheapest there are."""


@dataclasses.dataclass(frozen=True)
class Costs:
    """Seconds: what a model needs to know of a machine.

    Args:
        interaction: of a core for a pair in an epoch alone, its place in the order included.
        place: of a core for the order of an island, for each of its programs.
        deal: of a core for each of those who travel, to draw where they go.
        scan: of a core for each of those who travel, to look whether an island has to do with them; twice an island.
        byte: of a core for a byte of memory that is copied.
        transfer: of a core for a byte that goes from one actor to another on this machine.
        call: of a core for a method of an island, whatever its size; three in an exchange, one in the epochs between.
        ask: of this machine for asking an actor, three times in an exchange and once for the epochs between.
        promise: of this machine for what one actor sends another, twice in an exchange.
    """

    interaction: float
    place: float
    deal: float
    scan: float
    byte: float
    transfer: float
    call: float
    ask: float
    promise: float


def config_of(settings: dict[str, Any]) -> Any:
    experiment = registry.load(ADDRESS)
    return configs.override(experiment.Config(), settings)


def least(what: Callable[[], Any], turns: int = 5, clock: Callable[[], float] = time.process_time) -> float:
    """Seconds that a call takes when nothing is in its way; of this process, unless by another clock."""
    found = []
    for _ in range(turns):
        begin = clock()
        what()
        found.append(clock() - begin)
    return min(found)


def costs() -> Costs:
    """Measure the constants; half a minute."""
    threads.limit(1)
    piece, streams = config_of(PIECE), Streams(0)
    sharding = registry.load(ADDRESS).sharding
    assert sharding is not None
    part = sharding.alone(piece, sharding.begin(piece, streams, 0), streams, 0, 0, WARM)[0]
    alone = least(lambda: sharding.alone(piece, part, streams, 0, WARM, 16)) / 16
    place = least(lambda: Island(piece, 0, 0).order(5))
    dealt = deal(0, 5, 2**20, 1, 2**20)
    block = np.zeros(2**24, np.uint8)
    call, ask, promise = messages()
    return Costs(
        interaction=alone / (piece.n_programs / 2),
        place=place / piece.n_programs,
        deal=least(lambda: deal(0, 5, 2**17, 1, 2**17)) / 2**17,
        scan=least(lambda: np.flatnonzero((dealt >= 5) & (dealt < 2**16))) / 2**20,
        byte=least(lambda: block.copy()) / block.nbytes,
        transfer=transfer(),
        call=call,
        ask=ask,
        promise=promise,
    )


def messages() -> tuple[float, float, float]:
    """`Costs.call`, `ask` and `promise`: of tiny exchanges in this process, between two actors and between four."""
    tiny = config_of({"n_programs": 64, "n_islands": 8, "exchange_every": 1, "exchange_share": 1.0})

    def exchange(place: Place) -> float:
        fleet = Fleet(ADDRESS, registry.load(ADDRESS), place)
        try:
            fleet.begin(tiny)
            fleet.advance(tiny, 0, 20)
            return least(lambda: fleet.advance(tiny, fleet.t, 50), 5, time.perf_counter) / 50
        finally:
            place.close()

    call = exchange(Here(1)) / (3 * tiny.n_islands)
    two, four = (exchange(Actors(n, n_threads=1)) - 3 * tiny.n_islands * call / min(threads_here(), n) for n in (2, 4))
    # Two have 6 asks and 8 parcels, four have 12 and 32.
    promise = max(0.0, (four - 2 * two) / 16)
    return call, (two - 8 * promise) / 6, promise


def transfer() -> float:
    """`Costs.transfer`: a large block against a small one, from an actor to another."""
    place = Actors(1)
    ray = place._ray

    @ray.remote(num_cpus=0)
    class Post:
        def give(self, n: int) -> Any:
            return np.ones(n, np.uint8)

        def take(self, given: Any) -> int:
            return int(given[::4096].sum())

    try:
        one, other = Post.remote(), Post.remote()

        def carry(n: int) -> float:
            return least(lambda: ray.get(other.take.remote(one.give.remote(n))), 7, time.perf_counter)

        carry(2**24)
        return (carry(2**24) - carry(2**12)) / 2**24
    finally:
        place.close()


@dataclasses.dataclass(frozen=True)
class Machines:
    """Where the actors are.

    Args:
        n_actors: how many.
        busy: cores that kernels have, all actors together.
        single: actors that compute at a time in those parts that use one thread.
    """

    n_actors: int
    busy: int
    single: int


@dataclasses.dataclass(frozen=True)
class Prediction:
    """What the model says.

    Args:
        computing: seconds of an epoch for the interactions.
        exchange: seconds of an exchange besides.
        epoch: seconds of an epoch, its share of an exchange included.
        sent: bytes of an exchange from actor to actor.
    """

    computing: float
    exchange: float
    epoch: float
    sent: float


def predicted(config: Any, where: Machines, cost: Costs) -> Prediction:
    """The model: see docs/scale-soups.md."""
    n, n_programs, n_islands = where.n_actors, config.n_programs, config.n_islands
    travelling = n_islands * 2 * round(config.exchange_share * (n_programs // n_islands) / 2)
    sent = 2 * travelling * (1 - 1 / n) * config.tape_length
    computing = n_programs / 2 * cost.interaction / where.busy
    single = (
        2 * n_programs * cost.place
        + n * travelling * cost.deal
        + 3 * n_islands * travelling * cost.scan
        + (2 * n_programs + 6 * travelling) * config.tape_length * cost.byte
        + sent * cost.transfer
        + 3 * n_islands * cost.call
    )
    exchange = single / where.single + 3 * n * cost.ask + 2 * n * n * cost.promise
    between = n_islands * cost.call / where.single + n * cost.ask if config.exchange_every > 1 else 0.0
    return Prediction(computing, exchange, computing + (exchange + between) / config.exchange_every, sent)


def paper() -> None:
    """What the model says of clusters that nobody has tried: one actor a machine, of 64 cores and 25 Gbit/s."""
    cost = Costs(250e-9, 5e-9, 20e-9, 1.8e-9, 0.08e-9, 1 / 3.1e9, 1e-4, 6e-4, 7.5e-5)
    print("programs | machines | islands | k | share | GiB a machine | s computing | s exchange | s an epoch | GB sent")
    for power, n, n_islands, k, share in (
        (30, 16, 16, 16, 1 / 64),
        (30, 16, 1024, 16, 1 / 64),
        (30, 16, 16, 1, 1 / 64),
        (36, 256, 256, 16, 1 / 1024),
        (36, 256, 256, 16, 1 / 64),
        (36, 64, 64, 64, 1 / 1024),
    ):
        settings = {"n_programs": 2**power, "n_islands": n_islands, "exchange_every": k, "exchange_share": share}
        config = config_of(settings)
        said = predicted(config, Machines(n, 64 * n, n), cost)
        island, travelling = config.n_programs // n_islands, share * config.n_programs
        # The soup; one island more while it computes; the shuffle of all who travel; and those of here, three times.
        room = (config.n_programs / n + island) * 64 + 8 * travelling + 3 * 64 * travelling / n
        times = f"{said.computing:.2f} | {said.exchange:.2f} | {said.epoch:.2f} | {said.sent / 1e9:.1f}"
        print(f"2^{power} | {n} | {n_islands} | {k} | 1/{round(1 / share)} | {room / 2**30:.1f} | {times}")


def threads_here() -> int:
    return len(os.sched_getaffinity(0))


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
    """On n actors, which share the cores."""

    def __init__(self, config: Any, n: int) -> None:
        self.config, self.n_threads = config, max(1, threads_here() // n)
        self.place = Actors(n, n_threads=self.n_threads)
        self.fleet = Fleet(ADDRESS, registry.load(ADDRESS), self.place)
        self.fleet.begin(config)

    def advance(self, n: int) -> None:
        """So many epochs."""
        self.fleet.advance(self.config, self.fleet.t, n)


def in_one_thread(config: Any, cost: Costs) -> str:
    """The shards without actors, in one thread, by the clock of this process: the model without its messages.

    That clock hardly notices what else the machine does.
    """
    threads.limit(1)
    fleet, k = Fleet(ADDRESS, registry.load(ADDRESS), Here(1)), config.exchange_every
    fleet.begin(config)
    fleet.advance(config, 0, k)
    seconds = least(lambda: fleet.advance(config, fleet.t, 2 * k), 3) / (2 * k)
    model = predicted(config, Machines(1, 1, 1), dataclasses.replace(cost, transfer=0.0, ask=0.0, promise=0.0))
    return f"one thread, CPU time | {1 / seconds:.1f} | {1 / model.epoch:.1f} | {seconds / model.epoch - 1:+.0%} |"


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
    parser.add_argument("--actors", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--paper", action="store_true", help="only what the model says of large clusters")
    wanted = parser.parse_args()
    if wanted.paper:
        paper()
        return
    print(f"{threads_here()} cores, load {os.getloadavg()[0]:.1f} before the start")
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
        for n in wanted.actors:
            course = OnActors(config, n)
            try:
                times = timed(course, config, wanted.seconds, wanted.turns)
                sent = course.fleet.n_bytes_sent() / (-(-course.fleet.t // config.exchange_every))
            finally:
                course.place.close()
            cores = threads_here()
            model = predicted(config, Machines(n, min(cores, n * course.n_threads), min(cores, n)), cost)
            off = model.epoch / statistics.median(times) - 1
            said = f"{n} x {course.n_threads} | {spread(times)} | {1 / model.epoch:.1f} | {-off / (1 + off):+.0%}"
            print(f"{told} | {said} | {sent / 1e6:.2f} ({model.sent / 1e6:.2f})", flush=True)
    print(f"load {os.getloadavg()[0]:.1f} at the end")


def spread(times: list[float]) -> str:
    return f"{1 / statistics.median(times):.1f} ({1 / max(times):.1f} to {1 / min(times):.1f})"


if __name__ == "__main__":
    main()
