"""Chromium through Playwright; without them these tests are skipped, and the reason is printed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import CHROMIUM, Observatory, Watched

WIDE, NARROW = {"width": 1280, "height": 720}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One headless browser for the tests of a file; Playwright's event loop must not outlive them."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed; `apt-get install chromium` brings it.")
    api = pytest.importorskip(
        "playwright.sync_api", reason="Playwright is not installed; it comes with primordia[test]."
    )
    with api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
        )
        yield opened
        opened.close()


@pytest.fixture
def observe(tmp_path: Path) -> Iterator[Callable[..., Observatory]]:
    """Start an observatory; `observe(*words)`. All of them end with the test."""
    started: list[Observatory] = []

    def start(*words: str, root: Path | None = None) -> Observatory:
        started.append(Observatory(root or tmp_path / "runs", words).start())
        return started[-1]

    yield start
    for observatory in started:
        observatory.stop()


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., Watched]]:
    """Open an address in a fresh browser profile; what a page must not do is judged at the end."""
    opened: list[Watched] = []

    def go(address: str, viewport: dict[str, int] = WIDE, **context: Any) -> Watched:
        page = browser.new_context(viewport=viewport, **context).new_page()
        opened.append(Watched(page).listen())
        page.goto(address)
        return opened[-1]

    yield go
    for watched in opened:
        watched.page.context.close()
    for watched in opened:
        watched.judge()
