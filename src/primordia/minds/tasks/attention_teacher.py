"""A layer of linear attention with weights nobody learns, to be imitated by another kind of network."""

from __future__ import annotations

import dataclasses
from typing import Annotated, NamedTuple, final

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from primordia.core.config import Spec
from primordia.minds.tasks.batch import Vectors
from primordia.minds.tasks.task import Task

PAPER = "arXiv 2309.01775"


class TeacherWeights(NamedTuple):
    """The three matrices of linear attention with one head, each [channel, channel]."""

    query: Float[Array, "channel channel"]
    key: Float[Array, "channel channel"]
    value: Float[Array, "channel channel"]


@final
@dataclasses.dataclass(frozen=True)
class AttentionTeacher(Task[Vectors]):
    """Sequences of normal vectors x, and y_t = sum over i <= t of W_V x_i (W_K x_i . W_Q x_t); every token is scored.

    The matrices are normal with variance one over the channels, and the same for every sequence.
    """

    n_channels: Annotated[int, Spec("channels of x and y", unit="channels", ge=1, source=PAPER)] = 4
    n_time: Annotated[int, Spec("tokens of a sequence", unit="tokens", ge=1, source="ours")] = 12
    teacher_seed: Annotated[int, Spec("what the matrices are drawn with", ge=0, le=2**31 - 1, source="ours")] = 0

    def teacher(self) -> TeacherWeights:
        """The matrices."""
        shape = (3, self.n_channels, self.n_channels)
        return TeacherWeights(*(jax.random.normal(jax.random.key(self.teacher_seed), shape) / self.n_channels**0.5))

    def example(self, key: Array) -> Vectors:
        """One sequence."""
        x = jax.random.normal(key, (self.n_time, self.n_channels))
        return Vectors(x, attended(self.teacher(), x), jnp.ones(self.n_time))


@jax.jit
def attended(teacher: TeacherWeights, x: Float[Array, "*batch time channel"]) -> Float[Array, "*batch time channel"]:
    """The outputs of causal linear attention, without a residual; every token sees itself."""
    scores = jnp.einsum("...ti,...si->...ts", x @ teacher.query.T, x @ teacher.key.T)
    return jnp.tril(scores) @ (x @ teacher.value.T)
