"""Learning-aware agents in the iterated dilemma without sampling: gradients through a co-player's learning, exactly.

The agents are memory-one policies: five logits (start, CC, CD, DC, DD; one's own action first). A naive co-player
follows the gradient of its own payoff from one inner episode to the next. A learning-aware agent follows the gradient
of its mean payoff over the meta-episode, through all those steps; against another learning-aware agent, that of its
payoff by its own policy alone (arXiv 2410.18636, section on the analytic game).

The paper writes the sum over inner episodes. Against another learning-aware agent all inner episodes of a meta-episode
are alike, so that its sum is M + 1 times one payoff: both parts are means here. A sum on one side only would weigh
naive co-players M + 1 times more, and then nobody cooperates.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Any, NamedTuple, final

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float

from primordia.core.errors import ConfigError
from primordia.games.environments.payoffs import PRISONERS_DILEMMA, Dilemma
from primordia.games.learners.encounters import encounter

N_SITUATIONS = 5
DEFECTION = -4.605170185988091
"""The logit log 0.01: a policy that all but always defects."""


@final
@dataclasses.dataclass(frozen=True)
class Analytic:
    """How analytic agents learn. Payoffs are normalised by 1 - discount throughout.

    Args:
        p_naive: for each arm, the share of naive learners among the co-players; 0: only each other, 1: only naive.
        n_naive: naive learners, freshly drawn, that an update averages over.
        n_inner: gradient steps of a naive learner in a meta-episode, M; it plays M + 1 inner episodes.
        discount: of payoffs within an inner episode.
        naive_rate: step size of a naive learner, on the normalised payoff.
        spread: standard deviation of a naive learner's first logits, around 0.
        rate: learning rate of AdamW.
        weight_decay: of AdamW.
        dilemma: the payoffs.

    Raises:
        ConfigError: a discount outside [0, 1), or a share outside [0, 1].
    """

    p_naive: tuple[float, ...] = (0.0, 1.0, 0.25)
    n_naive: int = 16
    n_inner: int = 20
    discount: float = 0.95
    naive_rate: float = 5.0
    spread: float = 1.0
    rate: float = 0.02
    weight_decay: float = 1e-4
    dilemma: Dilemma = PRISONERS_DILEMMA

    def __post_init__(self) -> None:
        if not 0 <= self.discount < 1:
            raise ConfigError(
                f"discount={self.discount:g} is out of range: it must be at least 0 and below 1; for long games give "
                "0.999."
            )
        for share in self.p_naive:
            if not 0 <= share <= 1:
                raise ConfigError(f"p_naive={share:g} is out of range: it must be from 0 to 1.")

    def optimiser(self) -> Any:
        """AdamW."""
        return optax.adamw(self.rate, weight_decay=self.weight_decay)


class Agents(NamedTuple):
    """Learning agents: pairs that meet each other, in replicas, in arms.

    Args:
        logits: of cooperation, axes [situation, arm, replica, agent] with two agents.
        moments: what AdamW remembers.
    """

    logits: Float[Array, "situation arm replica agent"]
    moments: Any


def begin(recipe: Analytic, key: Array, n_replicas: int, *, defecting: bool = False) -> Agents:
    """Pairs of agents before their first update, the same in every arm.

    Args:
        recipe: how they will learn.
        key: of the first logits, normal around 0 with the recipe's spread.
        n_replicas: pairs in each arm.
        defecting: all logits are log 0.01 and nothing is drawn.
    """
    shape = (N_SITUATIONS, 1, n_replicas, 2)
    first = jnp.full(shape, DEFECTION) if defecting else recipe.spread * jax.random.normal(key, shape)
    logits = jnp.broadcast_to(first, (N_SITUATIONS, len(recipe.p_naive), n_replicas, 2)) + 0.0
    return Agents(logits, recipe.optimiser().init(logits))


class Lesson(NamedTuple):
    """What happens in a meta-episode against naive learners.

    Args:
        payoffs: axes [inner, player, *batch]; player 0 is the learning-aware agent.
        naive: the naive learner's logits in each inner episode, axes [inner, situation, *batch].
    """

    payoffs: Float[Array, "inner player *batch"]
    naive: Float[Array, "inner situation *batch"]


def lesson(
    recipe: Analytic, probabilities: Float[Array, "situation *batch"], naive: Float[Array, "situation *batch"]
) -> Lesson:
    """A meta-episode: the naive learner climbs its own payoff between inner episodes, the other's policy stands.

    Args:
        recipe: discount, number and size of the naive learner's steps.
        probabilities: of cooperation, of the agent that does not learn meanwhile.
        naive: first logits of the naive learner.
    """

    def inner(logits: Array, _: None) -> tuple[Array, tuple[Array, Array]]:
        cooperates = jax.nn.sigmoid(logits)
        met = encounter(probabilities, cooperates, recipe.discount, recipe.dilemma)
        return logits + recipe.naive_rate * met.slope * cooperates * (1 - cooperates), (met.payoffs, logits)

    return Lesson(*jax.lax.scan(inner, naive, None, length=recipe.n_inner + 1)[1])


def shaping_gradient(
    recipe: Analytic, logits: Float[Array, "situation *agents"], naive: Float[Array, "situation *agents naive"]
) -> Float[Array, "situation *agents"]:
    """Gradient of an agent's mean payoff over a meta-episode, averaged over naive learners.

    Taken forward, in the five directions of an agent's logits at once: as exact as backward and, with so few inputs,
    two to three times as fast; nothing is stored.
    """
    wide = jnp.broadcast_to(logits[..., None], naive.shape)

    def mean(own: Array) -> Array:
        return lesson(recipe, jax.nn.sigmoid(own), naive).payoffs[:, 0].mean(0)

    def along(direction: Array) -> Array:
        pushed = jnp.broadcast_to(direction.reshape(-1, *[1] * (naive.ndim - 1)), naive.shape)
        return jax.jvp(mean, (wide,), (pushed,))[1].mean(-1)

    return jax.vmap(along)(jnp.eye(N_SITUATIONS))


def own_gradient(
    recipe: Analytic, logits: Float[Array, "situation *pairs agent"]
) -> Float[Array, "situation *pairs agent"]:
    """Gradient of each agent's payoff against the other of its pair, by its own logits alone."""
    cooperates = jax.nn.sigmoid(logits)
    met = encounter(cooperates[..., ::-1], cooperates, recipe.discount, recipe.dilemma)
    return met.slope * cooperates * (1 - cooperates)


