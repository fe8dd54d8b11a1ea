"""Figures name what they show: labels nobody strikes through, and in a comparison which line is which run."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from matplotlib.colors import to_hex

from primordia.core.findings import Chart
from primordia.core.metrics import Metric, Row
from primordia.core.streams import Streams
from primordia.engine import opening, plots, poster
from runs import start
from walk import Walk, WalkConfig, WalkState


class Plain(Walk):
    """A walk with a metric whose unit is its name."""

    metrics: ClassVar[dict[str, Metric]] = {**Walk.metrics, "moves": Metric("moves", "none", "Moves.")}


class Four(Walk):
    """A walk with a fourth metric, so that its overview has places to spare."""

    metrics: ClassVar[dict[str, Metric]] = {**Walk.metrics, "visits": Metric("visits", "none", "Visits so far.")}

    def measure(self, config: WalkConfig, state: WalkState, streams: Streams, t: int) -> Row:
        return {**super().measure(config, state, streams, t), "visits": int(state.ring["visits"].sum())}


def drawn(root: Path, monkeypatch: pytest.MonkeyPatch, *names: str, seeds: tuple[int, ...] = (1,), **changes: object):
    """The axes of a comparison of walks."""
    figures = []
    monkeypatch.setattr(plots, "write", lambda figure, out: figures.append(figure) or out)
    runs = [opening.open_run(start(root / str(seed), Plain, seed, **changes).folder) for seed in seeds]
    plots.compare(runs, names, root / "x.png")
    return figures[0].axes


def test_labels_of_transitions_lie_in_white_boxes_over_the_lines_and_below_each_other(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (axis,) = drawn(root, monkeypatch, "coverage", every=1, steps=100)
    labels = axis.texts
    assert [label.get_text().partition(",")[0] for label in labels] == ["half", "known"]
    assert len({label.xyann[1] for label in labels}) == len(labels)
    for label in labels:
        assert to_hex(label.get_bbox_patch().get_facecolor()) == "#ffffff"
        assert label.get_zorder() > max(line.get_zorder() for line in axis.lines)


def test_a_comparison_says_what_differs_and_keeps_each_run_to_its_colour(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (axis,) = drawn(root, monkeypatch, "coverage", seeds=(1, 2), every=1, steps=100)
    legend = [text.get_text() for text in axis.get_legend().get_texts()]
    assert [text.partition(" ")[2] for text in legend] == ["seed=1", "seed=2"]
    assert {to_hex(label.get_color()) for label in axis.texts} == {colour.lower() for colour in plots.COLOURS[:2]}
    assert {to_hex(line.get_color()) for line in axis.lines} == {colour.lower() for colour in plots.COLOURS[:2]}
    assert len({label.xyann[1] for label in axis.texts}) == len(axis.texts) > 2


def test_labels_hide_no_part_of_a_curve(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (axis,) = drawn(root, monkeypatch, "coverage", every=1, steps=100)
    axis.figure.canvas.draw()
    lowest = min(label.get_window_extent().y0 for label in axis.texts)
    curve = axis.lines[0]
    assert axis.transData.transform((0, max(curve.get_ydata())))[1] < lowest


def test_a_unit_that_repeats_the_name_is_left_out(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    axes = drawn(root, monkeypatch, "moves", "coverage")
    assert [axis.get_ylabel() for axis in axes] == ["", "share"]


def test_ticks_are_written_in_full_and_not_from_an_offset() -> None:
    figure = plots._lines(Chart("Nearly flat", "step", "share", {"one": ((0, 1.81270), (1, 1.81271), (2, 1.81272))}))
    figure.canvas.draw()
    assert figure.axes[0].yaxis.get_offset_text().get_text() == ""


def test_an_overview_draws_no_empty_axes(root: Path) -> None:
    run = opening.open_run(start(root, Four, 1).folder)
    axes = plots._overview(run, run.folder.metrics.read()).axes
    assert 0 < sum(axis.get_visible() for axis in axes) < len(axes)
    assert all(axis.get_visible() == bool(axis.lines) for axis in axes)


@pytest.mark.parametrize(
    ("size", "shown"), [((135, 240), (135, 240)), ((600, 600), (600, 600)), ((64, 601), (64, 208))]
)
def test_a_poster_shows_small_pictures_whole_and_a_corner_of_large_ones(
    size: tuple[int, int], shown: tuple[int, int]
) -> None:
    assert poster._shown(np.zeros((*size, 3), np.uint8)).shape == (*shown, 3)
