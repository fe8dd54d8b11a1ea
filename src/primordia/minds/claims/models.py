"""The sizes of the paper's language models, counted from the shapes of the weights (arXiv 2506.05233)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from primordia.core.claims import Claim, Expected, Measurement

COUNTS = {"140M": 146e6, "440M": 433e6, "940M": 936e6}
"""What V n + 13 n^2 N gives for the blocks, widths and vocabulary of the paper."""


def off_the_counts(setup: Mapping[str, Any]) -> Measurement:
    """The largest share by which the weights of a size differ from the count of its matrices. Setup: pattern."""
    from primordia.minds.models.sizes import n_parameters, n_parameters_in_short, sized

    specs = {name: sized(name, pattern=setup["pattern"]) for name in COUNTS}
    exact = {name: n_parameters(spec) for name, spec in specs.items()}
    off = {name: exact[name] / COUNTS[name] - 1 for name in COUNTS}
    return Measurement(
        max(map(abs, off.values())),
        ", ".join(f"{name}: {count:,} weights" for name, count in exact.items()),
        {"off": off, "matrices": {name: n_parameters_in_short(spec) for name, spec in specs.items()}},
    )


CLAIMS = (
    Claim(
        "M31",
        "The three MesaNets of the paper have 146, 433 and 936 million weights.",
        "arXiv 2506.05233, table of model sizes; counted as V n + 13 n^2 N from its widths, blocks and 50,257 tokens",
        {"pattern": "mesa"},
        off_the_counts,
        Expected(0, 0.01, "one per cent: the formula leaves out norms, gates, convolutions and regularisers"),
        "quick",
        "a second",
    ),
)
