"""What minds/icl-regression can say about a learner: its weights, its implicit models and its curves beside descent.

JAX is imported inside functions only.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from primordia.core.findings import Chart, Finding, Picture, Table
from primordia.minds import pictures
from primordia.minds.experiments import icl_parts as parts
from primordia.minds.experiments.icl_settings import IclConfig

SCALES = tuple(round(0.5 + 0.125 * place, 3) for place in range(13))
TEACHER_SCALES = tuple(0.5 + 0.5 * place for place in range(10))
N_SHOWN = 24
N_CURVE = 2000
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
    found += [weights_picture(config, weights), models_picture(config, weights)]
    if config.tokens == "interleaved":
        found.append(copying_picture(config, weights))
    return tuple(found)


def draw_weights(config: IclConfig, state: Any) -> pictures.Pixels:
    """The view "weights": a row for each layer that has weights of its own, and a row of constructed ones."""
    from primordia.minds.models import self_attention
    from primordia.minds.probes.constructions import Products
    from primordia.minds.probes.regression import comparable

    model, beside = parts.answerer(config).model, parts.comparison(config)
    made = self_attention.products(beside.other.model, beside.weights)
    rows = []
    for place in range(model.n_sets):
        learned = Products(*self_attention.products(model, state.weights, place))
        if config.linear:
            learned = comparable(learned, config.n_inputs)
        heads = [matrix for head in range(model.n_heads) for matrix in (learned.asking[head], learned.moving[head])]
        rows.append([pictures.heat(matrix) for matrix in heads])
    rows.append([pictures.heat(made[0][0]), pictures.heat(made[1][0])])
    return pictures.readable(pictures.grid(rows))


def weights_picture(config: IclConfig, weights: Any) -> Picture:
    """The matrices of the view "weights", with the numbers that a picture cannot show."""
    from primordia.minds.training.update import Learner

    return Picture(
        "Learned and constructed weights",
        draw_weights(config, Learner(weights, None, None)),
        pictures.palette(),
        "A row for each layer with weights of its own: W_K^T W_Q and P W_V of every head, as learned. Below them the "
        "same two as constructed. Each matrix has a scale of its own; the last row and column belong to y.",
    )


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
    import jax.numpy as jnp

    from primordia.minds.probes import regression as probes

    most = 2 * config.n_context
    counts = jnp.asarray(sorted({*range(0, most + 1, max(1, most // 20)), config.n_context}))
    shown = parts.problems(config, 2, min(config.n_evaluation, N_CURVE), n_context=most)
    beside, answerer = parts.comparison(config), parts.answerer(config)
    lines = {
        "learner": probes.losses_by_context(weights, shown, counts, answerer=answerer),
        "descent": probes.losses_by_context(beside.weights, shown, counts, answerer=beside.other),
        "least squares": probes.least_squares_by_context(shown, counts),
    }
    return Chart(
        "Loss by the number of pairs shown",
        "pairs in the context",
        "half squared error",
        _lines(counts, lines),
        f"Trained with {config.n_context} pairs; the descent has the weights of its best step size there too, so both "
        "overshoot when they are shown more. Least squares is exact from as many pairs as inputs.",
    )


def scale_charts(config: IclConfig, weights: Any) -> list[Chart]:
    """The loss where inputs or teachers are larger or smaller than in training."""
    import jax.numpy as jnp

    from primordia.minds.probes import regression as probes

    beside, answerer = parts.comparison(config), parts.answerer(config)
    charts = []
    for what, scales in (("inputs", SCALES), ("teachers", TEACHER_SCALES)):
        grown, ones = jnp.asarray(scales), jnp.ones(len(scales))
        pair = (grown, ones) if what == "inputs" else (ones, grown)
        lines = {
            "learner": probes.losses_at_scales(weights, beside.problems, *pair, answerer=answerer),
            "descent": probes.losses_at_scales(beside.weights, beside.problems, *pair, answerer=beside.other),
        }
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


def repetition_chart(config: IclConfig, weights: Any) -> Chart:
    """The loss when the layer is applied again and again, each time adding less than it would."""
    from primordia.minds.probes import regression as probes

    beside, answerer = parts.comparison(config), parts.answerer(config)
    few = parts.problems(config, 3, min(config.n_evaluation, N_CURVE))
    times = range(1, N_TIMES + 1)
    lines = {}
    for name, held, asked in (("learner", weights, answerer), ("descent", beside.weights, beside.other)):
        # Cut off as the paper cuts deep models, so that a learner that leaves the finite numbers stays drawable.
        kept = dataclasses.replace(asked, model=dataclasses.replace(asked.model, clip=asked.model.clip or 10.0))
        lines[name] = probes.losses_when_repeated(held, few, answerer=kept, n_times=N_TIMES, damping=DAMPING)
    return Chart(
        "Loss when the layer is applied again and again",
        "times",
        "half squared error",
        _lines(times, lines),
        f"Every application adds {DAMPING} of what it would; tokens are cut off at 10.",
    )


def models_picture(config: IclConfig, weights: Any) -> Picture:
    """The linear models that learner and descent have implicitly, and the teachers."""
    from primordia.minds.probes import regression as probes

    beside = parts.comparison(config)
    # As many are drawn as elsewhere, which compiles nothing new, and the first are shown.
    few = first(parts.problems(config, 4, min(config.n_evaluation, N_CURVE)), N_SHOWN)
    drawn = [
        np.asarray(probes.sensitivities(parts.answerer(config), weights, few)),
        np.asarray(probes.sensitivities(beside.other, beside.weights, few)),
        np.asarray(few.teacher[:, 0]),
    ]
    return Picture(
        "Implicit linear models",
        pictures.together([drawn]),
        pictures.palette(),
        "A problem in each row. From the left: d answer / d query of the learner, of the descent, and the teacher.",
    )


def copying_picture(config: IclConfig, weights: Any) -> Picture:
    """Whom a token of the first layer listens to."""
    from primordia.minds.probes import regression as probes

    shown = first(parts.problems(config, 5, min(config.n_evaluation, N_CURVE)), 16)
    listened = np.asarray(probes.token_sensitivities(weights, shown, answerer=parts.answerer(config)))
    return Picture(
        "Whom a token listens to in the first layer",
        pictures.together([[listened]]),
        pictures.palette(),
        "Row: token after the layer; column: token before it; colour: mean norm of the derivative. The diagonal is the "
        "token itself; beside it stands what is copied from the next one (proposition 3).",
    )


def first(problems: Any, n: int) -> Any:
    """The first `n` problems."""
    return type(problems)(*(array[:n] for array in problems))


def _lines(xs: Any, lines: dict[str, Any]) -> dict[str, tuple[tuple[float, float], ...]]:
    return {
        name: tuple((float(x), float(y)) for x, y in zip(xs, np.asarray(ys), strict=True)) for name, ys in lines.items()
    }
