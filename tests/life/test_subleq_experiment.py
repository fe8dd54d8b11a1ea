"""The experiment life/subleq and its claims."""

from __future__ import annotations

import json

import numpy as np
import pytest

from primordia.core import config as configs
from primordia.core.errors import BadInputError, ConfigError
from primordia.core.findings import Text
from primordia.core.registry import load
from primordia.core.streams import Streams
from primordia.life.claims import subleq as claims
from primordia.life.experiments.soups import SoupState
from primordia.life.experiments.subleq import Subleq, SubleqConfig
from primordia.life.soup import random_soup

SUBLEQ = Subleq()
CHEAP = ("V01-subleq", "V09", "V09-score")


def test_it_is_registered() -> None:
    assert isinstance(load("life/subleq"), Subleq)


@pytest.mark.parametrize("claim", [claim for claim in claims.CLAIMS if claim.id in CHEAP], ids=lambda claim: claim.id)
def test_a_cheap_claim_holds(claim) -> None:
    measured = claim.measure(claim.setup)
    assert claim.expected.holds(measured.value), measured
    json.dumps(dict(measured.evidence))


def test_claims_are_well_formed() -> None:
    assert len({claim.id for claim in claims.CLAIMS}) == len(claims.CLAIMS)
    for claim in claims.CLAIMS:
        json.dumps(dict(claim.setup))
        assert claim.statement.endswith(".")


def test_the_planted_replicator_takes_over_and_an_unplanted_soup_does_not() -> None:
    """Seed 0 of the preset quick; the same soup without the organism stays noise."""
    planted = configs.override(SubleqConfig(), SUBLEQ.presets["quick"].config)
    for config, crossed in ((planted, True), (configs.override(planted, {"organism": ""}), False)):
        streams = Streams(0)
        state = SUBLEQ.init(config, streams)
        state, row = SUBLEQ.advance(config, state, streams, 0, 48)
        row = {**row, **SUBLEQ.measure(config, state, streams, 48)}
        assert SUBLEQ.transitions["takeover"].crossed(row) is crossed
        assert (row["replicator_share"] > 0.5) is crossed


def test_seeded_takeovers_counts_what_happens() -> None:
    """Two seeds of claim V27: the first is taken over, the second loses its one copy."""
    measured = claims.seeded_takeovers({"n_programs": 8192, "epochs": 48, "every": 8, "seeds": 2})
    assert measured.value == 1
    assert measured.evidence["epochs"] == [40, None]


def test_findings_name_the_replicator_and_show_whole_instructions() -> None:
    config = configs.override(SubleqConfig(), SUBLEQ.presets["small"].config)
    soup = random_soup(0, 256, 64)
    soup[:100] = claims.replicator()
    found = {finding.title: finding for finding in SUBLEQ.findings(config, SoupState(soup), Streams(0), 9)}
    portrait = found["The replicator"]
    assert isinstance(portrait, Text)
    assert "score      62 of 64" in portrait.text
    listing = found["The 3 most frequent programs, disassembled"]
    assert isinstance(listing, Text)
    assert "16  F8 08 F9 F4  -8 8 -7 -12  t[8] = t[24] - t[9], to 4 if that is 0 or negative" in listing.text
    assert "20  00 FF FF C0  0 -1 -1 -64" in listing.text


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [("language", "subleq4", "the nearest is rsubleq4"), ("tape_length", 48, "a power of two from 16 to 1024")],
)
def test_bad_settings_are_refused_with_the_nearest_good_one(key: str, value: object, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        configs.override(SubleqConfig(), {key: value})


def test_an_organism_that_cannot_be_read_is_refused() -> None:
    config = configs.override(SubleqConfig(), {"organism": "09 1G", "n_programs": 256})
    with pytest.raises(BadInputError, match=r"'G' \(character 4"):
        SUBLEQ.init(config, Streams(0))


def test_planting_replaces_the_first_bytes_of_program_0_only() -> None:
    config = configs.override(SubleqConfig(), {**SUBLEQ.presets["quick"].config, "n_programs": 256})
    soup = SUBLEQ.init(config, Streams(5)).soup
    wanted = random_soup(5, 256, 64)
    wanted[0, :25] = claims.replicator()[:25]
    assert np.array_equal(soup, wanted)
