"""Every page in dark and light, wide and narrow: it can be read, worked without a pointer, and does not move."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from auditing import faults
from browsing import NARROW, WIDE, Observatory, browsed, drawn, observatory_over, until, value

import runs

from walk import PALETTE  # isort: skip
from gallery import Gallery  # isort: skip

COLOURS = """async (palette) => {
  const { colours, current } = await import("/static/picture/palettes.js");
  const { x, y, scale, rows, columns } = primordia.lens(), { pixels } = primordia.lastFrame();
  const rgb = colours(palette, current());
  const cells = [...Array(rows * columns).keys()];
  const middle = (origin, n) => (origin + (n + 0.5) * scale) / devicePixelRatio;
  const shown = cells.map((at) => primordia.pixel(middle(x, at % columns), middle(y, Math.floor(at / columns))));
  return [shown, cells.map((at) => [...rgb.slice(3 * pixels[at], 3 * pixels[at] + 3)])];
}"""
MOST_SENT = 300_000  # bytes, of a page with all that belongs to it


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A folder with finished runs that differ in a setting, and a specimen and a state in its freezer."""
    root = tmp_path_factory.mktemp("appearance") / "runs"
    found = [runs.start(root, Gallery, seed=0, n_sites=256, p_move=p, steps=12, every=4) for p in (0.5, 1.0)]
    return root, [outcome.folder.path.name for outcome in found]


@pytest.fixture(scope="module")
def observatory(browser: Any, known: tuple[Path, list[str]]) -> Any:
    """Over those runs."""
    with observatory_over(known[0]) as started:
        specimen = {
            "kind": "specimen",
            "title": "walker",
            "note": "",
            "intervention": "put",
            "arguments": {"walker": 3},
        }
        keep = {"run": known[1][0], "step": 4, "view": "square"}
        started.ask("Freeze", **keep, name="a walker", specimen={**specimen, "picture": None})
        started.ask("Freeze", **keep, name="a state", specimen=None)
        yield started


def begun(page: Any) -> None:
    until(lambda: page.locator("#start .experiment").count() > 3, "the page of runs")
    until(lambda: page.locator(".runs tbody tr").count() >= 2, "the table of runs")


def judge(page: Any, what: str) -> None:
    assert faults(page) == [], what


def dialogs(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)
        until(lambda: page.locator("dialog[open]").count() == 1, f"the dialog of {key}")
        judge(page, f"the dialog of {key}")
        page.keyboard.press("Escape")
        until(lambda: page.locator("dialog").count() == 0, "its end")


def the_page_of_a_run(page: Any, observatory: Observatory, run: str) -> None:
    page.goto(f"{observatory.home}#/run/{run}")
    until(lambda: drawn(page) == 12, "a picture of the run")
    until(lambda: page.locator(".view-legend li").count() > 1, "its legend")
    tabs = page.get_by_role("tablist", name="Panels").get_by_role("tab")
    for at in range(tabs.count()):
        tabs.nth(at).click()
        if tabs.nth(at).inner_text() == "Findings":
            until(lambda: page.locator("#panel-findings .finding").count() == 7, "the findings")
        if tabs.nth(at).inner_text() == "Inspect":
            page.locator("canvas.picture").click()
            until(lambda: page.locator("#panel-place .execution").count() == 1, "what stands there")
        judge(page, tabs.nth(at).inner_text())


def every_page(page: Any, observatory: Observatory, known: list[str]) -> None:
    """Go to every page, and judge it."""
    begun(page)
    page.locator("summary").first.click()
    judge(page, "the page of runs")
    page.get_by_role("button", name="Choose every setting").first.click()
    until(lambda: page.locator("dialog[open]").count() == 1, "the form")
    judge(page, "the form of a start")
    page.keyboard.press("Escape")
    the_page_of_a_run(page, observatory, known[0])
    dialogs(page, "?", "e", "b", "r", "s", "Shift+B")
    page.goto(f"{observatory.home}#/compare/{known[0]}/{known[1]}")
    until(lambda: page.locator(".compared > output").all_inner_texts() == ["step 12"] * 2, "the comparison")
    judge(page, "the comparison")
    page.goto(f"{observatory.home}#/sweep/tests/gallery")
    until(lambda: page.locator("button.sweep-cell").count() == 2, "the sweep")
    page.get_by_role("button", name="over steps").click()
    until(lambda: page.locator(".series-panel:visible").count() == 2, "the curves of the sweep")
    judge(page, "the sweep")
    page.goto(f"{observatory.home}#/freezer")
    until(lambda: page.get_by_role("article").count() == 2, "the freezer")
    judge(page, "the freezer")
    page.goto(f"{observatory.home}#/run/nobody")
    until(lambda: page.get_by_role("alert").count() == 1, "the sentence")
    judge(page, "the page that is not there")


