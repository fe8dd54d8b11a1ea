"""Documents packed into rows of equal length; the order is a function of seed and row, so that it survives resume."""

from __future__ import annotations

import dataclasses
import functools
from typing import NamedTuple, final

import numpy as np
from jaxtyping import Array, Bool, Float, Int

from primordia.core.errors import BadInputError, ConfigError
from primordia.core.streams import Streams
from primordia.minds.text.corpora import Corpus
from primordia.minds.text.tokens import Tokens


class Batch(NamedTuple):
    """Rows of tokens.

    Args:
        tokens: inputs are all but the last, targets all but the first.
        reset: whether an input begins a document.
    """

    tokens: Int[np.ndarray, "row one_more"]
    reset: Bool[np.ndarray, "row time"]


@final
@dataclasses.dataclass(frozen=True, eq=False)
class Rows:
    """All documents one after the other, in an order drawn once, each with its beginning; cut into rows.

    A row shares its last token with the next one's first, so that every token but the very first is predicted once in
    each pass; what is left at the end and fills no row is not read. Every pass has an order of its own.

    Args:
        stream: tokens of all documents int32 [token].
        begin: the token that begins a document.
        n_time: tokens that a row predicts.
        seed: what the orders follow from.
    """

    stream: Int[np.ndarray, " token"]
    begin: int
    n_time: int
    seed: int

    @property
    def n_rows(self) -> int:
        """Rows of one pass."""
        return (len(self.stream) - 1) // self.n_time

    def batch(self, t: int, n: int) -> Batch:
        """Rows t n to t n + n - 1 of an endless series of passes."""
        places = [self._place(index) * self.n_time for index in range(t * n, t * n + n)]
        tokens = np.stack([self.stream[place : place + self.n_time + 1] for place in places])
        return Batch(tokens, tokens[:, :-1] == self.begin)

    def _place(self, index: int) -> int:
        """Which row of the text comes at `index` of the series."""
        turn, place = divmod(index, self.n_rows)
        return int(_order(self.seed, turn, self.n_rows)[place])


def packed(corpus: Corpus, tokens: Tokens, n_time: int, seed: int) -> Rows:
    """The rows of a corpus.

    Raises:
        ConfigError: `n_time` is not positive.
        BadInputError: the corpus is shorter than a row.
    """
    if n_time < 1:
        raise ConfigError(f"n_time={n_time} is out of range: it must be at least 1; the nearest is 1.")
    order = np.argsort(_draws("documents", seed, 0, len(corpus.documents)), kind="stable")
    begin = np.asarray([tokens.begin], np.int32)
    parts = [part for place in order for part in (begin, tokens.encode(corpus.documents[place]))]
    stream = np.concatenate(parts).astype(np.int32)
    if len(stream) <= n_time:
        raise BadInputError(
            f"The text {corpus.name!r} has {len(stream)} tokens, too few for a row of {n_time} and one more; "
            f"give a longer text or rows of at most {len(stream) - 1}."
        )
    stream.setflags(write=False)
    return Rows(stream, tokens.begin, n_time, seed)


def bits_per_byte(
    losses: Float[Array, "row time"], targets: Int[Array, "row time"], n_bytes: Int[Array, " token"]
) -> float:
    """What a text costs: bits of all its targets, beginnings of documents included, for each of its bytes.

    Args:
        losses: minus the logarithm (natural) of each target's probability.
        targets: tokens that were predicted.
        n_bytes: bytes that each token stands for (`Tokens.n_bytes`).
    """
    n = int(np.asarray(n_bytes)[np.asarray(targets)].sum())
    return float(np.asarray(losses, np.float64).sum() / np.log(2) / n)


@functools.lru_cache(maxsize=4)
def _order(seed: int, turn: int, n_rows: int) -> Int[np.ndarray, " row"]:
    return np.argsort(_draws("rows", seed, turn, n_rows), kind="stable")


def _draws(name: str, seed: int, step: int, n: int) -> Int[np.ndarray, " draw"]:
    return Streams(seed).integers(name, step, n, 2**62)
