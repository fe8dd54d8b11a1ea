"""Distances, families and names against slow twins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles import plain_ecology
from primordia.life.ecology import names
from primordia.life.ecology.distance import edit_distance, table_distance
from primordia.life.ecology.families import difference, families
from primordia.life.ecology.symbols import symbols_of
from primordia.life.golden import FIG4_REPLICATOR

FIG4 = np.frombuffer(FIG4_REPLICATOR, np.uint8)
STRINGS = st.lists(st.integers(0, 3), max_size=12)


def as_bytes(values: list[int]) -> np.ndarray:
    return np.array(values, np.uint8)


@settings(max_examples=100, deadline=None)
@given(first=STRINGS, second=STRINGS)
def test_both_forms_of_the_edit_distance_are_the_twins(first: list[int], second: list[int]) -> None:
    places = np.zeros(256, np.uint64)
    given = as_bytes(first), len(first), as_bytes(second), len(second)
    expected = plain_ecology.edit_distance(tuple(first), tuple(second))
    assert edit_distance(*given, places) == expected
    assert table_distance(*given) == expected
    assert not places.any()


@pytest.mark.parametrize("n", [63, 64, 65, 128])
def test_strings_about_as_long_as_a_word(n: int) -> None:
    generator = np.random.default_rng(n)
    first, second = generator.integers(0, 4, (2, n)).astype(np.uint8)
    places = np.zeros(256, np.uint64)
    assert edit_distance(first, n, second, n, places) == table_distance(first, n, second, n)
    assert edit_distance(first, n, first, n, places) == 0


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32), tolerance=st.sampled_from([0.0, 0.25, 0.5]))
def test_families_are_the_twins(seed: int, tolerance: float) -> None:
    generator = np.random.default_rng(seed)
    roots = generator.choice(np.frombuffer(b"[]<>.,{}+- ab", np.uint8), (3, 16))
    soup = roots[generator.integers(0, 3, 40)].copy()
    changes = generator.random(soup.shape) < 0.1
    soup[changes] = generator.choice(np.frombuffer(b"[]<>. \0", np.uint8), int(changes.sum()))
    soup[::3] = soup[::3, ::-1]
    found = families("bff", [soup], 64, tolerance)
    strings = [symbols_of("bff", program).tolist() for program in found.programs]
    assert found.family.tolist() == plain_ecology.families(strings, tolerance)
    assert found.sizes(soup).sum() == len(soup)
    assert [found.family[founder] for founder in found.founders] == list(range(len(found)))


def test_the_most_frequent_program_founds_the_first_family_and_relatives_join() -> None:
    rare = np.frombuffer(b"+" * 64, np.uint8)
    soup = np.stack([FIG4] * 5 + [FIG4[::-1]] * 2 + [rare])
    found = families("bff_noheads", [soup])
    assert found.founder(0).tobytes() == FIG4_REPLICATOR
    assert found.sizes(soup).tolist() == [7, 1]
    # A relative that was not looked at joins the family whose founder it is close to; a stranger joins none.
    relative = np.where(np.arange(64) == 30, 0x21, FIG4).astype(np.uint8)
    stranger = np.frombuffer(b"<" * 40 + b"," * 24, np.uint8)
    assert found.sizes(np.stack([relative, rare])).tolist() == [1, 1]
    assert found.sizes(np.stack([stranger, rare])).tolist() == [0, 1]
    assert found.name(0) == names.name("bff_noheads", FIG4)


def test_no_ops_and_spellings_make_no_difference_and_operands_do() -> None:
    drifted = np.where(FIG4 == 0x20, 0x41, FIG4).astype(np.uint8)
    assert difference("bff_noheads", FIG4, drifted) == 0.0
    assert difference("bff_noheads_4bit", np.full(64, 0x06, np.uint8), np.full(64, 0xA6, np.uint8)) == 0.0
    assert difference("bff_noheads", FIG4, np.full(64, 0x20, np.uint8)) == 1.0
    assert difference("bff_noheads", *np.zeros((2, 64), np.uint8)) == 0.0
    assert difference("forthtrivial", np.full(64, 0x20, np.uint8), np.full(64, 0x3F, np.uint8)) == 0.0
    assert difference("z80", np.zeros(32, np.uint8), np.full(32, 0x78, np.uint8)) == 1.0
    assert difference("subleq", np.zeros(64, np.uint8), np.full(64, 0x51, np.uint8)) == 1.0


def test_a_name_belongs_to_language_and_bytes() -> None:
    assert names.name("bff_noheads", FIG4) == "16niwoyuju"
    assert names.name("bff", FIG4) != names.name("bff_noheads", FIG4)
    soup = np.random.default_rng(1).integers(0, 256, (2000, 64)).astype(np.uint8)
    assert len({names.name("bff", program) for program in soup}) >= 1999
    assert all(names.name("bff", program)[:2].isdigit() for program in soup[:10])
