"""The second Forth against its plain twin: bytes, counts, entries, registers; on rings of any size, from any start."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles import plain_long_tape as plain
from primordia.life.compile import kernel
from primordia.life.primitives import room
from primordia.life.substrates import CLASSES, forth2, substrate

FORTH2 = substrate("forth2")
body = forth2.body


@kernel(allocates=False)
def run_at(tape, start, origins, registers, max_steps):
    return body(tape, start, room(), origins, registers, max_steps)


@kernel(allocates=False)
def run_plainly(tape, start, max_steps):
    return body(tape, start, room(), None, None, max_steps)


def assert_agree(tape: np.ndarray, start: int, max_steps: int) -> None:
    twin, entries = tape.tolist(), list(range(len(tape)))
    expected = plain.forth2(twin, start, max_steps, entries)
    mine, origins, registers = tape.copy(), np.arange(len(tape), dtype=np.uint16), np.zeros(3, np.int64)
    steps, operations, failed = run_at(mine, start, origins, registers, max_steps)
    assert mine.tolist() == twin
    assert origins.tolist() == entries
    pointer, depth, top = registers.tolist()
    found = {"steps": steps, "operations": operations, "failed": int(failed)}
    assert {**found, "pointer": pointer, "depth": depth, "top": top} == expected
    bare = tape.copy()
    assert run_plainly(bare, start, max_steps) == (steps, operations, failed)
    assert np.array_equal(bare, mine)


@settings(deadline=None, max_examples=300)
@given(
    seed=st.integers(0, 2**32),
    size=st.sampled_from([32, 64, 256]),
    highest=st.sampled_from([0x23, 0x30, 0xFF]),
    max_steps=st.integers(0, 700),
    where=st.integers(0, 255),
)
def test_random_rings(seed: int, size: int, highest: int, max_steps: int, where: int) -> None:
    tape = np.random.default_rng(seed).integers(0, highest + 1, size, np.uint8)
    assert_agree(tape, where % size, max_steps)


@settings(deadline=None, max_examples=200)
@given(
    program=st.lists(st.sampled_from([0x00, 0x01, 0x07, 0x08, 0x0E, 0x0F, 0x12, 0x20, 0x21, 0x22, 0x23]), max_size=32),
    max_steps=st.integers(0, 3000),
)
def test_rings_full_of_loops(program: list[int], max_steps: int) -> None:
    tape = np.full(32, 0x01, np.uint8)
    tape[: len(program)] = program
    assert_agree(tape, 0, max_steps)


@pytest.mark.parametrize(
    ("program", "steps", "failed", "depth"),
    [
        (b"\x20", 1, 1, 0),
        (b"\x01\x20", 2, 1, 1),
        (b"\x01\x23", 2, 1, 1),
        (b"\x10", 1, 1, 0),
        (b"\x21", 1, 1, 0),
        (b"\x22", 1, 1, 0),
        (b"\x24", 2000, 0, 0),
    ],
)
def test_taking_what_is_not_there_ends_the_run(program: bytes, steps: int, failed: int, depth: int) -> None:
    tape, registers = np.full(64, 0x24, np.uint8), np.zeros(3, np.int64)
    tape[: len(program)] = list(program)
    assert run_at(tape, 0, np.arange(64, dtype=np.uint16), registers, 2000)[::2] == (steps, failed)
    assert registers[1] == depth


def test_a_full_stack_ends_the_run() -> None:
    """Sixteen pushes round and round: 1,024 go well, the next does not."""
    tape, registers = np.full(16, 5, np.uint8), np.zeros(3, np.int64)
    assert run_at(tape, 0, np.arange(16, dtype=np.uint16), registers, 9999) == (1025, 1025, True)
    assert registers.tolist() == [0, 1024, 5]


def test_the_papers_short_replicator_fills_the_partner() -> None:
    """0D 07 20 21 0A 0E 23 copies seven bytes on, over and over, so a pair tape of no-ops fills with it."""
    program = bytes.fromhex("0D 07 20 21 0A 0E 23")
    tape = np.full(128, 0x24, np.uint8)
    tape[:7] = list(program)
    FORTH2.execute(tape, 600)
    assert bytes(tape)[:105] == program * 15


def test_every_byte_has_a_class_a_name_and_a_meaning() -> None:
    assert set(FORTH2.classes) == set(range(256))
    assert set(FORTH2.classes.values()) == set(CLASSES) == set(FORTH2.legend)
    names = [line.glyph for line in FORTH2.disassemble(bytes(range(0x25)))]
    assert names[:9] == [*(f"push {n}" for n in range(8)), "push -8"]
    assert names[0x10:] == [*(f"digit {n:X}" for n in range(16)), "copy", "inc", "dec", "jump", "·"]
    text = FORTH2.format(bytes(range(0x25)))
    assert FORTH2.parse(text) == bytes(range(0x25))
