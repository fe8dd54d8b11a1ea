"""Figures and the page of a sweep: what is drawn is what the table says."""

import re

import pytest

import swept
from primordia.core.errors import BadInputError, ConfigError, UnknownNameError
from primordia.engine.analysis import canvas, curves, figures, points, report, table

MAP = {"p_move": [0.05, 0.8], "rule": ["diffuse", "drift"]}


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    return table.read(
        swept.walks(tmp_path_factory.mktemp("line"), "line", settings={"p_move": [0.05, 0.8]}, seeds="0:4")
    )


@pytest.fixture(scope="module")
def plane(tmp_path_factory):
    return table.read(swept.walks(tmp_path_factory.mktemp("plane"), "plane", left=3, settings=MAP, seeds="0:3"))


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    wanted = {"settings": {"p_move": "log:0.01..1", "n_walkers": "4..64"}, "design": "random", "samples": 9}
    return table.read(swept.walks(tmp_path_factory.mktemp("cloud"), "cloud", **wanted))


def texts(figure):
    figure.draw_without_rendering()
    found = [text.get_text() for axis in figure.axes for text in [*axis.texts, axis.xaxis.label]]
    found += [label.get_text() for axis in figure.axes for label in [*axis.get_xticklabels(), *axis.get_yticklabels()]]
    return [*found, figure.get_suptitle(), *(axis.get_title(loc="left") for axis in figure.axes)]


def test_over_one_axis_every_point_has_its_share_and_counts(line):
    said = texts(figures.draw(line, "phase"))
    slow, fast = points.points(line)
    assert f"0.05\n{slow.n_crossed('known')} of 4" in said
    assert f"0.8\n{fast.n_crossed('known')} of 4" in said
    figure = figures.draw(line, "phase", metric="coverage")
    (axis,) = figure.axes
    dots = sorted(y for collection in axis.collections for _, y in collection.get_offsets())
    assert dots == pytest.approx(sorted(row.last["coverage"] for row in line.rows))
    middles = [mark.get_ydata()[0] for mark in axis.lines if mark.get_marker() == "D"]
    assert middles == [canvas.quantity_of_metric(line, "coverage").of(point).value for point in (slow, fast)]


def test_a_map_shows_medians_and_says_where_cells_are_few_or_missing(plane):
    figure = figures.draw(plane, "phase", metric="coverage", x="rule", y="p_move")
    (shown,) = figure.axes[0].get_images()
    quantity = canvas.quantity_of_metric(plane, "coverage")
    by_place = {(point.at["p_move"], point.at["rule"]): point for point in points.points(plane)}
    for up, p_move in enumerate((0.05, 0.8)):
        for across, rule in enumerate(("diffuse", "drift")):
            value = quantity.of(by_place[p_move, rule]).value
            drawn = shown.get_array()[up, across]
            assert drawn == value if value is not None else drawn is not drawn or drawn.mask
    said = texts(figure)
    assert "no cell\nended" in said
    assert any(text.endswith("n = 3") for text in said)


def test_a_third_axis_makes_panels(plane, tmp_path):
    wanted = {**MAP, "n_walkers": [4, 16]}
    cube = table.read(swept.walks(tmp_path, "cube", settings=wanted, seeds="0"))
    figure = figures.draw(cube, "phase", transition="half")
    said = texts(figure)
    assert {"n walkers 4", "n walkers 16"} <= set(said)
    assert len([axis for axis in figure.axes if axis.get_images()]) == 2


def test_draws_are_dots_at_their_own_places(cloud):
    figure = figures.draw(cloud, "phase", metric="coverage")
    axis = figure.axes[0]
    (dots,) = axis.collections
    places = {(row.settings["p_move"], row.settings["n_walkers"]) for row in cloud.rows}
    assert {tuple(place) for place in dots.get_offsets()} == places
    assert (axis.get_xscale(), axis.get_yscale()) == ("log", "linear")
    assert figures.draw(cloud, "phase", transition="known", x="p_move")


