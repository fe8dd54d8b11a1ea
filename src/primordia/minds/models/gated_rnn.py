"""A linear recurrence between two gates: the recurrent networks in which attention was found (arXiv 2309.01775).

    h_t = decay * h_{t-1} + g_in(x_t)        y_t = D g_out(h_t)        g(z) = (W_m z + b_m) * (W_x z + b_x)

with an elementwise decay in [0, 1]. Symbols: h the hidden state, g the two bilinear gates, D the readout.
We differ in that a decay is the squared sine of a free angle, which reaches 0 and 1 at finite angles.
"""

from __future__ import annotations

import dataclasses
import functools
import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from primordia.core.errors import ConfigError
from primordia.minds.models.weights import Weights


@dataclasses.dataclass(frozen=True)
class GatedRecurrence:
    """The settings of one layer; `begin` draws its weights and `run` applies it.

    Args:
        n_inputs: channels of x.
        n_outputs: channels of y.
        n_hidden: channels of the hidden state.
        n_gated: products of the outgoing gate, which the readout sums up.
    """

    n_inputs: int
    n_outputs: int
    n_hidden: int
    n_gated: int

    def __post_init__(self) -> None:
        for name in ("n_inputs", "n_outputs", "n_hidden", "n_gated"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name}={getattr(self, name)} is out of range: it must be at least 1.")


@functools.partial(jax.jit, static_argnames="model")
def begin(model: GatedRecurrence, key: PRNGKeyArray) -> Weights:
    """Weights by name.

    "angle" [hidden], "in_m" and "in_x" [hidden, input + 1], "out_m" and "out_x" [gated, hidden + 1], "readout"
    [output, gated].
    The last column of a gate multiplies the constant one. Decays are uniform in [0, 1]; matrices normal with variance
    one over their inputs.
    """
    shapes = {
        "in_m": (model.n_hidden, model.n_inputs + 1),
        "in_x": (model.n_hidden, model.n_inputs + 1),
        "out_m": (model.n_gated, model.n_hidden + 1),
        "out_x": (model.n_gated, model.n_hidden + 1),
        "readout": (model.n_outputs, model.n_gated),
    }
    angle_key, *keys = jax.random.split(key, 1 + len(shapes))
    weights = {
        name: jax.random.normal(part, shape) / math.sqrt(shape[1])
        for (name, shape), part in zip(shapes.items(), keys, strict=True)
    }
    uniform = jax.random.uniform(angle_key, (model.n_hidden,))
    return {"angle": angle_of(uniform), **weights}


@jax.jit
def run(
    weights: Weights, x: Float[Array, "batch time input"], kept: Float[Array, " hidden"] | None = None
) -> Float[Array, "batch time output"]:
    """The outputs; where `kept` is 0 a hidden channel is cut off from the outgoing gate."""
    hidden = states(weights, x)
    if kept is not None:
        hidden = hidden * kept
    return _gated(weights, "out", hidden) @ weights["readout"].T


def next_output(
    weights: Weights, hidden: Float[Array, "batch time hidden"], x: Float[Array, "batch #time input"]
) -> Float[Array, "batch time output"]:
    """The output that each hidden state would give to one more input."""
    after = decays(weights) * hidden + _gated(weights, "in", x)
    return _gated(weights, "out", after) @ weights["readout"].T


def states(weights: Weights, x: Float[Array, "batch time input"]) -> Float[Array, "batch time hidden"]:
    """The hidden state after each input."""
    decay, entering = decays(weights), _gated(weights, "in", x)

    def step(state: Float[Array, "batch hidden"], enters: Float[Array, "batch hidden"]) -> tuple[Array, Array]:
        state = decay * state + enters
        return state, state

    _, found = jax.lax.scan(step, jnp.zeros_like(entering[:, 0]), jnp.swapaxes(entering, 0, 1))
    return jnp.swapaxes(found, 0, 1)


def decays(weights: Weights) -> Float[Array, " hidden"]:
    """The decay of each hidden channel."""
    return jnp.sin(weights["angle"]) ** 2


def angle_of(decay: Float[Array, " hidden"]) -> Float[Array, " hidden"]:
    """The angle whose decay this is."""
    return jnp.arcsin(jnp.sqrt(decay))


def _gated(weights: Weights, which: str, z: Float[Array, "batch time channel"]) -> Float[Array, "batch time gate"]:
    first, second = weights[f"{which}_m"], weights[f"{which}_x"]
    return (z @ first[:, :-1].T + first[:, -1]) * (z @ second[:, :-1].T + second[:, -1])
