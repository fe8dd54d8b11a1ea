"""What the layers of a model do with a sequence: how much a token takes from every earlier one, gates, solvers."""

from __future__ import annotations

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from primordia.minds.layers.heads import HeadMixer
from primordia.minds.layers.rule import Signals
from primordia.minds.models.model import skeleton
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


@functools.partial(jax.jit, static_argnames="spec")
def inside(weights: Weights, tokens: Int[Array, "batch time"], *, spec: ModelSpec) -> tuple[Inside, ...]:
    """Every block, from the first on; memory grows with the square of time."""
    model = placed(skeleton(spec), weights)
    x = model.embedded(tokens)
    seen = []
    for name, block in zip(layers(spec.pattern, spec.n_blocks), model.blocks, strict=True):
        normed, state = block.mixer_norm(x), block.mixer.init_state(tokens.shape[0])
        shown = block.mixer.probes(normed, state)
        if isinstance(block.mixer, HeadMixer):
            signals, _ = block.mixer.signals(normed, state, None)
            reads = _reads(block.mixer, signals) if name in LINEAR_IN_VALUES else None
            seen.append(Inside(reads, _forget(signals), signals.write, shown))
        else:
            seen.append(Inside(None, None, None, shown))
        x, _ = block(x, state, None, "chunkwise", spec.chunk)
    return tuple(seen)


def _reads(mixer: HeadMixer, signals: Signals) -> Float[Array, "batch head time time"]:
    """The weights of a layer that is linear in its values: what it puts out where token s has the s-th unit vector."""
    n_batch, n_heads, n_time, d_key = signals.key.shape
    units = jnp.broadcast_to(jnp.eye(n_time), (n_batch, n_heads, n_time, n_time))
    state = mixer.rule.init_state(n_batch, n_heads, d_key, n_time)
    return mixer.rule.parallel(signals._replace(value=units), state)[0]


def _forget(signals: Signals) -> Float[Array, "batch head time"] | None:
    if signals.log_decay is None:
        return None
    gate = jnp.exp(signals.log_decay)
    gate = gate if gate.ndim == 3 else gate.mean(-1)
    return gate if signals.sign is None else gate * signals.sign
