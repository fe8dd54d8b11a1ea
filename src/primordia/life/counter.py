"""Counter-based random numbers: every draw is a pure function of the seed and of what it is for.

The stream is that of the authors' simulator (docs/bff-semantics.md, section 1): the same seed gives the same soup.

Symbols: S(x) is the output of SplitMix64 for counter x; E(x) = S(S(seed) xor S(x)) is the word of counter x in the
world of one seed. All arithmetic is on unsigned 64-bit integers and wraps around.
"""

from __future__ import annotations

import numpy as np

from primordia.life.compile import kernel

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FACTOR_1 = np.uint64(0xBF58476D1CE4E5B9)
FACTOR_2 = np.uint64(0x94D049BB133111EB)
U7, U26, U27, U30, U31, U34 = (np.uint64(k) for k in (7, 26, 27, 30, 31, 34))
EXACT_FROM = 1 << 13
FULL_TAPE = 128
SHARE = 16


@kernel
def mix(x):
    """S(x): one SplitMix64 output."""
    z = x + GOLDEN
    z = (z ^ (z >> U30)) * FACTOR_1
    z = (z ^ (z >> U27)) * FACTOR_2
    return z ^ (z >> U31)


@kernel
def world_word(seed, x):
    """E(x) = S(S(seed) xor S(x)): the word of counter x in the world of this seed."""
    return mix(mix(seed) ^ mix(x))


@kernel
def fill_soup(seed, index, soup):
    """Writes random bytes [program byte]: byte i of program k is the low byte of S(L n E(index) + L k + i).

    Index 0 is the initial soup; the others are those of fresh starts.
    """
    fill_part(seed, index, np.uint64(len(soup)), np.uint64(0), soup)


@kernel
def fill_part(seed, index, n_programs, first, part):
    """Writes the random bytes of the programs from number `first` on of a soup of n_programs: [program byte]."""
    flat = part.reshape(-1)
    base = (n_programs * world_word(seed, index) + first) * np.uint64(part.shape[1])
    for i in range(flat.size):
        flat[i] = np.uint8(mix(base + np.uint64(i)))


@kernel(forceinline=True)
def mutation_base(seed, epoch, n_programs, pair, tape_length):
    """The counter of byte 0 of a pair: (n E(epoch) + pair) 2L; byte i has counter base + i."""
    return (n_programs * world_word(seed, epoch) + pair) * tape_length


@kernel(forceinline=True)
def _least(product, n_words):
    """The least of the words S(x), shifted left by 26, whose first products are product + k FACTOR_1."""
    least = ~np.uint64(0)
    for k in range(n_words):
        z = product + np.uint64(k) * FACTOR_1
        z = (z ^ (z >> U27)) * FACTOR_2
        least = min(least, (z ^ (z >> U31)) << U26)
    return least


@kernel(forceinline=True)
def block_mutates(base, tape_length, threshold):
    """Whether any byte of an aligned block of counters mutates: the block of base + GOLDEN, tape_length counters long.

    Byte i mutates when bits 8..37 of r = S(base + i), as a number, are below M. Shifted left by 26 those bits lead, so
    the least of the shifted words decides for all. Within an aligned block of z = x + GOLDEN the word z >> 30 does not
    change, so z xor (z >> 30) runs through `origin` + 0, 1, 2 ... in some order, and its products by FACTOR_1 through
    an arithmetic series: one addition in place of the first round of S. Two blocks cover the bytes of a pair.
    """
    inside = tape_length - np.uint64(1)
    block = (base + GOLDEN) & ~inside
    origin = block ^ ((block >> U30) & ~inside)
    product = origin * FACTOR_1
    # A loop whose length the compiler knows takes a fifth less time.
    least = _least(product, FULL_TAPE) if tape_length == FULL_TAPE else _least(product, tape_length)
    return (least >> U34) < threshold


@kernel
def mutate(tape, base, threshold):
    """Replaces each mutating byte of a pair tape by the low byte of its own word."""
    for start in range(0, tape.size, SHARE):
        least = ~np.uint64(0)
        for i in range(SHARE):
            least = min(least, mix(base + np.uint64(start + i)) << U26)
        if (least >> U34) < threshold:
            for i in range(start, start + SHARE):
                word = mix(base + np.uint64(i))
                if ((word << U26) >> U34) < threshold:
                    tape[i] = np.uint8(word)


@kernel
def draw_swaps(seed, epoch, swaps):
    """Writes the swap partner of every place i of the epoch's shuffle: S(E(epoch n + i)) mod (i + 1)."""
    draw_swaps_from(seed, epoch * np.uint64(swaps.size), 0, swaps)


@kernel
def draw_swaps_from(seed, counter, place, swaps):
    """The same for the places from `place` on, whose words begin with that of `counter`: S(E(counter + k)) mod (i + 1).

    k counts from 0 and i = place + k.
    """
    n = swaps.size
    world = mix(seed)
    n_exact = min(n, max(0, EXACT_FROM - place))
    for k in range(n_exact):
        swaps[k] = mix(mix(world ^ mix(counter + np.uint64(k)))) % np.uint64(place + k + 1)
    for k in range(n_exact, n):
        # The quotient by way of a double is off by at most one when the divisor is above 2^12 (a double keeps 53 of
        # 64 bits), and multiplication vectorises where 64-bit division does not.
        word = mix(mix(world ^ mix(counter + np.uint64(k))))
        divisor = np.int64(place + k + 1)
        quotient = np.uint64(np.float64(word >> U7) / np.float64(divisor) * 128.0)
        rest = np.int64(word - quotient * np.uint64(divisor))
        rest += divisor if rest < 0 else 0
        rest -= divisor if rest >= divisor else 0
        swaps[k] = rest


@kernel
def apply_swaps(swaps, order):
    """Writes the epoch's order of programs: the identity, swapped at i = n-1 .. 0 with place swaps[i]."""
    n = order.size
    for i in range(n):
        order[i] = i
    for i in range(n - 1, -1, -1):
        j = swaps[i]
        order[i], order[j] = order[j], order[i]