@functools.partial(jax.jit, static_argnames=("recipe",))
def update(recipe: Analytic, agents: Agents, key: Array) -> Agents:
    """One update of every agent: `p_naive` times the shaping gradient and the rest of the gradient against its pair.

    All arms meet the same naive learners. Cost: for every agent, n_naive · (n_inner + 1) encounters in six directions.
    """
    n_arms, n_replicas, n_agents = agents.logits.shape[1:]
    naive = recipe.spread * jax.random.normal(key, (N_SITUATIONS, 1, n_replicas, n_agents, recipe.n_naive))
    gradient = jnp.asarray([1 - p for p in recipe.p_naive])[:, None, None] * own_gradient(recipe, agents.logits)
    shaped = [arm for arm in range(n_arms) if recipe.p_naive[arm] > 0]
    if shaped:
        places = jnp.asarray(shaped)
        met = jnp.broadcast_to(naive, (N_SITUATIONS, len(shaped), *naive.shape[2:]))
        found = shaping_gradient(recipe, agents.logits[:, places], met)
        shares = jnp.asarray([recipe.p_naive[arm] for arm in shaped])[:, None, None]
        gradient = gradient.at[:, places].add(shares * found)
    step, moments = recipe.optimiser().update(-gradient, agents.moments, agents.logits)
    return Agents(optax.apply_updates(agents.logits, step), moments)


class Standing(NamedTuple):
    """How agents do. The last axes are [arm, replica].

    Args:
        other_play: mean payoff of the two agents of a pair against each other.
        payoffs: against naive learners, mean over these and over the pair, axes [inner, player, arm, replica].
    """

    other_play: Float[Array, "arm replica"]
    payoffs: Float[Array, "inner player arm replica"]


@functools.partial(jax.jit, static_argnames=("recipe",))
def standing(
    recipe: Analytic,
    probabilities: Float[Array, "situation arm replica agent"],
    naive: Float[Array, "situation naive"],
) -> Standing:
    """Pairs against each other, and each agent through a meta-episode with given naive learners."""
    met = encounter(probabilities[..., ::-1], probabilities, recipe.discount, recipe.dilemma)
    shape = (*probabilities.shape, naive.shape[-1])
    wide = jnp.broadcast_to(probabilities[..., None], shape)
    found = lesson(recipe, wide, jnp.broadcast_to(naive[:, None, None, None], shape))
    return Standing(met.payoffs[1].mean(-1), found.payoffs.mean((-1, -2)))


@functools.partial(jax.jit, static_argnames=("recipe",))
def payoffs_of(recipe: Analytic, probabilities: Float[Array, "situation player"]) -> Float[Array, "player other"]:
    """What each of some fixed policies gets from each other one, and from itself."""
    shape = (N_SITUATIONS, probabilities.shape[1], probabilities.shape[1])
    rows, columns = probabilities[:, :, None], probabilities[:, None, :]
    met = encounter(jnp.broadcast_to(rows, shape), jnp.broadcast_to(columns, shape), recipe.discount, recipe.dilemma)
    return met.payoffs[0]


@functools.partial(jax.jit, static_argnames=("recipe",))
def against_learners(
    recipe: Analytic, probabilities: Float[Array, "situation player"], naive: Float[Array, "situation naive"]
) -> Float[Array, "inner two player"]:
    """What fixed policies get from naive learners, and these from them, in each inner episode; mean over learners."""
    shape = (N_SITUATIONS, probabilities.shape[1], naive.shape[1])
    wide = jnp.broadcast_to(probabilities[:, :, None], shape)
    return lesson(recipe, wide, jnp.broadcast_to(naive[:, None], shape)).payoffs.mean(-1)


@functools.partial(jax.jit, static_argnames=("recipe",))
def learned(
    recipe: Analytic, probabilities: Float[Array, "situation player"], naive: Float[Array, "situation player"]
) -> Lesson:
    """One meta-episode of each fixed policy with a naive learner of its own."""
    return lesson(recipe, probabilities, naive)
