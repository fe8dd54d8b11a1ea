"""Actor and critic: advantages from a value that is learned along (Mnih et al. 2016, arXiv 1602.01783)."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, NamedTuple, final

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int

from primordia.core.errors import BadInputError, UnknownNameError
from primordia.games.learners import returns
from primordia.games.learners.rule import Choices, Episode, Rule, replay
from primordia.games.policies.policy import Policy, Weights, log_probability


class Lesson(NamedTuple):
    """What an agent learns from, already weighted: the loss is a plain sum over games and mean over time.

    Args:
        observations: what the agent saw, axes [game, time, observation]; time begins with an empty memory.
        actions: what it chose, axes [game, time].
        weights: what each choice counts, axes [game, time]; not differentiated.
        chances: log-probabilities of the choices as they were made, axes [game, time].
        values: what it expected then, axes [game, time].
        targets: what it should have expected, axes [game, time].
        shares: what a game counts in the losses of critic and entropy, axis [game]; they sum to 1.
    """

    observations: Float[Array, "game time observation"]
    actions: Int[Array, "game time"]
    weights: Float[Array, "game time"]
    chances: Float[Array, "game time"]
    values: Float[Array, "game time"]
    targets: Float[Array, "game time"]
    shares: Float[Array, " game"]


class Losses(NamedTuple):
    """The parts of a loss.

    Args:
        policy: minus what the choices gain.
        critic: half the mean squared error of the values.
        entropy: of the choices, in nats.
    """

    policy: Float[Array, ""]
    critic: Float[Array, ""]
    entropy: Float[Array, ""]


def losses(choices: Choices, lesson: Lesson) -> Losses:
    """Of a policy gradient with a critic."""
    gained = log_probability(choices.logits, lesson.actions) * lesson.weights
    return Losses(-gained.mean(-1).sum(), critic_loss(choices.values, lesson), entropy(choices.logits, lesson))


def critic_loss(values: Float[Array, "game time"], lesson: Lesson) -> Float[Array, ""]:
    """Half the squared error."""
    return 0.5 * (jnp.square(values - lesson.targets).mean(-1) * lesson.shares).sum()


def entropy(logits: Float[Array, "game time action"], lesson: Lesson) -> Float[Array, ""]:
    """The mean entropy of the choices."""
    logs = jax.nn.log_softmax(logits)
    return -((jnp.exp(logs) * logs).sum(-1).mean(-1) * lesson.shares).sum()


@final
@dataclasses.dataclass(frozen=True)
class ActorCritic(Rule):
    """A naive co-player that learns by A2C with Adam, as those of arXiv 2410.18636 do (appendix, table of settings).

    Args:
        learning_rate: Adam's, or that of plain gradient steps.
        discount: of a step, from 0 to 1.
        mix: lambda of advantages and targets.
        payoff_scale: payoffs are multiplied by it.
        value_weight: of the critic's loss.
        normalise: whether advantages are divided by their standard deviation; they are always centred.
        optimiser: "adam" or "sgd".
        clip_norm: largest norm of the gradient.
        minibatch: games of one step of learning; 0: all of them.

    Raises:
        BadInputError: a value outside its range.
        UnknownNameError: there is no such optimiser.
    """

    learning_rate: float = 0.005
    discount: float = 0.99
    mix: float = 1.0
    payoff_scale: float = 0.05
    value_weight: float = 0.5
    normalise: bool = True
    optimiser: str = "adam"
    clip_norm: float = 1.0
    minibatch: int = 0

    def __post_init__(self) -> None:
        for name in ("discount", "mix"):
            if not 0 <= getattr(self, name) <= 1:
                raise BadInputError(f"{name}={getattr(self, name):g} of an actor and critic: it must be from 0 to 1.")
        for name in ("learning_rate", "payoff_scale", "value_weight", "clip_norm"):
            if not 0 <= getattr(self, name) < math.inf:
                raise BadInputError(
                    f"{name}={getattr(self, name):g} of an actor and critic: it must be at least 0 and finite."
                )
        if self.optimiser not in ("adam", "sgd"):
            raise UnknownNameError("optimiser", self.optimiser, ("adam", "sgd"))

    def _steps(self) -> optax.GradientTransformation:
        own = optax.adam(self.learning_rate, eps=1e-5) if self.optimiser == "adam" else optax.sgd(self.learning_rate)
        return optax.chain(optax.clip_by_global_norm(self.clip_norm), own)

    def begin(self, weights: Weights) -> Any:
        """The optimiser's moments."""
        return self._steps().init(weights)

    def learn(self, policy: Policy, weights: Weights, carried: Any, episode: Episode) -> tuple[Weights, Any]:
        """One step."""
        slopes = jax.grad(self._loss, argnums=1)(policy, weights, episode)
        change, carried = self._steps().update(slopes, carried, weights)
        return optax.apply_updates(weights, change), carried

    def _loss(self, policy: Policy, weights: Weights, episode: Episode) -> Float[Array, ""]:
        choices = replay(policy, weights, episode.observations)
        values = jax.lax.stop_gradient(choices.values)
        following, payoffs = returns.next_values(values), self.payoff_scale * episode.payoffs
        last = jnp.zeros(values.shape[0])
        targets = returns.lambda_returns(payoffs, following, discount=self.discount, mix=self.mix, last=last)
        surprise = returns.surprises(payoffs, values, following, self.discount)
        advantage = returns.discounted_returns(surprise, self.discount * self.mix)
        advantage = advantage - advantage.mean()
        if self.normalise:
            advantage = advantage / (advantage.std() + 1e-8)
        shares = jnp.full(values.shape[0], 1 / values.shape[0])
        lesson = Lesson(
            episode.observations, episode.actions, advantage * shares[:, None], values, values, targets, shares
        )
        found = losses(choices, lesson)
        return found.policy + self.value_weight * found.critic
