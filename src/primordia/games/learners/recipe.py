"""How a population of learning-aware agents is trained: whom they meet, what they climb, and how far they step."""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import Literal, final

import optax

from primordia.core.errors import BadInputError, ConfigError, UnknownNameError
from primordia.games.environments.environment import Environment
from primordia.games.environments.matrix import MatrixGame
from primordia.games.learners.estimators import BASELINES, ESTIMATORS
from primordia.games.learners.naive import Naive
from primordia.games.learners.rollouts import Arena
from primordia.games.learners.rule import Rule
from primordia.games.policies.gru import Gru
from primordia.games.policies.policy import Policy
from primordia.games.policies.tabular import Tabular

DILEMMA, RECURRENT, LEARNS = MatrixGame(), Gru(), Naive()
TABLE = Tabular(spread=0.5 / math.sqrt(2))
"""Two logits for an action and one against it: their difference has a standard deviation of 0.5."""
ALGORITHMS = ("reinforce", "a2c", "ppo")
STARTS = ("fresh", "pool", "dynamic")
OPTIMISERS = ("adam", "sgd")


@final
@dataclasses.dataclass(frozen=True)
class Recipe:
    """The settings of an update, all fixed at compilation (arXiv 2410.18636, section 4 and appendix).

    Every agent of the population plays `n_naive` meta-episodes against naive co-players and `n_meta` against other
    agents. Numbers are fixed where the paper draws the kind of each co-player: the same mean, less variance.

    Args:
        environment: the game.
        policy: of the agents.
        naive: the policy of naive co-players.
        rule: how these learn between inner episodes.
        n_games: games in parallel against one co-player, B.
        n_episodes: inner episodes, M.
        n_naive: meta-episodes of an agent and update against naive co-players.
        n_meta: against other agents of the population.
        p_naive: weight of the naive co-players' gradient; that of the agents has the rest. None: the share of
            meta-episodes.
        start: where naive co-players begin: "fresh" weights, a fixed "pool" of `n_pool`, or "dynamic": those of an
            agent of the population, whose policy must then be theirs.
        n_pool: naive co-players of a pool.
        self_play: an agent meets itself instead of others.
        estimator: what a choice is weighted with against naive co-players, one of `ESTIMATORS`. Against agents it is
            always "policy-gradient", because there the games are independent.
        algorithm: "reinforce" (returns and a mean over meta-episodes), "a2c" or "ppo" (critic and advantages).
        baseline: what is taken off the weights, one of `BASELINES`.
        normalise: whether weights are also divided by their standard deviation, each kind of co-player for itself.
        payoff_scale: payoffs are multiplied by it for learning.
        discount: gamma. Much below 1 the future of a meta-episode disappears, and with it the shaping.
        mix_targets: lambda of the critic's targets.
        mix_advantages: lambda of the advantages.
        value_weight: of the critic's loss.
        entropy_weight: of the policy's entropy.
        clip: PPO's bound on the ratio of probabilities, and on how far a value moves.
        n_epochs: PPO's passes over the meta-episodes.
        n_minibatches: parts of a pass; whole meta-episodes, so that no memory is stale.
        optimiser: "adam" or "sgd".
        learning_rate: its step size.
        epsilon: Adam's.
        clip_norm: largest norm of the gradient; 0: not clipped.

    Raises:
        ConfigError: a value outside its range.
        UnknownNameError: a name that is none.
        BadInputError: settings that do not go together, or policies that do not fit the game.
    """

    environment: Environment = DILEMMA
    policy: Policy = RECURRENT
    naive: Policy = TABLE
    rule: Rule = LEARNS
    n_games: int = 16
    n_episodes: int = 10
    n_naive: int = 8
    n_meta: int = 0
    p_naive: float | None = None
    start: Literal["fresh", "pool", "dynamic"] = "fresh"
    n_pool: int = 10
    self_play: bool = False
    estimator: Literal["coala", "m-fos", "batch-unaware", "policy-gradient"] = "coala"
    algorithm: Literal["reinforce", "a2c", "ppo"] = "reinforce"
    baseline: Literal["others", "all", "none"] = "others"
    normalise: bool = False
    payoff_scale: float = 1.0
    discount: float = 1.0
    mix_targets: float = 1.0
    mix_advantages: float = 1.0
    value_weight: float = 0.5
    entropy_weight: float = 0.0
    clip: float = 0.2
    n_epochs: int = 4
    n_minibatches: int = 2
    optimiser: Literal["adam", "sgd"] = "adam"
    learning_rate: float = 5e-3
    epsilon: float = 1e-5
    clip_norm: float = 0.0

    def __post_init__(self) -> None:
        for name, allowed in NAMES.items():
            if getattr(self, name) not in allowed:
                raise UnknownNameError(name, getattr(self, name), allowed)
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                near = f"; the nearest is {low if value < low else high:g}" if math.isfinite(value) else ""
                allowed = f"at least {low:g}" if high == math.inf else f"from {low:g} to {high:g}"
                raise ConfigError(f"{name}={value:g} is out of range: it must be {allowed}{near}.")
        self._together()
        _ = self.against_naive, self.against_meta

    def _together(self) -> None:
        if self.n_naive + self.n_meta < 1:
            raise BadInputError("n_naive=0 and n_meta=0: an agent must meet somebody; give at least one of them 1.")
        if self.algorithm == "reinforce" and self.discount != 1:
            raise BadInputError(
                f"discount={self.discount:g} with the algorithm 'reinforce', whose returns are not discounted; give 1, "
                "or take 'a2c'."
            )
        if self.algorithm == "ppo" and (self.n_naive + self.n_meta) % self.n_minibatches:
            total = self.n_naive + self.n_meta
            near = max(part for part in range(1, min(total, self.n_minibatches) + 1) if total % part == 0)
            raise BadInputError(
                f"n_minibatches={self.n_minibatches} does not divide the {total} meta-episodes of an update; the "
                f"nearest below that does is {near}."
            )
        if self.start == "dynamic" and self.naive != self.policy:
            raise BadInputError(
                "start='dynamic' begins naive co-players with the weights of an agent, so their policies must be the "
                "same; give naive the agents' policy."
            )

    @property
    def against_naive(self) -> Arena:
        """Meta-episodes against naive co-players."""
        return Arena(self.environment, self.policy, self.naive, self.rule, self.n_games, self.n_episodes)

    @property
    def against_meta(self) -> Arena:
        """Meta-episodes against other agents of the population."""
        return Arena(self.environment, self.policy, self.policy, None, self.n_games, self.n_episodes)

    @property
    def share_naive(self) -> float:
        """The weight of the naive co-players' gradient."""
        if not self.n_naive or not self.n_meta:
            return float(self.n_naive > 0)
        return self.n_naive / (self.n_naive + self.n_meta) if self.p_naive is None else self.p_naive

    def steps(self) -> optax.GradientTransformation:
        """The optimiser."""
        return _steps(self.optimiser, self.learning_rate, self.epsilon, self.clip_norm)


