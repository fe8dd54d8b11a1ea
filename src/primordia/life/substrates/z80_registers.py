"""The registers of the Z80 as a row of bytes, and how bytes go between them and the tape, with what they came from.

`cpu` holds one byte a register; a 16-bit register is two neighbours, the high byte first. The eight places that opcodes
name by number (B C D E H L, a gap for the memory operand, A) come first, so a register field of an opcode is its place.

`entries` is None in a plain run. In one that follows where bytes come from it holds an entry for every byte of the tape
and, behind these, one for every register: `NOWHERE` until something from the tape arrives in it. Addresses may be any
integers: they count modulo the tape, whose size is a power of two.
"""

from __future__ import annotations

import numpy as np

from primordia.life.compile import kernel

B, C, D, E, H, L, A, F = 0, 1, 2, 3, 4, 5, 7, 8
SP, IX, WZ, I, R, PC, IY, IFF2 = 10, 12, 14, 16, 17, 18, 20, 22  # noqa: E741  (the register's name)
BC, DE, HL, AF = B, D, H, A
ALTERNATE = 24
"""The places from here on hold the alternate set, in the order of the main one."""
N_PLACES = 34
NOWHERE = 0xFFFF

NAMES = ("pointer", "PC", "SP", "AF", "BC", "DE", "HL", "IX", "IY", "AF'", "BC'", "DE'", "HL'", "I", "R", "IFF2", "WZ")


@kernel(allocates=False)
def reset(cpu):
    """The state at power-up: A, F and SP all ones, everything else zero."""
    for place in range(N_PLACES):
        cpu[place] = 0
    cpu[A] = cpu[F] = cpu[SP] = cpu[SP + 1] = 255


@kernel(allocates=False)
def word(cpu, place):
    """The 16-bit register at a place."""
    return np.int64(cpu[place]) << 8 | np.int64(cpu[place + 1])


@kernel(allocates=False)
def set_word(cpu, place, value):
    """Puts a value, modulo 2^16, into the 16-bit register at a place; its entry stays."""
    cpu[place] = value >> 8 & 255
    cpu[place + 1] = value & 255


@kernel(allocates=False)
def peek(tape, address):
    """The byte at an address."""
    return np.int64(tape[address & (tape.size - 1)])


@kernel(allocates=False)
def peek_word(tape, address):
    """The two bytes from an address on, the low one first."""
    return peek(tape, address) | peek(tape, address + 1) << 8


@kernel(allocates=False)
def count_fetch(cpu):
    """R counts opcodes fetched, in its seven low bits."""
    cpu[R] = cpu[R] & 0x80 | (cpu[R] + 1) & 0x7F


@kernel(allocates=False)
def near(byte):
    """A byte as a displacement, -128 .. 127."""
    return (byte ^ 0x80) - 0x80


@kernel(allocates=False)
def load(tape, entries, cpu, place, address):
    """Copies the byte at an address to a register."""
    cpu[place] = tape[address & (tape.size - 1)]
    if entries is not None:
        entries[tape.size + place] = entries[address & (tape.size - 1)]


@kernel(allocates=False)
def load_word(tape, entries, cpu, place, address):
    """Copies the two bytes from an address on to a 16-bit register."""
    load(tape, entries, cpu, place + 1, address)
    load(tape, entries, cpu, place, address + 1)


@kernel(allocates=False)
def store(tape, entries, cpu, place, address, opcode_at):
    """Copies a register to an address; one that holds nothing from the tape counts as the opcode's own."""
    target = address & (tape.size - 1)
    tape[target] = cpu[place]
    if entries is not None:
        found = entries[tape.size + place]
        entries[target] = entries[opcode_at] if found == NOWHERE else found


@kernel(allocates=False)
def store_word(tape, entries, cpu, place, address, opcode_at):
    """Copies a 16-bit register to two bytes from an address on."""
    store(tape, entries, cpu, place + 1, address, opcode_at)
    store(tape, entries, cpu, place, address + 1, opcode_at)


@kernel(allocates=False)
def write(tape, entries, address, value, opcode_at):
    """Puts a value that the instruction itself makes at an address: it comes from the opcode."""
    target = address & (tape.size - 1)
    tape[target] = value & 255
    if entries is not None:
        entries[target] = entries[opcode_at]


@kernel(allocates=False)
def set_made(tape, entries, cpu, place, value, opcode_at):
    """Puts a value that the instruction itself makes into a register: it comes from the opcode."""
    cpu[place] = value & 255
    if entries is not None:
        entries[tape.size + place] = entries[opcode_at]


@kernel(allocates=False)
def move(tape, entries, cpu, target, source):
    """Copies a register to another."""
    cpu[target] = cpu[source]
    if entries is not None:
        entries[tape.size + target] = entries[tape.size + source]


@kernel(allocates=False)
def swap(tape, entries, cpu, one, other):
    """Exchanges two registers."""
    cpu[one], cpu[other] = cpu[other], cpu[one]
    if entries is not None:
        one, other = one + tape.size, other + tape.size
        entries[one], entries[other] = entries[other], entries[one]


@kernel(allocates=False)
def swap_words(tape, entries, cpu, one, other):
    """Exchanges two 16-bit registers."""
    swap(tape, entries, cpu, one, other)
    swap(tape, entries, cpu, one + 1, other + 1)


@kernel(allocates=False)
def push(tape, entries, cpu, place, opcode_at):
    """Puts a 16-bit register on the stack."""
    top = word(cpu, SP) - 2
    set_word(cpu, SP, top)
    store(tape, entries, cpu, place, top + 1, opcode_at)
    store(tape, entries, cpu, place + 1, top, opcode_at)


@kernel(allocates=False)
def push_address(tape, entries, cpu, address, opcode_at):
    """Puts the address to return to on the stack."""
    top = word(cpu, SP) - 2
    set_word(cpu, SP, top)
    write(tape, entries, top + 1, address >> 8, opcode_at)
    write(tape, entries, top, address, opcode_at)


@kernel(allocates=False)
def pop_address(tape, cpu):
    """Takes the address to go to from the stack, and remembers it in WZ."""
    top = word(cpu, SP)
    set_word(cpu, SP, top + 2)
    goal = peek_word(tape, top)
    set_word(cpu, WZ, goal)
    return goal


@kernel(allocates=False)
def report(tape, cpu, registers):
    """Writes the registers in the order of `NAMES`."""
    registers[0] = word(cpu, PC) & (tape.size - 1)
    registers[1], registers[2], registers[3] = word(cpu, PC), word(cpu, SP), word(cpu, AF)
    registers[4], registers[5], registers[6] = word(cpu, BC), word(cpu, DE), word(cpu, HL)
    registers[7], registers[8], registers[9] = word(cpu, IX), word(cpu, IY), word(cpu, ALTERNATE + AF)
    registers[10], registers[11] = word(cpu, ALTERNATE + BC), word(cpu, ALTERNATE + DE)
    registers[12], registers[13], registers[14] = word(cpu, ALTERNATE + HL), cpu[I], cpu[R]
    registers[15], registers[16] = cpu[IFF2], word(cpu, WZ)
