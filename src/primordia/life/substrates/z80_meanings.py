"""What each Z80 mnemonic does, in a phrase; {0} and {1} are its operands."""

from __future__ import annotations

CONDITIONS = ("NZ", "Z", "NC", "C", "PO", "PE", "P", "M")

MEANINGS = {
    "??": "an instruction whose opcode lies behind the end of the program",
    "NOP": "no operation",
    "LD": "{0} takes the value of {1}",
    "EX": "{0} and {1} change places",
    "EXX": "BC, DE and HL change places with their alternates",
    "INC": "{0} plus one",
    "DEC": "{0} minus one",
    "ADD": "{0} plus {1}",
    "ADC": "{0} plus {1} plus carry",
    "SUB": "A minus {0}",
    "SBC": "{0} minus {1} minus carry",
    "AND": "A and {0}, bit by bit",
    "XOR": "A exclusive-or {0}, bit by bit",
    "OR": "A or {0}, bit by bit",
    "CP": "compare A with {0}",
    "RLC": "rotate {0} left",
    "RRC": "rotate {0} right",
    "RL": "rotate {0} left through carry",
    "RR": "rotate {0} right through carry",
    "SLA": "shift {0} left",
    "SRA": "shift {0} right, the sign stays",
    "SLL": "shift {0} left, a one comes in",
    "SRL": "shift {0} right",
    "RLCA": "rotate A left",
    "RRCA": "rotate A right",
    "RLA": "rotate A left through carry",
    "RRA": "rotate A right through carry",
    "DAA": "make A two decimal digits again",
    "CPL": "every bit of A inverted",
    "NEG": "A becomes zero minus A",
    "SCF": "set carry",
    "CCF": "invert carry",
    "BIT": "test bit {0} of {1}",
    "RES": "clear bit {0} of {1}",
    "SET": "set bit {0} of {1}",
    "JP": "go to {0}",
    "JR": "go {0} from the next instruction on",
    "DJNZ": "B minus one; unless it is zero, go {0} from the next instruction on",
    "CALL": "push the address behind, go to {0}",
    "RST": "push the address behind, go to {0}",
    "RET": "go to the address on the stack",
    "RETI": "go to the address on the stack",
    "RETN": "go to the address on the stack",
    "PUSH": "SP minus two, {0} to the two bytes there",
    "POP": "{0} takes the two bytes at SP, SP plus two",
    "HALT": "stop",
    "DI": "interrupts off (there are none)",
    "EI": "interrupts on (there are none)",
    "IM": "interrupt mode (there are none)",
    "IN": "{0} takes a zero: no port is connected",
    "OUT": "nothing: no port is connected",
    "RRD": "the half bytes of A and (HL) rotate right",
    "RLD": "the half bytes of A and (HL) rotate left",
    "LDI": "copy (HL) to (DE), HL and DE plus one, BC minus one",
    "LDD": "copy (HL) to (DE), HL and DE minus one, BC minus one",
    "CPI": "compare A with (HL), HL plus one, BC minus one",
    "CPD": "compare A with (HL), HL minus one, BC minus one",
    "INI": "zero to (HL), HL plus one, B minus one",
    "IND": "zero to (HL), HL minus one, B minus one",
    "OUTI": "HL plus one, B minus one",
    "OUTD": "HL minus one, B minus one",
}
REPEATED = {"LDIR": "LDI", "LDDR": "LDD", "CPIR": "CPI", "CPDR": "CPD", "INIR": "INI", "INDR": "IND"}
REPEATED |= {"OTIR": "OUTI", "OTDR": "OUTD"}
USUAL = dict.fromkeys(("RLC", "RRC", "RL", "RR", "SLA", "SRA", "SLL", "SRL"), 1)
"""Operands of those to which a DD CB or FD CB prefix can add one: the register that gets the result as well."""


def meaning(name: str) -> str:
    """What an instruction does, from its text."""
    word, _, rest = name.partition(" ")
    operands = rest.split(",")
    if word in REPEATED:
        counter = "B" if word[:2] in ("IN", "OT") else "BC"
        until = " or it was found" if word[:2] == "CP" else ""
        return f"{MEANINGS[REPEATED[word]]}; again until {counter} is zero{until}"
    if word in ("JP", "JR", "CALL", "RET") and operands[0] in CONDITIONS:
        return f"if {operands[0]}: {MEANINGS[word].format(*operands[1:])}"
    copied = f"; the result goes to {operands[-1]} too" if len(operands) > USUAL.get(word, 2) else ""
    return MEANINGS[word].format(*operands) + copied
