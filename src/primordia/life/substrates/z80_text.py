"""Z80 programs as text: the mnemonics of all opcodes, documented and not, each with what it does in a phrase.

Numbers are hexadecimal without a mark, as in LD BC,C501; what lies behind the end of the program is written ??.
A relative jump shows its displacement, counted from the instruction behind it.
"""

from __future__ import annotations

from typing import final

from primordia.life.substrates.notation import Decoded
from primordia.life.substrates.z80_meanings import CONDITIONS, meaning

REGISTERS = ("B", "C", "D", "E", "H", "L", "(HL)", "A")
PAIRS = ("BC", "DE", "HL", "SP")
ARITHMETIC = ("ADD A,", "ADC A,", "SUB ", "SBC A,", "AND ", "XOR ", "OR ", "CP ")
SHIFTS = ("RLC", "RRC", "RL", "RR", "SLA", "SRA", "SLL", "SRL")
ON_A = ("RLCA", "RRCA", "RLA", "RRA", "DAA", "CPL", "SCF", "CCF")
MEMORY = 6
WITH_A = ("LD I,A", "LD R,A", "LD A,I", "LD A,R", "RRD", "RLD", "NOP", "NOP")
MODES = (0, 0, 1, 2, 0, 0, 1, 2)
BLOCK = (
    ("LDI", "CPI", "INI", "OUTI"),
    ("LDD", "CPD", "IND", "OUTD"),
    ("LDIR", "CPIR", "INIR", "OTIR"),
    ("LDDR", "CPDR", "INDR", "OTDR"),
)
JUMPS = ("JP", "JR", "DJNZ", "CALL", "RST")


@final
class Reading:
    """A program read byte by byte from an offset on; None stands for a byte behind its end."""

    def __init__(self, program: bytes, offset: int) -> None:
        self.program, self.offset = program, offset
        self.index = ""
        self.goal: int | None = None

    def byte(self) -> int | None:
        """The next byte."""
        self.offset += 1
        return self.program[self.offset - 1] if self.offset <= len(self.program) else None

    def number(self) -> str:
        """The next byte as two digits."""
        return _digits(self.byte())

    def word(self) -> str:
        """The next two bytes as four digits; a jump that uses it goes there."""
        low, high = self.byte(), self.byte()
        if low is not None and high is not None:
            self.goal = (high << 8 | low) % (2 * len(self.program))
        return _digits(high) + _digits(low)

    def displacement(self) -> str:
        """The next byte with a sign; a jump that uses it goes so far."""
        byte = self.byte()
        if byte is None:
            return "+??"
        near = (byte ^ 0x80) - 0x80
        self.goal = (self.offset + near) % (2 * len(self.program))
        return f"{'-' if near < 0 else '+'}{abs(near):02X}"

    def pair(self, number: int, last: str = "SP") -> str:
        """A register pair by its number."""
        return (self.index or "HL") if number == 2 else (*PAIRS[:3], last)[number]

    def register(self, number: int) -> str:
        """An 8-bit register by its number, no memory operand beside it."""
        return self.index + REGISTERS[number] if self.index and number in (4, 5) else REGISTERS[number]

    def memory(self) -> str:
        """The memory operand."""
        return f"({self.index}{self.displacement()})" if self.index else "(HL)"


def _digits(byte: int | None) -> str:
    return "??" if byte is None else f"{byte:02X}"


def decode(program: bytes, offset: int) -> Decoded:
    """The instruction at an offset of a program; its goal, where it has one, is an offset within the program."""
    reading = Reading(program, offset)
    name = _name(reading)
    inside = reading.goal is not None and reading.goal < len(program)
    goal = reading.goal if inside and name.partition(" ")[0] in JUMPS else None
    return Decoded(reading.offset - offset, name, meaning(name), goal)


def _name(reading: Reading) -> str:
    opcode = reading.byte()
    assert opcode is not None
    if opcode in (0xDD, 0xFD):
        following = reading.program[reading.offset] if reading.offset < len(reading.program) else None
        if following in (0xDD, 0xED, 0xFD):
            return "NOP"
        reading.index = "IX" if opcode == 0xDD else "IY"
        opcode = reading.byte()
    if opcode is None:
        return "??"
    if opcode == 0xCB:
        return _bits(reading)
    if opcode == 0xED:
        return _extended(reading)
    return (_low, _copies, _sums, _high)[opcode >> 6](reading, opcode >> 3 & 7, opcode & 7)


