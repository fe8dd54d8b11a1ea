"""Few-shot regression put to a model of sequences: x_1, y_1, …, x_N, y_N with y_i = W x_i, W orthogonal.

Source: arXiv 2309.05858 (v2). A learner that takes every neighbour for (input, target) is misled by y_i -> x_{i+1}, and
its error rises before it falls: the early ascent.
"""

from __future__ import annotations

import dataclasses
from typing import Annotated, final

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from primordia.core.config import Spec
from primordia.minds.tasks.batch import Vectors
from primordia.minds.tasks.dynamics import rotation
from primordia.minds.tasks.task import Task

PAPER = "arXiv 2309.05858"


@final
@dataclasses.dataclass(frozen=True)
class FewShot(Task[Vectors]):
    """Pairs as neighbours; the target of a token is the next one, and only the y of an x is scored.

    With separators a token of zeros follows each pair but the last; `separator_places` says where a model may put one
    that it has learned.
    """

    n_inputs: Annotated[int, Spec("channels of x and of y", ge=1, source=PAPER)] = 10
    n_pairs: Annotated[int, Spec("pairs", unit="pairs", ge=1, source="ours")] = 60
    separators: Annotated[bool, Spec("whether a token stands between pairs", source=PAPER)] = False

    @property
    def n_channels(self) -> int:
        """Channels of a token."""
        return self.n_inputs

    @property
    def stride(self) -> int:
        """Tokens from one x to the next."""
        return 3 if self.separators else 2

    @property
    def n_time(self) -> int:
        """Tokens of a sequence."""
        return self.stride * (self.n_pairs - 1) + 2

    def example(self, key: Array) -> Vectors:
        """One sequence."""
        key_x, key_teacher = jax.random.split(key)
        x = jax.random.normal(key_x, (self.n_pairs, self.n_inputs))
        parts = [x, x @ rotation(key_teacher, self.n_inputs).T, jnp.zeros_like(x)][: self.stride]
        tokens = jnp.stack(parts, axis=1).reshape(-1, self.n_inputs)[: self.n_time]
        targets = jnp.concatenate([tokens[1:], jnp.zeros_like(tokens[:1])])
        return Vectors(tokens, targets, self.input_places().astype(jnp.float32))

    def input_places(self) -> Bool[Array, " time"]:
        """Which tokens are an x."""
        return jnp.arange(self.n_time) % self.stride == 0

    def separator_places(self) -> Bool[Array, " time"]:
        """Which tokens stand between pairs; none without separators."""
        return jnp.arange(self.n_time) % self.stride == 2


def by_pair(values: Float[Array, "batch time"], task: FewShot) -> Float[Array, " pair"]:
    """The mean over sequences of a value at each x, such as the squared error of the y that is predicted there."""
    return jnp.mean(values[:, :: task.stride], axis=0)


def early_ascent(errors: Float[Array, " pair"]) -> Float[Array, ""]:
    """The largest error of any pair, in errors of the first: 1 when it never rises."""
    return jnp.max(errors) / errors[0]
