"""Chromium through Playwright; without them these tests are skipped, and the reason is printed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import (
    CHROMIUM,
    Observatory,
    Watched,
    browsed,
    drawn,
    observatory_over,
    until,
    value,
)


@pytest.hookimpl(tryfirst=True)  # before -m decides who runs
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever lies in this folder carries the marker browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")


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


@pytest.fixture(scope="module")
def observatory(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observatory]:
    """One for all tests of a file, each of which begins runs of its own."""
    with observatory_over(tmp_path_factory.mktemp("observatory") / "runs") as started:
        yield started


@pytest.fixture
def paused(observatory: Observatory, visit: Callable[..., Watched]) -> Any:
    """The page of a run that waits before its first step, which is drawn."""
    run = observatory.begin("gallery:Gallery", n_sites=256, microseconds=2000)
    page = visit(observatory, f"#/run/{run}").page
    until(lambda: value(page, "primordia.mode") == "paused" and drawn(page) == 0, "a picture of the first step")
    return page


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
    """Open a page as `browsed` does; all of them end with the test, and are judged."""
    with contextlib.ExitStack() as opened:
        yield lambda *where, **context: opened.enter_context(browsed(browser, *where, **context))
