"""The mesa layer's rule: every query is answered by the best linear fit of all pairs so far.

Symbols of arXiv 2506.05233: Phi_t minimises sum_s zeta_ts beta_s |v_s - Phi k_s|^2 / 2 + Tr(Phi Lambda Phi^T) / 2; with
G_t = gamma_t G_{t-1} + beta_t v_t k_t^T and H_t = gamma_t H_{t-1} + beta_t k_t k_t^T the output is
o_t = Phi_t q_t = G_t (H_t + Lambda)^-1 q_t. Lambda is never forgotten.
"""

from __future__ import annotations

import dataclasses
import math
from typing import ClassVar, Literal, final

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from primordia.core.errors import ConfigError
from primordia.minds.layers import segments
from primordia.minds.layers.mesa import chunked, products
from primordia.minds.layers.mesa.products import Chunk, Memory
from primordia.minds.layers.mesa.solver import Solver, conjugate_gradient, first_guess
from primordia.minds.layers.rule import Rule, Signals

PROBED_CHUNK = 64
TINY = 1e-30
PROBED_TOLERANCE = 1e-4
"""Relative residual up to which `Mesa.probes` counts steps where the layer itself has no tolerance: the largest that
kept a model's quality (arXiv 2506.05233, dynamic budgets)."""


@dataclasses.dataclass(frozen=True)
class Regulariser:
    """The diagonal Lambda, learned for each head and channel: bound + softplus(parameter).

    Args:
        bound: below it Lambda never falls.
        init: where it begins.
    """

    bound: float = 0.25
    init: float = 1.0

    def __post_init__(self) -> None:
        if not self.bound > 0:
            raise ConfigError(f"The regulariser's bound is {self.bound}; it must be above 0, such as 0.25.")
        if not self.init > self.bound:
            raise ConfigError(f"The regulariser begins at {self.init}; it must begin above its bound {self.bound}.")


PAPER_REGULARISER = Regulariser()
PAPER_SOLVER = Solver()


