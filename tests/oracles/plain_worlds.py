"""Who meets whom, in plain Python (docs/worlds.md): slow, obvious, and the referee of the kernels in life/worlds.

Nothing here comes from the package. Every function returns the order of an epoch as a list of programs and the number
of pairs that are executed.
"""

from __future__ import annotations

ALL = 2**64 - 1


def mix(x):
    z = (x + 0x9E3779B97F4A7C15) & ALL
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & ALL
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & ALL
    return z ^ (z >> 31)


def word(seed, x):
    return mix(mix(seed) ^ mix(x & ALL))


def shuffled(seed, epoch, n):
    order = list(range(n))
    for i in reversed(range(n)):
        j = mix(word(seed, epoch * n + i)) % (i + 1)
        order[i], order[j] = order[j], order[i]
    return order


def mixed(seed, epoch, n):
    return shuffled(seed, epoch, n), n // 2


def cyclic(seed, epoch, n):
    order = list(range(n))
    return (order if epoch % 2 else order[-1:] + order[:-1]), n // 2


def fixed(seed, epoch, n):
    factor = 2 ** (epoch % (n.bit_length() - 1) + 1) - 1
    return [(i * factor % n) ^ (epoch % 2) for i in range(n)], n // 2


def neighbours(seed, epoch, lists):
    """`lists`: the neighbours of each program, in order."""
    n = len(lists)
    order, taken = [], set()
    for i in shuffled(seed, epoch, n):
        if not lists[i]:
            continue
        partner = lists[i][word(seed, word(seed, epoch) ^ word(seed, i)) % len(lists[i])]
        if i not in taken and partner not in taken:
            order += [i, partner]
            taken |= {i, partner}
    return order + [i for i in range(n) if i not in taken], len(order) // 2


def grid_lists(width, height, radius, cross=False, wraps=False):
    """Neighbours of every cell by looking at all offsets, rows first."""
    offsets = range(-radius, radius + 1)
    lists = []
    for row in range(height):
        for column in range(width):
            near = []
            for dy in offsets:
                for dx in offsets:
                    y, x = row + dy, column + dx
                    inside = wraps or (0 <= y < height and 0 <= x < width)
                    if (dy, dx) != (0, 0) and inside and not (cross and abs(dy) + abs(dx) > radius):
                        near.append(y % height * width + x % width)
            lists.append(near)
    return lists


def ring_lists(n, radius):
    return [[(i + d) % n for d in range(-radius, radius + 1) if d] for i in range(n)]


def islands(seed, epoch, n, n_islands, migration_rate):
    size = n // n_islands
    seats = list(range(n))
    for i in range(n) if n_islands > 1 else ():
        if word(seed, word(seed, epoch) ^ word(seed, i)) % 2**30 < round(migration_rate * 2**30):
            other = (i + size) % n
            seats[i], seats[other] = seats[other], seats[i]
    order = []
    for start in range(0, n, size):
        here = seats[start : start + size]
        for i in reversed(range(size)):
            j = mix(word(seed, epoch * n + start + i)) % (i + 1)
            here[i], here[j] = here[j], here[i]
        order += here
    return order, n // 2


def rationed(seed, epoch, meetings, interaction_rate):
    order, n_meeting = meetings
    n = len(order)
    pairs = [order[2 * p : 2 * p + 2] for p in range(n // 2)]
    drawn = [word(seed, word(seed, epoch) ^ word(seed, n + p)) % 2**30 for p in range(n // 2)]
    runs = [p < n_meeting and drawn[p] < round(interaction_rate * 2**30) for p in range(n // 2)]
    chosen = [program for p in range(n // 2) if runs[p] for program in pairs[p]]
    return chosen + [program for p in range(n // 2) if not runs[p] for program in pairs[p]], sum(runs)
