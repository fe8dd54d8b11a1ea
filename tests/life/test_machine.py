"""The fast kernels against the plain interpreter: every byte of the tape and every counted operation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from oracles import plain_bff
from primordia.life.soup import evaluate, random_soup
from primordia.life.substrates import FAMILIES, substrate

TAPE_LENGTHS = (16, 32, 64)


def plain(name: str, tapes: np.ndarray, max_steps: int) -> tuple[np.ndarray, list[int]]:
    """The plain interpreter, compiled, on copies of tapes [tape byte]."""
    final, rules = tapes.copy(), plain_bff.rules(name)
    return final, [plain_bff.compiled().execute(tape, max_steps, *rules) for tape in final]


def followed(name: str, tape: np.ndarray, max_steps: int) -> tuple[bytes, int, list[int], list[int]]:
    """The tape, operations, origins and registers of the fast machine's `follow`, on a copy of a tape [byte]."""
    final, origins, registers = tape.copy(), np.arange(len(tape), dtype=np.uint16), np.zeros(3, np.int64)
    operations = substrate(name).follow(final, origins, registers, max_steps)
    return final.tobytes(), operations, origins.tolist(), registers.tolist()


def plainly_followed(name: str, tape: np.ndarray, max_steps: int) -> tuple[bytes, int, list[int], list[int]]:
    """The same of the plain interpreter, compiled."""
    final, origins, registers = tape.copy(), np.arange(len(tape), dtype=np.uint16), np.zeros(3, np.int64)
    operations = plain_bff.compiled().execute(final, max_steps, *plain_bff.rules(name), origins, registers)
    return final.tobytes(), operations, origins.tolist(), registers.tolist()


def agree(name: str, tapes: np.ndarray, max_steps: int) -> None:
    """Fails on the first tape on which the two differ, running it or following it."""
    final, operations = evaluate(name, tapes, max_steps, n_threads=1)
    wanted, wanted_operations = plain(name, tapes, max_steps)
    for k in range(len(tapes)):
        assert final[k].tobytes() == wanted[k].tobytes(), (name, max_steps, tapes[k].tolist())
        assert operations[k] == wanted_operations[k], (name, max_steps, tapes[k].tolist())
        if k % 3 == 0:
            wanted_trace = plainly_followed(name, tapes[k], max_steps)
            assert followed(name, tapes[k], max_steps) == wanted_trace, (name, max_steps, tapes[k].tolist())


def enriched(name: str, n_tapes: int, length: int, density: float, seed: int) -> np.ndarray:
    """Random tapes in which a byte is an instruction or zero with the given probability."""
    tapes = random_soup(seed, n_tapes, length)
    words = random_soup(seed + 1000, n_tapes, 4 * length).view(np.uint32)
    favoured = np.array([*sorted(set(plain_bff.LANGUAGES[name][0].values())), 0], np.uint8)
    chosen = words % 1000 < 1000 * density
    tapes[chosen] = favoured[(words[chosen] >> 10) % len(favoured)]
    return tapes


@pytest.mark.parametrize("name", FAMILIES["bff"])
@pytest.mark.parametrize("length", TAPE_LENGTHS)
def test_tapes_of_every_density(name: str, length: int) -> None:
    for seed, density in enumerate((0.0, 0.05, 0.2, 0.5, 0.8, 1.0)):
        agree(name, enriched(name, 400, 2 * length, density, seed), 8192)


@pytest.mark.parametrize("name", FAMILIES["bff"])
def test_every_step_limit(name: str) -> None:
    """A limit may fall inside a gap, inside a loop, or between a bracket and its partner."""
    tapes = np.concatenate([enriched(name, 12, 128, density, 7) for density in (0.1, 0.4, 1.0)])
    for max_steps in (*range(301), 1000, 4095, 4096):
        agree(name, tapes, max_steps)


BODIES = st.text("<>{}-+.,[] 0", min_size=0, max_size=24)


def loop_tape(name: str, before: str, body: str, after: str, fill: list[int], gap: int) -> np.ndarray:
    """A pair tape with a loop whose instructions stand `gap` bytes apart, on a ground of fill bytes."""
    bytes_of = plain_bff.LANGUAGES[name][0]
    tape = np.resize(np.array(fill, np.uint8), 128)
    start = 2 if plain_bff.LANGUAGES[name][2] else 0
    for place, glyph in zip(range(start, 128, gap), before + "[" + body + "]" + after, strict=False):
        if glyph != " ":
            tape[place] = bytes_of.get(glyph, 0)
    return tape


@settings(max_examples=600, deadline=None)
@given(
    name=st.sampled_from(FAMILIES["bff"]),
    before=BODIES,
    body=BODIES,
    after=BODIES,
    fill=st.lists(st.integers(0, 255), min_size=1, max_size=128),
    gap=st.integers(1, 9),
    max_steps=st.one_of(st.just(8192), st.integers(0, 3000)),
)
@example("bff_noheads", "", "+-", "", [255], 1, 8192)  # every pass restores what it changed
@example("bff_noheads", "", "-", "", [65], 1, 8192)
@example("bff_noheads", "", "-[+]>", "", [3], 1, 8192)
@example("bff_noheads", "}}", "}.>", "", [91, 93, 46], 1, 8192)  # writes brackets over its own body
@example("bff_noheads", "[[{.>", "-", "", [32], 1, 8192)  # the replicator of the paper's figure 4
@example("bff_noheads", "", "<" * 22, "", [1], 1, 8192)  # heads wrap
@example("bff_selfmove", "", ",>", "", [9, 0], 1, 8192)
@example("bff8_noheads", "", ">[+", "", [1, 2, 3], 2, 8192)
def test_loops(name: str, before: str, body: str, after: str, fill: list[int], gap: int, max_steps: int) -> None:
    tape = loop_tape(name, before, body, after, fill, gap)
    agree(name, tape[None], max_steps)
    agree(name, tape[None, :32].copy(), max_steps)


