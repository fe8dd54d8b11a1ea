"""Soups whose bytes carry tracer tokens: the same epochs, and where every byte came from (docs/tokens.md).

Source: arXiv 2406.19108, section 2.1 (tracer tokens).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from primordia.core.errors import BadInputError
from primordia.life.lineage.carrying import follow_all
from primordia.life.soup import MIXED, PAIRS_PER_TICKET, Team, check_length
from primordia.life.substrates import substrate
from primordia.life.worlds import World

__all__ = ["Traced", "trace_epochs"]

Bytes = NDArray[np.uint8]
Tokens = NDArray[np.uint64]


class Traced(NamedTuple):
    """What came of some epochs.

    Args:
        soup: uint8 [program byte] after the last of them.
        tokens: uint64 [program byte], those of its bytes; see `primordia.life.lineage.tokens`.
        operations: of the last epoch, summed over its pairs (0 when there was none).
        n_interactions: pairs executed in the last epoch (0 when there was none).
    """

    soup: Bytes
    tokens: Tokens
    operations: int
    n_interactions: int


def trace_epochs(
    substrate_name: str,
    soup: Bytes,
    tokens: Tokens,
    *,
    seed: int,
    first_epoch: int,
    n_epochs: int,
    mutation_threshold: int,
    max_steps: int,
    world: World = MIXED,
    n_threads: int | None = None,
) -> Traced:
    """Runs a soup as `soup.run` does, to the same bytes, and carries the tokens uint64 [program byte] along.

    Neither the soup nor the tokens that are given are changed. Memory: eight bytes for every byte of the soup, twice
    while it runs.

    Raises:
        BadInputError: what `soup.run` raises; tokens of another shape than the soup; a language that has no `follow`;
            more epochs or bytes than fit into a token, of which 56 bits are there for both.
    """
    language = substrate(substrate_name)
    check_length("programs", np.shape(soup)[1], language, 1)
    world.check(len(soup))
    if language.follow is None:
        raise BadInputError(
            f"The language {language.name} does not say where its bytes come from, so they carry no tokens: "
            "give its `Substrate` a kernel `follow` (docs/your-own-substrate.md)."
        )
    if np.shape(tokens) != np.shape(soup):
        raise BadInputError(
            f"Tokens {_shape(tokens)} for a soup {_shape(soup)}: every byte has one; take those of its last epoch, "
            "or `first_tokens`."
        )
    most_epochs = 2 ** min(32, 56 - (np.size(soup) - 1).bit_length()) - 1
    if np.size(soup) > 1 << 32 or first_epoch + n_epochs > most_epochs:
        raise BadInputError(
            f"Tokens of a soup of {np.size(soup)} bytes do not reach epoch {first_epoch + n_epochs}: "
            f"they hold at most {most_epochs} epochs there, and {1 << 32} bytes at all."
        )
    soup, tokens = np.array(soup, np.uint8, order="C"), np.array(tokens, np.uint64, order="C")
    order, next_order = np.empty((2, len(soup)), np.int32)
    tickets = np.zeros(1, np.int64)
    word, threshold = np.uint64(seed), np.uint64(mutation_threshold)
    held = language.follow.dispatcher, len(language.registers), soup, tokens
    operations, n_meeting, next_meeting = 0, 0, 0
    if n_epochs:
        next_meeting = world.draw(seed, first_epoch, next_order)
    with Team(n_threads) as team:
        for t in range(first_epoch, first_epoch + n_epochs):
            order, next_order, n_meeting = next_order, order, next_meeting
            tickets[0] = 0
            given = *held, order, n_meeting, tickets, word, np.uint64(t), threshold, max_steps
            draw = (world.draw, seed, t + 1, next_order) if t + 1 < first_epoch + n_epochs else None
            operations, next_meeting = team.sum(follow_all, *given, PAIRS_PER_TICKET, beforehand=draw)
    return Traced(soup, tokens, operations, n_meeting)


def _shape(array: NDArray[np.generic]) -> str:
    return " x ".join(map(str, np.shape(array)))
