"""What a model is made of, as settings that can be hashed, stored and compared."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class ModelSpec:
    """The settings of a sequence model.

    Args:
        n_inputs: tokens in the vocabulary; or, where `vectors` is set, channels of the vectors that come in.
        n_outputs: classes, or channels of the vectors that go out; for tokens equal to `n_inputs` (tied embeddings).
        vectors: whether the model reads and predicts vectors in place of tokens.
        pattern: the layers of the blocks from the first on, separated by commas ("softmax, mesa, mesa"); repeated
            until every block has one.
        n_blocks: blocks.
        width: channels of the residual stream.
        n_heads: heads of a layer.
        d_key: channels of a query, key or value of a head.
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
    """

    n_inputs: int
    n_outputs: int
    vectors: bool = False
    pattern: str = "mesa"
    n_blocks: int = 2
    width: int = 64
    n_heads: int = 4
    d_key: int = 16
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
