"""Chunks of a stretch and the documents in them: who may see whom, and how much of it is left."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from primordia.core.errors import ConfigError
from primordia.minds.layers.rule import Signals

NEUTRAL_PADDING = {"sign": 1}
"""Keys, values, gates of the tokens that fill the last chunk, 0 if not here: they neither write nor forget."""


FORGOTTEN = -32.0
"""Forget gates below exp of this count as this: what is left, 1e-14, is below the rounding of anything."""

GRAIN = 2.0**-8
"""The coarse part of a log gate is a multiple of this: sums of them are exact in 32 bits up to 65,536."""


class Elapsed(NamedTuple):
    """Log forget gates summed from the first token of a stretch on, kept in two parts.

    A difference of two plain sums loses what follows a strong forgetting: after log gates of -30 in a row the sums
    are in the thousands, and their last bit is worth 1e-4. Here the coarse part is exact and the fine part stays small.

    Args:
        coarse: sum of the gates rounded to `GRAIN`.
        fine: sum of what the rounding left.
    """

    coarse: Float[Array, "*rest time"]
    fine: Float[Array, "*rest time"]

    def since_begin(self) -> Float[Array, "*rest time"]:
        """From before the first token up to each."""
        return self.coarse + self.fine

    def until_end(self) -> Float[Array, "*rest time"]:
        """From after each token up to the last."""
        return (self.coarse[..., -1:] - self.coarse) + (self.fine[..., -1:] - self.fine)

    def between(self) -> Float[Array, "*rest time time"]:
        """From after token s up to token t, axes [t, s]; meaningful where s <= t."""
        return (self.coarse[..., :, None] - self.coarse[..., None, :]) + (
            self.fine[..., :, None] - self.fine[..., None, :]
        )


def elapsed(log_decay: Float[Array, "*rest time"]) -> Elapsed:
    """The sums of log gates along the last axis."""
    bounded = jnp.maximum(log_decay, FORGOTTEN)
    coarse = jax.lax.stop_gradient(jnp.round(bounded / GRAIN) * GRAIN)
    return Elapsed(jnp.cumsum(coarse, axis=-1), jnp.cumsum(bounded - coarse, axis=-1))


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


def first_seen(
    reset: Bool[Array, "batch time"] | None, n_before: Int[Array, " batch"], n_time: int
) -> Int[Array, "batch time"]:
    """The first place of its document for each token; before the stretch begins, where `n_before` came, negative."""
    before = jnp.broadcast_to(-n_before[:, None], (n_before.shape[0], n_time))
    if reset is None:
        return before
    begin = jax.lax.cummax(jnp.where(reset, jnp.arange(n_time), -1), axis=1)
    return jnp.where(begin >= 0, begin, before)


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
