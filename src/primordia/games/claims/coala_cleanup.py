"""CleanUp among learners: what the rules must give, what written-down roles get, and what the paper's curves say.

Expected payoffs of roles come from an independent simulation in plain Python with its own random generator
(tests/oracles/plain_cleanup_roles.py, 20,000 episodes, seed 2), made before these claims were measured. The regions of
the paper's curves say directions only, because no number of them is printed; none of them was run here.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np

from primordia.core.claims import Claim, Expected, Measurement
from primordia.core.streams import Streams

PAPER = "arXiv 2410.18636"
Setup = Mapping[str, Any]
DIRT_RATE = 0.35
N_CELLS = 5
"""Cells of the river."""


def published_growth(dirty: int) -> float:
    """The probability that an apple grows in a step that begins with so many dirty cells and a bare orchard.

    Dirt comes first, with probability 0.35 where a cell of the river is clean; then 1 - min(1, dirty / 3) holds.
    """
    fouled = DIRT_RATE if dirty < N_CELLS else 0.0
    return (1 - fouled) * (1 - min(1.0, dirty / 3)) + fouled * (1 - min(1.0, (dirty + 1) / 3))


def growth(dirty: int, n: int, seed: int) -> float:
    """The share of `n` first steps in which an apple grows, with so many dirty cells and agents out of the way."""
    import jax
    import jax.numpy as jnp

    from primordia.games.environments.cleanup import Cleanup

    words = jax.random.bits(Streams(seed).key("growth", dirty), (n, Cleanup.n_draws), jnp.uint32)
    return float(np.mean(_grown()(dirty, words)))


@functools.lru_cache(maxsize=1)
def _grown() -> Any:
    """A compiled function: dirty cells, words [step, word] -> whether an apple hangs after each step."""
    import jax
    import jax.numpy as jnp

    from primordia.games.environments.cleanup import Cleanup

    game = Cleanup()

    def grown(dirty: Any, words: Any) -> Any:
        state, _ = game.reset(jnp.zeros(game.n_reset_draws, jnp.uint32))
        river = jnp.arange(game.n_cells) % game.n_columns == game.n_columns - 1
        noop = jnp.full(2, len(game.actions) - 1)
        dirt = river & (jnp.cumsum(river) <= dirty)
        before = state._replace(cells=jnp.asarray([1, 2], jnp.int32), dirt=dirt)
        return jax.vmap(lambda one: game.step(before, noop, one).state.apples.any())(words)

    return jax.jit(grown)


def growth_by_dirt(setup: Setup) -> Measurement:
    """The largest deviation of the measured probability of an apple from the published one, over dirty cells."""
    found = [growth(dirty, setup["steps"], setup["seed"]) for dirty in range(N_CELLS + 1)]
    wanted = [published_growth(dirty) for dirty in range(N_CELLS + 1)]
    worst = max(abs(one - other) for one, other in zip(found, wanted, strict=True))
    return Measurement(worst, "over 0 to 5 dirty cells", {"measured": found, "published": wanted})


@functools.lru_cache(maxsize=8)
def _roles(first: str, second: str, n_games: int, seed: int) -> tuple[float, ...]:
    """Mean apples of both, and their standard errors."""
    from primordia.games.environments.cleanup import Cleanup
    from primordia.games.experiments.coala_cleanup_parts import paired

    apples = paired(Cleanup(), first, second, n_games, seed)[0]
    errors = apples.std(0, ddof=1) / np.sqrt(n_games)
    return *(float(mean) for mean in apples.mean(0)), *(float(error) for error in errors)


def apples_of_the_first(setup: Setup) -> Measurement:
    """Mean apples of the first role in an episode with the second."""
    found = _roles(setup["first"], setup["second"], setup["games"], setup["seed"])
    return Measurement(found[0], f"of the {setup['first']}", {"apples": found[:2], "standard errors": found[2:]})


def apples_of_both(setup: Setup) -> Measurement:
    """Mean apples of both roles together."""
    found = _roles(setup["first"], setup["second"], setup["games"], setup["seed"])
    return Measurement(sum(found[:2]), "of both", {"apples": found[:2], "standard errors": found[2:]})


def smallest_gap(setup: Setup) -> Measurement:
    """The smallest step in the order of payoffs T > R > S > P of eaters (defect) and balancers (cooperate)."""
    sizes = setup["games"], setup["seed"]
    temptation, sucker = _roles("eater", "balancer", *sizes)[:2]
    reward = sum(_roles("balancer", "balancer", *sizes)[:2]) / 2
    punishment = sum(_roles("eater", "eater", *sizes)[:2]) / 2
    payoffs = {"T": temptation, "R": reward, "S": sucker, "P": punishment}
    gaps = [temptation - reward, reward - sucker, sucker - punishment]
    return Measurement(min(gaps), "the smallest of three steps", payoffs)


@functools.lru_cache(maxsize=16)
def _trained(preset: str, estimator: str, seed: int, n_updates: int) -> dict[str, float]:
    """The metrics of a whole run of a preset with another estimator."""
    from primordia.core import config as configs
    from primordia.games.experiments.coala_cleanup import CoalaCleanup

    experiment = CoalaCleanup()
    values = {**experiment.presets[preset].config, "estimator": estimator, "seed": seed}
    config = configs.from_dict(experiment.Config, values)
    streams = Streams(seed)
    state = experiment.init(config, streams)
    state, _ = experiment.advance(config, state, streams, 0, n_updates)
    return dict(experiment.measure(config, state, streams, n_updates))


def difference(setup: Setup) -> Measurement:
    """Median over seeds of one metric with COALA-PG less the same, or another, metric with another estimator."""
    metric, other = setup["metric"], setup.get("less", setup["metric"])
    found = []
    for seed in setup["seeds"]:
        mine = _trained(setup["preset"], "coala", seed, setup["updates"])
        theirs = _trained(setup["preset"], setup.get("against", "coala"), seed, setup["updates"])
        found.append(mine[metric] - theirs[other])
    return Measurement(float(np.median(found)), "median over seeds", {"by seed": found})


_GAMES = {"games": 4096, "seed": 1}
_TWIN = "ours: an independent simulation in plain Python, 20,000 episodes"

RULES = (
    Claim(
        "G61",
        "An apple grows with probability 1 - min(1, dirty cells / 3), after dirt has come with probability 0.35.",
        f"{PAPER}, appendix, CleanUp-lite",
        {"steps": 65_536, "seed": 1},
        growth_by_dirt,
        Expected(0.0, 0.0078, "four standard errors of a share of 65,536 near one half"),
        "quick",
        "ten seconds",
    ),
    Claim(
        "G62-eaters",
        "Two who never clean get almost nothing: the river begins with three dirty cells, and nothing grows.",
        _TWIN,
        {"first": "eater", "second": "eater", **_GAMES},
        apples_of_both,
        Expected(0.19, 0.29, "0.240 there; four standard errors (0.011) of the sum here"),
        "quick",
        "ten seconds",
    ),
    Claim(
        "G62-cleaner",
        "One who only cleans feeds one who only eats.",
        _TWIN,
        {"first": "eater", "second": "cleaner", **_GAMES},
        apples_of_the_first,
        Expected(21.48, 22.76, "22.123 there, standard error 0.065; 0.145 here; four of both"),
        "quick",
        "ten seconds",
    ),
    Claim(
        "G62-balancers",
        "Two who clean while two cells are dirty and eat otherwise get 14.1 apples together.",
        _TWIN,
        {"first": "balancer", "second": "balancer", **_GAMES},
        apples_of_both,
        Expected(
            13.74,
            14.49,
            "14.114 there; four standard errors, at most 0.038 there and 0.085 here, of both; written as 13.7 to 14.53 "
            "at first, and narrowed to these four when it was measured (14.09, inside both)",
        ),
        "quick",
        "ten seconds",
    ),
    Claim(
        "G62-dilemma",
        "Among eaters (defect) and balancers (cooperate) T > R > S > P: a game of chicken, not a prisoner's dilemma.",
        _TWIN,
        _GAMES,
        smallest_gap,
        Expected(1.13, 1.37, "S - P = 1.371 - 0.120 = 1.251 there; four standard errors, 0.011 and 0.028, of both"),
        "quick",
        "ten seconds",
    ),
)

_SHAPING = {"preset": "shaping", "seeds": [1, 2, 3, 4, 5], "updates": 3000, "against": "batch-unaware"}
_POOL = {"preset": "pool", "seeds": [1, 2, 3, 4, 5], "updates": 10_000, "against": "m-fos"}
_SIZES = "sizes of the preset, which are ours and far below the paper's; not run here"
_MANY, _FEW = 64.0, 1e-9
_HOURS = "days on two cores; not run here"


def _direction(suffix: str, statement: str, figure: str, setup: Setup, higher: bool) -> Claim:
    """A claim that a difference has a sign."""
    expected = Expected(_FEW if higher else -_MANY, _MANY if higher else -_FEW, "the direction; no number is printed")
    return Claim(suffix, statement, f"{PAPER}, Fig. {figure}; {_SIZES}", setup, difference, expected, "full", _HOURS)


CURVES = (
    _direction(
        "G63-reward", "COALA-PG gets more apples from naive learners than the batch-unaware gradient.", "6",
        {**_SHAPING, "metric": "last_payoff"}, higher=True,
    ),
    _direction(
        "G63-naive", "The naive learner, too, gets more with a COALA-PG agent than with a batch-unaware one.", "6",
        {**_SHAPING, "metric": "last_naive_payoff"}, higher=True,
    ),
    _direction(
        "G63-zaps", "A COALA-PG agent is zapped less by the naive learner than a batch-unaware one.", "6",
        {**_SHAPING, "metric": "naive_zaps"}, higher=False,
    ),
    _direction(
        "G63-cleaning", "A COALA-PG agent cleans less than the naive learner that it shapes.", "6",
        {**_SHAPING, "against": "coala", "metric": "cleaned", "less": "naive_cleaned"}, higher=False,
    ),
    _direction(
        "G64-reward", "In a pool, COALA-PG agents get more apples with each other than M-FOS agents.", "7",
        {**_POOL, "metric": "meta_payoff"}, higher=True,
    ),
    _direction(
        "G64-fairness", "In a pool, COALA-PG agents share the cleaning more fairly than M-FOS agents.", "7",
        {**_POOL, "metric": "meta_unfairness"}, higher=False,
    ),
    _direction(
        "G64-zaps", "In a pool, COALA-PG agents zap each other less than M-FOS agents.", "7",
        {**_POOL, "metric": "meta_zaps"}, higher=False,
    ),
)  # fmt: skip

CLAIMS = (*RULES, *CURVES)
