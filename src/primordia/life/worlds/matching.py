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
def around(place, side):
    """A place that may lie beyond the ends of a closed line of `side` places, by less than its length."""
    return place + side if place < 0 else place - side if place >= side else place


@kernel(signature="void(uint64, uint64, int64, int64, int64, int64, boolean, int32[::1])")
def name_in_square(seed, epoch, width, height, rows, reach, wraps, named):
    """Writes the neighbour that each program of a lattice names: at most `rows` rows and `reach` columns away.

    Program row * width + column; its neighbours are counted row by row, left to right, itself left out.
    """
    epoch_word = world_word(seed, epoch)
    for row in range(height):
        above = rows if wraps else min(rows, row)
        below = rows if wraps else min(rows, height - 1 - row)
        for column in range(width):
            before = reach if wraps else min(reach, column)
            after = reach if wraps else min(reach, width - 1 - column)
            across = before + after + 1
            n_choices = across * (above + below + 1) - 1
            program = row * width + column
            named[program] = NOBODY
            if n_choices == 0:
                continue
            found = np.uint32(choice(seed, epoch_word, program, n_choices))
            found += np.uint32(found >= above * across + before)
            offset = np.int64(found // np.uint32(across))
            step = np.int64(found) - offset * across - before
            named[program] = around(row + offset - above, height) * width + around(column + step, width)


@kernel(signature="void(uint64, uint64, int64, int64, int64, boolean, int32[::1])")
def name_in_cross(seed, epoch, width, height, reach, wraps, named):
    """The same for places at most `reach` steps away, rows and columns counted together."""
    epoch_word = world_word(seed, epoch)
    for row in range(height):
        top = -reach if wraps else max(-reach, -row)
        bottom = reach if wraps else min(reach, height - 1 - row)
        for column in range(width):
            n_choices = -1
            for offset in range(top, bottom + 1):
                half = reach - abs(offset)
                n_choices += 2 * half + 1 if wraps else min(half, width - 1 - column) + min(half, column) + 1
            program = row * width + column
            named[program] = NOBODY
            if n_choices == 0:
                continue
            left = choice(seed, epoch_word, program, n_choices)
            for offset in range(top, bottom + 1):
                half = reach - abs(offset)
                before = half if wraps else min(half, column)
                after = half if wraps else min(half, width - 1 - column)
                n_here = before + after + (offset != 0)
                if left < n_here:
                    step = left - before
                    step += offset == 0 and step >= 0
                    named[program] = around(row + offset, height) * width + around(column + step, width)
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
