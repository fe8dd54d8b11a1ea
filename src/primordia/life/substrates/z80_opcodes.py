"""The Z80's opcodes, sorted into kinds by their fields.

An opcode is read as x (bits 7-6), y (5-3) and z (2-0), with p (5-4) for register pairs: most kinds follow from x and z
alone, and y says which register, operation, bit or condition is meant.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Kinds that touch no memory operand come first, then those of the memory operand (HL), (IX+d) or (IY+d).
(NO_OPERATION, COPY, IMMEDIATE, STEP, ARITHMETIC, ARITHMETIC_IMMEDIATE) = range(6)
(COPY_IN, COPY_OUT, IMMEDIATE_OUT, STEP_MEMORY, ARITHMETIC_MEMORY) = range(6, 11)
(PAIR_IMMEDIATE, PAIR_ADD, PAIR_STEP, PUSH, POP) = range(11, 16)
(A_TO_PAIR, A_FROM_PAIR, PAIR_OUT, PAIR_IN, A_OUT, A_IN) = range(16, 22)
(JUMP_NEAR, JUMP_NEAR_IF, COUNT_JUMP, JUMP, JUMP_IF, JUMP_PAIR) = range(22, 28)
(CALL, CALL_IF, RETURN, RETURN_IF, RESTART) = range(28, 33)
(ROTATE_A, ADJUST, COMPLEMENT, SET_CARRY, INVERT_CARRY) = range(33, 38)
(SWAP_AF, SWAP_ALL, SWAP_DE_HL, SWAP_TOP, PAIR_TO_SP) = range(38, 43)
(PORT_OUT, PORT_IN, NO_INTERRUPTS, INTERRUPTS, STOP, BITS, EXTENDED, PREFIX) = range(43, 51)

MEMORY = 6
"""The register number that means the memory operand."""

_TURNS = (ROTATE_A, ROTATE_A, ROTATE_A, ROTATE_A, ADJUST, COMPLEMENT, SET_CARRY, INVERT_CARRY)
_NEAR = (NO_OPERATION, SWAP_AF, COUNT_JUMP, JUMP_NEAR, *(JUMP_NEAR_IF,) * 4)
_INDIRECT = (A_TO_PAIR, A_FROM_PAIR, A_TO_PAIR, A_FROM_PAIR, PAIR_OUT, PAIR_IN, A_OUT, A_IN)
_MIXED = (JUMP, BITS, PORT_OUT, PORT_IN, SWAP_TOP, SWAP_DE_HL, NO_INTERRUPTS, INTERRUPTS)
_OFF_STACK = (RETURN, SWAP_ALL, JUMP_PAIR, PAIR_TO_SP)
_CALLS = (CALL, PREFIX, EXTENDED, PREFIX)


def kind(opcode: int) -> int:
    """What an opcode without prefix does."""
    x, y, z = opcode >> 6, opcode >> 3 & 7, opcode & 7
    odd, memory = y & 1, y == MEMORY
    if x == 0:
        pairs = (PAIR_ADD if odd else PAIR_IMMEDIATE, _INDIRECT[y], PAIR_STEP)
        step = STEP_MEMORY if memory else STEP
        return (_NEAR[y], *pairs, step, step, IMMEDIATE_OUT if memory else IMMEDIATE, _TURNS[y])[z]
    if x == 1:
        if z == MEMORY:
            return STOP if memory else COPY_IN
        return COPY_OUT if memory else COPY
    if x == 2:
        return ARITHMETIC_MEMORY if z == MEMORY else ARITHMETIC
    off = _OFF_STACK[y >> 1] if odd else POP
    on = _CALLS[y >> 1] if odd else PUSH
    return (RETURN_IF, off, JUMP_IF, _MIXED[y], CALL_IF, on, ARITHMETIC_IMMEDIATE, RESTART)[z]


KIND: NDArray[np.uint8] = np.array([kind(opcode) for opcode in range(256)], np.uint8)

_CLASSES = {
    "loop": (STOP, *range(JUMP_NEAR, RESTART + 1)),
    "head0": (PAIR_IMMEDIATE, PAIR_ADD, PAIR_STEP, PAIR_TO_SP, SWAP_DE_HL, SWAP_ALL),
    "head1": (COPY_IN, POP, A_FROM_PAIR, PAIR_IN, A_IN, ARITHMETIC_MEMORY),
    "write": (COPY_OUT, IMMEDIATE_OUT, STEP_MEMORY, A_TO_PAIR, PAIR_OUT, A_OUT, SWAP_TOP),
    "copy": (PUSH, EXTENDED),
}
_CLASS_OF = {kind: name for name, kinds in _CLASSES.items() for kind in kinds}
CLASS = ("null", *(_CLASS_OF.get(int(KIND[opcode]), "other") for opcode in range(1, 256)))
"""Opcode -> the class that its byte is coloured by; without its prefix, which stands in a byte of its own."""
