"""Soups on the command line: settings that do not go together are refused in a sentence, and nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from calling import Call


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (["world=grid", "width=10", "height=7"], "A grid of 10 x 7 has room for 70 programs and the soup has 256"),
        (["world=edges", "edges=0-1 3-3"], "Line 1 of the edge list ('0-1 3-3'), 3 to 3, joins a program to itself"),
        (["world=edges", "edges=@pattern.txt"], "Line 2 of the edge list ('4 256'), 4 to 256, names program 256"),
        (["organism=[[x"], "has no glyph 'x' (character 2 of the program text)"),
        (["language=rsubleq4", "organism=[["], "written in hexadecimal digits, and '['"),
        (["world=fixed", "n_programs=100"], "needs a power of two; the nearest is 128"),
        (["language=no_such_language"], "There is no substrate 'no_such_language'"),
    ],
)
def test_what_does_not_go_together_is_refused_before_anything_is_written(
    call: Call, settings: list[str], words: str
) -> None:
    Path("pattern.txt").write_text("0 1\n4 256\n")
    given = [part for setting in settings for part in ("--set", setting)]
    ending = call("run", "life/soup", "--preset", "small", *given)
    assert ending.code == 2
    assert words in " ".join(ending.err.split())
    assert "Traceback" not in ending.err + ending.out
    assert [path.name for path in Path().iterdir()] == ["pattern.txt"]
