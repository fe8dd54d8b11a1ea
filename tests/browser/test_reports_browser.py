"""The report of a sweep in a real browser, as wide as a desk and as narrow as a phone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from browsing import NARROW, WIDE

import swept
from primordia.engine.analysis import report, table

MEASURED = """() => {
  for (const folded of document.querySelectorAll("details")) folded.open = true;
  const boxes = [...document.querySelectorAll(".wide")];
  const lines = cell => { const range = document.createRange(); range.selectNodeContents(cell);
                          return new Set([...range.getClientRects()].map(line => Math.round(line.top))).size; };
  return {
    page: document.scrollingElement.scrollWidth,
    scrolling: boxes.filter(box => box.scrollWidth > box.clientWidth).length,
    folded: [...document.querySelectorAll("td:not(.text)")].filter(cell => lines(cell) > 1).length,
    sliver: Math.min(...[...document.querySelectorAll("td.text")].map(cell => cell.clientWidth)),
    figures: [...document.querySelectorAll("figure img")].map(image => image.getBoundingClientRect().width),
  };
}"""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with figures, comparisons, all cells, and one that failed for a long reason."""
    sweep = swept.walks(
        tmp_path_factory.mktemp("reports") / "runs", "some", settings={"p_move": [0.05, 0.8]}, seeds="0:3"
    )
    found = sweep.all_found()[0]
    (found.folder / "run.json").write_text("{")
    return report.save(table.read(sweep))


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["desk", "phone"])
def test_wide_tables_scroll_in_their_own_box_and_words_stay_whole(
    browser: Any, written: Path, viewport: dict[str, int]
) -> None:
    page = browser.new_page(viewport=viewport)
    page.goto(written.as_uri())
    found = page.evaluate(MEASURED)
    page.close()
    assert found["page"] == viewport["width"]
    assert found["folded"] == 0
    assert found["sliver"] >= 240
    assert (found["scrolling"] > 0) == (viewport == NARROW)
    assert len(found["figures"]) == 4
    assert all(0.9 * min(viewport["width"], 1120) < width <= viewport["width"] - 32 for width in found["figures"])
