"""The picture of a run in a browser: WebGL2 and the plain canvas paint alike, and what the view declares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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


def until(page: Any, holds: str, seconds: float = 30.0) -> None:
    """Wait for an expression to hold; Playwright's own way of waiting is forbidden by the page's content policy."""
    for _ in range(round(seconds / 0.05)):
        if page.evaluate(holds):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"{holds} did not come to hold in {seconds} seconds")


def test_painters_show_declared_colours_and_agree_anywhere_at_any_zoom(
    observe: Callable[..., Any], visit: Callable[..., Any]
) -> None:
    declared = [[int(colour.rgb[at : at + 2], 16) for at in (1, 3, 5)] for colour in PALETTE]
    observatory = observe("walk:Walk", "--preset", "small", "--steps", "12")
    page = visit(observatory.address).page
    until(page, READY)
    run = page.evaluate("primordia.run")
    seen: dict[str, list[Any]] = {}
    for words in ("", "?canvas=2d"):
        page.goto(f"http://127.0.0.1:{observatory.port}/{words}#/run/{run}")
        until(page, READY)
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
