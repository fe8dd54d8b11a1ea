"""Policies for recall with a memory of M of N items: store M of them at random, and toss a coin for the others."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


def random_storage_success(n_items: int, memory: int) -> float:
    """How likely the policy is to answer any one query of one bit: 1/2 + M / (2 N), whatever the adversary does."""
    return 0.5 + min(memory, n_items) / (2 * n_items)


def majority(success: float, n_votes: int) -> float:
    """How likely most of `n_votes` answers are right, each for itself with probability `success`; a tie counts half."""
    total = 0.0
    for right in range(n_votes + 1):
        share = 1.0 if 2 * right > n_votes else (0.5 if 2 * right == n_votes else 0.0)
        total += share * math.comb(n_votes, right) * success**right * (1 - success) ** (n_votes - right)
    return total


def random_storage(values: Float[Array, "item bit"], memory: int, key: Array) -> Float[Array, "item bit"]:
    """What the policy would answer to every query, with the seed `key`."""
    key_stored, key_coins = jax.random.split(key)
    stored = jax.random.permutation(key_stored, len(values)) < memory
    coins = jax.random.rademacher(key_coins, values.shape, values.dtype)
    return jnp.where(stored[:, None], values, coins)


def first_storage(values: Float[Array, "item bit"], memory: int) -> Float[Array, "item bit"]:
    """A deterministic policy: the first M items are stored, the others are taken to be +1."""
    return jnp.where((jnp.arange(len(values)) < memory)[:, None], values, 1.0)
