"""`primordia minds sizes`: what the paper's language models weigh and cost."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Annotated, final

from primordia.core.config import Spec
from primordia.core.findings import Finding, Table
from primordia.core.tools import Runs, Tool


@dataclasses.dataclass(frozen=True)
class SizesArguments:
    """The layers of the models, and what they read."""

    pattern: Annotated[str, Spec("the layers of the blocks, separated by commas, repeated")] = "mesa"
    vocabulary: Annotated[int, Spec("tokens there are", "tokens", ge=1, le=2**24)] = 50_257
    length: Annotated[int, Spec("tokens of a sequence", "tokens", ge=1, le=2**20)] = 2048


@final
class Sizes(Tool):
    """Counted from the shapes of the weights; nothing is computed."""

    name = "minds/sizes"
    summary = "The sizes of the paper's language models with any layers: weights, memory, operations for a token."
    Arguments = SizesArguments

    def use(self, arguments: SizesArguments, runs: Runs) -> Iterator[Finding]:
        """The table."""
        from primordia.minds.models.sizes import SIZES, flops_per_token, n_parameters, sized

        rows = []
        for name in SIZES:
            spec = sized(name, pattern=arguments.pattern, n_tokens=arguments.vocabulary)
            n = n_parameters(spec)
            cost = flops_per_token(spec, arguments.length) / 1e9
            rows.append((name, spec.n_blocks, spec.width, spec.n_heads, n, n * 4 / 2**30, cost))
        yield Table(
            f"Sizes with the layers {arguments.pattern}",
            ("size", "blocks", "width", "heads", "weights", "GiB of weights", "GFLOP for a token"),
            tuple(rows),
            f"Weights in 32 bits; operations of the forward pass for a token of a sequence of {arguments.length}, an "
            "addition counted as one; training costs three times as much.",
        )
