"""Noisy dynamical systems: predict the next observation of a system whose rule is fresh for every sequence.

Source: arXiv 2309.05858 (v2). h_1 ~ N(0, I), h_{t+1} = f(h_t) + noise, s_t = C h_t + noise; N(0, v) has variance v.
How we differ: the variance of the noise in the main experiments is not given there, so the default (0.01) is ours. A
contracting system is symmetric, so that none blows up and none need be clipped. The weights of the non-linear system
are divided by the root of their fan-in, without which states of 10 channels would grow several times over in a step,
and its map is clipped to [-2, 2]: a twentieth of the systems would blow up all the same.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Annotated, NamedTuple, final

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from primordia.core.config import Spec
from primordia.minds.tasks.batch import Vectors
from primordia.minds.tasks.task import Task, refuse

PAPER = "arXiv 2309.05858"
KINDS = ("full", "partial", "nonlinear", "contracting", "fixed")
CONTRACTION = (0.3, 0.9)
"""Eigenvalues of a contracting system (arXiv 2309.05858)."""
READOUT_VARIANCE = 0.5
LARGEST = 2.0
"""Where the map of a non-linear system is clipped."""


class Trajectory(NamedTuple):
    """One sequence and the system that made it.

    Args:
        hidden: the states h.
        observed: the observations s.
        transition: W, of a linear system; the first matrix of a non-linear one.
        readout: C.
    """

    hidden: Float[Array, "*batch time hidden"]
    observed: Float[Array, "*batch time observed"]
    transition: Float[Array, "*batch hidden hidden"]
    readout: Float[Array, "*batch observed hidden"]


@final
@dataclasses.dataclass(frozen=True)
class Dynamics(Task[Vectors]):
    """Sequences of observations; the target of a token is the next one, and the last token is not scored.

    Kinds: "full": h_{t+1} = W h_t, W a random rotation or reflection, C = I. "partial": fewer observations than states,
    C fresh with entries N(0, 1/2). "contracting": W symmetric with eigenvalues U(0.3, 0.9). "fixed": as "full", but W
    is the same for all sequences. "nonlinear": h_{t+1} = clip(B gelu(A h_t), -2, 2).
    """

    kind: Annotated[str, Spec("the system", choices=KINDS, source=PAPER)] = "full"
    n_hidden: Annotated[int, Spec("channels of a state; the source has 15 for partial", ge=1, source=PAPER)] = 10
    n_observed: Annotated[int, Spec("channels of an observation; 5 for partial", ge=1, source=PAPER)] = 10
    n_time: Annotated[int, Spec("length of a sequence", unit="tokens", ge=2, source=PAPER)] = 50
    noise: Annotated[float, Spec("variance of the noise of each channel of a state", ge=0, source="ours")] = 0.01
    observation_noise: Annotated[float, Spec("variance of the noise of observations", ge=0, source="ours")] = 0.0
    spread: Annotated[
        float, Spec("variance of the non-linear system's weights, times their fan-in", ge=0, source=PAPER)
    ] = 1.1
    teacher: Annotated[int, Spec("seed of the one W of kind fixed", ge=0)] = 0

    def fits(self) -> None:
        """Only a partially observed system has fewer observations than states.

        Raises:
            ConfigError: the sizes do not fit the kind.
        """
        if self.kind != "partial" and self.n_observed != self.n_hidden:
            allowed = f"n_hidden={self.n_hidden} unless kind=partial"
            raise refuse("n_observed", self.n_observed, allowed, self.n_hidden)
        if self.n_observed > self.n_hidden:
            raise refuse("n_observed", self.n_observed, f"at most n_hidden={self.n_hidden}", self.n_hidden)

    @property
    def n_channels(self) -> int:
        """Channels of a token."""
        return self.n_observed

    def trajectory(self, key: Array) -> Trajectory:
        """One sequence with its system."""
        key_system, key_first, key_noise, key_readout, key_observed = jax.random.split(key, 5)
        first = jax.random.normal(key_first, (self.n_hidden,))
        noise = jnp.sqrt(self.noise) * jax.random.normal(key_noise, (self.n_time - 1, self.n_hidden))
        matrices = self._system(key_system)

        def move(state: Array, push: Array) -> tuple[Array, Array]:
            after = matrices[0] @ state
            if self.kind == "nonlinear":
                after = jnp.clip(matrices[1] @ jax.nn.gelu(after), -LARGEST, LARGEST)
            return after + push, after + push

        _, later = jax.lax.scan(move, first, noise)
        hidden = jnp.concatenate([first[None], later])
        readout = jnp.eye(self.n_hidden)
        if self.kind == "partial":
            shape = (self.n_observed, self.n_hidden)
            readout = jnp.sqrt(READOUT_VARIANCE) * jax.random.normal(key_readout, shape)
        observed = hidden @ readout.T
        if self.observation_noise:
            observed += jnp.sqrt(self.observation_noise) * jax.random.normal(key_observed, observed.shape)
        return Trajectory(hidden, observed, matrices[0], readout)

    def trajectories(self, key: Array, n_batch: int) -> Trajectory:
        """Sequences with a batch axis: the ones that `draw` makes into tokens."""
        return jax.vmap(lambda index: self.trajectory(jax.random.fold_in(key, index)))(jnp.arange(n_batch))

    def example(self, key: Array) -> Vectors:
        """One sequence."""
        return next_vectors(self.trajectory(key).observed)

    def _system(self, key: Array) -> tuple[Array, ...]:
        n = self.n_hidden
        if self.kind == "fixed":
            return (rotation(jax.random.key(self.teacher), n),)
        if self.kind == "contracting":
            key_axes, key_values = jax.random.split(key)
            axes = rotation(key_axes, n)
            low, high = CONTRACTION
            return ((axes * jax.random.uniform(key_values, (n,), minval=low, maxval=high)) @ axes.T,)
        if self.kind == "nonlinear":
            both = jnp.sqrt(self.spread / n) * jax.random.normal(key, (2, n, n))
            return both[0], both[1]
        return (rotation(key, n),)


@functools.partial(jax.jit, static_argnames=("task", "n_batch"))
def drawn_trajectories(task: Dynamics, key: Array, n_batch: int) -> Trajectory:
    """`task.trajectories`, compiled once for each task and size."""
    return task.trajectories(key, n_batch)


def next_vectors(observed: Float[Array, "*batch time channel"]) -> Vectors:
    """Predict each next vector; the last token has none and weighs nothing."""
    targets = jnp.concatenate([observed[..., 1:, :], jnp.zeros_like(observed[..., :1, :])], axis=-2)
    return Vectors(observed, targets, jnp.ones(observed.shape[:-1]).at[..., -1].set(0))


def constructed(observed: Float[Array, "*batch time channel"]) -> Float[Array, "*batch time token"]:
    """Tokens (0, s_t, s_{t-1}), in which one linear layer can take a step of gradient descent; s_0 = 0."""
    before = jnp.concatenate([jnp.zeros_like(observed[..., :1, :]), observed[..., :-1, :]], axis=-2)
    return jnp.concatenate([jnp.zeros_like(observed), observed, before], axis=-1)


def stacked(observed: Float[Array, "*batch time channel"], n_last: int) -> Float[Array, "*batch time token"]:
    """The last `n_last` observations of each moment beside each other, the newest first; zeros before the first."""
    shifts = [jnp.zeros_like(observed[..., :back, :]) for back in range(n_last)]
    n_time = observed.shape[-2]
    parts = [jnp.concatenate([zeros, observed[..., : n_time - back, :]], axis=-2) for back, zeros in enumerate(shifts)]
    return jnp.concatenate(parts, axis=-1)


def rotation(key: Array, n: int) -> Float[Array, "n n"]:
    """A random orthogonal matrix, uniform over all of them (Haar): QR of a normal matrix with R's diagonal positive."""
    q, r = jnp.linalg.qr(jax.random.normal(key, (n, n)))
    return q * jnp.sign(jnp.diagonal(r))
