"""Walkers on a ring of sites: the smallest experiment that uses the whole contract, in NumPy alone.

Every site a walker stands on counts as visited. The state is nested on purpose (a dataclass in a dataclass, a dict,
a tuple, a 0-d array and a plain number), because real states are.
"""

from __future__ import annotations

import dataclasses
import time
from typing import Annotated, Any, ClassVar

import numpy as np

from primordia.core.claims import Claim, Expected, Measurement
from primordia.core.config import Spec
from primordia.core.errors import BadInputError
from primordia.core.experiment import Experiment, KnownResult, Paper, Preset
from primordia.core.findings import Finding, Picture, Table, Text
from primordia.core.inspection import Inspected, Specimen
from primordia.core.interventions import Intervention
from primordia.core.metrics import Metric, Row, Transition
from primordia.core.streams import Streams
from primordia.core.views import Colour, View

PALETTE = (Colour("never visited", "#000000"), Colour("visited", "#3366cc"), Colour("a walker stands here", "#ffcc00"))


@dataclasses.dataclass(frozen=True)
class WalkConfig:
    seed: Annotated[int, Spec("the seed of every draw", ge=0, le=2**63 - 1, source="ours")] = 0
    n_walkers: Annotated[int, Spec("walkers", unit="walkers", ge=2, le=4096, multiple_of=2, source="ours")] = 16
    n_sites: Annotated[int, Spec("sites", unit="sites", ge=8, le=4096, power_of_two=True, source="ours")] = 64
    p_move: Annotated[float, Spec("probability to move in a step", ge=0.0, le=1.0, source="ours")] = 0.5
    rule: Annotated[str, Spec("how walkers move", choices=("drift", "diffuse"), source="ours")] = "diffuse"
    stop_when_covered: Annotated[bool, Spec("end once every site was visited", source="ours")] = False
    microseconds: Annotated[int, Spec("idle time of a step", unit="microseconds", ge=0, le=10**6, source="ours")] = 0


@dataclasses.dataclass(frozen=True)
class Crowd:
    """positions: int64 [walker]; distance: int64 [], steps to the right minus steps to the left."""

    positions: np.ndarray[Any, Any]
    distance: np.ndarray[Any, Any]


@dataclasses.dataclass(frozen=True)
class WalkState:
    """visits: uint32 [site] under "visits"; clock: (completed steps, None)."""

    crowd: Crowd
    ring: dict[str, np.ndarray[Any, Any]]
    clock: tuple[int, None]


def draw_ring(config: WalkConfig, state: WalkState) -> np.ndarray[Any, np.dtype[np.uint8]]:
    pixels = (state.ring["visits"] > 0).astype(np.uint8)
    pixels[state.crowd.positions] = 2
    return pixels.reshape(8, -1)


@dataclasses.dataclass(frozen=True)
class Putting:
    site: Annotated[int, Spec("where it is put", unit="sites", ge=0, le=4095)]
    walker: Annotated[int, Spec("which walker", unit="walkers", ge=0, le=4095)] = 0
    shift: Annotated[int, Spec("how far it may miss, either way", unit="sites", ge=0, le=8)] = 0


def put(config: WalkConfig, state: WalkState, streams: Streams, t: int, arguments: Putting) -> WalkState:
    """A walker is taken to a site, or at random near it, which counts as a visit and as no distance."""
    if arguments.site >= config.n_sites or arguments.walker >= config.n_walkers:
        raise BadInputError(f"There are {config.n_walkers} walkers and {config.n_sites} sites, from 0 on.")
    missed = int(streams.integers("missed", t, 1, 2 * arguments.shift + 1)[0]) - arguments.shift
    positions, visits = state.crowd.positions.copy(), state.ring["visits"].copy()
    positions[arguments.walker] = (arguments.site + missed) % config.n_sites
    visits[positions[arguments.walker]] += 1
    return dataclasses.replace(
        state, crowd=dataclasses.replace(state.crowd, positions=positions), ring={"visits": visits}
    )


def parity_kept(setup: Any) -> Measurement:
    """With p_move = 1 every walker moves one site in every step, so its parity alternates."""
    walk, config = Walk(), WalkConfig(p_move=1.0)
    state = walk.init(config, Streams(setup["seed"]))
    start = state.crowd.positions % 2
    state, _ = walk.advance(config, state, Streams(setup["seed"]), 0, 10)
    return Measurement(float((state.crowd.positions % 2 == start).mean()), "share of walkers")


