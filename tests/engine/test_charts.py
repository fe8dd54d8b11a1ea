"""Charts, panels and films: lines or frames together, kept as drawn, shown in the report and in a terminal."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from PIL import Image

from primordia.cli import showing
from primordia.core import checks
from primordia.core.errors import ContractError, RunFolderError
from primordia.core.findings import Animation, Chart, Finding
from primordia.core.metrics import Metric
from primordia.core.streams import Streams
from primordia.engine import looking, opening, plots, report
from runs import start
from walk import PALETTE, Walk, WalkConfig, WalkState

CURVE = Chart(
    "Visits by site", "site", "visits", {"here": ((0.0, 1.0), (1.0, 3.0)), "expected": ((0.0, 2.0), (1.0, 2.0))}
)


class Charted(Walk):
    """A walk that leaves a chart and a panel."""

    panels: ClassVar[dict[str, tuple[str, ...]]] = {"Both at once": ("coverage", "moves")}
    chart: ClassVar[Chart] = CURVE

    def findings(self, config: WalkConfig, state: WalkState, streams: Streams, t: int) -> tuple[Finding, ...]:
        return (self.chart,)


def check(kind: type[Walk], name: str) -> None:
    next(check for check in checks.checks(kind()) if check.name.endswith(f":{name}")).run()


def test_a_run_keeps_picture_and_points_of_a_chart(root: Path) -> None:
    folder = start(root, Charted).folder
    kept = looking.saved_findings(folder)[-1]
    (entry,) = kept["findings"]
    assert entry["kind"] == "chart"
    assert entry["lines"] == {"here": [[0.0, 1.0], [1.0, 3.0]], "expected": [[0.0, 2.0], [1.0, 2.0]]}
    assert (kept["folder"] / entry["file"]).read_bytes().startswith(b"\x89PNG")


@pytest.mark.usefixtures("wrapped")
def test_the_report_shows_charts_and_panels(root: Path) -> None:
    folder = start(root, Charted).folder
    text = report.render(opening.open_run(folder))
    assert (folder.artefacts / "panel-both-at-once.png").exists()
    assert "<h3>Visits by site</h3>" in text
    assert "coverage, moves in one panel." in text


def test_a_chart_with_altered_points_is_refused(root: Path) -> None:
    folder = start(root, Charted).folder
    (file,) = folder.artefacts.glob("*-end/findings.json")
    kept = json.loads(file.read_text())
    kept["findings"][0]["lines"]["here"] = [[0.0, "<b>"]]
    file.write_text(json.dumps(kept))
    with pytest.raises(RunFolderError, match="altered"):
        looking.saved_findings(folder)


@pytest.mark.parametrize("points", [(), ((0.0, float("nan")),)], ids=["none", "nan"])
def test_a_chart_needs_points_that_are_finite(points: tuple[tuple[float, float], ...]) -> None:
    class Broken(Charted):
        chart = Chart("Broken", "x", "y", {"line": points})

    check(Charted, "findings_pure")
    with pytest.raises(ContractError, match="Chart 'Broken' has the line 'line'"):
        check(Broken, "findings_pure")


def test_a_panel_draws_declared_metrics_only() -> None:
    class Broken(Walk):
        panels: ClassVar[dict[str, tuple[str, ...]]] = {"Both": ("coverage", "colour")}

    check(Charted, "metrics_declared")
    with pytest.raises(ContractError, match="Panel Both draws an undeclared metric"):
        check(Broken, "metrics_declared")


class Shrinking(Charted):
    """A walk of which little is expected."""

    metrics: ClassVar[dict[str, Metric]] = {**Walk.metrics, "moves": Metric("walkers", "down", "Fewer is better.")}


def test_a_steep_panel_of_what_should_become_small_is_logarithmic(root: Path) -> None:
    rows = [{"step": 0, "coverage": 1.0, "moves": 1.0}, {"step": 1, "coverage": 1.0, "moves": 1000.0}]
    for number, (kind, shown, scale) in enumerate(
        ((Shrinking, rows, "log"), (Shrinking, rows[:1], "linear"), (Charted, rows, "linear"))
    ):
        run = opening.open_run(start(root / str(number), kind).folder)
        assert plots._panel(run, shown, "Both", ("coverage", "moves")).axes[0].get_yscale() == scale


def test_a_terminal_shows_some_points(capsys: pytest.CaptureFixture[str]) -> None:
    long = Chart("Long", "x", "y", {"line": tuple((float(x), float(x * x)) for x in range(100))})
    showing.show(long, None)
    shown = capsys.readouterr().out
    assert "99" in shown
    assert len(shown.splitlines()) < 30
    assert showing.as_json(CURVE, None)["lines"]["here"] == [[0.0, 1.0], [1.0, 3.0]]


FILM = Animation("Steps", np.arange(8, dtype=np.uint8).reshape(4, 1, 2) % 3, PALETTE, "how it walks", per_second=5)


class Filmed(Charted):
    """A walk that leaves a film, a chart with a band, and a panel with one."""

    bands: ClassVar[dict[str, tuple[str, str]]] = {"coverage": ("coverage", "moves")}
    film: ClassVar[Animation] = FILM

    def findings(self, config: WalkConfig, state: WalkState, streams: Streams, t: int) -> tuple[Finding, ...]:
        return (self.film, dataclasses.replace(CURVE, bands={"here": ((0.0, 0.5, 1.5), (1.0, 2.0, 4.0))}))


@pytest.mark.usefixtures("wrapped")
def test_a_run_keeps_films_and_bands(root: Path) -> None:
    folder = start(root, Filmed).folder
    kept = looking.saved_findings(folder)[-1]
    film, chart = kept["findings"]
    assert film["kind"] == "animation"
    assert [meaning for meaning, _ in film["legend"]] == [colour.meaning for colour in PALETTE]
    assert chart["bands"] == {"here": [[0.0, 0.5, 1.5], [1.0, 2.0, 4.0]]}
    with Image.open(kept["folder"] / film["file"]) as image:
        assert image.n_frames == 4
        seen = []
        for number in range(image.n_frames):
            image.seek(number)
            seen.append(image.convert("RGB").getpixel((0, 0)))
            assert image.info["duration"] == (1200 if number == 3 else 200)
    assert ["#{:02x}{:02x}{:02x}".format(*pixel) for pixel in seen] == [
        PALETTE[index].rgb for index in FILM.frames[:, 0, 0]
    ]
    assert "data:image/gif;base64," in report.render(opening.open_run(folder))


def test_a_panel_shades_its_bands(root: Path) -> None:
    run = opening.open_run(start(root, Filmed).folder)
    rows = [{"step": step, "coverage": 1.0, "moves": 2.0} for step in range(3)]
    figure = plots._panel(run, rows, "Both", ("coverage", "moves"))
    assert len(figure.axes[0].collections) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"frames": np.zeros((0, 1, 2), np.uint8)}, "Film 'Steps' is"),
        ({"frames": np.full((1, 1, 2), 9, np.uint8)}, "palette"),
        ({"per_second": 0}, "frames a second"),
    ],
    ids=["none", "colour", "speed"],
)
def test_a_film_is_held_to_its_declaration(change: dict[str, Any], said: str) -> None:
    class Broken(Filmed):
        film = dataclasses.replace(FILM, **change)

    check(Filmed, "findings_pure")
    with pytest.raises(ContractError, match=said):
        check(Broken, "findings_pure")


def test_a_band_needs_declared_metrics() -> None:
    class Broken(Filmed):
        bands: ClassVar[dict[str, tuple[str, str]]] = {"coverage": ("coverage", "colour")}

    with pytest.raises(ContractError, match="The band of coverage has an undeclared metric"):
        check(Broken, "metrics_declared")


def test_a_terminal_tells_of_a_film(capsys: pytest.CaptureFixture[str]) -> None:
    showing.show(FILM, None)
    assert "a film of 4 frames of 2 x 1 pixels; --save FOLDER keeps it as GIF" in capsys.readouterr().out
    assert showing.as_json(FILM, None)["frames"] == FILM.frames.tolist()
