"""The Z80 as one kernel: every opcode, documented or not, with exact flags; its memory is the tape, over and over.

One instruction is one step, prefixes included; of a repeating instruction (LDIR) every round is one. A prefix DD or FD
in front of another prefix DD, ED or FD is a step that does nothing. Ports give 0 and take anything; there are no
interrupts; HALT ends the run. Which register an opcode means is in its fields x, y and z (z80_opcodes).

In all of these `opcode_at` is the place of the opcode, `pc` the address behind it, and `shift` what is added to the
place of HL where a prefix puts IX or IY in its stead.
"""

from __future__ import annotations

import numpy as np

from primordia.life.compile import kernel
from primordia.life.substrates.z80_arithmetic import (
    CARRY,
    PARITY,
    SIGN,
    ZERO,
    accumulate,
    add_words,
    adjust,
    complement,
    rotate_a,
    set_carry,
    step_byte,
)
from primordia.life.substrates.z80_extended import bits, extended
from primordia.life.substrates.z80_opcodes import (
    A_FROM_PAIR,
    A_IN,
    A_OUT,
    A_TO_PAIR,
    ADJUST,
    ARITHMETIC,
    ARITHMETIC_IMMEDIATE,
    ARITHMETIC_MEMORY,
    BITS,
    CALL,
    CALL_IF,
    COMPLEMENT,
    COPY,
    COPY_IN,
    COPY_OUT,
    COUNT_JUMP,
    EXTENDED,
    IMMEDIATE,
    IMMEDIATE_OUT,
    INTERRUPTS,
    INVERT_CARRY,
    JUMP,
    JUMP_NEAR,
    JUMP_NEAR_IF,
    JUMP_PAIR,
    KIND,
    NO_INTERRUPTS,
    PAIR_ADD,
    PAIR_IMMEDIATE,
    PAIR_IN,
    PAIR_OUT,
    PAIR_STEP,
    PAIR_TO_SP,
    POP,
    PORT_IN,
    PORT_OUT,
    PREFIX,
    PUSH,
    RESTART,
    RETURN,
    RETURN_IF,
    ROTATE_A,
    SET_CARRY,
    STEP,
    STEP_MEMORY,
    STOP,
    SWAP_AF,
    SWAP_ALL,
    SWAP_DE_HL,
    SWAP_TOP,
)
from primordia.life.substrates.z80_registers import (
    AF,
    ALTERNATE,
    BC,
    DE,
    HL,
    IFF2,
    IX,
    IY,
    PC,
    SP,
    WZ,
    A,
    B,
    F,
    H,
    count_fetch,
    load,
    load_word,
    move,
    near,
    peek,
    peek_word,
    pop_address,
    push,
    push_address,
    set_made,
    set_word,
    store,
    store_word,
    swap_words,
    word,
)

PAIRS = np.array([BC, DE, HL, SP], np.int64)
STACK_PAIRS = np.array([BC, DE, HL, AF], np.int64)
CONDITIONS = np.array([ZERO, CARRY, PARITY, SIGN], np.uint8)


@kernel(allocates=False)
def steps(tape, entries, cpu, max_steps):
    """Runs at most max_steps instructions from the state in `cpu` on, in place; returns how many were executed."""
    pc = word(cpu, PC)
    done = 0
    while done < max_steps:
        done += 1
        opcode_at = pc & (tape.size - 1)
        opcode = np.int64(tape[opcode_at])
        kind = KIND[opcode]
        pc += 1
        count_fetch(cpu)
        shift = 0
        if kind == PREFIX:
            shift = IX - HL if opcode == 0xDD else IY - HL
            opcode_at = pc & (tape.size - 1)
            opcode = np.int64(tape[opcode_at])
            kind = KIND[opcode]
            if (kind == PREFIX) | (kind == EXTENDED):
                continue
            pc += 1
            count_fetch(cpu)
        if kind <= ARITHMETIC_MEMORY:
            pc = on_bytes(tape, entries, cpu, kind, opcode, opcode_at, pc, shift)
        elif kind <= A_IN:
            pc = on_pairs(tape, entries, cpu, kind, opcode, opcode_at, pc, shift)
        elif kind <= RESTART:
            pc = flow(tape, entries, cpu, kind, opcode, opcode_at, pc, shift)
        elif kind == BITS:
            pc = bits(tape, entries, cpu, pc, shift)
        elif kind == EXTENDED:
            pc = extended(tape, entries, cpu, pc)
        else:
            pc = others(tape, entries, cpu, kind, opcode, opcode_at, pc, shift)
            if kind == STOP:
                break
    set_word(cpu, PC, pc)
    return done


