"""A Z80 by other hands, the package `z80` by I. Kosarev, put on a memory that is a small tape over and over.

It knows the prefixes DD and FD as steps of their own; here a step lasts until none is pending, and a prefix in front of
another is a step that does nothing, as in `primordia.life.substrates.z80_machine`.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import z80

from primordia.life.substrates import z80_registers as places

WZ_IN_IMAGE = slice(12, 14)
BYTES = {
    "b": places.B,
    "c": places.C,
    "d": places.D,
    "e": places.E,
    "h": places.H,
    "l": places.L,
    "a": places.A,
    "f": places.F,
    "i": places.I,
    "r": places.R,
    "iff2": places.IFF2,
}
WORDS = {"sp": places.SP, "ix": places.IX, "iy": places.IY, "pc": places.PC}
ALTERNATES = {f"alt_{name}": place + places.ALTERNATE for name, place in BYTES.items() if name in "bcdehlaf"}


class OtherZ80:
    """One machine; `tape` is its memory."""

    def __init__(self) -> None:
        self.machine = z80.Z80Machine()
        self.tape = bytearray(32)
        self.machine.mark_addrs(0, 0x10000, self.machine.READ_MARK | self.machine.WRITE_MARK)
        self.machine.set_read_callback(lambda address: self.tape[address % len(self.tape)])
        self.machine.set_write_callback(self._write)
        self.machine.set_input_callback(lambda port: 0)

    def _write(self, address: int, byte: int) -> None:
        self.tape[address % len(self.tape)] = byte

    def put(self, cpu: Any, tape: bytes) -> None:
        """Sets the machine to the registers in `cpu` and its memory to a tape."""
        machine = self.machine
        for name, place in {**BYTES, **ALTERNATES}.items():
            setattr(machine, name, int(cpu[place]))
        for name, place in WORDS.items():
            setattr(machine, name, int(cpu[place]) << 8 | int(cpu[place + 1]))
        machine.get_state_view()[WZ_IN_IMAGE] = bytes([int(cpu[places.WZ + 1]), int(cpu[places.WZ])])
        machine.halted = 0
        self.tape[:] = tape

    def registers(self) -> np.ndarray:
        """The registers, laid out as in `z80_registers`."""
        cpu = np.zeros(places.N_PLACES, np.uint8)
        for name, place in {**BYTES, **ALTERNATES}.items():
            cpu[place] = getattr(self.machine, name)
        for name, place in WORDS.items():
            cpu[place], cpu[place + 1] = divmod(getattr(self.machine, name), 256)
        cpu[places.WZ + 1], cpu[places.WZ] = self.machine.get_state_view()[WZ_IN_IMAGE]
        return cpu

    def step(self) -> bool:
        """One instruction; says whether the machine has halted."""
        while True:
            self.machine.ticks_to_stop = 1
            self.machine.run()
            following = self.tape[self.machine.pc % len(self.tape)]
            if self.machine.index_rp_kind is z80.HL or following in (0xDD, 0xED, 0xFD):
                return self.machine.halted


def other_disassembly(program: bytes) -> tuple[str, int]:
    """The other disassembler's text and length of the first instruction, its spelling turned into ours.

    It marks every operand with a letter for its kind, prints displacements in decimal, and writes names of its own for
    opcodes that repeat others.
    """
    text, length = z80.Z80Machine._disasm(program[:8])
    mnemonic, _, operands = text.partition(" ")
    mnemonic = re.sub("^[A-Z]|^x", "", mnemonic).upper()
    parts = [re.sub("(^|[(])[A-Z](?=[a-z0-9$(])", r"\1", part) for part in operands.split(", ") if part]
    parts = [part for part in parts if not part.startswith("0xed")]
    parts = [re.sub("0x", "", part).upper() for part in parts]
    parts = [re.sub(r"(I[XY]|\$) ([+-]) (\d+)", _displacement, part) for part in parts]
    if mnemonic == "RST":
        parts[0] = parts[0][2:]
    if mnemonic == "BIT" and len(parts) == 3:
        parts = parts[1:]  # the register that the opcode names gets nothing
    if mnemonic in ("RES", "SET") and len(parts) == 3:
        parts = [*parts[1:], parts[0]]
    if (mnemonic, parts) == ("IN", ["(C)"]):
        parts = ["F", "(C)"]
    if (mnemonic, parts) == ("OUT", ["(C)", "00"]):
        parts = ["(C)", "0"]
    return f"{mnemonic} {','.join(parts)}".strip(), length


def _displacement(match: re.Match[str]) -> str:
    """A displacement with two digits; one of a jump is counted from the instruction behind it."""
    jump = match[1] == "$"
    distance = int(match[2] + match[3]) - (2 if jump else 0)
    return f"{'' if jump else match[1]}{'-' if distance < 0 else '+'}{abs(distance):02X}"
