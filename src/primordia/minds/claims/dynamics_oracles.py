"""What one sequence of a dynamical system can teach: the lines that arXiv 2309.05858 holds its models against.

Nothing is trained. Regions were fixed before measuring: within a tenth of what another program had measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from primordia.core.claims import Claim, Expected, Measurement
from primordia.core.streams import Streams

Setup: TypeAlias = Mapping[str, Any]
PAPER = "arXiv 2309.05858 (v2)"
TENTH = "within a tenth of what another program had measured beforehand; the source shows curves"


def learner_error(setup: Setup) -> Measurement:
    """Squared errors of next observations per channel: of least squares, of one step of descent, or their ratio.

    The mean is over predictions from the second token on: before it nothing is known. "end" is the last but one.
    """
    import jax.numpy as jnp

    from primordia.minds.tasks.batch import by_position, token_squared_errors
    from primordia.minds.tasks.dynamics import Dynamics
    from primordia.minds.tasks.oracles.dynamics import best_rate, descent_by_position, ridge_by_position
    from primordia.minds.tasks.task import drawn

    task = Dynamics(n_time=setup["n_time"], noise=setup["noise"])
    batch = drawn(task, Streams(setup["seed"]).key("sequences", 0), setup["n_sequences"])
    rate = best_rate(batch)
    found = {}
    for name, predictions in (
        ("descent", descent_by_position(batch, rate)),
        ("least squares", ridge_by_position(batch, setup["penalty"])),
    ):
        errors = by_position(token_squared_errors(predictions, batch) / task.n_observed, batch.weight)
        found[name] = float(jnp.mean(errors[1:-1]))
        found[f"{name}, end"] = float(errors[-3])
    found["ratio"] = found["descent"] / found["least squares"]
    said = ", ".join(f"{name} {value:.4g}" for name, value in found.items())
    return Measurement(found[setup["of"]], f"{said}; best rate {float(rate):.4g}", found)


def ascent(setup: Setup) -> Measurement:
    """The largest error of ridge at any pair, in errors at the first, over sequences of pairs."""
    import jax.numpy as jnp

    from primordia.minds.tasks.batch import token_squared_errors
    from primordia.minds.tasks.fewshot import FewShot, by_pair, early_ascent
    from primordia.minds.tasks.oracles.dynamics import ridge_by_position
    from primordia.minds.tasks.task import drawn

    task = FewShot(n_pairs=setup["n_pairs"])
    batch = drawn(task, Streams(setup["seed"]).key("sequences", 0), setup["n_sequences"])
    seen = batch if setup["pairing"] == "right" else batch._replace(weight=jnp.ones_like(batch.weight))
    errors = by_pair(token_squared_errors(ridge_by_position(seen, setup["penalty"]), batch) / task.n_inputs, task)
    peak = int(jnp.argmax(errors))
    said = ", ".join(f"{place}: {float(errors[place]):.3g}" for place in (0, 5, 12, 20, task.n_pairs - 1))
    return Measurement(
        float(early_ascent(errors)), f"largest at pair {peak}; by pair {said}", {"errors": [float(e) for e in errors]}
    )


def residual(setup: Setup) -> Measurement:
    """How far stacked observations are from linear in the ones before: the relative residual, over many systems."""
    import jax
    import jax.numpy as jnp

    from primordia.minds.tasks.dynamics import Dynamics, drawn_trajectories
    from primordia.minds.tasks.oracles.dynamics import prediction_residual

    task = Dynamics(kind="partial", n_hidden=setup["n_hidden"], n_observed=setup["n_observed"], n_time=2)
    with jax.enable_x64(True):
        systems = drawn_trajectories(task, Streams(setup["seed"]).key("systems", 0), setup["n_systems"])
        found = jax.jit(prediction_residual, static_argnums=2)(systems.transition, systems.readout, setup["n_stacked"])
        value = float(jnp.median(found) if setup["of"] == "median" else jnp.max(found))
        return Measurement(value, f"{float(jnp.min(found)):.2g} to {float(jnp.max(found)):.2g} over systems")


def _errors(of: str, noise: float, penalty: float) -> dict[str, Any]:
    return {"of": of, "noise": noise, "penalty": penalty, "n_time": 50, "n_sequences": 512, "seed": 0}


def _ascent(pairing: str) -> dict[str, Any]:
    return {"pairing": pairing, "penalty": 1.0, "n_pairs": 60, "n_sequences": 512, "seed": 0}


def _residual(n_stacked: int, of: str) -> dict[str, Any]:
    return {"n_stacked": n_stacked, "of": of, "n_hidden": 15, "n_observed": 5, "n_systems": 64, "seed": 0}


CLAIMS = (
    Claim(
        "M20",
        "Least squares on the context predicts a linear system far better than one step of gradient descent.",
        f"{PAPER}, the curves of the fully observed system; measured with another program: 0.111 and 0.728, noise 0.01",
        _errors("ratio", 0.01, 0.1),
        learner_error,
        Expected(5.2, 8.1, "0.728 / 0.111 = 6.6 with a tenth allowed to either; the order is what is claimed"),
        "quick",
        "five seconds",
    ),
    Claim(
        "M20-descent",
        "The error per channel of one step of descent at the best rate, noise 0.01.",
        f"{PAPER}, curves; measured with another program: 0.728",
        _errors("descent", 0.01, 0.1),
        learner_error,
        Expected(0.655, 0.801, TENTH),
        "quick",
        "five seconds",
    ),
    Claim(
        "M20-end",
        "After 48 tokens least squares is at the floor that the noise of 0.01 leaves: 0.0131.",
        f"{PAPER}, curves; measured with another program",
        _errors("least squares, end", 0.01, 0.1),
        learner_error,
        Expected(0.0118, 0.0144, TENTH),
        "quick",
        "five seconds",
    ),
    Claim(
        "M20-noisy",
        "With noise 0.1 the order is the same: 0.337 and 2.13.",
        f"{PAPER}, curves of the noisy systems; measured with another program",
        _errors("ratio", 0.1, 1.0),
        learner_error,
        Expected(5.1, 7.8, "2.13 / 0.337 = 6.3 with a tenth allowed to either"),
        "quick",
        "five seconds",
    ),
    Claim(
        "M23",
        "A learner that takes all neighbours for pairs gets worse before it gets better: early ascent, to 1.33 here.",
        f"{PAPER}, the figure of few-shot errors; measured with another program: 1.33 at pair 5",
        _ascent("all neighbours"),
        ascent,
        Expected(1.2, 1.46, TENTH),
        "quick",
        "five seconds",
    ),
    Claim(
        "M23-right",
        "With the right pairs alone the error never rises.",
        f"{PAPER}, the same figure",
        _ascent("right"),
        ascent,
        Expected(1.0, 1.0, "the first error is the largest"),
        "quick",
        "five seconds",
    ),
    Claim(
        "M29",
        "Three observations of 5 channels in a row predict a system of 15 states exactly.",
        f"{PAPER}, the proposition on partial observability: k n_observed >= n_hidden suffices",
        _residual(3, "largest"),
        residual,
        Expected(0, 1e-9, "rounding in 64 bits, times the condition of a random square matrix (up to about 1e5 of 64)"),
        "quick",
        "three seconds",
    ),
    Claim(
        "M29-two",
        "Two do not: what is missed is 0.40 of what moves.",
        f"{PAPER}, the same; measured with another program: 0.40",
        _residual(2, "median"),
        residual,
        Expected(0.36, 0.44, TENTH),
        "quick",
        "three seconds",
    ),
)
