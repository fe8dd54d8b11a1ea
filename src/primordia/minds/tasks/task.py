"""What a task is: settings that can be hashed, and examples that are pure functions of (key, index)."""

from __future__ import annotations

import abc
import functools
from typing import Any, Generic, Self, TypeVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from primordia.core.config import check, fields
from primordia.core.errors import ConfigError
from primordia.minds.tasks.batch import Tokens, Vectors

B = TypeVar("B", Tokens, Vectors)


class Task(abc.ABC, Generic[B]):
    """A distribution of sequences. Subclasses are final frozen dataclasses whose fields carry a `Spec`.

    A task is hashable, so that compiled functions are kept by it. Example i of a batch depends on the key and on i
    alone, not on the size of the batch. Drawing is pure JAX with shapes that only the settings decide.

    Raises:
        ConfigError: when built with a setting out of range, or with settings that do not fit together.
    """

    def __post_init__(self) -> None:
        """Check every setting; a whole number is as good as a number with a point."""
        for name, field in fields(type(self)).items():
            if field.type is float and type(getattr(self, name)) is int:
                object.__setattr__(self, name, float(getattr(self, name)))
        check(self)
        self.fits()

    def fits(self) -> None:
        """Refuse settings that are each in range but do not fit together."""

    @abc.abstractmethod
    def example(self, key: Array) -> B:
        """One example, without the batch axis."""

    def draw(self, key: Array, n_batch: int) -> B:
        """A batch of fresh examples, `n_batch` at least 1: the ones with indices 0, 1, … of `key`."""
        return self.draw_indexed(key, jnp.arange(n_batch))

    def draw_indexed(self, key: Array, indices: Int[Array, " batch"]) -> B:
        """The examples with these indices: a finite training set of n examples is the indices below n, kept nowhere."""
        return jax.vmap(lambda index: self.example(jax.random.fold_in(key, index)))(indices)

    def for_test(self) -> Self:
        """The task as it is tested; most are tested as they are trained."""
        return self


@functools.partial(jax.jit, static_argnames=("task", "n_batch"))
def drawn(task: Task[Any], key: Array, n_batch: int) -> Any:
    """`task.draw`, compiled once for each task and size."""
    return task.draw(key, n_batch)


def refuse(name: str, value: object, allowed: str, near: object) -> ConfigError:
    """The error for a setting that does not fit the others."""
    return ConfigError(f"{name}={value} does not fit: it must be {allowed}; the nearest is {near}.")


def distinct(key: Array, n_drawn: int, n_options: int) -> Int[Array, " drawn"]:
    """`n_drawn` different whole numbers below `n_options`, every ordered choice equally likely.

    Floyd's method, then a permutation: time n_drawn squared however many options there are, where a permutation of all
    options would have to sort them.
    """
    key_set, key_order = jax.random.split(key)
    first = n_options - n_drawn
    tops = first + jnp.arange(n_drawn)
    candidates = jax.random.randint(key_set, (n_drawn,), 0, tops + 1)

    def take(chosen: Array, turn: tuple[Array, Array, Array]) -> tuple[Array, None]:
        place, candidate, top = turn
        return chosen.at[place].set(jnp.where((chosen == candidate).any(), top, candidate)), None

    turns = (jnp.arange(n_drawn), candidates, tops)
    chosen, _ = jax.lax.scan(take, jnp.full(n_drawn, -1, candidates.dtype), turns)
    return jax.random.permutation(key_order, chosen)


def distinct_by_weight(key: Array, n_drawn: int, weights: Array) -> Int[Array, " drawn"]:
    """`n_drawn` different places, drawn one after the other in proportion to the weights of those that are left.

    The largest of log weight + Gumbel noise are distributed so, in order (arXiv 1903.06059).
    """
    noisy = jnp.log(weights) + jax.random.gumbel(key, weights.shape)
    return jax.lax.top_k(noisy, n_drawn)[1]
