"""Computational Life: self-replicating programs arise in a soup of random bytes (arXiv 2406.19108)."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, ClassVar, final

import numpy as np
import numpy.typing as npt

from primordia.core.config import Spec
from primordia.core.experiment import Experiment, KnownResult, Paper, Preset
from primordia.core.findings import Finding
from primordia.core.metrics import Metric, Row, Transition
from primordia.core.streams import Streams
from primordia.core.views import View
from primordia.life import pictures
from primordia.life.claims import CLAIMS

LANGUAGES = ("bff_noheads", "bff", "bff_noheads_4bit", "bff8_noheads", "bff8", "bff_perm", "bff_selfmove")
SAMPLE = 256
"""Programs put to the replication test whenever a row is due."""


@dataclasses.dataclass(frozen=True)
class BffConfig:
    """Settings of a well-mixed soup of BFF programs."""

    seed: Annotated[
        int, Spec("the number that every random draw of the run follows from", ge=0, le=2**64 - 1, source="ours")
    ] = 0
    language: Annotated[
        str,
        Spec(
            "the instruction set of the programs",
            choices=LANGUAGES,
            source="the paper's BFF is bff_noheads (arXiv 2406.19108, section 2)",
        ),
    ] = "bff_noheads"
    n_programs: Annotated[
        int,
        Spec("programs in the soup", "programs", ge=2, le=2**22, multiple_of=2, source="arXiv 2406.19108, section 2.1"),
    ] = 131_072
    tape_length: Annotated[
        int,
        Spec("bytes of one program", "bytes", ge=16, le=64, power_of_two=True, source="arXiv 2406.19108, section 2.1"),
    ] = 64
    mutation_rate: Annotated[
        float,
        Spec(
            "probability that a byte is replaced by a random one before an interaction, in steps of 2^-30",
            ge=0.0,
            le=1.0,
            source="arXiv 2406.19108, section 2.1: 2^-12, given as 0.024 %",
        ),
    ] = 2.0**-12
    max_steps: Annotated[
        int,
        Spec("bytes an interaction may read before it is cut off", "steps", ge=1, le=2**20, source="section 2.1: 2^13"),
    ] = 8192


@dataclasses.dataclass(frozen=True)
class SoupState:
    """All that the next epoch depends on.

    Args:
        soup: uint8 [program, byte].
    """

    soup: npt.NDArray[np.uint8]


METRICS = {
    "operations_per_interaction": Metric(
        "instructions", "up", "Instructions that a pair executed in the last epoch, on average; no-ops do not count."
    ),
    "high_order_complexity": Metric(
        "bits/byte",
        "up",
        "Order-0 entropy minus compressed size: structure beyond single bytes (the paper's high-order entropy).",
    ),
    "order0_entropy": Metric("bits/byte", "none", "Shannon entropy of the byte histogram; 8 for uniform bytes."),
    "compressed_bits_per_byte": Metric(
        "bits/byte", "down", "Size of the whole soup after brotli (quality 2, window 2^24), per byte of soup."
    ),
    "unique_programs": Metric("programs", "none", "Distinct programs in the soup."),
    "top_program_count": Metric("programs", "up", "How many programs are equal to the most frequent one."),
    "top_program_share": Metric("share", "up", "Share of the soup that the most frequent program holds."),
    "top32_program_share": Metric("share", "up", "Share of the soup that the 32 most frequent programs hold."),
    "top_byte_share": Metric("share", "none", "Share of all bytes that have the most frequent value."),
    "zero_byte_share": Metric(
        "share", "none", "Share of all bytes that are 0; a rise without new structure is zero poisoning (section 2.1)."
    ),
    "replicator_share": Metric(
        "share",
        "up",
        f"Share of {SAMPLE} programs drawn at random whose replication score is 5 or more (the authors' threshold).",
    ),
    "mean_replication_score": Metric(
        "bytes", "up", f"Mean replication score of the same {SAMPLE} programs: tape positions passed on to a copy."
    ),
}

TRANSITIONS = {
    "appearance": Transition(
        "replicator_share",
        1 / SAMPLE,
        "The first row in which at least one program of the random sample copies itself (score of 5 or more). The "
        "first replicator of the soup is older: a sample of 256 misses rare ones.",
        before="pre-life",
        after="replicators",
    ),
    "takeover": Transition(
        "high_order_complexity",
        1.0,
        "High-order complexity reaches 1, the line of the paper's Fig. 6: relatives fill the soup.",
        before="before takeover",
        after="life",
    ),
}

PRESETS = {
    "small": Preset(
        "256 programs and a few epochs: for checks, not for life.",
        {"n_programs": 256, "language": "bff_noheads"},
        {"steps": 16, "every": 4},
    ),
    "quick": Preset(
        "Life in seconds: 8,192 programs of the four-bit language, in which ten of every sixteen byte values are "
        "instructions. The seeds 0 to 9 were all taken over, after 64 to 496 epochs (claim V25); seed 0 after 232.",
        {"n_programs": 8192, "language": "bff_noheads_4bit"},
        {"steps": 1024, "every": 8, "stop": "takeover+256"},
    ),
    "demo": Preset(
        "The paper's own scale and language: 131,072 random programs of bff_noheads, nothing planted. Seed 38 was "
        "chosen by a sweep over the seeds 0 to 63: seven of them (11 %, 95 % interval 4 to 21 %) are taken over within "
        "2,048 epochs, seed 38 at 832 (docs/takeover.md). With another seed, expect to wait.",
        {"seed": 38},
        {"steps": 4096, "every": 32, "stop": "takeover+1024"},
    ),
    "paper": Preset(
        "The paper's long run (Figs. 5 to 7): 131,072 programs for 16,384 epochs; 40 % of the seeds transition.",
        {},
        {"steps": 16_384, "every": 64},
    ),
}


@final
class Bff(Experiment[BffConfig, SoupState]):
    """Random pairs of programs are joined, run as one self-modifying tape, and split again."""

    name = "life/bff"
    version = 1
    summary = "Self-replicating programs emerge from random bytes that run on each other."
    step_word = "epoch"
    Config = BffConfig
    metrics = METRICS
    transitions = TRANSITIONS
    presets = PRESETS
    claims = CLAIMS
    determinism = "bitwise"
    variants: ClassVar[dict[str, dict[str, Any]]] = {language: {"language": language} for language in LANGUAGES}
    views: ClassVar[dict[str, View]] = {
        "soup": View(
            pictures.draw_soup,
            pictures.PALETTE,
            "The first 16,384 programs, each a tile of its bytes coloured by opcode class.",
            max_bytes=2**20,
        ),
        "positions": View(
            pictures.draw_positions,
            pictures.PALETTE,
            "Across each place of the program: the opcode classes that stand there, stacked by share.",
            max_bytes=2**16,
        ),
        "whole_soup": View(
            pictures.draw_whole_soup,
            pictures.PALETTE,
            "Every program of the soup, up to 131,072, each a tile of its bytes coloured by opcode class.",
            max_bytes=2**23,
        ),
    }
    source = Paper(
        title="Computational Life: How Well-formed, Self-replicating Programs Emerge from Simple Interaction",
        authors="B. Agüera y Arcas, J. Alakuijala, J. Evans, B. Laurie, A. Mordvintsev, E. Niklasson, E. Randazzo, "
        "L. Versari",
        year=2024,
        arxiv="2406.19108",
        how_we_differ="The soup follows the authors' simulator bit for bit with the same seed. The compressor is the "
        "Python binding of brotli, whose output is sometimes one byte longer. Replicators are counted in a random "
        "sample. Tapes of 16 and 32 bytes are ours.",
    )

    def init(self, config: BffConfig, streams: Streams) -> SoupState:
        """A soup of uniform random bytes."""
        from primordia.life.soup import random_soup

        return SoupState(random_soup(streams.seed, config.n_programs, config.tape_length))

    def step(self, config: BffConfig, state: SoupState, streams: Streams, t: int) -> tuple[SoupState, Row]:
        """One epoch: every program interacts once."""
        return self.advance(config, state, streams, t, 1)

    def advance(self, config: BffConfig, state: SoupState, streams: Streams, t: int, n: int) -> tuple[SoupState, Row]:
        """`n` epochs; the row tells of the last one."""
        from primordia.life.soup import run_epochs

        soup, operations = run_epochs(
            config.language,
            state.soup,
            seed=streams.seed,
            first_epoch=t,
            n_epochs=n,
            mutation_threshold=round(config.mutation_rate * 2**30),
            max_steps=config.max_steps,
        )
        return SoupState(soup), {"operations_per_interaction": operations / (config.n_programs // 2)}

    def measure(self, config: BffConfig, state: SoupState, streams: Streams, t: int) -> Row:
        """Byte statistics, complexity, census and the share of replicators."""
        from primordia.life.measures import soup_row
        from primordia.life.replicators import REPLICATOR_SCORE, round_seed, scores

        sample = streams.integers("replicator sample", t, SAMPLE, config.n_programs)
        found = scores(
            config.language,
            state.soup[sample],
            indices=sample,
            n_programs=config.n_programs,
            round_seed=round_seed(streams.seed, max(t - 1, 0)),
            max_steps=config.max_steps,
        )
        return {
            **soup_row(state.soup),
            "replicator_share": float((found >= REPLICATOR_SCORE).mean()),
            "mean_replication_score": float(found.mean()),
        }

    def findings(self, config: BffConfig, state: SoupState, streams: Streams, t: int) -> tuple[Finding, ...]:
        """The most frequent programs and bytes, and the best replicator under the microscope."""
        from primordia.life.specimens import Context, findings

        return findings(Context(config.language, state.soup, config.max_steps, streams, t))

    def known_result(self, config: BffConfig) -> KnownResult:
        """The evaluator on 10,000 random tapes, against the operations and the hash of the authors' implementation."""
        from primordia.life.claim_measures import evaluate_vector
        from primordia.life.golden import EVALUATOR_VECTORS

        operations, digest = EVALUATOR_VECTORS[config.language]["U"]
        return KnownResult(
            f"10,000 uniform random tapes of 128 bytes run by {config.language}: operations and hash of the outcome",
            "output of the authors' simulator (cubff, commit f212e84)",
            {"operations": operations, "sha256": digest},
            lambda: evaluate_vector(config.language, "U"),
        )
