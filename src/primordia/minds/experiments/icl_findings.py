"""What minds/icl-regression can say about a learner: its weights, its implicit models and its curves beside descent.

JAX is imported inside functions only.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import numpy as np

from primordia.core.findings import Chart, Finding, Table
from primordia.minds.experiments import icl_parts as parts
from primordia.minds.experiments.icl_parts import N_CURVE
from primordia.minds.experiments.icl_settings import IclConfig
from primordia.minds.experiments.icl_tiles import copying_matrix, models_matrix, weight_matrices

SCALES = tuple(round(0.5 + 0.125 * place, 3) for place in range(13))
TEACHER_SCALES = tuple(0.5 + 0.5 * place for place in range(10))
N_TIMES = 50
DAMPING = 0.75


def everything_found(config: IclConfig, weights: Any) -> tuple[Finding, ...]:
    """The findings of a learner."""
    found: list[Finding] = [probe_table(config, weights)]
    if config.linear:
        found.append(context_chart(config, weights))
    found += scale_charts(config, weights)
    if config.one_map:
        found.append(repetition_chart(config, weights))
    found += [*weight_matrices(config, weights), models_matrix(config, weights)]
    if config.tokens == "interleaved":
        found.append(copying_matrix(config, weights))
    return tuple(found)


def probe_table(config: IclConfig, weights: Any) -> Table:
    """Every number of the comparison; the paper's beside them where settings are the paper's."""
    from primordia.minds.models import self_attention
    from primordia.minds.probes import regression as probes
    from primordia.minds.probes.constructions import Products
    from primordia.minds.tasks.oracles.regression import one_step
    from primordia.minds.training.query_loss import answered

    beside, answerer = parts.comparison(config), parts.answerer(config)
    found = probes.aligned(weights, beside.weights, beside.problems, answerer=answerer, other=beside.other)
    published = _published(config)
    rows: list[tuple[Any, ...]] = [
        ("loss", float(found.loss), float(found.other_loss), published.get("loss")),
        (
            "loss of one step, closed form",
            None,
            one_step(config.n_inputs, config.n_context, config.half_width).loss,
            None,
        ),
        ("cosine of d answer / d query", float(found.cosine), 1.0, None),
        ("distance of d answer / d query", float(found.distance), 0.0, None),
        ("difference of answers", float(found.difference), 0.0, None),
        ("step size", None, float(beside.best.rate), None),
        ("curvature correction gamma", None, float(beside.best.correction), published.get("gamma")),
    ]
    if config.one_map:
        learned = probes.comparable(Products(*self_attention.products(answerer.model, weights)), config.n_inputs)
        entry = config.n_context * float(learned.moving[0, -1, -1])
        rows.append(("N times the last entry of P W_V, which is minus a step size", entry, -beside.best.rate, None))
    if config.interpolates:
        between = probes.halfway(weights, beside.weights, model=answerer.model, n_inputs=config.n_inputs)
        halfway = float(answered(between, beside.problems, answerer=answerer))
        rows.append(("loss of weights halfway to the descent's", halfway, float(found.other_loss), None))
    for title, changed in _elsewhere(config):
        shown = parts.problems(config, 1, min(config.n_evaluation, N_CURVE), **changed)
        here = float(answered(weights, shown, answerer=answerer))
        rows.append((title, here, float(answered(beside.weights, shown, answerer=beside.other)), None))
    return Table(
        "Probes",
        ("probe", "learner", "descent", "paper"),
        tuple(rows),
        f"On {config.n_evaluation} problems as in training, and on {min(config.n_evaluation, N_CURVE)} of each other "
        "kind. The paper's numbers are read from its figures and code.",
    )


def _published(config: IclConfig) -> dict[str, str]:
    """What the paper has for these very settings."""
    if (config.n_inputs, config.n_context, config.half_width) != (10, 10, 0.5) or not config.linear:
        return {}
    if config.n_steps == 2 and config.reference == "gd++":
        return {"loss": "about 0.11", "gamma": "0.179"}
    return {"loss": "about 0.20"} if config.n_steps == 1 else {}


def _elsewhere(config: IclConfig) -> list[tuple[str, dict[str, Any]]]:
    """Problems of other kinds: other laws of the inputs, and contexts with wrong labels."""
    kinds: list[tuple[str, dict[str, Any]]] = [
        ("loss on normal, exponential and Laplace inputs", {"inputs": "mixed", "half_width": 1.0})
    ]
    wrong = [n for n in (2, 4, 6, 8) if n <= config.n_context]
    return kinds + [(f"loss with {n} wrong labels", {"n_corrupted": n}) for n in wrong]


def context_chart(config: IclConfig, weights: Any) -> Chart:
    """The in-context curve: the loss by the number of pairs shown."""
    from primordia.minds.probes import regression as probes

    shown, counts, others = _others_by_context(config)
    learner = probes.losses_by_context(weights, shown, counts, answerer=parts.answerer(config))
    return Chart(
        "Loss by the number of pairs shown",
        "pairs in the context",
        "half squared error",
        _lines(counts, {"learner": learner, **others}),
        f"Trained with {config.n_context} pairs; the descent has the weights of its best step size there too, so both "
        "overshoot when they are shown more. Least squares is exact from as many pairs as inputs.",
    )


@functools.lru_cache(maxsize=4)
def _others_by_context(config: IclConfig) -> tuple[Any, Any, dict[str, Any]]:
    """Problems, numbers of pairs, and the losses of those who do not learn; the same for a whole run."""
    import jax.numpy as jnp

    from primordia.minds.probes import regression as probes

    most = 2 * config.n_context
    counts = jnp.asarray(sorted({*range(0, most + 1, max(1, most // 20)), config.n_context}))
    shown = parts.problems(config, 2, min(config.n_evaluation, N_CURVE), n_context=most)
    beside = parts.comparison(config)
    descent = probes.losses_by_context(beside.weights, shown, counts, answerer=beside.other)
    return shown, counts, {"descent": descent, "least squares": probes.least_squares_by_context(shown, counts)}


def scale_charts(config: IclConfig, weights: Any) -> list[Chart]:
    """The loss where inputs or teachers are larger or smaller than in training."""
    charts = []
    for what, scales in (("inputs", SCALES), ("teachers", TEACHER_SCALES)):
        learner = _at_scales(config, what, weights, parts.answerer(config))
        lines = {"learner": learner, "descent": _descent_at_scales(config, what)}
        charts.append(
            Chart(
                f"Loss where {what} are scaled",
                f"scale of the {what}",
                "half squared error",
                _lines(scales, lines),
                "1 is the scale of training.",
                log_y=True,
            )
        )
    return charts


def _at_scales(config: IclConfig, what: str, weights: Any, answerer: Any) -> Any:
    import jax.numpy as jnp

    from primordia.minds.probes import regression as probes

    grown = jnp.asarray(SCALES if what == "inputs" else TEACHER_SCALES)
    pair = (grown, jnp.ones(len(grown))) if what == "inputs" else (jnp.ones(len(grown)), grown)
    return probes.losses_at_scales(weights, parts.comparison(config).problems, *pair, answerer=answerer)


@functools.lru_cache(maxsize=8)
def _descent_at_scales(config: IclConfig, what: str) -> Any:
    beside = parts.comparison(config)
    return _at_scales(config, what, beside.weights, beside.other)


def repetition_chart(config: IclConfig, weights: Any) -> Chart:
    """The loss when the layer is applied again and again, each time adding less than it would."""
    lines = {
        "learner": _repeated(config, weights, parts.answerer(config)),
        "descent": _descent_repeated(config),
    }
    return Chart(
        "Loss when the layer is applied again and again",
        "times",
        "half squared error",
        _lines(range(1, N_TIMES + 1), lines),
        f"Every application adds {DAMPING} of what it would; tokens are cut off at 10.",
    )


def _repeated(config: IclConfig, weights: Any, answerer: Any) -> Any:
    from primordia.minds.probes import regression as probes

    few = parts.problems(config, 3, min(config.n_evaluation, N_CURVE))
    # Cut off as the paper cuts deep models, so that a learner that leaves the finite numbers stays drawable.
    kept = dataclasses.replace(answerer, model=dataclasses.replace(answerer.model, clip=answerer.model.clip or 10.0))
    return probes.losses_when_repeated(weights, few, answerer=kept, n_times=N_TIMES, damping=DAMPING)


@functools.lru_cache(maxsize=8)
def _descent_repeated(config: IclConfig) -> Any:
    beside = parts.comparison(config)
    return _repeated(config, beside.weights, beside.other)


def _lines(xs: Any, lines: dict[str, Any]) -> dict[str, tuple[tuple[float, float], ...]]:
    return {
        name: tuple((float(x), float(y)) for x, y in zip(xs, np.asarray(ys), strict=True)) for name, ys in lines.items()
    }
