"""The kernels that let a soup interact and carry the tokens of its bytes along (docs/tokens.md).

They go through the same pairs in the same way as `primordia.life.interact`, and call a substrate's `follow` where that
one calls its `execute`. In most meetings of a young soup no byte moves; those cost the tokens nothing.
"""

from __future__ import annotations

import numpy as np

from primordia.life.compile import kernel
from primordia.life.counter import U26, U34, block_mutates, mix, mutate, mutation_base
from primordia.life.primitives import fetch_ahead, put_row, take_row, take_ticket

AHEAD = 8
FOLLOW = "FunctionType(int64(uint8[::1], uint16[::1], int64[::1], int64))"
EPOCH_SHIFT = np.uint64(32)


@kernel
def renew(tokens, left, right, base, epoch, threshold):
    """Gives every byte of a pair that mutates in an epoch (0-based) its new token: (epoch + 1, place in the soup)."""
    length = tokens.shape[1]
    for i in range(2 * length):
        if ((mix(base + np.uint64(i)) << U26) >> U34) < threshold:
            program, place = (left, i) if i < length else (right, i - length)
            entered = np.uint64(program) * np.uint64(length) + np.uint64(place)
            tokens[program, place] = (epoch + np.uint64(1)) << EPOCH_SHIFT | entered


@kernel
def carry(tokens, left, right, origins, held):
    """Moves the tokens of a pair to where its bytes went; `held` is room for both programs' tokens."""
    length = tokens.shape[1]
    held[:length] = tokens[left]
    held[length:] = tokens[right]
    for i in range(length):
        tokens[left, i] = held[origins[i]]
    for i in range(length):
        tokens[right, i] = held[origins[length + i]]


@kernel
def moved(origins):
    """Whether any byte is from somewhere else."""
    difference = np.uint16(0)
    for i in range(origins.size):
        difference |= origins[i] ^ np.uint16(i)
    return difference != 0


@kernel
def follow_pairs(follow, n_registers, soup, tokens, order, n_meeting, seed, epoch, threshold, max_steps, first, last):
    """The interactions of the pairs first .. last-1, in place on soup and tokens [program byte]; returns operations.

    The pairs from n_meeting on are mutated only.
    """
    n_programs, length = soup.shape
    span = np.uint64(2 * length)
    tape, held = np.empty(2 * length, np.uint8), np.empty(2 * length, np.uint64)
    origins, registers = np.arange(2 * length).astype(np.uint16), np.empty(n_registers, np.int64)
    base = mutation_base(seed, epoch, np.uint64(n_programs), np.uint64(first), span)
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
            renew(tokens, left, right, base, epoch, threshold)
        base += span
        if pair < n_meeting:
            operations += follow(tape, origins, registers, max_steps)
        put_row(soup, left, tape, 0)
        put_row(soup, right, tape, length)
        if moved(origins):
            carry(tokens, left, right, origins, held)
            for i in range(origins.size):
                origins[i] = i
    return operations


@kernel(
    signature=f"int64({FOLLOW}, int64, uint8[:, ::1], uint64[:, ::1], int32[::1], int64, int64[::1], "
    "uint64, uint64, uint64, int64, int64)"
)
def follow_all(
    follow, n_registers, soup, tokens, order, n_meeting, tickets, seed, epoch, threshold, max_steps, n_share
):
    """A thread's part of one epoch, in tickets of n_share pairs; returns its operations."""
    n_pairs = order.size // 2
    operations = 0
    while True:
        first = take_ticket(tickets) * n_share
        if first >= n_pairs:
            return operations
        operations += follow_pairs(
            follow,
            n_registers,
            soup,
            tokens,
            order,
            n_meeting,
            seed,
            epoch,
            threshold,
            max_steps,
            first,
            min(n_pairs, first + n_share),
        )
