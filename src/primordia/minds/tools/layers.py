"""`primordia minds layers`: every layer that a model can have."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import final

from primordia.core.findings import Finding, Table
from primordia.core.tools import Runs, Tool


@dataclasses.dataclass(frozen=True)
class LayersArguments:
    """Nothing but what every tool takes."""


@final
class Layers(Tool):
    """The names are what a pattern of layers is made of: "softmax, mesa, mesa"."""

    name = "minds/layers"
    summary = "The layers that a model can have: update rule, loss it descends, state, cost, and when to use which."
    Arguments = LayersArguments

    def use(self, arguments: LayersArguments, runs: Runs) -> Iterator[Finding]:
        """Which to take, and what each does."""
        from primordia.minds.layers.table import LAYERS

        yield Table(
            "Layers",
            ("layer", "use", "state", "operations"),
            tuple((name, it.use, it.state, it.cost) for name, it in LAYERS.items()),
            "State: numbers of a head. Operations: of a head for one token in training, forwards. d: channels of a "
            "head; C: tokens of a chunk; t: tokens so far; w: tokens of a window; k: steps of the solver.",
        )
        yield Table(
            "What each does",
            ("layer", "update", "loss descended", "source"),
            tuple((name, it.update, it.loss, it.source) for name, it in LAYERS.items()),
            "S: the memory; k, v, q: key, value, query of a token; beta: input gate; gamma: forget gate.",
        )