@final
class Mesa(Rule):
    """MesaNet's layer (arXiv 2506.05233, sections 2 and 3, appendices D and E).

    `parallel` solves every token's system directly, `chunkwise` and `step` by conjugate gradients: they agree as far as
    the solver has converged. The state is kept in 32 bits.
    """

    decay: ClassVar[Literal["none", "head", "channel"]] = "head"
    writes: ClassVar[bool] = True
    parameter: Float[Array, "head key"]
    regulariser: Regulariser = eqx.field(static=True)
    solver: Solver = eqx.field(static=True)
    gate_bound: float = eqx.field(static=True)
    signed: bool = eqx.field(static=True)

    def __init__(
        self,
        n_heads: int,
        d_key: int,
        regulariser: Regulariser = PAPER_REGULARISER,
        solver: Solver = PAPER_SOLVER,
        gate_bound: float = 0.9975,
        signed: bool = False,
    ) -> None:
        """The rule at its beginning.

        Args:
            n_heads: heads.
            d_key: channels of a key.
            regulariser: where Lambda begins and ends.
            solver: how the systems are solved.
            gate_bound: the forget gate is multiplied by 1 - (1 - gate_bound) beta^2, so that a long run of one token
                does not make H grow without end; 1: it is not.
            signed: whether forget gates lie in (-1, 1) in place of (0, 1), for state tracking (appendix on parity).

        Raises:
            ConfigError: a number is out of its range.
        """
        if not 0 < gate_bound <= 1:
            raise ConfigError(f"gate_bound={gate_bound} is out of range: it must be above 0 and at most 1.")
        above = regulariser.init - regulariser.bound
        self.parameter = jnp.full((n_heads, d_key), above + math.log(-math.expm1(-above)), jnp.float32)
        self.regulariser, self.solver = regulariser, solver
        self.gate_bound, self.signed = gate_bound, signed

    @property
    def floor(self) -> Float[Array, "head key"]:
        """Lambda."""
        return self.regulariser.bound + jax.nn.softplus(self.parameter)

    def init_state(self, n_batch: int, n_heads: int, d_key: int, d_value: int) -> Memory:
        """Nothing stored."""
        values = jnp.zeros((n_batch, n_heads, d_value, d_key), jnp.float32)
        return Memory(values, jnp.zeros((n_batch, n_heads, d_key, d_key), jnp.float32))

    def gated(self, signals: Signals) -> Signals:
        """Forget gates with their bound, and their signs where they have one (gamma = 2 sigmoid - 1)."""
        log_decay, write, sign = signals.log_decay, signals.write, None
        assert log_decay is not None
        assert write is not None
        if self.signed:
            gate = 2 * jnp.exp(log_decay) - 1
            sign = jnp.where(gate < 0, -1.0, 1.0)
            log_decay = jnp.log(jnp.maximum(jnp.abs(gate), jnp.finfo(gate.dtype).tiny))
        log_decay += jnp.log1p(-(1 - self.gate_bound) * write**2)
        return signals._replace(log_decay=log_decay, sign=sign)

    def parallel(self, signals: Signals, state: Memory) -> tuple[Array, Memory]:
        """Every token's matrix and a direct solve: T (d^3 + T d^2) operations and T^2 d numbers for a head."""
        one, end = self.chunks(signals, state, signals.query.shape[2])
        solutions = jnp.linalg.solve(products.matrices(one), one.query[..., None])[..., 0]
        return segments.joined(products.read(one, solutions), signals.query.shape[2]), end

    def chunkwise(self, signals: Signals, state: Memory, chunk: int) -> tuple[Array, Memory]:
        """Conjugate gradients for all tokens of a chunk at once, from the sums at the chunks' borders."""
        out, end = chunked.stretch(self.solver, segments.chunks(products.wide(signals), chunk), self.floor, state)
        return segments.joined(out, signals.query.shape[2]), end

    def step(self, signals: Signals, state: Memory) -> tuple[Array, Memory]:
        """Two updates of rank one, then conjugate gradients on one d x d matrix: (2 k + 8) d^2 operations.

        The gradient is that of the exact solution, by one more solve, as in the chunkwise face.
        """
        signals = products.wide(signals)
        assert signals.log_decay is not None
        assert signals.write is not None
        gamma = jnp.exp(signals.log_decay) if signals.sign is None else signals.sign * jnp.exp(signals.log_decay)
        if signals.reset is not None:
            gamma = jnp.where(signals.reset[:, None], 0.0, gamma)
        written = signals.write[..., None] * signals.key
        state = Memory(
            _updated(state.values, gamma, signals.value, written), _updated(state.keys, gamma, signals.key, written)
        )
        matrix = state.keys + jnp.eye(self.floor.shape[-1]) * self.floor[:, None]
        diagonal = jnp.diagonal(matrix, axis1=-2, axis2=-1)[..., None, :]

        def times(rows: Array) -> Array:
            return products.times(rows, matrix)

        def solved(_: object, right: Array) -> Array:
            return conjugate_gradient(times, right, first_guess(right, diagonal, self.solver), self.solver).rows

        rows = jax.lax.custom_linear_solve(times, signals.query[..., None, :], solved, symmetric=True)
        return products.times(rows, jnp.swapaxes(state.values, -1, -2))[..., 0, :], state

    def probes(self, signals: Signals, state: Memory) -> dict[str, Array]:
        """What the solver meets, for every token; forms every matrix once, T d^3 operations for a head.

        "residual" is |q - (H + Lambda) x| / |q| of the layer's own solution, "steps" how many the solver takes to its
        tolerance, "condition" the condition number of H + Lambda.
        """
        n_time = signals.query.shape[2]
        one, _ = self.chunks(signals, state, min(n_time, PROBED_CHUNK))
        rows = products.solved(one, one.query, self.solver).rows
        residual = _length(one.query - products.multiplied(one, rows)) / jnp.maximum(_length(one.query), TINY)
        tolerance = self.solver.tolerance or PROBED_TOLERANCE
        counted = dataclasses.replace(self.solver, tolerance=tolerance, steps=self.solver.steps or one.key.shape[-1])
        found = {
            "residual": residual,
            "steps": products.solved(one, one.query, counted).steps,
            "condition": jax.lax.map(_condition, one),
        }
        return {name: segments.joined(each[..., None], n_time)[..., 0] for name, each in found.items()}

    def chunks(self, signals: Signals, state: Memory, chunk: int) -> tuple[Chunk, Memory]:
        """The stretch in chunks, each with all that its tokens' systems are made of, and the sums after it."""
        cut = segments.chunks(products.wide(signals), chunk)
        left = chunked.weights_of(cut)
        borders, end = products.borders(state, cut, left)
        return chunked.chunk_of(cut, left, borders, self.floor), end


def _updated(old: Array, gamma: Array, one: Array, other: Array) -> Array:
    """The sum with one more product, what it was before times gamma."""
    return gamma[..., None, None] * old + one[..., :, None] * other[..., None, :]


def _condition(one: Chunk) -> Float[Array, "*rest time"]:
    """Largest over smallest eigenvalue of every H + Lambda."""
    values = jnp.linalg.eigvalsh(products.matrices(one))
    return values[..., -1] / values[..., 0]


def _length(rows: Float[Array, "*rest key"]) -> Float[Array, "*rest"]:
    return jnp.sqrt(jnp.sum(rows**2, axis=-1))
