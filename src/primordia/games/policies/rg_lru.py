"""The Real-Gated Linear Recurrent Unit: leaky sums whose leak depends on what is seen; and a policy made of it alone.

Symbols: r, i gates for the leak and for the input; a what is kept; Lambda a learned number of each unit; c = 8.
    r_t = sigmoid(A x_t + b),    i_t = sigmoid(B x_t + b'),    a_t = sigmoid(Lambda)^(c r_t)
    h_t = a_t h_{t-1} + sqrt(1 - a_t^2) (i_t x_t), and h_0 = i_0 x_0

Source: De et al. 2024 (arXiv 2402.19427, section 2.4) and the authors' code (recurrentgemma), which has the rule of the
first step: A and B are linear within blocks of units, and sigmoid(Lambda) starts with its square uniform between
0.9^2 and 0.999^2. We differ: 1 - a^2 counts as at least 1e-12, where the authors bound the slope of its root.
"""

from __future__ import annotations

import dataclasses
from typing import NamedTuple, final

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from primordia.core.errors import ConfigError
from primordia.games.policies.policy import Acting, Policy, need_positive

POWER = 8.0
"""The exponent c."""

LEAST, MOST = 0.9, 0.999
"""The range of sigmoid(Lambda) to start from."""

SMALLEST = 1e-12
"""1 - a^2 counts as at least this: the square root has no slope at 0."""


class Sums(NamedTuple):
    """What the units remember.

    Args:
        sums: the leaky sums.
        begun: whether anything was seen.
    """

    sums: Float[Array, " unit"]
    begun: Bool[Array, ""]


def unit_weights(key: Array, n_units: int, n_blocks: int) -> dict[str, Array]:
    """Weights of so many units: gates normal with fan-in scale, biases at zero, leaks spread over their range.

    "gates" [block, part, 2 parts] and "gates_bias" [block, 2 parts]: first for the leak, then for the input;
    "leak" [unit] is Lambda.
    """
    gates, leak = jax.random.split(key)
    part = n_units // n_blocks
    kept = jnp.sqrt(jax.random.uniform(leak, (n_units,), minval=LEAST**2, maxval=MOST**2))
    return {
        "gates": jax.random.normal(gates, (n_blocks, part, 2 * part)) * part**-0.5,
        "gates_bias": jnp.zeros((n_blocks, 2 * part)),
        "leak": jnp.log(kept) - jnp.log1p(-kept),
    }


def nothing_seen(n_units: int) -> Sums:
    """The units before the first step."""
    return Sums(jnp.zeros(n_units), jnp.zeros((), bool))


def unit_step(weights: dict[str, Array], memory: Sums, x: Float[Array, " unit"]) -> Sums:
    """One step of the recurrence; what the units say is their sums."""
    n_blocks, part, _ = weights["gates"].shape
    gates = jnp.einsum("bi,bij->bj", x.reshape(n_blocks, part), weights["gates"]) + weights["gates_bias"]
    r, i = (jax.nn.sigmoid(gate).reshape(-1) for gate in jnp.split(gates, 2, axis=1))
    log_kept = POWER * r * jax.nn.log_sigmoid(weights["leak"])
    scale = jnp.sqrt(jnp.maximum(-jnp.expm1(2 * log_kept), SMALLEST))
    entered = jnp.where(memory.begun, scale, 1.0) * i * x
    return Sums(jnp.exp(log_kept) * memory.sums + entered, jnp.ones_like(memory.begun))


def check_blocks(n_units: int, n_blocks: int) -> None:
    """Refuse units that do not fall into so many blocks of one size.

    Raises:
        ConfigError: names both.
    """
    if n_units % n_blocks:
        nearest = max(n_blocks, round(n_units / n_blocks) * n_blocks)
        raise ConfigError(
            f"n_units={n_units} cannot be cut into n_blocks={n_blocks} equal blocks: it must be a multiple of "
            f"{n_blocks}; the nearest is {nearest}."
        )


@final
@dataclasses.dataclass(frozen=True)
class RgLru(Policy):
    """A linear map, the units, and read-outs from their sums and from the observation.

    Weights: "into" [observation, unit], "into_bias" [unit], "units" (see `unit_weights`), "logits" [unit +
    observation, action], "values" [unit + observation]; the two read-outs begin at zero.

    Args:
        n_observed: numbers in an observation.
        n_actions: actions.
        n_units: units.
        n_blocks: blocks of the gates.
    """

    n_observed: int = 5
    n_actions: int = 2
    n_units: int = 16
    n_blocks: int = 2

    def __post_init__(self) -> None:
        """Sizes are checked before anything is compiled."""
        need_positive(**dataclasses.asdict(self))
        check_blocks(self.n_units, self.n_blocks)

    def weights(self, key: Array) -> dict[str, Array | dict[str, Array]]:
        """Normal with fan-in scale; read-outs at zero."""
        into, units = jax.random.split(key)
        n_read = self.n_units + self.n_observed
        return {
            "into": jax.random.normal(into, (self.n_observed, self.n_units)) * self.n_observed**-0.5,
            "into_bias": jnp.zeros(self.n_units),
            "units": unit_weights(units, self.n_units, self.n_blocks),
            "logits": jnp.zeros((n_read, self.n_actions)),
            "values": jnp.zeros(n_read),
        }

    def begin(self) -> Sums:
        """Nothing was seen."""
        return nothing_seen(self.n_units)

    def act(
        self,
        weights: dict[str, Array | dict[str, Array]],
        memory: Sums,
        observation: Float[Array, " observation"],
    ) -> Acting:
        """One step of the units, then both read-outs."""
        memory = unit_step(weights["units"], memory, observation @ weights["into"] + weights["into_bias"])
        read = jnp.concatenate([memory.sums, observation])
        return Acting(read @ weights["logits"], read @ weights["values"], memory)
