"""The layer that every rule with heads lives in: projections, short convolution, gates, the rule, norm, projection.

Source: arXiv 2506.05233, appendices E and G (keys, queries and norms are shared by all its layers). Queries and keys
are convolved, values are not.
"""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple, final

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from primordia.minds.layers.convolution import Past, ShortConvolution
from primordia.minds.layers.mixer import Mixer
from primordia.minds.layers.norms import RootMeanSquare, unit_length, wide
from primordia.minds.layers.rule import Rule, Signals

GATE_BIAS = 4.0
"""Forget gates start near 1: sigmoid(4) = 0.982."""


@dataclasses.dataclass(frozen=True)
class HeadSizes:
    """Sizes of a layer with heads.

    Args:
        width: channels of the residual stream.
        n_heads: heads.
        d_key: channels of a query or key.
        d_value: channels of a value.
        convolution: width of the short convolution of queries and keys; 0: none.
        unit_keys: whether queries and keys are scaled to length 1.
        bent_keys: whether queries and keys pass through SiLU before that.
    """

    width: int
    n_heads: int
    d_key: int
    d_value: int
    convolution: int = 4
    unit_keys: bool = True
    bent_keys: bool = True


class HeadState(NamedTuple):
    """What the layer remembers: the inputs of the convolution, and the rule's state."""

    past: Past | None
    memory: Any


@final
class HeadMixer(Mixer):
    """A rule between shared projections."""

    query_key: Float[Array, "width channel"]
    value: Float[Array, "width channel"]
    convolution: ShortConvolution | None
    decay: eqx.nn.Linear | None
    write: eqx.nn.Linear | None
    rule: Rule
    norm: RootMeanSquare
    out: Float[Array, "channel width"]
    sizes: HeadSizes = eqx.field(static=True)

    def __init__(self, key: Array, sizes: HeadSizes, rule: Rule) -> None:
        keys = jax.random.split(key, 6)
        n_keys, n_values = sizes.n_heads * sizes.d_key, sizes.n_heads * sizes.d_value
        self.query_key = _fan_in(keys[0], sizes.width, 2 * n_keys)
        self.value = _fan_in(keys[1], sizes.width, n_values)
        self.convolution = ShortConvolution(keys[2], sizes.convolution, 2 * n_keys) if sizes.convolution else None
        n_gates = {"none": 0, "head": sizes.n_heads, "channel": n_keys}[rule.decay]
        self.decay = _gate(keys[3], sizes.width, n_gates, GATE_BIAS) if n_gates else None
        self.write = _gate(keys[4], sizes.width, sizes.n_heads, 0.0) if rule.writes else None
        self.rule = rule
        self.norm = RootMeanSquare(sizes.d_value)
        self.out = _fan_in(keys[5], n_values, sizes.width)
        self.sizes = sizes

    def init_state(self, n_batch: int) -> HeadState:
        """Nothing came before."""
        past = self.convolution.init_state(n_batch) if self.convolution else None
        return HeadState(past, self.rule.init_state(n_batch, self.sizes.n_heads, self.sizes.d_key, self.sizes.d_value))

    def parallel(
        self, x: Array, state: HeadState, reset: Bool[Array, "batch time"] | None = None
    ) -> tuple[Array, HeadState]:
        """All tokens at once."""
        if not x.shape[1]:
            return x, state
        signals, past = self.signals(x, state, reset)
        out, memory = self.rule.parallel(signals, state.memory)
        return self._written(out, x), HeadState(past, memory)

    def chunkwise(
        self, x: Array, state: HeadState, reset: Bool[Array, "batch time"] | None = None, *, chunk: int = 64
    ) -> tuple[Array, HeadState]:
        """In chunks."""
        if not x.shape[1]:
            return x, state
        signals, past = self.signals(x, state, reset)
        out, memory = self.rule.chunkwise(signals, state.memory, chunk)
        return self._written(out, x), HeadState(past, memory)

    def step(self, x: Array, state: HeadState, reset: Bool[Array, " batch"] | None = None) -> tuple[Array, HeadState]:
        """One token."""
        x = x[:, None]
        signals, past = self.signals(x, state, None if reset is None else reset[:, None])
        token = Signals(*(_without_time(name, array) for name, array in signals._asdict().items()))
        out, memory = self.rule.step(token, state.memory)
        return self._written(out[:, :, None], x)[:, 0], HeadState(past, memory)

    def signals(
        self, x: Float[Array, "batch time width"], state: HeadState, reset: Bool[Array, "batch time"] | None
    ) -> tuple[Signals, Past | None]:
        """What the rule sees of a stretch, and the convolution's inputs for the next one."""
        n_heads = self.sizes.n_heads
        both, past = x @ self.query_key.astype(x.dtype), None
        if self.convolution is not None:
            assert state.past is not None
            both, past = self.convolution(both, state.past, reset)
        both = _heads(jax.nn.silu(both) if self.sizes.bent_keys else both, 2 * n_heads)
        both = unit_length(both) if self.sizes.unit_keys else wide(both)
        decay = write = None
        if self.decay is not None:
            gates = jax.nn.log_sigmoid(_apply(self.decay, x))
            decay = _heads(gates, n_heads) if self.rule.decay == "channel" else jnp.moveaxis(gates, 2, 1)
        if self.write is not None:
            write = jnp.moveaxis(jax.nn.sigmoid(_apply(self.write, x)), 2, 1)
        value = _heads(x @ self.value.astype(x.dtype), n_heads)
        return self.rule.gated(Signals(both[:, :n_heads], both[:, n_heads:], value, decay, write, reset)), past

    def probes(self, x: Array, state: HeadState, reset: Bool[Array, "batch time"] | None = None) -> dict[str, Array]:
        """What the rule shows."""
        return self.rule.probes(self.signals(x, state, reset)[0], state.memory)

    def _written(self, out: Float[Array, "batch head time value"], x: Array) -> Float[Array, "batch time width"]:
        """Outputs of the heads, normed and back in the residual stream, in the type of `x`."""
        normed = self.norm(out).astype(x.dtype)
        together = jnp.moveaxis(normed, 1, 2).reshape(*x.shape[:2], -1)
        return together @ self.out.astype(x.dtype)


def _fan_in(key: Array, n_in: int, n_out: int) -> Float[Array, "n_in n_out"]:
    return jax.random.normal(key, (n_in, n_out)) * n_in**-0.5


def _gate(key: Array, n_in: int, n_out: int, bias: float) -> eqx.nn.Linear:
    linear = eqx.nn.Linear(n_in, n_out, key=key)
    return eqx.tree_at(lambda made: made.bias, linear, jnp.full(n_out, bias))


def _apply(linear: eqx.nn.Linear, x: Float[Array, "batch time width"]) -> Float[Array, "batch time gate"]:
    """Gates in 32 bits, on accelerators too: a rounding of a forget gate near 1 is felt over the whole stretch."""
    assert linear.bias is not None
    return jnp.matmul(wide(x), linear.weight.T, precision=jax.lax.Precision.HIGHEST) + linear.bias


def _heads(x: Float[Array, "batch time channel"], n_heads: int) -> Float[Array, "batch head time part"]:
    return jnp.moveaxis(x.reshape(*x.shape[:2], n_heads, -1), 2, 1)


def _without_time(name: str, array: Array | None) -> Array | None:
    if array is None:
        return None
    return array[:, 0] if name == "reset" else array[:, :, 0]
