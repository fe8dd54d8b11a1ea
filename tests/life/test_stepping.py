"""The steps of a meeting against a slow twin that reads byte by byte, and in every language against the plain run."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles import plain_bff
from primordia.core.errors import BadInputError
from primordia.life import stepping
from primordia.life.authors.trace_file import trace_file
from primordia.life.golden import FIG4_REPLICATOR
from primordia.life.substrates import FAMILIES, Line, names, substrate
from primordia.life.substrates.notation import Notation


def rich_tape(seed: int) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return generator.choice(np.frombuffer(b"+-,.<>[]{}\0abc", np.uint8), 128)


def twin(language: str, tape: np.ndarray, steps: int) -> tuple[bytes, list[int], int]:
    """Tape, registers and operations after so many steps, by the oracle."""
    step_of, *rest = plain_bff.rules(language)
    running, registers = bytearray(tape.tobytes()), [0, 0, 0]
    operations = plain_bff.execute(running, steps, step_of.tolist(), *rest, registers=registers)
    return bytes(running), registers, operations


@pytest.mark.parametrize("language", ["bff_noheads", "bff8", "bff"])
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32), first=st.integers(1, 200))
def test_steps_are_those_of_the_twin(language: str, seed: int, first: int) -> None:
    tape = rich_tape(seed)
    course = stepping.follow_steps(language, tape, first, 12)
    for step in course.steps:
        before, registers_before, operations_before = twin(language, tape, step.number - 1)
        after, registers, operations = twin(language, tape, step.number)
        assert step.tape.tobytes() == after
        assert list(step.registers) == registers
        assert step.line.offset == registers_before[0]
        assert step.line.raw[0] == before[registers_before[0]]
        assert step.counts == (operations > operations_before)
        assert step.changed == tuple(i for i in range(128) if before[i] != after[i])
    if course.stopped:
        end = first - 1 + len(course.steps)
        assert twin(language, tape, end) == twin(language, tape, 10**4)
    else:
        assert len(course.steps) == 12


@pytest.mark.parametrize("language", [name for name in names() if name in sum(FAMILIES.values(), ())])
def test_the_last_step_is_the_end_of_the_plain_run(language: str) -> None:
    found = substrate(language)
    tape = np.random.default_rng(5).integers(0, 256, 2 * found.tape_lengths[0]).astype(np.uint8)
    course = stepping.follow_steps(language, tape, 1, 40)
    ran = tape.copy()
    operations = found.execute(ran, 40)
    assert operations == course.operations
    assert ran.tobytes() == (course.steps[-1].tape if course.steps else tape).tobytes()
    assert all(len(step.registers) == len(found.registers) for step in course.steps)


def test_the_replicator_of_fig_4_copies_a_byte_every_four_steps() -> None:
    tape = np.concatenate((np.frombuffer(FIG4_REPLICATOR, np.uint8), np.zeros(64, np.uint8)))
    course = stepping.follow_steps("bff_noheads", tape, 1, 256)
    assert [step.number for step in course.steps if step.changed] == list(range(4, 257, 4))
    assert [step.changed for step in course.steps if step.changed] == [(place,) for place in range(127, 63, -1)]
    assert not course.stopped


def test_an_instruction_is_read_where_the_pointer_stands() -> None:
    line = stepping.read_at(substrate("subleq"), np.arange(128, dtype=np.uint8), 5)
    assert (line.offset, line.raw) == (5, bytes([5, 6, 7]))


def test_a_notation_of_ones_own_is_read_between_its_own_lines() -> None:
    class Pairs(Notation):
        """Two bytes an instruction, and no way to begin at an odd place but to be asked from there on."""

        width = 1

        def glyph(self, byte: int) -> str:
            return chr(byte)

        def format(self, program: bytes) -> str:
            return program.decode("latin-1")

        def parse(self, text: str) -> bytes:
            return text.encode("latin-1")

        def disassemble(self, program: bytes, classes: object) -> list[Line]:
            return [Line(k, program[k : k + 2], "", "", "other", None) for k in range(0, len(program), 2)]

    language = dataclasses.replace(substrate("bff"), notation=Pairs())
    tape = np.arange(32, dtype=np.uint8)
    assert stepping.read_at(language, tape, 4)[:2] == (4, bytes([4, 5]))
    assert stepping.read_at(language, tape, 7)[:2] == (7, bytes([7, 8]))


def test_a_language_without_follow_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    blind = dataclasses.replace(substrate("bff"), follow=None)
    monkeypatch.setattr(stepping, "substrate", lambda name: blind)
    with pytest.raises(BadInputError, match="cannot be traced step by step, because it declares no `follow` kernel"):
        stepping.follow_steps("bff", np.zeros(128, np.uint8))


@pytest.mark.parametrize("language", ["bff", "bff_noheads"])
def test_the_authors_trace_file_holds_the_state_before_every_step(language: str) -> None:
    tape = rich_tape(11)
    course = stepping.follow_steps(language, tape, 1, 40)
    content = trace_file(substrate(language), course)
    assert content[:12] == b"BFF\0" + (1).to_bytes(4, "little") + (128).to_bytes(4, "little")
    states = [content[start : start + 140] for start in range(12, len(content), 140)]
    assert len(states) == len(course.steps)
    for number, state in enumerate(states):
        after, registers, _ = twin(language, tape, number)
        assert [int.from_bytes(state[k : k + 4], "little") for k in (0, 4, 8)] == registers
        assert state[12:] == after


def test_other_machines_have_no_such_file() -> None:
    course = stepping.follow_steps("subleq", np.zeros(128, np.uint8), 1, 2)
    with pytest.raises(BadInputError, match="two heads and two programs of 64 bytes; this is subleq"):
        trace_file(substrate("subleq"), course)
    short = stepping.follow_steps("bff", np.zeros(64, np.uint8), 1, 2)
    with pytest.raises(BadInputError, match="with 32 bytes"):
        trace_file(substrate("bff"), short)
