"""What gradient descent in context can reach: the lines that arXiv 2212.07677 holds its Transformers against.

Nothing is trained. Regions were fixed before measuring, from published numbers or from closed forms.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from primordia.core.claims import Claim, Expected, Measurement
from primordia.core.streams import Streams

Setup: TypeAlias = Mapping[str, Any]
PAPER = "arXiv 2212.07677"
GAMMAS = {10: 0.179, 25: 0.099, 50: 0.056, 100: 0.029}
"""Curvature corrections that two-layer Transformers learned, by pairs in the context (the source's table)."""
EXTREMES = {10: (None, 4.6), 25: (0.097, 7.712), 50: (0.666, 10.845), 100: (2.870, 17.196)}
"""Smallest and largest eigenvalue of X X^T over 10^4 contexts, by pairs; for 10 the smallest was clipped."""


def one_step_loss(setup: Setup) -> Measurement:
    """The loss of one step of gradient descent at the rate of the closed form, over many problems."""
    import jax.numpy as jnp

    from primordia.minds.tasks.oracles.regression import gradient_descent, one_step
    from primordia.minds.tasks.regression import Regression, drawn_episodes

    task = Regression(n_context=setup["n_context"], half_width=setup["half_width"])
    exact = one_step(task.n_inputs, task.n_context, task.half_width)
    streams, losses = Streams(setup["seed"]), []
    for t in range(setup["n_batches"]):
        episode = drawn_episodes(task, streams.key("tasks", t), setup["batch"])
        context, query = episode.x[:, :-1], episode.x[:, -1]
        missed = gradient_descent(context, episode.y[:, :-1], query, exact.rate) - episode.y[:, -1]
        losses.append(float(0.5 * jnp.mean(missed**2)))
    return Measurement(
        sum(losses) / len(losses),
        f"closed form {exact.loss:.5f} at rate {exact.rate:.4f}",
        {"losses_of_batches": losses, "closed_form": exact.loss, "rate": exact.rate},
    )


def best_loss(setup: Setup) -> Measurement:
    """The least loss of equal steps, with the best rate (and correction), teachers and queries integrated out."""
    best = _best(setup, setup["n_context"])
    return Measurement(
        best.loss,
        f"rate {best.rate:.3f}" + (f", correction {best.correction:.4f}" if setup["corrected"] else ""),
        best._asdict(),
    )


def worst_correction(setup: Setup) -> Measurement:
    """How far the best curvature correction is from what Transformers learned: the largest relative difference."""
    found = {n_context: _best(setup, n_context).correction for n_context in GAMMAS}
    differences = {n: abs(gamma / GAMMAS[n] - 1) for n, gamma in found.items()}
    said = ", ".join(f"N={n}: {gamma:.4f} ({GAMMAS[n]})" for n, gamma in found.items())
    return Measurement(max(differences.values()), f"best (published): {said}", {str(n): g for n, g in found.items()})


def extreme_eigenvalues(setup: Setup) -> Measurement:
    """How far the extreme eigenvalues of contexts are from the published ones: the largest relative difference."""
    differences, found = [], {}
    for n_context, published in EXTREMES.items():
        spectra = _spectra(setup, n_context)
        ends = (float(spectra.min()), float(spectra.max()))
        found[str(n_context)] = ends
        differences += [abs(end / said - 1) for end, said in zip(ends, published, strict=True) if said is not None]
    said = ", ".join(f"N={n}: {low:.3g} to {high:.4g}" for n, (low, high) in found.items())
    return Measurement(max(differences), said, found)


def _best(setup: Setup, n_context: int) -> Any:
    from primordia.minds.tasks.oracles.regression import best_descent

    return best_descent(_spectra(setup, n_context), n_context, setup["n_steps"], corrected=setup["corrected"])


def _spectra(setup: Setup, n_context: int) -> Any:
    """Eigenvalues of X X^T of many contexts; rounding may not make them negative."""
    import jax.numpy as jnp

    from primordia.minds.tasks.oracles.regression import eigenvalues
    from primordia.minds.tasks.regression import Regression, drawn_episodes

    task = Regression(n_context=n_context)
    episode = drawn_episodes(task, Streams(setup["seed"]).key("contexts", n_context), setup["n_tasks"])
    return jnp.maximum(eigenvalues(episode.x[:, :-1]), 0)


def _steps(n_steps: int, *, corrected: bool, n_context: int = 10, n_tasks: int = 20_000) -> dict[str, Any]:
    return {"n_context": n_context, "n_steps": n_steps, "corrected": corrected, "n_tasks": n_tasks, "seed": 0}


CLAIMS = (
    Claim(
        "M01",
        "One step of gradient descent in context has a loss of about 0.20 at its best rate (0.20469 in a notebook).",
        f"{PAPER}, figure 2 and the authors' notebook; closed form 0.20623 at rate 6.0606",
        {"n_context": 10, "half_width": 0.5, "batch": 20_000, "n_batches": 10, "seed": 0},
        one_step_loss,
        Expected(0.2044, 0.2080, "the closed form, three standard deviations (0.0006) of a mean of 200,000 problems"),
        "quick",
        "five seconds",
    ),
    Claim(
        "M07-2",
        "Two steps that share the best rate reach 0.16.",
        f"{PAPER}, the figure of two looped layers; 0.155 to 0.158 measured beforehand with another program",
        _steps(2, corrected=False),
        best_loss,
        Expected(0.155, 0.158, "measured beforehand; half a unit of the figure's last digit is 0.005"),
        "quick",
        "three seconds",
    ),
    Claim(
        "M07-5",
        "Five such steps reach 0.108.",
        f"{PAPER}, read from a figure; 0.107 to 0.109 measured beforehand with another program",
        _steps(5, corrected=False),
        best_loss,
        Expected(0.107, 0.109, "measured beforehand"),
        "quick",
        "four seconds",
    ),
    Claim(
        "M07-10",
        "Ten such steps reach 0.085.",
        f"{PAPER}, read from a figure; 0.082 to 0.088 measured beforehand with another program",
        _steps(10, corrected=False),
        best_loss,
        Expected(0.082, 0.088, "measured beforehand"),
        "quick",
        "five seconds",
    ),
    Claim(
        "M08-2",
        "Two steps with curvature correction (GD++) reach 0.11, as do two looped layers of a Transformer.",
        f"{PAPER}, the figure of two looped layers; 0.109 to 0.112 measured beforehand with another program",
        _steps(2, corrected=True),
        best_loss,
        Expected(0.109, 0.112, "measured beforehand; half a unit of the figure's last digit is 0.005"),
        "quick",
        "five seconds",
    ),
    Claim(
        "M08-5",
        "Five steps with one rate and one correction reach 0.0515.",
        "0.051 to 0.052 measured beforehand with another program",
        _steps(5, corrected=True),
        best_loss,
        Expected(0.051, 0.052, "measured beforehand"),
        "quick",
        "ten seconds",
    ),
    Claim(
        "M08-gamma",
        "The best corrections for 10, 25, 50 and 100 pairs are what Transformers learn: 0.179, 0.099, 0.056, 0.029.",
        f"{PAPER}, the table of learned corrections",
        {"n_steps": 2, "corrected": True, "n_tasks": 10_000, "seed": 0},
        worst_correction,
        Expected(0, 0.05, "the last digit of 0.029 is worth 2 %, and a trained value is not exact"),
        "quick",
        "fifteen seconds",
    ),
    Claim(
        "M09",
        "Eigenvalues of X X^T over 10^4 contexts: 0.097 to 7.712, 0.666 to 10.845, 2.870 to 17.196; up to 4.6.",
        f"{PAPER}, the table of eigenvalues for 25, 50, 100 and (largest only) 10 pairs",
        {"n_tasks": 10_000, "seed": 0},
        extreme_eigenvalues,
        Expected(0, 0.25, "extremes of 10^4 draws scatter by a tenth or so; U(-1, 1) would be off by a factor of 4"),
        "quick",
        "five seconds",
    ),
)
