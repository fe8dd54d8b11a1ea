"""The kernel of an epoch on the card. Imported only where there is a card, or its simulator."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from primordia.life import counter
from primordia.life.gpu import forms, target
from primordia.life.gpu.translate import translate
from primordia.life.substrates import substrate

# The simulator lends its threads a module of this very name among the globals of the kernel.
cuda = target.cuda()


@functools.cache
def epoch_kernel(language: str, length: int) -> Any:
    """The kernel of one epoch of soups whose programs have `length` bytes; its grid has a thread for each pair."""
    known = forms.all_forms()
    execute = translate(substrate(language).execute, target.device_function, known)
    mutation_base = translate(counter.mutation_base, target.device_function, known)
    mutate = translate(counter.mutate, target.device_function, known)
    pair_tape = forms.local_room(2 * length)

    @cuda.jit
    def interact(soups, orders, n_meeting, seeds, epoch, threshold, max_steps, operations):
        n_programs = soups.shape[1]
        n_pairs = n_programs // 2
        place = cuda.grid(1)
        if place >= soups.shape[0] * n_pairs:
            return
        k, pair = place // n_pairs, place % n_pairs
        left, right = orders[k, 2 * pair], orders[k, 2 * pair + 1]
        tape = pair_tape()
        for i in range(length):
            tape[i] = soups[k, left, i]
            tape[length + i] = soups[k, right, i]
        span = np.uint64(2 * length)
        mutate(tape, mutation_base(seeds[k], epoch, np.uint64(n_programs), np.uint64(pair), span), threshold)
        operations[k, pair] = execute(tape, max_steps) if pair < n_meeting[k] else 0
        for i in range(length):
            soups[k, left, i] = tape[i]
            soups[k, right, i] = tape[length + i]

    return interact
