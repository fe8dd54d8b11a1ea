"""What stands behind the prefixes CB (single bits, shifts) and ED (the block instructions and much else)."""

from __future__ import annotations

import numpy as np

from primordia.life.compile import kernel
from primordia.life.substrates.z80_arithmetic import (
    SUB,
    accumulate,
    after_copy,
    after_input,
    after_port,
    after_search,
    carry_words,
    set_read_flags,
    shifted,
    test_bit,
)
from primordia.life.substrates.z80_registers import (
    BC,
    DE,
    HL,
    SP,
    WZ,
    A,
    B,
    C,
    I,
    L,
    count_fetch,
    load_word,
    move,
    near,
    peek,
    peek_word,
    pop_address,
    set_made,
    set_word,
    store_word,
    word,
    write,
)

EXTENDED_PAIRS = np.array([BC, DE, HL, SP], np.int64)
MEMORY = 6


@kernel(allocates=False)
def bits(tape, entries, cpu, pc, shift):
    """An instruction behind CB; `pc` is the address behind that prefix. Returns the next pc.

    Behind DD CB or FD CB a displacement comes before the opcode, and the result goes to memory and, undocumented, to
    the register that the opcode names as well.
    """
    address = word(cpu, HL + shift)
    if shift:
        address += near(peek(tape, pc))
        set_word(cpu, WZ, address)
        pc += 1
    else:
        count_fetch(cpu)
    opcode = peek(tape, pc)
    group, number, register = opcode >> 6, opcode >> 3 & 7, opcode & 7
    in_memory = shift != 0 or register == MEMORY
    byte = peek(tape, address) if in_memory else np.int64(cpu[register])
    if group == 1:
        test_bit(cpu, number, byte, np.int64(cpu[WZ]) if in_memory else byte)
        return pc + 1
    if group == 0:
        byte = shifted(cpu, number, byte)
    elif group == 2:
        byte &= ~(1 << number)
    else:
        byte |= 1 << number
    if in_memory:
        place = address & (tape.size - 1)
        tape[place] = byte
        if register != MEMORY and entries is not None:
            entries[tape.size + register] = entries[place]
    if register != MEMORY:
        cpu[register] = byte
    return pc + 1


@kernel(allocates=False)
def extended(tape, entries, cpu, pc):
    """An instruction behind ED; `pc` is the address behind that prefix. Returns the next pc.

    Opcodes that mean nothing do nothing.
    """
    count_fetch(cpu)
    opcode_at = pc & (tape.size - 1)
    opcode = np.int64(tape[opcode_at])
    pc += 1
    number, column = opcode >> 3 & 7, opcode & 7
    pair = EXTENDED_PAIRS[number >> 1]
    if opcode & 0xE4 == 0xA0:
        return block(tape, entries, cpu, opcode, opcode_at, pc)
    if opcode >> 6 != 1:
        return pc
    if column == 0:
        after_input(cpu, 0)
        set_word(cpu, WZ, word(cpu, BC) + 1)
        if number != MEMORY:
            set_made(tape, entries, cpu, number, 0, opcode_at)
    elif column == 1:
        set_word(cpu, WZ, word(cpu, BC) + 1)
    elif column == 2:
        carry_words(cpu, pair, number & 1 == 0)
    elif column == 3:
        address = peek_word(tape, pc)
        pc += 2
        set_word(cpu, WZ, address + 1)
        if number & 1:
            load_word(tape, entries, cpu, pair, address)
        else:
            store_word(tape, entries, cpu, pair, address, opcode_at)
    elif column == 4:
        before = np.int64(cpu[A])
        cpu[A] = 0
        accumulate(cpu, SUB, before)
    elif column == 5:
        pc = pop_address(tape, cpu)
    elif column == 7:
        with_a(tape, entries, cpu, number)
    return pc


@kernel(allocates=False)
def with_a(tape, entries, cpu, number):
    """LD I,A; LD R,A; LD A,I; LD A,R; RRD; RLD; and two that do nothing."""
    if number < 2:
        move(tape, entries, cpu, I + number, A)
    elif number < 4:
        move(tape, entries, cpu, A, I + number - 2)
        set_read_flags(cpu)
    elif number < 6:
        address = word(cpu, HL)
        a, byte = np.int64(cpu[A]), peek(tape, address)
        if number == 4:
            tape[address & (tape.size - 1)] = a << 4 & 0xF0 | byte >> 4
            cpu[A] = a & 0xF0 | byte & 15
        else:
            tape[address & (tape.size - 1)] = byte << 4 & 0xF0 | a & 15
            cpu[A] = a & 0xF0 | byte >> 4
        after_input(cpu, cpu[A])
        set_word(cpu, WZ, address + 1)


@kernel(allocates=False)
def block(tape, entries, cpu, opcode, opcode_at, pc):
    """LDI, CPI, INI, OUTI, downwards and repeating too; a round that is not the last goes back to its own prefix."""
    move_by = -1 if opcode & 8 else 1
    source = word(cpu, HL)
    byte = peek(tape, source)
    set_word(cpu, HL, source + move_by)
    column = opcode & 3
    if column < 2:
        left = (word(cpu, BC) - 1) & 0xFFFF
        set_word(cpu, BC, left)
        again = left != 0
        if column == 0:
            target = word(cpu, DE)
            set_word(cpu, DE, target + move_by)
            place = target & (tape.size - 1)
            tape[place] = byte
            if entries is not None:
                entries[place] = entries[source & (tape.size - 1)]
            after_copy(cpu, byte, left)
        else:
            set_word(cpu, WZ, word(cpu, WZ) + move_by)
            again &= after_search(cpu, byte, left)
    else:
        ports = word(cpu, BC)
        cpu[B] = cpu[B] - 1
        again = cpu[B] != 0
        if column == 2:
            set_word(cpu, WZ, ports + move_by)
            write(tape, entries, source, 0, opcode_at)
            after_port(cpu, 0, np.int64(cpu[C]) + move_by)
        else:
            set_word(cpu, WZ, word(cpu, BC) + move_by)
            after_port(cpu, byte, np.int64(cpu[L]))
    if opcode & 0x10 and again:
        pc -= 2
        if column < 2:
            set_word(cpu, WZ, pc + 1)
    return pc
