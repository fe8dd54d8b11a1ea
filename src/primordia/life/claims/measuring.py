"""How each claim about BFF soups is measured: setup -> Measurement, each a pure function."""

from __future__ import annotations

import hashlib
import statistics
from collections.abc import Mapping
from typing import Any

import numpy as np

from primordia.core.claims import Measurement
from primordia.core.intervals import clopper_pearson
from primordia.core.streams import Streams, mix64
from primordia.life.golden import ENRICHED_BYTES, EVALUATOR_VECTORS, FIG4_REPLICATOR, LOG_PROGRAMS, LOG_SEED, LOGS
from primordia.life.measures import Bytes, byte_counts, compressed_size, entropy, high_order_complexity
from primordia.life.worlds import Mixed, World

Setup = Mapping[str, Any]
N_TAPES = 10_000
MAX_STEPS = 8192
MIXED = Mixed()
TRANSITION = 1.0
"""High-order complexity from which a soup counts as taken over (Fig. 6)."""


def vector_tapes(language: str, tape_set: str) -> Bytes:
    """The 10,000 tapes uint8 [tape, byte] of set "U" (uniform) or "R" (rich); see `EVALUATOR_VECTORS`."""
    draws = mix64(np.arange(N_TAPES * 128, dtype=np.uint64)).reshape(N_TAPES, 128)
    uniform = draws.astype(np.uint8)
    if tape_set == "U":
        return uniform
    rich = np.frombuffer(ENRICHED_BYTES[language], np.uint8)
    return np.where((draws >> np.uint64(8)) & np.uint64(1), rich[(draws >> np.uint64(16)) % len(rich)], uniform)


def evaluate_vector(language: str, tape_set: str) -> dict[str, Any]:
    """Total operations over a set of tapes, and the hash of what the tapes became."""
    from primordia.life.soup import evaluate

    finals, operations = evaluate(language, vector_tapes(language, tape_set), MAX_STEPS)
    return {"operations": int(operations.sum()), "sha256": hashlib.sha256(finals.tobytes()).hexdigest()[:16]}


def run_soup(
    language: str, soup: Bytes, seed: int, first: int, n: int, mutation_rate: float = 2.0**-12, world: World = MIXED
) -> Bytes:
    """The soup uint8 [program, byte] after epochs number `first` to `first + n - 1`."""
    from primordia.life.soup import run_epochs

    return run_epochs(
        language,
        soup,
        seed=seed,
        first_epoch=first,
        n_epochs=n,
        mutation_threshold=round(mutation_rate * 2**30),
        max_steps=MAX_STEPS,
        world=world,
    )[0]


def taken_over(complexity: float) -> bool:
    """Whether a soup counts as taken over."""
    return complexity >= TRANSITION


def evaluator_vectors(setup: Setup) -> Measurement:
    """How many of the evaluator's golden vectors come out the same."""
    agree = {}
    for language in setup["languages"]:
        for tape_set, (operations, digest) in EVALUATOR_VECTORS[language].items():
            found = evaluate_vector(language, tape_set)
            agree[f"{language}/{tape_set}"] = found == {"operations": operations, "sha256": digest}
    return Measurement(sum(agree.values()), f"of {len(agree)} vectors", {"agree": agree})


def golden_logs(setup: Setup) -> Measurement:
    """How many lines of the authors' logs come out the same: size equal or one byte longer, from the same soup."""
    from primordia.life.soup import random_soup

    lines: dict[str, list[dict[str, Any]]] = {}
    for language in setup["languages"]:
        expected = LOGS[language]
        soup = random_soup(LOG_SEED, LOG_PROGRAMS, 64)
        lines[language] = []
        done = 0
        for epoch, size, complexity in expected:
            soup = run_soup(language, soup, LOG_SEED, done, epoch - done)
            done = epoch
            ours = compressed_size(soup)
            # The log's own size goes with the log's complexity; six decimals are printed there from a 32-bit float.
            same = round(entropy(byte_counts(soup)) - 8 * size / soup.size, 6)
            lines[language].append(
                {
                    "epochs": epoch,
                    "size": ours,
                    "published_size": size,
                    "agrees": ours - size in (0, 1) and abs(same - complexity) <= 2e-6,
                }
            )
    agreeing = sum(line["agrees"] for course_lines in lines.values() for line in course_lines)
    return Measurement(agreeing, f"of {sum(map(len, lines.values()))} log lines", {"lines": lines})


def noise_complexity(setup: Setup) -> Measurement:
    """High-order complexity of independent uniform bytes."""
    draws = Streams(setup["seed"]).integers("uniform bytes", 0, setup["bytes"], 256).astype(np.uint8)
    return Measurement(high_order_complexity(draws.reshape(-1, 64)), f"{setup['bytes']} bytes")


def copies_complexity(setup: Setup) -> Measurement:
    """Largest distance between the complexity of many copies of one string and the string's own entropy."""
    cases = []
    for seed in setup["seeds"]:
        string = Streams(seed).integers("string", 0, 64, 256).astype(np.uint8)
        copies = np.tile(string, (setup["copies"], 1))
        cases.append({"entropy": entropy(byte_counts(string)), "complexity": high_order_complexity(copies)})
    worst = max(abs(case["entropy"] - case["complexity"]) for case in cases)
    return Measurement(worst, "largest of all strings", {"strings": cases})


