"""The room of the long tape: BFF on a ring, rounds, repeats, and what is said about a tape."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles import plain_long_tape as plain
from primordia.core.streams import Streams
from primordia.life.long_tape import bff_long, portrait
from primordia.life.long_tape.languages import LANGUAGES
from primordia.life.long_tape.repeats import copies_in_a_row, frequent_strings, periods, repeats
from primordia.life.long_tape.runs import first_tape, run_rounds
from primordia.life.long_tape.specimens import SPECIMENS

GLYPHS = np.frombuffer(b"<>{}+-.,[]", np.uint8)
SETTINGS = {"n_starts": 5, "limit": 300, "head_offset": 12, "mutate_to": "instructions", "mutation_interval": 100}


def soup_of_glyphs(seed: int, size: int, share: float) -> np.ndarray:
    rng = np.random.default_rng(seed)
    other = rng.integers(0, 256, size, np.uint8) * (rng.random(size) < 0.5).astype(np.uint8)
    return np.where(rng.random(size) < share, GLYPHS[rng.integers(0, 10, size)], other).astype(np.uint8)


@settings(deadline=None, max_examples=250)
@given(
    seed=st.integers(0, 2**32),
    size=st.sampled_from([64, 128, 256, 1024]),
    share=st.sampled_from([0.02, 0.2, 0.6, 1.0]),
    where=st.integers(0, 1023),
    head_offset=st.sampled_from([0, 1, 12, 16, 500]),
    max_steps=st.integers(0, 600),
)
def test_bff_on_a_ring(seed: int, size: int, share: float, where: int, head_offset: int, max_steps: int) -> None:
    tape = soup_of_glyphs(seed, size, share)
    twin = tape.tolist()
    expected = plain.bff_long(twin, where % size, head_offset, max_steps)
    steps, operations, failed = bff_long.body(tape, where % size, head_offset, max_steps)
    assert (steps, operations, int(failed)) == expected
    assert tape.tolist() == twin


@settings(deadline=None, max_examples=150)
@given(seed=st.integers(0, 2**32), size=st.sampled_from([64, 256, 2048]), opens=st.integers(1, 99))
def test_the_partner_is_found_however_far_it_is(seed: int, size: int, opens: int) -> None:
    """Tapes with many brackets of one kind, so that most partners lie whole blocks away, or nowhere."""
    rng = np.random.default_rng(seed)
    tape = np.where(rng.integers(0, 100, size) < opens, 0x5B, 0x5D).astype(np.uint8)
    tape[rng.random(size) < 0.3] = 0
    for place in rng.choice(np.flatnonzero(tape), 8):
        byte, way = tape[place], 1 if tape[place] == 0x5B else -1
        depth, expected = 1, int(place)
        for distance in range(1, size):
            at = (int(place) + way * distance) % size
            depth += int(tape[at] == byte) - int(tape[at] == 0x5D + 0x5B - byte)
            if tape[at] and depth == 0:
                expected = at
                break
        assert bff_long.partner(tape, int(place), byte, np.uint8(0x5D + 0x5B - byte), way) == expected


def plain_rounds(language: str, tape: list[int], streams: Streams, first: int, n: int) -> tuple[list[int], int]:
    """Rounds written out: draws from the streams by their definition, runs in plain Python."""
    values, owed = LANGUAGES[language].values(SETTINGS["mutate_to"]).tolist(), 0
    for t in range(first, first + n):
        n_mutations = 0
        for start in streams.integers("starts", t, SETTINGS["n_starts"], len(tape)).tolist():
            if language == "bff_long":
                owed += plain.bff_long(tape, start, SETTINGS["head_offset"], SETTINGS["limit"])[0]
            else:
                owed += plain.forth2(tape, start, SETTINGS["limit"])["steps"]
            while owed > SETTINGS["mutation_interval"]:
                word = streams.integers("mutations", t, n_mutations + 1, 2**63)[-1]
                high = streams.integers("mutations", t, n_mutations + 1, 2**64 - 1)[-1].astype(np.uint64)
                tape[int(word) % len(tape)] = values[(int(high) >> 32) % len(values)]
                n_mutations += 1
                owed -= SETTINGS["mutation_interval"]
    return tape, owed


@pytest.mark.parametrize("language", ["bff_long", "forth2"])
@pytest.mark.parametrize("seed", [0, 7])
def test_rounds_written_out(language: str, seed: int) -> None:
    streams = Streams(seed)
    tape = first_tape(language, "instructions", 512, streams)
    found, owed, counts = run_rounds(language, tape, 0, streams, first_round=3, n_rounds=4, **SETTINGS)
    assert (found.tolist(), owed) == plain_rounds(language, tape.tolist(), streams, 3, 4)
    assert counts.shape == (4, 3)


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_rounds_can_be_cut_anywhere(language: str) -> None:
    streams = Streams(5)
    start = first_tape(language, LANGUAGES[language].first_tape, 1024, streams)
    kept = start.copy()
    whole, owed, counts = run_rounds(language, start, 0, streams, first_round=0, n_rounds=6, **SETTINGS)
    tape, debt, rows = start, 0, []
    for first, n in ((0, 1), (1, 3), (4, 2)):
        tape, debt, part = run_rounds(language, tape, debt, streams, first_round=first, n_rounds=n, **SETTINGS)
        rows.append(part)
    assert np.array_equal(tape, whole)
    assert debt == owed
    assert np.array_equal(np.concatenate(rows), counts)
    assert np.array_equal(start, kept)


def test_without_an_interval_nothing_mutates() -> None:
    quiet = {**SETTINGS, "mutation_interval": 0}
    tape = np.zeros(256, np.uint8)
    after, owed, _ = run_rounds("bff_long", tape, 0, Streams(0), first_round=0, n_rounds=3, **quiet)
    assert owed == 0
    assert np.array_equal(after, tape)


@pytest.mark.parametrize(("kind", "values"), [("bytes", 256), ("instructions", 36), ("zeros", 1)])
def test_first_tapes(kind: str, values: int) -> None:
    tape = first_tape("forth2", kind, 65_536, Streams(1))
    assert set(tape.tolist()) == set(range(values))


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_specimens_copy_as_worked_out_by_hand(language: str) -> None:
    specimen = SPECIMENS[language]
    assert specimen.measured() == specimen.expected.hex(" ")


@settings(deadline=None)
@given(seed=st.integers(0, 2**32), n_values=st.integers(1, 4), size=st.sampled_from([16, 64, 256]))
def test_repeats_of_two_bytes(seed: int, n_values: int, size: int) -> None:
    tape = np.random.default_rng(seed).integers(0, n_values, size, np.uint8)
    expected = plain.repeated_pairs(tape.tolist())
    found = repeats(tape, most=99)
    assert {tuple(sorted(one.unit)): one.covered for one in found} == expected
    assert [one.covered for one in found] == sorted(expected.values(), reverse=True)
    for one in found:
        inside = np.roll(tape, -one.place)[: one.length]
        assert inside.tolist() == (list(one.unit) * size)[: one.length]


def test_a_tape_that_is_one_repeat() -> None:
    (whole,) = repeats(np.tile(np.array([0xC5, 0x01], np.uint8), 32))
    assert (whole.unit, whole.covered, whole.place, whole.length) == (b"\x01\xc5", 64, 1, 64)
    assert repeats(np.zeros(64, np.uint8)) == []


@settings(deadline=None, max_examples=15)
@given(
    seed=st.integers(0, 2**32), n_values=st.integers(1, 3), period=st.integers(1, 60), size=st.sampled_from([64, 256])
)
def test_periods_by_definition(seed: int, n_values: int, period: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    tape = rng.integers(0, n_values, size, np.uint8)
    stretch = rng.integers(0, size)
    tape[(stretch + np.arange(3 * period)) % size] = np.tile(rng.integers(0, 5, period, np.uint8), 3)
    expected = [0] * size
    for p in range(min(128, size // 2), 0, -1):
        for start in range(size):
            need = max(p, 4)
            if all(tape[(start + k) % size] == tape[(start + k + p) % size] for k in range(need)):
                for k in range(min(need + p, size)):
                    expected[(start + k) % size] = p
    assert periods(tape).tolist() == expected


def test_copies_in_a_row() -> None:
    tape = np.frombuffer(b"abcabcabcabX" + b"....", np.uint8)
    assert copies_in_a_row(tape, 3).tolist()[:6] == [3, 3, 3, 2, 2, 2]
    assert copies_in_a_row(np.tile(np.array([1, 2], np.uint8), 8), 2).tolist() == [8] * 16


def test_frequent_strings_go_round() -> None:
    tape = np.frombuffer(b"bcxxxxxa", np.uint8)
    assert frequent_strings(tape, 2, 1) == [(b"xx", 4)]
    assert (b"abc", 1) in frequent_strings(tape, 3, 9)


def test_the_portrait_names_the_program_and_its_place() -> None:
    tape = np.frombuffer(np.random.default_rng(0).bytes(4096), np.uint8).copy()
    tape[1000:3000] = np.tile(np.array([0x01, 0xC5], np.uint8), 1000)
    program, pairs, strings, starts = portrait.findings("i8080", tape, 1000, 12, Streams(0), 3)
    assert "period     2 bytes; repeats of it cover 48.8% of the tape" in program.text
    assert "the longest row begins at 1000: 1000 copies" in program.text
    assert "01 C5 01   LXI B,01C5" in program.text
    assert pairs.rows[0] == ("01 C5", 2000 / 4096, 2000, 1000, "LXI B,01C5 ; PUSH B")
    assert strings.rows[0][:2] == (2, "01 C5")
    assert starts.rows[0][3] > 100
    nothing = portrait.main_program(LANGUAGES["i8080"].substrate, np.arange(256, dtype=np.uint8))
    assert nothing.text.startswith("None found")
