"""Multi-query associative recall (MQAR): many keys are given values, and each key is asked for once, later.

Source: arXiv 2312.04927 and its authors' generator (HazyResearch/zoology), whose conventions these are. How we differ:
fillers are fresh for every example, and `colliding` says whether they may be keys (there they may).
"""

from __future__ import annotations

import dataclasses
from typing import Annotated, NamedTuple, final

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from primordia.core.config import Spec
from primordia.minds.tasks.batch import IGNORED, Tokens
from primordia.minds.tasks.task import Task, distinct, distinct_by_weight, refuse

ZOOLOGY = "arXiv 2312.04927, the authors' generator"


class Asked(NamedTuple):
    """The parts of one example: pair i is (keys[i], values[i]), and its query stands at token queries[i]."""

    keys: Int[Array, " pair"]
    values: Int[Array, " pair"]
    queries: Int[Array, " pair"]


@final
@dataclasses.dataclass(frozen=True)
class Recall(Task[Tokens]):
    """k1 v1 … kP vP, then fillers among which each key stands once; the target at a query is the key's value."""

    n_symbols: Annotated[int, Spec("size of the vocabulary", unit="symbols", ge=6, source=ZOOLOGY)] = 8192
    n_time: Annotated[int, Spec("length of a sequence", unit="tokens", ge=4, multiple_of=2, source=ZOOLOGY)] = 64
    n_pairs: Annotated[int, Spec("keys with a value", unit="pairs", ge=1, source=ZOOLOGY)] = 8
    n_passes: Annotated[int, Spec("times that the pairs are shown", unit="passes", ge=1, source=ZOOLOGY)] = 1
    power: Annotated[
        float, Spec("exponent of the law of gaps p(i) ~ i^(power - 1); 1 is uniform", ge=0, source=ZOOLOGY)
    ] = 0.01
    random_fillers: Annotated[bool, Spec("whether fillers are random symbols rather than 0", source=ZOOLOGY)] = True
    colliding: Annotated[bool, Spec("whether random fillers may be keys", source=ZOOLOGY)] = True

    def fits(self) -> None:
        """Keys, values and queries need room.

        Raises:
            ConfigError: more pairs than symbols or slots, or more passes than even one pair has room for.
        """
        if 2 * (self.n_passes + 1) > self.n_time:
            most = self.n_time // 2 - 1
            raise refuse("n_passes", self.n_passes, f"at most {most} with {self.n_time} tokens", most)
        most = min(self.n_time // (2 * (self.n_passes + 1)), self.n_symbols // 2 - 1)
        if self.n_pairs > most:
            room = f"{self.n_time} tokens, {self.n_symbols} symbols and {self.n_passes} passes"
            raise refuse("n_pairs", self.n_pairs, f"at most {most} with {room}", most)

    @property
    def n_context(self) -> int:
        """Tokens that show the pairs."""
        return 2 * self.n_pairs * self.n_passes

    def slot_weights(self) -> Float[Array, " slot"]:
        """How likely a query is to stand at each slot of two tokens after the pairs, not normalised."""
        return jnp.arange(1, (self.n_time - self.n_context) // 2 + 1, dtype=jnp.float32) ** (self.power - 1)

    def parts(self, key: Array) -> Asked:
        """Keys, values and places of one example; keys are 1 … V/2 - 1, values V/2 … V - 1, each without repeats."""
        key_keys, key_values, key_slots = jax.random.split(key, 3)
        half = self.n_symbols // 2
        keys = 1 + distinct(key_keys, self.n_pairs, half - 1)
        values = half + distinct(key_values, self.n_pairs, self.n_symbols - half)
        slots = distinct_by_weight(key_slots, self.n_pairs, self.slot_weights())
        return Asked(keys, values, self.n_context + 2 * slots)

    def example(self, key: Array) -> Tokens:
        """One sequence."""
        key_parts, key_fillers = jax.random.split(key)
        keys, values, queries = self.parts(key_parts)
        context = jnp.tile(jnp.stack([keys, values], axis=1).reshape(-1), self.n_passes)
        inputs = self._fillers(key_fillers).at[: self.n_context].set(context).at[queries].set(keys)
        targets = jnp.full(self.n_time, IGNORED).at[queries].set(values)
        return Tokens(inputs.astype(jnp.int32), targets.astype(jnp.int32))

    def _fillers(self, key: Array) -> Int[Array, " time"]:
        if not self.random_fillers:
            return jnp.zeros(self.n_time, jnp.int32)
        # Where a filler may not be a key it is 0 or a value.
        lowest = 0 if self.colliding else self.n_symbols // 2 - 1
        fillers = jax.random.randint(key, (self.n_time,), lowest, self.n_symbols)
        return fillers if self.colliding else jnp.where(fillers == lowest, 0, fillers)


def recalled(inputs: Int[Array, "batch time"]) -> Int[Array, "batch time"]:
    """What an exact memory answers at every token: the symbol that followed its first earlier occurrence.

    `IGNORED` where the symbol is new. Solves `Recall`, at the cost of time squared.
    """

    def one(sequence: Array) -> Array:
        n_time = sequence.shape[0]
        earlier = jnp.tril(jnp.ones((n_time, n_time), bool), -1)
        same = (sequence[:, None] == sequence[None, :]) & earlier
        followers = jnp.concatenate([sequence[1:], jnp.full(1, IGNORED, sequence.dtype)])
        return jnp.where(same.any(axis=1), followers[jnp.argmax(same, axis=1)], IGNORED)

    return jax.vmap(one)(inputs)
