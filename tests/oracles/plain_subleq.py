"""The SUBLEQ languages read step by step (docs/life-subleq.md): slow, obvious, and the referee of the fast kernels.

Nothing here comes from the package. Lists of Python's own whole numbers; no shortcut.
"""

from __future__ import annotations


def signed(byte):
    """The byte as a number from -128 to 127."""
    return (byte + 128) % 256 - 128


def subleq(tape, pointer, origins):
    """One instruction of three bytes; returns the next pointer."""
    a = tape[pointer] % len(tape)
    b = tape[pointer + 1] % len(tape)
    tape[a] = (tape[a] - tape[b]) % 256
    return tape[pointer + 2] if signed(tape[a]) <= 0 else pointer + 3


def rsubleq4(tape, pointer, origins):
    """One instruction of four bytes; returns the next pointer."""
    a, b, c = ((pointer + signed(tape[pointer + k])) % len(tape) for k in range(3))
    tape[a] = (tape[b] - tape[c]) % 256
    origins[a] = origins[b]
    return pointer + signed(tape[pointer + 3]) if signed(tape[a]) <= 0 else pointer + 4


RULES = {"subleq": (subleq, 3), "rsubleq4": (rsubleq4, 4)}


def run(name, tape, max_steps):
    """Runs a tape (bytes); returns the final tape, where each byte came from, the pointer and the operations."""
    step, width = RULES[name]
    tape, origins = list(tape), list(range(len(tape)))
    pointer = operations = 0
    while operations < max_steps and 0 <= pointer <= len(tape) - width:
        pointer = step(tape, pointer, origins)
        operations += 1
    return bytes(tape), origins, pointer, operations
