"""The replication test against a slow, obvious twin, and the replicator of the paper's Fig. 4."""

from __future__ import annotations

import numpy as np
import pytest

from oracles import plain_bff
from primordia.core.streams import Streams
from primordia.life import replicators
from primordia.life.golden import FIG4_REPLICATOR
from primordia.life.microscope import copy_in_words, dissect, neutral_byte, watch
from primordia.life.pictures import CLASSES, class_table
from primordia.life.soup import evaluate, random_soup, run_epochs
from primordia.life.substrates import names, substrate

MASK = (1 << 64) - 1
FIG4 = np.frombuffer(FIG4_REPLICATOR, np.uint8)


def slow_hash(x: int) -> int:
    z = (x + 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def rules_of(language: str) -> tuple:
    step_of, *rest = plain_bff.rules(language)
    return (step_of.tolist(), *rest)


def slow_score(language: str, program: bytes, index: int, n_programs: int, round_seed: int, max_steps: int) -> int:
    """The detector as docs/bff-semantics.md tells it, one tape and one byte at a time."""
    length, rules = len(program), rules_of(language)
    local = slow_hash((n_programs * round_seed + index) & MASK)
    ends = []
    for branch in range(13):
        noise = bytes(slow_hash(local ^ slow_hash((branch + 1) * length + j)) & 0xFF for j in range(length))
        tape = program + noise
        for meeting in range(5):
            if meeting:
                tape = tape[length:] + noise
            running = bytearray(tape)
            plain_bff.execute(running, max_steps, *rules)
            tape = bytes(running)
        ends.append(tape)
    passed_on = [0, 0]
    for half in (0, 1):
        for i in range(length):
            place = half * length + i
            for a in range(13):
                others = sum(ends[b][place] == ends[a][place] for b in range(a + 1, 13))
                if others + 1 > 13 // 4 and (half == 1 or ends[a][place] == program[i]):
                    passed_on[half] += 1
                    break
    return min(passed_on)


def seeded_soup(n_programs: int, n_epochs: int) -> np.ndarray:
    soup = random_soup(1, n_programs, 64)
    soup[: n_programs // 2] = FIG4
    return run_epochs(
        "bff_noheads",
        soup,
        seed=1,
        first_epoch=0,
        n_epochs=n_epochs,
        mutation_threshold=2**20,
        max_steps=8192,
    )[0]


def fig4_score(language: str, program: np.ndarray = FIG4, seed: int = 0) -> int:
    word = replicators.round_seed(seed, 0)
    return int(
        replicators.scores(language, program[None], indices=np.zeros(1, np.int64), n_programs=1, round_seed=word)[0]
    )


@pytest.mark.parametrize("language", ["bff", "bff_noheads_4bit", "bff_selfmove"])
def test_scores_equal_the_slow_twin_on_random_programs(language: str) -> None:
    soup = random_soup(2, 8, 64)
    word = replicators.round_seed(2, 5)
    fast = replicators.scores(language, soup, indices=np.arange(8), n_programs=8, round_seed=word, max_steps=500)
    assert fast.tolist() == [slow_score(language, soup[i].tobytes(), i, 8, word, 500) for i in range(8)]


def test_scores_equal_the_slow_twin_among_replicators() -> None:
    soup = seeded_soup(16, 6)
    word = replicators.round_seed(7, 3)
    fast = replicators.scores("bff_noheads", soup, indices=np.arange(16), n_programs=16, round_seed=word, max_steps=600)
    assert fast.tolist() == [slow_score("bff_noheads", soup[i].tobytes(), i, 16, word, 600) for i in range(16)]
    assert {0, 64} == set(fast.tolist()), "the soup should hold replicators and others"


def test_partial_replicators_score_like_the_slow_twin() -> None:
    """Three relatives from a soup of bff_noheads_4bit (8,192 programs, seed 1, epoch 64), one of them mostly broken."""
    tail = "f7af2bb76b2b2b89d5c221d99d1f75f7da060606cccccccc060606daf7751f9dd921c2d5892b2b6bb72baff7bafd826eeb"
    soup = np.array(
        [
            list(bytes.fromhex(text))
            for text in (
                f"755192869434eb6e82fdba{tail}349486f1",
                f"5a39fc869434eb6e82fdba{tail}34948692",
            )
        ],
        np.uint8,
    )
    word = replicators.round_seed(0, 0)
    fast = replicators.scores("bff_noheads_4bit", soup, indices=np.array([3, 9]), n_programs=8192, round_seed=word)
    slow = [slow_score("bff_noheads_4bit", soup[i].tobytes(), k, 8192, word, 8192) for i, k in enumerate((3, 9))]
    assert fast.tolist() == slow
    assert slow[0] >= replicators.STRICT_SCORE
    assert 0 < slow[1] < replicators.REPLICATOR_SCORE


@pytest.mark.parametrize("tape_length", [16, 32])
def test_shorter_tapes_score_like_the_slow_twin(tape_length: int) -> None:
    core = FIG4_REPLICATOR[:8] + b" " * (tape_length - 16) + FIG4_REPLICATOR[-8:]
    program = np.frombuffer(core, np.uint8)[None]
    word = replicators.round_seed(1, 1)
    fast = replicators.scores("bff_noheads", program, indices=np.array([5]), n_programs=8, round_seed=word)
    assert fast.tolist() == [slow_score("bff_noheads", core, 5, 8, word, 8192)]
    assert fast[0] == tape_length


def test_scores_do_not_depend_on_threads_or_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    soup = seeded_soup(64, 4)
    common = {"indices": np.arange(64), "n_programs": 64, "round_seed": replicators.round_seed(0, 9)}
    one = replicators.scores("bff_noheads", soup, n_threads=1, **common)
    monkeypatch.setattr(replicators, "CHUNK", 7)
    assert np.array_equal(one, replicators.scores("bff_noheads", soup, n_threads=3, **common))


@pytest.mark.parametrize("seed", range(4))
def test_fig4_replicator_scores_all_bytes_and_none_under_bff(seed: int) -> None:
    assert fig4_score("bff_noheads", seed=seed) == 64
    assert fig4_score("bff", seed=seed) == 0


def test_fig4_replicator_copies_one_byte_every_four_steps() -> None:
    film = watch("bff_noheads", FIG4, np.zeros(64, np.uint8))
    assert film.complete_at == 256
    assert film.operations == 8192
    assert film.original_intact
    assert film.copied == 64
    assert film.frames.shape == (257, 128)
    assert (film.frames[255, 64:] != FIG4).any()
    words = copy_in_words(film)
    assert words == "64 bytes arrive from right to left, one every 4 steps, as they stand; complete after 256 steps"


def test_a_mirrored_copy_is_called_so() -> None:
    """A replicator that arose in bff_noheads_4bit (8,192 programs, seed 0, epoch 224)."""
    text = "a6a6a6e4c32ec3e1da544d45e7471d4b816774747467814b1d47e7454d54dae1c32ec3e4" + "a6" * 28
    program = np.frombuffer(bytes.fromhex(text), np.uint8)
    film = watch("bff_noheads_4bit", program, np.zeros(64, np.uint8))
    assert np.array_equal(film.image, program[::-1])
    assert film.alignment == "mirrored"
    assert np.array_equal(film.frames[film.complete_at, 64:], program[::-1])


def test_a_program_without_instructions_copies_nothing() -> None:
    film = watch("bff_noheads", np.full(64, 0x20, np.uint8), np.zeros(64, np.uint8))
    assert copy_in_words(film) == "nothing to speak of is copied"
    assert film.complete_at is None
    assert (film.operations, film.copied, len(film.frames)) == (0, 0, 1)


def test_core_of_the_fig4_replicator_lies_in_its_instructions() -> None:
    anatomy = dissect("bff_noheads", FIG4)
    core = np.flatnonzero(anatomy.core)
    assert set(core) <= {*range(8), *range(56, 64)}
    assert anatomy.score == anatomy.bare_score == 64
    space = neutral_byte("bff_noheads")
    assert np.array_equal(anatomy.bare, np.where(anatomy.core, FIG4, space))
    for position in core:
        broken = anatomy.bare.copy()
        broken[position] = space
        assert fig4_score("bff_noheads", broken) < anatomy.threshold, f"byte {position} is not needed after all"


def test_essential_bytes_are_those_whose_single_loss_stops_the_copying() -> None:
    anatomy = dissect("bff_noheads", FIG4)
    for position in range(64):
        broken = FIG4.copy()
        broken[position] = neutral_byte("bff_noheads")
        stops = fig4_score("bff_noheads", broken) < anatomy.threshold
        assert stops == anatomy.essential[position], f"byte {position}"


@pytest.mark.parametrize("language", ["bff", "bff8", "bff_perm", "bff_noheads_4bit", "bff_selfmove"])
def test_the_neutral_byte_does_nothing(language: str) -> None:
    assert CLASSES[class_table(language)[neutral_byte(language)]] == "other"
    tape = np.full((1, 128), neutral_byte(language), np.uint8)
    final, operations = evaluate(language, tape, 8192)
    assert np.array_equal(final, tape)
    assert operations[0] == 0


@pytest.mark.slow
@pytest.mark.parametrize("language", names())
def test_none_of_4096_random_programs_passes(language: str) -> None:
    """The numbers of docs/lineage.md, under Detectors."""
    for length in (16, 32, 64):
        if length in substrate(language).tape_lengths:
            programs = Streams(7).integers("null", 0, 4096 * length, 256).astype(np.uint8).reshape(4096, length)
            given = {"indices": np.arange(4096), "n_programs": 4096, "round_seed": replicators.round_seed(7, 0)}
            found = replicators.scores(language, programs, max_steps=128 if language == "z80" else 8192, **given)
            assert found.max() < replicators.REPLICATOR_SCORE
