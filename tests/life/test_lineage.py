"""Replay against a chronicle that was written while it happened, and the first replicator of a small soup."""

from __future__ import annotations

import functools
import itertools
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles import plain_lineage
from primordia.core.errors import BadInputError
from primordia.core.registry import load
from primordia.core.streams import Streams
from primordia.life import replicators
from primordia.life.lineage import history as past
from primordia.life.lineage.ancestry import Source, linked, sources, walk_back, walk_back_from_meeting
from primordia.life.lineage.autocatalysis import parents
from primordia.life.lineage.births import birth_of_line, chief, first_replicator
from primordia.life.lineage.counterfactual import (
    Removal,
    altered,
    cone,
    consequences,
    mutations_of,
    remove,
    takeover,
)
from primordia.life.lineage.history import History, of_run
from primordia.life.lineage.roll import call_roll, quick_look

BFF = load("life/bff")
N_EPOCHS = 10
SMALL = {"n_programs": 24, "tape_length": 16, "language": "bff_noheads_4bit", "max_steps": 96, "mutation_rate": 2**-6}
QUICK = {"n_programs": 8192, "language": "bff_noheads_4bit"}


@functools.cache
def chronicle(seed: int, without: tuple = ()) -> tuple:
    return plain_lineage.chronicle(
        SMALL["language"],
        seed=seed,
        n=SMALL["n_programs"],
        length=SMALL["tape_length"],
        threshold=2**24,
        max_steps=SMALL["max_steps"],
        n_epochs=N_EPOCHS,
        without=without,
    )


def small(seed: int) -> History:
    return of_run(BFF, BFF.Config(seed=seed, **SMALL), Streams(seed))


@pytest.fixture(scope="module")
def quick() -> History:
    """A soup of 8,192 four-bit programs, which is taken over in the row of epoch 232 (docs/life-bff.md)."""
    return of_run(BFF, BFF.Config(seed=0, **QUICK), Streams(0))


@pytest.mark.parametrize("order", [range(N_EPOCHS + 1), range(N_EPOCHS, -1, -1), (7, 2, 9, 0, 10)])
def test_soups_of_any_epoch_are_those_of_the_run_in_whatever_order_they_are_asked_for(
    order: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past, "BLOCK", 3)
    monkeypatch.setattr(past, "ANCHORS", 2)
    history, soups = small(1), chronicle(1)[0]
    for t in order:
        assert np.array_equal(history.soup(t), soups[t])
        assert len(history._block) + len(history._anchors) <= 3 + 2


def test_a_walk_through_time_asks_for_few_states(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "BLOCK", 2)
    monkeypatch.setattr(past, "ANCHORS", 3)
    history, asked = small(1), []
    state_at = history.state_at
    history.state_at = lambda t: asked.append(t) or state_at(t)
    for t in (*range(N_EPOCHS, -1, -1), *range(N_EPOCHS)):
        history.soup(t)
    assert asked == [6, 0]


@given(seed=st.integers(0, 3), t=st.integers(1, N_EPOCHS), place=st.integers(0, 23))
@settings(max_examples=40, deadline=None)
def test_parents_are_those_that_the_chronicle_names(seed: int, t: int, place: int) -> None:
    soups, _, parents = chronicle(seed)
    for link in walk_back(small(seed), t, place):
        assert (link.t, link.place) == (t, place)
        assert np.array_equal(link.program, soups[t][place])
        assert link.parent == parents[t][place]
        assert sum(link.bytes_from) == 16
        assert link.changed == (soups[t][place] != soups[t - 1][link.parent]).sum()
        t, place = t - 1, link.parent
    assert t == 0


@given(seed=st.integers(0, 3), t=st.integers(1, N_EPOCHS), place=st.integers(0, 23), until=st.integers(0, 5))
@settings(max_examples=40, deadline=None)
def test_sources_of_bytes_are_the_tokens_that_the_chronicle_carried(seed: int, t: int, place: int, until: int) -> None:
    until = min(until, t)
    tokens = chronicle(seed)[1]
    found = sources(small(seed), t, [(place, offset) for offset in range(16)], until)
    for (_, offset), source in found.items():
        kind, *where = tokens[t][place][offset]
        if source.mutation:
            assert (kind, *where) == ("mutation", source.epoch, source.place, source.offset)
        else:
            assert source.epoch == until
            assert tokens[until][source.place][source.offset] == (kind, *where)


def test_mutations_kept_by_a_program_are_those_of_its_epoch() -> None:
    tokens, kept = chronicle(2)[1], 0
    for place in range(24):
        for link in walk_back(small(2), N_EPOCHS, place):
            drawn = [k for k, token in enumerate(tokens[link.t][link.place]) if token[:2] == ("mutation", link.t - 1)]
            assert list(link.mutations) == drawn
            kept += len(drawn)
    assert kept > 10


