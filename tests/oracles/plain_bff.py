"""The BFF family read byte by byte (docs/bff-semantics.md): slow, obvious, and the referee of the fast kernels.

Nothing here comes from the package. The functions are plain Python that Numba can compile as it stands: `compiled()`
gives the plain interpreter at the speed of a compiled language, for large comparisons and for the benchmark.
"""

from __future__ import annotations

import functools
from types import SimpleNamespace

import numpy as np

STEPS = ("<", ">", "{", "}", "-", "+", ".", ",", "[", "]")
ASCII = {glyph: ord(glyph) for glyph in STEPS}
PERM = {glyph: byte for byte, glyph in enumerate("<>{}+-.,[]", start=1)}
NIBBLE = {glyph: byte for byte, glyph in enumerate("[]+-.,<>{}", start=6)}
SELFMOVE = {glyph: byte for byte, glyph in enumerate("><+-,[]")}
# name -> instruction bytes, low bits that count, heads start on the tape, fixed jumps, the comma moves head1
LANGUAGES = {
    "bff": (ASCII, 0xFF, True, False, False),
    "bff_noheads": (ASCII, 0xFF, False, False, False),
    "bff8": (ASCII, 0xFF, True, True, False),
    "bff8_noheads": (ASCII, 0xFF, False, True, False),
    "bff_noheads_4bit": (NIBBLE, 0x0F, False, False, False),
    "bff_perm": (PERM, 0xFF, True, False, False),
    "bff_selfmove": (SELFMOVE, 0xFF, True, False, True),
}


def rules(name):
    """(step of each byte [256], bits that count, heads on tape, fixed jumps, comma moves): what `execute` is told."""
    bytes_of, bits, heads, fixed, moves = LANGUAGES[name]
    step_of = np.full(256, -1, np.int8)
    for byte in range(256):
        for number, glyph in enumerate(STEPS):
            if bytes_of.get(glyph) == byte & bits:
                step_of[byte] = number
    return step_of, bits, heads, fixed, moves


def execute(tape, max_steps, step_of, bits, heads, fixed, moves, origins=None, registers=None):
    """Runs a tape in place, one byte a step; returns the operations.

    On request a copy also copies the entry of `origins`, and pointer, head0, head1 end up in `registers`: the pointer
    of a run that stops at a bracket stays there, that of one that leaves the tape is the tape's size.
    """
    size = len(tape)  # a power of two, so that "modulo size" is "and size - 1"
    pc, head0, head1, operations = 0, 0, 0, 0
    if heads:
        pc, head0, head1 = 2, int(tape[0]), int(tape[1])
    stood = pc
    for _ in range(max_steps):
        head0, head1 = head0 & (size - 1), head1 & (size - 1)
        stood = pc
        step = step_of[tape[pc]]
        operations += step >= 0
        if step == 0:
            head0 -= 1
        elif step == 1:
            head0 += 1
        elif step == 2:
            head1 -= 1
        elif step == 3:
            head1 += 1
        elif step == 4:
            tape[head0] = (int(tape[head0]) + 255) & 255
        elif step == 5:
            tape[head0] = (int(tape[head0]) + 1) & 255
        elif step == 6:
            tape[head1] = tape[head0]
            if origins is not None:
                origins[head1] = origins[head0]
        elif step == 7:
            tape[head0] = tape[head1]
            if origins is not None:
                origins[head0] = origins[head1]
            head1 += moves
        elif step == 8 and tape[head0] & bits == 0:
            pc = pc + 8 if fixed else partner(tape, step_of, pc, 1)
            if pc < 0:
                break
        elif step == 9 and tape[head0] & bits != 0:
            pc = pc - 8 if fixed else partner(tape, step_of, pc, -1)
            if pc < 0:
                break
        pc += 1
        if pc >= size:
            break
    if registers is not None:
        registers[0] = stood if pc < 0 else min(pc, size)
        registers[1], registers[2] = head0 & (size - 1), head1 & (size - 1)
    return operations


def partner(tape, step_of, place, direction):
    """The place of the matching bracket in a direction; a negative one, which stops the run, if there is none."""
    depth = 0
    while 0 <= place < len(tape):
        if step_of[tape[place]] == 8:
            depth += 1
        elif step_of[tape[place]] == 9:
            depth -= 1
        if depth == 0:
            return place
        place += direction
    return -2


def mix(x):
    """S(x) of docs/bff-semantics.md."""
    z = x + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def word(seed, x):
    """E(x) of docs/bff-semantics.md, for unsigned 64-bit seed and x."""
    return mix(mix(seed) ^ mix(x))


def shuffled(seed, epoch, n):
    """The order of n programs in an epoch."""
    order = np.arange(n)
    for i in range(n - 1, -1, -1):
        j = np.int64(mix(word(seed, epoch * np.uint64(n) + np.uint64(i))) % np.uint64(i + 1))
        order[i], order[j] = order[j], order[i]
    return order


def interact(soup, order, seed, epoch, threshold, max_steps, step_of, bits, heads, fixed, moves, first, last):
    """One epoch's pairs first .. last-1 on a soup [program byte] in place; returns the operations."""
    n, length = soup.shape
    epoch_word = word(seed, epoch)
    tape = np.empty(2 * length, np.uint8)
    operations = 0
    for pair in range(first, last):
        left, right = order[2 * pair], order[2 * pair + 1]
        for i in range(length):
            tape[i] = soup[left, i]
            tape[length + i] = soup[right, i]
        first_counter = (np.uint64(n) * epoch_word + np.uint64(pair)) * np.uint64(2 * length)
        for i in range(2 * length):
            draw = mix(first_counter + np.uint64(i))
            if (draw >> np.uint64(8)) & np.uint64(2**30 - 1) < threshold:
                tape[i] = draw & np.uint64(255)
        operations += execute(tape, max_steps, step_of, bits, heads, fixed, moves)
        for i in range(length):
            soup[left, i] = tape[i]
            soup[right, i] = tape[length + i]
    return operations


def run_epoch(name, soup, seed, epoch, threshold=1 << 18, max_steps=8192, using=None):
    """One epoch in place; `using` is this module by default, or `compiled()`."""
    using = using or SimpleNamespace(shuffled=shuffled, interact=interact)
    seed, epoch = np.uint64(seed), np.uint64(epoch)
    with np.errstate(over="ignore"):
        order = using.shuffled(seed, epoch, len(soup))
        given = soup, order, seed, epoch, np.uint64(threshold), max_steps, *rules(name)
        return using.interact(*given, 0, len(soup) // 2)


@functools.cache
def compiled():
    """The same functions compiled by Numba, sharing no compiled code with the package."""
    import numba

    fast = {}
    for function in (mix, word, partner, execute, shuffled, interact):
        copy = type(function)(function.__code__, {**globals(), **fast}, function.__name__, function.__defaults__)
        fast[function.__name__] = numba.njit(nogil=True, error_model="numpy")(copy)
    return SimpleNamespace(**fast)
