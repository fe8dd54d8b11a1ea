"""The SUBLEQ languages against the plain interpreter, the authors' vectors and logs, and their replicator."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from oracles import plain_subleq
from primordia.core.errors import BadInputError
from primordia.life.claims import measuring
from primordia.life.golden import EVALUATOR_VECTORS, RSUBLEQ4_REPLICATOR
from primordia.life.replicators import round_seed, scores
from primordia.life.soup import random_soup
from primordia.life.substrates import CLASSES, FAMILIES, substrate
from primordia.life.substrates.operands import LEGEND
from primordia.life.substrates.rounds import run_rounds

LANGUAGES = FAMILIES["subleq"]
LENGTHS = (32, 64, 128, 256, 512, 1024, 2048)


def agree(name: str, raw: bytes, max_steps: int) -> None:
    """Holds tape, operations, origins and pointer against the plain interpreter, with both kernels."""
    language = substrate(name)
    final, origins, pointer, operations = plain_subleq.run(name, raw, max_steps)
    tape = np.frombuffer(raw, np.uint8).copy()
    assert (language.execute(tape, max_steps), tape.tobytes()) == (operations, final), (raw.hex(), max_steps)
    tape = np.frombuffer(raw, np.uint8).copy()
    moved, registers = np.arange(len(tape), dtype=np.uint16), np.full(1, 99, np.int64)
    assert language.follow(tape, moved, registers, max_steps) == operations
    assert (tape.tobytes(), moved.tolist(), registers.tolist()) == (final, origins, [pointer]), (raw.hex(), max_steps)


@pytest.mark.parametrize("name", LANGUAGES)
@pytest.mark.parametrize("length", LENGTHS)
def test_random_tapes_of_every_length(name: str, length: int) -> None:
    for raw in random_soup(length, 30, length):
        agree(name, raw.tobytes(), 700)
    for raw in random_soup(length + 1, 30, length) // np.uint8(16):
        agree(name, raw.tobytes(), 700)


@pytest.mark.parametrize("name", LANGUAGES)
def test_every_step_limit(name: str) -> None:
    """A limit may fall anywhere in a circle that was counted instead of run."""
    tapes = [*random_soup(1, 6, 128), *(random_soup(2, 6, 128) // np.uint8(10))]
    for raw in tapes:
        for max_steps in (*range(60), 255, 256, 1000, 1023):
            agree(name, raw.tobytes(), max_steps)


SMALL = st.integers(-20, 20).map(lambda number: number % 256)
BYTES = st.one_of(SMALL, st.integers(0, 255), st.sampled_from([0, 1, 3, 4, 252, 255]))


@settings(max_examples=400, deadline=None)
@given(
    name=st.sampled_from(LANGUAGES),
    start=st.lists(BYTES, min_size=4, max_size=48),
    fill=st.integers(0, 255),
    max_steps=st.one_of(st.just(8192), st.integers(0, 3000)),
)
@example("rsubleq4", [0, 0, 1, 252, *[0] * 8], 1, 8192)  # counts down and jumps off the tape at once
@example("rsubleq4", [0, 0, 0, 0], 0, 8192)  # stands still
@example("rsubleq4", [40, 40, 8, 0, 0, 0, 0, 0, 1], 0, 8192)  # a byte that counts through all its values
@example("rsubleq4", [8, 9, 10, 4, 9, 8, 10, 252, 0, 7], 0, 8191)  # two bytes that change places
@example("subleq", [0, 0, 0], 0, 8192)
@example("subleq", [9, 10, 0, 9, 11, 0, 0, 0, 0, 5, 1, 1], 0, 8192)
def test_short_programs_on_a_ground_of_equal_bytes(name: str, start: list[int], fill: int, max_steps: int) -> None:
    agree(name, bytes([*start, *[fill] * (128 - len(start))]), max_steps)


@settings(max_examples=600, deadline=None)
@given(
    changes=st.lists(st.tuples(st.integers(0, 24), BYTES), max_size=5),
    fill=st.lists(BYTES, min_size=1, max_size=100),
    shift=st.integers(0, 3),
    max_steps=st.one_of(st.just(8192), st.integers(0, 3000)),
)
@example([], [0], 0, 8192)
@example([(24, 183 - 128)], [0], 0, 8192)  # it never stops, and copies over itself
@example([(21, 254)], [1, 2, 3], 0, 8192)  # every other byte
@example([(22, 1), (21, 3)], [5], 0, 8192)
def test_loops_that_copy(changes: list[tuple[int, int]], fill: list[int], shift: int, max_steps: int) -> None:
    """The replicator with some bytes altered, behind instructions that do nothing, on any ground."""
    program = bytearray(RSUBLEQ4_REPLICATOR)
    for place, byte in changes:
        program[place] = byte
    before = bytes([126, 126, 126, 4]) * shift
    raw = before + bytes(program)
    agree("rsubleq4", raw + bytes(np.resize(np.array(fill, np.uint8), 128 - len(raw))), max_steps)


@pytest.mark.parametrize("name", LANGUAGES)
@pytest.mark.parametrize("tape_set", "UR")
def test_the_authors_vectors(name: str, tape_set: str) -> None:
    operations, digest = EVALUATOR_VECTORS[name][tape_set]
    assert measuring.evaluate_vector(name, tape_set) == {"operations": operations, "sha256": digest}


@pytest.mark.parametrize("name", LANGUAGES)
def test_the_authors_logs(name: str) -> None:
    measured = measuring.golden_logs({"languages": (name,)})
    assert measured.value == 5, measured.evidence


def replicator() -> np.ndarray:
    program = np.zeros(64, np.uint8)
    program[: len(RSUBLEQ4_REPLICATOR)] = np.frombuffer(RSUBLEQ4_REPLICATOR, np.uint8)
    return program


def test_the_replicator_of_the_paper_copies_all_but_its_scratch() -> None:
    tape = np.concatenate((replicator(), np.full(64, 0xAA, np.uint8)))
    assert substrate("rsubleq4").execute(tape, 8192) == 258
    assert np.flatnonzero(tape[64:] != replicator()).tolist() == [8, 9]
    given = {"indices": np.zeros(1, np.int64), "n_programs": 1, "round_seed": round_seed(0, 0)}
    assert scores("rsubleq4", replicator()[None], **given).tolist() == [62]


def test_origins_tell_who_wrote_a_copy() -> None:
    tape = np.concatenate((replicator(), np.full(64, 0xAA, np.uint8)))
    origins, registers = np.arange(128, dtype=np.uint16), np.zeros(1, np.int64)
    substrate("rsubleq4").follow(tape, origins, registers, 8192)
    copied = [place for place in range(64) if place not in (8, 9)]
    assert origins[64:][copied].tolist() == copied
    assert registers.tolist() == [20 - 64]  # the last instruction jumps off the tape, which stops the run


def test_rounds_of_the_replicator_are_run_at_once() -> None:
    """From the first jump back on: six bytes up to its scratch, which is read while it counts, then all the others."""
    tape, origins = np.concatenate((replicator(), np.full(64, 0xAA, np.uint8))), np.arange(128, dtype=np.uint16)
    registers = np.zeros(1, np.int64)
    for before, rounds, copied in ((1 + 4 * 2, 6, 8), (1 + 4 * 10, 53, 63)):
        now, moved = tape.copy(), origins.copy()
        substrate("rsubleq4").follow(now, moved, registers, before)
        assert registers[0] == 4
        assert run_rounds(now, moved, 4, 16, 8192 - before) == rounds
        wanted, wanted_moved, _, _ = plain_subleq.run("rsubleq4", tape.tobytes(), before + 4 * rounds)
        assert (now.tobytes(), moved.tolist()) == (wanted, wanted_moved)
        assert np.array_equal(now[64 : 64 + 8], replicator()[:8])
        assert wanted_moved[64 + copied - 1] == copied - 1


def test_text_in_and_out() -> None:
    language = substrate("rsubleq4")
    assert language.parse("09 10 14 04") == bytes([9, 16, 20, 4])
    assert language.format(bytes([9, 16, 20, 253])) == "09 10 14 FD"
    first, second, rest = language.disassemble(bytes([9, 16, 20, 4, 253, 0, 1, 252, 7]))
    assert (first.glyph, first.partner) == ("9 16 20 4", 4)
    assert first.meaning == "t[9] = t[16] - t[20], to 4 if that is 0 or negative"
    assert (second.glyph, second.partner) == ("-3 0 1 -4", 0)
    assert second.meaning == "t[1] = t[4] - t[5], to 0 if that is 0 or negative"
    assert (rest.glyph, rest.raw) == ("7", b"\x07")
    lines = substrate("subleq").disassemble(bytes([9, 200, 3, 1, 2, 250]))
    assert [line.meaning for line in lines] == [
        "t[9] -= t[200], to 3 if that is 0 or negative",
        "t[1] -= t[2], to 250 if that is 0 or negative",
    ]
    assert [line.partner for line in lines] == [3, None]


@pytest.mark.parametrize("name", LANGUAGES)
def test_an_unknown_glyph_is_named_with_its_place(name: str) -> None:
    with pytest.raises(BadInputError, match=r"'G' \(character 4 of"):
        substrate(name).parse("01 0G")


@pytest.mark.parametrize("name", LANGUAGES)
def test_every_byte_has_a_colour_that_the_legend_explains(name: str) -> None:
    language = substrate(name)
    assert set(language.classes) == set(range(256))
    assert set(language.classes.values()) == set(LEGEND) == set(CLASSES)
    numbers = (0, 1, 4, 5, 24, 25, 52, 76, 77, -1, -4, -5, -24, -25, -52, -76, -128)
    assert [language.classes[number % 256] for number in numbers] == [
        *("null", "head0", "head0", "head1", "head1", "other", "copy", "copy", "other"),
        *("loop", "loop", "write", "write", "other", "copy", "copy", "other"),
    ]


@pytest.mark.slow
def test_a_soup_of_copiers() -> None:
    """Pairs of a planted soup 300 epochs after its takeover, where loops of every kind have evolved."""
    soup = random_soup(0, 8192, 64)
    soup[0] = replicator()
    soup = measuring.run_soup("rsubleq4", soup, 0, 0, 300)
    for pair in soup.reshape(-1, 128)[:1500]:
        agree("rsubleq4", pair.tobytes(), 8192)


@pytest.mark.slow
@pytest.mark.parametrize("name", LANGUAGES)
def test_many_tapes(name: str) -> None:
    for seed in range(10):
        for raw in random_soup(100 + seed, 300, 128) // np.uint8(1 + seed * 3):
            agree(name, raw.tobytes(), 8192)
