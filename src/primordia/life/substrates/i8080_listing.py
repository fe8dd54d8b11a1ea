"""The 8080 as text: Intel's mnemonics, what each instruction does, and its colour."""

from __future__ import annotations

from primordia.life.substrates.notation import Decoded

REGISTERS = "BCDEHLMA"
PAIRS = ("B", "D", "H", "SP")
PUSHED = ("B", "D", "H", "PSW")
PAIR_NAMES = {"B": "BC", "D": "DE", "H": "HL", "SP": "SP", "PSW": "A and the flags"}
CONDITIONS = ("NZ", "Z", "NC", "C", "PO", "PE", "P", "M")
CONDITION_WORDS = ("not zero", "zero", "no carry", "carry", "parity odd", "parity even", "plus", "minus")
SUMS = ("ADD", "ADC", "SUB", "SBB", "ANA", "XRA", "ORA", "CMP")
IMMEDIATE_SUMS = ("ADI", "ACI", "SUI", "SBI", "ANI", "XRI", "ORI", "CPI")
SUM_WORDS = (
    *("add {} to A", "add {} and the carry to A", "subtract {} from A", "subtract {} and the borrow from A"),
    *("A and {}, bit by bit", "A exclusive or {}, bit by bit", "A or {}, bit by bit", "compare A with {}"),
)
ADJUSTMENTS = ("RLC", "RRC", "RAL", "RAR", "DAA", "CMA", "STC", "CMC")
ADJUSTMENT_WORDS = (
    *("rotate A left", "rotate A right", "rotate A left through the carry", "rotate A right through the carry"),
    *("make A two decimal digits", "complement A", "set the carry", "complement the carry"),
)
NO_OPERATION = "no operation"

LEGEND = {
    "other": "no operation, halt, ports",
    "null": "null byte, a no-op",
    "loop": "jumps, calls, returns",
    "head0": "registers: moves, loads, sums",
    "head1": "changes where the stack or HL points",
    "write": "changes a byte in place",
    "copy": "writes a register to the tape",
}


def _register(field: int) -> str:
    return "the byte at HL" if field == 6 else REGISTERS[field]


def decode(program: bytes, offset: int) -> Decoded:
    """The instruction at a place of a program; operand bytes past its end read as 0."""
    opcode, low, high = (*program[offset : offset + 3], 0, 0)[:3]
    kind, field = opcode & 7, opcode >> 3 & 7
    byte, address = f"{low:02X}", f"{high << 8 | low:04X}"
    if opcode == 0x76:
        return Decoded(1, "HLT", "stop")
    if opcode >> 6 == 1:
        return Decoded(1, f"MOV {REGISTERS[field]},{REGISTERS[kind]}", f"copy {_register(kind)} to {_register(field)}")
    if opcode >> 6 == 2:
        return Decoded(1, f"{SUMS[field]} {REGISTERS[kind]}", SUM_WORDS[field].format(_register(kind)))
    if opcode >> 6 == 0:
        return _lower_half(kind, field, byte, address)
    goal = high << 8 | low
    return _upper_half(kind, field, byte, address, goal if goal < len(program) else None)


