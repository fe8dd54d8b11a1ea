"""Experiments that each break the contract in one way, and in no other."""

from __future__ import annotations

import dataclasses
import os
import time
from typing import Annotated, Any, ClassVar

import numpy as np

from primordia.core import threads
from primordia.core.config import Spec
from primordia.core.experiment import KnownResult, Preset
from primordia.core.findings import Picture, Table
from primordia.core.inspection import Execution, Instruction, Specimen
from primordia.core.interventions import Intervention
from primordia.core.metrics import Metric
from primordia.core.streams import Streams
from primordia.core.views import View
from walk import PALETTE, Walk, WalkConfig, WalkState, draw_ring, put


class OneVariant(Walk):
    """A good walk with one variant, so that a broken one is checked once."""

    variants: ClassVar[dict[str, dict[str, Any]]] = {"default": {}}


class NoSource(OneVariant):
    @dataclasses.dataclass(frozen=True)
    class Config(WalkConfig):
        n_sites: Annotated[int, Spec("sites", unit="sites", ge=8, le=4096, power_of_two=True)] = 64


class ConfigGrows(OneVariant):
    @dataclasses.dataclass(frozen=True)
    class Config(WalkConfig):
        def __post_init__(self) -> None:
            object.__setattr__(self, "n_walkers", self.n_walkers + 2)


class ConfigClamps(OneVariant):
    @dataclasses.dataclass(frozen=True)
    class Config(WalkConfig):
        def __post_init__(self) -> None:
            object.__setattr__(self, "n_walkers", max(2, self.n_walkers))


class SilentPreset(OneVariant):
    presets: ClassVar[dict[str, Preset]] = {**Walk.presets, "large": Preset("", {"n_walkers": 4096})}


class SeedIgnored(OneVariant):
    def init(self, config: Any, streams: Streams) -> WalkState:
        return super().init(config, Streams(0))

    def step(self, config: Any, state: WalkState, streams: Streams, t: int) -> Any:
        return super().step(config, state, Streams(0), t)


class WritesIntoItsInput(OneVariant):
    def step(self, config: Any, state: WalkState, streams: Streams, t: int) -> Any:
        after, row = super().step(config, state, streams, t)
        np.copyto(state.ring["visits"], after.ring["visits"])
        return after, row


class FlipsItsInput(OneVariant):
    """Changes its input in a way that the next call undoes, and that shows nowhere in what it returns."""

    def step(self, config: Any, state: WalkState, streams: Streams, t: int) -> Any:
        after, row = super().step(config, state, streams, t)
        distance = np.array(abs(int(state.crowd.distance)) + 1)
        np.negative(state.crowd.distance, out=state.crowd.distance)
        return dataclasses.replace(after, crowd=dataclasses.replace(after.crowd, distance=distance)), row


class FindingsErase(OneVariant):
    def findings(self, config: Any, state: WalkState, streams: Streams, t: int) -> Any:
        state.ring["visits"][:] = 0
        return super().findings(config, state, streams, t)


class FinishedErases(OneVariant):
    def finished(self, config: Any, state: WalkState, row: Any) -> str | None:
        state.ring["visits"][:] = 0
        return None


class FindingsCount(OneVariant):
    """Says something else each time it is asked."""

    n_asked: ClassVar[int] = 0

    def findings(self, config: Any, state: WalkState, streams: Streams, t: int) -> Any:
        type(self).n_asked += 1
        return (Table("Asked", ("times",), ((self.n_asked,),)),)


class FinishedIsTrue(OneVariant):
    def finished(self, config: Any, state: WalkState, row: Any) -> Any:
        return True


class FindingsList(OneVariant):
    def findings(self, config: Any, state: WalkState, streams: Streams, t: int) -> Any:
        return list(super().findings(config, state, streams, t))


class FindingsWords(OneVariant):
    def findings(self, config: Any, state: WalkState, streams: Streams, t: int) -> Any:
        return ("everything is visited",)


