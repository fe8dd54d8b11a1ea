"""The Z80 against a Z80 by other hands: every opcode behind every prefix, every register, flag and byte of memory."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles.other_z80 import OtherZ80, other_disassembly
from primordia.core.errors import BadInputError
from primordia.life.soup import evaluate, random_soup
from primordia.life.substrates import substrate
from primordia.life.substrates import z80_registers as places
from primordia.life.substrates.z80_machine import steps
from primordia.life.substrates.z80_opcodes import CLASS

PREFIXES = {"none": (), "CB": (0xCB,), "ED": (0xED,), "DD": (0xDD,), "FD": (0xFD,)}
PREFIXES |= {"DD CB": (0xDD, 0xCB, None), "FD CB": (0xFD, 0xCB, None)}
INPUT = (0xA2, 0xAA, 0xB2, 0xBA)
UNUSED = [6, 9, 23, 30, 33]
LENGTHS = (16, 32, 64)


def random_state(rng: np.random.Generator, k: int) -> np.ndarray:
    """Registers at random; every fourth time so that counters run out."""
    cpu = rng.integers(0, 256, places.N_PLACES).astype(np.uint8)
    if k % 4 == 0:
        cpu[[places.B, places.C]] = rng.choice([0, 1], 2)
    cpu[UNUSED] = 0
    cpu[places.IFF2] &= 1
    return cpu


def put_instruction(tape: np.ndarray, cpu: np.ndarray, opcode: int, prefix: tuple, rng: np.random.Generator) -> None:
    """An opcode behind its prefix where the program counter stands; None in a prefix is a random displacement."""
    pc = int(cpu[places.PC]) << 8 | int(cpu[places.PC + 1])
    for offset, byte in enumerate((*prefix, opcode)):
        tape[(pc + offset) % len(tape)] = rng.integers(256) if byte is None else byte


@pytest.mark.parametrize("prefix", PREFIXES.values(), ids=PREFIXES.keys())
def test_every_instruction_does_what_the_other_machine_does(prefix: tuple[int | None, ...]) -> None:
    rng = np.random.default_rng(len(prefix) + (prefix[0] if prefix else 0))
    other = OtherZ80()
    for opcode in range(256):
        for k in range(8):
            tape = rng.integers(0, 256, rng.choice([32, 64, 2048])).astype(np.uint8)
            cpu = random_state(rng, k)
            put_instruction(tape, cpu, opcode, prefix, rng)
            other.put(cpu, tape.tobytes())
            other.step()
            wanted, before = other.registers(), cpu.copy()
            assert steps(tape, None, cpu, 1) == 1
            if prefix == (0xED,) and opcode in INPUT:
                # The other machine counts B down before it notes the port in WZ. Boo-boo's "MEMPTR, esoteric register
                # of the ZiLOG Z80 CPU" and the wiki of redcode/Z80 have BC as it was before.
                by = -1 if opcode & 8 else 1
                port = (int(before[places.B]) << 8 | int(before[places.C])) + by & 0xFFFF
                wanted[places.WZ], wanted[places.WZ + 1] = divmod(port, 256)
            assert cpu.tolist() == wanted.tolist(), (hex(opcode), k, before.tolist())
            assert tape.tobytes() == bytes(other.tape), (hex(opcode), k, before.tolist())


def other_run(tape: np.ndarray, max_steps: int) -> tuple[bytes, int, np.ndarray]:
    """The other machine from power-up on a tape: what becomes of it, the steps, the registers."""
    other, cpu = OtherZ80(), np.zeros(places.N_PLACES, np.uint8)
    places.reset(cpu)
    other.put(cpu, tape.tobytes())
    for done in range(1, max_steps + 1):
        if other.step():
            return bytes(other.tape), done, other.registers()
    return bytes(other.tape), max_steps, other.registers()


def follow(tape: np.ndarray, max_steps: int, origins: np.ndarray | None = None) -> tuple[int, np.ndarray, dict]:
    """`follow` on a tape, in place: its operations, the origins, the registers by name."""
    origins = np.arange(len(tape), dtype=np.uint16) if origins is None else origins
    registers = np.zeros(len(places.NAMES), np.int64)
    operations = substrate("z80").follow(tape, origins, registers, max_steps)
    return operations, origins, dict(zip(places.NAMES, registers.tolist(), strict=True))


# Bytes that keep a run going and mixed: prefixes, block instructions, the stack, indirect loads, short jumps.
FAVOURED = [0xDD, 0xFD, 0xCB, 0xED, 0xB0, 0xB8, 0xA0, 0xC5, 0xE5, 0xF5, 0xC1, 0xE1, 0x01, 0x21, 0x11, 0x12, 0x77, 0x34]
FAVOURED += [0x10, 0x18, 0xCD, 0xC9, 0xE3, 0x08, 0xD9, 0xEB, 0x86, 0x27, 0x36, 0x22, 0x2A, 0x00]
BYTES = st.one_of(st.integers(0, 255), st.sampled_from(FAVOURED))


@pytest.mark.thorough
@settings(max_examples=250, deadline=None)
@given(st.sampled_from(LENGTHS).flatmap(lambda n: st.lists(BYTES, min_size=2 * n, max_size=2 * n)), st.integers(0, 128))
def test_whole_runs_agree_with_the_other_machine(raw: list[int], max_steps: int) -> None:
    tape = np.array(raw, np.uint8)
    wanted_tape, wanted_steps, wanted = other_run(tape, max_steps)
    followed = tape.copy()
    assert substrate("z80").execute(tape, max_steps) == wanted_steps
    assert tape.tobytes() == wanted_tape
    operations, _, registers = follow(followed, max_steps)
    assert (operations, followed.tobytes()) == (wanted_steps, wanted_tape)
    there = {"SP": "SP", "PC": "PC", "AF": "AF", "BC": "BC", "DE": "DE", "HL": "HL", "IX": "IX", "IY": "IY"}
    for name, attribute in there.items():
        place = getattr(places, attribute)
        assert registers[name] == int(wanted[place]) << 8 | int(wanted[place + 1]), name
    assert registers["pointer"] == registers["PC"] % len(tape)
    assert (registers["I"], registers["R"]) == (int(wanted[places.I]), int(wanted[places.R]))


def test_a_machine_at_power_up() -> None:
    operations, origins, registers = follow(np.zeros(32, np.uint8), 0)
    assert operations == 0
    assert origins.tolist() == list(range(32))
    ones = {"AF": 0xFFFF, "SP": 0xFFFF}
    assert registers == {name: ones.get(name, 0) for name in places.NAMES}


def test_halt_ends_a_run_and_counts() -> None:
    tape = np.array([0, 0x76, 0x3C] + [0] * 29, np.uint8)
    assert substrate("z80").execute(tape, 128) == 2


def test_prefixes_in_a_row_end() -> None:
    """A tape of nothing but prefixes is a run of steps that do nothing."""
    tape = np.full(32, 0xDD, np.uint8)
    assert substrate("z80").execute(tape, 128) == 128
    assert set(tape.tolist()) == {0xDD}


@pytest.mark.parametrize("length", substrate("z80").tape_lengths)
def test_programs_of_every_length(length: int) -> None:
    for tape in random_soup(4, 6, 2 * length):
        followed = tape.copy()
        wanted, done, _ = other_run(tape, 500)
        assert substrate("z80").execute(tape, 500) == done
        assert follow(followed, 500)[0] == done
        assert tape.tobytes() == followed.tobytes() == wanted


@pytest.mark.parametrize("length", LENGTHS)
def test_the_limit_counts_instructions(length: int) -> None:
    tapes = random_soup(9, 400, 2 * length)
    for max_steps in (0, 1, 2, 17, 128):
        _, operations = evaluate("z80", tapes, max_steps)
        assert operations.max() == max_steps
        for k in range(0, 400, 40):
            assert operations[k] == other_run(tapes[k], max_steps)[1]


# Where bytes come from.


def origins_after(program: str, max_steps: int, size: int = 32) -> list[int]:
    """The origins after a program in hexadecimal, followed by null bytes."""
    tape = np.zeros(size, np.uint8)
    code = bytes.fromhex(program)
    tape[: len(code)] = np.frombuffer(code, np.uint8)
    return follow(tape, max_steps)[1].tolist()


@pytest.mark.parametrize(
    ("what", "program", "max_steps", "changed"),
    [
        ("LD BC,C501; PUSH BC: the literal's bytes", "01 01 C5 C5", 2, {30: 2, 29: 1}),
        ("PUSH BC at power-up: nothing from the tape, so the PUSH itself", "C5", 1, {30: 0, 29: 0}),
        ("LD A,7; LD (1F),A", "3E 07 32 1F 00", 2, {31: 1}),
        ("ADD A,B keeps A's", "3E 07 06 09 80 32 1F 00", 4, {31: 1}),
        ("XOR A keeps A's", "3E 07 AF 32 1F 00", 3, {31: 1}),
        ("LD A,B takes B's", "3E 07 06 09 78 32 1F 00", 4, {31: 3}),
        ("LD A,(1E); LD (1F),A", "3A 1E 00 32 1F 00", 2, {31: 30}),
        ("LD (HL),n: the literal", "21 1F 00 36 55", 2, {31: 4}),
        ("INC (HL) stays", "21 1F 00 34", 2, {}),
        ("RLC (IX+1F) stays", "DD CB 1F 06", 1, {}),
        ("RLC (IX+1F),B gives B the byte's", "DD CB 1F 00 70", 2, {0: 31}),
        ("LDI", "21 05 00 11 1F 00 ED A0", 3, {31: 5}),
        ("LDIR of three", "01 03 00 11 1A 00 ED B0", 5, {26: 0, 27: 1, 28: 2}),
        ("LDDR of three", "01 03 00 21 02 00 11 1F 00 ED B8", 6, {31: 2, 30: 1, 29: 0}),
        ("CALL pushes an address of its opcode", "00 CD 10 00", 2, {30: 1, 29: 1}),
        ("RST pushes an address of its opcode", "00 00 EF", 3, {30: 2, 29: 2}),
        ("POP BC; PUSH BC elsewhere", "C1 31 1F 00 C5", 3, {30: 0, 29: 31}),
        ("EX DE,HL; PUSH HL", "11 34 12 EB E5", 3, {30: 2, 29: 1}),
        ("EXX; PUSH BC; EXX", "01 34 12 D9 C5 D9 C5", 5, {30: 4, 29: 4, 28: 2, 27: 1}),
        ("EX (SP),HL exchanges", "21 34 12 31 10 00 E3 22 1E 00", 4, {16: 1, 17: 2, 30: 16, 31: 17}),
        ("LD SP,HL; LD (1E),SP", "21 34 12 F9 ED 73 1E 00", 3, {30: 1, 31: 2}),
        ("IN A,(5); LD (1F),A: the opcode", "DB 05 32 1F 00", 2, {31: 0}),
        ("INI writes its own", "21 1F 00 ED A2", 2, {31: 4}),
        ("INC IX; PUSH IX keeps the literal's", "DD 21 34 12 DD 23 DD E5", 3, {30: 3, 29: 2}),
        ("LD I,A; LD A,I", "3E 07 ED 47 3E 09 ED 57 32 1F 00", 5, {31: 1}),
    ],
)
def test_origins(what: str, program: str, max_steps: int, changed: dict[int, int]) -> None:
    wanted = [changed.get(place, place) for place in range(32)]
    assert origins_after(program, max_steps) == wanted


MOVES = [0x02, 0x12, 0x32, 0x0A, 0x1A, 0x3A, 0x22, 0x2A, 0x36, 0x08, 0xD9, 0xEB, 0xE3, 0xF9]
MOVES += [
    0x01,
    0x11,
    0x21,
    0x31,
    0x06,
    0x0E,
    0x16,
    0x1E,
    0x26,
    0x2E,
    0x3E,
    0xC1,
    0xD1,
    0xE1,
    0xF1,
    0xC5,
    0xD5,
    0xE5,
    0xF5,
]
MOVES += [opcode for opcode in range(0x40, 0x80) if opcode != 0x76]
EXTENDED_MOVES = [0x43, 0x53, 0x63, 0x73, 0x4B, 0x5B, 0x6B, 0x7B, 0x47, 0x4F, 0xA0, 0xA8, 0xB0, 0xB8]
# Places whose value a move changes without any byte arriving there: counters, addresses, and what a block move counts.
COUNTING = {places.R, places.PC, places.PC + 1, places.WZ, places.WZ + 1, *UNUSED, places.IFF2}
MOVING = {*range(6), places.F}


def of_entry(entries: np.ndarray) -> np.ndarray:
    """A byte for every entry, so that a byte tells what its entry should be: 167 is odd, so every byte has entries."""
    return (entries.astype(np.int64) * 167 % 256).astype(np.uint8)


@pytest.mark.parametrize("prefix", [(), (0xDD,), (0xFD,), (0xED,)], ids=["none", "DD", "FD", "ED"])
def test_a_moved_byte_takes_its_entry_along(prefix: tuple) -> None:
    """Every byte of tape and registers is a function of its entry; moving bytes about must keep it so."""
    rng, size = np.random.default_rng(3), 64
    for opcode in EXTENDED_MOVES if prefix == (0xED,) else MOVES:
        counted = COUNTING | ({places.SP, places.SP + 1} if opcode & 0xCB == 0xC1 else set())
        counted |= MOVING if prefix == (0xED,) and opcode >= 0xA0 else set()
        held = [k for k in range(size + places.N_PLACES) if k - size not in counted]
        for _ in range(20):
            entries = rng.integers(0, 60_000, size + places.N_PLACES).astype(np.uint16)
            start = int(rng.integers(size))
            for offset, byte in enumerate([*prefix, opcode]):
                entries[(start + offset) % size] = byte * pow(167, -1, 256) % 256
            tape, cpu = np.split(of_entry(entries), [size])
            cpu[places.PC], cpu[places.PC + 1] = 0, start
            steps(tape, entries, cpu, 1)
            after = np.concatenate((tape, cpu))
            assert after[held].tolist() == of_entry(entries)[held].tolist(), hex(opcode)


@settings(max_examples=200, deadline=None)
@given(st.lists(BYTES, min_size=32, max_size=32), st.integers(0, 128))
def test_origins_are_places_of_the_tape(raw: list[int], max_steps: int) -> None:
    _, origins, _ = follow(np.array(raw, np.uint8), max_steps)
    assert origins.max() < 32


# Replicators of section 3.3.


@pytest.mark.parametrize("partner", [0x00, 0xAA])
def test_a_pushing_program_fills_its_partner_from_the_end(partner: int) -> None:
    tape = np.array([0x01, 0xC5] * 8 + [partner] * 16, np.uint8)
    halfway = tape.copy()
    substrate("z80").execute(halfway, 4)
    assert halfway[-5:-1].tolist() == [0xC5, 0x01, 0xC5, 0x01]
    substrate("z80").execute(tape, 128)
    assert tape.tolist() == [0x01, 0xC5] * 16


def test_a_block_copy_copies_its_program_to_the_partner() -> None:
    program = [0x11, 0x10, 0x00, 0x01, 0x10, 0x00, 0xED, 0xB0, *range(8)]  # LD DE,0010; LD BC,0010; LDIR
    tape = np.array(program + [0xAA] * 16, np.uint8)
    assert substrate("z80").execute(tape.copy(), 18) == 18
    substrate("z80").execute(tape, 18)
    assert tape.tolist() == program * 2


RETURN_CHAIN = bytes.fromhex("04 E3 21 E3 21 E0 04 E0") * 2  # found by the demo of life/z80


def test_a_chain_of_returns_copies_itself_onto_any_partner() -> None:
    """EX (SP),HL writes what RET PO then takes for the next address: docs/life-z80.md. Origins say the same."""
    for partner in random_soup(1, 64, 16):
        tape = np.concatenate((np.frombuffer(RETURN_CHAIN, np.uint8), partner))
        _, origins, _ = follow(tape, 128)
        assert tape.tobytes() == RETURN_CHAIN * 2
        assert all(RETURN_CHAIN[origin] == byte for origin, byte in zip(origins[16:], tape[16:], strict=True))
        # The two words that it loads stand in bytes 3, 4 (21E3) and 5, 6 (04E0) of the code that was read.
        assert set(origins[16:30].tolist()) <= {3, 4, 5, 6}


# Programs as text.


@pytest.mark.parametrize("prefix", PREFIXES.values(), ids=PREFIXES.keys())
def test_disassembly_agrees_with_the_other_one(prefix: tuple) -> None:
    language = substrate("z80")
    for opcode in range(256):
        if prefix in ((0xDD,), (0xFD,)) and opcode in (0xDD, 0xED, 0xFD):
            continue  # a prefix before a prefix: a listing of ours shows two lines
        program = bytes([*(0xFB if byte is None else byte for byte in prefix), opcode, 0x34, 0x92]) + bytes(8)
        line = language.disassemble(program)[0]
        text, length = other_disassembly(program)
        assert (line.glyph, len(line.raw)) == (text, length), hex(opcode)
        assert line.meaning


def test_a_listing() -> None:
    program = bytes.fromhex("01 01 C5 C5 ED B0 DD 36 FE 07 20 F4 C3 10 00 DD")
    lines = substrate("z80").disassemble(program)
    assert [line.glyph for line in lines] == [
        *("LD BC,C501", "PUSH BC", "LDIR", "LD (IX-02),07", "JR NZ,-0C", "JP 0010", "??")
    ]
    assert [line.partner for line in lines] == [None, None, None, None, 0, None, None]
    assert lines[2].meaning == "copy (HL) to (DE), HL and DE plus one, BC minus one; again until BC is zero"
    assert b"".join(line.raw for line in lines) == program


def test_an_instruction_that_the_end_cuts_off() -> None:
    assert [line.glyph for line in substrate("z80").disassemble(b"\x01\xc5")] == ["LD BC,??C5"]
    assert [line.glyph for line in substrate("z80").disassemble(b"\x20")] == ["JR NZ,+??"]
    assert [line.glyph for line in substrate("z80").disassemble(b"\xdd\xdd")] == ["NOP", "??"]


@given(st.binary(min_size=1, max_size=64))
def test_text_stands_for_the_program(program: bytes) -> None:
    language = substrate("z80")
    assert language.parse(language.format(program)) == program
    assert b"".join(line.raw for line in language.disassemble(program)) == program


def test_text_that_is_no_program() -> None:
    with pytest.raises(BadInputError, match="'G'"):
        substrate("z80").parse("01 CG")


def test_classes_are_those_of_the_legend() -> None:
    language = substrate("z80")
    assert set(CLASS) == set(language.legend)
    expected = {0x00: "null", 0xC5: "copy", 0xED: "copy", 0x18: "loop", 0x77: "write", 0x7E: "head1", 0x01: "head0"}
    assert {byte: language.classes[byte] for byte in expected} == expected
