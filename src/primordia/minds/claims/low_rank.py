"""What weight decay does to a product of two matrices: claims of arXiv 2410.23819.

Regions were fixed before measuring, from the closed forms of the toy; the paper's figures have no printed numbers.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np

from primordia.core.claims import Claim, Expected, Measurement
from primordia.core.streams import Streams

PAPER = "arXiv 2410.23819"
Setup = Mapping[str, Any]


def begun(streams: Streams, scale: float) -> Any:
    """Random 5 x 5 factors, float64: normal values of this standard deviation."""
    import jax

    from primordia.minds.training.factors import Factors

    first, second = jax.random.split(streams.key("factors", 0))
    return Factors(*(scale * np.asarray(jax.random.normal(key, (5, 5)), np.float64) for key in (first, second)))


def settled_values(decay: float, written: str, seed: int = 0, n: int = 5000, rate: float = 0.02) -> list[float]:
    """The singular values of the toy after `n` steps, largest first."""
    from primordia.minds.probes.rank import singular_values
    from primordia.minds.training import factors

    found = factors.descended(begun(Streams(seed), 0.3), factors.target(5), decay, rate, written, n)
    return [float(value) for value in singular_values(found.product)]


def thresholding(setup: Setup) -> Measurement:
    """The largest distance of a singular value from its prediction, over decays and seeds."""
    from primordia.minds.training import factors

    found, worst = {}, 0.0
    for decay in setup["decays"]:
        predicted = factors.settled(factors.target(5), decay, setup["loss_written"])
        for seed in setup["seeds"]:
            values = settled_values(decay, setup["loss_written"], seed, setup["updates"], setup["learning_rate"])
            found[f"decay {decay:g}, seed {seed}"] = [round(value, 6) for value in values]
            worst = max(worst, float(np.abs(np.array(values) - predicted).max()))
    return Measurement(worst, "the largest distance of any singular value from its prediction", {"values": found})


def balance_ratio(setup: Setup) -> Measurement:
    """The balance after some steps over its prediction from the first: the seed whose ratio is furthest from 1."""
    from primordia.minds.probes.rank import norms
    from primordia.minds.training import factors

    rate, decay, n = setup["learning_rate"], setup["decay"], setup["updates"]
    ratios = []
    for seed in setup["seeds"]:
        first = begun(Streams(seed), 0.3)
        last = factors.descended(first, factors.target(5), decay, rate, "half", n)
        ratios.append(norms(*last).balance / (norms(*first).balance * (1 - rate * decay) ** (2 * n)))
    worst = max(ratios, key=lambda ratio: abs(ratio - 1))
    return Measurement(worst, "the seed furthest from 1", {"ratios": ratios})


def gap_ratio(setup: Setup) -> Measurement:
    """The gap between decay's norm and the nuclear norm with decay, over that without."""
    from primordia.minds.probes.rank import norms
    from primordia.minds.training import factors

    gaps = {}
    for decay in (setup["decay"], 0.0):
        first = begun(Streams(setup["seed"]), 0.3)
        last = norms(
            *factors.descended(first, factors.target(5), decay, setup["learning_rate"], "half", setup["updates"])
        )
        gaps[f"decay {decay:g}"] = last.decay - last.nuclear
    with_decay, without = gaps.values()
    return Measurement(abs(with_decay) / without, "gap with decay over the gap without", {"gaps": gaps})


def rank_rises(setup: Setup) -> Measurement:
    """How often the effective rank of an attention layer's products does not fall from one decay to the next.

    Each rank is the mean over heads and over both products, and then over the seeds.
    """
    ranks = [np.mean([_rank(setup, decay, seed) for seed in setup["seeds"]]) for decay in setup["decays"]]
    rises = sum(after >= before for before, after in itertools.pairwise(ranks))
    said = ", ".join(f"{rank:.2f} at {decay:g}" for rank, decay in zip(ranks, setup["decays"], strict=True))
    return Measurement(int(rises), f"effective rank of 9: {said}", {"ranks": [float(rank) for rank in ranks]})


def _rank(setup: Setup, decay: float, seed: int) -> float:
    from primordia.minds.probes.rank import effective_rank
    from primordia.minds.training import decayed_attention
    from primordia.minds.training.recipe import Recipe

    streams = Streams(seed)
    loss = decayed_attention.ContextLoss(8, 16, 2, 0.7, setup["batch"])
    recipe = Recipe(peak=setup["learning_rate"])
    learner = decayed_attention.begin(loss, recipe, streams.key("weights", 0))
    for t in range(setup["updates"]):
        learner, _, _ = decayed_attention.update(learner, streams.key("batch", t), decay, loss=loss, recipe=recipe)
    pairs = decayed_attention.pairs(learner.weights)
    return float(np.mean([effective_rank(pair.left @ pair.right.swapaxes(-1, -2)) for pair in pairs]))


_TOY = {"seeds": [0, 1, 2], "updates": 5000, "learning_rate": 0.02}
_EXACT = "descent has settled to 1e-6 by then; four digits are what the prediction is stated to"

CLAIMS = (
    Claim(
        "M18",
        "With decay lambda/2 (|A|^2 + |B|^2) and loss 1/2 |AB' - D|^2 every singular value loses lambda or dies.",
        f"{PAPER}, first figure and its caption; closed form by soft thresholding",
        {**_TOY, "decays": [0.1, 0.3, 0.5], "loss_written": "half"},
        thresholding,
        Expected(0.0, 1e-4, _EXACT),
        "quick",
        "seconds",
    ),
    Claim(
        "M18-whole",
        "With loss |AB' - D|^2, as a formula of the paper may be read, every singular value loses only lambda/2.",
        "closed form by soft thresholding",
        {**_TOY, "decays": [0.1, 0.3, 0.5], "loss_written": "whole"},
        thresholding,
        Expected(0.0, 1e-4, _EXACT),
        "quick",
        "seconds",
    ),
    Claim(
        "M19",
        "The balance A'A - B'B of the factors shrinks by (1 - learning_rate lambda)^2 in every step of descent.",
        f"{PAPER}, abstract: equal exponentially fast along the gradient flow; exp(-2 lambda t), derived",
        {"seeds": [0, 1, 2], "updates": 1001, "learning_rate": 0.02, "decay": 0.1},
        balance_ratio,
        Expected(0.97, 1.03, "a step adds terms of second order: a few per cent of the balance at this step size"),
        "quick",
        "a second",
    ),
    Claim(
        "M19-gap",
        "With decay half the squares of the factors become the nuclear norm of their product; without it they do not.",
        f"{PAPER}, abstract",
        {"seed": 0, "updates": 10_000, "learning_rate": 0.02, "decay": 0.1},
        gap_ratio,
        Expected(0.0, 1e-12, "the gap falls with the square of the balance, which falls by 2e-17 in 10,000 steps"),
        "quick",
        "seconds",
    ),
    Claim(
        "M18-attention",
        "The rank of W_K'W_Q and PW_V of a trained attention layer falls as the decay on them grows.",
        f"{PAPER}, abstract; layer and task are ours",
        {"seeds": [1, 2, 3], "decays": [0.0, 0.03, 0.1, 0.3, 1.0, 3.0], "updates": 1000, "batch": 256,
         "learning_rate": 3e-3},
        rank_rises,
        Expected(0, 0, "the paper says monotonically: no rise from one decay to the next"),
        "full",
        "two minutes",
    ),
)  # fmt: skip
