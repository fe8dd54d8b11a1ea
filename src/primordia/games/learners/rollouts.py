"""Meta-episodes: inner episodes in many games at once, between which the co-players learn; one traced function."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any, NamedTuple, final

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from primordia.core.errors import BadInputError
from primordia.games.environments import rolling
from primordia.games.environments.environment import Environment, unit
from primordia.games.learners.rule import Episode, Rule
from primordia.games.policies.policy import Memory, Policy, Weights, log_probability


@final
@dataclasses.dataclass(frozen=True)
class Arena:
    """Who plays what against whom. The ego is agent 0 of the game, the co-player agent 1.

    The ego's memory goes on from one inner episode into the next; it never learns inside a meta-episode. With a rule
    the co-player is naive: its memory begins anew in each inner episode and the rule changes its weights in between.
    Without one it is another meta agent: its memory goes on as the ego's does, and it does not learn either.

    Args:
        environment: the game; its episodes last exactly `n_steps` steps.
        ego: the learner's policy.
        other: the co-player's policy.
        rule: how the co-player learns between inner episodes; None: it is another meta agent.
        n_games: games in parallel against the same co-player, B.
        n_episodes: inner episodes, M.

    Raises:
        BadInputError: policies that do not fit the game, not two agents, or games that a minibatch does not divide.
    """

    environment: Environment
    ego: Policy
    other: Policy
    rule: Rule | None
    n_games: int
    n_episodes: int

    def __post_init__(self) -> None:
        game = self.environment
        if game.n_agents != 2:
            raise BadInputError(
                f"The game {game.name!r} has {game.n_agents} agents; a meta-game is of an ego and one co-player: set "
                "it up for 2 agents."
            )
        for who, policy in (("ego", self.ego), ("co-player", self.other)):
            wanted = (game.n_observed, len(game.actions))
            if (policy.n_observed, policy.n_actions) != wanted:
                raise BadInputError(
                    f"The policy of the {who} takes {policy.n_observed} numbers and chooses among {policy.n_actions} "
                    f"actions; the game {game.name!r} shows {wanted[0]} and has {wanted[1]}: give it those."
                )
        if min(self.n_games, self.n_episodes) < 1:
            raise BadInputError(
                f"n_games={self.n_games} and n_episodes={self.n_episodes}: a meta-episode has at least 1 of each."
            )
        minibatch = self.rule.minibatch if self.rule else 0
        if minibatch and self.n_games % minibatch:
            near = max(minibatch, round(self.n_games / minibatch) * minibatch)
            raise BadInputError(
                f"The co-player learns from minibatches of {minibatch} games, which do not divide n_games="
                f"{self.n_games}; the nearest that they divide is {near}."
            )


class Trajectory(NamedTuple):
    """Meta-episodes as they were played.

    Args:
        observations: what the ego saw before each choice, axes [meta, game, inner, step, observation].
        actions: of both, axes [meta, game, inner, step, agent].
        chances: log-probability of the ego's action, axes [meta, game, inner, step].
        values: what the ego expected, axes [meta, game, inner, step].
        payoffs: of both, unscaled, axes [meta, game, inner, step, agent].
        events: name -> of both, axes [meta, game, inner, step, agent].
        learned: the co-players' weights at the beginning of each inner episode, first axes [meta, inner].
        after: their weights after the last one, first axis [meta].
    """

    observations: Float[Array, "meta game inner step observation"]
    actions: Int[Array, "meta game inner step agent"]
    chances: Float[Array, "meta game inner step"]
    values: Float[Array, "meta game inner step"]
    payoffs: Float[Array, "meta game inner step agent"]
    events: dict[str, Float[Array, "meta game inner step agent"]]
    learned: Weights
    after: Weights


class _Round(NamedTuple):
    """One step of all games, axes [meta, game, ...]."""

    observations: Array
    actions: Array
    chances: Array
    values: Array
    payoffs: Array
    events: dict[str, Array]


def meta_episodes(arena: Arena, ego: Weights, others: Weights, key: Array) -> Trajectory:
    """Play a meta-episode against each co-player. Traced: call it inside a compiled function, or use `play`.

    Args:
        arena: who plays what.
        ego: the ego's weights, shared by all games.
        others: the co-players' weights, first axis [meta].
        key: for resets, the game's own chance and the choice of actions.
    """
    n_meta = jax.tree.leaves(others)[0].shape[0]
    shape = (n_meta, arena.n_games)
    rule = arena.rule
    carried = jax.vmap(rule.begin)(others) if rule else ()

    def inner(carry: Any, place: Array) -> tuple[Any, tuple[_Round, Weights]]:
        memory, memory_other, weights, carried = carry
        if rule:
            memory_other = _memories(arena.other, shape)
        (memory, memory_other), (rounds, seen) = _inner_episode(
            arena, ego, weights, (memory, memory_other), jax.random.fold_in(key, place)
        )
        after = weights
        if rule:
            update = functools.partial(rule.update, arena.other)
            # Axes [step, meta, game, ...] as the scan leaves them become [meta, game, step, ...].
            episode = jax.tree.map(
                lambda row: jnp.moveaxis(row, 0, 2), Episode(seen, rounds.actions[..., 1], rounds.payoffs[..., 1])
            )
            after, carried = jax.vmap(update)(weights, carried, episode)
        return (memory, memory_other, after, carried), (rounds, weights)

    begin = (_memories(arena.ego, shape), _memories(arena.other, shape), others, carried)
    end, (rounds, learned) = jax.lax.scan(inner, begin, jnp.arange(arena.n_episodes))
    # Axes [inner, step, meta, game, ...] become [meta, game, inner, step, ...].
    turned = jax.tree.map(lambda row: jnp.moveaxis(row, (2, 3), (0, 1)), rounds)
    return Trajectory(*turned, learned=jax.tree.map(lambda row: row.swapaxes(0, 1), learned), after=end[2])


@functools.partial(jax.jit, static_argnames=("arena",))
def play(arena: Arena, ego: Weights, others: Weights, key: Array) -> Trajectory:
    """`meta_episodes`, compiled."""
    return meta_episodes(arena, ego, others, key)


def _inner_episode(
    arena: Arena, ego: Weights, others: Weights, memories: tuple[Memory, Memory], key: Array
) -> tuple[tuple[Memory, Memory], tuple[_Round, Array]]:
    """One inner episode of all games, and what the co-players saw; first axis [step]."""
    game = arena.environment
    n_meta = jax.tree.leaves(others)[0].shape[0]
    shape = (n_meta, arena.n_games)
    resetting, chance = jax.random.split(key)
    n_all = n_meta * arena.n_games
    games = rolling.begin(game, resetting, n_all)
    # All words of the episode at once: a step's own are far too few to be worth a call.
    drawn = jax.random.bits(chance, (game.n_steps, *shape, game.n_draws + 2), jnp.uint32)
    act = jax.vmap(jax.vmap(arena.ego.act, in_axes=(None, 0, 0)), in_axes=(None, 0, 0))
    act_other = jax.vmap(jax.vmap(arena.other.act, in_axes=(None, 0, 0)))

    def step(carry: Any, words: Array) -> tuple[Any, tuple[_Round, Array]]:
        games, (memory, memory_other) = carry
        seen = games.observations.reshape(*shape, 2, -1)
        own, theirs = act(ego, memory, seen[:, :, 0]), act_other(others, memory_other, seen[:, :, 1])
        luck = unit(words[..., :2])
        actions = jnp.stack([drawn_action(own.logits, luck[..., 0]), drawn_action(theirs.logits, luck[..., 1])], -1)
        done = jax.vmap(game.step)(games.states, actions.reshape(n_all, 2), words[..., 2:].reshape(n_all, game.n_draws))
        of_games = functools.partial(jax.tree.map, lambda row: row.reshape(*shape, *row.shape[1:]))
        chances = log_probability(own.logits, actions[..., 0])
        after = rolling.Games(done.state, done.observations)
        found = _Round(seen[:, :, 0], actions, chances, own.value, of_games(done.payoffs), of_games(done.events))
        return (after, (own.memory, theirs.memory)), (found, seen[:, :, 1])

    (_, memories), found = jax.lax.scan(step, (games, memories), drawn)
    return memories, found


def drawn_action(logits: Float[Array, "*batch action"], luck: Float[Array, "*batch"]) -> Int[Array, "*batch"]:
    """The action that a uniform number from 0 to below 1 picks: how many cumulated probabilities it has passed."""
    passed = jnp.cumsum(jax.nn.softmax(logits), axis=-1)[..., :-1] <= luck[..., None]
    return passed.sum(-1, dtype=jnp.int32)


def _memories(policy: Policy, shape: tuple[int, int]) -> Memory:
    """An empty memory for each game of each co-player."""
    return jax.tree.map(lambda row: jnp.broadcast_to(row, (*shape, *jnp.shape(row))), policy.begin())
