"""z80: the processor of the paper's section 3.3, on a memory that is nothing but the two programs."""

from __future__ import annotations

from primordia.life.compile import kernel
from primordia.life.primitives import scratch, wide_room
from primordia.life.substrates.declaration import Substrate
from primordia.life.substrates.notation import Hex
from primordia.life.substrates.z80_machine import steps
from primordia.life.substrates.z80_opcodes import CLASS
from primordia.life.substrates.z80_registers import N_PLACES, NAMES, NOWHERE, report, reset
from primordia.life.substrates.z80_text import decode

LEGEND = {
    "other": "works on registers, or a prefix",
    "null": "null byte: no operation",
    "loop": "jumps, calls, returns or stops",
    "head0": "sets or counts a 16-bit register",
    "head1": "reads memory into a register",
    "write": "writes a byte to memory",
    "copy": "pushes two bytes; ED, the prefix of block copies",
}


@kernel(allocates=False)
def execute(tape, max_steps):
    """Runs a pair tape in place from power-up until it stops; returns its instructions."""
    cpu = scratch()
    reset(cpu)
    return steps(tape, None, cpu, max_steps)


@kernel(allocates=False)
def follow(tape, origins, registers, max_steps):
    """The same, with origins and registers; see `Substrate.follow`."""
    cpu, entries = scratch(), wide_room()
    reset(cpu)
    for place in range(tape.size):
        entries[place] = origins[place]
    for place in range(N_PLACES):
        entries[tape.size + place] = NOWHERE
    done = steps(tape, entries, cpu, max_steps)
    for place in range(tape.size):
        origins[place] = entries[place]
    report(tape, cpu, registers)
    return done


SUBSTRATE = Substrate(
    "z80",
    "The Z80 processor, every opcode of it, whose whole memory is the pair of programs.",
    Hex("z80", decode),
    dict(enumerate(CLASS)),
    LEGEND,
    start="at byte 0 with the stack pointer behind the end of the pair; A and the flags all ones, the rest zero",
    execute=execute,
    follow=follow,
    registers=NAMES,
    pointers=("SP", "HL", "DE"),
    max_steps=128,
)
