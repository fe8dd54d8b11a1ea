"""The sizes of the paper's language models, and what a model of given settings weighs and costs.

Source: arXiv 2506.05233, appendix of settings. A block has 4 n^2 weights in the projections of its layer and 9 n^2
in its gated MLP, n the width: with a vocabulary of V the whole has V n + 13 n^2 N weights in N blocks, and a little
more in norms, gates and convolutions. Vocabulary: GPT-2's.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import jax

from primordia.core.errors import UnknownNameError
from primordia.minds.layers.rules import ttt
from primordia.minds.models.model import skeleton
from primordia.minds.models.pattern import layers
from primordia.minds.models.spec import ModelSpec

GPT2_VOCABULARY = 50_257
SIZES = {"140M": (14, 6, 768), "440M": (28, 8, 1024), "940M": (28, 12, 1536)}
"""Name -> blocks, heads (of 128 channels), width."""


def sized(name: str, *, pattern: str = "mesa", n_tokens: int = GPT2_VOCABULARY) -> ModelSpec:
    """The settings of a size of the paper: 16-bit activations, each block's activations computed again backwards.

    Raises:
        UnknownNameError: there is no such size; says the nearest.
    """
    if name not in SIZES:
        raise UnknownNameError("size", name, SIZES)
    n_blocks, n_heads, width = SIZES[name]
    return ModelSpec(
        n_tokens,
        n_tokens,
        pattern=pattern,
        n_blocks=n_blocks,
        width=width,
        n_heads=n_heads,
        d_key=128,
        half=True,
        remat=True,
        rolled=True,
    )


def n_parameters(spec: ModelSpec) -> int:
    """Weights of the model, counted from the shapes of a block of each layer; nothing is computed."""
    names = layers(spec.pattern, spec.n_blocks)
    alone = {name: skeleton(dataclasses.replace(spec, pattern=name, n_blocks=1)) for name in set(names)}
    ends = _n_numbers(alone[names[0]]) - _n_numbers(alone[names[0]].blocks)
    return ends + sum(_n_numbers(alone[name].blocks) for name in names)


def n_parameters_in_short(spec: ModelSpec) -> int:
    """V n + (4 h n + 3 e n^2) N: the matrices alone, h the channels of all heads, e the branch of the MLP in widths."""
    n, channels = spec.width, spec.n_heads * spec.key_size
    return spec.n_inputs * n + spec.n_blocks * (4 * channels * n + 3 * round(spec.expansion * n) * n)


def flops_per_token(spec: ModelSpec, n_time: int) -> float:
    """Floating-point operations of the forward pass for one token of a stretch of `n_time`; an addition counts as one.

    Matrices: twice their weights, the logits included. Heads: the counts of a chunkwise pass with whole chunk products
    (`head_flops`). Norms, gates and convolutions are left out, a few thousandths of the rest. Training costs three
    times as much, and four where activations are computed again; the second is not counted as useful work.
    """
    dense = 2.0 * n_parameters_in_short(spec)
    mixing = sum(head_flops(name, spec, n_time) for name in layers(spec.pattern, spec.n_blocks))
    return dense + spec.n_heads * mixing


def head_flops(layer: str, spec: ModelSpec, n_time: int) -> float:
    """Operations of one head for one token in the chunkwise face: d channels, chunks of C, k steps of the solver.

    Softmax attention: of the tokens seen on average, half of the stretch.
    """
    cost = COSTS.get(layer, _linear)
    return cost(spec, min(spec.chunk, n_time), n_time)


def _n_numbers(part: Any) -> int:
    return sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(part))


def _linear(spec: ModelSpec, chunk: int, n_time: int) -> float:
    d = spec.key_size
    return 4.0 * chunk * d + 4.0 * d**2


def _softmax(spec: ModelSpec, chunk: int, n_time: int) -> float:
    return 4.0 * spec.key_size * (n_time + 1) / 2


def _sliding(spec: ModelSpec, chunk: int, n_time: int) -> float:
    return 4.0 * spec.key_size * (spec.window + chunk)


def _channel_gates(spec: ModelSpec, chunk: int, n_time: int) -> float:
    d = spec.key_size
    return 3.0 * chunk * d + 4.0 * d**2


def _delta(spec: ModelSpec, chunk: int, n_time: int) -> float:
    d = spec.key_size
    return 8.0 * chunk * d + 6.0 * d**2 + chunk**2


def _ttt(spec: ModelSpec, chunk: int, n_time: int) -> float:
    d = spec.key_size
    return 8.0 * ttt.BATCH * d + 10.0 * d**2


def _mesa(spec: ModelSpec, chunk: int, n_time: int) -> float:
    d = spec.key_size
    return spec.solver_steps * (4.0 * chunk * d + 2.0 * d**2) + 4.0 * chunk * d + 6.0 * d**2


def _recursive(spec: ModelSpec, chunk: int, n_time: int) -> float:
    return 10.0 * spec.key_size**2


def _hawk(spec: ModelSpec, chunk: int, n_time: int) -> float:
    return 4.0 * spec.key_size**2 + 6.0 * spec.key_size


COSTS: dict[str, Callable[[ModelSpec, int, int], float]] = {
    "softmax": _softmax,
    "sliding": _sliding,
    "gla": _channel_gates,
    "deltanet": _delta,
    "gated-deltanet": _delta,
    "longhorn": _delta,
    "ttt": _ttt,
    "mesa": _mesa,
    "mesa-signed": _mesa,
    "mesa-recursive": _recursive,
    "hawk": _hawk,
}
"""As the table of layers says in words; what it leaves out counts as linear attention."""
