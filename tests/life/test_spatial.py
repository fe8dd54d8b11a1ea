"""life/spatial: fronts on a grid, its claims, and the way they are measured."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from primordia.core import config as configs
from primordia.core.errors import BadInputError
from primordia.core.registry import load
from primordia.core.streams import Streams
from primordia.life.claims.spatial import CLAIMS, DEMO_REPLICATOR
from primordia.life.claims.spreading import increment_ratio
from primordia.life.experiments.spatial import PRESETS, Spatial, SpatialConfig
from primordia.life.soup import evaluate
from primordia.life.worlds import Grid

SPATIAL = Spatial()
SETUP = {**CLAIMS[0].setup, "sides": (8, 12, 16), "seeds": 2, "strip": 2}


def test_its_default_is_the_papers_grid() -> None:
    assert isinstance(load("life/spatial"), Spatial)
    assert SPATIAL.world(SpatialConfig()) == Grid(240, 135, 2)
    with pytest.raises(BadInputError, match="A grid of 240 x 4 has room for 960 programs and the soup has 1000"):
        SPATIAL.init(configs.override(SpatialConfig(), {"n_programs": 1000}), Streams(0))


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_has_a_world_of_its_size(name: str) -> None:
    config = configs.override(SpatialConfig(), PRESETS[name].config)
    world = SPATIAL.world(config)
    assert isinstance(world, Grid)
    assert world.width * world.height == config.n_programs
    if config.organism:
        row, column = divmod(config.organism_place, world.width)
        assert (row, column) == (world.height // 2, world.width // 2)


def test_the_planted_replicator_copies_itself() -> None:
    organism = np.frombuffer(bytes.fromhex(DEMO_REPLICATOR), np.uint8)
    final, _ = evaluate("bff_noheads", np.concatenate((organism, np.zeros(64, np.uint8)))[None], 8192)
    assert final[0, :64].tobytes() == final[0, 64:].tobytes() == organism.tobytes()


def test_who_stands_far_away_is_not_reached() -> None:
    """Copies spread no faster than the radius: after t epochs nothing beyond 2 t places has changed its look."""
    config = configs.override(SpatialConfig(), {**PRESETS["quick"].config, "mutation_rate": 0.0})
    organism = np.frombuffer(bytes.fromhex(DEMO_REPLICATOR), np.uint8)
    state, streams = SPATIAL.init(config, Streams(0)), Streams(0)
    for t in range(8):
        state, _ = SPATIAL.step(config, state, streams, t)
        kin = np.flatnonzero((state.soup == organism).sum(axis=1) >= 32)
        far = max(max(abs(int(k) // 64 - 32), abs(int(k) % 64 - 32)) for k in kin)
        assert far <= 2 * (t + 1)
    assert len(kin) > 1


def test_claims_say_what_where_and_why() -> None:
    assert [claim.id for claim in CLAIMS] == ["V28", "V28-mixed"]
    for claim in CLAIMS:
        assert claim.statement.endswith(".")
        assert claim.source
        assert claim.expected.why
        json.dumps(dict(claim.setup))


@pytest.mark.parametrize("world", ["grid", "mixed"])
def test_growth_is_measured_from_three_sizes(world: str) -> None:
    found = increment_ratio({**SETUP, "world": world, "every": 2})
    times = found.evidence["epochs_to_half"]
    assert set(times) == {"8", "12", "16"}
    means = [sum(t for t in times[side] if t) / sum(t is not None for t in times[side]) for side in times]
    wanted = (means[2] - means[1]) / (means[1] - means[0]) if means[1] > means[0] else math.nan
    assert found.value == pytest.approx(wanted, nan_ok=True)
    assert "6 runs" in found.note


def test_growth_that_cannot_be_measured_is_no_number() -> None:
    found = increment_ratio({**SETUP, "world": "grid", "every": 1, "most_epochs": 1})
    assert math.isnan(found.value)
    assert not CLAIMS[0].expected.holds(found.value)


@pytest.mark.slow
@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_the_claims_hold(claim) -> None:
    measured = claim.measure(claim.setup)
    assert claim.expected.holds(measured.value), measured
