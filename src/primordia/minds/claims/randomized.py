"""Learning to be random: claims of arXiv 2408.10818 on associative recall with too small a memory.

No number of the paper could be had, so the regions say the paper's words: "never" and "always", "better than a coin".
They were fixed before these seeds were measured. Sizes and recipe are ours.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from primordia.core.claims import Claim, Expected, Measurement
from primordia.core.streams import Streams
from primordia.minds.claims.adversarial import CLAIMS as POLICIES

PAPER = "arXiv 2408.10818"
Setup = Mapping[str, Any]
N_JUDGED, N_SEEDS, N_VOTES = 2048, 255, 51
"""Inputs that a learner is judged on, seeds of each, and votes of a majority."""


class Judged(NamedTuple):
    """What a trained learner does.

    Args:
        success: of each input, over seeds; sorted.
        majority: share of inputs that most of 51 seeds answer right.
        attacked: the least success that an adversary leaves to any question.
    """

    success: Any
    majority: float
    attacked: float


def judged(weights: Any, model: Any, streams: Streams) -> Judged:
    """How a learner answers the inputs and seeds of the stream "evaluation"."""
    from primordia.minds.probes import adversary

    found = adversary.answers(weights, streams.key("evaluation", 0), model=model, n_inputs=N_JUDGED, n_draws=N_SEEDS)
    known, fresh = (
        np.asarray(adversary.drawn_maps(weights, streams.key("evaluation", place), model=model, n_draws=N_SEEDS))
        for place in (1, 2)
    )
    return Judged(
        np.sort(np.asarray(found.success)),
        adversary.majority(np.asarray(found.right), N_VOTES),
        float(adversary.attacked(known, fresh).min()),
    )


@functools.lru_cache(maxsize=8)
def _trained(seed: int, n_seed: int, exponent: float, n_draws: int, n_memory: int, n_updates: int) -> Judged:
    from primordia.minds.models import seeded_recall
    from primordia.minds.training.recipe import Recipe
    from primordia.minds.training.update import begin, update
    from primordia.minds.training.worst_case import WorstCase

    streams = Streams(seed)
    model = seeded_recall.SeededRecall(8, n_memory, n_seed)
    loss, recipe = WorstCase(model, exponent, n_draws, 512), Recipe(peak=3e-3, clip=1.0)
    learner = begin(seeded_recall.begin(model, streams.key("weights", 0)), recipe)
    for t in range(n_updates):
        learner, _ = update(learner, streams.key("batch", t), loss=loss, recipe=recipe)
    return judged(learner.weights, model, streams)


def _of(setup: Setup, seed: int, **other: Any) -> Judged:
    chosen = {**setup, **other}
    return _trained(
        seed, chosen["n_seed"], chosen["exponent"], chosen["n_draws"], chosen["n_memory"], chosen["updates"]
    )


def majority_success(setup: Setup) -> Measurement:
    """The share of inputs that most of 51 seeds answer right, the worst training seed."""
    found = [_of(setup, seed) for seed in setup["seeds"]]
    return Measurement(
        min(one.majority for one in found),
        "the worst of the training seeds",
        {
            "majority": [one.majority for one in found],
            "mean success": [float(one.success.mean()) for one in found],
            "least success": [float(one.success[0]) for one in found],
        },
    )


def certain_failures(setup: Setup) -> Measurement:
    """The share of inputs that are answered wrongly with every seed, the most lenient training seed."""
    found = [float((_of(setup, seed).success == 0).mean()) for seed in setup["seeds"]]
    means = [float(_of(setup, seed).success.mean()) for seed in setup["seeds"]]
    return Measurement(min(found), "the least of the training seeds", {"failing": found, "mean success": means})


def success_under_attack(setup: Setup) -> Measurement:
    """What an adversary leaves to the worst question of a randomised learner, the worst training seed."""
    found = [_of(setup, seed).attacked for seed in setup["seeds"]]
    plain = [_of(setup, seed, n_seed=0, exponent=1.0, n_draws=1).attacked for seed in setup["seeds"]]
    return Measurement(
        min(found), "the worst of the training seeds", {"with a seed": found, "without": plain, "bound": 0.75}
    )


def spread_of_success(setup: Setup) -> Measurement:
    """The 5th percentile over inputs of the success over seeds, the luckiest training seed."""
    found = [float(np.percentile(_of(setup, seed).success, 5)) for seed in setup["seeds"]]
    return Measurement(max(found), "the highest of the training seeds", {"5th percentile": found})


_SETUP = {"seeds": [1, 2, 3], "n_memory": 4, "n_seed": 8, "exponent": 20.0, "n_draws": 32, "updates": 2000}
_SIZES = f"{PAPER}; 8 items, 4 numbers of memory, exponent 20, 32 seeds and 2000 updates are ours"

CLAIMS = (
    *POLICIES,
    Claim(
        "M28-majority",
        "A majority of 51 seeds of a randomised learner answers nearly all inputs, though its memory is too small.",
        _SIZES,
        _SETUP,
        majority_success,
        Expected(0.99, 1.0, "near-optimal is the paper's word; the policy of random storage has 0.9999"),
        "quick",
        "half a minute",
    ),
    Claim(
        "M28-deterministic",
        "Without a seed, trained for the mean, a learner answers some inputs wrongly always.",
        _SIZES,
        {**_SETUP, "n_seed": 0, "exponent": 1.0, "n_draws": 1},
        certain_failures,
        Expected(0.05, 0.5, "some: at least one in twenty, and no more than a coin would"),
        "quick",
        "ten seconds",
    ),
    Claim(
        "M28-adversary",
        "Whatever values an adversary picks, a randomised learner answers every question better than a coin.",
        _SIZES,
        _SETUP,
        success_under_attack,
        Expected(0.5, 0.8, "better than a coin; 1/2 + M/(2N) = 0.75 is the best there is, 0.05 for 255 judging seeds"),
        "quick",
        "half a minute",
    ),
    Claim(
        "M28-mean",
        "A learner with a seed that is trained for the mean does not become random: some inputs nearly always fail.",
        _SIZES,
        {**_SETUP, "exponent": 1.0},
        spread_of_success,
        Expected(0.0, 0.25, "far below a coin"),
        "quick",
        "half a minute",
    ),
)
