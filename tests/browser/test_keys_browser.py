"""Every key of the page of a run, and what it does there."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from browsing import drawn, until, value


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def text(page: Any, place: str) -> str:
    return str(page.locator(place).first.inner_text())


def shows(page: Any, what: str, how: Callable[[], bool]) -> None:
    until(how, f"what {what!r} does")


def opens(page: Any, key: str, title: str) -> None:
    """A key opens a dialog, and Escape closes it."""
    press(page, key)
    box = page.get_by_role("dialog", name=re.compile(title))
    shows(page, key, box.is_visible)
    press(page, "Escape")
    shows(page, "Escape", lambda: not page.locator("dialog").count())


def playing(page: Any) -> None:
    press(page, "Space")
    shows(page, "Space", lambda: value(page, "primordia.mode") == "playing" and value(page, "primordia.newest") > 5)
    press(page, "Space")
    shows(page, "Space", lambda: value(page, "primordia.mode") == "paused")


def backwards(page: Any) -> None:
    newest = value(page, "primordia.newest")
    press(page, "Shift+Space")
    shows(page, "Shift+Space", lambda: drawn(page) == 0 and value(page, "primordia.mode") == "paused")
    assert value(page, "primordia.newest") == newest


def stepping(page: Any) -> None:
    press(page, "n")
    shows(page, "n", lambda: value(page, "primordia.live") and drawn(page) == value(page, "primordia.newest"))
    newest = value(page, "primordia.newest")
    press(page, ".")
    shows(page, ".", lambda: drawn(page) == newest + 1)
    press(page, ",")
    shows(page, ",", lambda: drawn(page) == newest and not value(page, "primordia.live"))
    press(page, "g")
    assert page.evaluate("document.activeElement.id") == "step-field"
    page.keyboard.type("2")
    press(page, "Enter")
    shows(page, "g", lambda: drawn(page) == 2)
    press(page, "n")
    shows(page, "n", lambda: drawn(page) == newest + 1 and value(page, "primordia.live"))


def speeds(page: Any) -> None:
    for key, said in (("m", "not drawn"), ("0", "free"), ("]", "2 / picture"), ("]", "4 / picture")):
        press(page, key)
        shows(page, key, lambda said=said: text(page, ".pace") == said)
    press(page, "[")
    shows(page, "[", lambda: text(page, ".pace") == "2 / picture")


def lens(page: Any) -> list[float]:
    return list(page.evaluate("(({ scale, x, y }) => [scale, x, y])(primordia.lens())"))


def sign(value: float) -> int:
    return (value > 0) - (value < 0)


def moving(page: Any) -> None:
    fitting = lens(page)
    for key in ("+", "="):
        before = lens(page)[0]
        press(page, key)
        assert lens(page)[0] > before
    for key, right, down in (("ArrowLeft", 1, 0), ("ArrowUp", 0, 1), ("ArrowRight", -1, 0), ("ArrowDown", 0, -1)):
        _, x, y = lens(page)
        press(page, key)
        _, x_now, y_now = lens(page)
        assert (sign(x_now - x), sign(y_now - y)) == (right, down), key
    before = lens(page)[0]
    press(page, "-")
    assert lens(page)[0] < before
    press(page, "f")
    assert lens(page) == fitting


def inspecting(page: Any) -> None:
    press(page, "i")
    cross = page.locator(".cell-mark.pointing")
    shows(page, "i", cross.is_visible)
    said = re.compile(r"row (\d+), column (\d+)")
    row, column = said.search(text(page, ".readout")).groups()
    press(page, "ArrowDown", "ArrowRight", "ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown", "Enter")
    place = f"row {int(row) + 1}, column {int(column) + 1} of square"
    shows(page, "Enter", lambda: place in text(page, "#panel-place"))
    press(page, "Escape")
    shows(page, "Escape", lambda: not cross.is_visible())


def showing(page: Any) -> None:
    change = page.get_by_role("button", name="Colour by change")
    for pressed in ("true", "false"):
        press(page, "c")
        assert change.get_attribute("aria-pressed") == pressed
    for name in ("counts", "square"):
        press(page, "v")
        shows(page, "v", lambda name=name: page.locator(f"#view-{name}").get_attribute("aria-selected") == "true")
    names = page.locator("select.schemes option").evaluate_all("all => all.map((each) => each.value)")
    seen = []
    for _ in names:
        press(page, "p")
        seen.append(page.locator("select.schemes").input_value())
    assert seen == [*names[1:], names[0]]
    for theme in ("light", "dark"):
        press(page, "t")
        assert page.evaluate("document.documentElement.dataset.theme") == theme


def bookmarking(page: Any) -> None:
    press(page, "g")
    page.keyboard.type("3")
    press(page, "Enter")
    shows(page, "g", lambda: drawn(page) == 3)
    opens(page, "b", "Bookmark step 3")
    press(page, "b")
    page.get_by_label("note").fill("a thing to come back to")
    press(page, "Enter")
    mark = page.get_by_role("button", name="Go to a thing to come back to, step 3")
    shows(page, "b", lambda: mark.count() == 1)
    page.reload()
    shows(page, "b", lambda: mark.count() == 1)
    shows(page, "b", lambda: drawn(page) not in (None, 3))
    mark.click()
    shows(page, "b", lambda: drawn(page) == 3)


def dialogs(page: Any) -> None:
    for key, title in (("e", "Export"), ("Shift+B", "Branch from here"), ("r", "Begin again"), ("s", "Another seed")):
        opens(page, key, title)
    press(page, "?")
    shows(page, "?", page.get_by_role("dialog", name="All keys").is_visible)
    press(page, "?")
    shows(page, "?", lambda: not page.locator("dialog").count())


def escaping(page: Any) -> None:
    for bare in (True, False):
        press(page, "Escape")
        assert page.locator(".run.bare").count() == bare


KEYS = {
    playing: [" "],
    backwards: ["Shift+ "],
    stepping: ["n", ".", ",", "g"],
    speeds: ["m", "0", "]", "["],
    moving: ["+", "=", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "-", "f"],
    inspecting: ["i"],
    showing: ["c", "v", "p", "t"],
    dialogs: ["e", "Shift+b", "r", "s", "?"],
    escaping: ["Escape"],
    bookmarking: ["b"],
}


def test_every_key_does_what_the_table_of_keys_says(paused: Any) -> None:
    listed = paused.evaluate(
        "async () => (await import('/static/run/keys.js')).KEYS.flatMap(([, rows]) => rows.flatMap(([keys]) => keys))"
    )
    assert sorted(listed) == sorted(key for keys in KEYS.values() for key in keys)
    for check in KEYS:
        check(paused)