def fig4_copy_step(setup: Setup) -> Measurement:
    """The step after which a partner of zeros equals the replicator of Fig. 4 and stays so to the end."""
    from primordia.life.microscope import watch

    film = watch("bff_noheads", np.frombuffer(FIG4_REPLICATOR, np.uint8), np.zeros(64, np.uint8), MAX_STEPS)
    return Measurement(
        float("nan") if film.complete_at is None else film.complete_at,
        "steps until the copy is complete",
        {"operations": film.operations, "original_intact": film.original_intact, "copied": film.copied},
    )


def fig4_score(setup: Setup) -> Measurement:
    """The detector's score of the replicator of Fig. 4."""
    from primordia.life.replicators import round_seed, scores

    program = np.frombuffer(FIG4_REPLICATOR, np.uint8)[None]
    found = [
        int(scores(setup["language"], program, indices=np.zeros(1, np.int64), n_programs=1, round_seed=word)[0])
        for word in (round_seed(seed, 0) for seed in setup["seeds"])
    ]
    worst = min if setup["worst"] == "lowest" else max
    return Measurement(worst(found), f"the {setup['worst']} over the seeds of the noise", {"scores": found})


def resume_difference(setup: Setup) -> Measurement:
    """Bytes that differ between a run in one piece and one that is stored as a checkpoint's bytes half way."""
    from safetensors.numpy import load, save

    from primordia.life.soup import random_soup

    language, seed, epochs = setup["language"], setup["seed"], setup["epochs"]
    start = random_soup(seed, setup["n_programs"], 64)
    whole = run_soup(language, start, seed, 0, epochs)
    half = run_soup(language, start, seed, 0, epochs // 2)
    resumed = load(save({"soup": half}))["soup"]
    resumed = run_soup(language, resumed, seed, epochs // 2, epochs - epochs // 2)
    return Measurement(int((whole != resumed).sum()), f"of {whole.size} bytes")


def takeover_share(setup: Setup) -> Measurement:
    """Share of seeds whose soup has reached complexity 1 at the end, with the exact 95 % interval of those that ran.

    Setup: language, n_programs, epochs, seeds (count), seeded (whether program 0 is the replicator of Fig. 4), every
    (epochs between looks; a run ends at its takeover, when `every` is below `epochs`), mutation_rate if not 2^-12, and
    `accepted`: the least and the greatest count of takeovers that agree with the claim. Where it is given, seeds that
    can no longer change the verdict are not run; the share is then that of takeovers so far among all seeds.
    """
    per_seed: list[dict[str, Any]] = []
    successes = 0
    for seed in range(setup["seeds"]):
        if "accepted" in setup and decided(successes, setup["seeds"] - seed, *setup["accepted"]):
            break
        per_seed.append(_one_takeover(setup, seed))
        successes += per_seed[-1]["taken_over"]
    low, high = clopper_pearson(successes, len(per_seed))
    left = setup["seeds"] - len(per_seed)
    spared = f"; the {left} seeds left cannot change the verdict" if left else ""
    return Measurement(
        successes / setup["seeds"],
        f"{successes} of {len(per_seed)} seeds; exact 95 % interval {low:.3f} to {high:.3f}{spared}",
        {"per_seed": per_seed, "interval_95": [low, high], "seeds_not_needed": left},
    )


def decided(successes: int, n_left: int, least: int, greatest: int) -> bool:
    """Whether the n_left seeds still to run can neither bring the count into the accepted range nor out of it."""
    inside = least <= successes and successes + n_left <= greatest
    return inside or successes > greatest or successes + n_left < least


def takeover_contrast(setup: Setup) -> Measurement:
    """Difference of the shares of takeovers at two mutation rates."""
    first, second = (takeover_share({**setup, "mutation_rate": rate}) for rate in setup["mutation_rates"])
    return Measurement(
        first.value - second.value,
        f"share at the first rate minus share at the second: {first.note}, {second.note}",
        {"first": first.evidence, "second": second.evidence},
    )


def takeover_count(setup: Setup) -> Measurement:
    """Number of seeds that are taken over within the given epochs; the evidence says when."""
    runs = [_one_takeover(setup, seed) for seed in range(setup["seeds"])]
    epochs = [run["epochs"] for run in runs if run["taken_over"]]
    when = (
        f"first seen at {min(epochs)} to {max(epochs)} epochs, median {statistics.median(epochs):g}" if epochs else ""
    )
    return Measurement(len(epochs), f"of {len(runs)} seeds; {when}", {"per_seed": runs})


def complexity_at(setup: Setup) -> Measurement:
    """High-order complexity of a random soup after the given number of epochs."""
    from primordia.life.soup import random_soup

    soup = random_soup(setup["seed"], setup["n_programs"], 64)
    soup = run_soup(setup["language"], soup, setup["seed"], 0, setup["epochs"])
    return Measurement(high_order_complexity(soup), f"after {setup['epochs']} epochs")


def _one_takeover(setup: Setup, seed: int) -> dict[str, Any]:
    from primordia.life.soup import random_soup

    soup = random_soup(seed, setup["n_programs"], 64)
    if setup["seeded"]:
        soup[0] = np.frombuffer(FIG4_REPLICATOR, np.uint8)
    t, complexity = 0, 0.0
    while t < setup["epochs"] and not taken_over(complexity):
        n = min(setup["every"], setup["epochs"] - t)
        soup = run_soup(setup["language"], soup, seed, t, n, setup.get("mutation_rate", 2.0**-12))
        t, complexity = t + n, high_order_complexity(soup)
    return {
        "seed": seed,
        "epochs": t,
        "high_order_complexity": round(complexity, 4),
        "taken_over": taken_over(complexity),
    }
