"""What a node of a cluster says before it is given a cell, and what it refuses; none of this needs Ray."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sweeping import plan

from primordia.core.errors import ConfigError
from primordia.engine.executors import seat as seats
from primordia.engine.executors.cluster import Cluster
from primordia.engine.executors.seat import Seat
from primordia.engine.sweeps import plan as plans
from primordia.engine.sweeps.cells import Work
from primordia.engine.sweeps.sweepfolder import PLAN, SweepFolder
from runs import ENVIRONMENT


def first_cell(sweep: SweepFolder) -> Work:
    whole = sweep.plan()
    cell = whole.cells[0]
    return Work(
        cell.index, str(sweep.path), plans.name_of(whole, cell), whole.address, plans.config_of(whole, cell),
        whole.schedule, whole.slug, 1, whole.budget,
    )  # fmt: skip


def test_a_seat_is_told_and_says_plain_values(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", ENVIRONMENT["PYTHONPATH"])
    work = first_cell(plan(root, [3]))
    seat = Seat(1)
    told = seat.run(json.loads(json.dumps(work.as_json())))
    assert json.loads(json.dumps(told)) == told
    assert (told["ended"]["status"], told["ended"]["step"]) == ("finished", 40)
    seat.interrupt()
    assert seat.run({**work.as_json(), "name": "another"})["ended"]["status"] == "interrupted"
    seat.close()


def test_a_node_that_does_not_see_the_sweep_computes_nothing(root: Path) -> None:
    sweep = plan(root, [3])
    work = first_cell(sweep)
    (sweep.path / PLAN).unlink()
    before = sorted(sweep.path.rglob("*"))
    refused = Seat(1).run(work.as_json())["refused"]
    assert seats.environment.host() in refused
    assert str(sweep.path / PLAN) in refused
    assert sorted(sweep.path.rglob("*")) == before


HERE = {"primordia": "1.2", "commit": "a" * 40, "python": "3.11"}


@pytest.mark.parametrize(
    ("differs", "words"),
    [
        ({"primordia": "1.3"}, ["primordia 1.3", "primordia 1.2"]),
        ({"commit": "b" * 40}, ["bbbbbbbbbb", "aaaaaaaaaa"]),
        ({"python": "3.12"}, ["Python 3.12", "Python 3.11"]),
    ],
)
def test_another_primordia_is_refused_and_both_are_named(differs: dict[str, str], words: list[str]) -> None:
    sentence = seats.mismatch(HERE, {**HERE, **differs, "host": "east"})
    assert sentence is not None
    for word in ["east", *words]:
        assert word in sentence


@pytest.mark.parametrize("there", [HERE, {**HERE, "commit": None}])
def test_the_same_primordia_is_taken(there: dict[str, str]) -> None:
    assert seats.mismatch(HERE, {**there, "host": "east"}) is None


def test_a_seat_says_what_this_process_would() -> None:
    told = Seat(1).tell()
    assert seats.identity().items() <= told.items()
    assert seats.mismatch(seats.identity(), told) is None


@pytest.mark.parametrize(("settings", "named"), [({"n_slots": 0}, "jobs=0"), ({"n_threads": -1}, "threads=-1")])
def test_counts_below_one_are_refused_before_ray_is_asked_for(settings: dict[str, int], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        Cluster(**settings)
