"""Soups: the authors' hashes and logs, and that nothing depends on how a run is divided."""

from __future__ import annotations

import hashlib

import brotli
import numpy as np
import pytest

from oracles import plain_bff
from primordia.core import threads
from primordia.core.errors import BadInputError
from primordia.life.golden import ENRICHED_BYTES, EVALUATOR_VECTORS, LOG_PROGRAMS, LOG_SEED, LOGS
from primordia.life.soup import evaluate, random_soup, run_epochs
from primordia.life.substrates import FAMILIES

THRESHOLD = 1 << 18
# sha256 of the soup after 1, 65 and 257 epochs, 131,072 programs, seed 10248 (equal to the authors')
HASHES = {
    "bff_noheads": ("bfd2afbafb764fea", "72826732daa298a9", "f7015b45a412eba4"),
    "bff": ("0827e179f30a3f71", "552281eff06d4dfa", "839509c242a3619e"),
    "bff_perm": ("dd02b96e8381c50c", "0f4f9e0954fd7109", "ea57a8e404b0cb6e"),
    "bff8": ("6a7eb5ab66b0886b", "6eae0f7790c2e189", "e74076e39a1126ed"),
    "bff8_noheads": ("c6e424cc42cc149c", "ed8a20cc0e72f88b", "3516e7c3e2d57a58"),
    "bff_selfmove": ("8e4ac7ec7d21db6f", "eb3c4f101fd8013e", "1fc16751ecaa8a2e"),
    "bff_noheads_4bit": ("2e1f47ac5b8f5918", "ab534cb56d17937f", None),
}


def digest(values: np.ndarray) -> str:
    return hashlib.sha256(values.tobytes()).hexdigest()[:16]


def run(name: str, soup: np.ndarray, first: int, last: int, **changes: int) -> tuple[np.ndarray, int]:
    """Epochs first .. last-1 with the authors' settings unless changed."""
    given = {"seed": LOG_SEED, "mutation_threshold": THRESHOLD, "max_steps": 8192} | changes
    return run_epochs(name, soup, first_epoch=first, n_epochs=last - first, **given)


def check_log_line(soup: np.ndarray, size: int, complexity: float) -> None:
    """Compressed size and high-order entropy as published.

    The Python wheel compresses as a stream and may write one byte more than the one-shot call of the published log.
    """
    compressed = len(brotli.compress(soup.tobytes(), quality=2, lgwin=24))
    assert compressed - size in (0, 1)
    share = np.bincount(soup.reshape(-1), minlength=256) / soup.size
    entropy = -(share[share > 0] * np.log2(share[share > 0])).sum()
    assert entropy - 8 * size / soup.size == pytest.approx(complexity, abs=6e-7)  # a 32-bit float of six decimals


@pytest.mark.parametrize(
    ("name", "last"),
    [
        *((name, 257 if name == "bff_noheads" else 65) for name in FAMILIES["bff"]),
        *(pytest.param(name, 257, marks=pytest.mark.slow) for name in FAMILIES["bff"] if name != "bff_noheads"),
    ],
)
def test_the_authors_soups_and_logs(name: str, last: int) -> None:
    """The lines of the published log up to an epoch, and the soup itself where its hash is known."""
    hashes = dict(zip((1, 65, 257), HASHES[name], strict=True))
    soup, at = random_soup(LOG_SEED, LOG_PROGRAMS), 0
    for epoch, size, complexity in LOGS[name]:
        if epoch > last:
            break
        soup, _ = run(name, soup, at, epoch)
        at = epoch
        check_log_line(soup, size, complexity)
        assert hashes.get(epoch) in (None, digest(soup))
    assert at == last


@pytest.mark.parametrize("name", FAMILIES["bff"])
def test_evaluator_vectors(name: str) -> None:
    """10,000 tapes, uniform and enriched."""
    counters = np.arange(10_000 * 128, dtype=np.uint64).reshape(10_000, 128)
    words = plain_bff.mix(counters)
    uniform = (words & np.uint64(255)).astype(np.uint8)
    favoured = np.frombuffer(b"".join(bytes([b]) for b in _enriched_order(name)), np.uint8)
    pick = favoured[((words >> np.uint64(16)) % np.uint64(len(favoured))).astype(np.int64)]
    enriched = np.where((words >> np.uint64(8)) & np.uint64(1) == 1, pick, uniform)
    for key, tapes in (("U", uniform), ("R", enriched)):
        final, operations = evaluate(name, tapes, 8192)
        assert (operations.sum(), digest(final)) == EVALUATOR_VECTORS[name][key]


