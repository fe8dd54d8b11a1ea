"""Running parity: the smallest task that needs a state which changes sign rather than fades.

Source: arXiv 2506.05233, the parity study (bit strings of length 40, tested up to 256).
"""

from __future__ import annotations

import dataclasses
from typing import Annotated, Self, final

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from primordia.core.config import Spec
from primordia.minds.tasks.batch import Tokens
from primordia.minds.tasks.task import Task

PAPER = "arXiv 2506.05233"


@final
@dataclasses.dataclass(frozen=True)
class Parity(Task[Tokens]):
    """Fair bits; the target at every token is the parity of the bits up to and with it."""

    n_time: Annotated[int, Spec("bits of a training sequence", unit="tokens", ge=1, source=PAPER)] = 40
    n_time_test: Annotated[int, Spec("bits of a test sequence", unit="tokens", ge=1, source=PAPER)] = 256

    n_symbols = 2

    def example(self, key: Array) -> Tokens:
        """One bit string."""
        bits = jax.random.bernoulli(key, 0.5, (self.n_time,)).astype(jnp.int32)
        return Tokens(bits, running_parity(bits))

    def for_test(self) -> Self:
        """Longer strings."""
        return dataclasses.replace(self, n_time=self.n_time_test)


def running_parity(bits: Int[Array, "*batch time"]) -> Int[Array, "*batch time"]:
    """The parity of the bits up to and with each: the answer."""
    return (jnp.cumsum(bits, axis=-1) % 2).astype(jnp.int32)
