"""Claims about the mesa layer: its arithmetic, its models, and what it gains where it is trained.

Regions were fixed before measuring. The set-up of MN-recall was not: recall was first claimed as in MN-recall-crowded,
where a run with seed 0 showed no gap (-0.09); the easier set-up was then chosen on seed 0. Both are measured on seed 1.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any

from primordia.core.claims import Claim, Expected, Measurement
from primordia.minds.claims import layers, models

PAPER = "arXiv 2506.05233"
RECALL = {"preset": "demo", "seed": 1, "updates": 600}
CROWDED = {
    **RECALL,
    "set": {"n_blocks": 2, "solver_steps": 15, "n_symbols": 66, "n_time": 64, "n_pairs": 16, "n_batch": 32},
}
PARITY = {"preset": "parity", "seed": 0, "updates": 3000}
MAD = {"preset": "mad", "seed": 0, "updates": 2000}


def gap_in_recall(setup: Mapping[str, Any]) -> Measurement:
    """Accuracy of the model less its twin's. Setup: preset, seed, updates."""
    row, _ = _trained(json.dumps(dict(setup)))
    note = f"accuracy {row['accuracy']:.3f}, twin {row['twin_accuracy']:.3f}, a guess {row['chance_accuracy']:.3f}"
    return Measurement(row["gap"], note, row)


def beyond_training(setup: Mapping[str, Any]) -> Measurement:
    """Accuracy at positions that are more than twice as far as any in training. Setup: as above, and whose."""
    settings = {name: value for name, value in setup.items() if name != "whose"}
    row, scores = _trained(json.dumps(settings))
    score = scores[0 if setup["whose"] == "model" else 1]
    n_train = 40
    far, near = (_share(score, slice(2 * n_train, None)), _share(score, slice(0, n_train)))
    return Measurement(far, f"{near:.3f} at positions seen in training", {**row, "near": near})


def accuracy(setup: Mapping[str, Any]) -> Measurement:
    """Accuracy of the model in its evaluation. Setup: preset, seed, updates."""
    row, _ = _trained(json.dumps(dict(setup)))
    return Measurement(row["accuracy"], f"twin {row['twin_accuracy']:.3f}", row)


@functools.lru_cache(maxsize=4)
def _trained(setup: str) -> tuple[dict[str, float], list[dict[str, Any]]]:
    """The last row of a run, and the scores by position of the model and the twin."""
    from primordia.core import config as configs
    from primordia.core.streams import Streams
    from primordia.minds.experiments import mesanet_looks, mesanet_parts
    from primordia.minds.experiments.mesanet import MesaNet

    chosen = json.loads(setup)
    experiment, streams = MesaNet(), Streams(chosen["seed"])
    overrides = {**experiment.presets[chosen["preset"]].config, **chosen.get("set", {}), "seed": chosen["seed"]}
    config = configs.override(experiment.Config(), overrides)
    state, row = experiment.advance(config, experiment.init(config, streams), streams, 0, chosen["updates"])
    rows = mesanet_parts.evaluation_rows(config, streams)
    looked = [mesanet_looks.exam(config, *model, rows) for model in mesanet_looks.models(config, state).values()]
    return {**row, **experiment.measure(config, state, streams, chosen["updates"])}, looked


def _share(score: Mapping[str, Any], places: slice) -> float:
    return float(score["hits"][places].sum() / score["counts"][places].sum())


TRAINED = (
    Claim(
        "MN-recall",
        "On recall of as many pairs as a key has channels, the mesa layer leaves gated linear attention behind.",
        f"{PAPER}, section 5 (recall in context: MesaNet 41.8, GLA 39.6 at 1B); task and sizes ours, chosen on seed 0 "
        "after MN-recall-crowded had missed there",
        RECALL,
        gap_in_recall,
        Expected(0.1, 1.0, "a tenth of all answers: a gap that can be seen in a chart of both"),
        "quick",
        "a minute",
    ),
    Claim(
        "MN-recall-crowded",
        "So it does, after as many updates, on recall of twice as many pairs as a key has channels.",
        f"{PAPER}, as MN-recall; task and sizes ours; with seed 0, looked at before, the twin was ahead",
        CROWDED,
        gap_in_recall,
        Expected(0.1, 1.0, "as MN-recall"),
        "full",
        "two minutes",
    ),
    Claim(
        "MN-parity-signed",
        "With forget gates in (-1, 1) and a large Lambda the layer tracks parity far beyond the length of training.",
        f"{PAPER}, study of parity: perfect accuracy to length 256; model and course here are smaller",
        {**PARITY, "whose": "model"},
        beyond_training,
        Expected(0.95, 1.0, "the paper's is perfect; a twentieth is left for the smaller model"),
        "full",
        "some ten minutes",
    ),
    Claim(
        "MN-parity-unsigned",
        "With forget gates in (0, 1) it stays at chance beyond the length of training.",
        f"{PAPER}, study of parity",
        {**PARITY, "whose": "twin"},
        beyond_training,
        Expected(0.4, 0.6, "chance is a half; a tenth for 64 strings whose positions depend on each other"),
        "full",
        "shares the course of MN-parity-signed",
    ),
    Claim(
        "MN-mad-recall",
        "In-context recall of MAD is solved.",
        f"{PAPER}, table of MAD: 100 % for every layer",
        MAD,
        accuracy,
        Expected(0.99, 1.0, "the paper's 100 %, less one in a hundred for a course forty times shorter"),
        "full",
        "some ten minutes",
    ),
)
CLAIMS = (*layers.CLAIMS, *models.CLAIMS, *TRAINED)
