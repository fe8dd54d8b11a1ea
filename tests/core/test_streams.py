"""Random draws are a function of (seed, name, step, index) and of nothing else, and never change between releases."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from primordia.core.streams import Streams, mix64

seeds, steps, names = st.integers(0, 2**64 - 1), st.integers(-(2**63), 2**63 - 1), st.text(max_size=20)

# Typed in once: every recorded run depends on them.
GOLDEN_WORDS = {
    (0, "mutation", 0): (0x446F19B887DD7563, 0x2C73B6EF24CF5ECF),
    (1, "mutation", 0): (0x93E98C47C0B99E12, 0x266575FBE3F00493),
    (2**64 - 1, "ütf", 2**40): (0x9B86CD5A60665536, 0xAD975A3D3A6CB1A3),
}


@pytest.mark.parametrize(("address", "words"), GOLDEN_WORDS.items())
def test_words_never_change(address: tuple[int, str, int], words: tuple[int, int]) -> None:
    seed, name, step = address
    assert Streams(seed).words(name, step) == words


def test_words_are_the_documented_hash() -> None:
    message = (7).to_bytes(8, "little") + (3).to_bytes(8, "little") + b"moves"
    digest = hashlib.blake2b(message, digest_size=16, person=b"primordia").digest()
    assert Streams(7).words("moves", 3) == tuple(int.from_bytes(part, "little") for part in (digest[:8], digest[8:]))


def test_integers_never_change() -> None:
    assert Streams(7).integers("moves", 3, 6, 1000).tolist() == [386, 454, 655, 700, 479, 929]


def test_mix64_is_splitmix64() -> None:
    # The first outputs of SplitMix64 seeded with 1234567 (Vigna's splitmix64.c; also in the Java and Rust test suites).
    states = np.uint64(1234567) + np.arange(5, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    assert mix64(states).tolist() == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


@given(seeds, names, steps, st.integers(0, 50), st.integers(0, 50), st.integers(1, 2**40))
def test_a_draw_does_not_depend_on_how_many_are_drawn(
    seed: int, name: str, step: int, n: int, more: int, bound: int
) -> None:
    short, long = (Streams(seed).integers(name, step, count, bound) for count in (n, n + more))
    assert short.tolist() == long[:n].tolist()
    assert short.dtype == np.int64
    assert all(0 <= draw < bound for draw in long.tolist())


@given(st.tuples(seeds, names, steps), st.tuples(seeds, names, steps))
def test_different_addresses_give_different_words(one: tuple[int, str, int], two: tuple[int, str, int]) -> None:
    first, second = (Streams(seed).words(name, step) for seed, name, step in (one, two))
    assert (first == second) == (one == two)


def test_draws_are_even_and_neighbouring_steps_are_independent() -> None:
    draws = np.stack([Streams(0).integers("places", step, 4096, 2) for step in range(16)])
    # 65,536 fair coins: five standard deviations are 0.0098.
    assert abs(draws.mean() - 0.5) < 0.0098
    agreement = (draws[:-1] == draws[1:]).mean(axis=1)
    assert np.all(np.abs(agreement - 0.5) < 0.04)
    # Chi-squared of 64 bins with 63 degrees of freedom: mean 63, standard deviation 11.2.
    counts = np.bincount(Streams(0).integers("bins", 0, 64_000, 64), minlength=64)
    assert 20 < ((counts - 1000) ** 2 / 1000).sum() < 120


def test_keys_are_pure_where_jax_is_installed() -> None:
    jax = pytest.importorskip("jax", reason="JAX comes with the extra 'minds'")
    one, two, other = (Streams(seed).key("batch", 3) for seed in (1, 1, 2))
    assert np.array_equal(jax.random.key_data(one), jax.random.key_data(two))
    assert not np.array_equal(jax.random.key_data(one), jax.random.key_data(other))
