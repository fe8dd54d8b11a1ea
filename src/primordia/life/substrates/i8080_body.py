"""One run of the 8080: fetch, look at the opcode's fields, do it."""

from __future__ import annotations

import numpy as np

from primordia.life.compile import kernel
from primordia.life.substrates.i8080_machine import (
    ALWAYS,
    CARRY,
    CLOCKS,
    FLAGS_KEPT,
    HALT,
    TAKEN,
    UNKNOWN,
    A,
    B,
    D,
    F,
    H,
    L,
    M,
    adjust,
    by_one,
    combine,
    holds,
    load,
    pair,
    put,
    set_pair,
    store,
    word,
)


@kernel(allocates=False, forceinline=True)
def lower_half(tape, cells, origins, entries, start, here, pc, sp):
    """Opcodes 00-3F: loads, stores, sixteen-bit sums, increments, rotations; returns PC and SP."""
    wrap = tape.size - 1
    kind, field = tape[here] & 7, np.int64(tape[here] >> 3 & 7)
    register, upper = field & 6, field < 6
    behind = (here + 1) & wrap
    if kind == 1 and field & 1 == 0:  # LXI
        if upper:
            load(tape, cells, origins, entries, register + 1, behind)
            load(tape, cells, origins, entries, register, (here + 2) & wrap)
        else:
            sp = word(tape, wrap, behind)
        pc += 2
    elif kind == 1:  # DAD
        total = pair(cells, H) + (pair(cells, register) if upper else sp)
        set_pair(cells, H, total)
        cells[F] = np.uint8(cells[F] & ~CARRY) | np.uint8(total >> 16)
    elif kind == 2 and field < 4:  # STAX, LDAX
        place = (start + pair(cells, register)) & wrap
        if field & 1:
            load(tape, cells, origins, entries, A, place)
        else:
            store(tape, cells, origins, entries, A, place, here)
    elif kind == 2:  # SHLD, LHLD, STA, LDA
        place = (start + word(tape, wrap, behind)) & wrap
        pc += 2
        if field == 4:
            store(tape, cells, origins, entries, L, place, here)
            store(tape, cells, origins, entries, H, (place + 1) & wrap, here)
        elif field == 5:
            load(tape, cells, origins, entries, L, place)
            load(tape, cells, origins, entries, H, (place + 1) & wrap)
        elif field == 6:
            store(tape, cells, origins, entries, A, place, here)
        else:
            load(tape, cells, origins, entries, A, place)
    elif kind == 3:  # INX, DCX
        change = -1 if field & 1 else 1
        if upper:
            set_pair(cells, register, pair(cells, register) + change)
        else:
            sp = (sp + change) & 0xFFFF
    elif kind == 4 or kind == 5:  # INR, DCR
        change = 1 if kind == 4 else -1
        if field == M:
            place = (start + pair(cells, H)) & wrap
            tape[place] = by_one(cells, tape[place], change)
        else:
            cells[field] = by_one(cells, cells[field], change)
    elif kind == 6:  # MVI
        if field == M:
            put(tape, origins, (start + pair(cells, H)) & wrap, tape[behind], behind)
        else:
            load(tape, cells, origins, entries, field, behind)
        pc += 1
    elif kind == 7:
        adjust(cells, field)
    return pc, sp


