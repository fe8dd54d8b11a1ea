"""The Forth family: every byte, operation, origin and register against the plain interpreter; the authors' numbers."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from oracles import plain_forth
from primordia.core.errors import BadInputError
from primordia.life.claims.measuring import evaluate_vector, golden_logs
from primordia.life.golden import EVALUATOR_VECTORS, LOG_PROGRAMS, LOG_SEED
from primordia.life.soup import random_soup, run_epochs
from primordia.life.substrates import CLASSES, FAMILIES, substrate

NAMES = FAMILIES["forth"]
FAVOURED = np.array([*range(16), 0x13, 0x40, 0x41, 0x7F, 0x80, 0x81, 0x85, *range(0xC0, 0xC8), 0xD0], np.uint8)
# sha256 of the soup after 1, 65 and 257 epochs, 131,072 programs, seed 10248 (equal to the authors')
HASHES = {
    "forth": ("862e94e38256a564", "d80ae08473cd76b1", "bf790a99d811dfdd"),
    "forthcopy": ("89645cca41a2d84f", "867a255142cadc9b", "30ee4604b20babd0"),
    "forthtrivial": ("3150d06000a018ae", "be7ddd384cd8d34c", "61f72ed77cc5542c"),
    "forthtrivial_reset": ("340ab7829484e589", "75f93c22f066f235", "4b067d42280ef39e"),
}


def agree(name: str, tapes: np.ndarray, max_steps: int) -> None:
    """Fails on the first tape [tape byte] on which kernels and referee differ."""
    language, using = substrate(name), plain_forth.compiled()
    execute, follow = language.execute.dispatcher, language.follow.dispatcher
    for start in tapes:
        case = name, max_steps, start.tobytes().hex()
        wanted = start.copy()
        operations, marks, wanted_registers = plain_forth.run(name, wanted, max_steps, using)
        tape = start.copy()
        assert execute(tape, max_steps) == operations, case
        assert tape.tobytes() == wanted.tobytes(), case
        tape, origins, registers = start.copy(), np.arange(start.size, dtype=np.uint16), np.zeros(3, np.int64)
        assert follow(tape, origins, registers, max_steps) == operations, case
        assert tape.tobytes() == wanted.tobytes(), case
        assert origins.tolist() == marks.tolist(), case
        assert registers.tolist() == wanted_registers.tolist(), case


def enriched(n_tapes: int, length: int, density: float, seed: int) -> np.ndarray:
    """Random tapes in which a byte is an instruction with the given probability, often a short jump back."""
    tapes = random_soup(seed, n_tapes, length)
    words = random_soup(seed + 1000, n_tapes, 4 * length).view(np.uint32)
    chosen = words % 1000 < 1000 * density
    tapes[chosen] = FAVOURED[(words[chosen] >> 10) % len(FAVOURED)]
    return tapes


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("length", [16, 32, 64, 128, 256, 1024])
def test_tapes_of_every_density_and_length(name: str, length: int) -> None:
    for seed, density in enumerate((0.0, 0.2, 0.5, 0.8, 1.0)):
        agree(name, enriched(1200 // (length + 16), 2 * length, density, seed), 8192)


@pytest.mark.parametrize("name", NAMES)
def test_every_step_limit(name: str) -> None:
    """A limit may fall inside a pass of a loop that is otherwise run as a whole."""
    tapes = np.concatenate([enriched(3, 128, density, 7) for density in (0.1, 0.4, 0.8, 1.0)])
    for max_steps in (*range(301), 1000, 4095, 4096):
        agree(name, tapes, max_steps)


LOOP_BYTES = st.sampled_from([*range(14), 0x13, 0x0E, 0x40, 0x41, 0x45, 0x7F, 0x80, 0x81])


def loop_tape(before: list[int], body: list[int], fill: list[int], in_second_half: bool) -> np.ndarray:
    """A pair tape with some bytes and then a loop, on a ground of fill bytes."""
    tape = np.resize(np.array(fill, np.uint8), 128)
    if in_second_half:
        tape[0] = 0xBF
    start = 64 * in_second_half
    code = [*before, *body, 0xC0 + len(body) - 1] if body else before
    tape[start : start + len(code)] = code
    return tape


@settings(max_examples=500, deadline=None)
@given(
    name=st.sampled_from(NAMES),
    before=st.lists(LOOP_BYTES, max_size=20),
    body=st.lists(LOOP_BYTES, min_size=1, max_size=20),
    fill=st.lists(st.integers(0, 255), min_size=1, max_size=128),
    in_second_half=st.booleans(),
    max_steps=st.one_of(st.just(8192), st.integers(0, 3000)),
)
@example("forthtrivial", [], [0x0C, 0x08, 0x04], [0xC4, 0x20], False, 8192)  # a counter kept twice
@example("forthtrivial", [0x41], [0x0C, 0x0A], [9, 0x20], False, 8192)
@example("forthtrivial", [0x41, 0x42], [0x06], [1], False, 8192)  # two values that change places
@example("forthtrivial", [0x41], [0x0D, 0x08, 0x04], [0x0B, 0x41], True, 8192)  # copies onto its own code
@example("forthtrivial", [], [0x04, 0x00, 0x03, 0x08], [0x20], False, 8192)
@example("forthtrivial", [], [0x04, 0x04, 0x00, 0x03, 0x08], [0x20, 0x31], False, 8192)
@example("forthtrivial", [0x41], [0x04, 0x07, 0x05, 0x09], [0x20], False, 8192)  # a counter that is tested
@example("forthcopy", [], [0x04, 0x04, 0x03, 0x02, 0x08], [0x20, 0x31, 0x01], False, 8192)  # copies to the other half
@example("forthcopy", [], [0x04, 0x03, 0x04, 0x02], [0x31, 0x20], True, 8192)
@example("forthtrivial_reset", [], [0x0C, 0x08, 0x04], [0x20, 0x20, 0x20, 0x13, 0x20], False, 8192)
def test_loops(
    name: str, before: list[int], body: list[int], fill: list[int], in_second_half: bool, max_steps: int
) -> None:
    agree(name, loop_tape(before, body, fill, in_second_half)[None], max_steps)


@settings(max_examples=200, deadline=None)
@given(name=st.sampled_from(NAMES), raw=st.binary(min_size=32, max_size=32), max_steps=st.integers(0, 9000))
def test_short_tapes_of_any_bytes(name: str, raw: bytes, max_steps: int) -> None:
    agree(name, np.frombuffer(raw, np.uint8)[None], max_steps)


@pytest.mark.parametrize("name", NAMES)
def test_the_compiled_referee_is_the_python_one(name: str) -> None:
    for tape in enriched(10, 128, 0.5, 5):
        copy = tape.copy()
        compiled = plain_forth.run(name, copy, 300, plain_forth.compiled())
        plain = plain_forth.run(name, tape, 300)
        assert [part.tolist() for part in plain[1:]] == [part.tolist() for part in compiled[1:]]
        assert (plain[0], tape.tobytes()) == (compiled[0], copy.tobytes())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("tape_set", ["U", "R"])
def test_the_authors_evaluator(name: str, tape_set: str) -> None:
    operations, digest = EVALUATOR_VECTORS[name][tape_set]
    assert evaluate_vector(name, tape_set) == {"operations": operations, "sha256": digest}


def soup_hashes(name: str, epochs: tuple[int, ...]) -> tuple[str, ...]:
    """Hashes of the soup of the published logs after so many epochs."""
    soup, at, found = random_soup(LOG_SEED, LOG_PROGRAMS), 0, []
    for epoch in epochs:
        given = {"seed": LOG_SEED, "mutation_threshold": 1 << 18, "max_steps": 8192}
        soup = run_epochs(name, soup, first_epoch=at, n_epochs=epoch - at, **given)[0]
        at = epoch
        found.append(hashlib.sha256(soup.tobytes()).hexdigest()[:16])
    return tuple(found)


@pytest.mark.parametrize("name", NAMES)
def test_the_authors_soup_after_one_epoch(name: str) -> None:
    assert soup_hashes(name, (1,)) == HASHES[name][:1]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_authors_soups_and_logs(name: str) -> None:
    assert soup_hashes(name, (1, 65, 257)) == HASHES[name]
    assert golden_logs({"languages": (name,)}).value == 5


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_hundred_thousand_tapes(name: str) -> None:
    for seed in range(20):
        agree(name, enriched(5000, 128, (seed % 10) / 10, 100 + seed), 8192 - 61 * seed)


def test_a_step_trace_is_follow_with_rising_limits() -> None:
    tape = np.resize(np.frombuffer(bytes.fromhex("4508048120C4"), np.uint8), 128)
    wanted = [(0, 0, 0), (1, 1, 5), (2, 1, 6), (3, 2, 6), (5, 2, 6), (0, 2, 6), (1, 3, 5)]
    for max_steps, expected in enumerate(wanted):
        registers = np.zeros(3, np.int64)
        substrate("forthtrivial").follow(tape.copy(), np.arange(128, dtype=np.uint16), registers, max_steps)
        assert tuple(registers) == expected
    assert substrate("forthtrivial").registers == ("pointer", "depth", "top")


def test_a_copied_byte_comes_from_where_it_was_copied() -> None:
    tape, origins = np.full(128, 0x20, np.uint8), np.arange(128, dtype=np.uint16)
    tape[:3] = 0x42, 0x0C, 0xBF  # copy byte 2 over and jump to the copy, which leaves the tape
    assert substrate("forthtrivial").follow(tape, origins, np.zeros(3, np.int64), 8192) == 4
    assert np.flatnonzero(origins != np.arange(128)).tolist() == [66]
    assert origins[66] == 2


def test_disassembly_names_instructions_and_says_where_jumps_lead() -> None:
    lines = substrate("forthtrivial").disassemble(bytes.fromhex("0C08048120C445BF"))
    names = ["copy0", "inc", "dup", "jump +2", "20", "jump -5", "lit 5", "jump +64"]
    assert [line.glyph for line in lines] == names
    assert [line.partner for line in lines] == [None, None, None, 5, None, 0, None, None]
    assert "leave the tape" in substrate("forth").disassemble(bytes([0xC0]))[0].meaning
    assert [line.opcode_class for line in lines][:4] == ["copy", "loop", "loop", "head1"]
    assert substrate("forthcopy").disassemble(b"\x02")[0].glyph == "copy"
    assert substrate("forth").disassemble(b"\x0c")[0].meaning == "no operation"


@given(name=st.sampled_from(NAMES), program=st.binary(max_size=64))
def test_text_stands_for_the_program(name: str, program: bytes) -> None:
    language = substrate(name)
    assert language.parse(language.format(program)) == program
    assert b"".join(line.raw for line in language.disassemble(program)) == program


def test_a_digit_that_is_none_is_named_with_its_place() -> None:
    with pytest.raises(BadInputError, match=r"'G' \(character 3 of"):
        substrate("forthtrivial").parse("0C G8")


@pytest.mark.parametrize("name", NAMES)
def test_classes_are_those_of_the_legend(name: str) -> None:
    language = substrate(name)
    assert set(language.classes) == set(range(256))
    assert set(language.classes.values()) <= set(language.legend) == set(CLASSES)
    assert language.classes[0x03] == ("loop" if name == "forthcopy" else "write")
    assert (language.classes[0x0C] == "copy") == name.startswith("forthtrivial")