def _enriched_order(name: str) -> list[int]:
    """Instruction bytes in rising order, a zero that is no instruction last; for 4bit simply 0 to 15."""
    bytes_in_set = sorted(ENRICHED_BYTES[name])
    if 0 in bytes_in_set and name not in ("bff_selfmove", "bff_noheads_4bit"):
        bytes_in_set = [*bytes_in_set[1:], 0]
    return bytes_in_set


@pytest.mark.parametrize("name", ["bff", "bff8_noheads", "bff_noheads_4bit"])
@pytest.mark.parametrize("length", [16, 32, 64, 256, 1024])
def test_small_soups_against_the_plain_simulation(name: str, length: int) -> None:
    soup = random_soup(9, 300, length)
    wanted = soup.copy()
    got, operations = run(name, soup, 3, 9, seed=2**63 + 11, mutation_threshold=1 << 22, max_steps=700)
    for epoch in range(3, 9):
        counted = plain_bff.run_epoch(name, wanted, 2**63 + 11, epoch, 1 << 22, 700, plain_bff.compiled())
    assert got.tobytes() == wanted.tobytes()
    assert operations == counted


@pytest.mark.parametrize("n_programs", [2, 4, 8190, 8194, 20_000])
def test_shuffles_of_every_size(n_programs: int) -> None:
    """The quotient of a large draw goes by way of floating point: it must still be exact."""
    soup = np.arange(n_programs * 16, dtype=np.uint64).astype(np.uint8).reshape(n_programs, 16)
    wanted = soup.copy()
    got, _ = run("bff_noheads", soup, 5, 7, mutation_threshold=1 << 30, max_steps=0)
    for epoch in (5, 6):
        plain_bff.run_epoch("bff_noheads", wanted, LOG_SEED, epoch, 1 << 30, 0, plain_bff.compiled())
    assert got.tobytes() == wanted.tobytes()


@pytest.mark.parametrize("threshold", [0, 1, 1 << 18, 12_345_678, 1 << 29, 1 << 30])
def test_mutation_alone(threshold: int) -> None:
    soup = random_soup(1, 4096)
    wanted = soup.copy()
    got, _ = run("bff", soup, 0, 2, mutation_threshold=threshold, max_steps=0)
    for epoch in (0, 1):
        plain_bff.run_epoch("bff", wanted, LOG_SEED, epoch, threshold, 0, plain_bff.compiled())
    assert got.tobytes() == wanted.tobytes()


def test_the_number_of_threads_changes_nothing() -> None:
    soup = random_soup(5, 6000)
    results = [run("bff_noheads_4bit", soup, 0, 12, n_threads=n) for n in (1, 2, 3, 7)]
    assert len({(digest(final), operations) for final, operations in results}) == 1
    alone = [evaluate("bff", soup.reshape(-1, 128), 8192, n_threads=n) for n in (1, 4)]
    assert digest(alone[0][0]) == digest(alone[1][0])
    assert (alone[0][1] == alone[1][1]).all()
    threads.limit(1)
    assert digest(run("bff_noheads_4bit", soup, 0, 12)[0]) == digest(results[0][0])


def test_epochs_may_be_divided_into_calls() -> None:
    soup = random_soup(5, 2000)
    whole, operations = run("bff_noheads", soup, 0, 20)
    for cut in (1, 7, 19):
        half, _ = run("bff_noheads", soup, 0, cut)
        rest, last = run("bff_noheads", half, cut, 20)
        assert (digest(rest), last) == (digest(whole), operations)


def test_the_given_soup_is_left_alone() -> None:
    soup = random_soup(5, 64)
    before = soup.copy()
    same, operations = run("bff", soup, 4, 4)
    run("bff", soup, 0, 3)
    evaluate("bff", soup.reshape(-1, 128), 100)
    assert (soup == before).all()
    assert (same == before).all()
    assert same is not soup
    assert operations == 0


def test_soups_that_no_kernel_may_see() -> None:
    with pytest.raises(BadInputError, match="an even number, as 8"):
        run("bff", np.zeros((7, 64), np.uint8), 0, 1)
    with pytest.raises(BadInputError, match=r"Bytes of the programs: 60; .* take 64"):
        run("bff", np.zeros((8, 60), np.uint8), 0, 1)
    with pytest.raises(BadInputError, match=r"Bytes of the pair tapes: 130; .* take 128"):
        evaluate("bff", np.zeros((8, 130), np.uint8), 10)
