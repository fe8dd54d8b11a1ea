"""The recall tasks of the mechanistic architecture design suite (MAD): in context, among noise, and of fuzzy keys.

Source: arXiv 2403.17844 and its authors' generators (athms/mad-lab) with their many-query settings. In training every
next token is a target; in tests only the values of keys that were seen before. How we differ: a noisy sequence always
has a pair before the probe, and the probe of a fuzzy one is always shown before it is asked for (there both can fail).
"""

from __future__ import annotations

import dataclasses
from typing import Annotated, NamedTuple, Self, final

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int

from primordia.core.config import Spec
from primordia.minds.tasks.batch import IGNORED, Tokens
from primordia.minds.tasks.task import Task, refuse

MAD = "arXiv 2403.17844, the authors' generators"
N_EXAMPLES = {"train": 12_800, "test": 1_280}
"""The source's finite sets: `draw_indexed` with the indices below these numbers."""
MOTIF = 3
"""The longest key or value of a fuzzy sequence."""


@final
@dataclasses.dataclass(frozen=True)
class InContextRecall(Task[Tokens]):
    """Pairs of a random map from keys to values that is fresh for each sequence; the last pair was seen before.

    Symbols: keys, then as many values (one more where the number is odd), then those for noise. A pair is noise, two
    symbols that mean nothing, with probability `noise_rate`.
    """

    n_symbols: Annotated[int, Spec("size of the vocabulary, noise included", unit="symbols", ge=2, source=MAD)] = 16
    n_tokens: Annotated[int, Spec("tokens of all pairs", unit="tokens", ge=4, multiple_of=2, source=MAD)] = 128
    n_noise: Annotated[int, Spec("symbols for noise; 16 of 32 in the noisy task", ge=0, source=MAD)] = 0
    noise_rate: Annotated[
        float, Spec("probability that a pair is noise; 0.2 in the noisy task", ge=0, le=1, source=MAD)
    ] = 0.0
    test: Annotated[bool, Spec("whether only values of repeated keys are targets", source=MAD)] = False

    def fits(self) -> None:
        """Keys, values and noise share the vocabulary.

        Raises:
            ConfigError: fewer than two symbols are left for keys and values, or there is noise without symbols for it.
        """
        if self.n_noise > self.n_symbols - 2:
            allowed = f"at most n_symbols - 2 = {self.n_symbols - 2}"
            raise refuse("n_noise", self.n_noise, allowed, self.n_symbols - 2)
        if self.noise_rate and not self.n_noise:
            raise refuse("noise_rate", self.noise_rate, "0 without symbols for noise (n_noise=0)", 0)

    @property
    def n_time(self) -> int:
        """Tokens of a sequence: the last of all is only ever a target."""
        return self.n_tokens - 1

    @property
    def n_keys(self) -> int:
        """Symbols that are keys: the first ones."""
        return (self.n_symbols - self.n_noise) // 2

    def for_test(self) -> Self:
        """Only values of keys that were seen before are targets."""
        return dataclasses.replace(self, test=True)

    def example(self, key: Array) -> Tokens:
        """One sequence."""
        n_pairs, n_told = self.n_tokens // 2, self.n_symbols - self.n_noise
        key_map, key_keys, key_noisy, key_noise, key_sure, key_probe = jax.random.split(key, 6)
        values = jax.random.randint(key_map, (self.n_keys,), self.n_keys, n_told)
        keys = jax.random.randint(key_keys, (n_pairs - 1,), 0, self.n_keys)
        noisy = jnp.zeros(n_pairs - 1, bool)
        noise = jnp.zeros((n_pairs, 2), keys.dtype)
        if self.noise_rate:
            noisy = jax.random.bernoulli(key_noisy, self.noise_rate, noisy.shape)
            noisy = noisy.at[jax.random.randint(key_sure, (), 0, n_pairs - 1)].set(False)
            noise = jax.random.randint(key_noise, noise.shape, n_told, self.n_symbols)
        shown = jnp.zeros(self.n_keys, bool).at[keys].max(~noisy)
        probe = jax.random.categorical(key_probe, jnp.where(shown, 0.0, -jnp.inf))
        keys, noisy = jnp.append(keys, probe), jnp.append(noisy, False)
        pairs = jnp.where(noisy[:, None], noise, jnp.stack([keys, values[keys]], axis=1))
        answers = jnp.where(_repeated(keys, ~noisy), pairs[:, 1], IGNORED)
        answered = jnp.stack([jnp.full_like(answers, IGNORED), answers], axis=1)
        return _shifted(pairs.reshape(-1), answered.reshape(-1), self.test)


class _Motifs(NamedTuple):
    """Keys or values of several symbols: the first `size` of `symbols` count."""

    symbols: Int[Array, "pair 3"]
    size: Int[Array, " pair"]