@kernel(allocates=False)
def named(register, shift):
    """The place of the register of a number: a prefix puts IXH and IXL, or IYH and IYL, in the stead of H and L."""
    return register + shift if register & 6 == H else register


@kernel(allocates=False, forceinline=True)
def on_bytes(tape, entries, cpu, kind, opcode, opcode_at, pc, shift):
    """8-bit loads, counting and arithmetic; returns the next pc."""
    left, right = opcode >> 3 & 7, opcode & 7
    address = 0
    if kind >= COPY_IN:
        address = word(cpu, HL + shift)
        if shift:
            address += near(peek(tape, pc))
            set_word(cpu, WZ, address)
            pc += 1
    if kind == COPY:
        move(tape, entries, cpu, named(left, shift), named(right, shift))
    elif kind == ARITHMETIC:
        accumulate(cpu, left, np.int64(cpu[named(right, shift)]))
    elif kind == STEP:
        place = named(left, shift)
        cpu[place] = step_byte(cpu, np.int64(cpu[place]), opcode & 1)
    elif kind == IMMEDIATE:
        load(tape, entries, cpu, named(left, shift), pc)
        pc += 1
    elif kind == ARITHMETIC_IMMEDIATE:
        accumulate(cpu, left, peek(tape, pc))
        pc += 1
    elif kind == COPY_IN:
        load(tape, entries, cpu, left, address)
    elif kind == COPY_OUT:
        store(tape, entries, cpu, right, address, opcode_at)
    elif kind == ARITHMETIC_MEMORY:
        accumulate(cpu, left, peek(tape, address))
    elif kind == STEP_MEMORY:
        tape[address & (tape.size - 1)] = step_byte(cpu, peek(tape, address), opcode & 1)
    elif kind == IMMEDIATE_OUT:
        target, source = address & (tape.size - 1), pc & (tape.size - 1)
        tape[target] = tape[source]
        if entries is not None:
            entries[target] = entries[source]
        pc += 1
    return pc


@kernel(allocates=False, forceinline=True)
def on_pairs(tape, entries, cpu, kind, opcode, opcode_at, pc, shift):
    """16-bit loads, counting and sums, the stack, and what goes through an address; returns the next pc."""
    number = opcode >> 4 & 3
    place = HL + shift if number == 2 else PAIRS[number]
    if kind == PUSH:
        push(tape, entries, cpu, HL + shift if number == 2 else STACK_PAIRS[number], opcode_at)
    elif kind == POP:
        load_word(tape, entries, cpu, HL + shift if number == 2 else STACK_PAIRS[number], word(cpu, SP))
        set_word(cpu, SP, word(cpu, SP) + 2)
    elif kind == PAIR_IMMEDIATE:
        load_word(tape, entries, cpu, place, pc)
        pc += 2
    elif kind == PAIR_ADD:
        add_words(cpu, HL + shift, place)
    elif kind == PAIR_STEP:
        set_word(cpu, place, word(cpu, place) + (-1 if opcode & 8 else 1))
    elif kind == A_TO_PAIR:
        address = word(cpu, place)
        store(tape, entries, cpu, A, address, opcode_at)
        set_word(cpu, WZ, np.int64(cpu[A]) << 8 | (address + 1) & 255)
    elif kind == A_FROM_PAIR:
        load(tape, entries, cpu, A, word(cpu, place))
        set_word(cpu, WZ, word(cpu, place) + 1)
    else:
        address = peek_word(tape, pc)
        pc += 2
        set_word(cpu, WZ, address + 1)
        if kind == PAIR_OUT:
            store_word(tape, entries, cpu, HL + shift, address, opcode_at)
        elif kind == PAIR_IN:
            load_word(tape, entries, cpu, HL + shift, address)
        elif kind == A_IN:
            load(tape, entries, cpu, A, address)
        elif kind == A_OUT:
            store(tape, entries, cpu, A, address, opcode_at)
            cpu[WZ] = cpu[A]
    return pc


