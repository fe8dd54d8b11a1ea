"""The experiment life/forth and its claims."""

from __future__ import annotations

import json
from math import comb

import pytest

from primordia.core import config as configs
from primordia.core.errors import ConfigError
from primordia.core.findings import Text
from primordia.core.registry import load
from primordia.core.streams import Streams
from primordia.life.claims import forth as claims
from primordia.life.experiments.forth import LANGUAGES, Forth, ForthConfig
from primordia.life.substrates import FAMILIES

FORTH = Forth()
CHEAP = ("V01-forth", "V10", "V10-six", "V10-score", "V11")


def test_it_is_registered_with_every_language() -> None:
    assert isinstance(load("life/forth"), Forth)
    assert set(LANGUAGES) == set(FAMILIES["forth"]) == set(FORTH.variants)


def test_a_language_of_another_family_is_refused() -> None:
    with pytest.raises(ConfigError, match="forthtrivial"):
        configs.override(ForthConfig(), {"language": "bff"})


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
        assert claim.expected.low <= claim.expected.high


def fisher(a: int, b: int, n: int) -> float:
    """Two-sided exact p-value of a of n against b of n."""
    p = [comb(n, k) * comb(n, a + b - k) / comb(2 * n, a + b) if 0 <= a + b - k <= n else 0.0 for k in range(n + 1)]
    return sum(each for each in p if each <= p[a] * (1 + 1e-9))


def test_the_region_of_v23_is_what_its_reason_says() -> None:
    claim = next(claim for claim in claims.CLAIMS if claim.id == "V23")
    agreeing = [k for k in range(13) if fisher(k, 9, 12) >= 0.01]
    assert (claim.expected.low, claim.expected.high) == (agreeing[0] / 12, agreeing[-1] / 12)


def test_medians_count_a_soup_that_is_not_taken_over_as_late() -> None:
    """Of the seeds 0 to 2 at 8,192 programs only seed 1 is taken over within 64 epochs."""
    setup = {"n_programs": 8192, "epochs": 64, "every": 16, "seeds": 3}
    assert claims.takeovers(setup).value == 1
    assert claims.median_takeover(setup).value == float("inf")


def test_the_preset_quick_comes_alive_when_its_text_says() -> None:
    preset = FORTH.presets["quick"]
    config = configs.override(ForthConfig(), preset.config)
    streams, crossed, t = Streams(config.seed), {}, 0
    state = FORTH.init(config, streams)
    while "takeover" not in crossed:
        state, row = FORTH.advance(config, state, streams, t, preset.run["every"])
        t += preset.run["every"]
        row = {**row, **FORTH.measure(config, state, streams, t)}
        for name, transition in FORTH.transitions.items():
            if transition.crossed(row):
                crossed.setdefault(name, t)
        assert t <= 40
    assert crossed == {"appearance": 28, "takeover": 36}
    state, _ = FORTH.advance(config, state, streams, t, 12)
    found = {finding.title: finding for finding in FORTH.findings(config, state, streams, t + 12)}
    portrait = found["The replicator"]
    assert isinstance(portrait, Text)
    assert "score      64 of 64" in portrait.text
