"""The other tasks of the mechanistic architecture design suite (MAD): memorise, copy selectively, compress.

Source: arXiv 2403.17844 and its authors' generators (athms/mad-lab). How we differ: the fixed map of `Memorise` comes
from another generator, and blanks from the example's own key (there from a global one).
"""

from __future__ import annotations

import dataclasses
from typing import Annotated, final

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from primordia.core.config import Spec
from primordia.minds.tasks.batch import IGNORED, Tokens
from primordia.minds.tasks.mad import MAD
from primordia.minds.tasks.task import Task, refuse


@final
@dataclasses.dataclass(frozen=True)
class Memorise(Task[Tokens]):
    """A map from keys to values that never changes: key, insert token, key, insert token, …; asked for at the latter.

    Nothing in the context tells a value: only weights can know it. The last symbol is the insert token, the first half
    of the others are keys.
    """

    n_symbols: Annotated[int, Spec("size of the vocabulary", unit="symbols", ge=3, source=MAD)] = 256
    n_time: Annotated[int, Spec("length of a sequence", unit="tokens", ge=2, multiple_of=2, source=MAD)] = 32
    map_seed: Annotated[int, Spec("seed of the map", ge=0, source=MAD)] = 12_345

    @property
    def n_keys(self) -> int:
        """Symbols that are keys: the first ones."""
        return (self.n_symbols - 1) // 2

    def values(self) -> Int[Array, " key"]:
        """The value of each key; no two keys have the same."""
        return (
            self.n_keys
            + jax.random.permutation(jax.random.key(self.map_seed), self.n_symbols - 1 - self.n_keys)[: self.n_keys]
        )

    def example(self, key: Array) -> Tokens:
        """One sequence."""
        keys = jax.random.randint(key, (self.n_time // 2,), 0, self.n_keys)
        return Tokens(_alternating(keys, self.n_symbols - 1), _alternating(IGNORED, self.values()[keys]))


@final
@dataclasses.dataclass(frozen=True)
class SelectiveCopy(Task[Tokens]):
    """Symbols with blanks among them, a copy token, and blanks at which the symbols are to be said in order.

    The last symbol of the vocabulary is the copy token, the one before it the blank. Each blank stands before a random
    one of the symbols, so the last of these stands right before the copy token, as in the source.
    """

    n_symbols: Annotated[int, Spec("size of the vocabulary", unit="symbols", ge=3, source=MAD)] = 16
    n_time: Annotated[int, Spec("length of a sequence", unit="tokens", ge=4, source=MAD)] = 256
    n_copied: Annotated[int, Spec("symbols to copy", unit="tokens", ge=1, source=MAD)] = 16

    def fits(self) -> None:
        """The symbols, as many blanks and the copy token need room.

        Raises:
            ConfigError: the sequence is too short.
        """
        most = (self.n_time - 2) // 2
        if self.n_copied > most:
            raise refuse("n_copied", self.n_copied, f"at most {most} with n_time={self.n_time}", most)

    def example(self, key: Array) -> Tokens:
        """One sequence."""
        key_symbols, key_blanks = jax.random.split(key)
        copy, blank, n_first = self.n_symbols - 1, self.n_symbols - 2, self.n_time - self.n_copied - 1
        symbols = jax.random.randint(key_symbols, (self.n_copied,), 0, self.n_symbols - 2)
        gaps = jax.random.randint(key_blanks, (n_first - self.n_copied,), 0, self.n_copied)
        before = jnp.cumsum(jnp.zeros(self.n_copied, jnp.int32).at[gaps].add(1))
        inputs = jnp.full(self.n_time, blank).at[jnp.arange(self.n_copied) + before].set(symbols)
        targets = jnp.full(self.n_time, IGNORED).at[n_first + 1 :].set(symbols)
        return Tokens(inputs.at[n_first].set(copy).astype(jnp.int32), targets.astype(jnp.int32))


@final
@dataclasses.dataclass(frozen=True)
class Compress(Task[Tokens]):
    """Random symbols and a compress token at the end; the targets are the inputs themselves.

    To be scored by a decoder that sees nothing but what a model puts out at the last token, and a position: a model
    that is read at every token would only have to repeat what it sees.
    """

    n_symbols: Annotated[int, Spec("size of the vocabulary", unit="symbols", ge=2, source=MAD)] = 16
    n_time: Annotated[int, Spec("length of a sequence", unit="tokens", ge=2, source=MAD)] = 32

    def example(self, key: Array) -> Tokens:
        """One sequence."""
        symbols = jax.random.randint(key, (self.n_time - 1,), 0, self.n_symbols - 1)
        inputs = jnp.append(symbols, self.n_symbols - 1).astype(jnp.int32)
        return Tokens(inputs, inputs)


def _alternating(first: int | Int[Array, " pair"], second: int | Int[Array, " pair"]) -> Int[Array, " time"]:
    parts = jnp.broadcast_arrays(jnp.asarray(first), jnp.asarray(second))
    return jnp.stack(parts, axis=1).reshape(-1).astype(jnp.int32)
