"""Tracer tokens against cells that carry tuples, and what is read off them."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles import plain_tokens
from primordia.core.claims import Claim
from primordia.core.errors import BadInputError
from primordia.core.streams import Streams
from primordia.core.tree import same_bits
from primordia.life.claims.tokens import CLAIMS
from primordia.life.experiments.bff import Bff, BffConfig
from primordia.life.experiments.soups import SoupState
from primordia.life.lineage import tokens as tokens_of
from primordia.life.lineage.tracing import Traced, trace_epochs
from primordia.life.soup import random_soup, run
from primordia.life.substrates import FAMILIES, names, substrate
from primordia.life.worlds import Meetings, World

BFF = FAMILIES["bff"]


def lively_soup(name: str, seed: int, n_programs: int, length: int) -> np.ndarray:
    """Programs in which about two of three bytes are instructions."""
    soup = random_soup(seed, n_programs, length)
    opcodes = np.array(sorted(substrate(name).notation.opcodes), np.uint8)
    draws = random_soup(seed + 1, n_programs, length)
    return np.where(draws < 170, opcodes[draws % len(opcodes)], soup).astype(np.uint8)


def traced(name: str, soup: np.ndarray, n_epochs: int, **given: object) -> Traced:
    """A soup and its tokens after epochs from its start."""
    settings_ = {"seed": 3, "first_epoch": 0, "mutation_threshold": 1 << 24, "max_steps": 400, "n_threads": 1} | given
    return trace_epochs(name, soup, tokens_of.first_tokens(*soup.shape), n_epochs=n_epochs, **settings_)


@pytest.mark.parametrize("name", BFF)
def test_tokens_are_those_of_cells_that_carry_tuples(name: str) -> None:
    soup = lively_soup(name, 5, 10, 16)
    cells = plain_tokens.first(soup)
    for epoch in range(4):
        plain_tokens.epoch(name, cells, 3, epoch, 1 << 24, 200)
        found = traced(name, soup, epoch + 1, max_steps=200)
        assert np.array_equal(found.soup, plain_tokens.characters(cells))
        assert np.array_equal(found.tokens, plain_tokens.words(cells))
        count = tokens_of.count_tokens(found.soup, found.tokens)
        assert count == (plain_tokens.unique(cells), plain_tokens.top(cells))
    epochs, _ = tokens_of.origin(found.tokens)
    assert set(range(1, 5)) & set(epochs.ravel().tolist()), "no mutation was traced"
    assert count.unique < soup.size, "no byte was copied"


@settings(max_examples=25, deadline=None)
@given(
    name=st.sampled_from(BFF),
    seed=st.integers(0, 2**64 - 1),
    length=st.sampled_from([16, 64, 256]),
    n_threads=st.integers(1, 3),
    split=st.integers(0, 5),
)
def test_traced_soups_are_the_plain_ones_in_any_pieces(
    name: str, seed: int, length: int, n_threads: int, split: int
) -> None:
    soup = lively_soup(name, 1, 32, length)
    given = {"seed": seed, "mutation_threshold": 1 << 22, "max_steps": 2000}
    wanted = run(name, soup, first_epoch=0, n_epochs=5, n_threads=1, **given)
    whole = traced(name, soup, 5, **given)
    half = traced(name, soup, split, n_threads=n_threads, **given)
    rest = trace_epochs(name, *half[:2], first_epoch=split, n_epochs=5 - split, n_threads=n_threads, **given)
    assert np.array_equal(whole.soup, wanted.soup)
    assert (whole.operations, whole.n_interactions) == (wanted.operations, wanted.n_interactions)
    assert np.array_equal(rest.soup, whole.soup)
    assert np.array_equal(rest.tokens, whole.tokens)


@pytest.mark.parametrize("name", [name for name in names() if substrate(name).follow is not None])
def test_every_language_that_can_be_followed_carries_tokens(name: str) -> None:
    language = substrate(name)
    length = language.tape_lengths[len(language.tape_lengths) // 2]
    soup = random_soup(7, 64, length)
    given = {"mutation_threshold": 1 << 20, "max_steps": 600}
    found = traced(name, soup, 8, **given)
    wanted = run(name, soup, seed=3, first_epoch=0, n_epochs=8, n_threads=1, **given)
    assert np.array_equal(found.soup, wanted.soup)
    assert found.operations == wanted.operations
    epochs, positions = tokens_of.origin(found.tokens)
    assert epochs.max() <= 8
    assert positions.max() < soup.size
    untouched = (found.tokens == tokens_of.first_tokens(64, length)) & (found.soup == soup)
    assert 0 < untouched.mean() < 1


class Standoff(World):
    """All programs stand in pairs and none of them runs."""

    def draw(self, seed: int, epoch: int, order: np.ndarray) -> int:
        order[:] = np.arange(len(order))
        return 0

    def check(self, n_programs: int) -> None:
        """Any number will do."""


def test_programs_that_do_not_meet_only_mutate() -> None:
    soup = lively_soup("bff", 2, 64, 32)
    found = traced("bff", soup, 3, world=Standoff())
    epochs, positions = tokens_of.origin(found.tokens)
    assert isinstance(Standoff().meetings(0, 0, 64), Meetings)
    assert found.n_interactions == 0
    assert np.array_equal(positions, np.arange(soup.size).reshape(soup.shape))
    assert np.array_equal(found.soup[epochs == 0], soup[epochs == 0])
    assert set(epochs.ravel().tolist()) == {0, 1, 2, 3}


CELLS = st.lists(st.tuples(st.integers(0, 2**31), st.integers(0, 15), st.integers(0, 2)), min_size=16, max_size=16)


@given(CELLS, st.integers(1, 4))
def test_counts_are_those_of_a_counter(cells: list[tuple[int, int, int]], n_copies: int) -> None:
    cells = (cells[:5] * 3 + cells)[:16] * n_copies
    rows = [cells[:8], cells[8:16]] * n_copies
    count = tokens_of.count_tokens(plain_tokens.characters(rows), plain_tokens.words(rows))
    assert count == (plain_tokens.unique(rows), plain_tokens.top(rows))


def test_more_tokens_than_the_top() -> None:
    """Token k of 100 stands k + 1 times: the 32 most frequent hold 69 + ... + 100."""
    words = np.repeat(np.arange(100, dtype=np.uint64), np.arange(1, 101))[None]
    words = np.random.default_rng(0).permuted(words, axis=1)
    assert tokens_of.count_tokens(np.zeros(words.shape, np.uint8), words) == (100, sum(range(69, 101)))


def test_what_is_read_off_tokens() -> None:
    first = tokens_of.first_tokens(4, 16)
    later = first.copy()
    later[1] = first[0]  # program 0 was copied over program 1
    later[2, 3] = (9 << 32) + 35  # a mutation of epoch 8
    assert tokens_of.descent(later, first[0]) == 32 / 64
    assert tokens_of.descent(later, first[1]) == 0
    assert tokens_of.surviving_cells(first, later) == 47 / 64
    assert tokens_of.surviving_tokens(first, later) == 47 / 64
    assert tokens_of.surviving_tokens(later, first) == 47 / 48
    later[2, :3] = first[3, :3]
    found = tokens_of.provenance(later[2], 16)
    assert found.tapes.tolist() == [2, 3]
    assert found.n_bytes.tolist() == [12, 3]
    assert found.mutations.tolist() == [8]
    assert tokens_of.origin(later[2, 3:4]) == (np.array([9]), np.array([35]))


def test_bad_input_is_a_sentence() -> None:
    soup = random_soup(0, 8, 16)
    given = {"seed": 0, "first_epoch": 0, "n_epochs": 1, "mutation_threshold": 0, "max_steps": 10}
    with pytest.raises(BadInputError, match="Tokens 4 x 32 for a soup 8 x 16"):
        trace_epochs("bff", soup, tokens_of.first_tokens(4, 32), **given)
    with pytest.raises(BadInputError, match="do not reach epoch 4294967296: they hold at most 4294967295"):
        trace_epochs("bff", soup, tokens_of.first_tokens(8, 16), **given | {"first_epoch": 2**32 - 1})
    with pytest.raises(BadInputError, match=r"\(8, 16\) does not match \(4, 32\)"):
        tokens_of.count_tokens(soup, tokens_of.first_tokens(4, 32))
    with pytest.raises(BadInputError, match=r"\(8, 16\) does not match \(4, 32\)"):
        tokens_of.surviving_cells(tokens_of.first_tokens(8, 16), tokens_of.first_tokens(4, 32))


def advanced(config: BffConfig, *pieces: int) -> SoupState:
    """The state of an experiment with these settings after pieces of epochs."""
    state, streams, t = Bff().init(config, Streams(config.seed)), Streams(config.seed), 0
    for n in pieces:
        state, _ = Bff().advance(config, state, streams, t, n)
        t += n
    return state


def test_a_soup_that_carries_tokens_is_the_same_soup() -> None:
    config = BffConfig(seed=4, language="bff_noheads_4bit", n_programs=64, tokens=True, world="ring")
    whole, pieces = advanced(config, 9), advanced(config, 2, 7)
    assert np.array_equal(whole.soup, advanced(dataclasses.replace(config, tokens=False), 9).soup)
    assert same_bits(whole, pieces)
    row = Bff().measure(config, whole, Streams(4), 9)
    count = tokens_of.count_tokens(whole.soup, whole.tokens)
    assert (row["unique_tokens"], row["top32_token_share"]) == (count.unique, count.top / whole.soup.size)
    assert row["unique_tokens"] < whole.soup.size
    plain = Bff().measure(config, SoupState(whole.soup), Streams(4), 9)
    assert plain == {name: value for name, value in row.items() if "token" not in name}


def test_what_is_put_into_a_soup_enters_with_the_epoch_after_it() -> None:
    planted = BffConfig(n_programs=8, tokens=True, mutation_rate=0.0, organism="+<>", organism_place=2)
    planted = dataclasses.replace(planted, organism_epoch=3, max_steps=1)
    epochs, positions = tokens_of.origin(advanced(planted, 5).tokens)
    assert np.flatnonzero(epochs).tolist() == [128, 129, 130]
    assert epochs.ravel()[128:131].tolist() == [4, 4, 4]
    assert np.array_equal(positions.ravel(), np.arange(512))
    reset = dataclasses.replace(planted, organism="", reset_every=4)
    epochs, positions = tokens_of.origin(advanced(reset, 2, 5).tokens)
    assert set(epochs.ravel().tolist()) == {6}, "started anew before epoch 5, after epoch 4"
    assert np.array_equal(positions.ravel(), np.arange(512))


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_a_claim_about_tokens_is_whole_and_measured_on_a_small_soup(claim: Claim) -> None:
    small = {**claim.setup, "n_programs": 64, "epochs": min(3, claim.setup["epochs"])}
    measured = claim.measure(small)
    soup = random_soup(small["seed"], 64)
    found = traced("bff_noheads", soup, small["epochs"], seed=small["seed"], mutation_threshold=1 << 18, max_steps=8192)
    unique, top = tokens_of.count_tokens(found.soup, found.tokens)
    assert measured.value == (top if claim.id.startswith("V21") else unique)
    assert (measured.evidence["unique"], measured.evidence["top_32"]) == (unique, top)
    assert claim.statement.endswith(".")
    assert claim.expected.why
    json.dumps([dict(claim.setup), dict(measured.evidence)])