@kernel(allocates=False, forceinline=True)
def upper_half(tape, cells, origins, entries, start, here, pc, sp):
    """Opcodes C0-FF: jumps, the stack, sums with immediate bytes, ports; returns PC, SP and extra clock periods."""
    wrap = tape.size - 1
    kind, field = tape[here] & 7, np.int64(tape[here] >> 3 & 7)
    behind = (here + 1) & wrap
    extra, call = 0, -1
    high = (field & 6) + (1 if field >= 6 else 0)  # B, D, H, and A of the pair A F
    low = (field & 6) + (0 if field >= 6 else 1)
    if kind == 0 or (kind == 1 and (field == 1 or field == 3)):  # return, perhaps if a condition holds
        if kind == 1 or holds(cells, field):
            pc = word(tape, wrap, start + sp)
            sp = (sp + 2) & 0xFFFF
            extra = 0 if kind == 1 else TAKEN
    elif kind == 1 and field & 1 == 0:  # POP
        load(tape, cells, origins, entries, low, (start + sp) & wrap)
        load(tape, cells, origins, entries, high, (start + sp + 1) & wrap)
        if low == F:
            cells[F] = cells[F] & FLAGS_KEPT | ALWAYS
        sp = (sp + 2) & 0xFFFF
    elif kind == 1:  # PCHL, SPHL
        if field == 5:
            pc = pair(cells, H)
        else:
            sp = pair(cells, H)
    elif kind == 2 or (kind == 3 and field < 2):  # jump, perhaps if a condition holds
        pc = word(tape, wrap, behind) if kind == 3 or holds(cells, field) else pc + 2
    elif kind == 3:
        if field == 2 or field == 3:  # OUT, IN: nothing is connected
            pc += 1
            if field == 3:
                cells[A] = 0
                if origins is not None:
                    entries[A] = origins[here]
        elif field == 4:  # XTHL
            for k in range(2):
                place = (start + sp + k) & wrap
                register = L - k
                byte = tape[place]
                entry = origins[place] if origins is not None else UNKNOWN
                store(tape, cells, origins, entries, register, place, here)
                cells[register] = byte
                if origins is not None:
                    entries[register] = entry
        elif field == 5:  # XCHG
            for k in range(2):
                cells[D + k], cells[H + k] = cells[H + k], cells[D + k]
                if origins is not None:
                    entries[D + k], entries[H + k] = entries[H + k], entries[D + k]
    elif kind == 4 or (kind == 5 and field & 1):  # call, perhaps if a condition holds
        pc += 2
        if kind == 5 or holds(cells, field):
            call = word(tape, wrap, behind)
            extra = 0 if kind == 5 else TAKEN
    elif kind == 5:  # PUSH
        sp = (sp - 2) & 0xFFFF
        store(tape, cells, origins, entries, high, (start + sp + 1) & wrap, here)
        store(tape, cells, origins, entries, low, (start + sp) & wrap, here)
    elif kind == 6:
        combine(cells, field, np.int64(tape[behind]))
        pc += 1
    else:  # RST
        call = 8 * field
    if call >= 0:
        sp = (sp - 2) & 0xFFFF
        put(tape, origins, (start + sp + 1) & wrap, pc >> 8, here)
        put(tape, origins, (start + sp) & wrap, pc, here)
        pc = call
    return pc, sp, extra


@kernel(allocates=False)
def body(tape, start, cells, origins, entries, registers, max_steps, max_clocks):
    """Runs the machine in place from tape place `start` until it halts or a limit is reached.

    All registers are 0 at the start, SP too: the first push writes just before the start. It goes on while it has done
    less than `max_steps` instructions and has used no more than `max_clocks` clock periods.

    Args:
        tape: uint8 [byte].
        start: where PC = 0 lies.
        cells: room for eight bytes, the register file.
        origins: uint16 [byte] or None: entries that go with the bytes of the tape (docs/tokens.md).
        entries: room for eight uint16, the entries of the register file, or None.
        registers: int64 [10] or None: receives PC, SP, A, F, B, C, D, E, H, L.
        max_steps: instructions.
        max_clocks: clock periods.

    Returns:
        Instructions, those among them that are not NOP, and clock periods.
    """
    wrap = tape.size - 1
    for k in range(8):
        cells[k] = ALWAYS if k == F else 0
        if origins is not None:
            entries[k] = UNKNOWN
    pc, sp, steps, operations, clocks = 0, 0, 0, 0, 0
    running = True
    while running and steps < max_steps and clocks <= max_clocks:
        here = (start + pc) & wrap
        opcode = tape[here]
        steps += 1
        clocks += np.int64(CLOCKS[opcode])
        pc = (pc + 1) & 0xFFFF
        if opcode < 0x40:
            operations += opcode & 7 != 0
            pc, sp = lower_half(tape, cells, origins, entries, start, here, pc, sp)
            continue
        operations += 1
        source, target = opcode & 7, opcode >> 3 & 7
        if opcode >= 0xC0:
            pc, sp, extra = upper_half(tape, cells, origins, entries, start, here, pc, sp)
            clocks += extra
        elif opcode >= 0x80:
            byte = tape[(start + pair(cells, H)) & wrap] if source == M else cells[source]
            combine(cells, target, np.int64(byte))
        elif opcode == HALT:
            running = False
        elif source == M:
            load(tape, cells, origins, entries, target, (start + pair(cells, H)) & wrap)
        elif target == M:
            store(tape, cells, origins, entries, source, (start + pair(cells, H)) & wrap, here)
        else:
            cells[target] = cells[source]
            if origins is not None:
                entries[target] = entries[source]
        pc &= 0xFFFF
    if registers is not None:
        registers[0], registers[1] = pc & 0xFFFF & wrap, sp
        registers[2], registers[3] = cells[A], cells[F]
        for k in range(B, L + 1):
            registers[4 + k] = cells[k]
    return steps, operations, clocks
