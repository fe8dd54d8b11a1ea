"""The live panel and the pieces it is drawn from: fits its terminal, says the right phase, rate and end."""

import dataclasses
import io
import math
from typing import ClassVar

import pytest
from rich.console import Console

from primordia.cli import printing
from primordia.cli.panel import RunPanel
from primordia.cli.progress import KEPT, Progress, ending_text, event_text
from primordia.core.config import override
from primordia.engine import folder
from primordia.engine.schedule import Schedule
from walk import Walk, WalkConfig


@pytest.fixture
def opened(root):
    return folder.create(
        root, Walk(), override(WalkConfig(), {"seed": 3}), Schedule(steps=1000, every=10, stop="half+200"),
        address="walk:Walk", slug="covering",
    )  # fmt: skip


def row(step, coverage):
    return {"step": step, "moves": 1234567, "coverage": coverage, "mean_distance": -0.00012}


def picture(panel, width, height=24):
    console = Console(file=io.StringIO(), width=width, height=height)
    with console.capture() as captured:
        console.print(panel.draw())
    return captured.get()


@pytest.mark.parametrize("width", [50, 80, 120, 200])
def test_the_panel_fits_and_tells(opened, width):
    console = Console(file=io.StringIO(), width=width, height=24, markup=False)
    panel = RunPanel(console)
    with panel:
        panel.started(opened, 0, [row(0, 0.1)])
        for step in range(10, 410, 10):
            panel.progressed(step, 1.0)
            panel.row_written(row(step, 0.1 + step / 1000))
        panel.event_noted({"event": "checkpoint", "step": 256})
        panel.event_noted({"event": "transition", "step": 400, "name": "half", "metric": "coverage", "value": 0.5})
        drawn = picture(panel, width)
        panel.announce("finishing")
        assert "finishing" in picture(panel, width)
    lines = drawn.splitlines()
    # Two columns stay free for the ^C that a terminal writes.
    assert max(map(len, lines)) == min(width - 2, 120)
    assert lines[0].startswith("╭─ tests/walk · covering · seed 3 ")
    if width >= 80:
        assert "step 400/600" in lines[1]
        assert "phase after · checkpoint 0 s ago, at 256" in lines[2]
        assert any(
            "coverage" in line and "50 %" in line and "↗" in line and "▁" in line and "█" in line for line in lines
        )
        assert any("1,234,567 walkers" in line and "→" in line for line in lines)
        assert any("400  transition half: coverage = 0.5" in line for line in lines)


class Verbose(Walk):
    """More metrics than fit."""

    metrics: ClassVar = {**{f"metric_{index}": Walk.metrics["moves"] for index in range(40)}, **Walk.metrics}


def test_the_panel_shows_the_most_important_metrics_where_there_is_little_room(opened):
    panel = RunPanel(Console(file=io.StringIO(), width=80, height=16))
    with panel:
        panel.started(
            dataclasses.replace(opened, experiment=Verbose()), 0, [{"step": 0, "metric_2": 1, "coverage": 0.1}]
        )
        drawn = picture(panel, 80, 16)
    assert [name for name in ("coverage", "metric_0", "metric_2", "metric_3") if name in drawn] == [
        "coverage",
        "metric_0",
        "metric_2",
    ]
    assert len(drawn.splitlines()) <= 16


def test_before_the_first_row_the_panel_says_what_it_waits_for(opened):
    panel = RunPanel(Console(file=io.StringIO(), width=80, height=24))
    with panel:
        panel.started(opened, 0, [])
        drawn = picture(panel, 80)
    assert "measuring the first row" in drawn
    assert "phase before · no checkpoint yet" in drawn


def test_the_end_moves_to_where_the_stop_rule_puts_it(opened):
    progress = Progress(opened, 0, [row(0, 0.1)])
    assert (progress.target, progress.phase) == (1000, "before")
    progress.add_row(row(100, 0.6))
    assert (progress.target, progress.phase) == (300, "after")
    progress.add_row(row(200, 0.95))
    assert (progress.target, progress.phase) == (300, "known")
    assert progress.trend("coverage") == 1
    assert progress.trend("moves") == 0


def test_the_rate_is_right_from_the_start_and_forgets(opened, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("primordia.cli.progress.time.monotonic", lambda: clock[0])
    progress = Progress(opened, 0, [])
    assert math.isinf(progress.seconds_left)
    assert progress.rate_text == "– steps/s"
    for step in range(0, 101, 10):
        progress.advance(step)
        clock[0] += 0.1
    assert progress.rate == pytest.approx(100.0)
    assert progress.seconds_left == pytest.approx(9.0)
    for step in range(101, 301):
        progress.advance(step)
        clock[0] += 0.1
    assert progress.rate == pytest.approx(10.0, rel=0.02)


def test_a_long_history_is_thinned_and_keeps_its_shape(opened):
    progress = Progress(opened, 0, [row(step, step / 10_000) for step in range(10_000)])
    values = progress.courses["coverage"].values()
    assert len(values) <= KEPT + 1
    assert values == sorted(values)
    assert values[0] == 0.0
    assert values[-1] == 0.9999
    assert printing.sparkline(values, 8) == "▁▂▃▄▅▆▇█"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (131072, "programs", "131,072 programs"),
        (8.0, "bits/byte", "8 bits/byte"),
        (7.99999, "bits/byte", "8.000 bits/byte"),
        (0.0123456, "share", "1.235 %"),
        (0.00019, "share", "0.019 %"),
        (1, "share", "100 %"),
        (0.5, "dimensionless", "0.5000"),
        (1508.61, "instructions", "1,508.6 instructions"),
        (1.5e-7, "", "1.500e-07"),
        (float("nan"), "", "nan"),
        (None, "", "–"),
        (True, "", "True"),
    ],
)
def test_numbers_read_well(value, unit, text):
    assert printing.quantity(value, unit) == text


@pytest.mark.parametrize(
    ("values", "width", "line"),
    [
        ([0, 1, 2, 3, 4, 5, 6, 7], 8, "▁▂▃▄▅▆▇█"),
        ([5, 5, 5], 8, "▁▁▁"),
        ([1, 2, float("nan"), float("inf")], 8, "▁█"),
        ([0, 0, 1, 1], 2, "▁█"),
        ([], 8, ""),
        ([1, 2], 0, ""),
    ],
)
def test_sparklines(values, width, line):
    assert printing.sparkline(values, width) == line


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.9, "59 s"), (61, "1 min 01 s"), (3660, "1 h 01 min"), (90000, "1 d 01 h"), (math.inf, "–")],
)
def test_durations(seconds, text):
    assert printing.duration(seconds) == text


def test_ages():
    assert [printing.age(seconds) for seconds in (0.5, 3, 70, 7300, 200_000)] == ["now", "3 s", "1 min", "2 h", "2 d"]


def test_events_as_sentences():
    assert event_text({"event": "forked", "parent": "p", "changed": {"a": 1}}) == "forked from p with a=1"
    assert event_text({"event": "checkpoint"}) == "checkpoint"
    assert ending_text("interrupted", "interrupted by a signal") == "interrupted by a signal"
    assert ending_text("finished", "all done") == "finished: all done"
