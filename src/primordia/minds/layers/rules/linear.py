"""Rules that store v k^T and forget by one number: linear attention, RetNet, Mamba2, scalar GLA, mLSTM.

The formulas stand in `scalar`; the rules differ in which gates they have and how the state is read.
"""

from __future__ import annotations

from typing import ClassVar, Literal, final

import jax.numpy as jnp
from jaxtyping import Array, Float

from primordia.minds.layers.rule import Signals
from primordia.minds.layers.rules.scalar import Memory, ScalarGated


@final
class LinearAttention(ScalarGated):
    """No gate at all: everything is kept, and the sum grows.

    Source: Katharopoulos et al. 2020 (arXiv 2006.16236). Ours has no feature map of its own and no normaliser: the
    layer around it bends the keys and norms the output.
    """


@final
class RetNet(ScalarGated):
    """Head h forgets by 1 - 2^(-5-h), the first head fastest; nothing is learned.

    Source: Sun et al. 2023 (arXiv 2307.08621). Ours has no rotation of queries and keys and no output gate.
    """

    def gated(self, signals: Signals) -> Signals:
        """The same forget gate for every token of a head."""
        shape = signals.query.shape[:-1]
        decays = jnp.log1p(-(2.0 ** (-5.0 - jnp.arange(shape[1]))))
        per_head = decays.reshape(1, -1, *(1,) * (len(shape) - 2)).astype(signals.query.dtype)
        return signals._replace(log_decay=jnp.broadcast_to(per_head, shape))


@final
class Mamba2(ScalarGated):
    """A forget gate from the token; what is written has no gate.

    Source: Dao and Gu 2024 (arXiv 2405.21060) in the form that arXiv 2506.05233 compares with, section 2.8: forget
    gates only. Mamba2 itself also multiplies what is written by the time step that its forget gate is made of.
    """

    decay: ClassVar[Literal["none", "head", "channel"]] = "head"


@final
class GatedLinear(ScalarGated):
    """A forget gate and an input gate from the token.

    Source: Yang et al. 2024 (GLA, arXiv 2312.06635) with the scalar gate of arXiv 2506.05233, section 2.8.
    """

    decay: ClassVar[Literal["none", "head", "channel"]] = "head"
    writes: ClassVar[bool] = True


@final
class MLSTM(ScalarGated):
    """As `GatedLinear`, and what is read is divided by max(1, |n q|), where n is the gated sum of keys.

    Source: Beck et al. 2024 (xLSTM, arXiv 2405.04517). Ours has a sigmoid for input gate, not an exponential: nothing
    can overflow, so there is no running maximum. Keys are not divided by sqrt(d): the layer around gives them length 1.
    A norm of the head's output, which both have, undoes most of what the normaliser does.

    State: one more row under the values, n: the gated sum of the same products for a value that is always 1.
    """

    decay: ClassVar[Literal["none", "head", "channel"]] = "head"
    writes: ClassVar[bool] = True

    def init_state(self, n_batch: int, n_heads: int, d_key: int, d_value: int) -> Memory:
        """Nothing stored."""
        return super().init_state(n_batch, n_heads, d_key, d_value + 1)

    def parallel(self, signals: Signals, state: Memory) -> tuple[Array, Memory]:
        """All tokens at once."""
        out, state = super().parallel(_counted(signals), state)
        return _normalised(out), state

    def chunkwise(self, signals: Signals, state: Memory, chunk: int) -> tuple[Array, Memory]:
        """In chunks."""
        out, state = super().chunkwise(_counted(signals), state, chunk)
        return _normalised(out), state

    def step(self, signals: Signals, state: Memory) -> tuple[Array, Memory]:
        """One token."""
        out, state = super().step(_counted(signals), state)
        return _normalised(out), state


def _counted(signals: Signals) -> Signals:
    """The signals with a 1 after each value."""
    value = signals.value
    return signals._replace(value=jnp.concatenate([value, jnp.ones_like(value[..., :1])], axis=-1))


def _normalised(out: Float[Array, "*rest value_and_one"]) -> Float[Array, "*rest value"]:
    return out[..., :-1] / jnp.maximum(1.0, jnp.abs(out[..., -1:]))