@functools.lru_cache(maxsize=64)
def _steps(optimiser: str, learning_rate: float, epsilon: float, clip_norm: float) -> optax.GradientTransformation:
    own = optax.adam(learning_rate, eps=epsilon) if optimiser == "adam" else optax.sgd(learning_rate)
    return optax.chain(optax.clip_by_global_norm(clip_norm), own) if clip_norm else own


NAMES = {
    "start": STARTS, "estimator": ESTIMATORS, "algorithm": ALGORITHMS, "baseline": BASELINES, "optimiser": OPTIMISERS,
}  # fmt: skip
RANGES: dict[str, tuple[float, float]] = {
    "n_naive": (0, math.inf), "n_meta": (0, math.inf), "p_naive": (0, 1), "n_pool": (1, math.inf),
    "payoff_scale": (1e-9, 1e9), "discount": (0, 1), "mix_targets": (0, 1), "mix_advantages": (0, 1),
    "value_weight": (0, 1e6), "entropy_weight": (0, 1e6), "clip": (1e-6, 1e6), "n_epochs": (1, math.inf),
    "n_minibatches": (1, math.inf), "learning_rate": (0, 1e3), "epsilon": (0, 1), "clip_norm": (0, 1e30),
}  # fmt: skip
"""Smallest and largest allowed value of each setting."""
