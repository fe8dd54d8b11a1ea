"""Long tapes: one ring of bytes, run from many start points (arXiv 2406.19108, sections 2.4, 3.1.2 and 3.3)."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, ClassVar, final

import numpy as np
import numpy.typing as npt

from primordia.core.config import Spec
from primordia.core.experiment import Experiment, KnownResult, Preset
from primordia.core.findings import Finding
from primordia.core.inspection import Inspected
from primordia.core.metrics import Metric, Row, Transition
from primordia.core.streams import Streams
from primordia.life.claims.long_tape import CLAIMS
from primordia.life.experiments import settings
from primordia.life.experiments.paper import computational_life
from primordia.life.long_tape.interventions import INTERVENTIONS
from primordia.life.long_tape.languages import FAILURES, LANGUAGES, OPERATIONS, STEPS
from primordia.life.long_tape.pictures import VIEWS

SOURCE = "benlaurie/bff-ben"


@dataclasses.dataclass(frozen=True)
class LongTapeConfig:
    """Settings of a long circular tape; where a setting is none, the language's own is taken."""

    seed: settings.Seed = 0
    language: Annotated[
        str,
        Spec(
            "the machine that runs on the tape",
            choices=tuple(LANGUAGES),
            source="arXiv 2406.19108, sections 3.3 (8080), 2.4 (BFF) and 3.1.2 (the second Forth)",
        ),
    ] = "i8080"
    tape_length: Annotated[
        int, Spec("bytes of the tape", "bytes", ge=256, le=2**16, power_of_two=True, source="section 2.4: 65,536")
    ] = 65_536
    n_starts: Annotated[
        int, Spec("starts of one round, one after the other", "starts", ge=1, le=2**20, source="ours")
    ] = 4096
    limit: Annotated[
        int | None,
        Spec(
            "clock periods (i8080) or bytes read (bff_long, forth2) after which a start is over",
            "clock periods or bytes read",
            ge=1,
            le=2**20,
            source=f"{SOURCE}: 1,000 for i8080 and forth2, 5,000 for bff_long",
        ),
    ] = None
    mutation_interval: Annotated[
        int | None,
        Spec(
            "clock periods or bytes read between two mutations of a byte; 0 for no mutations",
            "clock periods or bytes read",
            ge=0,
            le=2**40,
            source=f"{SOURCE}: 0 for i8080 (switched off), 10,000 for bff_long, 400,000 for forth2",
        ),
    ] = None
    mutate_to: Annotated[
        str | None,
        Spec(
            "what a mutation writes: a random byte or a random valid instruction",
            choices=("bytes", "instructions"),
            source=f"{SOURCE}: bytes for i8080, instructions for the others",
        ),
    ] = None
    first_tape: Annotated[
        str | None,
        Spec(
            "what the tape holds at the start: random bytes, random valid instructions, or zeros",
            choices=("bytes", "instructions", "zeros"),
            source=f"{SOURCE}: bytes for i8080, zeros for bff_long, instructions for forth2",
        ),
    ] = None
    head_offset: Annotated[
        int,
        Spec(
            "bytes from the start to head 1 (bff_long only)",
            "bytes",
            ge=0,
            le=2**15,
            source="section 2.4: somewhat larger than 8, as 12 or 16, lets looping replicators arise",
        ),
    ] = 12

    def own(self, name: str) -> Any:
        """A setting, or the language's own where it is none."""
        value = getattr(self, name)
        return getattr(LANGUAGES[self.language], name) if value is None else value


@dataclasses.dataclass(frozen=True)
class LongTapeState:
    """All that the next round depends on.

    Args:
        tape: uint8 [byte].
        owed: int64 [], clock periods or bytes read since the last mutation.
        steps: int64 [], instructions done so far, no-ops included.
    """

    tape: npt.NDArray[np.uint8]
    owed: npt.NDArray[np.int64]
    steps: npt.NDArray[np.int64]


