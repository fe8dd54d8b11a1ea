"""The kernels of worlds with neighbours: every program names one, then programs are matched in random order.

The rule is that of the authors' interaction patterns (docs/worlds.md): the same seed and the same lists of neighbours
give the same pairs.
"""

from __future__ import annotations

import numpy as np

from primordia.life.compile import kernel
from primordia.life.counter import world_word

NOBODY = -1


@kernel(forceinline=True, allocates=False)
def choice(seed, epoch_word, program, n_choices):
    """Which of its neighbours a program names: E(E(epoch) xor E(program)) mod their number."""
    return np.int64(world_word(seed, epoch_word ^ world_word(seed, np.uint64(program))) % np.uint64(n_choices))


@kernel(signature="void(uint64, uint64, int64[::1], int32[::1], int32[::1])")
def name_listed(seed, epoch, starts, partners, named):
    """Writes the neighbour that each program names; those of program i are partners[starts[i] : starts[i + 1]]."""
    epoch_word = world_word(seed, epoch)
    for i in range(named.size):
        n_choices = starts[i + 1] - starts[i]
        named[i] = partners[starts[i] + choice(seed, epoch_word, i, n_choices)] if n_choices else NOBODY


@kernel(forceinline=True, allocates=False)
def span_of_row(row, column, offset, width, height, reach, cross, wraps):
    """Columns of the row `offset` away that are in reach, as (first offset, number); bounded grids are clipped."""
    half = reach - abs(offset) if cross else reach
    if wraps:
        return -half, 2 * half + 1
    if row + offset < 0 or row + offset >= height:
        return 0, 0
    first = max(-half, -column)
    return first, min(half, width - 1 - column) - first + 1


@kernel(signature="void(uint64, uint64, int64, int64, int64, int64, boolean, boolean, int32[::1])")
def name_near(seed, epoch, width, height, rows, reach, cross, wraps, named):
    """Writes the neighbour that each program of a lattice names: up to `rows` rows and `reach` columns away.

    Program row * width + column; its neighbours are counted row by row, left to right, itself left out.
    """
    epoch_word = world_word(seed, epoch)
    for i in range(named.size):
        row, column = i // width, i % width
        n_choices = -1
        for offset in range(-rows, rows + 1):
            n_choices += span_of_row(row, column, offset, width, height, reach, cross, wraps)[1]
        named[i] = NOBODY
        if n_choices == 0:
            continue
        left = choice(seed, epoch_word, i, n_choices)
        for offset in range(-rows, rows + 1):
            first, n_here = span_of_row(row, column, offset, width, height, reach, cross, wraps)
            if offset == 0:
                n_here -= 1
            if left < n_here:
                step = first + left
                if offset == 0 and step >= 0:
                    step += 1
                named[i] = (row + offset + height) % height * width + (column + step + width) % width
                break
            left -= n_here


@kernel(signature="int64(int32[::1], int32[::1], int32[::1])")
def match(visits, named, order):
    """Writes the order of an epoch and returns how many pairs meet.

    Programs are visited as `visits` says. One that names a neighbour is paired with it unless either is taken. Those
    left over follow in rising order; they are mutated only.
    """
    taken = np.zeros(order.size, np.bool_)
    n_placed = 0
    for i in visits:
        partner = named[i]
        if partner == NOBODY or taken[i] or taken[partner]:
            continue
        taken[i] = taken[partner] = True
        order[n_placed] = i
        order[n_placed + 1] = partner
        n_placed += 2
    n_meeting = n_placed // 2
    for i in range(order.size):
        if not taken[i]:
            order[n_placed] = i
            n_placed += 1
    return n_meeting
