"""Tracer tokens: where every byte of a soup entered it, and what follows from that.

A token is a word of 64 bits, epoch * 2^32 + position: the byte entered the soup at that place (program times bytes of a
program, plus byte) in the initial soup, epoch 0, or by a mutation of epoch e (0-based), which is epoch e + 1 here.
Copying brings the token along, arithmetic leaves it where it is. The paper's tuple has the character as a third part;
that is always the byte which stands there, so it is read from the soup and not stored (arXiv 2406.19108, section 2.1).

Tokens are carried by `primordia.life.lineage.tracing`. Rules for every language, memory and cost: docs/tokens.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from primordia.core.errors import BadInputError
from primordia.life.compile import kernel

__all__ = [
    "TOP_TOKENS",
    "Provenance",
    "TokenCount",
    "count_tokens",
    "descent",
    "first_tokens",
    "origin",
    "provenance",
    "surviving_cells",
    "surviving_tokens",
]

Bytes = NDArray[np.uint8]
Tokens = NDArray[np.uint64]
Counts = NDArray[np.int64]

EPOCH_SHIFT = np.uint64(32)
CHAR_BITS = np.uint64(8)
POSITION = np.uint64(0xFFFFFFFF)
TOP_TOKENS = 32


class TokenCount(NamedTuple):
    """How many tokens a soup has, the characters of its bytes included.

    Args:
        unique: distinct tuples (epoch, position, character).
        top: bytes of the soup that hold one of the 32 most frequent of them.
    """

    unique: int
    top: int


@final
@dataclass(frozen=True)
class Provenance:
    """Where the bytes of one program come from.

    Args:
        tapes: int64 [initial program]: those of the initial soup that bytes come from, the most bytes first; at equal
            counts the lower number first.
        n_bytes: int64 [initial program]: how many bytes come from each.
        mutations: int64 [mutation]: epochs (0-based), in rising order, of the mutations that other bytes come from.
    """

    tapes: Counts
    n_bytes: Counts
    mutations: Counts


def first_tokens(n_programs: int, tape_length: int) -> Tokens:
    """The tokens uint64 [program byte] of an initial soup: every byte has its own."""
    return np.arange(n_programs * tape_length, dtype=np.uint64).reshape(n_programs, tape_length)


def origin(tokens: Tokens) -> tuple[Counts, Counts]:
    """The epochs and positions, each int64 and of the tokens' shape, at which bytes entered the soup."""
    return (tokens >> EPOCH_SHIFT).astype(np.int64), (tokens & POSITION).astype(np.int64)


def count_tokens(soup: Bytes, tokens: Tokens) -> TokenCount:
    """Counts the distinct tokens of a soup, both [program byte]; exact.

    Memory: eight bytes for every byte of the soup. Cost: a sort of as many words.
    """
    _check(soup, tokens)
    keys = np.empty(tokens.size, np.uint64)
    _pack(soup.reshape(-1), tokens.reshape(-1), np.uint64((tokens.size - 1).bit_length()), keys)
    keys.sort()
    return TokenCount(*map(int, _runs(keys, np.zeros(TOP_TOKENS, np.int64))))


def descent(tokens: Tokens, ancestor: Tokens) -> float:
    """Share of the bytes of a soup, tokens [program byte], whose token stood on a chosen tape, tokens [byte], then.

    A token that stood on other tapes at that time too counts all the same.
    """
    chosen = np.unique(ancestor)
    found = np.minimum(np.searchsorted(chosen, tokens), chosen.size - 1)
    return float((chosen[found] == tokens).mean())


def surviving_cells(before: Tokens, after: Tokens) -> float:
    """Share of the bytes of a soup, tokens [program byte], that nothing was copied over and that did not mutate.

    A byte that went away and came back counts as one that stayed.
    """
    _check(before, after)
    return float((before == after).mean())


def surviving_tokens(before: Tokens, after: Tokens) -> float:
    """Share of the distinct tokens of one soup that still stand anywhere in a later one, tokens [program byte]."""
    earlier = np.unique(before)
    return float(np.isin(earlier, np.unique(after), assume_unique=True).mean())


def provenance(tokens: Tokens, tape_length: int) -> Provenance:
    """From which programs of the initial soup, and from which mutations, the tokens [byte] of a program come."""
    epochs, positions = origin(tokens)
    tapes, n_bytes = np.unique(positions[epochs == 0] // tape_length, return_counts=True)
    ranking = np.lexsort((tapes, -n_bytes))
    return Provenance(tapes[ranking], n_bytes[ranking].astype(np.int64), np.unique(epochs[epochs > 0]) - 1)


def _check(first: NDArray[np.generic], second: NDArray[np.generic]) -> None:
    """The kernels index memory without looking, so shapes are looked at here."""
    if np.shape(first) != np.shape(second) or np.ndim(first) != 2:
        raise BadInputError(
            f"Tokens are compared place by place, and {np.shape(first)} does not match {np.shape(second)}: "
            "take both from the same soup, as [program byte]."
        )


@kernel
def _pack(soup, tokens, position_bits, keys):
    """Writes (epoch, position, character) as one word each, the position in as many bits as it needs."""
    for i in range(tokens.size):
        epoch, position = tokens[i] >> EPOCH_SHIFT, tokens[i] & POSITION
        keys[i] = ((epoch << position_bits | position) << CHAR_BITS) | np.uint64(soup[i])


@kernel
def _runs(keys, most):
    """The number of runs of equal keys, and the sum of the greatest lengths; `most` is room for these, all zero."""
    n_runs, start = 0, 0
    for i in range(1, keys.size + 1):
        if i == keys.size or keys[i] != keys[i - 1]:
            n_runs += 1
            length, start = i - start, i
            place = 0
            if length > most[0]:
                while place + 1 < most.size and most[place + 1] < length:
                    most[place] = most[place + 1]
                    place += 1
                most[place] = length
    return n_runs, most.sum()
