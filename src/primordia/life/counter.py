"""Counter-based random numbers: every draw is a pure function of the seed and of what it is for.

The stream is the one of the authors' simulator (specification 2.1), so that the same seed gives the same soup.

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
BLOCK = 32


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
def fill_soup(seed, soup):
    """Writes the initial soup [program byte]: byte i of program k is the low byte of S(L n E(0) + L k + i)."""
    flat = soup.reshape(-1)
    base = np.uint64(flat.size) * world_word(seed, np.uint64(0))
    for i in range(flat.size):
        flat[i] = np.uint8(mix(base + np.uint64(i)))


@kernel
def mutation_base(seed, epoch, n_programs, pair, tape_length):
    """The counter of byte 0 of a pair: (n E(epoch) + pair) 2L; byte i has counter base + i."""
    return (n_programs * world_word(seed, epoch) + pair) * tape_length


@kernel
def any_mutation(base, n_bytes, threshold):
    """Whether any of n_bytes bytes from counter `base` mutates; n_bytes is a multiple of BLOCK.

    Byte i mutates when bits 8..37 of r = S(base + i), as a number, are below M. Shifted left by 26 those bits lead, so
    the least of the shifted words decides for all: a loop without branches, of a fixed length, that vectorises.
    """
    least = ~np.uint64(0)
    for start in range(0, n_bytes, BLOCK):
        block = base + np.uint64(start)
        for i in range(BLOCK):
            least = min(least, mix(block + np.uint64(i)) << U26)
    return (least >> U34) < threshold


@kernel
def mutate(tape, base, threshold):
    """Replaces each mutating byte of a pair tape by the low byte of its own word."""
    for i in range(tape.size):
        word = mix(base + np.uint64(i))
        if ((word << U26) >> U34) < threshold:
            tape[i] = np.uint8(word)


@kernel
def draw_swaps(seed, epoch, swaps):
    """Writes the swap partner of every place i of the epoch's shuffle: S(E(epoch n + i)) mod (i + 1)."""
    n = swaps.size
    first = epoch * np.uint64(n)
    world = mix(seed)
    for i in range(min(n, EXACT_FROM)):
        swaps[i] = mix(mix(world ^ mix(first + np.uint64(i)))) % np.uint64(i + 1)
    for i in range(EXACT_FROM, n):
        # The quotient by way of a double is off by at most one when the divisor is above 2^12 (a double keeps 53 of
        # 64 bits), and multiplication vectorises where 64-bit division does not.
        word = mix(mix(world ^ mix(first + np.uint64(i))))
        divisor = np.int64(i + 1)
        quotient = np.uint64(np.float64(word >> U7) / np.float64(divisor) * 128.0)
        rest = np.int64(word - quotient * np.uint64(divisor))
        rest += divisor if rest < 0 else 0
        rest -= divisor if rest >= divisor else 0
        swaps[i] = rest


@kernel
def apply_swaps(swaps, order):
    """Writes the epoch's order of programs: the identity, swapped at i = n-1 .. 0 with place swaps[i]."""
    n = order.size
    for i in range(n):
        order[i] = i
    for i in range(n - 1, -1, -1):
        j = swaps[i]
        order[i], order[j] = order[j], order[i]