METRICS = {
    "steps_per_start": Metric(
        "instructions", "up", "Instructions that a start of the last round executed on average, no-ops included."
    ),
    "operations_per_start": Metric(
        "instructions", "up", "Instructions that a start of the last round executed on average; no-ops do not count."
    ),
    "failure_share": Metric(
        "share", "down", "Share of the last round's starts that ended in an error (the 8080 knows none)."
    ),
    "total_steps": Metric("instructions", "none", "Instructions executed since the start of the run, no-ops included."),
    "high_order_complexity": Metric(
        "bits/byte",
        "up",
        "Order-0 entropy minus compressed size: structure beyond single bytes (the paper's high-order entropy).",
    ),
    "order0_entropy": Metric("bits/byte", "none", "Shannon entropy of the byte histogram; 8 for uniform bytes."),
    "compressed_bits_per_byte": Metric(
        "bits/byte", "down", "Size of the tape after brotli (quality 2, window 2^24), per byte of tape."
    ),
    "pair_share": Metric(
        "share",
        "up",
        "Share of the tape that lies in repeats of its most frequent unit of two different bytes, such as 01 C5 01 C5.",
    ),
    "repeat_share": Metric(
        "share", "up", "Share of the tape that lies in repeats of any string of up to 128 bytes, laid end to end."
    ),
    "string_share": Metric(
        "share", "up", "Share of the tape that lies in repeats of strings of 3 to 128 bytes, laid end to end."
    ),
    "main_period": Metric(
        "bytes", "none", "Length, from 2 to 128 bytes, of the repeats that cover most of the tape; 0 if there are none."
    ),
    "main_period_share": Metric("share", "up", "Share of the tape that lies in repeats of that length."),
    "top_byte_share": Metric("share", "none", "Share of all bytes that have the most frequent value."),
    "zero_byte_share": Metric("share", "none", "Share of all bytes that are 0."),
}

TRANSITIONS = {
    "pairs": Transition(
        "pair_share",
        1 / 3,
        "Two bytes that take turns hold a third of the tape. Return addresses of an 8080 that calls itself hold about "
        "a tenth; a pair that pushes itself holds half.",
        before="before pairs",
        after="pairs",
    ),
    "copies": Transition(
        "string_share",
        1 / 3,
        "Copies of strings of three or more bytes, laid end to end, hold a third of the tape. Floods of one byte and "
        "pairs do not count; a random tape has none.",
        before="before copies",
        after="copies",
    ),
    "takeover": Transition(
        "high_order_complexity",
        1.0,
        "High-order complexity reaches 1, the line of the paper's Fig. 6. The 8080 may pass it on the way to its pairs "
        "but does not stay there: a tape of two or three byte values carries less than 1.6 bits a byte. On a tape of "
        "BFF floods of single bytes lift it too; the transition 'copies' does not count them.",
        before="before takeover",
        after="life",
    ),
}


PRESETS = {
    "small": Preset(
        "A tape of 2,048 bytes and 64 starts a round: for checks, not for life.",
        {"tape_length": 2048, "n_starts": 64},
        {"steps": 16, "every": 4},
    ),
    "demo": Preset(
        "The 8080 on 65,536 random bytes. Return addresses pile up first; then two bytes that push themselves take "
        "over: 01 C5 after 136 rounds with seed 0. The seeds 1 to 9 took 180 to 1,870 rounds, seed 2 over 3,000.",
        {"language": "i8080"},
        {"steps": 4096, "every": 4, "stop": "pairs+128"},
    ),
    "bff": Preset(
        "BFF on 65,536 zeros: everything on the tape was written by mutations and by what they make. With seed 0 loops "
        "that copy twelve bytes, the offset of head 1, hold a third of the tape after 19 rounds; others take longer.",
        {"language": "bff_long"},
        {"steps": 256, "every": 1, "stop": "copies+24"},
    ),
    "forth": Preset(
        "The second Forth on 65,536 random instructions: the paper's Fig. 11. Starts end sooner and sooner, then "
        "complexity jumps. Of two seeds tried, 10 jumps after 71,750 rounds, which are three minutes of one core; seed "
        "0 does not within 110,000.",
        {"language": "forth2", "seed": 10},
        {"steps": 524_288, "every": 256, "stop": "takeover+16384"},
    ),
}