def _lower_half(kind: int, field: int, byte: str, address: str) -> Decoded:
    """Opcodes 00-3F; those of kind 0 all do nothing."""
    name, odd = PAIRS[field >> 1], field & 1
    words = PAIR_NAMES[name]
    if kind == 1:
        return (
            Decoded(1, f"DAD {name}", f"add {words} to HL")
            if odd
            else Decoded(3, f"LXI {name},{address}", f"{words} becomes {address}")
        )
    if kind == 2 and field < 4:
        return (
            Decoded(1, f"LDAX {name}", f"copy the byte at {words} to A")
            if odd
            else Decoded(1, f"STAX {name}", f"copy A to the byte at {words}")
        )
    if kind == 2:
        code, means = (
            ("SHLD", "copy L and H to the two bytes at {}"),
            ("LHLD", "copy the two bytes at {} to L and H"),
            ("STA", "copy A to the byte at {}"),
            ("LDA", "copy the byte at {} to A"),
        )[field - 4]
        return Decoded(3, f"{code} {address}", means.format(address))
    if kind == 3:
        return Decoded(1, f"{'DCX' if odd else 'INX'} {name}", f"{words} {'minus' if odd else 'plus'} one")
    if kind == 4 or kind == 5:
        code, change = ("INR", "plus") if kind == 4 else ("DCR", "minus")
        return Decoded(1, f"{code} {REGISTERS[field]}", f"{_register(field)} {change} one")
    if kind == 6:
        return Decoded(2, f"MVI {REGISTERS[field]},{byte}", f"{_register(field)} becomes {byte}")
    return Decoded(1, ADJUSTMENTS[field], ADJUSTMENT_WORDS[field]) if kind else Decoded(1, "NOP", NO_OPERATION)


def _upper_half(kind: int, field: int, byte: str, address: str, goal: int | None) -> Decoded:
    """Opcodes C0-FF; second opcodes of JMP, RET and CALL go by the same name."""
    odd, when = field & 1, f"if {CONDITION_WORDS[field]}"
    if kind == 0:
        return Decoded(1, f"R{CONDITIONS[field]}", f"return {when}")
    if kind == 1 and not odd:
        name = PUSHED[field >> 1]
        return Decoded(1, f"POP {name}", f"take {PAIR_NAMES[name]} from the stack")
    if kind == 1:
        return (
            Decoded(1, "RET", "return"),
            Decoded(1, "RET", "return"),
            Decoded(1, "PCHL", "jump to HL"),
            Decoded(1, "SPHL", "SP becomes HL"),
        )[field >> 1]
    if kind == 2:
        return Decoded(3, f"J{CONDITIONS[field]} {address}", f"jump to {address} {when}", goal)
    if kind == 3:
        return (
            *(Decoded(3, f"JMP {address}", f"jump to {address}", goal),) * 2,
            Decoded(2, f"OUT {byte}", "nothing is connected"),
            Decoded(2, f"IN {byte}", "A becomes 0: nothing is connected"),
            Decoded(1, "XTHL", "exchange HL and the two bytes at SP"),
            Decoded(1, "XCHG", "exchange DE and HL"),
            Decoded(1, "DI", NO_OPERATION),
            Decoded(1, "EI", NO_OPERATION),
        )[field]
    if kind == 4:
        return Decoded(3, f"C{CONDITIONS[field]} {address}", f"call {address} {when}", goal)
    if kind == 5 and odd:
        return Decoded(3, f"CALL {address}", f"call {address}", goal)
    if kind == 5:
        name = PUSHED[field >> 1]
        return Decoded(1, f"PUSH {name}", f"put {PAIR_NAMES[name]} on the stack")
    if kind == 6:
        return Decoded(2, f"{IMMEDIATE_SUMS[field]} {byte}", SUM_WORDS[field].format(byte))
    return Decoded(1, f"RST {field}", f"call {8 * field:04X}")


def opcode_class(opcode: int) -> str:
    """Which of the seven opcode classes a byte has."""
    name = decode(bytes([opcode]), 0).name
    word, _, operand = name.partition(" ")
    if opcode == 0:
        return "null"
    if word in ("NOP", "HLT", "OUT", "IN", "DI", "EI"):
        return "other"
    if word in ("STAX", "STA", "SHLD", "PUSH", "XTHL") or operand.startswith("M,"):
        return "copy"
    if name in ("INR M", "DCR M"):
        return "write"
    if word in ("RST", "CALL", "RET", "JMP", "PCHL") or (opcode >= 0xC0 and opcode & 7 in (0, 2, 4)):
        return "loop"
    points = name in ("INX H", "DCX H", "INX SP", "DCX SP", "SPHL", "XCHG", "LHLD 0000")
    return "head1" if points or (word in ("LXI", "DAD", "POP") and operand[:1] in ("H", "S")) else "head0"
