"""A claim that is a frequency over seeds, measured on a Ray cluster that is started here."""

from __future__ import annotations

import os
from pathlib import Path

import nodes
import pytest

from primordia.core.claims import Claim, Expected, Frequency
from primordia.engine.executors.cluster import Cluster
from primordia.engine.executors.local import Local
from primordia.engine.frequency_sweep import Frequencies
from runs import ENVIRONMENT
from walk import Walk

pytest.importorskip("ray")
pytestmark = nodes.MARKS


def test_a_cluster_measures_what_this_machine_measures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", ENVIRONMENT["PYTHONPATH"])
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"):
        monkeypatch.delenv(name, raising=False)
    frequency = Frequency("half", tuple(range(6)), config={"n_walkers": 8}, schedule={"steps": 16, "every": 4})
    claims = [
        Claim(name, "x", "x", {}, frequency, Expected(least / 6, 1.0, "x"), "quick", "x")
        for name, least in (("F1", 6), ("F2", 1), ("F3", 6))
    ]
    found, lent = [], []

    def lend(n_cells: int) -> Cluster:
        lent.append(Cluster())
        return lent[-1]

    for root, executor in ((tmp_path / "ray", lend), (tmp_path / "local", lambda n: Local(2, 1))):
        with Frequencies(root, executor) as over_seeds:
            # The first ends early, and the others have its workers.
            found.append([over_seeds.measure(Walk(), "walk:Walk", claim) for claim in claims])
    assert len(lent) == 1
    for one, other in zip(*found, strict=True):
        assert (one.value, one.note) == (other.value, other.note)
        assert one.evidence["per_seed"] == other.evidence["per_seed"]
    assert not (Path(os.environ["HOME"]) / ".ray").exists()