class Walk(Experiment[WalkConfig, WalkState]):
    """Walkers on a ring."""

    name = "tests/walk"
    version = 3
    summary = "Walkers move at random on a ring and leave a trace."
    Config = WalkConfig
    determinism = "bitwise"
    metrics: ClassVar[dict[str, Metric]] = {
        "moves": Metric("walkers", "none", "Walkers that moved in the last step."),
        "coverage": Metric("share", "up", "Share of the sites that some walker has stood on."),
        "mean_distance": Metric("sites", "none", "Mean of steps to the right minus steps to the left."),
    }
    views: ClassVar[dict[str, View]] = {"ring": View(draw_ring, PALETTE, "The ring, cut into eight rows.", 4096)}
    transitions: ClassVar[dict[str, Transition]] = {
        "half": Transition("coverage", 0.5, "Half of the sites were visited."),
        "known": Transition("coverage", 0.9, "Nine tenths of the sites were visited.", before="new", after="known"),
    }
    interventions: ClassVar[dict[str, Intervention]] = {"put": Intervention("A walker is put at a site.", Putting, put)}
    source = Paper("On the Theory of Random Walks", "nobody in particular", 2026, "0000.00000", "It is made up.")
    presets: ClassVar[dict[str, Preset]] = {
        "small": Preset("Sixteen walkers.", {"n_walkers": 16}, {"steps": 40, "every": 4}),
        "covering": Preset("Until all is covered.", {"stop_when_covered": True}, {"steps": 4000}),
    }
    variants: ClassVar[dict[str, dict[str, Any]]] = {"diffuse": {"rule": "diffuse"}, "drift": {"rule": "drift"}}
    claims = (
        Claim(
            "W1",
            "Parity alternates.",
            "closed form",
            {"seed": 3},
            parity_kept,
            Expected(1.0, 1.0, "exact"),
            "quick",
            "nothing",
        ),
    )

    def init(self, config: WalkConfig, streams: Streams) -> WalkState:
        positions = streams.integers("places", 0, config.n_walkers, config.n_sites)
        visits = np.bincount(positions, minlength=config.n_sites).astype(np.uint32)
        return WalkState(Crowd(positions, np.array(0)), {"visits": visits}, (0, None))

    def step(self, config: WalkConfig, state: WalkState, streams: Streams, t: int) -> tuple[WalkState, Row]:
        draws = streams.integers("moves", t, config.n_walkers, 2**32)
        moving = draws < round(config.p_move * 2**32)
        signs = 1 - 2 * streams.integers("signs", t, config.n_walkers, 2) if config.rule == "diffuse" else 1
        by = np.where(moving, signs, 0)
        positions = (state.crowd.positions + by) % config.n_sites
        visits = state.ring["visits"] + np.bincount(positions, minlength=config.n_sites).astype(np.uint32)
        if config.microseconds:
            time.sleep(config.microseconds * 1e-6)
        crowd = Crowd(positions, state.crowd.distance + np.int64(by.sum()))
        return WalkState(crowd, {"visits": visits}, (state.clock[0] + 1, None)), {"moves": int(moving.sum())}

    def measure(self, config: WalkConfig, state: WalkState, streams: Streams, t: int) -> Row:
        return {
            "coverage": float((state.ring["visits"] > 0).mean()),
            "mean_distance": float(state.crowd.distance) / config.n_walkers,
            **({"moves": 0} if t == 0 else {}),
        }

    def finished(self, config: WalkConfig, state: WalkState, row: Row) -> str | None:
        return "every site was visited" if config.stop_when_covered and row["coverage"] == 1.0 else None

    def findings(self, config: WalkConfig, state: WalkState, streams: Streams, t: int) -> tuple[Finding, ...]:
        order = np.argsort(-state.ring["visits"].astype(np.int64), kind="stable")[:3]
        rows = tuple((int(site), int(state.ring["visits"][site])) for site in order)
        return (
            Table("Most visited sites", ("site", "visits"), rows, "Ties go to the lower site."),
            Text("The clock", f"{state.clock[0]} steps"),
            Picture("The ring", draw_ring(config, state), PALETTE),
        )

    def inspect(
        self, config: WalkConfig, state: WalkState, streams: Streams, t: int, view: str, row: int, column: int
    ) -> tuple[Inspected, ...]:
        site = row * (config.n_sites // 8) + column
        walkers = np.flatnonzero(state.crowd.positions == site).tolist()
        rows = (("visits", int(state.ring["visits"][site])), ("walkers", len(walkers)))
        told = Table(f"Site {site}", ("what", "number"), rows)
        return told, *(Specimen(f"walker {walker}", "put", {"walker": walker}) for walker in walkers)

    def known_result(self, config: WalkConfig) -> KnownResult:
        return KnownResult("parity is kept after ten moves", "closed form", 1.0, lambda: parity_kept({"seed": 3}).value)
