"""The constants of the model in `fleet_model`, each measured by itself and on small pieces, with all cores at work.

    python benchmarks/fleet_costs.py

prints those for islands that are far larger than the caches of a core.
"""

from __future__ import annotations

import dataclasses
import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, final

import numpy as np
from scipy.optimize import nnls

from fleet_model import ADDRESS, INLINE_BYTES, Costs, config_of
from primordia.core import config as configs
from primordia.core import registry, threads
from primordia.core.config import Spec
from primordia.core.experiment import Experiment, KnownResult, Paper, Preset
from primordia.core.metrics import Metric, Row
from primordia.core.shards import Parcel, Part, Sharding, Tally
from primordia.core.streams import Streams
from primordia.engine.fleet.actors import Actors
from primordia.engine.fleet.fleet import Fleet
from primordia.engine.fleet.places import Here, Place
from primordia.life.archipelago.exchange import Routes
from primordia.life.archipelago.islands import Island

PIECE = {"n_programs": 2**14, "n_islands": 1, "exchange_every": 16, "exchange_share": 0.0}
PARCELS = "fleet_costs:_Parcels"
WARM = 4
"""Epochs before anything is timed; young soups, which are the cheapest there are."""


@dataclasses.dataclass(frozen=True)
class _Config:
    seed: Annotated[int, Spec("the seed of every draw", ge=0, le=2**63 - 1, source="ours")] = 0
    n_islands: Annotated[int, Spec("shards", ge=1, le=2**16, source="ours")] = 8
    n_bytes: Annotated[int, Spec("bytes that each sends every other", ge=1, le=2**30, source="ours")] = 64


@final
class _Exchanging(Sharding[_Config, Any]):
    """Shards that send each other as many bytes as they are told, and do nothing else."""

    def n_shards(self, config: _Config) -> int:
        return config.n_islands

    def begin(self, config: _Config, streams: Streams, shard: int) -> Part:
        return np.zeros((config.n_islands, config.n_bytes), np.uint8)

    def next_exchange(self, config: _Config, t: int, end: int) -> int:
        return t

    def alone(self, config: Any, part: Part, streams: Streams, shard: int, t: int, n: int) -> tuple[Part, Tally]:
        raise NotImplementedError

    def send(self, config: _Config, part: Part, streams: Streams, shard: int, t: int) -> list[Parcel]:
        return list(part)

    def meet(
        self, config: _Config, part: Part, parcels: Sequence[Parcel], streams: Streams, shard: int, t: int
    ) -> tuple[Part, list[Parcel], Tally]:
        return part, list(np.concatenate(parcels).reshape(part.shape)), {}

    def home(
        self, config: _Config, part: Part, parcels: Sequence[Parcel], streams: Streams, shard: int, t: int
    ) -> Part:
        return np.concatenate(parcels).reshape(part.shape)

    def measure(self, config: _Config, part: Part, streams: Streams, shard: int, t: int) -> Tally:
        return {}

    def merge_steps(self, config: _Config, tallies: Sequence[Tally]) -> Row:
        return {"none": 0}

    def merge_measures(self, config: _Config, tallies: Sequence[Tally]) -> Row:
        return {"none": 0}

    def split(self, config: _Config, state: Any) -> list[Part]:
        return list(state)

    def join(self, config: _Config, parts: Sequence[Part]) -> Any:
        return np.stack(parts)


@final
class _Parcels(Experiment[_Config, Any]):
    """An experiment of parcels alone, so that their way can be timed."""

    name = "benchmark/parcels"
    version = 1
    summary = "Parcels."
    Config = _Config
    determinism = "bitwise"
    sharding = _Exchanging()
    metrics: ClassVar[dict[str, Metric]] = {"none": Metric("none", "none", "Nothing.")}
    transitions: ClassVar[dict[str, Any]] = {}
    views: ClassVar[dict[str, Any]] = {}
    source = Paper("none", "nobody", 2026, "0000.00000", "It only times parcels.")
    presets: ClassVar[dict[str, Preset]] = {"small": Preset("Few.", {}, {"steps": 4, "every": 1})}

    def init(self, config: _Config, streams: Streams) -> Any:
        return self.sharding.join(config, [self.sharding.begin(config, streams, 0)] * config.n_islands)

    def step(self, config: _Config, state: Any, streams: Streams, t: int) -> tuple[Any, Row]:
        return state, {"none": 0}

    def measure(self, config: _Config, state: Any, streams: Streams, t: int) -> Row:
        return {"none": 0}

    def known_result(self, config: _Config) -> KnownResult:
        return KnownResult("nothing is nothing", "closed form", 0, lambda: 0)


def n_cores() -> int:
    return len(os.sched_getaffinity(0))


def middle(what: Callable[[], Any], turns: int = 9, n_threads: int = 1) -> float:
    """Seconds that a call takes while so many threads do the same."""
    found: list[float] = []

    def go() -> None:
        what()
        for _ in range(turns):
            begin = time.perf_counter()
            what()
            found.append(time.perf_counter() - begin)

    others = [threading.Thread(target=go) for _ in range(n_threads)]
    for other in others:
        other.start()
    for other in others:
        other.join()
    return statistics.median(found)


def costs() -> Costs:
    """Measure the constants; a minute."""
    told = computing()
    told |= calling(told["interaction"])
    return Costs(**told, **sending(told["byte"]))