@pytest.mark.parametrize(
    ("theme", "size"),
    [
        pytest.param("dark", WIDE, id="dark-wide"),
        pytest.param("light", NARROW, id="light-narrow"),
        pytest.param("light", WIDE, id="light-wide", marks=pytest.mark.slow),
        pytest.param("dark", NARROW, id="dark-narrow", marks=pytest.mark.slow),
    ],
)
def test_every_page_can_be_read_and_worked(
    theme: str, size: dict[str, int], observatory: Observatory, known: Any, visit: Callable[..., Any]
) -> None:
    page = visit(observatory, viewport=size, color_scheme=theme, reduced_motion="reduce").page
    every_page(page, observatory, known[1])
    assert page.evaluate("document.documentElement.dataset.theme") == theme


def test_what_is_wrong_is_found(visit: Callable[..., Any]) -> None:
    page = visit("about:blank", reduced_motion="reduce").page
    page.set_content(
        """<style>@keyframes turning { to { rotate: 1turn; } }</style>
        <p style="color: #777">pale</p><p style="color: #666">dark enough</p><p hidden style="color: #fff">not seen</p>
        <div style="background: #000"><b style="color: #fff; opacity: 0.3">faded</b></div>
        <input placeholder="said" style="color: #000; background: #888">
        <button title="named"></button><button></button><a href="#">named</a>
        <i style="animation: turning 1s infinite">turns</i><div style="width: 2000px">broad</div>"""
    )
    found = faults(page)
    assert [fault for fault in found if fault.startswith("pale")] == [
        'pale: 4.48 <p class=""> pale',
        'pale: 2.46 <b class=""> faded',
        'pale: 1.30 <input class=""> said',
    ]
    assert [fault for fault in found if fault.startswith("nameless")] == ["nameless: button "]
    assert sum(fault.startswith("wide") for fault in found) > 1
    assert sum(fault.startswith("moving") for fault in found) == 2


def test_what_leaves_the_machine_is_blocked_and_counted(browser: Any) -> None:
    with pytest.raises(AssertionError, match="example"), browsed(browser, "about:blank") as watched:
        watched.page.evaluate("fetch('https://primordia.example/').catch(() => 0)")
    assert watched.away == ["https://primordia.example/"]


def test_a_run_fits_its_window_and_is_worked_without_a_pointer(
    observatory: Observatory, known: Any, visit: Callable[..., Any]
) -> None:
    page = visit(observatory, f"#/run/{known[1][0]}").page
    until(lambda: drawn(page) == 12, "a picture")
    assert page.evaluate("document.documentElement.scrollHeight") <= WIDE["height"]
    visited = []
    for _ in range(80):
        page.keyboard.press("Tab")
        focused = page.evaluate("(({ ariaLabel, innerText }) => ariaLabel ?? innerText)(document.activeElement)", None)
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", focused
        visited.append(focused)
        if focused == "Replay":
            break
    assert visited[-1] == "Replay", visited
    assert {"Freezer", "square", "Measures"} <= set(visited)
    page.keyboard.press("Enter")
    until(lambda: value(page, "primordia.mode") == "replaying", "playing")


def test_every_palette_colours_every_cell_as_it_says(
    observatory: Observatory, known: Any, visit: Callable[..., Any]
) -> None:
    page = visit(observatory, f"#/run/{known[1][0]}").page
    until(lambda: drawn(page) == 12, "a picture")
    seen = {}
    for scheme in page.locator("select.schemes option").all_inner_texts():
        page.locator("select.schemes").select_option(scheme)
        shown, said = page.evaluate(COLOURS, [[colour.meaning, colour.rgb] for colour in PALETTE])
        assert shown == said
        seen[scheme] = str(shown)
    assert len(set(seen.values())) == len(seen) >= 3
    for theme in ("light", "dark"):
        page.keyboard.press("t")
        ground = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--well')")
        assert page.evaluate("primordia.pixel(1, 100)") == [int(ground[at : at + 2], 16) for at in (1, 3, 5)], theme


def test_a_page_is_small(observatory: Observatory, known: Any, visit: Callable[..., Any]) -> None:
    page = visit(observatory, f"#/run/{known[1][0]}").page
    until(lambda: drawn(page) == 12, "a picture")
    sent, unpacked = page.evaluate(
        """() => ["encodedBodySize", "decodedBodySize"].map((size) =>
          [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
            .reduce((sum, each) => sum + each[size], 0))"""
    )
    print(f"the page of a run: {sent:,} bytes sent, {unpacked:,} unpacked")
    assert 50_000 < sent < MOST_SENT
