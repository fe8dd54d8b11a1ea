"""The kernels that let a soup interact and carry the tokens of its bytes along (docs/tokens.md).

They go through the same pairs in the same way as `primordia.life.interact`, and call a substrate's `follow` where that
one calls its `execute`. In most meetings of a young soup no byte moves; those cost the tokens nothing. Origins count
modulo the pair tape, so that the `follow` of somebody else's language reaches no memory but the pair's.
"""

from __future__ import annotations

import numpy as np

from primordia.life.compile import kernel
from primordia.life.counter import U26, U34, block_mutates, mix, mutate, mutation_base
from primordia.life.primitives import fetch_ahead, put_row, take_row, take_ticket

AHEAD = 8
FOLLOW = "FunctionType(int64(uint8[::1], uint16[::1], int64[::1], int64))"
EPOCH_SHIFT = np.uint64(32)
# Tokens in a line of the processor's cache.
LINE = 8
# Of a pair in which no more bytes than these moved, the moves wait until there are more than WAITING of them: the pairs
# of an epoch share no program, so the order in which their tokens move does not matter.
FEW = 16
WAITING = 1024


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
def n_moved(origins):
    """How many bytes of a tape are from somewhere else."""
    n = 0
    for i in range(origins.size):
        n += origins[i] != i
    return n


@kernel
def note_moves(origins, left, right, length, sources, targets, n):
    """Puts the places in the soup that the moved bytes of a pair are from, and those they are at, behind n others."""
    for i in range(2 * length):
        source = np.int64(origins[i]) & (2 * length - 1)
        if source != i:
            sources[n] = left * length + source if source < length else right * length + source - length
            targets[n] = left * length + i if i < length else right * length + i - length
            n += 1
    return n


@kernel
def carry_noted(tokens, sources, targets, held, n):
    """Moves the tokens, flat, of n noted places at once: many waits for the memory become one."""
    for k in range(n):
        held[k] = tokens[sources[k]]
    for k in range(n):
        tokens[targets[k]] = held[k]


@kernel
def carry_pair(tokens, left, right, length, origins, held):
    """Moves the tokens, flat, of a pair many of whose bytes moved; `held` is room for those of both programs."""
    left, right, wrap = left * length, right * length, np.uint16(2 * length - 1)
    for i in range(length):
        held[i] = tokens[left + i]
        held[length + i] = tokens[right + i]
    from_left, from_right = np.uint16(0), np.uint16(0)
    for i in range(length):
        from_left |= origins[i] ^ np.uint16(i)
        from_right |= origins[length + i] ^ np.uint16(length + i)
    if from_left != 0:
        for i in range(length):
            tokens[left + i] = held[origins[i] & wrap]
    if from_right != 0:
        for i in range(length):
            tokens[right + i] = held[origins[length + i] & wrap]


@kernel
def follow_pairs(follow, n_registers, soup, tokens, order, n_meeting, seed, epoch, threshold, max_steps, first, last):
    """The interactions of the pairs first .. last-1, in place on soup and tokens [program byte]; returns operations.

    The pairs from n_meeting on are mutated only.
    """
    n_programs, length = soup.shape
    span = np.uint64(2 * length)
    flat, lines, n_lines = tokens.reshape(-1), tokens.reshape(-1, LINE), length // LINE
    tape, registers = np.empty(2 * length, np.uint8), np.empty(n_registers, np.int64)
    origins = np.arange(2 * length).astype(np.uint16)
    sources, targets = np.empty((2, WAITING + FEW), np.int64)
    held = np.empty(max(2 * length, WAITING + FEW), np.uint64)
    base = mutation_base(seed, epoch, np.uint64(n_programs), np.uint64(first), span)
    next_block = block_mutates(base, span, threshold)
    operations, n_noted, many = 0, 0, False
    for pair in range(first, last):
        left, right = np.int64(order[2 * pair]), np.int64(order[2 * pair + 1])
        if pair + AHEAD < last:
            fetch_ahead(soup, order[2 * (pair + AHEAD)])
            fetch_ahead(soup, order[2 * (pair + AHEAD) + 1])
        if many and pair + 1 < last:
            for k in range(n_lines):
                fetch_ahead(lines, order[2 * pair + 2] * n_lines + k)
                fetch_ahead(lines, order[2 * pair + 3] * n_lines + k)
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
        moved = n_moved(origins)
        many = moved > FEW
        if many:
            carry_pair(flat, left, right, length, origins, held)
        elif moved:
            n_noted = note_moves(origins, left, right, length, sources, targets, n_noted)
            if n_noted > WAITING:
                carry_noted(flat, sources, targets, held, n_noted)
                n_noted = 0
        if moved:
            for i in range(origins.size):
                origins[i] = i
    carry_noted(flat, sources, targets, held, n_noted)
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