class RaggedTable(OneVariant):
    def findings(self, config: Any, state: WalkState, streams: Streams, t: int) -> Any:
        return (Table("Sites", ("site", "visits"), ((1, 2), (3,))),)


class ArrayInTable(OneVariant):
    def findings(self, config: Any, state: WalkState, streams: Streams, t: int) -> Any:
        return (Table("Sites", ("site",), ((np.int64(3),),)),)


class PictureBeyondItsPalette(OneVariant):
    def findings(self, config: Any, state: WalkState, streams: Streams, t: int) -> Any:
        return (Picture("The ring", draw_ring(config, state), PALETTE[:2]),)


class AdvanceSums(OneVariant):
    def advance(self, config: Any, state: WalkState, streams: Streams, t: int, n: int) -> Any:
        moves = 0
        for offset in range(n):
            state, row = self.step(config, state, streams, t + offset)
            moves += int(row["moves"])
        return state, {"moves": moves}


class HiddenMemory(OneVariant):
    """Remembers how many steps it made in a place that no checkpoint sees."""

    def step(self, config: Any, state: WalkState, streams: Streams, t: int) -> Any:
        memory = getattr(state, "memory", 0)
        after, row = super().step(config, state, streams, t)
        crowd = dataclasses.replace(after.crowd, distance=after.crowd.distance + memory)
        after = dataclasses.replace(after, crowd=crowd)
        object.__setattr__(after, "memory", memory + 1)
        return after, row


class ChangesType(OneVariant):
    """Counts visits in another type after the first step only."""

    def step(self, config: Any, state: WalkState, streams: Streams, t: int) -> Any:
        after, row = super().step(config, state, streams, t)
        visits = after.ring["visits"].astype(np.int64 if t == 0 else np.uint32)
        return dataclasses.replace(after, ring={"visits": visits}), row


class OneStreamTwice(OneVariant):
    def step(self, config: Any, state: WalkState, streams: Streams, t: int) -> Any:
        streams.words("moves", t)
        return super().step(config, state, streams, t)


class UndeclaredMetric(OneVariant):
    def measure(self, config: Any, state: WalkState, streams: Streams, t: int) -> Any:
        return {**super().measure(config, state, streams, t), "surprise": 1.0}


class OwesAMetric(OneVariant):
    """What it needs is there, and still the metric is not."""

    metrics: ClassVar[dict[str, Metric]] = {**Walk.metrics, "owed": Metric("walks", "up", "Owed.", needs="n_walkers")}


class NotFinite(OneVariant):
    def measure(self, config: Any, state: WalkState, streams: Streams, t: int) -> Any:
        return {**super().measure(config, state, streams, t), "mean_distance": float("nan")}


class TruthValue(OneVariant):
    def measure(self, config: Any, state: WalkState, streams: Streams, t: int) -> Any:
        return {**super().measure(config, state, streams, t), "coverage": np.bool_(True)}


class PaletteTooShort(OneVariant):
    views: ClassVar[dict[str, View]] = {"ring": View(draw_ring, PALETTE[:2], "The ring.")}


class MetricNeedsNothing(OneVariant):
    metrics: ClassVar[dict[str, Metric]] = {**Walk.metrics, "owed": Metric("walks", "up", "Owed.", needs="walkers")}


class ViewNeedsNothing(OneVariant):
    views: ClassVar[dict[str, View]] = {"ring": View(draw_ring, PALETTE, "The ring.", needs="sites")}


class CountsThreads(OneVariant):
    def step(self, config: Any, state: WalkState, streams: Streams, t: int) -> Any:
        after, row = super().step(config, state, streams, t)
        crowd = dataclasses.replace(after.crowd, distance=after.crowd.distance + threads.available())
        return dataclasses.replace(after, crowd=crowd), row


class KnowsItsProcess(OneVariant):
    def step(self, config: Any, state: WalkState, streams: Streams, t: int) -> Any:
        after, row = super().step(config, state, streams, t)
        crowd = dataclasses.replace(after.crowd, distance=after.crowd.distance + os.getpid())
        return dataclasses.replace(after, crowd=crowd), row