@given(seed=st.integers(0, 3), epoch=st.integers(0, 6), which=st.integers(0, 10**6), whole=st.booleans())
@settings(max_examples=30, deadline=None)
def test_what_would_have_been_is_what_a_plain_replay_without_it_gives(
    seed: int, epoch: int, which: int, whole: bool
) -> None:
    history = small(seed)
    options = (
        [Removal(epoch, pair) for pair in range(12)]
        if whole
        else mutations_of(history, [(epoch, pair) for pair in range(12)])
    )
    if not options:
        return
    removal = options[which % len(options)]
    other = chronicle(seed, ((removal.epoch, removal.pair, removal.mutation),))[0]
    soups = chronicle(seed)[0]
    for t in (epoch + 1, epoch + 2, N_EPOCHS):
        changed = consequences(history, [removal], t)[0]
        assert sorted(changed) == np.flatnonzero((other[t] != soups[t]).any(axis=1)).tolist()
        assert all(np.array_equal(program, other[t][place]) for place, program in changed.items())
    state = altered(history, epoch + 1, remove(history, removal))
    assert np.array_equal(history.advanced(state, epoch + 1, N_EPOCHS - epoch - 1).soup, other[N_EPOCHS])


def test_removals_followed_together_are_as_each_by_itself() -> None:
    history = small(3)
    removals = [Removal(4, 2), *mutations_of(history, [(e, p) for e in (1, 3) for p in range(12)]), Removal(0, 5)]
    together = consequences(history, removals, N_EPOCHS)
    for removal, changed in zip(removals, together, strict=True):
        alone = consequences(history, [removal], N_EPOCHS)[0]
        assert changed.keys() == alone.keys()
        assert all(np.array_equal(changed[place], alone[place]) for place in alone)
    assert any(together)


def test_the_cone_holds_every_pair_that_can_have_had_a_part() -> None:
    history = small(0)
    inside = set(cone(history, N_EPOCHS, 5, 4))
    assert {epoch for epoch, _ in inside} == {6, 7, 8, 9}
    for epoch in range(6, N_EPOCHS):
        for pair in range(12):
            changed = consequences(history, [Removal(epoch, pair)], N_EPOCHS)[0]
            assert (epoch, pair) in inside or 5 not in changed


@pytest.mark.parametrize(
    "settings_",
    [
        {"language": "forthtrivial"},
        {"language": "rsubleq4", "tape_length": 32},
        pytest.param({"language": "z80", "tape_length": 32}, marks=pytest.mark.slow),
        {"language": "bff", "tape_length": 64},
        {"world": "torus", "width": 8},
        {"world": "islands", "n_islands": 4, "migration_rate": 0.5},
        {"interaction_rate": 0.5},
    ],
    ids=lambda chosen: next(iter(chosen.values())),
)
def test_every_language_and_world_is_taken_apart_to_the_bytes_of_its_run(settings_: dict) -> None:
    experiment = load("life/soup")
    config = experiment.Config(**{**SMALL, "n_programs": 64, "max_steps": 300, **settings_})
    history = of_run(experiment, config, Streams(7))
    for epoch in (0, 3):
        told = [linked(history, epoch + 1, place, history.soup(epoch + 1)[place]).parent for place in range(64)]
        assert told == parents(history, epoch).tolist()
    removal = Removal(0, 3)
    changed = consequences(history, [removal], 4)[0]
    other = history.advanced(altered(history, 1, remove(history, removal)), 1, 3).soup
    assert sorted(changed) == np.flatnonzero((other != history.soup(4)).any(axis=1)).tolist()


def test_an_organism_from_outside_is_seen_and_undoes_changes_at_its_place() -> None:
    from primordia.life.experiments import worlds

    config = BFF.Config(seed=1, **SMALL, organism="[[[[[[[[[[[[[[[[", organism_epoch=4, organism_place=3)
    streams = Streams(1)

    def state_at(t: int):
        init = BFF.init(config, streams)
        return BFF.advance(config, init, streams, 0, t)[0] if t else init

    def before(soup, t):
        return worlds.soup_before(config, soup, streams.seed, t)

    history = History(BFF, config, streams, state_at, last=N_EPOCHS, before=before)
    assert [link.t for link in walk_back(history, 4, 3)] == [4, 3, 2, 1]
    assert [link.t for link in walk_back(history, 5, 3)] == [5], "what was put in has no parent"
    assert [link.t for link in walk_back(history, N_EPOCHS, 7)] == list(range(N_EPOCHS, 0, -1))
    assert list(walk_back_from_meeting(history, 4, 3)) == []
    kept = {k: source for (_, k), source in sources(history, 5, [(3, k) for k in range(16)], 0).items()}
    put_in = {k: source for k, source in kept.items() if not source.mutation}
    assert len(put_in) > 8
    assert all(source == Source(4, 3, source.offset, False) for source in put_in.values())
    assert not np.array_equal(history.opening(4)[3], history.soup(4)[3])
    pair = history.meetings(3).pair_of(3)[0]
    for t in range(4, N_EPOCHS + 1):
        changed = consequences(history, [Removal(3, pair)], t)[0]
        plain = altered(history, 4, remove(history, Removal(3, pair)))
        other = history.advanced(plain, 4, t - 4).soup
        assert sorted(changed) == np.flatnonzero((other != history.soup(t)).any(axis=1)).tolist()


