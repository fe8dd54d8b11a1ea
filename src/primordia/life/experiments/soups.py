"""What all soups of programs share: state, metrics, the two clocks, views, and the way from one epoch to the next."""

from __future__ import annotations

import abc
import dataclasses
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from primordia.core.experiment import Experiment
from primordia.core.findings import Finding
from primordia.core.inspection import Inspected
from primordia.core.metrics import Metric, Row, Transition
from primordia.core.streams import Streams
from primordia.life.experiments import interventions, worlds
from primordia.life.experiments.settings import SoupConfig
from primordia.life.worlds import World

SAMPLE = 256
"""Programs put to the replication test whenever a row is due."""

C = TypeVar("C", bound=SoupConfig)


@dataclasses.dataclass(frozen=True)
class SoupState:
    """All that the next epoch depends on.

    Args:
        soup: uint8 [program, byte].
        tokens: uint64 [program, byte], where every byte entered the soup (docs/tokens.md); None if it carries none.
    """

    soup: npt.NDArray[np.uint8]
    tokens: npt.NDArray[np.uint64] | None = None


METRICS = {
    "operations_per_interaction": Metric(
        "instructions", "up", "Instructions that a pair executed in the last epoch, on average; no-ops do not count."
    ),
    "interactions": Metric("pairs", "none", "Pairs that were executed in the last epoch."),
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
    "unique_tokens": Metric(
        "tokens", "down", "Distinct tracer tokens, each with its character (section 2.1).", needs="tokens"
    ),
    "top32_token_share": Metric(
        "share", "up", "Share of all bytes that hold one of the 32 most frequent tokens.", needs="tokens"
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


def token_row(state: SoupState) -> Row:
    """The metrics of a state that carries tokens."""
    from primordia.life.lineage.tokens import count_tokens

    assert state.tokens is not None
    count = count_tokens(state.soup, state.tokens)
    return {"unique_tokens": count.unique, "top32_token_share": count.top / state.soup.size}


class SoupExperiment(Experiment[C, SoupState], abc.ABC):
    """A soup of programs that meet in pairs. Subclasses add a Config, views, presets, claims and a known result.

    Their Config extends `settings.SoupConfig`.
    """

    step_word = "epoch"
    metrics = METRICS
    transitions = TRANSITIONS
    interventions = interventions.INTERVENTIONS
    determinism = "bitwise"

    def world(self, config: Any) -> World:
        """Who meets whom."""
        return worlds.world_of(config)

    def check(self, config: Any) -> None:
        """Refuses settings that do not go together; raises BadInputError."""
        worlds.check(config)

    def init(self, config: Any, streams: Streams) -> SoupState:
        """A soup of uniform random bytes or of zeros, with the organism in it if it is there from the start."""
        from primordia.life.lineage.tokens import first_tokens

        self.check(config)
        soup = worlds.first_soup(config, streams.seed)
        return SoupState(soup, first_tokens(*soup.shape) if config.tokens else None)

    def step(self, config: Any, state: SoupState, streams: Streams, t: int) -> tuple[SoupState, Row]:
        """One epoch: every program interacts once, as far as the world brings it together with another."""
        return self.advance(config, state, streams, t, 1)

    def advance(self, config: Any, state: SoupState, streams: Streams, t: int, n: int) -> tuple[SoupState, Row]:
        """`n` epochs; the row tells of the last one."""
        from primordia.life.lineage.tracing import trace_epochs
        from primordia.life.soup import run

        world, soup, tokens, end = self.world(config), state.soup, state.tokens, t + n
        while t < end:
            soup, after = worlds.soup_before(config, soup, streams.seed, t), worlds.next_touch(config, t, end)
            given: dict[str, Any] = {
                "seed": streams.seed,
                "first_epoch": t,
                "n_epochs": after - t,
                "mutation_threshold": round(config.mutation_rate * 2**30),
                "max_steps": config.max_steps,
                "world": world,
            }
            if tokens is None:
                soup, operations, n_interactions = run(config.language, soup, **given)
            else:
                tokens = worlds.tokens_before(config, tokens, t) if worlds.touched(config, t) else tokens
                soup, tokens, operations, n_interactions = trace_epochs(config.language, soup, tokens, **given)
            t = after
        return SoupState(soup, tokens), {
            "operations_per_interaction": operations / max(1, n_interactions),
            "interactions": n_interactions,
        }

    def measure(self, config: Any, state: SoupState, streams: Streams, t: int) -> Row:
        """Byte statistics, complexity, census, tokens if there are any, and the share of replicators."""
        from primordia.life.measures import soup_row

        row = soup_row(state.soup, lambda: self._replicators(config, state, streams, t))
        return row if state.tokens is None else {**row, **token_row(state)}

    def _replicators(self, config: Any, state: SoupState, streams: Streams, t: int) -> Row:
        """How many of a sample of the programs copy themselves, and how well."""
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
            "replicator_share": float((found >= REPLICATOR_SCORE).mean()),
            "mean_replication_score": float(found.mean()),
        }

    def findings(self, config: Any, state: SoupState, streams: Streams, t: int) -> tuple[Finding, ...]:
        """The most frequent programs and bytes, and the best replicator under the microscope."""
        from primordia.life.specimens import Context, findings

        return findings(Context(config.language, state.soup, config.max_steps, streams, t, state.tokens))

    def inspect(
        self, config: Any, state: SoupState, streams: Streams, t: int, view: str, row: int, column: int
    ) -> tuple[Inspected, ...]:
        """The program of a cell: what it is, its execution, its next meeting, its listing; or the bytes of a column."""
        from primordia.life.glass.soups import Glass

        return Glass(config, state.soup, state.tokens, self.world(config), streams, t).at(view, row, column)