@kernel(allocates=False, forceinline=True)
def flow(tape, entries, cpu, kind, opcode, opcode_at, pc, shift):
    """Jumps, calls and returns; gives the next pc."""
    condition = opcode >> 3 & 7
    if kind == JUMP_NEAR_IF:  # JR knows the first four conditions only
        condition &= 3
    taken = (cpu[F] & CONDITIONS[condition >> 1] != 0) == (condition & 1)
    if (kind == JUMP_NEAR) | (kind == JUMP_NEAR_IF) | (kind == COUNT_JUMP):
        if kind == COUNT_JUMP:
            cpu[B] = cpu[B] - 1
            taken = cpu[B] != 0
        goal = pc + 1 + near(peek(tape, pc))
        if taken or kind == JUMP_NEAR:
            set_word(cpu, WZ, goal)
            return goal
        return pc + 1
    if (kind == RETURN) | (kind == RETURN_IF):
        return pop_address(tape, cpu) if taken or kind == RETURN else pc
    if kind == RESTART:
        push_address(tape, entries, cpu, pc, opcode_at)
        set_word(cpu, WZ, opcode & 0x38)
        return opcode & 0x38
    if kind == JUMP_PAIR:
        return word(cpu, HL + shift)
    goal = peek_word(tape, pc)
    set_word(cpu, WZ, goal)
    if taken | (kind == JUMP) | (kind == CALL):
        if (kind == CALL) | (kind == CALL_IF):
            push_address(tape, entries, cpu, pc + 2, opcode_at)
        return goal
    return pc + 2


@kernel(allocates=False)
def others(tape, entries, cpu, kind, opcode, opcode_at, pc, shift):
    """Exchanges, what is done to A and its flags alone, and ports; returns the next pc."""
    if kind == SWAP_DE_HL:  # also behind a prefix
        swap_words(tape, entries, cpu, DE, HL)
    elif kind == SWAP_AF:
        swap_words(tape, entries, cpu, AF, ALTERNATE + AF)
    elif kind == SWAP_ALL:
        for place in (BC, DE, HL):
            swap_words(tape, entries, cpu, place, ALTERNATE + place)
    elif kind == SWAP_TOP:
        top = word(cpu, SP)
        move(tape, entries, cpu, WZ, HL + shift)
        move(tape, entries, cpu, WZ + 1, HL + shift + 1)
        load_word(tape, entries, cpu, HL + shift, top)
        store_word(tape, entries, cpu, WZ, top, opcode_at)
        set_word(cpu, WZ, word(cpu, HL + shift))
    elif kind == PAIR_TO_SP:
        move(tape, entries, cpu, SP, HL + shift)
        move(tape, entries, cpu, SP + 1, HL + shift + 1)
    elif kind == ROTATE_A:
        rotate_a(cpu, opcode >> 3)
    elif kind == ADJUST:
        adjust(cpu)
    elif kind == COMPLEMENT:
        complement(cpu)
    elif (kind == SET_CARRY) | (kind == INVERT_CARRY):
        set_carry(cpu, kind == INVERT_CARRY)
    elif (kind == INTERRUPTS) | (kind == NO_INTERRUPTS):
        cpu[IFF2] = kind == INTERRUPTS
    elif kind == PORT_OUT:
        set_word(cpu, WZ, np.int64(cpu[A]) << 8 | (peek(tape, pc) + 1) & 255)
        pc += 1
    elif kind == PORT_IN:
        set_word(cpu, WZ, (np.int64(cpu[A]) << 8 | peek(tape, pc)) + 1)
        set_made(tape, entries, cpu, A, 0, opcode_at)
        pc += 1
    return pc
