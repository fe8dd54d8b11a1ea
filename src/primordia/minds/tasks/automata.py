"""Languages in context (RegBench): words of a fresh random automaton, in a row; predict each next symbol.

Source: arXiv 2401.12973 and its authors' generator (berlino/seq_icl). Automata are drawn, minimised, made distinct and
split into those for training and those held out, on the host; sequences are drawn by the device from padded tables.
How we differ: a training automaton makes fresh sequences (there exactly one), and sequences longer than `n_time` are
cut there.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Annotated, NamedTuple, Self, final

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from primordia.core.config import Spec
from primordia.core.streams import Streams
from primordia.minds.tasks.batch import IGNORED, Tokens
from primordia.minds.tasks.grammar import LARGEST_ALPHABET, grammars
from primordia.minds.tasks.task import Task

REGBENCH = "arXiv 2401.12973, the authors' generator"
SEPARATOR = LARGEST_ALPHABET
PAD = LARGEST_ALPHABET + 1
MOST_WORDS = 19
FEWEST_WORDS = 10
LONGEST_WORD = 49


class Told(NamedTuple):
    """Sequences, and the row of `Languages.tables` that made each."""

    tokens: Tokens
    automata: Int[Array, " batch"]


@final
@dataclasses.dataclass(frozen=True)
class Languages(Task[Tokens]):
    """10 to 19 words of 1 to 49 symbols with separators between them, padded or cut to `n_time`.

    Every symbol is uniform over those that the automaton allows next. Separators and padding are never targets.
    Symbols are 0 … 17, the separator is 18, the padding 19.
    """

    n_time: Annotated[int, Spec("length of a sequence", unit="tokens", ge=2, source=REGBENCH)] = 512
    n_train: Annotated[int, Spec("automata for training", unit="automata", ge=1, source=REGBENCH)] = 5000
    n_held_out: Annotated[int, Spec("automata for tests", unit="automata", ge=1, source=REGBENCH)] = 500
    seed: Annotated[int, Spec("seed of the automata", ge=0)] = 0
    test: Annotated[bool, Spec("whether held-out automata are used")] = False

    n_symbols = LARGEST_ALPHABET + 2

    def tables(self) -> np.ndarray:
        """Where each symbol leads, axes [automaton, state, symbol]: a state, or -1 where it is not allowed.

        State 0 is the first of a word. Drawn once in a process for each seed and number: about a second for 5,500.
        """
        every = _every(self.seed, self.n_train + self.n_held_out)
        return every[self.n_train :] if self.test else every[: self.n_train]

    def for_test(self) -> Self:
        """Automata that training never sees."""
        return dataclasses.replace(self, test=True)

    def example(self, key: Array) -> Tokens:
        """One sequence."""
        return self._told(key)[0]

    def told(self, key: Array, n_batch: int) -> Told:
        """The sequences of `draw`, and who made them."""
        return Told(*jax.vmap(lambda index: self._told(jax.random.fold_in(key, index)))(jnp.arange(n_batch)))

    def _told(self, key: Array) -> tuple[Tokens, Array]:
        key_automaton, key_words, key_lengths, key_symbols = jax.random.split(key, 4)
        tables = jnp.asarray(self.tables())
        automaton = jax.random.randint(key_automaton, (), 0, len(tables))
        n_words = jax.random.randint(key_words, (), FEWEST_WORDS, MOST_WORDS + 1)
        lengths = jax.random.randint(key_lengths, (MOST_WORDS,), 1, LONGEST_WORD + 1)
        ends = jnp.cumsum(lengths + 1) - 1
        places = jnp.arange(self.n_time + 1)
        word = jnp.searchsorted(ends, places)
        over = places >= ends[n_words - 1]
        between = (places == ends[jnp.minimum(word, MOST_WORDS - 1)]) & ~over
        symbols = _walk(tables[automaton], between, jax.random.uniform(key_symbols, places.shape))
        tokens = jnp.where(over, PAD, jnp.where(between, SEPARATOR, symbols)).astype(jnp.int32)
        targets = jnp.where(tokens[1:] < LARGEST_ALPHABET, tokens[1:], IGNORED)
        return Tokens(tokens[:-1], targets), automaton


def _walk(table: Array, between: Array, draws: Array) -> Int[Array, " time"]:
    """The symbol at each place: uniform over those allowed; a place between words goes back to the first state."""

    def move(state: Array, place: tuple[Array, Array]) -> tuple[Array, Array]:
        at_end, draw = place
        allowed = table[state] >= 0
        turn = jnp.floor(draw * jnp.sum(allowed)).astype(jnp.int32)
        symbol = jnp.searchsorted(jnp.cumsum(allowed), turn + 1)
        return jnp.where(at_end, 0, table[state, symbol]).astype(jnp.int32), symbol

    return jax.lax.scan(move, jnp.int32(0), (between, draws))[1]


@functools.lru_cache(maxsize=8)
def _every(seed: int, n_automata: int) -> np.ndarray:
    return grammars(Streams(seed), n_automata)
