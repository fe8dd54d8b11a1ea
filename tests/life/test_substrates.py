"""Substrates as declared: names, glyphs, text, disassembly; and that looking at them needs no compiler."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles import plain_bff
from primordia.core.errors import BadInputError, UnknownNameError
from primordia.life import primitives
from primordia.life.substrates import FAMILIES, substrate
from primordia.life.tape import instruction_mask

CLASSES = {"loop", "head0", "head1", "write", "copy", "null", "other"}


@pytest.mark.parametrize("name", FAMILIES["bff"])
def test_declarations_agree_with_the_specification(name: str) -> None:
    language = substrate(name)
    bytes_of, bits, heads, fixed, _ = plain_bff.LANGUAGES[name]
    for byte in range(256):
        wanted = [glyph for glyph, first in bytes_of.items() if first == byte & bits]
        assert language.notation.opcodes.get(byte) == (wanted[0] if wanted else None)
        assert (byte in language.notation.zero_bytes) == (byte & bits == 0)
    assert set(language.classes) == set(range(256))
    assert set(language.classes.values()) <= CLASSES
    assert heads == ("bytes 0 and 1" in language.start)
    assert (language.notation.brackets is None) == fixed


@pytest.mark.parametrize("name", FAMILIES["bff"])
def test_the_masks_find_exactly_the_instructions(name: str) -> None:
    module = sys.modules[substrate(name).execute.__module__]
    every_byte = np.arange(256, dtype=np.uint8)
    found = [int(instruction_mask(every_byte, start, module.TESTS)) for start in range(0, 256, 64)]
    places = {byte for byte in range(256) if found[byte // 64] >> (byte % 64) & 1}
    assert places == set(substrate(name).notation.opcodes)
    assert places == set(np.flatnonzero(module.TABLE))


@given(name=st.sampled_from(FAMILIES["bff"]), program=st.binary(max_size=64))
def test_text_stands_for_the_program(name: str, program: bytes) -> None:
    language = substrate(name)
    text = language.format(program)
    assert len(text) == len(program)
    again = language.parse(text)
    assert language.format(again) == text
    if name == "bff_noheads_4bit":  # the high half of an instruction or a zero has no effect, and no glyph
        effective = [byte % 16 if byte % 16 in (0, *range(6, 16)) else byte for byte in program]
        assert again == bytes(effective)
    else:
        assert again == program


def test_glyphs_of_the_specification() -> None:
    language = substrate("bff_noheads")
    assert language.parse("[[{.>]-]") == b"[[{.>]-]"
    assert language.format(bytes([0, 0x20, 0xC4, 0xCC, 0xF1, 0xF3, 0xC3])) == "0\u0120AIJL\u01c3"
    assert substrate("bff_perm").format(bytes([1, 10, 60])) == "<]\u013c"
    assert substrate("bff_selfmove").parse(".{}0>") == bytes(5)
    assert substrate("bff_noheads_4bit").format(bytes([0x16, 0xF0, 0x15])) == "[0\u0115"


@pytest.mark.parametrize("name", FAMILIES["bff"])
def test_an_unknown_glyph_is_named_with_its_place(name: str) -> None:
    with pytest.raises(BadInputError, match=r"'!' \(character 2 of"):
        substrate(name).parse("[]!")


def test_an_unknown_name_suggests_a_known_one() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'bff_noheads'"):
        substrate("bff_nohead")


def test_disassembly_pairs_brackets() -> None:
    lines = substrate("bff_noheads").disassemble(b"][[x]]0\0")
    assert [line.partner for line in lines] == [None, 5, 4, None, 2, 1, None, None]
    assert [line.glyph for line in lines] == ["]", "[", "[", "\u0178", "]", "]", "\u0130", "0"]
    assert lines[3].meaning == "no operation"
    assert [line.opcode_class for line in lines][2:] == ["loop", "other", "loop", "loop", "other", "null"]
    assert {line.partner for line in substrate("bff8").disassemble(b"[]")} == {None}
    assert "nine" in substrate("bff8").disassemble(b"[")[0].meaning


def test_reading_a_declaration_imports_no_compiler() -> None:
    look = "from primordia.life.substrates import names, substrate; [substrate(n).format(b'x[') for n in names()]"
    code = f"import sys; {look}; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@settings(deadline=None)  # the first call compiles
@given(
    raw=st.binary(min_size=16, max_size=200),
    keep=st.integers(0, 255),
    low=st.integers(0, 255),
    start=st.integers(0, 15),
)
def test_masks_of_the_machine_are_the_scalar_ones(raw: bytes, keep: int, low: int, start: int) -> None:
    tape = np.frombuffer(raw, np.uint8)
    tests = np.array([[keep, low, keep // 2]], np.uint8)
    wanted = primitives.byte_matches(tape, start, keep, low, keep // 2)
    assert int(instruction_mask(tape, start, tests)) == wanted


def test_scalar_bit_counts() -> None:
    for word in (1, 6, 1 << 63, (1 << 63) | 8, 0xFFFF):
        assert primitives.lowest_bit(word) == (word & -word).bit_length() - 1
        assert primitives.highest_bit(word) == word.bit_length() - 1
    tickets = np.zeros(1, np.int64)
    assert [primitives.take_ticket(tickets) for _ in range(3)] == [0, 1, 2]
