"""The kernels that let a soup interact, whatever the substrate's `execute` does.

`execute(tape, max_steps) -> operations` is handed in as a value, so these are compiled once for all substrates. Each
call works on a range of pairs and touches only their programs: any division of the pairs gives the same bits.
"""

from __future__ import annotations

import numpy as np

from primordia.life.compile import kernel
from primordia.life.counter import any_mutation, mutate, mutation_base

from primordia.life.primitives import fetch_ahead

AHEAD = 8
EXECUTE = "FunctionType(int64(uint8[::1], int64))"


@kernel(signature=f"int64({EXECUTE}, uint64[:, ::1], int32[::1], uint64, uint64, uint64, int64, int64, int64)")
def interact(execute, words, order, seed, epoch, threshold, max_steps, first, last):
    """One epoch's interactions of the pairs first .. last-1, in place on the soup as words [program word]; returns operations.

    Pair p is programs order[2p] and order[2p+1]: concatenated, mutated, executed, split. The specification's 2.2.
    """
    n_programs, n_words = words.shape
    length = 8 * n_words
    pair_words = np.empty(2 * n_words, np.uint64)
    tape = pair_words.view(np.uint8)
    operations = 0
    for pair in range(first, last):
        left, right = order[2 * pair], order[2 * pair + 1]
        if pair + AHEAD < last:
            fetch_ahead(words, order[2 * (pair + AHEAD)])
            fetch_ahead(words, order[2 * (pair + AHEAD) + 1])
        for i in range(n_words):
            pair_words[i] = words[left, i]
            pair_words[n_words + i] = words[right, i]
        base = mutation_base(seed, epoch, np.uint64(n_programs), np.uint64(pair), np.uint64(2 * length))
        if any_mutation(base, 2 * length, threshold):
            mutate(tape, base, threshold)
        operations += execute(tape, max_steps)
        for i in range(n_words):
            words[left, i] = pair_words[i]
            words[right, i] = pair_words[n_words + i]
    return operations


@kernel(signature=f"void({EXECUTE}, uint8[:, ::1], int64, int64[::1], int64, int64)")
def execute_each(execute, tapes, max_steps, operations, first, last):
    """Runs tapes [tape byte] first .. last-1 in place and writes the operations of each."""
    for k in range(first, last):
        operations[k] = execute(tapes[k], max_steps)
