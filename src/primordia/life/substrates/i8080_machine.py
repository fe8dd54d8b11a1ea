"""The Intel 8080: all 256 opcodes, the twelve undocumented ones as the chip has them, all flags, and its clock.

Memory is a tape that goes round. Addresses count from the place where the machine was started, modulo the tape's
length (a power of two, at most 65,536), so one body serves a pair of programs, which starts at 0, and a long tape,
which is started anywhere. Source: Intel 8080 Microcomputer Systems User's Manual (1975), chapter 4.

Register file, one byte each: B C D E H L F A, the order of the opcodes' register fields. There the place of F stands
for M, the byte that HL points to.
"""

from __future__ import annotations

import numpy as np

from primordia.life.compile import kernel

B, C, D, E, H, L, F, A = range(8)
M = F
N_REGISTERS = 10
"""PC, SP, A, F, B, C, D, E, H, L: what is left in `registers`."""

SIGN, ZERO, HALF, PARITY, ALWAYS, CARRY = 0x80, 0x40, 0x10, 0x04, 0x02, 0x01
FLAGS_KEPT = 0xD7
HALT, XCHG = 0x76, 0xEB
UNKNOWN = np.uint16(0xFFFF)
"""Entry of a register that nothing was loaded into yet."""

NO_LIMIT = 1 << 62
TAKEN = 6
"""Clock periods that a conditional call or return takes more when its condition holds."""

# States of every opcode, sixteen to a line: table of the manual's chapter 4. Conditional calls and returns not taken.
CLOCKS = np.array(
    [
        *(4, 10, 7, 5, 5, 5, 7, 4, 4, 10, 7, 5, 5, 5, 7, 4),
        *(4, 10, 7, 5, 5, 5, 7, 4, 4, 10, 7, 5, 5, 5, 7, 4),
        *(4, 10, 16, 5, 5, 5, 7, 4, 4, 10, 16, 5, 5, 5, 7, 4),
        *(4, 10, 13, 5, 10, 10, 10, 4, 4, 10, 13, 5, 5, 5, 7, 4),
        *(5, 5, 5, 5, 5, 5, 7, 5, 5, 5, 5, 5, 5, 5, 7, 5),
        *(5, 5, 5, 5, 5, 5, 7, 5, 5, 5, 5, 5, 5, 5, 7, 5),
        *(5, 5, 5, 5, 5, 5, 7, 5, 5, 5, 5, 5, 5, 5, 7, 5),
        *(7, 7, 7, 7, 7, 7, 7, 7, 5, 5, 5, 5, 5, 5, 7, 5),
        *(4, 4, 4, 4, 4, 4, 7, 4, 4, 4, 4, 4, 4, 4, 7, 4),
        *(4, 4, 4, 4, 4, 4, 7, 4, 4, 4, 4, 4, 4, 4, 7, 4),
        *(4, 4, 4, 4, 4, 4, 7, 4, 4, 4, 4, 4, 4, 4, 7, 4),
        *(4, 4, 4, 4, 4, 4, 7, 4, 4, 4, 4, 4, 4, 4, 7, 4),
        *(5, 10, 10, 10, 11, 11, 7, 11, 5, 10, 10, 10, 11, 17, 7, 11),
        *(5, 10, 10, 10, 11, 11, 7, 11, 5, 10, 10, 10, 11, 17, 7, 11),
        *(5, 10, 10, 18, 11, 11, 7, 11, 5, 5, 10, 4, 11, 17, 7, 11),
        *(5, 10, 10, 4, 11, 11, 7, 11, 5, 5, 10, 4, 11, 17, 7, 11),
    ],
    np.uint8,
)
# Sign, zero and parity of a result, with the bit of F that is always set.
RESULT = np.array(
    [
        (byte & SIGN) | (ZERO if byte == 0 else 0) | (0 if byte.bit_count() % 2 else PARITY) | ALWAYS
        for byte in range(256)
    ],
    np.uint8,
)
CONDITION = np.array([ZERO, CARRY, PARITY, SIGN], np.uint8)


@kernel(allocates=False, forceinline=True)
def word(tape, wrap, place):
    """The two bytes from a place of the tape on, the low one first."""
    return np.int64(tape[place & wrap]) | np.int64(tape[(place + 1) & wrap]) << 8


