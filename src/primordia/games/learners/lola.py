"""Learning with opponent-learning awareness, exactly: the gradient of one's payoff after the other has learned.

Two memory-one agents play a game of two actions for ever, with a discount. Each takes the other for a naive learner
who will make K gradient steps from where it stands, and climbs its own payoff after these steps, differentiating
through them (LOLA, arXiv 1709.04326; with K exact steps it is what DiCE estimates, arXiv 1802.05098). K = 0 is the
naive learner itself. Only two players who act at the same time: with more, or with turns, who looks ahead to whose
step is another question.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Any, NamedTuple, final

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Bool, Float

from primordia.core.errors import BadInputError, UnknownNameError
from primordia.games.environments.payoffs import Payoffs
from primordia.games.exact.allowed import PRISONERS_TABLE, checked_discount, checked_table
from primordia.games.exact.memory_one import occupancy

FORMS = ("exact", "first-order")
OPTIMISERS = ("sgd", "adamw")
N_SITUATIONS = 5


@final
@dataclasses.dataclass(frozen=True)
class Lola:
    """How both agents of a pair learn.

    Args:
        n_steps: steps of the other that are looked ahead, K; 0: naive.
        step_rate: size of such a step, on the payoff as `normalised` says.
        weight: of the look-ahead's gradient; the rest is the gradient of one's payoff as things stand.
        form: "exact" differentiates the payoff after the steps; "first-order" is the published correction for one step,
            grad_1 J1 + step_rate (grad_2 J1)^T grad_1 grad_2 J2.
        optimiser: "sgd" or "adamw" (weight decay 1e-4).
        rate: learning rate.
        discount: of payoffs, from 0 to below 1.
        normalised: whether payoffs are (1 - discount) times the discounted sum, or the raw sum. On the raw sum both
            rates count 1 / (1 - discount) times as much, but for AdamW's.
        payoffs: axes [agent, action of the first, action of the second].

    Raises:
        BadInputError: a number is out of range, or the table is not that of two agents with two actions.
        UnknownNameError: there is no such form or optimiser.
    """

    n_steps: int = 1
    step_rate: float = 1.0
    weight: float = 1.0
    form: str = "exact"
    optimiser: str = "sgd"
    rate: float = 1.0
    discount: float = 0.96
    normalised: bool = False
    payoffs: Payoffs = PRISONERS_TABLE

    def __post_init__(self) -> None:
        checked_discount(self.discount)
        checked_table(self.payoffs)
        if self.form not in FORMS:
            raise UnknownNameError("form of LOLA", self.form, FORMS)
        if self.optimiser not in OPTIMISERS:
            raise UnknownNameError("optimiser", self.optimiser, OPTIMISERS)
        if self.n_steps < 0 or (self.form == "first-order" and self.n_steps > 1):
            most = "0 or 1, since the first-order form has no more" if self.form == "first-order" else "at least 0"
            raise BadInputError(f"A look-ahead of {self.n_steps} steps is not allowed: it must be {most}.")
        if not 0 <= self.weight <= 1:
            raise BadInputError(f"A weight of {self.weight:g} is not allowed: it must be from 0 to 1.")
        for name in ("step_rate", "rate"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise BadInputError(f"{name}={getattr(self, name):g} is not allowed: it must be at least 0 and finite.")

    def moving(self) -> Any:
        """The optimiser; it descends, so it is given the gradient with its sign changed."""
        return optax.sgd(self.rate) if self.optimiser == "sgd" else optax.adamw(self.rate, weight_decay=1e-4)


class Pairs(NamedTuple):
    """Pairs of learners.

    Args:
        logits: of cooperation, axes [replica, agent, situation] with the situations (s0, CC, CD, DC, DD).
        moments: what the optimiser remembers.
    """

    logits: Float[Array, "replica agent situation"]
    moments: Any


def begin(recipe: Lola, key: Array, n_replicas: int, spread: float = 1.0) -> Pairs:
    """Pairs before their first update: normal logits around 0 with standard deviation `spread`."""
    logits = spread * jax.random.normal(key, (n_replicas, 2, N_SITUATIONS))
    return Pairs(logits, recipe.moving().init(logits))


@functools.partial(jax.jit, static_argnames=("recipe",))
def update(pairs: Pairs, *, recipe: Lola) -> tuple[Pairs, Bool[Array, " replica"]]:
    """The pairs after one more update of both agents at the same time, and whether each pair's numbers are finite."""
    slopes = jax.vmap(functools.partial(gradients, recipe))(pairs.logits)
    changes, moments = recipe.moving().update(-slopes, pairs.moments, pairs.logits)
    logits = optax.apply_updates(pairs.logits, changes)
    return Pairs(logits, moments), jnp.isfinite(logits).all((1, 2))


@functools.partial(jax.jit, static_argnames=("recipe",))
def rewards(logits: Float[Array, "replica agent situation"], *, recipe: Lola) -> Float[Array, "replica agent"]:
    """What each agent gets from its pair, normalised: a payoff per round."""
    normal = dataclasses.replace(recipe, normalised=True)
    return jax.vmap(lambda pair: worth(normal, pair[0], pair[1], jnp.asarray(recipe.payoffs)))(logits)


def gradients(recipe: Lola, pair: Float[Array, "agent situation"]) -> Float[Array, "agent situation"]:
    """The direction in which each agent of a pair goes."""
    table = np.asarray(recipe.payoffs, np.float32)
    # Each agent takes itself for the first: the table with agents and actions exchanged is the second's.
    seen = jnp.asarray(np.stack([table, table[::-1].swapaxes(1, 2)]))
    return jax.vmap(functools.partial(_direction, recipe))(pair, pair[::-1], seen)


def worth(
    recipe: Lola,
    own: Float[Array, " situation"],
    other: Float[Array, " situation"],
    payoffs: Float[Array, "agent first second"],
) -> Float[Array, "agent"]:
    """Payoffs (own, other's) of a pair of policies, normalised or raw as the recipe says."""
    shares = occupancy(jax.nn.sigmoid(own), jax.nn.sigmoid(other), recipe.discount)
    scale = 1.0 if recipe.normalised else 1 / (1 - recipe.discount)
    return scale * (payoffs.reshape(2, -1) * shares).sum(1)


def _direction(recipe: Lola, own: Array, other: Array, payoffs: Array) -> Array:
    def mine(own: Array, other: Array) -> Array:
        return worth(recipe, own, other, payoffs)[0]

    def theirs(own: Array, other: Array) -> Array:
        return worth(recipe, own, other, payoffs)[1]

    if recipe.n_steps == 0 or recipe.weight == 0:
        return jax.grad(mine)(own, other)
    if recipe.form == "first-order":
        gain = jax.grad(mine, argnums=1)(own, other)

        def ahead(own: Array) -> Array:
            # The other's step along what it is worth to me; the worth itself is held, as published.
            return mine(own, other) + recipe.step_rate * (jax.grad(theirs, argnums=1)(own, other) * gain).sum()
    else:

        def ahead(own: Array) -> Array:
            def step(other: Array, _: None) -> tuple[Array, None]:
                return other + recipe.step_rate * jax.grad(theirs, argnums=1)(own, other), None

            return mine(own, jax.lax.scan(step, other, None, length=recipe.n_steps)[0])

    slope = jax.grad(ahead)(own)
    if recipe.weight == 1:
        return slope
    return recipe.weight * slope + (1 - recipe.weight) * jax.grad(mine)(own, other)
