"""Estimators held against the gradient itself, by enumerating tiny games: claims of arXiv 2410.18636.

Nothing is sampled and nothing is trained. Regions are rounding of 64-bit numbers with room, fixed beforehand.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from primordia.core.claims import Claim, Expected, Measurement

Setup: TypeAlias = Mapping[str, Any]
PAPER = "arXiv 2410.18636"
NAMES = ("coala", "m-fos", "batch-unaware")
SIZES = ((1, 1, 2), (2, 1, 2), (3, 1, 2), (1, 2, 2), (2, 1, 3))
"""Games, steps of an inner episode, inner episodes."""


class Compared(NamedTuple):
    """Exact expectations of one tiny game at one pair of policies.

    Args:
        true: the gradient of the mean return by finite differences, axis [logit].
        gradients: of each estimator, name -> axis [logit].
        ratios: norm of what the choices of the first episode get from the future by that from the present.
    """

    true: Any
    gradients: dict[str, Any]
    ratios: dict[str, float]


@functools.lru_cache(maxsize=64)
def compared(size: tuple[int, int, int], step_size: float, remembers: bool, seed: int) -> Compared:
    """Enumerate one game; logits of both players are normal, drawn from `seed`."""
    import jax

    from primordia.games.learners import enumeration, estimators

    game = enumeration.TinyGame(*size, step_size=step_size, remembers=remembers)
    drawn = np.random.default_rng(seed)
    ego, other = drawn.normal(size=game.n_logits), drawn.normal(size=5)
    found = enumeration.outcomes(game, ego, other)
    first = np.arange(found.payoffs.shape[-1]) < game.n_steps
    gradients, ratios = {}, {}
    for name in NAMES:
        with jax.enable_x64(True):
            current, future = (np.asarray(part) for part in estimators.parts(name, found.payoffs, game.n_steps))
        gradients[name] = enumeration.expectation(found, current + future, game.n_logits)
        now, later = (enumeration.expectation(found, part * first, game.n_logits) for part in (current, future))
        ratios[name] = float(np.linalg.norm(later) / np.linalg.norm(now))
    true = enumeration.slope(lambda logits: enumeration.objective(game, logits, other), ego)
    return Compared(true, gradients, ratios)


def _all(setup: Setup) -> dict[str, Compared]:
    return {
        f"{'x'.join(map(str, size))} seed {seed}": compared(tuple(size), setup["step size"], setup["remembers"], seed)
        for size in setup["sizes"]
        for seed in setup["seeds"]
    }


def error_of(setup: Setup) -> Measurement:
    """The largest difference between an estimator's expectation and the gradient, over sizes and seeds."""
    name = setup["estimator"]
    found = {key: float(np.abs(one.gradients[name] - one.true).max()) for key, one in _all(setup).items()}
    return Measurement(max(found.values()), "the worst of the sizes and seeds", {"errors": found})


def least_error_of(setup: Setup) -> Measurement:
    """The smallest such difference, as a share of the gradient's norm."""
    name = setup["estimator"]
    found = {
        key: float(np.linalg.norm(one.gradients[name] - one.true) / np.linalg.norm(one.true))
        for key, one in _all(setup).items()
    }
    return Measurement(min(found.values()), "the smallest of the sizes and seeds", {"errors": found})


def shaping_share(setup: Setup) -> Measurement:
    """How far B times the future-to-present ratio of an estimator is from that of COALA, relatively."""
    found = {
        f"{key} {name}": size * one.ratios[name] / one.ratios["coala"] - 1
        for key, one in _all(setup).items()
        for size in [int(key.split("x")[0])]
        for name in NAMES[1:]
    }
    return Measurement(max(map(abs, found.values())), "the worst of sizes, seeds and estimators", {"off": found})


def disagreement(setup: Setup) -> Measurement:
    """The largest difference between the three expectations."""
    found = {
        key: float(max(np.abs(one.gradients[name] - one.gradients["coala"]).max() for name in NAMES[1:]))
        for key, one in _all(setup).items()
    }
    return Measurement(max(found.values()), "the worst of the sizes and seeds", {"differences": found})


def angle(setup: Setup) -> Measurement:
    """One minus the smallest cosine between the expectations of M-FOS and of batch-unaware."""
    found = {
        key: 1 - float(one @ two / np.linalg.norm(one) / np.linalg.norm(two))
        for key, both in _all(setup).items()
        for one, two in [(both.gradients["m-fos"], both.gradients["batch-unaware"])]
    }
    return Measurement(max(map(abs, found.values())), "the worst of the sizes and seeds", {"off": found})


