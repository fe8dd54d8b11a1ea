"""What the layers of a model do with a sequence: how much a token takes from every earlier one, gates, solvers."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from primordia.minds.layers.heads import HeadMixer
from primordia.minds.layers.rule import Signals
from primordia.minds.models.model import Block, skeleton
from primordia.minds.models.pattern import layers
from primordia.minds.models.spec import ModelSpec
from primordia.minds.models.weights import Weights, placed

LINEAR_IN_VALUES = frozenset(
    ("softmax", "sliding", "linear", "retnet", "mamba2", "scalar-gla", "gla", "deltanet", "gated-deltanet", "longhorn")
) | {"mesa", "mesa-signed", "mesa-recursive"}
"""Layers whose output is a weighted sum of values, with weights that do not depend on the values."""


class Inside(NamedTuple):
    """What can be seen of one block; None where there is nothing of the kind.

    Args:
        reads: how much of the value of a token goes into the output at another, before the norm of the head; rows are
            the tokens that read.
        forget: the forget gate of each head, the mean over channels where each has one.
        write: the input gate of each head.
        shown: what the layer shows by itself (`Mixer.probes`), such as what its solver left over.
    """

    reads: Float[Array, "batch head time time"] | None
    forget: Float[Array, "batch head time"] | None
    write: Float[Array, "batch head time"] | None
    shown: dict[str, Array]


def inside(weights: Weights, tokens: Int[Array, "batch time"], *, spec: ModelSpec) -> tuple[Inside, ...]:
    """Every block, from the first on; memory grows with the square of time.

    One block and one question after the other, each waited for: what solves or finds eigenvalues is handed to LAPACK,
    and two such calls at a time can wait for each other for ever where there are few cores (jaxlib 0.10.2).
    """
    model = placed(skeleton(spec), weights)
    x = model.embedded(tokens)
    seen = []
    for name, block in zip(layers(spec.pattern, spec.n_blocks), model.blocks, strict=True):
        shown = jax.block_until_ready(_shown(block, x))
        reads = forget = write = None
        if isinstance(block.mixer, HeadMixer):
            reads = jax.block_until_ready(_reads(block, x)) if name in LINEAR_IN_VALUES else None
            forget, write = _gates(block, x)
        seen.append(Inside(reads, forget, write, shown))
        x = _next(block, x, spec.chunk)
    return tuple(seen)


@eqx.filter_jit
def _shown(block: Block, x: Float[Array, "batch time width"]) -> dict[str, Array]:
    return block.mixer.probes(block.mixer_norm(x), block.mixer.init_state(x.shape[0]))


@eqx.filter_jit
def _next(block: Block, x: Float[Array, "batch time width"], chunk: int) -> Float[Array, "batch time width"]:
    return block(x, block.mixer.init_state(x.shape[0]), None, "chunkwise", chunk)[0]


@eqx.filter_jit
def _gates(block: Block, x: Float[Array, "batch time width"]) -> tuple[Array | None, Array | None]:
    """The forget gate and the input gate of each head."""
    signals = _signals(block, x)
    return _forget(signals), signals.write


def _signals(block: Block, x: Float[Array, "batch time width"]) -> Signals:
    assert isinstance(block.mixer, HeadMixer)
    return block.mixer.signals(block.mixer_norm(x), block.mixer.init_state(x.shape[0]), None)[0]


@eqx.filter_jit
def _reads(block: Block, x: Float[Array, "batch time width"]) -> Float[Array, "batch head time time"]:
    """The weights of a layer that is linear in its values: what it puts out where token s has the s-th unit vector."""
    assert isinstance(block.mixer, HeadMixer)
    signals = _signals(block, x)
    n_batch, n_heads, n_time, d_key = signals.key.shape
    units = jnp.broadcast_to(jnp.eye(n_time), (n_batch, n_heads, n_time, n_time))
    state = block.mixer.rule.init_state(n_batch, n_heads, d_key, n_time)
    return block.mixer.rule.parallel(signals._replace(value=units), state)[0]


def _forget(signals: Signals) -> Float[Array, "batch head time"] | None:
    if signals.log_decay is None:
        return None
    gate = jnp.exp(signals.log_decay)
    gate = gate if gate.ndim == 3 else gate.mean(-1)
    return gate if signals.sign is None else gate * signals.sign