@final
class LongTape(Experiment[LongTapeConfig, LongTapeState]):
    """One circular tape; again and again a start point is drawn and the machine runs there for a while."""

    name = "life/i8080-long-tape"
    version = 1
    summary = "Replicators on one long ring of bytes without any programs set apart: 8080, Forth and BFF."
    step_word = "round"
    Config = LongTapeConfig
    metrics = METRICS
    transitions = TRANSITIONS
    interventions = INTERVENTIONS
    views = VIEWS
    claims = CLAIMS
    determinism = "bitwise"
    presets = PRESETS
    variants: ClassVar[dict[str, dict[str, Any]]] = {language: {"language": language} for language in LANGUAGES}
    source = computational_life(
        "Numbers and rules are those of the author's program as published (benlaurie/bff-ben), whose "
        "versions for the paper are not public. It runs 8 or 16 starts at once on one tape without locks; here starts "
        "take turns, so a seed gives the same bits every time. A step that fails counts as executed."
    )

    def init(self, config: LongTapeConfig, streams: Streams) -> LongTapeState:
        """The first tape."""
        from primordia.life.long_tape.runs import first_tape

        tape = first_tape(config.language, config.own("first_tape"), config.tape_length, streams)
        return LongTapeState(tape, np.array(0, np.int64), np.array(0, np.int64))

    def step(self, config: LongTapeConfig, state: LongTapeState, streams: Streams, t: int) -> tuple[LongTapeState, Row]:
        """One round of starts."""
        return self.advance(config, state, streams, t, 1)

    def advance(
        self, config: LongTapeConfig, state: LongTapeState, streams: Streams, t: int, n: int
    ) -> tuple[LongTapeState, Row]:
        """`n` rounds; the row tells of the last one."""
        from primordia.life.long_tape.runs import run_rounds

        tape, owed, counts = run_rounds(
            config.language,
            state.tape,
            int(state.owed),
            streams,
            first_round=t,
            n_rounds=n,
            n_starts=config.n_starts,
            limit=config.own("limit"),
            head_offset=config.head_offset,
            mutate_to=config.own("mutate_to"),
            mutation_interval=config.own("mutation_interval"),
        )
        steps = int(state.steps) + int(counts[:, STEPS].sum())
        last = counts[-1]
        row = {
            "steps_per_start": float(last[STEPS] / config.n_starts),
            "operations_per_start": float(last[OPERATIONS] / config.n_starts),
            "failure_share": float(last[FAILURES] / config.n_starts),
            "total_steps": steps,
        }
        return LongTapeState(tape, np.array(owed, np.int64), np.array(steps, np.int64)), row

    def measure(self, config: LongTapeConfig, state: LongTapeState, streams: Streams, t: int) -> Row:
        """Byte statistics, complexity and what repeats."""
        from primordia.life.long_tape.repeats import periods, repeats
        from primordia.life.measures import byte_counts, compressed_size, entropy

        counts, n = byte_counts(state.tape), state.tape.size
        order0, compressed = entropy(counts), 8 * compressed_size(state.tape) / n
        pairs, by_period = repeats(state.tape), np.bincount(periods(state.tape), minlength=3)
        most = int(np.argmax(by_period[2:])) + 2
        return {
            "high_order_complexity": order0 - compressed,
            "order0_entropy": order0,
            "compressed_bits_per_byte": compressed,
            "pair_share": pairs[0].covered / n if pairs else 0.0,
            "repeat_share": float(1 - by_period[0] / n),
            "string_share": float(by_period[3:].sum() / n),
            "main_period": most if by_period[most] else 0,
            "main_period_share": float(by_period[most] / n),
            "top_byte_share": float(counts.max() / n),
            "zero_byte_share": float(counts[0] / n),
        }

    def findings(self, config: LongTapeConfig, state: LongTapeState, streams: Streams, t: int) -> tuple[Finding, ...]:
        """What repeats most, which strings are frequent, and what starts do."""
        from primordia.life.long_tape.portrait import findings

        return findings(config.language, state.tape, config.own("limit"), config.head_offset, streams, t)

    def inspect(
        self, config: LongTapeConfig, state: LongTapeState, streams: Streams, t: int, view: str, row: int, column: int
    ) -> tuple[Inspected, ...]:
        """What begins at the byte of a cell, what repeats there, and what a start there does."""
        from primordia.life.glass.tapes import at

        return at(config.language, state.tape, config.own("limit"), config.head_offset, row, column)

    def known_result(self, config: LongTapeConfig) -> KnownResult:
        """A program per language that copies itself, against the copies that its rules give by hand."""
        from primordia.life.long_tape.specimens import SPECIMENS

        specimen = SPECIMENS[config.language]
        return KnownResult(specimen.statement, specimen.source, specimen.expected.hex(" "), specimen.measured)
