"""What minds/mesa-optimization finds in a trained model: its curve in context, probes, and what it makes of pairs."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from primordia.core.findings import Chart, Finding, Table
from primordia.core.streams import Streams
from primordia.minds.experiments import mesa_parts as parts
from primordia.minds.experiments.mesa_settings import MesaConfig
from primordia.minds.experiments.mesa_tiles import algorithm_matrices, attention_matrices, is_compressible

BACKS = (2, 1, 0, -1)
N_FEW_SHOT = 64
PENALTY = 1.0
"""Of the least squares that few-shot pairs are put to (arXiv 2309.05858 has none stated)."""


def everything_found(config: MesaConfig, weights: Any, streams: Streams) -> tuple[Finding, ...]:
    """The curve by position, attention, the probes, the compression where it is defined, and few-shot pairs."""
    beside = parts.beside(config)
    found: list[Finding] = [_curve(config, weights, beside), _probes(config, weights, beside)]
    if is_compressible(config):
        found += [_compressed(config, weights, beside), *algorithm_matrices(config, weights)]
    found += attention_matrices(config, weights, beside)
    if config.kind == "full":
        found.append(_few_shot(config, weights, streams))
    return tuple(found)


def _line(values: npt.NDArray[Any], first: int = 1) -> tuple[tuple[float, float], ...]:
    return tuple((float(place), float(value)) for place, value in enumerate(values, first))


def _curve(config: MesaConfig, weights: Any, beside: parts.Beside) -> Chart:
    n_steps = len(parts.model(config).layers)
    return Chart(
        "Error in context",
        "observations seen",
        "squared error of a channel",
        {
            "the model": _line(parts.error(config, weights, beside.batch)),
            "least squares": _line(beside.lines.ridge),
            f"Chebyshev, {n_steps} step{'s' if n_steps > 1 else ''}": _line(beside.lines.chebyshev),
            "one step of gradient descent": _line(beside.lines.descent),
        },
        f"Mean over {config.n_judged} fresh sequences. Penalty of least squares: {beside.lines.penalty:g}, the best.",
        log_y=True,
    )


def _probes(config: MesaConfig, weights: Any, beside: parts.Beside) -> Table:
    from primordia.minds.models import autoregressor
    from primordia.minds.probes import chebyshev, tokens

    model, batch = parts.model(config), beside.batch
    states = autoregressor.states(model, weights, batch.inputs)
    place = (config.n_time - 1) // 2
    read = tokens.decodable(states, batch.inputs, BACKS, (place,))[:, :, 0]
    conditioned = chebyshev.readable(states, batch, beside.lines.penalty, (place,))[:, 0]
    names = ("before the first layer", *(f"after layer {n}, {kind}" for n, kind in enumerate(model.layers, 1)))
    return Table(
        "Linear probes",
        ("tokens", "s(t-2)", "s(t-1)", "s(t)", "s(t+1), the target", "preconditioned s(t)"),
        tuple(
            (name, *(float(value) for value in read[:, layer]), float(conditioned[layer]))
            for layer, name in enumerate(names)
        ),
        f"Share of variance that a linear map reads from the token at position {place + 1}, fitted on half of "
        f"{config.n_judged} sequences and judged on the others; below 0 it does worse than the mean. Preconditioned: "
        f"(S S' + {beside.lines.penalty:g} I)^-1 s(t) by six Chebyshev steps.",
    )


def _compressed(config: MesaConfig, weights: Any, beside: parts.Beside) -> Table:
    import dataclasses

    from primordia.minds.probes.compression import compressed
    from primordia.minds.training.next_vector import errors

    model = parts.model(config)
    small = compressed(model.attention, weights, config.n_observed)
    shrunk = dataclasses.replace(model, d_key=3 * config.n_observed)
    error = np.asarray(errors(small, beside.batch, model=shrunk), np.float64)[1:].mean()
    rows: list[tuple[Any, ...]] = [
        ("error of the model", float(parts.error(config, weights, beside.batch)[1:].mean())),
        ("error with 9 numbers for each product and head", float(error)),
        ("error of one step of gradient descent", float(beside.lines.descent[1:].mean())),
    ]
    return Table(
        "Compressed algorithm",
        ("what", "value"),
        tuple(rows),
        "Every block of the products becomes its mean diagonal times I; the matrices say what that leaves.",
    )


def _few_shot(config: MesaConfig, weights: Any, streams: Streams) -> Chart:
    from primordia.minds.models import autoregressor
    from primordia.minds.tasks.batch import token_squared_errors
    from primordia.minds.tasks.fewshot import FewShot, by_pair, early_ascent
    from primordia.minds.tasks.oracles.dynamics import ridge_by_position
    from primordia.minds.tasks.task import drawn

    task = FewShot(config.n_observed, max(2, config.n_time // 2))
    batch = drawn(task, streams.key("few-shot", 0), N_FEW_SHOT)
    neighbours = batch._replace(weight=batch.weight.at[:, :-1].set(1.0))
    answers = {
        "the model": autoregressor.predict(parts.model(config), weights, batch.inputs),
        "least squares on all neighbours": ridge_by_position(neighbours, PENALTY),
        "least squares on true pairs": ridge_by_position(batch, PENALTY),
    }
    curves = {
        name: by_pair(token_squared_errors(given, batch), task) / config.n_observed for name, given in answers.items()
    }
    ascents = ", ".join(f"{name} {float(early_ascent(curve)):.2f}" for name, curve in curves.items())
    return Chart(
        "Few-shot pairs, without further training",
        "pair",
        "squared error of a label's channel",
        {name: _line(np.asarray(curve, np.float64)) for name, curve in curves.items()},
        "x_1, y_1, x_2, y_2 … with y = W x: who takes every neighbour for a pair is misled, and errs more before less. "
        f"Largest error over the first: {ascents}.",
    )