def test_survival_curves_stand_over_their_numbers_at_risk(line):
    figure = figures.draw(line, "survival")
    above, below = figure.axes
    slow, fast = points.points(line)
    for point, curve in zip((slow, fast), above.lines, strict=True):
        assert curve.get_ydata()[0] == 1
        # Without censoring before the end, the curve ends at the share that has not crossed.
        assert curve.get_ydata()[-1] == pytest.approx(1 - point.n_crossed("known") / 4)
    assert [label.get_text() for label in below.get_yticklabels()] == ["p move 0.05", "p move 0.8"]
    assert {text.get_text() for text in below.texts if text.get_position()[0] == 0} == {"4"}
    assert len(curves.fitting(line, 1)) == 0


def test_small_multiples_have_a_panel_a_point_and_a_line_a_cell(plane):
    figure = figures.draw(plane, "multiples", metric="coverage")
    panels = [axis for axis in figure.axes if axis.get_visible()]
    assert [len(axis.lines) for axis in panels] == [4, 4, 4, 0]
    steps = panels[0].lines[-1].get_xdata()
    assert (steps[0], steps[-1], len(steps)) == (0, 60, 16)


def test_medians_of_courses_stop_where_the_first_cell_was_stopped(tmp_path):
    stopped = swept.walks(
        tmp_path, "stopped", settings={"p_move": 0.3}, seeds="0:4", schedule={"stop": "half", "every": 2}
    )
    found = table.read(stopped)
    ends = [row.observed_until for row in found.rows]
    assert len(set(ends)) > 1
    (axis,) = figures.draw(found, "multiples").axes
    assert axis.lines[-1].get_xdata()[-1] == min(ends)
    # Every cell that was ended has a dot at its end.
    dots = [mark.get_xdata()[0] for mark in axis.lines if mark.get_marker() == "o"]
    assert sorted(dots) == sorted(end for end in ends if end < 60)
    assert "Cells were ended at half" in report._stopped(found, "known")


def test_what_cannot_be_drawn_is_refused_in_a_sentence(line, plane, tmp_path):
    with pytest.raises(UnknownNameError, match="did you mean 'survival'"):
        figures.draw(line, "surviva")
    with pytest.raises(UnknownNameError, match="axis of this sweep"):
        figures.draw(line, "phase", x="n_sites")
    with pytest.raises(BadInputError, match="--x AXIS"):
        figures.draw(plane, "phase", y="rule")
    with pytest.raises(BadInputError, match="x and y are both rule"):
        figures.draw(plane, "phase", x="rule", y="rule")
    with pytest.raises(ConfigError, match=r"allowed: \.png, \.svg, \.pdf"):
        figures.write(figures.draw(line, "survival"), tmp_path / "a.bmp")
    nothing = table.read(swept.walks(tmp_path, "nothing", left=2, seeds="0:2"))
    with pytest.raises(BadInputError, match="has a row of metrics yet"):
        figures.draw(nothing, "multiples")


def test_the_page_is_whole_tells_of_failures_and_loads_nothing(tmp_path):
    failing = swept.walks(tmp_path, "failing", seeds="0:3")
    file = failing.folder_of(failing.plan(), failing.plan().cells[0]) / "run.json"
    file.write_text(file.read_text().replace('"finished"', '"failed"').replace("all 60 steps done", "it <broke>"))
    text = report.render(table.read(failing))
    assert text.startswith("<!doctype html>")
    assert text.rstrip().endswith("</html>")
    assert len(re.findall(r"<img ", text)) == 4
    assert not re.findall(r"(?:src|href)='(?!data:)", text)
    assert "<h2>Failures</h2>" in text
    assert "it &lt;broke&gt;" in text


@pytest.mark.thorough
def test_a_figure_is_made_for_every_kind_of_sweep(cloud, tmp_path):
    single = table.read(swept.walks(tmp_path, "single", seeds="0:3"))
    for found in (cloud, single):
        files = figures.save(found, tmp_path / found.sweep.name)
        assert [file.name for file in files] == [
            "phase-known.png", "survival-known.png", "phase-coverage.png", "multiples-coverage.png",
        ]  # fmt: skip
        assert all(file.read_bytes().startswith(b"\x89PNG") for file in files)
