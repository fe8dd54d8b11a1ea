"""The measures of a soup: closed forms, slow twins and properties."""

from __future__ import annotations

import math
import os
import threading
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from oracles import sorted_census
from primordia.life import measures
from primordia.life.soup import random_soup

SOUPS = hnp.arrays(np.uint8, st.tuples(st.integers(1, 40), st.sampled_from((16, 32, 64))), elements=st.integers(0, 3))


@pytest.mark.parametrize(
    ("counts", "bits"),
    [([7, 0, 0], 0.0), ([5, 5], 1.0), ([1] * 256, 8.0), ([2, 1, 1], 1.5), ([0], 0.0)],
)
def test_entropy_of_known_histograms(counts: list[int], bits: float) -> None:
    assert measures.entropy(np.array(counts, np.int64)) == pytest.approx(bits, abs=1e-12)


def test_noise_has_no_high_order_complexity() -> None:
    """Property 1 of arXiv 2406.19108, section 2.1, at 8 MiB."""
    assert abs(measures.high_order_complexity(random_soup(3, 131_072, 64))) < 1e-4


def test_copies_of_one_string_have_the_strings_entropy() -> None:
    """Property 2 of arXiv 2406.19108, section 2.1: 131,072 copies of one random string."""
    string = random_soup(4, 1, 64)
    expected = measures.entropy(measures.byte_counts(string))
    assert 5.5 < expected < 6
    assert measures.high_order_complexity(np.repeat(string, 131_072, axis=0)) == pytest.approx(expected, abs=1e-3)


@given(SOUPS)
def test_byte_counts_are_those_of_a_counter(soup: np.ndarray) -> None:
    counts = measures.byte_counts(soup)
    assert counts.shape == (256,)
    assert {byte: int(n) for byte, n in enumerate(counts) if n} == Counter(soup.tobytes())


def test_byte_counts_of_more_than_one_piece() -> None:
    soup = np.arange(3 * 2**20 + 64, dtype=np.uint64).astype(np.uint8).reshape(-1, 64)
    expected = np.full(256, 3 * 2**20 // 256)
    expected[:64] += 1
    assert np.array_equal(measures.byte_counts(soup), expected)


@given(SOUPS)
def test_census_is_that_of_a_counter(soup: np.ndarray) -> None:
    found = measures.census(soup)
    counts = Counter(program.tobytes() for program in soup)
    assert {soup[i].tobytes(): int(n) for i, n in zip(found.first, found.counts, strict=True)} == counts
    assert all(soup[: int(i)].tolist().count(soup[i].tolist()) == 0 for i in found.first), "not the first of its kind"
    ranks = list(zip((-found.counts).tolist(), found.first.tolist(), strict=True))
    assert ranks == sorted(ranks)


def test_census_of_a_large_soup_is_that_of_sorting() -> None:
    """A third of 4,096 programs are copies, some of them many times over."""
    soup = random_soup(1, 4096, 64)
    copied = np.random.default_rng(0).integers(0, 4096, (2, 2048))
    soup[copied[0]] = soup[copied[1] % 300]
    found, wanted = measures.census(soup), sorted_census.census(soup)
    assert np.array_equal(found.first, wanted[0])
    assert np.array_equal(found.counts, wanted[1])


@given(st.lists(st.integers(0, 5), min_size=1, max_size=40))
def test_census_stays_exact_when_digests_collide(kinds: list[int]) -> None:
    """Programs of two words whose second word undoes what the first did to the digest: all digests are the same."""
    words = np.empty((len(kinds), 2), np.uint64)
    words[:, 0] = kinds
    with np.errstate(over="ignore"):
        digests = words[:, 0] * np.uint64(0x9E3779B97F4A7C15)
    words[:, 1] = digests ^ (digests >> np.uint64(29)) ^ np.uint64(12345)
    found = measures.census(words.view(np.uint8))
    assert {kinds[i]: int(n) for i, n in zip(found.first, found.counts, strict=True)} == Counter(kinds)
    assert [int(i) for i in found.first] == sorted(
        {kinds.index(kind) for kind in kinds}, key=lambda i: (-kinds.count(kinds[i]), i)
    )


@given(SOUPS)
def test_row_is_consistent(soup: np.ndarray) -> None:
    row = measures.soup_row(soup)
    assert row["high_order_complexity"] == row["order0_entropy"] - row["compressed_bits_per_byte"]
    assert row["high_order_complexity"] == measures.high_order_complexity(soup)
    assert 1 / len(soup) <= row["top_program_share"] <= row["top32_program_share"] <= 1
    assert 1 <= row["unique_programs"] <= len(soup)
    assert row["zero_byte_share"] <= row["top_byte_share"] <= 1
    assert all(math.isfinite(value) for value in row.values())
    assert all(type(value) in (int, float) for value in row.values()), "rows are written as JSON"


def test_what_is_measured_beside_the_compressor_is_part_of_the_row() -> None:
    soup = random_soup(2, 64, 64)
    assert measures.soup_row(soup, lambda: {"more": 1.5}) == measures.soup_row(soup) | {"more": 1.5}
    with pytest.raises(ZeroDivisionError):
        measures.soup_row(soup, lambda: {"more": 1 / 0})


def test_the_compressor_keeps_its_thread_for_the_one_that_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[threading.Thread]()
    monkeypatch.setattr(measures, "compressed_size", lambda soup: asked.append(threading.current_thread()) or 7)
    soup = np.zeros((2, 64), np.uint8)

    def ask() -> None:
        assert [measures.compressing(soup).result() for _ in range(3)] == [7, 7, 7]

    ask()
    other = threading.Thread(target=ask)
    other.start()
    other.join()
    ours, theirs = asked[:3], asked[3:]
    assert (len(set(ours)), len(set(theirs)), len(theirs)) == (1, 1, 3)
    assert set(ours) != set(theirs)
    # Who asked is gone, and so is its compressor.
    theirs[0].join(60)
    assert not theirs[0].is_alive()
    # A forked process finds the thread of its parent named, but not there.
    monkeypatch.setattr(os, "getpid", lambda: -1)
    ask()
    assert asked[-1] not in ours