@final
@dataclasses.dataclass(frozen=True)
class FuzzyRecall(Task[Tokens]):
    """As `InContextRecall`, but keys and values are motifs: one to three different symbols in a row.

    In tests keys are always three symbols long. Sequences are filled up at their left with the last symbol.
    """

    n_symbols: Annotated[int, Spec("size of the vocabulary, filler included", ge=7, source=MAD)] = 16
    n_time: Annotated[int, Spec("length of a sequence", unit="tokens", ge=24, source=MAD)] = 128
    test: Annotated[bool, Spec("whether keys are long and only values of repeated ones are targets")] = False

    @property
    def n_keys(self) -> int:
        """Symbols that keys are made of: the first ones."""
        return (self.n_symbols - 1) // 2

    def for_test(self) -> Self:
        """Keys of three symbols; only values of keys that were seen before are targets."""
        return dataclasses.replace(self, test=True)

    def example(self, key: Array) -> Tokens:
        """One sequence: drawn pairs, as many as fit, one of them (the probe) again at the end."""
        key_keys, key_values, key_probe = jax.random.split(key, 3)
        # The first pair is the probe; no more than this many of the others fit, each being two tokens or more.
        n_drawn = 1 + self.n_time // 2
        keys = self._motifs(key_keys, n_drawn, 0, self.n_keys, MOTIF if self.test else 1)
        values = self._motifs(key_values, n_drawn, self.n_keys, self.n_symbols - 1, 1)
        first = jnp.argmax(_same(keys), axis=1)
        values = _Motifs(values.symbols[first], values.size[first])
        lengths = keys.size + values.size
        room = self.n_time - lengths[0] - 2 * MOTIF
        # The probe takes the place of the pair that covers a random token; what comes after it moves.
        turn = jax.random.randint(key_probe, (), 0, room)
        order = jnp.arange(1, n_drawn)
        order = order.at[jnp.sum(_starts(lengths[order]) <= turn) - 1].set(0)
        kept = jnp.append(_starts(lengths[order]) < room, True)
        order = jnp.append(order, 0)
        spans = jnp.where(kept, lengths[order], 0)
        starts = jnp.where(kept, self.n_time + 1 - jnp.sum(spans) + _starts(spans), self.n_time + 1)
        return self._written(keys, values, order, starts, _repeated(first[order], kept))

    def _motifs(self, key: Array, n: int, low: int, high: int, shortest: int) -> _Motifs:
        key_size, key_symbols = jax.random.split(key)
        noise = jax.random.uniform(key_symbols, (n, high - low))
        return _Motifs(low + jax.lax.top_k(noise, MOTIF)[1], jax.random.randint(key_size, (n,), shortest, MOTIF + 1))

    def _written(self, keys: _Motifs, values: _Motifs, order: Array, starts: Array, again: Array) -> Tokens:
        """The pairs in order, each from its start on; those that start beyond the end are not written."""
        tokens = jnp.full(self.n_time + 1, self.n_symbols - 1)
        told = jnp.full(self.n_time + 1, IGNORED)
        for channel in range(MOTIF):
            beyond = self.n_time + 1
            at_key = jnp.where(channel < keys.size[order], starts + channel, beyond)
            tokens = tokens.at[at_key].set(keys.symbols[order, channel], mode="drop")
            at_value = jnp.where(channel < values.size[order], starts + keys.size[order] + channel, beyond)
            tokens = tokens.at[at_value].set(values.symbols[order, channel], mode="drop")
            at_answer = jnp.where(again, at_value, beyond)
            told = told.at[at_answer].set(values.symbols[order, channel], mode="drop")
        return _shifted(tokens, told, self.test)


def _starts(lengths: Int[Array, " pair"]) -> Int[Array, " pair"]:
    return jnp.cumsum(lengths) - lengths


def _same(motifs: _Motifs) -> Bool[Array, "pair pair"]:
    used = jnp.arange(MOTIF) < motifs.size[:, None]
    written = jnp.where(used, motifs.symbols, -1)
    return (written[:, None] == written[None, :]).all(axis=-1)


def _repeated(names: Int[Array, " pair"], counts: Bool[Array, " pair"]) -> Bool[Array, " pair"]:
    """Which pairs have the name of an earlier one; pairs that do not count are neither."""
    earlier = jnp.tril((names[:, None] == names[None, :]) & counts[None, :], -1)
    return earlier.any(axis=1) & counts


def _shifted(tokens: Int[Array, " token"], told: Int[Array, " token"], test: bool) -> Tokens:
    """Inputs, and as targets either every next token or only the answers."""
    return Tokens(tokens[:-1].astype(jnp.int32), (told if test else tokens)[1:].astype(jnp.int32))
