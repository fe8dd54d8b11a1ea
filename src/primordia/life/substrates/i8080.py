"""i8080: the Intel 8080 on a pair tape. Addresses are taken modulo the tape's length; all registers start at 0.

SP too: the first push writes to the end of the tape. IN reads 0, OUT does nothing, HLT stops; steps are instructions.
Source: arXiv 2406.19108, section 3.3, speaks of the 8080 on long tapes only; on pairs it is ours.
"""

from __future__ import annotations

from primordia.life.compile import kernel
from primordia.life.primitives import scratch, wide_room
from primordia.life.substrates.declaration import Substrate
from primordia.life.substrates.i8080_body import body
from primordia.life.substrates.i8080_listing import LEGEND, decode, opcode_class
from primordia.life.substrates.i8080_machine import NO_LIMIT
from primordia.life.substrates.notation import Hex


@kernel(allocates=False)
def execute(tape, max_steps):
    """Runs a pair tape in place until it stops; returns its operations (instructions that are not NOP)."""
    return body(tape, 0, scratch(), None, None, None, max_steps, NO_LIMIT)[1]


@kernel(allocates=False)
def follow(tape, origins, registers, max_steps):
    """As `execute`; moves the entries of `origins` along with the bytes and leaves the registers behind."""
    return body(tape, 0, scratch(), origins, wide_room(), registers, max_steps, NO_LIMIT)[1]


SUBSTRATE = Substrate(
    "i8080",
    "The Intel 8080 processor, whole, with addresses modulo the tape.",
    Hex("i8080", decode),
    {byte: opcode_class(byte) for byte in range(256)},
    LEGEND,
    "PC, SP and all registers start at 0",
    execute,
    follow,
    registers=("PC", "SP", "A", "F", "B", "C", "D", "E", "H", "L"),
    pointers=("SP",),
    max_steps=512,
)
