"""Proximal policy optimisation: several steps on the same games, none far from the policy that played them.

Schulman et al. 2017, arXiv 1707.06347, Eq. 7. After the first step the co-players would have learned otherwise than
they did in these games; the clip bounds that, and nothing corrects it.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float

from primordia.games.learners.actor_critic import Lesson, Losses, entropy
from primordia.games.learners.rule import Choices
from primordia.games.policies.policy import log_probability


def losses(choices: Choices, lesson: Lesson, clip: float) -> Losses:
    """The clipped surrogate and the clipped critic, in the parts of an actor-critic loss."""
    ratio = jnp.exp(log_probability(choices.logits, lesson.actions) - lesson.chances)
    bounded = jnp.clip(ratio, 1 - clip, 1 + clip)
    gained = jnp.minimum(ratio * lesson.weights, bounded * lesson.weights)
    return Losses(-gained.mean(-1).sum(), _critic(choices.values, lesson, clip), entropy(choices.logits, lesson))


def _critic(values: Float[Array, "game time"], lesson: Lesson, clip: float) -> Float[Array, ""]:
    """Half the larger of the squared errors with and without a bound on how far the value moved."""
    near = lesson.values + jnp.clip(values - lesson.values, -clip, clip)
    worst = jnp.maximum(jnp.square(values - lesson.targets), jnp.square(near - lesson.targets))
    return 0.5 * (worst.mean(-1) * lesson.shares).sum()
