"""The Forth family read byte by byte (docs/life-forth.md): slow, obvious, and the referee of the fast kernels.

Nothing here comes from the package. The functions are plain Python that Numba can compile as it stands: `compiled()`
gives the plain interpreter at the speed of a compiled language, for large comparisons.
"""

from __future__ import annotations

import functools
from types import SimpleNamespace

import numpy as np

FORTH, FORTHCOPY, FORTHTRIVIAL, FORTHTRIVIAL_RESET = range(4)
LANGUAGES = {
    "forth": FORTH,
    "forthcopy": FORTHCOPY,
    "forthtrivial": FORTHTRIVIAL,
    "forthtrivial_reset": FORTHTRIVIAL_RESET,
}


def pop(stack, marks, state, here):
    """Takes the top off: (value, where it came from); 0 from the instruction itself when the stack is empty."""
    if state[0] == 0:
        return 0, here
    state[0] -= 1
    return stack[state[0]], marks[state[0]]


def push(stack, marks, state, value, mark):
    """Puts a value on top, or notes in state[1] that there is no room left."""
    if state[0] == len(stack):
        state[1] = 1
        return
    stack[state[0]] = value & 255
    marks[state[0]] = mark
    state[0] += 1


def store(tape, origins, place, value, mark):
    """Writes a byte and where it came from."""
    tape[place] = value
    origins[place] = mark


def mix(x):
    """S(x) of docs/bff-semantics.md."""
    z = x + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def scramble(tape, origins, pc, here):
    """What a guarded byte does to the program that wanted to overwrite it: its own half becomes noise."""
    length = len(tape) // 2
    word = np.uint64(0)
    for i in range(len(tape)):
        word = mix(word ^ np.uint64(tape[i]))
    for i in range(length):
        counter = word * np.uint64(length * length) + np.uint64(length * pc + i)
        store(tape, origins, i, mix(counter) & np.uint64(255), here)


def execute(language, tape, origins, registers, max_steps):
    """Runs a tape in place, one instruction a step; returns the operations."""
    size, length = len(tape), len(tape) // 2
    stack = np.zeros(size, np.int64)
    marks = np.zeros(size, np.int64)
    state = np.zeros(2, np.int64)  # depth of the stack, whether it overflowed
    pc, operations = 0, 0
    for _ in range(max_steps):
        byte, here = int(tape[pc]), origins[pc]
        operations += 1
        move = 1
        if byte >= 0x80:
            move = (byte & 63) + 1
            if byte >= 0xC0:
                move = -move
        elif byte >= 0x40:
            push(stack, marks, state, byte & 63, here)
        elif byte == 0x04:
            v, mark = pop(stack, marks, state, here)
            push(stack, marks, state, v, mark)
            push(stack, marks, state, v, mark)
        elif byte == 0x05:
            pop(stack, marks, state, here)
        elif byte == 0x06:
            a, mark_a = pop(stack, marks, state, here)
            b, mark_b = pop(stack, marks, state, here)
            push(stack, marks, state, a, mark_a)
            push(stack, marks, state, b, mark_b)
        elif byte == 0x07:
            v, mark = pop(stack, marks, state, here)
            if v != 0:
                move = 2
            push(stack, marks, state, v, mark)
        elif byte == 0x08:
            v, mark = pop(stack, marks, state, here)
            push(stack, marks, state, v + 1, mark)
        elif byte == 0x09:
            v, mark = pop(stack, marks, state, here)
            push(stack, marks, state, v - 1, mark)
        elif byte == 0x0A:
            a, mark_a = pop(stack, marks, state, here)
            b, mark_b = pop(stack, marks, state, here)
            push(stack, marks, state, a + b, mark_a)
        elif byte == 0x0B:
            a, mark_a = pop(stack, marks, state, here)
            b, mark_b = pop(stack, marks, state, here)
            push(stack, marks, state, a - b, mark_a)
        elif language == FORTHCOPY and byte == 0x00:
            a, mark = pop(stack, marks, state, here)
            push(stack, marks, state, int(tape[a % size]), origins[a % size])
        elif language == FORTHCOPY and byte == 0x01:
            v, mark_v = pop(stack, marks, state, here)
            a, mark_a = pop(stack, marks, state, here)
            store(tape, origins, a % size, v, mark_v)
        elif language == FORTHCOPY and byte == 0x02:
            to, _ = pop(stack, marks, state, here)
            source, _ = pop(stack, marks, state, here)
            store(tape, origins, to % size, tape[source % size], origins[source % size])
        elif language == FORTHCOPY and byte == 0x03:
            v, mark = pop(stack, marks, state, here)
            push(stack, marks, state, v ^ length, mark)
        elif language != FORTHCOPY and byte == 0x00:
            a, mark = pop(stack, marks, state, here)
            push(stack, marks, state, int(tape[a % length]), origins[a % length])
        elif language != FORTHCOPY and byte == 0x01:
            a, mark = pop(stack, marks, state, here)
            push(stack, marks, state, int(tape[length + a % length]), origins[length + a % length])
        elif language != FORTHCOPY and byte == 0x02:
            v, mark_v = pop(stack, marks, state, here)
            a, mark_a = pop(stack, marks, state, here)
            store(tape, origins, a % length, v, mark_v)
        elif language != FORTHCOPY and byte == 0x03:
            v, mark_v = pop(stack, marks, state, here)
            a, mark_a = pop(stack, marks, state, here)
            if language == FORTHTRIVIAL_RESET and tape[length + a % length] == 0x13:
                scramble(tape, origins, pc, here)
            else:
                store(tape, origins, length + a % length, v, mark_v)
        elif language >= FORTHTRIVIAL and byte == 0x0C:
            a, mark = pop(stack, marks, state, here)
            a = a % length
            if language == FORTHTRIVIAL_RESET and tape[length + a] == 0x13:
                scramble(tape, origins, pc, here)
            else:
                store(tape, origins, length + a, tape[a], origins[a])
        elif language >= FORTHTRIVIAL and byte == 0x0D:
            a, mark = pop(stack, marks, state, here)
            a = a % length
            store(tape, origins, a, tape[length + a], origins[length + a])
        else:
            operations -= 1
        pc += move
        if pc < 0 or pc >= size or state[1]:
            break
    registers[0] = pc
    registers[1] = state[0]
    registers[2] = stack[state[0] - 1] if state[0] else 0
    return operations


def run(name, tape, max_steps, using=None):
    """Runs a tape in place; returns (operations, origins int64 [place], registers); `using` may be `compiled()`."""
    origins, registers = np.arange(len(tape)), np.zeros(3, np.int64)
    with np.errstate(over="ignore"):
        operations = (using or SimpleNamespace(execute=execute)).execute(
            LANGUAGES[name], tape, origins, registers, max_steps
        )
    return operations, origins, registers


@functools.cache
def compiled():
    """The same functions compiled by Numba, sharing no compiled code with the package."""
    import numba

    fast = {}
    for function in (pop, push, store, mix, scramble, execute):
        copy = type(function)(function.__code__, {**globals(), **fast}, function.__name__)
        fast[function.__name__] = numba.njit(nogil=True, error_model="numpy")(copy)
    return SimpleNamespace(**fast)
