"""What the page says: the command that goes on, numbers as people read them, and no legend for what is not there."""

from __future__ import annotations

import json
import re
from pathlib import Path

from primordia.core.views import Colour
from primordia.engine import looking, opening, report
from runs import start


def page(root: Path, **changes: object) -> str:
    folder = start(root, **changes).folder
    return report.render(opening.open_run(folder))


def test_a_finished_run_is_gone_on_from_by_a_fork(root: Path) -> None:
    text = page(root)
    name = opening.find(root, "latest").path.name
    assert f"primordia fork {name} --at 40 --steps 80 --root {root}\n" in text
    assert "primordia resume" not in text


def test_the_fork_of_a_run_with_a_stop_rule_goes_past_it(root: Path) -> None:
    assert "--at 12 --steps 24 --stop none" in page(root, stop="half+4")


def test_an_unfinished_run_is_resumed(root: Path) -> None:
    folder = start(root).folder
    record = json.loads((folder.path / "run.json").read_text())
    (folder.path / "run.json").write_text(json.dumps({**record, "status": "interrupted"}))
    assert f"primordia resume {folder.path.name}" in report.render(opening.open_run(folder))


def test_numbers_and_events_read_as_words(root: Path) -> None:
    text = page(root)
    assert re.search(r"<b>[\d.]+ %</b><span>coverage at the end", text)
    assert re.search(r"half: coverage = 0\.\d{1,4}<", text)
    assert "metric=coverage" not in text
    assert "reason=" not in text
    assert "None" not in text


def test_the_title_names_the_preset(root: Path) -> None:
    folder = start(root).folder
    record = json.loads((folder.path / "run.json").read_text())
    (folder.path / "run.json").write_text(json.dumps({**record, "preset": "small"}))
    text = report.render(opening.open_run(folder))
    for tag in ("title", "h1"):
        assert f"<{tag}>tests/walk · small · seed 0</{tag}>" in text


def test_a_legend_holds_only_the_colours_that_are_shown(root: Path) -> None:
    folder = start(root, stop_when_covered=True, steps=4000, every=1, checkpoint_every=500).folder
    run = opening.open_run(folder)
    assert ">never visited</span>" in report.render(run)
    for pictures in looking.saved_views(folder).values():
        for step, file in pictures:
            if step < folder.record()["step"]:
                file.unlink()
    assert ">never visited</span>" not in report._views(run)
    assert ">visited</span>" in report._views(run)


def test_a_picture_that_cannot_be_read_keeps_the_whole_legend(tmp_path: Path) -> None:
    palette = (Colour("a", "#000000"), Colour("b", "#ffffff"))
    (tmp_path / "x.png").write_bytes(b"no picture")
    assert looking.shown(palette, [tmp_path / "x.png"]) == palette
