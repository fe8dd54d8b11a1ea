"""Which instructions write the partner when a Z80 program meets it: the stack, block copies, or single loads."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from primordia.life.substrates.z80_machine import steps
from primordia.life.substrates.z80_registers import N_PLACES, PC, reset
from primordia.life.substrates.z80_text import decode

STACK = frozenset(("PUSH", "CALL", "RST"))
BLOCK = frozenset(("LDI", "LDD", "LDIR", "LDDR"))


def writers(program: NDArray[np.uint8], partner: NDArray[np.uint8], max_steps: int) -> Counter[str]:
    """Bytes that each kind of instruction puts into the partner, by mnemonic.

    The program runs first on the tape, one step at a time. A byte that an instruction changes in place, as INC (HL)
    does, is not counted: nothing arrives there. Cost: max_steps calls of a kernel.
    """
    tape, cpu = np.concatenate((program, partner)), np.zeros(N_PLACES, np.uint8)
    labels = np.arange(len(tape) + N_PLACES, dtype=np.uint16)
    found: Counter[str] = Counter()
    reset(cpu)
    for _ in range(max_steps):
        pc = (int(cpu[PC]) << 8 | int(cpu[PC + 1])) % len(tape)
        word = decode(np.roll(tape, -pc).tobytes(), 0).name.partition(" ")[0]
        entries = labels.copy()
        steps(tape, entries, cpu, 1)
        arrived = int((entries[len(program) : len(tape)] != labels[len(program) : len(tape)]).sum())
        if arrived:
            found[word] += arrived
        if word == "HALT":
            break
    return found


def way_of(found: Counter[str]) -> str:
    """How most bytes come to the partner: "stack", "block", "single" loads, or "none" where nothing does."""
    if not found:
        return "none"
    by_way = {"stack": sum(found[word] for word in STACK), "block": sum(found[word] for word in BLOCK)}
    by_way["single"] = sum(found.values()) - sum(by_way.values())
    return max(by_way, key=lambda way: by_way[way])
