"""What an island counts, and what the counts of all islands are together."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np

from primordia.core.metrics import Metric, Row, Transition
from primordia.core.shards import Tally
from primordia.core.streams import Streams
from primordia.life.archipelago.islands import Bytes, Island

SAMPLE = 256
"""Programs of the whole soup that are put to the replication test whenever a row is due ..."""
LEAST_SAMPLE = 8
"""... but at least so many of each island."""
TAKEN_OVER = 1.0
"""High-order complexity from which an island counts as taken over (arXiv 2406.19108, Fig. 6)."""

METRICS = {
    "operations_per_interaction": Metric(
        "instructions", "up", "Instructions that a pair executed in the last epoch, on average; no-ops do not count."
    ),
    "interactions": Metric("pairs", "none", "Pairs that were executed in the last epoch."),
    "high_order_complexity": Metric(
        "bits/byte",
        "up",
        "Order-0 entropy minus compressed size of an island (the paper's high-order entropy), the mean of all islands.",
    ),
    "lowest_island_complexity": Metric("bits/byte", "up", "High-order complexity of the island that has the least."),
    "highest_island_complexity": Metric("bits/byte", "up", "High-order complexity of the island that has the most."),
    "islands_taken_over": Metric("islands", "up", "Islands whose high-order complexity is 1 or more."),
    "island_share_taken_over": Metric("share", "up", "Share of the islands whose high-order complexity is 1 or more."),
    "order0_entropy": Metric("bits/byte", "none", "Shannon entropy of the byte histogram of all islands together."),
    "island_divergence": Metric(
        "bits/byte",
        "none",
        "How much the islands' byte histograms differ: the entropy of all together minus the mean of theirs (their "
        "Jensen-Shannon divergence); 0 where all have the same.",
    ),
    "compressed_bits_per_byte": Metric(
        "bits/byte",
        "down",
        "Size of an island after brotli (quality 2, window 2^24), per byte; the mean of all islands.",
    ),
    "unique_programs_per_island": Metric(
        "programs", "none", "Distinct programs on an island; the mean of all islands."
    ),
    "top_program_share": Metric(
        "share", "up", "Share of an island that its most frequent program holds; the mean of all islands."
    ),
    "top_byte_share": Metric("share", "none", "Share of all bytes that have the most frequent value."),
    "zero_byte_share": Metric(
        "share", "none", "Share of all bytes that are 0; a rise without new structure is zero poisoning (section 2.1)."
    ),
    "replicators_sampled": Metric(
        "programs",
        "up",
        f"Programs whose replication score is 5 or more (the authors' threshold), of {SAMPLE} drawn at random, as many "
        f"on each island and at least {LEAST_SAMPLE}.",
    ),
    "replicator_share": Metric("share", "up", "The same as a share of the programs drawn."),
    "mean_replication_score": Metric(
        "bytes", "up", "Mean replication score of the same programs: tape positions passed on to a copy."
    ),
}

TRANSITIONS = {
    "appearance": Transition(
        "replicators_sampled",
        1,
        "The first row in which at least one program of the random sample copies itself (score of 5 or more). The "
        "first replicator is older: a sample misses rare ones.",
        before="pre-life",
        after="replicators",
    ),
    "foothold": Transition(
        "islands_taken_over",
        1,
        "The first island is taken over: its high-order complexity reaches 1, the line of the paper's Fig. 6.",
        before="no island taken over",
        after="a foothold",
    ),
    "takeover": Transition(
        "island_share_taken_over",
        1.0,
        "Every island is taken over at the same time.",
        before="before takeover",
        after="life on all islands",
    ),
}


def measure(island: Island, programs: Bytes, streams: Streams, t: int) -> Tally:
    """What an island adds to the metrics: byte counts int64 [byte value], compressed size, census and replicators."""
    from primordia.life.measures import byte_counts, census, compressing

    size, found = compressing(programs), census(programs)
    return {
        "byte_counts": byte_counts(programs),
        "unique_programs": len(found.first),
        "top_program_count": int(found.counts[0]),
        **_replicators(island, programs, streams, t),
        "compressed_size": size.result(),
    }


def merge_steps(tallies: Sequence[Tally]) -> Row:
    """The row of an epoch."""
    n_interactions = sum(tally["interactions"] for tally in tallies)
    return {
        "operations_per_interaction": sum(tally["operations"] for tally in tallies) / max(1, n_interactions),
        "interactions": n_interactions,
    }


def merge_measures(tallies: Sequence[Tally], size: int, tape_length: int) -> Row:
    """The metrics of a state, of the tallies of its islands of `size` programs each."""
    from primordia.life.measures import entropy

    counts = np.stack([np.asarray(tally["byte_counts"], np.int64) for tally in tallies])
    whole, n_bytes = counts.sum(axis=0), size * tape_length
    entropies = [entropy(of_island) for of_island in counts]
    compressed = [8 * tally["compressed_size"] / n_bytes for tally in tallies]
    complexities = [order0 - bits for order0, bits in zip(entropies, compressed, strict=True)]
    n_taken_over = sum(complexity >= TAKEN_OVER for complexity in complexities)
    order0, n_sampled = entropy(whole), sum(tally["sampled"] for tally in tallies)
    n_replicators = sum(tally["replicators"] for tally in tallies)
    return {
        "high_order_complexity": statistics.fmean(complexities),
        "lowest_island_complexity": min(complexities),
        "highest_island_complexity": max(complexities),
        "islands_taken_over": n_taken_over,
        "island_share_taken_over": n_taken_over / len(tallies),
        "order0_entropy": order0,
        "island_divergence": max(0.0, order0 - statistics.fmean(entropies)),
        "compressed_bits_per_byte": statistics.fmean(compressed),
        "unique_programs_per_island": statistics.fmean(tally["unique_programs"] for tally in tallies),
        "top_program_share": statistics.fmean(tally["top_program_count"] / size for tally in tallies),
        "top_byte_share": float(whole.max() / whole.sum()),
        "zero_byte_share": float(whole[0] / whole.sum()),
        "replicators_sampled": n_replicators,
        "replicator_share": n_replicators / n_sampled,
        "mean_replication_score": sum(tally["total_score"] for tally in tallies) / n_sampled,
    }


def _replicators(island: Island, programs: Bytes, streams: Streams, t: int) -> dict[str, Any]:
    from primordia.life.replicators import REPLICATOR_SCORE, round_seed, scores

    config = island.config
    n_sampled = max(LEAST_SAMPLE, SAMPLE // config.n_islands)
    sample = streams.integers(f"replicator sample of island {island.number}", t, n_sampled, island.size)
    found = scores(
        config.language,
        programs[sample],
        indices=sample + island.first,
        n_programs=config.n_programs,
        round_seed=round_seed(streams.seed, max(t - 1, 0)),
        max_steps=config.max_steps,
    )
    return {
        "sampled": n_sampled,
        "replicators": int((found >= REPLICATOR_SCORE).sum()),
        "total_score": int(found.sum()),
    }
