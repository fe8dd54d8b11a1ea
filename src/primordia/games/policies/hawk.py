"""The backbone of COALA-PG's agents: an embedding, one residual block of Hawk, a norm and two linear read-outs.

Hawk's block (De et al. 2024, arXiv 2402.19427, Fig. 2; initial values from the authors' code, recurrentgemma):
    mixed = x + Out [ GeLU(Gate n(x)) * RG-LRU(Convolution(In n(x))) ],    n a root-mean-square norm
    block = mixed + Down [ GeLU(Left n'(mixed)) * Right n'(mixed) ]
with a causal convolution of width 4 for each unit by itself. Sizes and read-outs at zero: arXiv 2410.18636, appendix.
"""

from __future__ import annotations

import dataclasses
from typing import NamedTuple, TypeAlias, final

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from primordia.games.policies.policy import Acting, Policy, need_positive
from primordia.games.policies.rg_lru import Sums, check_blocks, nothing_seen, unit_step, unit_weights

CONVOLUTION = 4
"""Observations that the convolution sees, the present one included."""

CONVOLUTION_VARIANCE, OUT_VARIANCE = 0.01, 2.0
"""Times one over the fan-in, at the beginning: of the convolution, and of the two maps back into the stream (the
authors have two over the number of blocks, and there is one)."""

EPSILON = 1e-6
"""Added to a mean square."""

HawkWeights: TypeAlias = dict[str, Array | dict[str, Array]]


class Remembered(NamedTuple):
    """What the block carries on.

    Args:
        past: the last inputs of the convolution, the oldest first; zeros before the first observation.
        units: of the RG-LRU.
    """

    past: Float[Array, "past unit"]
    units: Sums


@final
@dataclasses.dataclass(frozen=True)
class Hawk(Policy):
    """One residual block of Hawk between an embedding and read-outs.

    Weights, with maps that share an input side by side: "embedding" [observation, width], "into" [width, 2 units]
    (what enters, then the gate), "convolution" [4, unit] (the present last), "units" (see `rg_lru.unit_weights`),
    "out" [unit, width], "up" [width, 2 expanded] (bent, then straight), "down" [expanded, width], the three norms'
    scales, "logits" [width, action], "values" [width, 1], and the bias of each map under its name with "_bias".

    Args:
        n_observed: numbers in an observation.
        n_actions: actions.
        width: channels of the residual stream.
        n_units: units of the RG-LRU.
        n_blocks: blocks of its gates (the paper: heads).
        n_expanded: units of the second half of the block.
    """

    n_observed: int = 5
    n_actions: int = 2
    width: int = 32
    n_units: int = 32
    n_blocks: int = 2
    n_expanded: int = 32

    def __post_init__(self) -> None:
        """Sizes are checked before anything is compiled."""
        need_positive(**dataclasses.asdict(self))
        check_blocks(self.n_units, self.n_blocks)

    def weights(self, key: Array) -> HawkWeights:
        """Normal with fan-in scale, norms at one, biases and read-outs at zero."""
        keys = jax.random.split(key, 7)
        shapes = {
            "embedding": (self.n_observed, self.width, 1.0),
            "into": (self.width, 2 * self.n_units, 1.0),
            "convolution": (CONVOLUTION, self.n_units, CONVOLUTION_VARIANCE),
            "out": (self.n_units, self.width, OUT_VARIANCE),
            "up": (self.width, 2 * self.n_expanded, 1.0),
            "down": (self.n_expanded, self.width, OUT_VARIANCE),
        }
        made: HawkWeights = {"units": unit_weights(keys[6], self.n_units, self.n_blocks)}
        for place, (name, (n_in, n_out, variance)) in enumerate(shapes.items()):
            made[name] = jax.random.normal(keys[place], (n_in, n_out)) * (variance / n_in) ** 0.5
            made[f"{name}_bias"] = jnp.zeros(n_out)
        for name, n_out in (("logits", self.n_actions), ("values", 1)):
            made |= {name: jnp.zeros((self.width, n_out)), f"{name}_bias": jnp.zeros(n_out)}
        return made | {f"norm_{place}": jnp.ones(self.width) for place in ("mixing", "mapping", "reading")}

    def begin(self) -> Remembered:
        """Nothing was seen."""
        return Remembered(jnp.zeros((CONVOLUTION - 1, self.n_units)), nothing_seen(self.n_units))

    def act(self, weights: HawkWeights, memory: Remembered, observation: Float[Array, " observation"]) -> Acting:
        """The block for one observation, then both read-outs."""
        x = _map(weights, "embedding", observation)
        entered, gate = jnp.split(_map(weights, "into", normed(x, weights["norm_mixing"])), 2)
        window = jnp.concatenate([memory.past, entered[None]])
        convolved = (window * weights["convolution"]).sum(0) + weights["convolution_bias"]
        units = unit_step(weights["units"], memory.units, convolved)
        x = x + _map(weights, "out", units.sums * jax.nn.gelu(gate))
        bent, straight = jnp.split(_map(weights, "up", normed(x, weights["norm_mapping"])), 2)
        x = normed(x + _map(weights, "down", jax.nn.gelu(bent) * straight), weights["norm_reading"])
        logits, value = _map(weights, "logits", x), _map(weights, "values", x)[0]
        return Acting(logits, value, Remembered(window[1:], units))


def normed(x: Float[Array, " channel"], scale: Float[Array, " channel"]) -> Float[Array, " channel"]:
    """Divided by the root mean square, and each channel scaled."""
    return x * jax.lax.rsqrt(jnp.mean(x**2) + EPSILON) * scale


def _map(weights: HawkWeights, name: str, x: Float[Array, " n_in"]) -> Float[Array, " n_out"]:
    return x @ weights[name] + weights[f"{name}_bias"]
