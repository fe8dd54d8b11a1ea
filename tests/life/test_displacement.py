"""Strains counted against a slow twin, and who is called displaced."""

from __future__ import annotations

import dataclasses
from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from primordia.core.registry import load
from primordia.core.streams import Streams
from primordia.life.lineage.births import score_at
from primordia.life.lineage.displacement import Standing, example, overtaking, standings, strain, strains
from primordia.life.lineage.history import of_run
from primordia.life.substrates import substrate

LANGUAGE = "bff_noheads"
ALPHABET = b"[]<>{}+-.,\x00 xy"


def slow_strain(program: bytes) -> bytes:
    glyphs = substrate(LANGUAGE)
    bare = bytes(byte for byte in program if glyphs.classes[byte] not in ("other", "null"))
    return min(bare, bare[::-1])


soups = st.lists(st.lists(st.sampled_from(ALPHABET), min_size=16, max_size=16), min_size=1, max_size=12).map(
    lambda rows: np.array(rows, np.uint8)
)


@given(soup=soups)
@settings(max_examples=60, deadline=None)
def test_strains_are_counted_as_the_slow_twin_counts_them(soup: np.ndarray) -> None:
    slow = Counter(slow_strain(program.tobytes()) for program in soup)
    assert strains(LANGUAGE, soup) == slow
    for program in soup:
        assert strain(LANGUAGE, program) == slow_strain(program.tobytes())
        assert strain(LANGUAGE, program[::-1]) == slow_strain(program.tobytes())
    for of in slow:
        place = example(LANGUAGE, soup, of)
        members = [k for k, program in enumerate(soup) if slow_strain(program.tobytes()) == of]
        numbers = Counter(soup[k].tobytes() for k in members)
        assert place in members
        assert numbers[soup[place].tobytes()] == max(numbers.values())


def test_a_rival_is_who_gained_most_and_not_who_was_always_frequent() -> None:
    experiment = load("life/bff")
    history = of_run(experiment, experiment.Config(n_programs=16, language=LANGUAGE), Streams(0))
    first, rival = b"[,}<]".ljust(64), b"[{.>]".ljust(64)
    states = {}
    for t, (n_first, n_rival) in {5: (1, 0), 6: (6, 3), 7: (4, 5)}.items():
        rows = [first] * n_first + [rival[::-1]] * n_rival
        rows += [b" " * 64] * (16 - len(rows))
        states[t] = np.array([list(row) for row in rows], np.uint8)
    history.soup = lambda t: states[t]
    found = list(standings(history, states[5][0], 5, (5, 6, 7)))
    assert [round(16 * standing.share) for standing in found] == [1, 6, 4]
    assert [standing.rival for standing in found] == [None, slow_strain(rival), slow_strain(rival)]
    assert [round(16 * standing.rival_share) for standing in found] == [0, 3, 5]
    assert [standing.overtaken for standing in found] == [False, False, True]
    assert found[2].rival_place == 4
    assert found[2].rival_score == score_at(history, 7, 4, states[7][4])


def test_overtaken_is_who_never_leads_again() -> None:
    ahead, behind = Standing(0, 0.4, b"x", 0.1, 0, 0), Standing(0, 0.1, b"x", 0.4, 0, 0)
    series = [dataclasses.replace(standing, t=t) for t, standing in enumerate([ahead, behind, ahead, behind, behind])]
    assert overtaking(series).t == 3
    assert overtaking(series[:3]) is None
    assert overtaking([]) is None
