"""What the Z80 computes, and the flags that come of it, all eight of them.

Source: S. Young, The Undocumented Z80 Documented (2005), for the flags X and Y (bits 3 and 5), which are copied from
where that document says; the flags of SCF and CCF take them from A.
"""

from __future__ import annotations

import numpy as np

from primordia.life.compile import kernel
from primordia.life.substrates.z80_registers import HL, IFF2, WZ, A, B, F, set_word, word

CARRY, SUBTRACTED, PARITY, X, HALF, Y, ZERO, SIGN = (1 << bit for bit in range(8))
XY = X | Y

_BYTES = np.arange(256)
LOOKS = (_BYTES & (SIGN | XY) | np.where(_BYTES == 0, ZERO, 0)).astype(np.uint8)
"""Byte -> the flags S, Z, Y and X of it."""
_EVEN = np.array([bin(byte).count("1") % 2 == 0 for byte in range(256)])
LOOKS_AND_PARITY = (LOOKS | np.where(_EVEN, PARITY, 0)).astype(np.uint8)
AFTER_INC = (LOOKS | np.where(_BYTES & 15 == 0, HALF, 0) | np.where(_BYTES == 0x80, PARITY, 0)).astype(np.uint8)
"""Result of an 8-bit INC -> the flags that it sets; AFTER_DEC likewise."""
AFTER_DEC = LOOKS | np.where(_BYTES & 15 == 15, HALF, 0) | np.where(_BYTES == 0x7F, PARITY, 0) | SUBTRACTED
AFTER_DEC = AFTER_DEC.astype(np.uint8)

SUB, SBC, AND, XOR, OR, CP = 2, 3, 4, 5, 6, 7
"""The operations on A by their number in opcodes; 0 and 1 add, without and with carry."""


@kernel(allocates=False)
def accumulate(cpu, operation, operand):
    """A <- A operation operand, where the operation is numbered as in opcodes."""
    a = np.int64(cpu[A])
    if operation < SUB:
        result = a + operand + (cpu[F] & operation)
        flags = (a ^ operand ^ result) & HALF | (~(a ^ operand) & (a ^ result) & 0x80) >> 5 | result >> 8
        flags |= LOOKS[result & 255]
    elif operation == AND:
        result = a & operand
        flags = LOOKS_AND_PARITY[result] | HALF
    elif operation == XOR:
        result = a ^ operand
        flags = np.int64(LOOKS_AND_PARITY[result])
    elif operation == OR:
        result = a | operand
        flags = np.int64(LOOKS_AND_PARITY[result])
    else:
        borrow = cpu[F] & 1 if operation == SBC else 0
        result = a - operand - borrow
        flags = (a ^ operand ^ result) & HALF | ((a ^ operand) & (a ^ result) & 0x80) >> 5 | result >> 8 & CARRY
        flags |= LOOKS[result & 255] | SUBTRACTED
        if operation == CP:
            flags = flags & ~XY | operand & XY
            result = a
    cpu[A] = result & 255
    cpu[F] = flags


@kernel(allocates=False)
def step_byte(cpu, before, down):
    """The byte before plus one, or minus one if `down`; carry stays."""
    result = before - 1 if down else before + 1
    result &= 255
    cpu[F] = cpu[F] & CARRY | (AFTER_DEC[result] if down else AFTER_INC[result])
    return result


@kernel(allocates=False)
def shifted(cpu, kind, byte):
    """A byte after RLC, RRC, RL, RR, SLA, SRA, SLL or SRL (kind 0 .. 7)."""
    carry = cpu[F] & CARRY
    left = kind & 1 == 0
    out = byte >> 7 if left else byte & 1
    if kind < 2:
        into = out
    elif kind < 4:
        into = np.int64(carry)
    elif kind == 5:
        into = byte >> 7
    else:
        into = np.int64(kind == 6)
    result = (byte << 1 | into) & 255 if left else byte >> 1 | into << 7
    cpu[F] = LOOKS_AND_PARITY[result] | out
    return result


@kernel(allocates=False)
def rotate_a(cpu, kind):
    """RLCA, RRCA, RLA, RRA: sign, zero and parity stay."""
    kept = cpu[F] & (SIGN | ZERO | PARITY)
    cpu[A] = shifted(cpu, kind, np.int64(cpu[A]))
    cpu[F] = kept | cpu[A] & XY | cpu[F] & CARRY


