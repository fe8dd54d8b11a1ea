"""What a model is made of, as settings that can be hashed, stored and compared."""

from __future__ import annotations

import dataclasses
import math

from primordia.core.errors import ConfigError
from primordia.minds.models.pattern import layers

LEAST = {
    "n_inputs": 1,
    "n_outputs": 1,
    "n_blocks": 1,
    "width": 1,
    "n_heads": 1,
    "d_key": 0,
    "expansion": 0,
    "convolution": 0,
    "longest": 1,
    "window": 1,
    "chunk": 1,
    "cap": 0,
    "solver_steps": 0,
    "solver_tolerance": 0,
}
"""The smallest value of each setting that is a number."""


@dataclasses.dataclass(frozen=True)
class ModelSpec:
    """The settings of a sequence model; checked when they are put together, before anything is compiled.

    Args:
        n_inputs: tokens in the vocabulary; or, where `vectors` is set, channels of the vectors that come in.
        n_outputs: classes, or channels of the vectors that go out; for tokens equal to `n_inputs` (tied embeddings).
        vectors: whether the model reads and predicts vectors in place of tokens.
        pattern: the layers of the blocks from the first on, separated by commas ("softmax, mesa, mesa"); repeated
            until every block has one.
        n_blocks: blocks.
        width: channels of the residual stream.
        n_heads: heads of a layer.
        d_key: channels of a query, key or value of a head; 0: the width divided among the heads.
        expansion: channels of a branch of the gated MLP, in widths; 0: no MLP.
        convolution: width of the short convolution of queries and keys; 0: none.
        longest: the most tokens that a layer with a cache or with learned positions can hold.
        window: tokens that sliding-window attention sees.
        chunk: tokens of a chunk of the chunkwise face.
        cap: logits are capped softly at this size; 0: not at all.
        solver_steps: steps of the mesa layer's solver.
        solver_tolerance: relative residual at which the solver stops; 0: never.
        half: whether activations have 16 bits (bfloat16); weights, norms, gates, states and logits keep 32.
        remat: whether activations inside a block are computed again in the backward pass to save memory.
        rolled: whether the repetitions of the pattern are compiled once and run in a loop. A deep model compiles in
            the time of one pattern, and copies its weights once in a pass; the results agree up to rounding.

    Raises:
        ConfigError: a number is below its least value, the heads do not divide the width, or a model of tokens does
            not predict the tokens it reads.
        UnknownNameError: the pattern names a layer that does not exist; says the nearest.
    """

    n_inputs: int
    n_outputs: int
    vectors: bool = False
    pattern: str = "mesa"
    n_blocks: int = 2
    width: int = 64
    n_heads: int = 4
    d_key: int = 0
    expansion: float = 3.0
    convolution: int = 4
    longest: int = 2048
    window: int = 64
    chunk: int = 64
    cap: float = 30.0
    solver_steps: int = 30
    solver_tolerance: float = 0.0
    half: bool = False
    remat: bool = False
    rolled: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be built."""
        for name, least in LEAST.items():
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= least):
                raise ConfigError(
                    f"{name}={value} is out of range: it must be at least {least}; the nearest is {least}."
                )
        if not self.d_key and self.width % self.n_heads:
            near = max(1, round(self.width / self.n_heads)) * self.n_heads
            raise ConfigError(
                f"width={self.width} cannot be divided among n_heads={self.n_heads}: the nearest width that can is "
                f"{near}, or give d_key, the channels of a head."
            )
        if not self.vectors and self.n_inputs != self.n_outputs:
            raise ConfigError(
                f"A model of tokens predicts the tokens it reads: n_outputs={self.n_outputs} must be n_inputs="
                f"{self.n_inputs}."
            )
        layers(self.pattern, self.n_blocks)

    @property
    def key_size(self) -> int:
        """Channels of a query, key or value of a head."""
        return self.d_key or self.width // self.n_heads