def _low(reading: Reading, y: int, z: int) -> str:
    """Opcodes 00 .. 3F."""
    pair = reading.pair(y >> 1)
    if z == 0:
        if y < 2:
            return ("NOP", "EX AF,AF'")[y]
        return ("DJNZ ", "JR ", *(f"JR {condition}," for condition in CONDITIONS[:4]))[y - 2] + reading.displacement()
    if z == 1:
        return f"ADD {reading.pair(2)},{pair}" if y & 1 else f"LD {pair},{reading.word()}"
    if z == 2:
        there = f"({pair})" if y < 4 else f"({reading.word()})"
        here = reading.pair(2) if y in (4, 5) else "A"
        return f"LD {here},{there}" if y & 1 else f"LD {there},{here}"
    if z == 3:
        return f"{'DEC' if y & 1 else 'INC'} {pair}"
    if z == 7:
        return ON_A[y]
    place = reading.memory() if y == MEMORY else reading.register(y)
    return (f"INC {place}", f"DEC {place}", f"LD {place},")[z - 4] + (reading.number() if z == 6 else "")


def _copies(reading: Reading, y: int, z: int) -> str:
    """Opcodes 40 .. 7F: beside a memory operand, H and L are meant even behind a prefix."""
    if y == z == MEMORY:
        return "HALT"
    if y == MEMORY:
        return f"LD {reading.memory()},{REGISTERS[z]}"
    if z == MEMORY:
        return f"LD {REGISTERS[y]},{reading.memory()}"
    return f"LD {reading.register(y)},{reading.register(z)}"


def _sums(reading: Reading, y: int, z: int) -> str:
    """Opcodes 80 .. BF."""
    return ARITHMETIC[y] + (reading.memory() if z == MEMORY else reading.register(z))


def _high(reading: Reading, y: int, z: int) -> str:
    """Opcodes C0 .. FF, prefixes apart."""
    pair = reading.pair(2)
    if z == 0:
        return f"RET {CONDITIONS[y]}"
    if z == 1:
        off = ("RET", "EXX", f"JP ({pair})", f"LD SP,{pair}")[y >> 1]
        return off if y & 1 else f"POP {reading.pair(y >> 1, 'AF')}"
    if z == 2 or z == 4:
        return f"{'JP' if z == 2 else 'CALL'} {CONDITIONS[y]},{reading.word()}"
    if z == 3:
        if y == 0:
            return f"JP {reading.word()}"
        if y < 4:
            return f"OUT ({reading.number()}),A" if y == 2 else f"IN A,({reading.number()})"
        return (f"EX (SP),{pair}", "EX DE,HL", "DI", "EI")[y - 4]
    if z == 5:
        return f"CALL {reading.word()}" if y & 1 else f"PUSH {reading.pair(y >> 1, 'AF')}"
    if z == 6:
        return ARITHMETIC[y] + reading.number()
    reading.goal = 8 * y % (2 * len(reading.program))
    return f"RST {8 * y:02X}"


def _bits(reading: Reading) -> str:
    """Behind CB; behind DD CB and FD CB the displacement comes first, and a register may get the result as well."""
    memory = reading.memory()
    opcode = reading.byte()
    if opcode is None:
        return "??"
    x, y, z = opcode >> 6, opcode >> 3 & 7, opcode & 7
    operand = memory if reading.index or z == MEMORY else REGISTERS[z]
    if reading.index and z != MEMORY and x != 1:
        operand += f",{REGISTERS[z]}"
    return f"{SHIFTS[y]} {operand}" if x == 0 else f"{('BIT', 'RES', 'SET')[x - 1]} {y},{operand}"


def _extended(reading: Reading) -> str:
    """Behind ED."""
    opcode = reading.byte()
    if opcode is None:
        return "??"
    x, y, z = opcode >> 6, opcode >> 3 & 7, opcode & 7
    if x == 2 and y >= 4 and z < 4:
        return BLOCK[y - 4][z]
    if x != 1:
        return "NOP"
    register, pair = REGISTERS[y] if y != MEMORY else "F", PAIRS[y >> 1]
    if z == 3:
        there = f"({reading.word()})"
        return f"LD {pair},{there}" if y & 1 else f"LD {there},{pair}"
    port = f"OUT (C),{0 if y == MEMORY else register}"
    back = "RETI" if y == 1 else "RETN"
    sums = f"{'ADC' if y & 1 else 'SBC'} HL,{pair}"
    return (f"IN {register},(C)", port, sums, "", "NEG", back, f"IM {MODES[y]}", WITH_A[y])[z]
