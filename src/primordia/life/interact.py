"""The kernels that let a soup interact, whatever the substrate's `execute` does.

`execute(tape, max_steps) -> operations` is handed in as a value, so these are compiled once for all substrates. Every
thread calls the same kernel and draws tickets for what to do next. The things tickets stand for touch different
memory, so the bits do not depend on who does what, or when.
"""

from __future__ import annotations

import numpy as np

from primordia.life.compile import kernel
from primordia.life.counter import apply_swaps, block_mutates, draw_swaps, mutate, mutation_base
from primordia.life.primitives import fetch_ahead, put_row, take_row, take_ticket

AHEAD = 8
EXECUTE = "FunctionType(int64(uint8[::1], int64))"


@kernel(signature="void(uint64, uint64, int32[::1], int32[::1])")
def shuffle(seed, epoch, swaps, order):
    """Writes an epoch's order of programs; `swaps` is room to work in."""
    draw_swaps(seed, epoch, swaps)
    apply_swaps(swaps, order)


@kernel
def interact_pairs(execute, soup, order, base, threshold, max_steps, first, last):
    """The interactions of the pairs first .. last-1, in place on soup [program byte]; returns operations.

    Pair p is programs order[2p] and order[2p+1]: joined, mutated, executed, split (docs/bff-semantics.md, section 2).
    `base` is the `mutation_base` of pair `first`.
    """
    length = soup.shape[1]
    span = np.uint64(2 * length)
    tape = np.empty(2 * length, np.uint8)
    next_block = block_mutates(base, span, threshold)
    operations = 0
    for pair in range(first, last):
        left, right = order[2 * pair], order[2 * pair + 1]
        if pair + AHEAD < last:
            fetch_ahead(soup, order[2 * (pair + AHEAD)])
            fetch_ahead(soup, order[2 * (pair + AHEAD) + 1])
        take_row(soup, left, tape, 0)
        take_row(soup, right, tape, length)
        this_block, next_block = next_block, block_mutates(base + span, span, threshold)
        if this_block | next_block:
            mutate(tape, base, threshold)
        base += span
        operations += execute(tape, max_steps)
        put_row(soup, left, tape, 0)
        put_row(soup, right, tape, length)
    return operations


@kernel
def mutate_pairs(soup, order, seed, epoch, threshold, first, last):
    """What becomes of the pairs first .. last-1 when they do not run: their bytes mutate all the same."""
    n_programs, length = soup.shape
    span = np.uint64(2 * length)
    tape = np.empty(2 * length, np.uint8)
    base = mutation_base(seed, epoch, np.uint64(n_programs), np.uint64(first), span)
    last_block = block_mutates(base, span, threshold)
    for pair in range(first, last):
        this_block, last_block = last_block, block_mutates(base + span, span, threshold)
        if this_block | last_block:
            left, right = order[2 * pair], order[2 * pair + 1]
            take_row(soup, left, tape, 0)
            take_row(soup, right, tape, length)
            mutate(tape, base, threshold)
            put_row(soup, left, tape, 0)
            put_row(soup, right, tape, length)
        base += span


@kernel(
    signature=f"int64({EXECUTE}, uint8[:, ::1], int32[::1], int64, int64[::1], uint64, uint64, uint64, int64, int64)"
)
def interact(execute, soup, order, n_meeting, tickets, seed, epoch, threshold, max_steps, n_share):
    """A thread's part of one epoch, in tickets of n_share pairs; returns its operations.

    The pairs from n_meeting on are mutated only.
    """
    n_pairs = order.size // 2
    operations = 0
    while True:
        first = take_ticket(tickets) * n_share
        if first >= n_pairs:
            return operations
        last = min(n_pairs, first + n_share)
        parting = min(max(n_meeting, first), last)
        base = mutation_base(seed, epoch, np.uint64(len(soup)), np.uint64(first), np.uint64(2 * soup.shape[1]))
        operations += interact_pairs(execute, soup, order, base, threshold, max_steps, first, parting)
        if parting < last:
            mutate_pairs(soup, order, seed, epoch, threshold, parting, last)


@kernel(
    signature=f"int64({EXECUTE}, uint8[:, ::1], int32[::1], uint64, uint64, int64[::1], uint64, uint64, uint64, int64, "
    "int64)"
)
def interact_part(execute, part, order, n_programs, first_pair, tickets, seed, epoch, threshold, max_steps, n_share):
    """A thread's part of one epoch of a part of a soup of n_programs; returns its operations.

    Pair p of the part is programs order[2p] and order[2p+1] of it, and pair first_pair + p of the soup.
    """
    n_pairs = order.size // 2
    operations = 0
    while True:
        first = take_ticket(tickets) * n_share
        if first >= n_pairs:
            return operations
        pair = first_pair + np.uint64(first)
        base = mutation_base(seed, epoch, n_programs, pair, np.uint64(2 * part.shape[1]))
        last = min(n_pairs, first + n_share)
        operations += interact_pairs(execute, part, order, base, threshold, max_steps, first, last)


@kernel(signature=f"int64({EXECUTE}, uint8[:, ::1], int64, int64[::1], int64[::1], int64)")
def execute_each(execute, tapes, max_steps, operations, tickets, n_share):
    """A thread's part of running tapes [tape byte] in place; writes the operations of each and returns their sum."""
    total = 0
    while True:
        first = take_ticket(tickets) * n_share
        if first >= len(tapes):
            return total
        for k in range(first, min(len(tapes), first + n_share)):
            operations[k] = execute(tapes[k], max_steps)
            total += operations[k]