@kernel(allocates=False, forceinline=True)
def pair(cells, high):
    """A pair of registers, of which `high` is the upper."""
    return np.int64(cells[high]) << 8 | np.int64(cells[high + 1])


@kernel(allocates=False, forceinline=True)
def set_pair(cells, high, value):
    """Writes a pair of registers."""
    cells[high] = np.uint8(value >> 8)
    cells[high + 1] = np.uint8(value)


@kernel(allocates=False, forceinline=True)
def load(tape, cells, origins, entries, register, place):
    """Register := the byte at a place of the tape, entry included."""
    cells[register] = tape[place]
    if origins is not None:
        entries[register] = origins[place]


@kernel(allocates=False, forceinline=True)
def store(tape, cells, origins, entries, register, place, here):
    """The byte at a place of the tape := register; one never loaded counts as made by the instruction at `here`."""
    tape[place] = cells[register]
    if origins is not None:
        origins[place] = origins[here] if entries[register] == UNKNOWN else entries[register]


@kernel(allocates=False, forceinline=True)
def put(tape, origins, place, value, source):
    """The byte at a place of the tape := a value that came from the place `source`."""
    tape[place] = np.uint8(value & 255)
    if origins is not None:
        origins[place] = origins[source]


@kernel(allocates=False, forceinline=True)
def holds(cells, condition):
    """Whether a condition of jumps holds: NZ Z NC C PO PE P M, in the order of the opcodes."""
    return (cells[F] & CONDITION[condition >> 1] != 0) == (condition & 1 == 1)


@kernel(allocates=False, forceinline=True)
def combine(cells, kind, value):
    """A := A and a value joined by ADD ADC SUB SBB ANA XRA ORA CMP, in the order of the opcodes; all flags.

    The 8080 subtracts by adding the complement, so the half carry of SUB, SBB and CMP is set when there is no borrow
    from bit 4; that of ANA is bit 3 of (A or value).
    """
    before, carry = np.int64(cells[A]), np.int64(cells[F] & CARRY)
    if kind < 2:
        total = before + value + (carry if kind == 1 else 0)
        half = (before ^ value ^ total) & HALF
    elif kind < 4 or kind == 7:
        total = before - value - (carry if kind == 3 else 0)
        half = ~(before ^ value ^ total) & HALF
    elif kind == 4:
        total, half = before & value, ((before | value) & 8) << 1
    else:
        total, half = (before ^ value if kind == 5 else before | value), 0
    if kind != 7:
        cells[A] = np.uint8(total)
    cells[F] = RESULT[total & 0xFF] | np.uint8(half) | np.uint8(total >> 8 & CARRY)


@kernel(allocates=False, forceinline=True)
def by_one(cells, byte, change):
    """A byte plus one or minus one; all flags but the carry."""
    total = (np.int64(byte) + change) & 0xFF
    half = (total & 0xF == 0) if change == 1 else (total & 0xF != 0xF)
    cells[F] = RESULT[total] | np.uint8(HALF if half else 0) | (cells[F] & CARRY)
    return np.uint8(total)


@kernel(allocates=False, forceinline=True)
def adjust(cells, kind):
    """RLC RRC RAL RAR DAA CMA STC CMC, in the order of the opcodes."""
    byte, flags = np.int64(cells[A]), np.int64(cells[F])
    carry = flags & CARRY
    if kind < 4:
        left, through = kind & 1 == 0, kind >= 2
        leaving = byte >> 7 if left else byte & 1
        entering = carry if through else leaving
        cells[A] = np.uint8(byte << 1 | entering if left else byte >> 1 | entering << 7)
        cells[F] = np.uint8(flags & ~CARRY | leaving)
    elif kind == 4:
        low = byte & 0xF
        correction = 6 if (flags & HALF) or low > 9 else 0
        if carry or byte > 0x99:
            correction += 0x60
            carry = CARRY
        total = byte + correction
        cells[A] = np.uint8(total)
        cells[F] = RESULT[total & 0xFF] | np.uint8((byte ^ correction ^ total) & HALF) | np.uint8(carry)
    elif kind == 5:
        cells[A] = np.uint8(~byte)
    else:
        cells[F] = np.uint8(flags | CARRY if kind == 6 else flags ^ CARRY)
