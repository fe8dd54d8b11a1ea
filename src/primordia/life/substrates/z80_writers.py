"""Which instructions write the partner when a Z80 program meets it: the stack, block copies, or single loads."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from primordia.life.compile import kernel
from primordia.life.substrates.z80_machine import steps
from primordia.life.substrates.z80_registers import N_PLACES, PC, peek, reset, word
from primordia.life.substrates.z80_text import decode

STACK = frozenset(("PUSH", "EX", "CALL", "RST"))
"""EX writes memory in one form only: EX (SP),HL, or IX or IY, exchanges a register pair and the top of the stack."""
BLOCK = frozenset(("LDI", "LDD", "LDIR", "LDDR"))
BEHIND_ED = 256


@kernel
def tally(tape, half, max_steps, counts):
    """Runs a tape in place and adds to counts[opcode] the bytes that arrive from place `half` on.

    An instruction is counted under its opcode, behind a prefix DD or FD too, and under 256 more behind ED.
    """
    cpu, entries = np.zeros(N_PLACES, np.uint8), np.empty(tape.size + N_PLACES, np.uint16)
    reset(cpu)
    for _ in range(max_steps):
        pc = word(cpu, PC)
        opcode = peek(tape, pc)
        if (opcode == 0xDD) | (opcode == 0xFD):
            opcode = peek(tape, pc + 1)
        elif opcode == 0xED:
            opcode = BEHIND_ED + peek(tape, pc + 1)
        for k in range(entries.size):
            entries[k] = k
        steps(tape, entries, cpu, 1)
        for place in range(half, tape.size):
            counts[opcode] += entries[place] != place
        if opcode == 0x76:
            break


def writers(program: NDArray[np.uint8], partners: NDArray[np.uint8], max_steps: int) -> Counter[str]:
    """Bytes that each kind of instruction puts into the partners uint8 [partner, byte], by mnemonic.

    The program runs first on the tape. A byte that an instruction changes in place, as INC (HL) does, is not counted:
    nothing arrives there. Cost: some 0.2 milliseconds for each partner at 128 steps.
    """
    counts = np.zeros(2 * BEHIND_ED, np.int64)
    for partner in partners:
        tally(np.concatenate((program, partner)), len(program), max_steps, counts)
    found: Counter[str] = Counter()
    for opcode in np.flatnonzero(counts).tolist():
        code = bytes([*([0xED] if opcode >= BEHIND_ED else []), opcode % BEHIND_ED, 0, 0])
        found[decode(code, 0).name.partition(" ")[0]] += int(counts[opcode])
    return found


def way_of(found: Counter[str]) -> str:
    """How most bytes come to the partner: "stack", "block", "single" loads, or "none" where nothing does."""
    if not found:
        return "none"
    by_way = {"stack": sum(found[word] for word in STACK), "block": sum(found[word] for word in BLOCK)}
    by_way["single"] = sum(found.values()) - sum(by_way.values())
    return max(by_way, key=lambda way: by_way[way])
