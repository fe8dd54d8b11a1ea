"""A long tape run from many start points, one after the other, with mutations in between.

Everything is a function of the seed and the number of the round: start i of round t begins at
`streams.integers("starts", t, …)[i]`, mutation j of the round is draw j of the stream "mutations". The author's program
runs several starts at once on one tape, without locks; here they take turns, so that the same bits come out every time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from primordia.core.streams import Streams
from primordia.life.compile import kernel
from primordia.life.counter import GOLDEN, mix
from primordia.life.long_tape.languages import LANGUAGES

Bytes = NDArray[np.uint8]
Counts = NDArray[np.int64]

RUN_AT = "FunctionType(int64(uint8[::1], int64, int64, int64, int64[::1]))"
U32 = np.uint64(32)


@kernel(
    signature=f"int64({RUN_AT}, uint8[::1], int64, int64, int64, uint64[::1], uint8[::1], int64, int64, int64[::1])"
)
def run_round(run_at, tape, n_starts, limit, head_offset, words, values, interval, owed, counts):
    """Runs n_starts starts in place; returns the units that are not paid for with a mutation yet.

    `words` are the two words of the stream of starts, then those of the stream of mutations. After each start, one
    byte mutates for every `interval` units that were used since the last mutation, as long as more than that are owed.
    """
    wrap = np.uint64(tape.size - 1)
    n_mutations = np.uint64(0)
    for i in range(n_starts):
        start = mix((words[0] + np.uint64(i) * GOLDEN) ^ words[1]) & wrap
        owed += run_at(tape, np.int64(start), limit, head_offset, counts)
        while owed > interval and interval > 0:
            word = mix((words[2] + n_mutations * GOLDEN) ^ words[3])
            n_mutations += np.uint64(1)
            tape[word & wrap] = values[(word >> U32) % np.uint64(values.size)]
            owed -= interval
        if interval == 0:
            owed = 0
    return owed


def first_tape(language: str, kind: str, length: int, streams: Streams) -> Bytes:
    """The tape uint8 [byte] before the first start; `kind` is "bytes", "instructions" or "zeros"."""
    values = LANGUAGES[language].values(kind)
    return values[streams.integers("tape", 0, length, len(values))]


def run_rounds(
    language: str,
    tape: Bytes,
    owed: int,
    streams: Streams,
    *,
    first_round: int,
    n_rounds: int,
    n_starts: int,
    limit: int,
    head_offset: int,
    mutate_to: str,
    mutation_interval: int,
) -> tuple[Bytes, int, Counts]:
    """Runs n_rounds rounds of n_starts starts, the first of which has the number first_round (0-based).

    Args:
        language: name in `LANGUAGES`.
        tape: uint8 [byte], a power of two of them; it is not changed.
        owed: units used since the last mutation.
        streams: of the run.
        first_round: number of the first round to run.
        n_rounds: how many to run.
        n_starts: starts of a round.
        limit: units after which a run ends.
        head_offset: bytes from the start to head1 (bff_long only).
        mutate_to: "bytes" or "instructions".
        mutation_interval: units between two mutations; 0 for none.

    Returns:
        The new tape, the units owed, and the counts int64 [round, 3]: operations, steps, failures.
    """
    chosen = LANGUAGES[language]
    values = chosen.values(mutate_to)
    run_at = chosen.run_at.dispatcher
    tape, counts = np.array(tape, np.uint8, order="C"), np.zeros((n_rounds, 3), np.int64)
    for k in range(n_rounds):
        t = first_round + k
        words = np.array([*streams.words("starts", t), *streams.words("mutations", t)], np.uint64)
        owed = run_round(run_at, tape, n_starts, limit, head_offset, words, values, mutation_interval, owed, counts[k])
    return tape, owed, counts