def advantages_off(setup: Setup) -> Measurement:
    """The largest difference between Algorithm 1 on TD errors and Eq. 14 written out, over seeds."""
    import jax

    from primordia.games.learners import returns

    n_games, n_steps, n_episodes = setup["size"]
    found = []
    for seed in setup["seeds"]:
        drawn = np.random.default_rng(seed)
        payoffs, values = drawn.normal(size=(2, n_games, n_steps * n_episodes))
        with jax.enable_x64(True):
            following = returns.next_values(values)
            ours = returns.batch_returns(
                returns.surprises(payoffs, values, following, 1.0),
                following,
                returns.inner_ends(n_episodes, n_steps),
                discount=1.0,
                mix=1.0,
                averaged=True,
                divided=True,
            )
        found.append(float(np.abs(np.asarray(ours) - equation_14(payoffs, values, n_steps)).max()))
    return Measurement(max(found), "the worst of the seeds", {"differences": found})


def equation_14(payoffs: Any, values: Any, n_steps: int) -> Any:
    """The advantage against a naive co-player as the paper writes it, undiscounted; axes [game, time].

    current / B + mean over games of future - V(here) / B - (1 / B) sum over the OTHER games of V(next episode).
    """
    n_games, n_time = payoffs.shape
    out = np.zeros_like(payoffs)
    for time in range(n_time):
        end = (time // n_steps + 1) * n_steps
        future = payoffs[:, end:].sum() / n_games
        ahead = values[:, end] if end < n_time else np.zeros(n_games)
        for game in range(n_games):
            others = ahead.sum() - ahead[game]
            out[game, time] = payoffs[game, time:end].sum() / n_games + future - (values[game, time] + others) / n_games
    return out


_SETUP = {"sizes": [list(size) for size in SIZES], "step size": 5.0, "remembers": False, "seeds": [0, 1]}
_ROUNDING = "differences of fourth order at a width of 0.002 and rounding: below 1e-9 on paper; ten times that"

CLAIMS = (
    Claim(
        "G01",
        "The expectation of COALA-PG is the gradient of the mean return, though nothing is differentiated through "
        "the co-player.",
        f"{PAPER}, theorem 3.1; sizes and step size ours",
        {**_SETUP, "estimator": "coala"},
        error_of,
        Expected(0.0, 1e-8, _ROUNDING),
        "quick",
        "ten seconds",
    ),
    Claim(
        "G01-memory",
        "It stays so where the ego conditions on the whole previous inner episode.",
        f"{PAPER}, theorem 3.1; the policy is ours",
        {**_SETUP, "estimator": "coala", "remembers": True},
        error_of,
        Expected(0.0, 1e-8, _ROUNDING),
        "quick",
        "ten seconds",
    ),
    Claim(
        "G01-m-fos",
        "With more than one game the expectation of M-FOS is another vector than the gradient.",
        f"{PAPER}, section 3.2; measured as ours",
        {**_SETUP, "estimator": "m-fos", "sizes": [[2, 1, 2], [3, 1, 2], [2, 1, 3]]},
        least_error_of,
        Expected(0.1, 100.0, "the present counts B times: an error of the order of the gradient itself"),
        "quick",
        "ten seconds",
    ),
    Claim(
        "G01-batch-unaware",
        "With more than one game the expectation of batch-unaware COALA misses a part of the gradient.",
        f"{PAPER}, section 3.2; measured as ours",
        {**_SETUP, "estimator": "batch-unaware", "sizes": [[2, 1, 2], [3, 1, 2], [2, 1, 3]]},
        least_error_of,
        Expected(1e-3, 1.0, "what is missing is (B - 1) / B of the shaping signal: small, and far above rounding"),
        "quick",
        "ten seconds",
    ),
    Claim(
        "G02",
        "M-FOS and batch-unaware carry exactly 1/B of COALA's shaping signal: the norm of what the future adds to the "
        "gradient of the first episode, as a share of what the present adds.",
        f"{PAPER}, appendix H.1",
        _SETUP,
        shaping_share,
        Expected(0.0, 1e-8, "exact; rounding with room"),
        "quick",
        "ten seconds",
    ),
    Claim(
        "G02-direction",
        "For policies that do not look at earlier episodes, M-FOS and batch-unaware point in the same direction.",
        f"{PAPER}, figure 5, where the curves coincide; measured as ours",
        _SETUP,
        angle,
        Expected(0.0, 1e-10, "exact; rounding with room"),
        "quick",
        "ten seconds",
    ),
    Claim(
        "G03",
        "With a single game against each co-player the three estimators are one.",
        f"{PAPER}, section 3.2",
        {**_SETUP, "sizes": [[1, 1, 2], [1, 2, 2]]},
        disagreement,
        Expected(0.0, 1e-12, "the same sums; rounding"),
        "quick",
        "two seconds",
    ),
    Claim(
        "G05",
        "Algorithm 1 on TD errors, started from 0, gives the advantages of Eq. 14 where nothing is discounted.",
        f"{PAPER}, appendix A.3",
        {"size": [4, 5, 3], "seeds": [0, 1, 2]},
        advantages_off,
        Expected(0.0, 1e-12, "the same sums in another order; rounding"),
        "quick",
        "a second",
    ),
)
