"""The microscope: what counts as copying, budgets and robustness against slow twins, and how it is shown."""

from __future__ import annotations

import numpy as np
import pytest

from primordia.core.findings import Picture, Table, Text
from primordia.core.streams import Streams
from primordia.life.golden import FIG4_REPLICATOR
from primordia.life.measures import census
from primordia.life.microscope import CopyTest, budget, dissect, neutral_byte, robustness
from primordia.life.microscope.portrait import Subject, examine, marks, only
from primordia.life.soup import evaluate
from primordia.life.specimens import Context, replicator
from primordia.life.substrates import names, substrate

FIG4 = np.frombuffer(FIG4_REPLICATOR, np.uint8)
# Published for forthtrivial (arXiv 2406.19108, section 3.1.1): copy byte by byte, here filled up with no-ops.
FORTH = np.array([0x0C, 0x08, 0x04, 0x81, 0x2C, 0xC4] + 58 * [0x20], np.uint8)


def test_robustness_is_the_share_of_substitutions_that_copy() -> None:
    test, streams = CopyTest.of("bff_noheads", FIG4), Streams(3)
    share = robustness(test, FIG4, streams, 40)
    places = streams.integers("substituted place", 0, 40, 64)
    steps = 1 + streams.integers("substituted byte", 0, 40, 255)
    hits = 0
    for place, step in zip(places, steps, strict=True):
        variant = bytearray(FIG4.tobytes())
        variant[place] = (variant[place] + int(step)) % 256
        assert bytes(variant) != FIG4.tobytes()
        hits += int(test.score(np.frombuffer(bytes(variant), np.uint8)[None])[0]) >= 48
    assert (share.hits, share.n) == (hits, 40)
    assert share.low < hits / 40 < share.high


def test_the_budget_is_the_first_limit_at_which_it_copies() -> None:
    test = CopyTest.of("bff_noheads", FIG4)
    least = budget(test, FIG4)
    limits = [CopyTest("bff_noheads", False, 48, limit, test.word).passes(FIG4[None])[0] for limit in range(1, 300)]
    assert limits.index(True) + 1 == least
    assert all(limits[least - 1 :])
    assert budget(test, np.full(64, 0x20, np.uint8)) is None


def test_a_shifted_copy_is_found_by_the_aligned_test() -> None:
    # Head 0 starts at 0 and head 1 at 67, so the copy begins three places too far right; the zero at 60 ends it.
    program = np.frombuffer(b"\x80\x43[.>}]".ljust(60, b" ") + b"\0   ", np.uint8)
    final = evaluate("bff", np.concatenate((program, np.zeros(64, np.uint8)))[None], 8192)[0][0]
    assert np.array_equal(final[67:127], program[:60])
    test = CopyTest.of("bff", program)
    assert (test.aligned, test.threshold) == (True, 48)
    assert test.score(program[None])[0] >= 60
    anatomy = dissect("bff", program)
    assert set(np.flatnonzero(anatomy.essential)) >= {2, 3, 4, 5, 6}


def test_the_forth_replicator_has_five_or_six_bytes_that_matter() -> None:
    anatomy = dissect("forthtrivial", FORTH)
    assert anatomy.score == 64
    assert anatomy.core[6:].sum() == 0
    assert anatomy.essential[0]
    assert not anatomy.essential[6:].any()
    assert anatomy.bare_score >= 48


@pytest.mark.parametrize("language", names())
def test_neutral_bytes_leave_the_tape_as_it_is(language: str) -> None:
    byte = neutral_byte(language)
    tape = np.full(2 * substrate(language).tape_lengths[0], byte, np.uint8)
    substrate(language).execute(tape, 64)
    assert (tape == byte).all()


def test_neutral_bytes_of_languages_with_and_without_a_no_op() -> None:
    found = {name: neutral_byte(name) for name in ("bff_noheads", "forthtrivial", "subleq", "z80")}
    assert found == {"bff_noheads": 0x20, "forthtrivial": 0x20, "subleq": 0, "z80": 0}


def test_marks_stand_below_their_bytes() -> None:
    flags = np.array([True, False, True])
    assert marks(substrate("bff"), flags) == "^ ^"
    assert marks(substrate("forth"), flags) == "^^    ^^"
    assert only(substrate("forth"), np.array([0x0C, 8, 4], np.uint8), flags) == "0C ·· 04"
    assert only(substrate("bff"), np.frombuffer(b"[ ]", np.uint8), flags) == "[·]"


def test_a_replicator_is_shown_with_everything() -> None:
    portrait, meetings, film = examine(Subject("forthtrivial", FORTH, Streams(0)))
    assert isinstance(portrait, Text)
    assert isinstance(meetings, Table)
    assert isinstance(film, Picture)
    assert portrait.title == "The replicator"
    for line in ("score      64 of 64", "line       goes on for 32 or more generations", "robust     of random"):
        assert line in portrait.text
    assert "core only  0C" in portrait.text
    kinds = {row[:2] for row in meetings.rows}
    assert ("its kin", "second") in kinds
    assert meetings.rows[0][3] == 1.0


def test_a_program_that_does_not_copy_is_said_not_to() -> None:
    portrait, _ = examine(Subject("bff_noheads", np.full(64, 0x20, np.uint8), Streams(0)))
    assert isinstance(portrait, Text)
    assert portrait.title == "Under the microscope"
    assert "core only" not in portrait.text
    assert "It does not copy" in portrait.note


def test_no_ops_that_pass_the_test_are_no_replicator() -> None:
    """Z80: nothing stops at the end of a program of no-ops, so its partner runs and writes what the registers hold."""
    subject = Subject("z80", np.zeros(32, np.uint8), Streams(0))
    shown = list(examine(subject))
    assert [type(finding) for finding in shown] == [Text, Table]
    assert shown[0].title == "Under the microscope"
    assert "score      12 of 32" in shown[0].text
    assert "so does a program of nothing but no-ops, with a score of 12" in shown[0].note
    soup = np.tile(subject.program, (64, 1))
    (none,) = replicator(Context("z80", soup, 8192, Streams(0), 1), census(soup))
    assert none.text == "None found."
    assert "no-ops passes as well" in none.note