def computing(n_each: int = 2**14, n_islands: int = 16) -> dict[str, float]:
    """What kernels and copies cost while every core has the same to do, on islands of `n_each` programs.

    Those of the default fit into the caches of a core, one by one but not together, as in an exchange.
    """
    threads.limit(1)
    piece, streams = config_of(PIECE | {"n_programs": n_each}), Streams(0)
    sharding = registry.load(ADDRESS).sharding
    assert sharding is not None
    part = sharding.alone(piece, sharding.begin(piece, streams, 0), streams, 0, 0, WARM)[0]
    n = n_each * n_islands
    crowd = config_of({"n_programs": n, "n_islands": n_islands, "exchange_every": 1, "exchange_share": 1.0})
    islands = [Island(crowd, 0, number) for number in range(n_islands)]
    rows = [np.zeros((n_each, 64), np.uint8) for _ in islands]
    parcels = [np.array_split(each, n_islands) for each in rows]
    places = np.random.default_rng(0).permutation(n_each).astype(np.int32)

    def draw() -> Routes:
        return Routes(0, 5, n, n_islands, n_each)

    def look_up() -> None:
        routes = draw()
        for island in islands:
            routes.leaving(island)
            routes.coming(island)

    def put(programs: Any) -> Any:
        to = np.empty_like(programs)
        to.view("V64")[:, 0][places] = programs.view("V64")[:, 0]
        return to

    def each(what: Callable[[], Any], n: int) -> float:
        return middle(what, n_threads=n_cores()) / n

    take = each(lambda: [np.take(programs, places, axis=0) for programs in rows], n * 64)
    return {
        "interaction": each(lambda: sharding.alone(piece, part, streams, 0, WARM, 16), 16 * n_each // 2),
        "place": each(lambda: Island(piece, 0, 0).order(5), n_each),
        "traveller": each(draw, n),
        # By one thread: it is NumPy's, piece by piece, and threads of one process would wait for each other.
        "seat": (middle(look_up) - middle(draw)) / n,
        "row": (take + each(lambda: [put(programs) for programs in rows], n * 64)) / 2,
        "byte": each(lambda: [np.concatenate(of_all) for of_all in parcels], n * 64),
    }


def of_exchanges(address: str, place: Place, cases: Sequence[Mapping[str, Any]]) -> Iterator[float]:
    """Seconds of an exchange under each of these settings."""
    fleet = Fleet(address, registry.load(address), place)
    try:
        for settings in cases:
            config = configs.override(fleet.experiment.Config(), settings)
            fleet.forget()
            fleet.begin(config)
            yield middle(lambda config=config: fleet.advance(config, fleet.t, 20), 7) / 20  # type: ignore[misc]
    finally:
        place.close()


def calling(interaction: float) -> dict[str, float]:
    """What islands and their parcels cost in one process, whatever their size: each sends each other one or two."""
    threads.limit(1)
    few, many = 8, 64
    cases = [{"n_programs": 2 * n * n, "n_islands": n, "exchange_every": 1, "exchange_share": 1.0} for n in (few, many)]
    found = of_exchanges(ADDRESS, Here(1), cases)
    # 3 S calls and 2 S^2 parcels, besides S^2 interactions.
    one, other = (seconds - n * n * interaction for seconds, n in zip(found, (few, many), strict=True))
    parcel = (other / many - one / few) / (2 * (many - few))
    return {"call": one / few / 3 - 2 * few * parcel / 3, "parcel": parcel}


def sending(byte: float) -> dict[str, float]:
    """What parcels cost on their way: `Costs.ask`, `promise`, `store` and `transfer`.

    One to eight actors exchange tiny parcels, two and four also such as Ray has to store, and large ones; the four
    numbers, none of them below 0, are those that fit the eight times best, in proportion to each.
    """
    threads.limit(1)
    n_islands, sizes = 8, (64, 2 * INLINE_BYTES, 2**21)
    here = next(of_exchanges(PARCELS, Here(1), [{"n_islands": n_islands, "n_bytes": 8}]))
    terms, times = [], []
    for n in (1, 2, 4, 8):
        told = [max(8, size * n * n // n_islands**2) for size in (sizes if n in (2, 4) else sizes[:1])]
        cases = [{"n_islands": n_islands, "n_bytes": n_bytes} for n_bytes in told]
        for n_bytes, seconds in zip(told, of_exchanges(PARCELS, Actors(n, n_threads=1), cases), strict=True):
            at_once, exchanged = min(n_cores(), n), n_islands**2 * n_bytes
            sent = 2 * exchanged * (1 - 1 / n)
            stored = 2 * n * (n - 1) * (exchanged / n**2 > INLINE_BYTES)
            # What shards do with the bytes, and bundling them, is no matter of their way.
            times.append(seconds - (here + (2 * exchanged + sent) * byte) / at_once)
            terms.append([3 * n, 2 * n * n, stored, sent / at_once])
            print(f"{n} actors, {n_islands} islands, parcels of {n_bytes} bytes: {seconds * 1e3:.2f} ms an exchange")
    scale = np.array(times)[:, None]
    found, _ = nnls(np.array(terms) / scale, np.ones(len(times)))
    off = np.array(terms) @ found / np.array(times) - 1
    print(f"ask, promise, store and transfer fit these within {np.abs(off).max():.0%}")
    return dict(zip(("ask", "promise", "store", "transfer"), map(float, found), strict=True))


if __name__ == "__main__":
    print("islands that leave the caches:")
    for name, value in computing(2**22, 8).items():
        print(f"{name:12} {value * 1e9:12.3f} ns")