class WrongResult(OneVariant):
    def known_result(self, config: Any) -> KnownResult:
        return dataclasses.replace(super().known_result(config), expected=0.5)


class NoDifferences(OneVariant):
    source = dataclasses.replace(Walk.source, how_we_differ="")


class AnySeed(OneVariant):
    @dataclasses.dataclass(frozen=True)
    class Config(WalkConfig):
        seed: Annotated[int, Spec("the seed", source="ours")] = 0


class InspectErases(OneVariant):
    def inspect(self, config: Any, state: WalkState, *where: Any) -> Any:
        state.ring["visits"][:] = 0
        return super().inspect(config, state, *where)


class InspectCounts(OneVariant):
    """Says something else each time it is asked."""

    n_asked: ClassVar[int] = 0

    def inspect(self, *where: Any) -> Any:
        type(self).n_asked += 1
        return (Table("Asked", ("times",), ((self.n_asked,),)),)


class InspectWords(OneVariant):
    def inspect(self, *where: Any) -> Any:
        return ("a walker",)


class SpecimenForNothing(OneVariant):
    """Offers something to keep that can be put nowhere."""

    def inspect(self, *where: Any) -> Any:
        return (Specimen("a walker", "release", {}),)


EXECUTION = Execution(
    title="A walk",
    tape=np.zeros(4, np.uint8),
    parts=(("left", 2), ("right", 2)),
    glyphs=tuple(f"{byte:02x}" for byte in range(256)),
    classes=np.zeros(256, np.uint8),
    palette=PALETTE,
    registers=("ip", "head"),
    pointers=("ip",),
    opening=(0, 0),
    matches=((1, 3),),
    steps=(Instruction(0, 1, "+", "adds one", ((3, 1),), (1, 0)),),
    stopped=False,
)


class BrokenExecution(OneVariant):
    """A program of which nothing fits together."""

    def inspect(self, *where: Any) -> Any:
        steps = (Instruction(0, 1, "+", "adds one", ((4, 1),), (1,)),)
        return (
            dataclasses.replace(
                EXECUTION, parts=(("left", 2),), glyphs=("00",), pointers=("tail",), steps=steps, matches=()
            ),
        )


class UnmatchedExecution(OneVariant):
    """A whole program, and one with a bracket outside its tape."""

    def inspect(self, *where: Any) -> Any:
        return EXECUTION, dataclasses.replace(EXECUTION, matches=((1, 4),))


def changed(apply: Any, **more: Any) -> dict[str, Intervention]:
    """The intervention of the walk, done in another way."""
    return {"put": dataclasses.replace(Walk.interventions["put"], apply=apply, **more)}


def put_in_place(config: Any, state: WalkState, streams: Streams, t: int, arguments: Any) -> WalkState:
    state.crowd.positions[arguments.walker] = arguments.site
    return state


def put_where_time_says(config: Any, state: WalkState, streams: Streams, t: int, arguments: Any) -> WalkState:
    distance = np.array(time.perf_counter_ns())
    return dataclasses.replace(state, crowd=dataclasses.replace(state.crowd, distance=distance))


def put_in_other_type(config: Any, state: WalkState, streams: Streams, t: int, arguments: Any) -> WalkState:
    return dataclasses.replace(state, ring={"visits": state.ring["visits"].astype(np.uint16)})


class PutWritesIntoItsInput(OneVariant):
    interventions = changed(put_in_place)


class PutKnowsTheTime(OneVariant):
    interventions = changed(put_where_time_says)


class PutChangesType(OneVariant):
    interventions = changed(put_in_other_type)


class SilentPut(OneVariant):
    interventions = changed(put, meaning="")


class OwnSet(OneVariant):
    interventions: ClassVar[dict[str, Intervention]] = {"set": Walk.interventions["put"]}
