"""The picture of a run in a browser: WebGL2 and the plain canvas paint alike, and what the view declares."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from browsing import Observatory, browsed, drawn, until
from gallery import SIDE

from walk import PALETTE  # isort: skip

READY = "window.primordia && primordia.lastFrame() && primordia.mode === 'over'"
POINTS = """() => {
  const box = document.querySelector("canvas.picture").getBoundingClientRect();
  const found = [];
  for (let y = 1; y < box.height; y += 29) for (let x = 1; x < box.width; x += 31) found.push(primordia.pixel(x, y));
  return found;
}"""
CELLS = """() => {
  const { x, y, scale, rows, columns } = primordia.lens(), { pixels } = primordia.lastFrame();
  const found = [];
  for (let row = 0; row < rows; row++) for (let column = 0; column < columns; column++) {
    const middle = (at, n) => (at + (n + 0.5) * scale) / devicePixelRatio;
    found.push([pixels[row * columns + column], primordia.pixel(middle(x, column), middle(y, row))]);
  }
  return found;
}"""


def test_painters_show_declared_colours_and_agree_anywhere_at_any_zoom(
    observe: Callable[..., Any], visit: Callable[..., Any]
) -> None:
    declared = [[int(colour.rgb[at : at + 2], 16) for at in (1, 3, 5)] for colour in PALETTE]
    observatory = observe("walk:Walk", "--preset", "small", "--steps", "12")
    page = visit(observatory.address).page
    until(lambda: page.evaluate(READY), "the last picture")
    run = page.evaluate("primordia.run")
    seen: dict[str, list[Any]] = {}
    for words in ("", "?canvas=2d"):
        page.goto(f"http://127.0.0.1:{observatory.port}/{words}#/run/{run}")
        until(lambda: page.evaluate(READY), "the last picture")
        cells = page.evaluate(CELLS)
        assert len(cells) == 64
        assert all(rgb == declared[index] for index, rgb in cells), cells
        points = seen.setdefault(page.evaluate("primordia.painter"), [])
        for key in ("f", "-", "+", "+", "ArrowLeft", "ArrowUp", "c"):
            page.keyboard.press(key)
            points.append(page.evaluate(POINTS))
    assert list(seen) == ["webgl2", "2d"]
    assert len({str(points) for points in seen["2d"]}) > 5
    assert seen["webgl2"] == seen["2d"]


@pytest.mark.parametrize(("row", "column", "turns"), [(3, 12, 0), (3, 12, 4), (13, 2, 3), (0, 15, 6)])
def test_a_click_picks_the_cell_under_it_at_any_zoom(looked_at: Any, row: int, column: int, turns: int) -> None:
    page, canvas = looked_at, looked_at.locator("canvas.picture")
    page.keyboard.press("f")
    for _ in range(turns):  # of the wheel, about the cell
        x, y, scale = middle(page, row, column)
        canvas.hover(position={"x": x, "y": y})
        page.mouse.wheel(0, -100)
        until(lambda scale=scale: middle(page, row, column)[2] > scale, "a closer look")
    x, y, scale = middle(page, row, column)
    assert scale >= 10, "single cells"
    canvas.click(position={"x": x, "y": y})
    place = f"row {row}, column {column} of square, step 0"
    until(lambda: page.locator("#panel-place").inner_text().startswith(place), place)
    until(lambda: page.locator("#panel-place h3").first.inner_text() == f"Site {SIDE * row + column}", "its site")


@pytest.fixture(scope="module")
def looked_at(observatory: Observatory, browser: Any) -> Iterator[Any]:
    """The page of a run that waits before its first step, for all of these."""
    run = observatory.begin("gallery:Gallery", n_sites=SIDE * SIDE)
    with browsed(browser, observatory, f"#/run/{run}") as watched:
        until(lambda: drawn(watched.page) == 0, "a picture")
        yield watched.page


def middle(page: Any, row: int, column: int) -> tuple[float, float, float]:
    """The middle of a cell in CSS pixels of the picture, and how many of them a cell has."""
    x, y, scale = page.evaluate(
        "(({ x, y, scale }) => [x, y, scale].map((n) => n / devicePixelRatio))(primordia.lens())"
    )
    return x + (column + 0.5) * scale, y + (row + 0.5) * scale, scale