@pytest.mark.parametrize("t", [217, 225, pytest.param(232, marks=pytest.mark.slow)])
def test_the_roll_holds_every_replicator_of_a_young_and_of_a_taken_over_soup(quick: History, t: int) -> None:
    soup = quick.soup(t)
    common = {"indices": np.arange(8192), "n_programs": 8192, "round_seed": replicators.round_seed(0, t - 1)}
    every = replicators.scores(QUICK["language"], soup, **common)
    strict = replicators.strict_score(64)
    roll = call_roll(QUICK["language"], soup, streams=quick.streams, t=t, threshold=strict)
    assert roll.places.tolist() == np.flatnonzero(every >= strict).tolist()
    assert roll.scores.tolist() == every[every >= strict].tolist()
    assert len(roll.places) <= roll.n_tested < 8192 / 4
    again = quick_look(QUICK["language"], soup, quick.streams, t, 8192, n_threads=1)
    assert len(again) == roll.n_tested


def test_the_first_replicator_of_the_quick_soup_and_its_birth(quick: History) -> None:
    birth = first_replicator(quick, since=190, until=232)
    assert birth is not None
    assert (birth.t, birth.place, birth.score, birth.n_replicators) == (215, 6508, 64, 1)
    interaction = birth.link.interaction
    assert (interaction.epoch, interaction.pair, interaction.places) == (214, 2110, (3590, 6508))
    assert birth.link.bytes_from == (31, 33)
    head, length = chief(quick, 232)[0], quick.config.tape_length
    older, line = birth_of_line(quick, 232, head)
    assert (older.t, older.place) == (birth.t, birth.place)
    assert np.array_equal(older.program, birth.program)
    assert (line[0].t, line[0].place, line[-1].t) == (232, head, 215)
    assert all(link.parent == after.place for link, after in itertools.pairwise(line))
    assert len(birth.program) == length


def test_without_the_birth_interaction_the_quick_soup_is_not_taken_over_then(quick: History) -> None:
    birth = first_replicator(quick, since=214, until=216)
    removal = Removal(214, birth.link.interaction.pair)
    changed = remove(quick, removal)
    assert birth.place in changed
    state = altered(quick, 215, changed)
    assert takeover(quick, quick.state(215), 215, every=8, horizon=240) == 232
    assert takeover(quick, state, 215, every=8, horizon=240) is None
    assert takeover(quick, quick.state(230), 230, every=1000, horizon=235) == 235, "the last epoch has a row"


def test_two_mutations_long_before_were_necessary_for_the_birth(quick: History) -> None:
    """One drew the byte that is in the newborn twice; the other is not in it and still changed what its parent did."""
    removals = [Removal(87, 360, 9), Removal(106, 1816, 116), Removal(149, 372, 23), Removal(198, 2940, 58)]
    lost = [6508 in changed for changed in consequences(quick, removals, 215)]
    assert lost == [True, True, False, False]


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda h: h.soup(-1), "the nearest is 0"),
        (lambda h: next(walk_back(h, 3, 24)), "not 24; the nearest is 23"),
        (lambda h: remove(h, Removal(2, 12)), "the pairs 0 to 11, not 12"),
        (lambda h: remove(h, Removal(2, 0, 99)), "has no mutation at byte 99"),
        (lambda h: consequences(h, [Removal(5, 0)], 5), "cannot change what is there after epoch 5"),
    ],
)
def test_questions_without_an_answer_get_a_sentence(ask, says: str) -> None:
    with pytest.raises(BadInputError, match=re.escape(says)):
        ask(small(0))


def test_a_language_that_does_not_follow_its_bytes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import dataclasses

    from primordia.life.lineage import interaction
    from primordia.life.substrates import substrate

    blind = dataclasses.replace(substrate(SMALL["language"]), follow=None)
    monkeypatch.setattr(interaction, "substrate", lambda name: blind)
    with pytest.raises(BadInputError, match="does not say where its bytes come from"):
        next(walk_back(small(0), 3, 1))