@kernel(allocates=False)
def adjust(cpu):
    """DAA: makes A a pair of decimal digits again after an addition or a subtraction of such pairs."""
    a, flags = np.int64(cpu[A]), np.int64(cpu[F])
    correction = 0
    if flags & HALF or a & 15 > 9:
        correction = 6
    if flags & CARRY or a > 0x99:
        correction |= 0x60
        flags |= CARRY
    result = (a - correction if flags & SUBTRACTED else a + correction) & 255
    cpu[A] = result
    cpu[F] = LOOKS_AND_PARITY[result] | (a ^ result) & HALF | flags & (SUBTRACTED | CARRY)


@kernel(allocates=False)
def complement(cpu):
    """CPL."""
    cpu[A] = cpu[A] ^ 255
    cpu[F] = cpu[F] & (SIGN | ZERO | PARITY | CARRY) | HALF | SUBTRACTED | cpu[A] & XY


@kernel(allocates=False)
def set_carry(cpu, invert):
    """SCF, or CCF if `invert`."""
    before = cpu[F] & CARRY
    carry = HALF * before | CARRY ^ before if invert else CARRY
    cpu[F] = cpu[F] & (SIGN | ZERO | PARITY) | cpu[A] & XY | carry


@kernel(allocates=False)
def add_words(cpu, target, source):
    """ADD HL,rr and its like: sign, zero and parity stay."""
    one, other = word(cpu, target), word(cpu, source)
    result = one + other
    set_word(cpu, WZ, one + 1)
    set_word(cpu, target, result)
    kept = cpu[F] & (SIGN | ZERO | PARITY)
    cpu[F] = kept | result >> 8 & XY | (one ^ other ^ result) >> 8 & HALF | result >> 16


@kernel(allocates=False)
def carry_words(cpu, source, subtract):
    """ADC HL,rr, or SBC HL,rr if `subtract`."""
    one, other, carry = word(cpu, HL), word(cpu, source), cpu[F] & CARRY
    set_word(cpu, WZ, one + 1)
    if subtract:
        result = one - other - carry
        overflow = (one ^ other) & (one ^ result)
    else:
        result = one + other + carry
        overflow = ~(one ^ other) & (one ^ result)
    set_word(cpu, HL, result)
    flags = result >> 8 & (SIGN | XY) | (one ^ other ^ result) >> 8 & HALF | overflow >> 13 & PARITY
    flags |= result >> 16 & CARRY | (ZERO if result & 0xFFFF == 0 else 0) | (SUBTRACTED if subtract else 0)
    cpu[F] = flags


@kernel(allocates=False)
def test_bit(cpu, bit, byte, shown):
    """BIT: zero and parity if the bit is 0, sign if it is a set bit 7; X and Y from `shown`."""
    found = byte & (1 << bit)
    flags = cpu[F] & CARRY | HALF | shown & XY | found & SIGN
    cpu[F] = flags | (0 if found else ZERO | PARITY)


@kernel(allocates=False)
def after_copy(cpu, byte, left):
    """Flags of LDI and its like, which copied `byte` and have `left` more to go; X and Y from the sum of A and byte."""
    total = cpu[A] + byte
    flags = cpu[F] & (SIGN | ZERO | CARRY) | total & X | total << 4 & Y
    cpu[F] = flags | (PARITY if left else 0)


@kernel(allocates=False)
def after_search(cpu, byte, left):
    """Flags of CPI and its like, which compared A with `byte`; returns whether they differ."""
    a = np.int64(cpu[A])
    result = (a - byte) & 255
    half = (a ^ byte ^ result) & HALF
    shown = result - (half >> 4)
    flags = cpu[F] & CARRY | SUBTRACTED | half | LOOKS[result] & (SIGN | ZERO) | shown & X | shown << 4 & Y
    cpu[F] = flags | (PARITY if left else 0)
    return result != 0


@kernel(allocates=False)
def after_port(cpu, byte, added):
    """Flags of INI, OUTI and their like, which moved `byte` and counted B down; `added` is C +- 1, or the new L."""
    total = byte + (added & 255)
    b = np.int64(cpu[B])
    flags = LOOKS[b] | byte >> 6 & SUBTRACTED | LOOKS_AND_PARITY[total & 7 ^ b] & PARITY
    cpu[F] = flags | (HALF | CARRY if total > 255 else 0)


@kernel(allocates=False)
def after_input(cpu, byte):
    """Flags of IN r,(C), RLD and RRD; carry stays."""
    cpu[F] = cpu[F] & CARRY | LOOKS_AND_PARITY[byte]


@kernel(allocates=False)
def set_read_flags(cpu):
    """Flags of LD A,I and LD A,R: parity says whether interrupts are on; carry stays."""
    cpu[F] = cpu[F] & CARRY | LOOKS[cpu[A]] | (PARITY if cpu[IFF2] else 0)
