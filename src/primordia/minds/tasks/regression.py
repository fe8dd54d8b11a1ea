"""In-context linear regression: pairs (x, y = W x) of a fresh teacher, and a query whose y is asked for.

Source: arXiv 2212.07677, section 3 and its authors' notebooks. The text says x ~ U(-1, 1), the notebooks draw
x ~ U(-1/2, 1/2), and the published numbers (a loss near 0.2 after one step, eigenvalues, curvature corrections) fit
only the notebooks: `half_width` is 1/2 here. "Scale alpha" of its out-of-distribution curves is half_width = alpha / 2.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Annotated, NamedTuple, final

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from primordia.core.config import Spec
from primordia.core.errors import ConfigError
from primordia.minds.tasks.batch import Vectors
from primordia.minds.tasks.task import Task, refuse

PAPER = "arXiv 2212.07677"
NOTEBOOK = f"{PAPER}, the authors' notebook"
LAWS = ("uniform", "normal", "exponential", "laplace", "mixed")
FORMATS = ("joint", "interleaved")


class Episode(NamedTuple):
    """One problem: the last pair is the query.

    Args:
        x: inputs.
        y: their labels as shown; the query's label is the right one.
        teacher: W, with y = W x.
    """

    x: Float[Array, "*batch pair input"]
    y: Float[Array, "*batch pair output"]
    teacher: Float[Array, "*batch output input"]


@final
@dataclasses.dataclass(frozen=True)
class Regression(Task[Vectors]):
    """Linear regression in context; teachers are drawn from N(0, teacher_scale^2) for each example.

    Inputs that are not uniform are drawn from their law at unit scale and divided by the Frobenius norm of the
    context's matrix [pair, input], then multiplied by `half_width`, as in the source's third out-of-distribution test
    ("mixed": normal, exponential or Laplace, each for a third of the examples).
    """

    n_inputs: Annotated[int, Spec("channels of x", unit="channels", ge=1, source=PAPER)] = 10
    n_outputs: Annotated[int, Spec("channels of y", unit="channels", ge=1, source=PAPER)] = 1
    n_context: Annotated[int, Spec("pairs before the query", unit="pairs", ge=1, source=PAPER)] = 10
    half_width: Annotated[
        float, Spec("x is uniform from minus this to this; the scale of other laws", ge=0, source=NOTEBOOK)
    ] = 0.5
    teacher_scale: Annotated[float, Spec("standard deviation of the teacher's entries", ge=0, source=PAPER)] = 1.0
    inputs: Annotated[str, Spec("law of the inputs", choices=LAWS, source=PAPER)] = "uniform"
    noise: Annotated[float, Spec("standard deviation of what is added to labels of the context", ge=0)] = 0.0
    n_corrupted: Annotated[
        int, Spec("labels of the context that are replaced by draws from N(0, 1)", unit="labels", ge=0, source=PAPER)
    ] = 0
    tokens: Annotated[str, Spec("whether a token holds a pair, or x and y alternate", choices=FORMATS)] = "joint"

    def fits(self) -> None:
        """Corrupted labels are among those there are.

        Raises:
            ConfigError: more labels are to be corrupted than shown, or y is wider than x where both share channels.
        """
        if self.n_corrupted > self.n_context:
            raise refuse("n_corrupted", self.n_corrupted, f"at most n_context={self.n_context}", self.n_context)
        if self.tokens == "interleaved" and self.n_outputs > self.n_inputs:
            allowed = f"at most n_inputs={self.n_inputs} where tokens are interleaved"
            raise refuse("n_outputs", self.n_outputs, allowed, self.n_inputs)

    @property
    def n_channels(self) -> int:
        """Channels of a token."""
        return self.n_inputs + self.n_outputs if self.tokens == "joint" else 2 * self.n_inputs

    @property
    def n_time(self) -> int:
        """Tokens of a sequence."""
        return self.n_context + 1 if self.tokens == "joint" else 2 * self.n_context + 1

    def episode(self, key: Array) -> Episode:
        """One problem as arrays, before it is made into tokens."""
        key_x, key_teacher, key_noise, key_place, key_wrong = jax.random.split(key, 5)
        x = self._inputs(key_x)
        teacher = self.teacher_scale * jax.random.normal(key_teacher, (self.n_outputs, self.n_inputs))
        y = x @ teacher.T
        shown = y[:-1]
        if self.noise:
            shown = shown + self.noise * jax.random.normal(key_noise, shown.shape)
        if self.n_corrupted:
            places = jax.random.permutation(key_place, self.n_context)[: self.n_corrupted]
            shown = shown.at[places].set(jax.random.normal(key_wrong, (self.n_corrupted, self.n_outputs)))
        return Episode(x, jnp.concatenate([shown, y[-1:]]), teacher)

    def episodes(self, key: Array, n_batch: int) -> Episode:
        """Problems with a batch axis: the ones that `draw` makes into tokens."""
        return jax.vmap(lambda index: self.episode(jax.random.fold_in(key, index)))(jnp.arange(n_batch))

    def example(self, key: Array) -> Vectors:
        """One sequence."""
        episode = self.episode(key)
        return (joint if self.tokens == "joint" else interleaved)(episode.x, episode.y)

    def _inputs(self, key: Array) -> Float[Array, "pair input"]:
        shape = (self.n_context + 1, self.n_inputs)
        if self.inputs == "uniform":
            return jax.random.uniform(key, shape, minval=-self.half_width, maxval=self.half_width)
        key_law, key_x = jax.random.split(key)
        named = {"normal": jax.random.normal, "exponential": jax.random.exponential, "laplace": jax.random.laplace}
        if self.inputs in named:
            x = named[self.inputs](key_x, shape)
        else:
            drawn = [law(each, shape) for law, each in zip(named.values(), jax.random.split(key_x, 3), strict=True)]
            x = jnp.stack(drawn)[jax.random.randint(key_law, (), 0, 3)]
        return self.half_width * x / jnp.linalg.norm(x[:-1])


@final
@dataclasses.dataclass(frozen=True)
class Sine(Task[Vectors]):
    """Regression of sine waves y = A sin(x + phase) in context, as pairs; x ~ U(-5, 5).

    The text has A ~ U(0.1, 5) and phase ~ U(0, pi), both fresh: the defaults. The notebook draws A ~ U(0.1, 0.5) and
    both from one key, so that one decides the other: largest=0.5, coupled=True.
    """

    n_context: Annotated[int, Spec("pairs before the query", unit="pairs", ge=1, source=PAPER)] = 10
    half_width: Annotated[float, Spec("x is uniform from minus this to this", ge=0, source=PAPER)] = 5.0
    smallest: Annotated[float, Spec("smallest amplitude", ge=0, source=PAPER)] = 0.1
    largest: Annotated[float, Spec("largest amplitude", ge=0, source=PAPER)] = 5.0
    coupled: Annotated[bool, Spec("whether one draw decides amplitude and phase", source=NOTEBOOK)] = False

    def fits(self) -> None:
        """The amplitudes are an interval.

        Raises:
            ConfigError: the smallest is larger than the largest.
        """
        if self.smallest > self.largest:
            raise refuse("smallest", self.smallest, f"at most largest={self.largest:g}", self.largest)

    def example(self, key: Array) -> Vectors:
        """One sequence of tokens (x, y)."""
        key_x, key_amplitude, key_phase = jax.random.split(key, 3)
        x = jax.random.uniform(key_x, (self.n_context + 1, 1), minval=-self.half_width, maxval=self.half_width)
        share = jax.random.uniform(key_amplitude)
        turn = share if self.coupled else jax.random.uniform(key_phase)
        amplitude = self.smallest + (self.largest - self.smallest) * share
        return joint(x, amplitude * jnp.sin(x + jnp.pi * turn))


@functools.partial(jax.jit, static_argnames=("task", "n_batch"))
def drawn_episodes(task: Regression, key: Array, n_batch: int) -> Episode:
    """`task.episodes`, compiled once for each task and size."""
    return task.episodes(key, n_batch)


def joint(x: Float[Array, "*batch pair input"], y: Float[Array, "*batch pair output"]) -> Vectors:
    """Tokens (x, y), the last of them (x, 0); y of the last is the only scored target."""
    shown = y.at[..., -1, :].set(0)
    return Vectors(jnp.concatenate([x, shown], axis=-1), y, _last(x.shape[:-1]))


def interleaved(x: Float[Array, "*batch pair input"], y: Float[Array, "*batch pair output"]) -> Vectors:
    """Tokens x, (0, …, 0, y), x, … and at last the query's x; each with a position code of as many channels as x.

    The target at the token of an x is its y, in its own channels; that of the query is the only scored one.

    Raises:
        ConfigError: y has more channels than x.
    """
    n_pairs, n_inputs = x.shape[-2:]
    if y.shape[-1] > n_inputs:
        raise ConfigError(f"y has {y.shape[-1]} channels, more than the {n_inputs} of x that it must fit into.")
    padded = jnp.concatenate([jnp.zeros((*y.shape[:-1], n_inputs - y.shape[-1]), y.dtype), y], axis=-1)
    both = jnp.stack([x, padded], axis=-2).reshape(*x.shape[:-2], 2 * n_pairs, n_inputs)[..., :-1, :]
    targets = jnp.repeat(y, 2, axis=-2)[..., :-1, :]
    codes = jnp.broadcast_to(position_codes(2 * n_pairs - 1, n_inputs), both.shape)
    return Vectors(jnp.concatenate([both, codes], axis=-1), targets, _last(both.shape[:-1]))


def position_codes(n_time: int, n_channels: int) -> Float[Array, "time channel"]:
    """Sines (even channels) and cosines (odd) of wavelengths from 2 pi towards 2 pi 10^4: arXiv 1706.03762, 3.5."""
    pair = jnp.arange(n_channels) // 2
    angle = jnp.arange(n_time)[:, None] * 10_000.0 ** (-2 * pair / n_channels)
    return jnp.where(jnp.arange(n_channels) % 2 == 0, jnp.sin(angle), jnp.cos(angle))


def _last(shape: tuple[int, ...]) -> Float[Array, "*batch time"]:
    return jnp.zeros(shape).at[..., -1].set(1)
