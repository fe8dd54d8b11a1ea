"""What a run writes, when it ends, and that nothing but config and schedule has a say in it."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from primordia.core.errors import ContractError
from primordia.core.metrics import Transition
from primordia.core.views import View
from primordia.engine import checkpoints, launch, looking, loop, report, wrapping
from primordia.engine.observer import Unwatched
from runs import assert_same, leavings, scraps, start, transitions
from walk import Walk, WalkState


def steps_of(outcome: Any) -> list[int]:
    return [row["step"] for row in outcome.folder.metrics.read()]


def events_of(outcome: Any) -> list[tuple[str, int]]:
    return [(event["event"], event["step"]) for event in outcome.folder.events.read()]


def test_a_run_leaves_rows_events_checkpoints_pictures_and_findings(root: Path) -> None:
    done = start(root)
    assert (done.status, done.step, done.reason) == ("finished", 40, "all 40 steps done")
    assert steps_of(done) == list(range(0, 41, 4))
    assert events_of(done) == [
        ("started", 0), ("transition", 8), ("checkpoint", 8), ("checkpoint", 10), ("checkpoint", 20),
        ("checkpoint", 30), ("checkpoint", 40), ("finished", 40),
    ]  # fmt: skip
    assert transitions(done.folder) == [("half", 8, 0.609375)]
    assert checkpoints.steps(done.folder.checkpoints) == [8, 20, 30, 40]
    assert sorted(path.name for path in (done.folder.views / "ring").iterdir()) == [
        f"step_{step:012d}.png" for step in (0, 8, 40)
    ]
    assert sorted(path.name for path in done.folder.artefacts.iterdir()) == [
        "step_000000000000-start", "step_000000000008-half", "step_000000000040-end",
    ]  # fmt: skip
    record = done.folder.record()
    assert (record["status"], record["step"], record["begins_at"], record["parent"]) == ("finished", 40, 0, None)
    assert scraps(done.folder) == []


def test_every_row_holds_every_metric(root: Path) -> None:
    done = start(root, every=7, checkpoint_every=10)
    assert steps_of(done) == [0, 7, 14, 21, 28, 35, 40]
    assert all(set(row) == {"step", *Walk.metrics} for row in done.folder.metrics.read())


@pytest.mark.parametrize(
    ("schedule", "end", "reason", "rows"),
    [
        ({"stop": "half"}, 8, "stopped 0 steps after half", [0, 4, 8]),
        ({"stop": "half+3"}, 11, "stopped 3 steps after half", [0, 4, 8, 11]),
        ({"stop": "half+4"}, 12, "stopped 4 steps after half", [0, 4, 8, 12]),
        ({"stop": "half+1000"}, 40, "all 40 steps done", list(range(0, 41, 4))),
        ({"stop": "known+2"}, 40, "all 40 steps done", list(range(0, 41, 4))),
        ({"steps": 1}, 1, "all 1 steps done", [0, 1]),
        ({"steps": 5, "every": 100}, 5, "all 5 steps done", [0, 5]),
    ],
    ids=str,
)
def test_a_run_ends_where_its_schedule_says(
    schedule: dict[str, Any], end: int, reason: str, rows: list[int], root: Path
) -> None:
    done = start(root, **schedule)
    assert (done.step, done.reason, steps_of(done)) == (end, reason, rows)
    assert done.folder.record()["reason"] == reason
    assert checkpoints.steps(done.folder.checkpoints)[-1] == end


def test_an_experiment_may_end_its_run_at_a_row(root: Path) -> None:
    done = start(root, steps=4000, every=32, checkpoint_every=1000, stop_when_covered=True)
    rows = done.folder.metrics.read()
    assert done.reason == "every site was visited"
    assert done.step == rows[-1]["step"] < 4000
    assert [row["coverage"] == 1.0 for row in rows] == [False] * (len(rows) - 1) + [True]


def test_a_transition_is_noted_once_and_its_checkpoint_is_kept(root: Path) -> None:
    done = start(root, steps=400, checkpoint_every=8, keep=2, n_sites=32)
    names = [name for name, _, _ in transitions(done.folder)]
    assert names == ["half", "known"]
    crossed = [step for _, step, _ in transitions(done.folder)]
    assert checkpoints.steps(done.folder.checkpoints) == sorted({*crossed, 392, 400})


class AtOnce(Walk):
    """Both transitions at the same row."""

    name = "tests/at-once"
    transitions: ClassVar[dict[str, Transition]] = {
        "half": Transition("coverage", 0.5, "Half."), "more": Transition("coverage", 0.5, "Half again."),
    }  # fmt: skip


class AtZero(Walk):
    """A transition that the first row shows."""

    name = "tests/at-zero"
    transitions: ClassVar[dict[str, Transition]] = {"begun": Transition("coverage", 0.0, "Always.")}


def test_two_transitions_at_one_row_share_a_checkpoint(root: Path) -> None:
    done = start(root, AtOnce)
    assert transitions(done.folder) == [("half", 8, 0.609375), ("more", 8, 0.609375)]
    assert events_of(done).count(("checkpoint", 8)) == 1


def test_a_transition_at_the_first_row_is_noted(root: Path) -> None:
    done = start(root, AtZero, steps=8)
    assert [(name, step) for name, step, _ in transitions(done.folder)] == [("begun", 0)]
    assert steps_of(done) == [0, 4, 8]


def test_views_are_saved_as_often_as_asked(root: Path) -> None:
    done = start(root, steps=10, views_every=3)
    names = sorted(path.name for path in (done.folder.views / "ring").iterdir())
    assert names == [f"step_{step:012d}.png" for step in (0, 3, 6, 8, 9, 10)]


class Sober(Walk):
    """A walk with a picture that shows something only where the run ends once all is covered."""

    views: ClassVar[dict[str, View]] = {
        **Walk.views,
        "end": dataclasses.replace(Walk.views["ring"], needs="stop_when_covered"),
    }


def test_a_view_that_has_nothing_to_show_is_not_saved(root: Path) -> None:
    assert sorted(looking.saved_views(start(root / "off", Sober).folder)) == ["ring"]
    done = start(root / "on", Sober, stop_when_covered=True)
    assert sorted(looking.saved_views(done.folder)) == ["end", "ring"]


def test_findings_and_views_can_be_read_back(root: Path) -> None:
    from PIL import Image

    done = start(root, steps=8)
    found = looking.saved_findings(done.folder)
    assert [(entry["step"], entry["label"]) for entry in found] == [(0, "start"), (8, "end"), (8, "half")]
    table, text, picture = found[1]["findings"]
    assert table["columns"] == ["site", "visits"]
    assert len(table["rows"]) == 3
    assert (text["kind"], text["text"]) == ("text", "8 steps")
    assert (found[1]["folder"] / text["file"]).read_text() == "8 steps"
    assert (found[1]["folder"] / table["file"]).read_text().splitlines()[0] == "site,visits"
    with Image.open(found[1]["folder"] / picture["file"]) as image:
        assert image.size == (8, 8)
        assert image.getpalette()[:9] == [0, 0, 0, 0x33, 0x66, 0xCC, 0xFF, 0xCC, 0]
    pictures = looking.saved_views(done.folder)
    assert [step for step, _ in pictures["ring"]] == [0, 8]


def test_findings_of_one_title_do_not_overwrite_each_other(root: Path) -> None:
    class Twice(Walk):
        def findings(self, config: Any, state: WalkState, streams: Any, t: int) -> Any:
            found = super().findings(config, state, streams, t)
            return (found[1], dataclasses.replace(found[1], text="another"), dataclasses.replace(found[1], title="ü"))

    done = start(root, Twice, steps=1)
    entries = json.loads((done.folder.artefacts / "step_000000000001-end" / "findings.json").read_text())["findings"]
    texts = [(done.folder.artefacts / "step_000000000001-end" / entry["file"]).read_text() for entry in entries]
    assert texts == ["1 steps", "another", "1 steps"]


@pytest.mark.parametrize("seconds", [0.0, 1e-9, 10.0])
def test_chunk_sizes_change_nothing(seconds: float, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = start(root / "usual")
    monkeypatch.setattr(loop, "CHUNK_SECONDS", seconds)
    assert_same(usual.folder, start(root / "other").folder)


def test_cadences_change_no_state_and_no_number(root: Path) -> None:
    fine, coarse = start(root / "a", every=1, checkpoint_every=3), start(root / "b", every=20, checkpoint_every=40)
    rows = {row["step"]: row for row in fine.folder.metrics.read()}
    assert len(rows) == 41
    assert all(rows[row["step"]] == row for row in coarse.folder.metrics.read())
    last = "checkpoints/step_000000000040/state.safetensors"
    assert leavings(fine.folder)[last] == leavings(coarse.folder)[last]


def test_running_the_same_twice_never_overwrites(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from primordia.engine import folder

    monkeypatch.setattr(folder, "now", lambda: "2026-01-02T03:04:05Z")
    names = [start(root, steps=1).folder.path.name for _ in range(3)]
    first = names[0]
    assert first.startswith("20260102T030405Z-custom-")
    assert names == [first, f"{first}-2", f"{first}-3"]
    assert [path.name for path in sorted(root.glob("*/*/*"))] == names


def test_other_seeds_give_other_rows(root: Path) -> None:
    assert start(root, seed=1).folder.metrics.read() != start(root, seed=2).folder.metrics.read()


class Undeclared(Walk):
    def measure(self, *arguments: Any) -> Mapping[str, Any]:
        return {"surprise": 1}


class Stumbles(Walk):
    """Fails at step 25 for as long as it is told to."""

    stumbling: ClassVar[bool] = True

    def step(self, config: Any, state: WalkState, streams: Any, t: int) -> Any:
        if t == 25 and type(self).stumbling:
            raise ArithmeticError("walker 3 fell over")
        return super().step(config, state, streams, t)


def test_an_undeclared_metric_fails_the_run(root: Path) -> None:
    with pytest.raises(ContractError, match=r"tests/walk put undeclared metrics into a row: \['surprise'\]"):
        start(root, Undeclared)
    (path,) = root.glob("*/*/*")
    record = json.loads((path / "run.json").read_text())
    assert record["status"] == "failed"
    assert "undeclared metrics" in record["reason"]
    assert (path / "metrics.jsonl").exists() is False


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_metric_that_is_no_finite_number_fails_the_run(
    value: float, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Walk.measure
    monkeypatch.setattr(Walk, "measure", lambda self, *words: {**whole(self, *words), "coverage": value})
    with pytest.raises(ContractError, match=f"tests/walk put {value} into a row as coverage; metrics are finite"):
        start(root)


def test_a_truth_value_is_no_metric(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Walk.measure
    monkeypatch.setattr(Walk, "measure", lambda self, *words: {**whole(self, *words), "coverage": True})
    with pytest.raises(ContractError, match="Metric coverage is a bool; allowed are finite numbers"):
        start(root)


def test_numpy_scalars_are_written_as_the_plain_numbers_they_are(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = start(root / "plain").folder.metrics.read()
    whole = Walk.measure
    monkeypatch.setattr(
        Walk,
        "measure",
        lambda self, *words: {name: np.asarray(value)[()] for name, value in whole(self, *words).items()},
    )
    outcome = start(root / "numpy")
    assert outcome.status == "finished"
    assert outcome.folder.metrics.read() == expected


def test_a_run_that_raised_is_failed_and_resumes_once_the_reason_is_gone(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ArithmeticError, match="walker 3 fell over"):
        start(root / "failed", Stumbles)
    (path,) = (root / "failed").glob("*/*/*")
    folder = start(root / "good").folder.__class__(path)
    record = folder.record()
    assert (record["status"], record["reason"]) == ("failed", "ArithmeticError: walker 3 fell over")
    assert record["step"] <= 25
    monkeypatch.setattr(Stumbles, "stumbling", False)
    done = launch.resume(folder)
    assert done.status == "finished"
    assert folder.record()["reason"] == "all 40 steps done"
    (good,) = (root / "good").glob("*/*/*")
    assert_same(folder, folder.__class__(good))


def test_observers_see_every_row_and_event_in_order(root: Path) -> None:
    class Notes(Unwatched):
        seen: list[Any]

        def __init__(self) -> None:
            self.seen = []

        def started(self, run: Any, step: int, rows: Any) -> None:
            self.seen.append(("started", step, len(rows)))

        def row_written(self, row: Any) -> None:
            self.seen.append(("row", row["step"]))

        def event_noted(self, event: Any) -> None:
            self.seen.append((event["event"], event["step"]))

        def ended(self, outcome: Any) -> None:
            self.seen.append(("ended", outcome.step))

    notes = Notes()
    start(root, steps=8, observer=notes)
    assert notes.seen == [
        ("started", 0, 0), ("started", 0), ("row", 0), ("row", 4), ("row", 8), ("transition", 8), ("checkpoint", 8),
        ("finished", 8), ("ended", 8),
    ]  # fmt: skip


@pytest.mark.usefixtures("wrapped")
def test_a_finished_run_has_a_report(root: Path) -> None:
    done = start(root)
    assert "all 40 steps done" in (done.folder.path / "report.html").read_text()
    assert (done.folder.artefacts / "metrics.png").exists()
    assert scraps(done.folder) == []


@pytest.mark.usefixtures("wrapped")
def test_what_fails_while_the_report_is_made_is_a_warning_and_no_failure(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(run: Any) -> None:
        raise ZeroDivisionError("no axes")

    monkeypatch.setattr(wrapping.plots, "save", breaks)
    done = start(root, steps=4)
    assert (done.status, done.folder.record()["status"]) == ("finished", "finished")
    warnings = [event["reason"] for event in done.folder.events.read() if event["event"] == "warning"]
    assert warnings == ["the figures could not be written: ZeroDivisionError: no axes"]
    assert (done.folder.path / "report.html").exists()


@pytest.mark.usefixtures("wrapped")
def test_a_large_picture_is_linked_and_not_put_into_the_report(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "EMBED_LIMIT_BYTES", 1)
    done = start(root, steps=4)
    page = (done.folder.path / "report.html").read_text()
    assert "data:image/png" not in page
    links = re.findall(r"<a href='([^']+)'>open it</a>", page)
    assert "views/ring/step_000000000004.png" in links
    assert all((done.folder.path / link).is_file() for link in links)


def test_a_picture_is_the_picture_that_pillow_reads(tmp_path: Path) -> None:
    from PIL import Image

    from primordia.core.views import Colour

    palette = tuple(Colour(str(index), f"#{index:02x}{255 - index:02x}07") for index in range(256))
    pixels = np.arange(7 * 300, dtype=np.uint64).reshape(7, 300).astype(np.uint8)
    (tmp_path / "picture.png").write_bytes(looking.png(pixels, palette))
    with Image.open(tmp_path / "picture.png") as image:
        assert image.mode == "P"
        assert np.array_equal(np.asarray(image), pixels)
        colours = np.asarray(image.convert("RGB"))
    assert np.array_equal(colours[..., 0], pixels)
    assert np.array_equal(colours[..., 1], 255 - pixels)
    assert np.all(colours[..., 2] == 7)
