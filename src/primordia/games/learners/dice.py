"""LOLA from samples: DiCE, whose derivatives of any order are unbiased (arXiv 1802.05098).

The MagicBox of a log-probability L is exp(L - stop(L)): its value is 1 and its derivative that of L. A payoff is
multiplied by the box of all choices, of both agents, that came before it or with it. Differentiating the result as
often as one likes gives, in the mean, the derivatives of the expected payoff; so one can look ahead to K sampled steps
of the other and differentiate through them.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Any, NamedTuple, final

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float, Int

from primordia.core.errors import BadInputError
from primordia.games.environments import rolling
from primordia.games.environments.environment import Environment
from primordia.games.exact.allowed import checked_discount
from primordia.games.policies.policy import Policy, Weights, log_probability


@final
@dataclasses.dataclass(frozen=True)
class Dice:
    """How both agents of a pair learn from sampled games. Payoffs are raw discounted sums over an episode.

    Args:
        environment: a game of two agents who act at the same time; its episodes last exactly `n_steps` steps.
        policy: of both agents.
        n_games: games that are played for each gradient, inner and outer.
        n_steps: sampled steps of the other that are looked ahead, K; 0: naive.
        step_rate: size of such a step.
        rate: learning rate of plain gradient ascent.
        discount: of payoffs, from 0 to below 1.

    Raises:
        BadInputError: the game is not one of two agents, the policy does not fit it, or a number is out of range.
    """

    environment: Environment
    policy: Policy
    n_games: int = 64
    n_steps: int = 1
    step_rate: float = 0.3
    rate: float = 0.2
    discount: float = 0.96

    def __post_init__(self) -> None:
        checked_discount(self.discount)
        game = self.environment
        if game.n_agents != 2:
            raise BadInputError(
                f"LOLA and DiCE are for two agents who act at the same time, and the game {game.name!r} has "
                f"{game.n_agents}; allowed are games with 2: naive learners play with any number."
            )
        if (self.policy.n_observed, self.policy.n_actions) != (game.n_observed, len(game.actions)):
            raise BadInputError(
                f"The policy takes {self.policy.n_observed} numbers and chooses among {self.policy.n_actions} actions; "
                f"the game {game.name!r} shows {game.n_observed} and has {len(game.actions)}: give it those."
            )
        if self.n_games < 1 or self.n_steps < 0:
            raise BadInputError(
                f"n_games={self.n_games} and n_steps={self.n_steps}: there must be at least 1 game, and at least 0 "
                "steps of look-ahead."
            )


class Play(NamedTuple):
    """Episodes as they were played; nothing in it is differentiated.

    Args:
        observations: what each agent saw before each choice, axes [game, round, agent, observation].
        actions: axes [game, round, agent].
        payoffs: axes [game, round, agent].
    """

    observations: Float[Array, "game round agent observation"]
    actions: Int[Array, "game round agent"]
    payoffs: Float[Array, "game round agent"]


def begin(recipe: Dice, key: Array) -> Weights:
    """Weights of two fresh learners, first axis [agent]."""
    return jax.vmap(recipe.policy.weights)(jax.random.split(key))


@functools.partial(jax.jit, static_argnames=("recipe",))
def update(
    pairs: Weights, keys: Array, *, recipe: Dice
) -> tuple[Weights, Float[Array, "replica agent"], Bool[Array, " replica"]]:
    """Pairs after one more update of both agents at the same time.

    Args:
        pairs: weights, first axes [replica, agent].
        keys: one for each replica.
        recipe: how they learn.

    Returns:
        The pairs, the mean payoff per round of each agent in the games it learned from, and whether each pair's
        numbers are finite.
    """

    def one(weights: Weights, key: Array) -> tuple[Weights, Array, Array]:
        slopes, paid = directions(recipe, weights, key)
        after = optax.apply_updates(weights, jax.tree.map(lambda slope: recipe.rate * slope, slopes))
        return after, paid, jnp.stack([jnp.isfinite(row).all() for row in jax.tree.leaves(after)]).all()

    return jax.vmap(one)(pairs, keys)


def directions(recipe: Dice, weights: Weights, key: Array) -> tuple[Weights, Float[Array, " agent"]]:
    """Where each of two agents goes, first axis [agent], and what each was paid per round in its last games.

    Each agent draws K + 1 batches of games of its own: one for each step of the other that it looks ahead to, and one
    after them for itself.
    """

    def one(agent: Array, key: Array) -> tuple[Weights, Array]:
        last, earlier = jax.random.split(key)
        own = jax.tree.map(lambda row: row[agent], weights)
        other = jax.tree.map(lambda row: row[1 - agent], weights)

        def seats(own: Weights, other: Weights) -> Weights:
            # Agents keep their seats: whoever looks ahead may be the second one.
            return jax.tree.map(lambda a, b: jnp.where(agent == 0, jnp.stack([a, b]), jnp.stack([b, a])), own, other)

        def climbed(own: Weights, other: Weights, games: Play) -> Weights:
            slope = jax.grad(lambda other: objective(recipe, seats(own, other), games, 1 - agent))(other)
            return jax.tree.map(lambda w, s: w + recipe.step_rate * s, other, slope)

        def step(other: Weights, words: Array) -> tuple[Weights, Play]:
            games = play(recipe, seats(own, other), jax.random.wrap_key_data(words))
            return climbed(own, other, games), games

        # First all games are played, then the same steps are taken again to be differentiated: no derivative goes
        # through a choice, so none has to go through the playing.
        there, games = jax.lax.scan(step, other, _words(earlier, recipe.n_steps))
        final = play(recipe, seats(own, there), last)

        def ahead(own: Weights) -> Array:
            after = jax.lax.scan(lambda other, games: (climbed(own, other, games), None), other, games)[0]
            return objective(recipe, seats(own, after), final, agent)

        return jax.grad(ahead)(own), final.payoffs[..., agent].mean()

    return jax.vmap(one)(jnp.arange(2), jax.random.split(key))


def play(recipe: Dice, weights: Weights, key: Array) -> Play:
    """A batch of episodes between two agents; no derivative goes through it.

    Args:
        recipe: what is played, by whom.
        weights: first axis [agent].
        key: for resets, the game's own chance and the choice of actions.
    """
    weights = jax.lax.stop_gradient(weights)
    first, later = jax.random.split(key)
    begun = rolling.begin(recipe.environment, first, recipe.n_games)
    act = jax.vmap(jax.vmap(recipe.policy.act), in_axes=(None, 0, 0))

    def turn(carry: tuple[rolling.Games, Any], words: Array) -> tuple[tuple[rolling.Games, Any], Play]:
        games, memory = carry
        choosing, chance = jax.random.split(jax.random.wrap_key_data(words))
        acting = act(weights, memory, games.observations)
        actions = jax.random.categorical(choosing, acting.logits)
        drawn = rolling.words(chance, recipe.n_games, recipe.environment.n_draws)
        step = jax.vmap(recipe.environment.step)(games.states, actions, drawn)
        after = rolling.Games(step.state, step.observations)
        return (after, acting.memory), Play(games.observations, actions, step.payoffs)

    _, played = jax.lax.scan(turn, (begun, _memories(recipe)), _words(later, recipe.environment.n_steps))
    return jax.tree.map(lambda row: row.swapaxes(0, 1), played)


def chances(recipe: Dice, weights: Weights, games: Play) -> Float[Array, "game round agent"]:
    """The log-probabilities of the actions taken, to be differentiated by the weights (first axis [agent])."""
    act = jax.vmap(jax.vmap(recipe.policy.act), in_axes=(None, 0, 0))
    memory = _memories(recipe)
    if not jax.tree.leaves(memory):
        # Without a memory no round waits for another: all at once, which costs a fraction of a loop over rounds.
        logits = jax.vmap(lambda seen: act(weights, memory, seen).logits, in_axes=1, out_axes=1)(games.observations)
        return log_probability(logits, games.actions)

    def turn(memory: Any, seen: Array) -> tuple[Any, Array]:
        acting = act(weights, memory, seen)
        return acting.memory, acting.logits

    logits = jax.lax.scan(turn, memory, games.observations.swapaxes(0, 1))[1].swapaxes(0, 1)
    return log_probability(logits, games.actions)


def _words(key: Array, n: int) -> Array:
    """The words of `n` keys, first axis [key]: a loop in a batch turns its inputs around, which keys do not survive."""
    return jax.random.key_data(jax.random.split(key, n))


def _memories(recipe: Dice) -> Any:
    return jax.tree.map(lambda row: jnp.broadcast_to(row, (recipe.n_games, 2, *row.shape)), recipe.policy.begin())


def objective(recipe: Dice, weights: Weights, games: Play, agent: Array | int) -> Float[Array, ""]:
    """The mean over games of what `agent` gets, to be differentiated by the weights of both (first axis [agent]).

    From each choice is taken what the other games pay from that round on: it does not depend on the choice, so it
    changes no expectation, and makes first derivatives less noisy.
    """
    paid, taken = games.payoffs[..., agent], chances(recipe, weights, games)
    baseline = elsewhere(recipe.discount, paid)
    return jax.vmap(functools.partial(surrogate, recipe.discount))(taken, paid, baseline).mean()


def elsewhere(discount: float, payoffs: Float[Array, "game round"]) -> Float[Array, "game round"]:
    """The mean over all OTHER games of what is paid from a round on, discounted from there; 0 where there is none."""
    n_games = payoffs.shape[0]

    def before(later: Array, now: Array) -> tuple[Array, Array]:
        later = now + discount * later
        return later, later

    later = jax.lax.scan(before, jnp.zeros(n_games), payoffs.T, reverse=True)[1].T
    return (later.sum(0) - later) / (n_games - 1) if n_games > 1 else jnp.zeros_like(later)


def surrogate(
    discount: float,
    chances: Float[Array, "round agent"],
    payoffs: Float[Array, " round"],
    baseline: Float[Array, " round"],
) -> Float[Array, ""]:
    """One game's discounted payoffs, each in the MagicBox of all choices up to it.

    sum_t discount^t (box(choices up to t) payoff_t + (1 - box(choices of t)) baseline_t); its value is that of the
    game, its derivatives of every order are unbiased.

    Args:
        discount: of payoffs.
        chances: log-probabilities of the actions taken, of both agents.
        payoffs: of the agent whose objective it is.
        baseline: of each round; it must not depend on the choices of that round.
    """
    weights = discount ** jnp.arange(len(payoffs))
    choices = chances.sum(1)
    return (weights * (_box(jnp.cumsum(choices)) * payoffs + (1 - _box(choices)) * baseline)).sum()


def _box(chances: Array) -> Array:
    """MagicBox: 1, with the derivatives of what it holds."""
    return jnp.exp(chances - jax.lax.stop_gradient(chances))