@settings(max_examples=300, deadline=None)
@given(
    name=st.sampled_from(FAMILIES["bff"]),
    raw=st.binary(min_size=128, max_size=128),
    heads=st.tuples(st.integers(0, 255), st.integers(0, 255)),
    max_steps=st.integers(0, 9000),
)
def test_bytes_that_are_nearly_all_instructions(name: str, raw: bytes, heads: tuple[int, int], max_steps: int) -> None:
    favoured = [*sorted(substrate(name).notation.opcodes), 0]
    tape = np.array([favoured[byte % len(favoured)] for byte in raw], np.uint8)
    if plain_bff.LANGUAGES[name][2]:
        tape[:2] = heads
    agree(name, tape[None], max_steps)


def agree_when_long(name: str, tapes: np.ndarray, max_steps: int) -> None:
    """As `agree` for tapes beyond 128 bytes; `execute` must end as `follow` does."""
    for tape in tapes:
        wanted = plainly_followed(name, tape, max_steps)
        assert followed(name, tape, max_steps) == wanted, (name, max_steps, tape.tolist())
        final = tape.copy()
        operations = substrate(name).execute(final, max_steps)
        assert (final.tobytes(), operations) == wanted[:2], (name, max_steps, tape.tolist())


@pytest.mark.parametrize("name", FAMILIES["bff"])
@pytest.mark.parametrize("length", [128, 256, 512, 1024])
def test_long_tapes(name: str, length: int) -> None:
    for seed, density in enumerate((0.02, 0.1, 0.3, 1.0)):
        tapes = enriched(name, 24, 2 * length, density, 50 + seed)
        agree_when_long(name, tapes, 8192)
        agree_when_long(name, tapes[:8], 577 + 3 * seed)


@settings(max_examples=200, deadline=None)
@given(
    name=st.sampled_from(FAMILIES["bff"]),
    before=BODIES,
    body=BODIES,
    fill=st.lists(st.integers(0, 255), min_size=1, max_size=128),
    gap=st.integers(1, 9),
    tape_length=st.sampled_from([256, 2048]),
    max_steps=st.one_of(st.just(8192), st.integers(0, 3000)),
)
@example("bff_noheads", "[[{.>", "-", [32], 1, 256, 8192)
@example("bff_noheads", ">", "", [7], 9, 256, 8191)  # stands still; counted, not run
def test_loops_on_long_tapes(
    name: str, before: str, body: str, fill: list[int], gap: int, tape_length: int, max_steps: int
) -> None:
    tape = np.resize(np.array(fill, np.uint8), tape_length)
    tape[:128] = loop_tape(name, before, body, "", fill, gap)
    agree_when_long(name, tape[None], max_steps)


@pytest.mark.parametrize("pattern", [b"\x08\x20[.>}]x", b"\x01\x0e[.>{]xx]{>.[\x0e\x01", b"\x08\x20[,>}+-]xxxxxxxx"])
@pytest.mark.parametrize("tape_length", [128, 256, 2048])
def test_copies_of_equal_bytes_change_only_the_origins(pattern: bytes, tape_length: int) -> None:
    """A tape that a copying loop does not change at all is not at rest as long as its bytes come from elsewhere."""
    tape = np.resize(np.frombuffer(pattern, np.uint8), tape_length)
    for max_steps in (300, 1000, 2500, 8192):
        wanted = plainly_followed("bff", tape, max_steps)
        assert wanted[2] != list(range(tape_length))
        assert followed("bff", tape, max_steps) == wanted


def test_origins_move_with_copies_and_stay_under_arithmetic() -> None:
    """Byte 3 is copied over byte 0, counted up twice there, and keeps the entry of byte 3."""
    tape = np.zeros(32, np.uint8)
    tape[:10] = np.frombuffer(b"}}}x,++}.>", np.uint8)
    _, _, origins, registers = followed("bff_noheads", tape, 10)
    assert origins == [3, 1, 2, 3, 3, *range(5, 32)]
    assert registers == [10, 1, 4]
    assert followed("bff_noheads", tape, 0)[3] == [0, 0, 0]
    assert followed("bff", tape, 0)[3] == [2, ord("}") % 32, ord("}") % 32]


@pytest.mark.parametrize("name", FAMILIES["bff"])
def test_the_compiled_referee_is_the_python_one(name: str) -> None:
    rules = plain_bff.rules(name)
    for tape in enriched(name, 20, 128, 0.3, 5):
        compiled = plainly_followed(name, tape, 500)
        origins, registers = np.arange(128, dtype=np.uint16), np.zeros(3, np.int64)
        operations = plain_bff.execute(tape, 500, *rules, origins, registers)
        assert (tape.tobytes(), operations, origins.tolist(), registers.tolist()) == compiled


@pytest.mark.slow
@pytest.mark.parametrize("name", FAMILIES["bff"])
def test_a_million_tapes(name: str) -> None:
    for seed in range(100):
        agree(name, enriched(name, 10_000, 128, (seed % 10) / 10, 100 + seed), 8192 - 61 * seed)
