"""Random search for replicators: how rare they are when nothing interacts (arXiv 2607.01483)."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, ClassVar, TypeAlias, final

import numpy as np
import numpy.typing as npt

from primordia.core.config import Spec
from primordia.core.experiment import Experiment, KnownResult, Paper, Preset
from primordia.core.findings import Finding, Table, Text
from primordia.core.inspection import Inspected
from primordia.core.metrics import Metric, Row, Transition
from primordia.core.streams import Streams
from primordia.core.views import View
from primordia.life.claims.random_search import CLAIMS, DETECTORS
from primordia.life.experiments import settings
from primordia.life.pictures import class_table, palette
from primordia.life.substrates import FAMILIES, heads

LANGUAGES = FAMILIES["bff"]
DISTRIBUTIONS = ("uniform", "cust", "cust64")
LENGTH = 64
SHELF = 64
"""Found programs that are kept; later ones are only counted."""
PIXEL = 8
"""Pixels that a byte is wide and high in the view of the shelf."""
PAPER = "arXiv 2607.01483"

Bytes: TypeAlias = npt.NDArray[np.uint8]


@final
@dataclasses.dataclass(frozen=True)
class SearchConfig:
    """Settings of a random search."""

    seed: settings.Seed = 0
    language: Annotated[
        str,
        Spec("the instruction set of the programs", choices=LANGUAGES, source=f"bff_selfmove: {PAPER}"),
    ] = "bff_selfmove"
    distribution: Annotated[
        str,
        Spec(
            "how a byte is drawn: uniform; half the time an operator (cust); the same with 64 as an operator (cust64)",
            choices=DISTRIBUTIONS,
            source=f"{PAPER}, sections 3.2, 3.6 and 3.8",
        ),
    ] = "cust64"
    replacement_rate: Annotated[
        float,
        Spec(
            "probability that a byte is drawn anew between two tests of a program; below 1 it is a random walk",
            ge=0.0,
            le=1.0,
            source=f"{PAPER}: independent programs, and walks with 1/50, 1/100 and 1/200",
        ),
    ] = 1.0
    n_programs: Annotated[
        int, Spec("programs that are tested in a batch", "programs", ge=2, le=2**22, source="ours")
    ] = 65_536
    max_steps: settings.MaxSteps = 8192
    detector: Annotated[
        str,
        Spec(
            "constants of the replication test: 9 branches of which 3 agree, or the simulator's 13 of which 4 agree",
            choices=tuple(DETECTORS),
            source=f"{PAPER} as printed",
        ),
    ] = "follow-up"


@dataclasses.dataclass(frozen=True)
class SearchState:
    """All that the next step depends on, and what was found.

    Args:
        programs: uint8 [program, byte]: as they were tested last.
        fresh: bool [program]: those that are drawn anew in the next step: all at first, then the replicators.
        counts: int64 [3]: programs tested, put to the replication test, and found to replicate.
        shelf: uint8 [place, byte]: the first found programs; zeros where nothing is yet.
        shelf_steps: int64 [place]: the step that found each, counted from 1.
        shelf_scores: int64 [place]: the score of each.
    """

    programs: Bytes
    fresh: npt.NDArray[np.bool_]
    counts: npt.NDArray[np.int64]
    shelf: Bytes
    shelf_steps: npt.NDArray[np.int64]
    shelf_scores: npt.NDArray[np.int64]


METRICS = {
    "found_in_step": Metric("programs", "none", "Replicators found in the last step."),
    "programs_tested": Metric("programs", "none", "Programs that were run so far, each once beside random bytes."),
    "replicators_found": Metric("programs", "up", "Those with a replication score of 48 or more."),
    "tested_share": Metric(
        "share", "none", "Share of the programs that changed 32 bytes of their first partner, and so were tested."
    ),
    "replicators_per_million": Metric("programs", "up", "Replicators found per million programs tested."),
    "per_million_low": Metric("programs", "none", "Lower end of the exact 95 % interval of replicators_per_million."),
    "per_million_high": Metric("programs", "none", "Upper end of the exact 95 % interval of replicators_per_million."),
}

TRANSITIONS = {
    "appearance": Transition(
        "replicators_found",
        1,
        "The first program with a replication score of 48 or more.",
        before="searching",
        after="found",
    ),
}

PRESETS = {
    "small": Preset("512 programs a batch: for checks.", {"n_programs": 512}, {"steps": 4, "every": 2}),
    "quick": Preset(
        "Two million programs of the densest distribution in seconds; seed 0 finds 16 replicators, the first in "
        "batch 3.",
        {},
        {"steps": 32, "every": 1},
    ),
    "uniform": Preset(
        "Uniform random bytes, as a young soup is made of: 67 million programs, a find or three if you are lucky.",
        {"distribution": "uniform", "n_programs": 2**18},
        {"steps": 256, "every": 4},
    ),
    "walk": Preset(
        "Programs that wander, a fiftieth of their bytes at a time: 20 million tests, one find in half a million.",
        {"replacement_rate": 0.02, "n_programs": 10_000},
        {"steps": 2000, "every": 50},
    ),
}


def draw_shelf(config: SearchConfig, state: SearchState) -> Bytes:
    """The view "found" of a state: uint8 [row, column], a row of eight by eight pixels for each byte."""
    kept = min(int(state.counts[2]), SHELF)
    classes = np.zeros((SHELF, LENGTH), np.uint8)
    classes[:kept] = class_table(config.language)[state.shelf[:kept]]
    return np.ascontiguousarray(classes.repeat(PIXEL, axis=0).repeat(PIXEL, axis=1))


@final
class RandomSearch(Experiment[SearchConfig, SearchState]):
    """Random programs are tested for replication, one batch after the other; nothing interacts, nothing is selected."""

    name = "life/random-search"
    version = 1
    step_word = "batch"
    summary = "How rare are replicators among random programs? Exact intervals for each byte distribution."
    Config = SearchConfig
    metrics = METRICS
    transitions = TRANSITIONS
    views: ClassVar[dict[str, View]] = {
        "found": View(draw_shelf, palette(heads.LEGEND), "The first 64 replicators, one in each line, byte by byte.")
    }
    presets = PRESETS
    claims = CLAIMS
    determinism = "bitwise"
    variants: ClassVar[dict[str, dict[str, Any]]] = {
        **{name: {"distribution": name} for name in DISTRIBUTIONS},
        "walk": {"replacement_rate": 0.02},
    }
    source = Paper(
        title="BFF: Simple explanations for complex phenomena",
        authors="C. Knierim, L. Versari, R. Obryk, B. Agüera y Arcas, R. A. Saurous",
        year=2026,
        arxiv="2607.01483",
        how_we_differ="Only programs that change 32 bytes of a first random partner are put to the replication test, "
        "to save time. A walk that has found a replicator is counted once and starts anew. The distribution that a "
        "soup writes is not among ours.",
    )

    def init(self, config: SearchConfig, streams: Streams) -> SearchState:
        """Nothing tested yet."""
        return SearchState(
            np.zeros((config.n_programs, LENGTH), np.uint8),
            np.ones(config.n_programs, bool),
            np.zeros(3, np.int64),
            np.zeros((SHELF, LENGTH), np.uint8),
            np.zeros(SHELF, np.int64),
            np.zeros(SHELF, np.int64),
        )

    def step(self, config: SearchConfig, state: SearchState, streams: Streams, t: int) -> tuple[SearchState, Row]:
        """Every program is drawn or walks on, and is tested."""
        from primordia.life import search

        ran = search.step(
            config.language,
            state.programs,
            state.fresh,
            distribution=search.distribution(config.language, config.distribution, LENGTH),
            replacement_rate=config.replacement_rate,
            streams=streams,
            t=t,
            max_steps=config.max_steps,
            detector=DETECTORS[config.detector],
        )
        fresh = np.zeros(config.n_programs, bool)
        fresh[ran.hits] = True
        taken = min(int(state.counts[2]), SHELF)
        kept = ran.hits[: SHELF - taken]
        place = slice(taken, taken + len(kept))
        shelf, steps, scores = state.shelf.copy(), state.shelf_steps.copy(), state.shelf_scores.copy()
        shelf[place], steps[place], scores[place] = ran.programs[kept], t + 1, ran.hit_scores[: len(kept)]
        counts = state.counts + np.array([config.n_programs, ran.busy, len(ran.hits)])
        return SearchState(ran.programs, fresh, counts, shelf, steps, scores), {"found_in_step": len(ran.hits)}

    def measure(self, config: SearchConfig, state: SearchState, streams: Streams, t: int) -> Row:
        """Counts so far and the density with its exact interval."""
        from primordia.core.intervals import clopper_pearson

        tested, busy, found = (int(count) for count in state.counts)
        low, high = clopper_pearson(found, tested) if tested else (0.0, 1.0)
        return {
            "programs_tested": tested,
            "replicators_found": found,
            "tested_share": busy / max(1, tested),
            "replicators_per_million": 1e6 * found / max(1, tested),
            "per_million_low": 1e6 * low,
            "per_million_high": 1e6 * high,
        }

    def findings(self, config: SearchConfig, state: SearchState, streams: Streams, t: int) -> tuple[Finding, ...]:
        """The found programs, and the first ones instruction by instruction."""
        from primordia.life.specimens import disassembly
        from primordia.life.substrates import substrate

        found = min(int(state.counts[2]), SHELF)
        if not found:
            return (Text("Replicators", "None found yet.", f"{int(state.counts[0])} programs were tested."),)
        language = substrate(config.language)
        listings = [
            f"#{place + 1}, score {int(state.shelf_scores[place])}\n"
            + disassembly(config.language, state.shelf[place], {*range(LENGTH)})
            for place in range(min(found, 3))
        ]
        return (
            Table(
                "Replicators",
                ("number", "step", "score", "program", "bytes"),
                tuple(
                    (
                        place + 1,
                        int(state.shelf_steps[place]),
                        int(state.shelf_scores[place]),
                        language.format(state.shelf[place].tobytes()),
                        state.shelf[place].tobytes().hex(),
                    )
                    for place in range(found)
                ),
                f"The first {found} of {int(state.counts[2])} found among {int(state.counts[0])} programs tested.",
            ),
            Text("The first replicators, disassembled", "\n\n".join(listings), "Offset, byte, glyph, meaning."),
        )

    def inspect(
        self, config: SearchConfig, state: SearchState, streams: Streams, t: int, view: str, row: int, column: int
    ) -> tuple[Inspected, ...]:
        """The found program of a line: its execution, its listing and its core."""
        from primordia.life.glass import shelves
        from primordia.life.microscope.portrait import Subject

        place = shelves.spot(row, column, SHELF, LENGTH, PIXEL)
        if place >= int(state.counts[2]):
            return (Text("Nothing here yet", f"Programs found so far: {int(state.counts[2])}."),)
        subject = Subject(config.language, state.shelf[place], streams, t, config.max_steps)
        return shelves.at(subject, place + 1, int(state.shelf_steps[place]), int(state.shelf_scores[place]))

    def known_result(self, config: SearchConfig) -> KnownResult:
        """The evaluator on 10,000 random tapes, against the operations and the hash of the authors' implementation."""
        from primordia.life.claims.measuring import evaluate_vector
        from primordia.life.golden import EVALUATOR_VECTORS

        operations, digest = EVALUATOR_VECTORS[config.language]["R"]
        return KnownResult(
            f"10,000 tapes rich in instructions, run by {config.language}: operations and hash of the outcome",
            "output of the authors' simulator (cubff, commit f212e84)",
            {"operations": operations, "sha256": digest},
            lambda: evaluate_vector(config.language, "R"),
        )
