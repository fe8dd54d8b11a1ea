"""A click on a soup in a real browser: the page shows the program that Python finds there, step by step."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from browsing import until

from primordia.core import config as configs
from primordia.core.findings import Table
from primordia.core.inspection import Execution
from primordia.core.registry import load
from primordia.core.streams import Streams
from primordia.engine import launch, schedule
from primordia.engine.opening import open_run

STEPS = 24
STEP = """(stepper) => ({
  number: Number(stepper.querySelector(".execution-count").innerText.split("/")[0].replaceAll(",", "")),
  registers: [...stepper.querySelectorAll(".execution-registers dd")].map((each) => each.innerText),
  done: stepper.querySelector(".execution-lines dd").innerText,
})"""
LINES = "lines => lines.map((line) => [...line.querySelectorAll('td')].slice(0, 5).map((cell) => cell.innerText))"


def a_finished_run(root: Path) -> Any:
    """A small soup after eight epochs."""
    experiment: Any = load("life/bff")
    settings = {"n_programs": 256, "language": "bff_noheads_4bit", "max_steps": 256}
    plan = schedule.make(experiment, {"steps": 8, "every": 8})
    config = configs.from_dict(experiment.Config, settings)
    return open_run(launch.start(experiment, config, plan, root=root, address="life/bff").folder)


def clicked(page: Any) -> tuple[int, int]:
    """Row and column of the cell in the middle of the view "map", once the page has shown what stands there."""
    until(lambda: page.evaluate("!!(window.primordia && window.primordia.frames > 0)"))
    page.locator("#view-map").click()
    until(lambda: page.locator("#view-map").get_attribute("aria-selected") == "true")
    until(lambda: page.evaluate("!!window.primordia.lastFrame()"))
    box = page.locator(".run-picture canvas").first.bounding_box()
    page.mouse.click(box["x"] + 0.55 * box["width"], box["y"] + 0.4 * box["height"])
    place = re.compile(r"row ([\d,]+), column ([\d,]+) of map, epoch")
    said = until(lambda: place.search(page.locator(".run-side").inner_text()))
    return int(said[1].replace(",", "")), int(said[2].replace(",", ""))


def said_of(step: Any) -> str:
    return f"{step.at} {step.text} {step.meaning}"


def test_a_click_shows_what_python_finds_and_steps_as_it_does(
    observe: Callable[..., Any], visit: Callable[..., Any], root: Path
) -> None:
    run = a_finished_run(root)
    page = visit(observe(run.folder.path.name, root=root).address).page
    row, column = clicked(page)
    state = launch.state_at(run, 8)
    found = run.experiment.inspect(run.config, state, Streams(0), 8, "map", row, column)
    titles = page.locator(".run-side .finding h3").all_inner_texts()
    assert titles == [one.title for one in found]

    listing = next(one for one in found if isinstance(one, Table) and one.columns[0] == "offset")
    lines = page.locator(f'.finding[aria-label="{listing.title}"] tbody tr')
    lines.first.wait_for()  # What draws a table is loaded when the first one comes.
    cells = lines.evaluate_all(LINES)
    assert cells == [[" ".join(str(cell).split()) for cell in line[:5]] for line in listing.rows]

    execution = next(one for one in found if isinstance(one, Execution))
    stepper = page.locator(".execution").first
    stepper.focus()
    for number, step in enumerate(execution.steps[:STEPS], start=1):
        page.keyboard.press("ArrowRight")
        shown = stepper.evaluate(STEP)
        assert shown["number"] == number
        assert shown["registers"] == [str(value) for value in step.registers]
        assert " ".join(shown["done"].split()).startswith(" ".join(said_of(step).split()))
    page.keyboard.press("Home")
    assert glyphs(stepper) == [execution.glyphs[byte] for byte in execution.tape]
    page.keyboard.press("End")
    tape = execution.tape.copy()
    for step in execution.steps:
        for cell, value in step.changes:
            tape[cell] = value
    assert glyphs(stepper) == [execution.glyphs[byte] for byte in tape]
    page.keyboard.press("PageUp")
    page.keyboard.press("Space")
    until(lambda: stepper.evaluate(STEP)["number"] > len(execution.steps) - 10, "playing")
    assert page.evaluate("window.primordia.mode") == "over", "the space bar must not play the run"


def glyphs(stepper: Any) -> list[str]:
    """The tape as it is drawn now."""
    return stepper.locator(".execution-tape > .execution-part .execution-cells span").all_inner_texts()
