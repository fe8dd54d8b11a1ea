"""The best predictors of `Languages`: with the automaton known, and with only the pool known that it was drawn from."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from primordia.minds.tasks.automata import SEPARATOR
from primordia.minds.tasks.batch import Tokens, scored
from primordia.minds.tasks.grammar import LARGEST_ALPHABET


def states(tables: Int[Array, "batch state symbol"], inputs: Int[Array, "batch time"]) -> Int[Array, "batch time"]:
    """The state of each sequence's automaton after each token; -1 from a symbol that is not allowed to the word's end.

    `tables` holds the automaton of each sequence, as in `Languages.tables`.
    """

    def one(table: Array, sequence: Array) -> Array:
        def move(state: Array, token: Array) -> tuple[Array, Array]:
            after = _after(table, state, token)
            return after, after

        return jax.lax.scan(move, jnp.int32(0), sequence)[1]

    return jax.vmap(one)(tables, inputs)


def next_symbol(
    tables: Int[Array, "batch state symbol"], inputs: Int[Array, "batch time"]
) -> Float[Array, "batch time symbol"]:
    """The probability of each symbol after each token, given that a symbol comes and the automaton is known."""
    after = jnp.maximum(states(tables, inputs), 0)
    return _uniform(jnp.take_along_axis(tables, after[..., None], axis=1))


def pool_next_symbol(
    pool: Int[Array, "automaton state symbol"], inputs: Int[Array, "batch time"]
) -> Float[Array, "batch time symbol"]:
    """The same for who knows only that the automaton is one of `pool`, each as likely: Bayes' filter.

    Before any evidence, and after a sequence that no automaton of the pool allows, all are as likely. Lengths of words
    say nothing about the automaton. Costs time x pool for each sequence.
    """

    def one(sequence: Array) -> Array:
        def move(belief: tuple[Array, Array, Array], token: Array) -> tuple[tuple[Array, Array, Array], Array]:
            state, log_p, chances = belief
            is_symbol = token < LARGEST_ALPHABET
            chance = jnp.where(is_symbol, chances[:, jnp.minimum(token, LARGEST_ALPHABET - 1)], 1.0)
            log_p = log_p + jnp.log(chance)
            state = jax.vmap(_after, in_axes=(0, 0, None))(pool, state, token)
            chances = _uniform(jax.vmap(lambda table, at: table[jnp.maximum(at, 0)])(pool, state))
            # Where nothing is possible any more the pool is as good as new.
            known = jnp.where(jnp.isfinite(log_p).any(), log_p, 0.0)
            return (state, known, chances), jax.nn.softmax(known) @ chances

        start = jnp.zeros(len(pool), jnp.int32)
        first = (start, jnp.zeros(len(pool)), _uniform(pool[:, 0]))
        return jax.lax.scan(move, first, sequence)[1]

    return jax.vmap(one)(inputs)


def legal_share(
    logits: Float[Array, "batch time symbol"], tables: Int[Array, "batch state symbol"], batch: Tokens
) -> Float[Array, ""]:
    """The share of scored targets at which the largest logit names a symbol that the automaton allows."""
    chances = next_symbol(tables, batch.inputs)
    chosen = jnp.argmax(logits, axis=-1)
    legal = jnp.take_along_axis(chances, jnp.minimum(chosen, LARGEST_ALPHABET - 1)[..., None], axis=-1)[..., 0] > 0
    weight = scored(batch)
    return jnp.sum(legal * (chosen < LARGEST_ALPHABET) * weight) / jnp.maximum(jnp.sum(weight), 1)


def total_variation(
    logits: Float[Array, "batch time symbol"], tables: Int[Array, "batch state symbol"], batch: Tokens
) -> Float[Array, ""]:
    """Half the summed difference to the right probabilities of symbols, in the mean over scored targets: 0 is perfect.

    The logits' probabilities of the separator and the padding are left out and the rest scaled to 1.
    """
    found = jax.nn.softmax(logits[..., :LARGEST_ALPHABET].astype(jnp.float32), axis=-1)
    distance = 0.5 * jnp.sum(jnp.abs(found - next_symbol(tables, batch.inputs)), axis=-1)
    weight = scored(batch)
    return jnp.sum(distance * weight) / jnp.maximum(jnp.sum(weight), 1)


def _after(table: Int[Array, "state symbol"], state: Int[Array, ""], token: Int[Array, ""]) -> Int[Array, ""]:
    """Where a token leads; separators and padding go back to the start, an illegal symbol to -1."""
    at = table[jnp.maximum(state, 0), jnp.minimum(token, LARGEST_ALPHABET - 1)]
    return jnp.where(token >= SEPARATOR, 0, jnp.where(state < 0, -1, at)).astype(jnp.int32)


def _uniform(rows: Int[Array, "*batch symbol"]) -> Float[Array, "*batch symbol"]:
    allowed = (rows >= 0).astype(jnp.float32)
    return allowed / jnp.maximum(jnp.sum(allowed, axis=-1, keepdims=True), 1)
