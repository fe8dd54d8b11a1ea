"""Every tick that docs/comparison.md gives us is backed by a test that exists."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "comparison.md").read_text()
TICKS = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))


@pytest.mark.parametrize(("file", "name"), TICKS, ids=[name for _, name in TICKS])
def test_a_tick_has_its_test(file: str, name: str) -> None:
    functions = [node.name for node in ast.walk(ast.parse((ROOT / file).read_text())) if hasattr(node, "name")]
    assert name in functions


def test_every_row_of_ours_names_a_test() -> None:
    ours = PAGE.split("## Every tick of ours")[1]
    rows = [line for line in ours.splitlines() if line.startswith("| ") and not line.startswith(("| what", "| ---"))]
    assert len(rows) > 30
    assert all("`tests/" in row for row in rows)
