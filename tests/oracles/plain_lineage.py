"""The past of a soup written down while it happens: slow, obvious, and the referee of what replay finds out afterwards.

Every byte carries a token all the way: ("start", place, offset) or ("mutation", epoch, place, offset). Nothing here
comes from the package.
"""

from __future__ import annotations

import numpy as np

from oracles import plain_bff

MASK = (1 << 64) - 1


def mix(x):
    z = (x + 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def word(seed, x):
    return mix(mix(seed) ^ mix(x))


def shuffled(seed, epoch, n):
    order = list(range(n))
    for i in range(n - 1, -1, -1):
        j = mix(word(seed, epoch * n + i)) % (i + 1)
        order[i], order[j] = order[j], order[i]
    return order


def first_soup(seed, n, length):
    base = n * length * word(seed, 0)
    return [[mix((base + length * k + i) & MASK) & 255 for i in range(length)] for k in range(n)]


def drawn(seed, epoch, pair, n, length, threshold):
    """The mutations of a pair: place on the tape -> byte."""
    base = (n * word(seed, epoch) + pair) * 2 * length
    words = {i: mix((base + i) & MASK) for i in range(2 * length)}
    return {i: w & 255 for i, w in words.items() if (w >> 8) & (2**30 - 1) < threshold}


def chronicle(language, *, seed, n, length, threshold, max_steps, n_epochs, without=()):
    """Every soup of a run and the tokens of its bytes, lists [t][place][offset]; and the parents [t][place].

    `without` holds what is left out: (epoch, pair, place on the tape) for a mutation, (epoch, pair, None) for the
    execution of a pair. A parent is the program that gave most of the bytes, itself at a tie.
    """
    step_of, *rest = plain_bff.rules(language)
    rules = (step_of.tolist(), *rest)
    soup = first_soup(seed, n, length)
    tokens = [[("start", k, i) for i in range(length)] for k in range(n)]
    soups, all_tokens, parents = [soup], [tokens], [list(range(n))]
    for epoch in range(n_epochs):
        soup, tokens, born_of = [list(row) for row in soup], [list(row) for row in tokens], list(range(n))
        order = shuffled(seed, epoch, n)
        for pair in range(n // 2):
            places = order[2 * pair], order[2 * pair + 1]
            tape = bytearray(soup[places[0]] + soup[places[1]])
            carried = tokens[places[0]] + tokens[places[1]]
            for i, byte in drawn(seed, epoch, pair, n, length, threshold).items():
                if (epoch, pair, i) in without or tape[i] == byte:
                    continue
                tape[i] = byte
                carried[i] = ("mutation", epoch, places[i // length], i % length)
            origins = list(range(2 * length))
            if (epoch, pair, None) not in without:
                plain_bff.execute(tape, max_steps, *rules, origins)
            for half, place in enumerate(places):
                part = slice(half * length, (half + 1) * length)
                soup[place] = list(tape[part])
                tokens[place] = [carried[origin] for origin in origins[part]]
                from_first = sum(origin < length for origin in origins[part])
                if 2 * from_first != length:
                    born_of[place] = places[0] if 2 * from_first > length else places[1]
        soups.append(soup)
        all_tokens.append(tokens)
        parents.append(born_of)
    return np.array(soups, np.uint8), all_tokens, parents
