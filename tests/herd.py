"""Numbers in shards that now and then meet those of other shards: the smallest experiment that can be held by actors.

As a whole it is written without a word of shards, so that the two can be compared.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

import numpy as np

from primordia.core.config import Spec
from primordia.core.experiment import Experiment, KnownResult, Paper, Preset
from primordia.core.findings import Finding, Text
from primordia.core.metrics import Metric, Row, Transition
from primordia.core.shards import Parcel, Part, Sharding, Tally
from primordia.core.streams import Streams, mix64
from primordia.core.views import Colour, View

PALETTE = (Colour("even", "#000000"), Colour("odd", "#ffffff"))


@dataclasses.dataclass(frozen=True)
class HerdConfig:
    seed: Annotated[int, Spec("the seed of every draw", ge=0, le=2**63 - 1, source="ours")] = 0
    n_shards: Annotated[int, Spec("shards", ge=1, le=64, source="ours")] = 8
    n_each: Annotated[int, Spec("numbers in a shard", ge=2, le=2**20, multiple_of=2, source="ours")] = 32
    k: Annotated[int, Spec("steps between two exchanges", ge=1, le=1000, source="ours")] = 3
    milliseconds: Annotated[int, Spec("idle time of a step", ge=0, le=1000, source="ours")] = 0
    bad_at: Annotated[int, Spec("the step at which a shard raises; -1: none", ge=-1, source="ours")] = -1

    @property
    def n(self) -> int:
        return self.n_shards * self.n_each


def pair_up(numbers: np.ndarray[Any, Any], streams: Streams, t: int, first: int) -> np.ndarray[Any, Any]:
    """Numbers at the even places take on something of their neighbours, and the other way round; pure in the place."""
    word, _ = streams.words("pairs", t)
    places = np.arange(first, first + len(numbers), dtype=np.uint64)
    partner = numbers.reshape(-1, 2)[:, ::-1].ravel()
    return mix64(numbers ^ mix64(partner + (places ^ np.uint64(word))))


def order(config: HerdConfig, streams: Streams, t: int) -> np.ndarray[Any, Any]:
    """Which number stands at each place of the meeting of step `t`."""
    return np.argsort(streams.integers("order", t, config.n, 2**62), kind="stable")


class Scatter(Sharding[HerdConfig, dict[str, Any]]):
    def n_shards(self, config: HerdConfig) -> int:
        return config.n_shards

    def begin(self, config: HerdConfig, streams: Streams, shard: int) -> Part:
        first = shard * config.n_each
        drawn = streams.integers("numbers", 0, first + config.n_each, 2**62)[first:]
        return {"numbers": drawn.astype(np.uint64)}

    def next_exchange(self, config: HerdConfig, t: int, end: int) -> int:
        return min(end, -(-t // config.k) * config.k)

    def alone(self, config: HerdConfig, part: Part, streams: Streams, shard: int, t: int, n: int) -> tuple[Part, Tally]:
        numbers = part["numbers"]
        for step in range(t, t + n):
            rest(config, step, shard)
            numbers = pair_up(numbers, streams, step, shard * config.n_each)
        return {"numbers": numbers}, {"ones": ones(numbers)}

    def send(self, config: HerdConfig, part: Part, streams: Streams, shard: int, t: int) -> list[Parcel]:
        standing, each = order(config, streams, t), config.n_each
        mine = [standing[to * each : (to + 1) * each] for to in range(config.n_shards)]
        mine = [who[who // each == shard] - shard * each for who in mine]
        return [part["numbers"][who].view(np.uint8) for who in mine]

    def meet(
        self, config: HerdConfig, part: Part, parcels: Sequence[Parcel], streams: Streams, shard: int, t: int
    ) -> tuple[Part, list[Parcel], Tally]:
        each = config.n_each
        owners = order(config, streams, t)[shard * each : (shard + 1) * each] // each
        met = np.empty(each, np.uint64)
        for owner, parcel in enumerate(parcels):
            met[owners == owner] = parcel.view(np.uint64)
        rest(config, t, shard)
        met = pair_up(met, streams, t, shard * each)
        return part, [met[owners == owner].view(np.uint8) for owner in range(config.n_shards)], {"ones": ones(met)}

    def home(
        self, config: HerdConfig, part: Part, parcels: Sequence[Parcel], streams: Streams, shard: int, t: int
    ) -> Part:
        standing, each = order(config, streams, t), config.n_each
        numbers = np.empty(each, np.uint64)
        for at, parcel in enumerate(parcels):
            who = standing[at * each : (at + 1) * each]
            numbers[who[who // each == shard] - shard * each] = parcel.view(np.uint64)
        return {"numbers": numbers}

    def measure(self, config: HerdConfig, part: Part, streams: Streams, shard: int, t: int) -> Tally:
        return {"most": int(part["numbers"].max() >> np.uint64(40)), "t": t}

    def merge_steps(self, config: HerdConfig, tallies: Sequence[Tally]) -> Row:
        return {"ones": sum(tally["ones"] for tally in tallies)}

    def merge_measures(self, config: HerdConfig, tallies: Sequence[Tally]) -> Row:
        return {"most": max(tally["most"] for tally in tallies), **({"ones": 0} if tallies[0]["t"] == 0 else {})}

    def split(self, config: HerdConfig, state: dict[str, Any]) -> list[Part]:
        return [{"numbers": numbers} for numbers in state["numbers"].reshape(config.n_shards, -1)]

    def join(self, config: HerdConfig, parts: Sequence[Part]) -> dict[str, Any]:
        return {"numbers": np.concatenate([part["numbers"] for part in parts])}


def ones(numbers: np.ndarray[Any, Any]) -> int:
    return int(np.unpackbits(numbers.view(np.uint8)).sum())


def rest(config: HerdConfig, t: int, shard: int) -> None:
    if config.milliseconds and shard == 0:
        time.sleep(config.milliseconds / 1000)
    if t == config.bad_at and shard == 1:
        raise ValueError(f"shard {shard} does not like step {t}")


class Herd(Experiment[HerdConfig, dict[str, Any]]):
    name = "tests/herd"
    version = 1
    summary = "Numbers that change each other."
    Config = HerdConfig
    determinism = "bitwise"
    sharding = Scatter()
    metrics: ClassVar[dict[str, Metric]] = {
        "ones": Metric("bits", "none", "Bits that are on after the last step."),
        "most": Metric("none", "none", "The upper bits of the largest number."),
    }
    views: ClassVar[dict[str, View]] = {
        "parity": View(
            lambda config, state: (state["numbers"].reshape(config.n_shards, -1) % 2).astype(np.uint8),
            PALETTE,
            "A row a shard.",
        )
    }
    transitions: ClassVar[dict[str, Transition]] = {"large": Transition("most", 16_700_000, "One number is large.")}
    source = Paper("On Numbers", "nobody in particular", 2026, "0000.00000", "It is made up.")
    presets: ClassVar[dict[str, Preset]] = {"small": Preset("Few.", {}, {"steps": 24, "every": 4})}

    def init(self, config: HerdConfig, streams: Streams) -> dict[str, Any]:
        return {"numbers": streams.integers("numbers", 0, config.n, 2**62).astype(np.uint64)}

    def step(self, config: HerdConfig, state: dict[str, Any], streams: Streams, t: int) -> tuple[dict[str, Any], Row]:
        standing = order(config, streams, t) if t % config.k == 0 else np.arange(config.n)
        met = pair_up(state["numbers"][standing], streams, t, 0)
        numbers = np.empty_like(met)
        numbers[standing] = met
        return {"numbers": numbers}, {"ones": ones(met)}

    def measure(self, config: HerdConfig, state: dict[str, Any], streams: Streams, t: int) -> Row:
        return {"most": int(state["numbers"].max() >> np.uint64(40)), **({"ones": 0} if t == 0 else {})}

    def findings(self, config: HerdConfig, state: dict[str, Any], streams: Streams, t: int) -> tuple[Finding, ...]:
        return (Text("The first number", str(int(state["numbers"][0]))),)

    def known_result(self, config: HerdConfig) -> KnownResult:
        return KnownResult("it begins with as many numbers as asked for", "closed form", config.n,
                           lambda: len(self.init(config, Streams(0))["numbers"]))  # fmt: skip
