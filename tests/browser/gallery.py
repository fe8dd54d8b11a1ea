"""A walk with two square views and a finding of every kind: what a page can show, it has to show here."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from primordia.core.findings import (
    Animation,
    Chart,
    Edge,
    Finding,
    Graph,
    Matrix,
    Node,
    Picture,
    Table,
    Text,
)
from primordia.core.inspection import Execution, Inspected, Instruction, Specimen
from primordia.core.streams import Streams
from primordia.core.views import Colour, View
from walk import PALETTE, Walk, WalkConfig, WalkState

SIDE = 16
COUNTS = tuple(Colour(f"{n} visits", f"#{40 * n:02x}{255 - 40 * n:02x}80") for n in range(6))
KINDS = (Colour("a number", "#335577"), Colour("an instruction", "#cc8833"))


def draw_square(config: WalkConfig, state: WalkState) -> np.ndarray[Any, np.dtype[np.uint8]]:
    pixels = (state.ring["visits"] > 0).astype(np.uint8)
    pixels[state.crowd.positions] = 2
    return pixels.reshape(SIDE, -1)


def draw_counts(config: WalkConfig, state: WalkState) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.minimum(state.ring["visits"], len(COUNTS) - 1).astype(np.uint8).reshape(SIDE, -1)


class Gallery(Walk):
    """Walkers on a square, with everything that can be shown."""

    name = "tests/gallery"
    views: ClassVar[dict[str, View]] = {
        "square": View(draw_square, PALETTE, "The ring, cut into sixteen rows.", 4096),
        "counts": View(draw_counts, COUNTS, "How often each site was visited.", 4096),
    }

    def findings(self, config: WalkConfig, state: WalkState, streams: Streams, t: int) -> tuple[Finding, ...]:
        square = draw_square(config, state)
        line = tuple((float(x), float(x * x)) for x in range(1, 9))
        band = tuple((x, 0.9 * y, 1.1 * y) for x, y in line)
        nodes = (Node("a", "first"), Node("b", "second", 2.0, 1), Node("c", "third"))
        return (
            Table("Counted", ("what", "number"), (("sites", config.n_sites), ("none", None)), "A table."),
            Text("Said", "a text\nof two lines"),
            Chart(
                "Drawn", "x", "y in sites", {"a line": line, "another": line[:4]}, "A chart.", bands={"a line": band}
            ),
            Picture("Shown", square, PALETTE),
            Animation("Moving", np.stack([square, 2 - square]), PALETTE, "A film."),
            Matrix("Weighed", np.eye(3) - 0.5, ("a", "b", "c"), ("d", "e", "f"), "bits", 0.0, "A matrix."),
            Graph("Related", nodes, (Edge("a", "b"), Edge("b", "c", 2.0, "then")), PALETTE, True, "A graph."),
        )

    def inspect(
        self, config: WalkConfig, state: WalkState, streams: Streams, t: int, view: str, row: int, column: int
    ) -> tuple[Inspected, ...]:
        site = row * (config.n_sites // SIDE) + column
        rows = (("place", site), ("visits", int(state.ring["visits"][site])))
        specimen = Specimen("walker 3", "put", {"walker": 3}, "", Picture("", draw_square(config, state), PALETTE))
        return Table(f"Site {site}", ("what", "number"), rows), specimen, program()


def program() -> Execution:
    """A program that adds one to a cell, twice."""
    steps = tuple(
        Instruction(at, 1, "+", "adds one to cell 3", ((3, at + 1),), (at + 1,), counts=True) for at in range(2)
    )
    return Execution(
        title="What runs",
        tape=np.array([1, 1, 0, 0], dtype=np.uint8),
        parts=(("code", 2), ("store", 2)),
        glyphs=tuple(chr(0x100 + value) for value in range(256)),
        classes=np.arange(256, dtype=np.uint8) % 2,
        palette=KINDS,
        registers=("ip",),
        pointers=("ip",),
        opening=(0,),
        matches=((0, 1),),
        steps=steps,
        stopped=True,
        test="assert True",
        note="Twice.",
    )
