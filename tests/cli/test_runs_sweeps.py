"""`primordia runs` beside sweeps: their cells are theirs, and they are named."""

from pathlib import Path

from calling import WALK, Call

from primordia.engine.sweeps import plan as plans
from primordia.engine.sweeps import sweepfolder
from primordia.engine.sweeps.designs import Design
from walk import Walk


def planned(root: Path, *names: str) -> None:
    for name in names:
        made = plans.make(Walk(), Design(seeds=(0,)), address=WALK)
        sweep = sweepfolder.create(root, made, name)
        (sweep.path / "tests" / "walk").mkdir(parents=True)


def test_runs_names_the_sweeps_and_takes_none_of_them_for_a_run(call: Call, tmp_path: Path) -> None:
    planned(tmp_path / "alone", "only")
    assert call("runs", "--root", tmp_path / "alone").lines == ["1 sweep (only): `primordia sweep status NAME`"]
    planned(tmp_path / "many", *"abcdef")
    call("run", WALK, "--steps", 4, "--quiet", "--root", tmp_path / "many")
    listed = call("runs", "--root", tmp_path / "many")
    assert "damaged" not in listed.out
    assert listed.out.count("tests/walk") == 1
    assert listed.lines[-1] == "6 sweeps (f, e, d, c and 2 more): `primordia sweep status NAME`"
    assert "no runs under" in call("runs", "status=failed", "--root", tmp_path / "alone").out
