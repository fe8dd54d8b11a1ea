"""Alarms that must ring and alarms that must not, the matched walk, and samples of a run."""

from __future__ import annotations

import numpy as np
import pytest

from primordia.core.streams import Streams
from primordia.core.tools import Moment
from primordia.life.ecology import null_model
from primordia.life.ecology.alarms import alarms, matched_noise, table, text
from primordia.life.experiments.bff import Bff, BffConfig
from primordia.life.experiments.soups import SoupState
from primordia.life.golden import FIG4_REPLICATOR
from primordia.life.measures import byte_counts
from primordia.life.soup import random_soup

FIG4 = np.frombuffer(FIG4_REPLICATOR, np.uint8)
EVERY = {
    "zero flood",
    "smear of one byte",
    "offset of a small soup",
    "structure without order",
    "false replicators",
    "lines that break",
    "compressor",
}


def ringing(language: str, soup: np.ndarray) -> set[str]:
    found = alarms(language, soup, Streams(1), 0, 512)
    assert {alarm.what for alarm in found} == EVERY
    return {alarm.what for alarm in found if alarm.rings}


def test_a_large_random_soup_rings_nothing() -> None:
    assert ringing("bff_noheads", random_soup(3, 4096)) == set()


def test_a_soup_of_replicators_among_noise_rings_nothing() -> None:
    soup = random_soup(3, 4096)
    soup[::4] = FIG4
    assert ringing("bff_noheads", soup) == set()


def test_small_soups_floods_and_smears_ring() -> None:
    assert ringing("bff_noheads", random_soup(3, 64)) == {"offset of a small soup"}
    flooded = random_soup(3, 4096)
    flooded[:, ::10] = 0
    assert ringing("bff_noheads", flooded) == {"zero flood"}
    smeared = random_soup(3, 4096)
    smeared[:, ::3] = 0x41
    assert ringing("bff_noheads", smeared) == {"smear of one byte"}


def test_independent_bytes_that_pass_the_test_ring(monkeypatch: pytest.MonkeyPatch) -> None:
    from primordia.life.ecology import alarms as module

    real = module.matched_noise

    def noise(counts, shape, streams, what, t):
        drawn = real(counts, shape, streams, what, t)
        if what == "matched programs":
            drawn[:6] = FIG4
        return drawn

    monkeypatch.setattr(module, "matched_noise", noise)
    assert ringing("bff_noheads", random_soup(3, 4096)) == {"false replicators"}


def test_a_line_that_breaks_rings(monkeypatch: pytest.MonkeyPatch) -> None:
    from primordia.life.ecology import alarms as module

    soup = np.repeat(FIG4[None], 2048, axis=0)
    assert "lines that break" not in ringing("bff_noheads", soup)
    monkeypatch.setattr(module, "generations", lambda *given, **options: 2)
    assert "lines that break" in ringing("bff_noheads", soup)


def test_an_old_compressor_rings(monkeypatch: pytest.MonkeyPatch) -> None:
    from primordia.life.ecology import alarms as module

    monkeypatch.setattr(module, "version", lambda name: "1.0.9")
    assert ringing("bff_noheads", random_soup(3, 4096)) == {"compressor"}


def test_alarms_as_text_and_as_table() -> None:
    found = alarms("bff_noheads", random_soup(3, 64), Streams(1), 0, 512)
    said = text(found)
    assert said.title == "Before you call it life"
    assert "!!  offset of a small soup" in said.text
    assert "1 of 7 alarms ring" in said.note
    assert [row[0] for row in table(found).rows if row[-1]] == ["offset of a small soup"]


def test_matched_noise_has_the_distribution_and_no_order() -> None:
    counts = np.zeros(256, np.int64)
    counts[[3, 9, 200]] = 700, 200, 100
    drawn = matched_noise(counts, (400, 64), Streams(2), "noise", 0)
    assert set(np.unique(drawn).tolist()) == {3, 9, 200}
    assert np.allclose(byte_counts(drawn)[[3, 9, 200]] / drawn.size, [0.7, 0.2, 0.1], atol=0.01)


def moment_of(soup: np.ndarray, t: int) -> Moment:
    config = BffConfig(n_programs=len(soup), mutation_rate=0.02, max_steps=256)
    return Moment(Bff(), config, SoupState(soup), Streams(config.seed), t)


def test_the_walk_has_the_soups_bytes_but_none_of_its_replicators() -> None:
    first = moment_of(random_soup(5, 1024), 0)
    second = moment_of(np.repeat(FIG4[None], 1024, axis=0), 4000)
    rows = list(null_model.beside([first, second]))
    assert rows[0].soup_complexity == rows[0].walk_complexity
    assert rows[0].soup_replicators == rows[0].walk_replicators == 0
    assert rows[1].soup_replicators == 256
    assert rows[1].walk_replicators < 8
    assert rows[1].soup_complexity > rows[1].walk_complexity + 1


def test_the_change_rate_is_the_share_of_bytes_that_the_next_epoch_changes() -> None:
    # No instruction anywhere: only mutation changes bytes, and one in 256 of those to what it was.
    rate = null_model.change_rate(moment_of(np.full((2048, 64), 0x41, np.uint8), 3))
    assert rate == pytest.approx(0.02 * 255 / 256, rel=0.1)
