"""life/archipelago: shards against the whole, the whole against plain Python, its numbers and its claims."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles import plain_archipelago as plain
from primordia.core import config as configs
from primordia.core.errors import BadInputError, ConfigError
from primordia.core.streams import Streams
from primordia.life import maps
from primordia.life.archipelago import tallies
from primordia.life.archipelago.sharding import ArchipelagoSharding
from primordia.life.claims import exchanging
from primordia.life.claims.archipelago import CLAIMS
from primordia.life.experiments.archipelago import ArchipelagoConfig, ArchipelagoSoup
from primordia.life.experiments.bff import Bff, BffConfig
from primordia.life.measures import entropy, high_order_complexity
from primordia.life.worlds import Archipelago

SOUP, SHARDS = ArchipelagoSoup(), ArchipelagoSharding()
SEEDS = st.integers(0, 2**64 - 1)


def config_of(**changes: Any) -> ArchipelagoConfig:
    small = ArchipelagoConfig(
        seed=3, n_programs=48, n_islands=4, exchange_every=2, exchange_share=0.5, mutation_rate=0.01, max_steps=256
    )
    return configs.override(small, changes)


@st.composite
def some_configs(draw: st.DrawFn) -> ArchipelagoConfig:
    n_islands = draw(st.integers(1, 5))
    return ArchipelagoConfig(
        seed=draw(SEEDS),
        language=draw(st.sampled_from(["bff_noheads", "bff_noheads_4bit"])),
        n_programs=2 * n_islands * draw(st.integers(1, 7)),
        n_islands=n_islands,
        exchange_every=draw(st.integers(1, 4)),
        exchange_share=draw(st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0, 1))),
        mutation_rate=draw(st.sampled_from([0.0, 0.02])),
        max_steps=200,
        zero_start=draw(st.booleans()),
        organism=draw(st.sampled_from(["", "[.]"])),
        organism_place=1,
        organism_epoch=draw(st.integers(0, 7)),
        reset_every=draw(st.sampled_from([0, 3, 5])),
    )


def advanced(config: Any, parts: list[Any], streams: Streams, t: int, n: int) -> tuple[list[Any], Any]:
    """The parts after `n` steps from step number `t` on, and the row of the last; the last shard comes first."""
    numbers, end, told = list(reversed(range(len(parts)))), t + n, {}
    while t < end:
        if (exchange := SHARDS.next_exchange(config, t, end)) > t:
            for k in numbers:
                parts[k], told[k] = SHARDS.alone(config, parts[k], streams, k, t, exchange - t)
            t = exchange
            continue
        sent = {k: SHARDS.send(config, parts[k], streams, k, t) for k in numbers}
        back = {}
        for k in numbers:
            here = [sent[other][k] for other in range(len(parts))]
            parts[k], back[k], told[k] = SHARDS.meet(config, parts[k], here, streams, k, t)
        for k in numbers:
            here = [back[other][k] for other in range(len(parts))]
            parts[k] = SHARDS.home(config, parts[k], here, streams, k, t)
        t += 1
    return parts, SHARDS.merge_steps(config, [told[k] for k in range(len(parts))])


@settings(max_examples=30, deadline=None)
@given(some_configs(), st.lists(st.integers(1, 5), min_size=1, max_size=3))
def test_shards_have_the_bits_and_the_rows_of_the_whole(config: ArchipelagoConfig, steps: list[int]) -> None:
    streams, t = Streams(config.seed), 0
    state = SOUP.init(config, streams)
    parts = [SHARDS.begin(config, streams, k) for k in range(SHARDS.n_shards(config))]
    assert SHARDS.join(config, parts).soup.tobytes() == state.soup.tobytes()
    for n in steps:
        state, row = SOUP.advance(config, state, streams, t, n)
        parts, row_of_parts = advanced(config, parts, streams, t, n)
        t += n
        assert SHARDS.join(config, parts).soup.tobytes() == state.soup.tobytes()
        assert row_of_parts == row
    measured = [SHARDS.measure(config, part, streams, k, t) for k, part in enumerate(parts)]
    assert SHARDS.merge_measures(config, measured) == SOUP.measure(config, state, streams, t)


def test_nothing_that_shards_are_given_is_changed_and_tallies_go_through_json() -> None:
    config, streams = config_of(organism="[", reset_every=5), Streams(3)
    parts = SHARDS.split(config, SOUP.init(config, streams))
    before = [part.soup.copy() for part in parts]
    for part in parts:
        part.soup.flags.writeable = False
    sent = [SHARDS.send(config, part, streams, k, 0) for k, part in enumerate(parts)]
    here = [parcels[1].copy() for parcels in sent]
    for parcel in here:
        parcel.flags.writeable = False
    met, back, tally = SHARDS.meet(config, parts[1], here, streams, 1, 0)
    SHARDS.alone(config, parts[1], streams, 1, 1, 1)
    assert [part.soup.tobytes() for part in parts] == [soup.tobytes() for soup in before]
    kept = met.soup.copy()
    SHARDS.home(config, met, back, streams, 1, 0)
    assert met.soup.tobytes() == kept.tobytes()
    assert [parcel.shape for parcel in back] == [parcel.shape for parcel in here]
    assert all(parcel.dtype == np.uint8 for parcels in sent for parcel in parcels)
    measured = SHARDS.measure(config, parts[1], streams, 1, 1)
    plainly = json.loads(json.dumps({**measured, "byte_counts": measured["byte_counts"].tolist()}))
    assert SHARDS.merge_measures(config, [plainly] * 4) == SHARDS.merge_measures(config, [measured] * 4)
    assert json.loads(json.dumps(tally)) == tally


def test_exchanges_are_where_somebody_travels() -> None:
    config = config_of(exchange_every=4)
    assert [SHARDS.next_exchange(config, t, 10) for t in range(10)] == [0, 4, 4, 4, 4, 8, 8, 8, 8, 10]
    assert SHARDS.next_exchange(config_of(exchange_share=0.0), 0, 10) == 10
    assert SHARDS.next_exchange(config_of(exchange_share=0.05), 0, 10) == 10


@settings(max_examples=8, deadline=None)
@given(SEEDS, st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.floats(0, 1))
def test_the_whole_is_that_of_plain_python(seed: int, n_islands: int, half: int, every: int, share: float) -> None:
    n = 2 * half * n_islands
    threshold = round(0.03 * 2**30)
    soups, operations = plain.chronicle("bff_noheads", seed, n, 16, threshold, 100, 4, n_islands, every, share)
    config = ArchipelagoConfig(
        seed=seed,
        n_programs=n,
        tape_length=16,
        mutation_rate=0.03,
        max_steps=100,
        n_islands=n_islands,
        exchange_every=every,
        exchange_share=share,
    )
    streams = Streams(seed)
    state = SOUP.init(config, streams)
    for t in range(4):
        state, row = SOUP.step(config, state, streams, t)
        assert state.soup.tolist() == soups[t].tolist()
        assert row == {"operations_per_interaction": operations[t] / (n // 2), "interactions": n // 2}


@pytest.mark.parametrize(
    "changes",
    [{"exchange_every": 1, "exchange_share": 1.0}, {"n_islands": 1, "exchange_share": 0.3}, {"n_islands": 1}],
)
def test_where_all_may_meet_it_is_life_bff(changes: dict[str, Any]) -> None:
    config, streams = config_of(tokens=True, **changes), Streams(3)
    mixed = BffConfig(seed=3, n_programs=48, mutation_rate=0.01, max_steps=256, tokens=True)
    ours, our_row = SOUP.advance(config, SOUP.init(config, streams), streams, 0, 9)
    theirs, their_row = Bff().advance(mixed, Bff().init(mixed, streams), streams, 0, 9)
    assert ours.soup.tobytes() == theirs.soup.tobytes()
    assert ours.tokens is not None
    assert ours.tokens.tobytes() == theirs.tokens.tobytes()
    assert our_row == their_row


def test_metrics_are_those_of_the_islands() -> None:
    config, streams = config_of(n_programs=4096, seed=5), Streams(5)
    soup = SOUP.init(config, streams).soup.copy()
    soup[1024:2048] = soup[7]
    state = dataclasses.replace(SOUP.init(config, streams), soup=soup)
    row = SOUP.measure(config, state, streams, 0)
    complexities = [high_order_complexity(island) for island in np.split(soup, 4)]
    assert row["high_order_complexity"] == pytest.approx(sum(complexities) / 4)
    assert (row["lowest_island_complexity"], row["highest_island_complexity"]) == (
        min(complexities),
        max(complexities),
    )
    assert row["highest_island_complexity"] > 4
    assert (row["islands_taken_over"], row["island_share_taken_over"]) == (1, 0.25)
    assert row["unique_programs_per_island"] == (3 * 1024 + 1) / 4
    assert row["top_program_share"] == (1 + 3 / 1024) / 4
    assert row["order0_entropy"] == entropy(np.bincount(soup.reshape(-1), minlength=256))
    assert row["island_divergence"] > 0.3
    crossed = {name for name, transition in tallies.TRANSITIONS.items() if transition.crossed(row)}
    assert crossed == {"foothold"}


def test_islands_lie_apart_on_the_map() -> None:
    where = maps.places(Archipelago(4), 16)
    assert where.tolist() == [
        [0, 1, -1, 4, 5],
        [2, 3, -1, 6, 7],
        [-1, -1, -1, -1, -1],
        [8, 9, -1, 12, 13],
        [10, 11, -1, 14, 15],
    ]


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        ({"n_islands": 7}, BadInputError, "48 programs cannot be shared among 7 islands"),
        ({"organism": "[.]", "organism_place": 48}, ConfigError, "organism_place=48 is no program"),
        ({"organism": "[.]" * 30}, BadInputError, "The organism has 90 bytes"),
    ],
)
def test_what_does_not_go_together_is_refused_in_shards_too(changes: Any, kind: Any, words: str) -> None:
    config = config_of(**changes)
    with pytest.raises(kind, match=words):
        SOUP.init(config, Streams(3))
    with pytest.raises(kind, match=words):
        SHARDS.n_shards(config)


def test_tokens_do_not_lie_in_shards_and_one_process_has_a_limit() -> None:
    with pytest.raises(ConfigError, match="A soup with tokens does not lie in shards"):
        SHARDS.n_shards(config_of(tokens=True))
    large = config_of(n_programs=2**23)
    assert SHARDS.n_shards(large) == 4
    with pytest.raises(ConfigError, match="n_programs=8388608 is more than one process runs: take at most 4194304"):
        SOUP.init(large, Streams(3))


def test_claims_say_what_where_and_why() -> None:
    for claim in CLAIMS:
        assert claim.statement.endswith(".")
        assert claim.source
        assert claim.expected.why
        json.dumps(dict(claim.setup))


@pytest.mark.parametrize("claim", [claim for claim in CLAIMS if claim.expected.high == 0], ids=lambda claim: claim.id)
def test_the_identities_hold_and_could_fail(claim: Any) -> None:
    small = {"epochs": 4, **({"n_programs": 120} if "n_programs" in claim.setup else {})}
    assert claim.expected.holds(claim.measure({**claim.setup, **small}).value)
    if "archipelagos" in claim.setup:
        other = {**claim.setup, **small, "archipelagos": ((2, 1, 0.5),)}
        assert claim.measure(other).value > 0


def test_delays_are_measured_and_one_that_cannot_be_is_no_number() -> None:
    setup = {**CLAIMS[3].setup, "n_programs": 512, "planted": 32, "seeds": 2, "shares": (1.0, 0.5, 0.25)}
    found = exchanging.increment_ratio(setup)
    assert set(found.evidence["epochs_to_half"]) == {"1", "0.5", "0.25"}
    assert "6 runs" in found.note
    assert math.isnan(exchanging.increment_ratio({**setup, "most_epochs": 1}).value)
