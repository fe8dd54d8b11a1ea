"""Chunks of a stretch and the documents in them: who may see whom, and how much of it is left."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from primordia.core.errors import ConfigError
from primordia.minds.layers.rule import Signals

NEUTRAL_PADDING = {"sign": 1}
"""Keys, values, gates of the tokens that fill the last chunk, 0 if not here: they neither write nor forget."""


class Sight(NamedTuple):
    """Who sees whom within one chunk, where documents begin at resets.

    Args:
        pairs: whether token t sees token s of the chunk, axes [batch, t, s]: same document and s <= t.
        before: whether a token sees what came before the chunk.
        after: whether what a token writes is seen after the chunk.
        through: whether what came before the chunk is seen after it.
    """

    pairs: Bool[Array, "batch time time"]
    before: Bool[Array, "batch time"]
    after: Bool[Array, "batch time"]
    through: Bool[Array, " batch"]


def sight(reset: Bool[Array, "batch time"] | None, n_batch: int, n_time: int) -> Sight:
    """Who sees whom in a chunk of `n_time` tokens."""
    causal = jnp.tril(jnp.ones((n_time, n_time), bool))
    if reset is None:
        seen = jnp.ones((n_batch, n_time), bool)
        return Sight(jnp.broadcast_to(causal, (n_batch, n_time, n_time)), seen, seen, seen[:, -1])
    document = jnp.cumsum(reset, axis=1)
    pairs = (document[:, :, None] == document[:, None, :]) & causal
    return Sight(pairs, document == 0, document == document[:, -1:], document[:, -1] == 0)


def chunks(signals: Signals, chunk: int) -> Signals:
    """The signals in chunks for a scan: each part gets the axes [chunk, batch, head, time in chunk, …].

    The last chunk is filled with tokens that neither write nor forget; their outputs are to be cut off (`joined`).

    Raises:
        ConfigError: `chunk` is not positive.
    """
    if chunk < 1:
        raise ConfigError(f"chunk={chunk} is out of range: it must be at least 1; the nearest is 1.")
    found = {}
    for name, array in signals._asdict().items():
        if array is None:
            continue
        axis = 1 if name == "reset" else 2
        n_time = array.shape[axis]
        missing = -n_time % chunk
        widths = [(0, missing if place == axis else 0) for place in range(array.ndim)]
        padded = jnp.pad(array, widths, constant_values=NEUTRAL_PADDING.get(name, 0)) if missing else array
        shape = (*array.shape[:axis], (n_time + missing) // chunk, chunk, *array.shape[axis + 1 :])
        found[name] = jnp.moveaxis(padded.reshape(shape), axis, 0)
    return Signals(**found)


def joined(
    outputs: Float[Array, "chunk batch head time value"], n_time: int
) -> Float[Array, "batch head whole_time value"]:
    """The outputs of all chunks one after the other, without those of the tokens that filled the last."""
    moved = jnp.moveaxis(outputs, 0, 2)
    return moved.reshape(*moved.shape[:2], -1, moved.shape[-1])[:, :, :n_time]
