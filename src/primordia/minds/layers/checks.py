"""Named checks that every layer owes, for the test suite and for somebody else's layer alike.

The three faces of a layer are one function: on whole stretches, wherever a stretch is split, wherever documents begin.

    for check in faces(mixer, width):
        check.run()
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from primordia.core.checks import Check
from primordia.core.errors import ContractError
from primordia.minds.layers.mixer import Mixer, MixerState

TOLERANCE = 1e-5
"""Largest difference of outputs in 32 bits, relative to the largest output."""

GRADIENT_TOLERANCE = 1e-4
"""Largest difference of gradients in 32 bits, relative to the largest of the same array."""


def faces(mixer: Mixer, width: int, **settings: Any) -> Iterator[Check]:
    """Every check of a layer; each raises `ContractError` saying what differs, where, and by how much.

    Args:
        mixer: the layer.
        width: channels of its residual stream.
        settings: fields of `Trial` that shall not have their defaults.
    """
    trial = Trial(mixer, width, **settings)
    for function in CHECKS:
        yield Check(function.__name__, functools.partial(function, trial))


class Run(NamedTuple):
    """What a face made of a batch: outputs [row, time, width] and the state after."""

    out: Float[Array, "row time width"]
    state: MixerState


@dataclasses.dataclass(frozen=True, eq=False)
class Trial:
    """A layer and the stretches it is tried on.

    Row (b, s) of a batch belongs to sequence b split before token s, so that one compilation serves all splits.

    Args:
        mixer: the layer.
        width: channels of its residual stream.
        n_batch: sequences.
        n_time: tokens of each.
        chunk: tokens of a chunk; better no divisor of `n_time`.
        even_chunk: another chunk, better a divisor.
        tolerance: of outputs, relative to the largest.
        gradient_tolerance: of gradients, relative to the largest of an array.
        seed: of inputs and documents.
        compiler: options for the compiler, names and values; those of `jax.jit` where layers are used. Checks spend
            their time there.
    """

    mixer: Mixer
    width: int
    n_batch: int = 2
    n_time: int = 12
    chunk: int = 5
    even_chunk: int = 4
    tolerance: float = TOLERANCE
    gradient_tolerance: float = GRADIENT_TOLERANCE
    seed: int = 0
    compiler: tuple[tuple[str, bool | int | str], ...] = ()

    @functools.cached_property
    def x(self) -> Float[Array, "batch time width"]:
        """The sequences."""
        return jax.random.normal(jax.random.key(self.seed), (self.n_batch, self.n_time, self.width))

    @functools.cached_property
    def documents(self) -> Bool[Array, "batch time"]:
        """Where documents begin: in the middle and at one token in three; in the first of many sequences nowhere."""
        drawn = jax.random.bernoulli(jax.random.key(self.seed + 1), 1 / 3, (self.n_batch, self.n_time))
        drawn = drawn.at[:, self.n_time // 2].set(True)
        return drawn.at[0].set(False) if self.n_batch > 1 else drawn

    @property
    def fresh(self) -> MixerState:
        """The state before the first token, for every row."""
        return self.mixer.init_state(self.n_batch * self.n_time)

    def rests(self, array: Array) -> Array:
        """Row (b, s): the tokens of sequence b from s on, then nothing."""
        padded = jnp.concatenate([array, jnp.zeros_like(array)], axis=1)
        cut = [padded[:, split : split + self.n_time] for split in range(self.n_time)]
        return jnp.stack(cut, axis=1).reshape(-1, *array.shape[1:])

    def beginnings(self) -> tuple[Array, Array]:
        """Row (b, s): other tokens, then a document's begin and the tokens of b up to s; and where documents begin."""
        other = jnp.concatenate([-self.x, self.x], axis=1)
        reset = jnp.concatenate([jnp.zeros_like(self.documents), self.documents.at[:, 0].set(True)], axis=1)
        rows = [
            jnp.stack([array[:, split : split + self.n_time] for split in range(self.n_time)], axis=1)
            for array in (other, reset)
        ]
        return rows[0].reshape(-1, self.n_time, self.width), rows[1].reshape(-1, self.n_time)

    @functools.cached_property
    def walked(self) -> tuple[Run, MixerState]:
        """Every row by steps from a fresh state; and the states after each token of the whole sequences, by row."""
        out, states = self.walk(self.rests(self.x), self.fresh, self.rests(self.documents))
        whole = np.arange(self.n_batch) * self.n_time
        places = (np.arange(self.n_time) - 1)[None, :].repeat(self.n_batch, 0).ravel()
        before = jax.tree.map(lambda leaf: leaf[places, whole.repeat(self.n_time)], states)
        return Run(out, jax.tree.map(lambda leaf: leaf[-1], states)), self.none_before_the_first(before)

    def walk(self, x: Array, state: MixerState, reset: Array) -> tuple[Array, MixerState]:
        """Outputs by steps [row, time, width], and the states after each token [time, row, …]."""
        return _compiled(_walk, self.compiler)(self.mixer, x, state, reset)

    def parallel(self, x: Array, state: MixerState, reset: Array | None) -> Run:
        """All tokens of the rows at once."""
        return _compiled(_parallel, self.compiler)(self.mixer, x, state, reset)

    def chunkwise(self, x: Array, state: MixerState, reset: Array | None, chunk: int | None = None) -> Run:
        """The rows in chunks."""
        return _compiled(_chunkwise, self.compiler)(self.mixer, x, state, reset, chunk=chunk or self.chunk)

    def none_before_the_first(self, state: MixerState) -> MixerState:
        """The states of rows, with fresh ones where the split is before the first token."""
        first = jnp.arange(self.n_batch * self.n_time) % self.n_time == 0

        def chosen(fresh: Array, found: Array) -> Array:
            return jnp.where(first.reshape(-1, *(1,) * (fresh.ndim - 1)), fresh, found)

        return jax.tree.map(chosen, self.fresh, state)

    def whole(self) -> Float[Array, "row time width"]:
        """Row (b, s): what the run by steps over all of sequence b gives from s on."""
        return self.rests(self.walked[0].out[:: self.n_time])

    def differ(self, found: Array, wanted: Array, what: str, rows: np.ndarray[Any, Any] | None = None) -> None:
        """Raise where outputs differ; what lies beyond a row's tokens, and rows not asked for, is not compared."""
        inside = np.arange(self.n_time) < self.n_time - np.arange(self.n_batch * self.n_time)[:, None] % self.n_time
        inside &= True if rows is None else rows[:, None]
        found, wanted = np.asarray(found)[inside], np.asarray(wanted)[inside]
        if not (np.isfinite(found).all() and np.isfinite(wanted).all()):
            raise ContractError(f"{what}: an output is not finite.")
        scale = float(np.abs(wanted).max())
        error = np.abs(found - wanted).max(-1) / scale
        if error.max() > self.tolerance:
            row, token = (int(where[error.argmax()]) for where in np.nonzero(inside))
            raise ContractError(
                f"{what}: outputs differ by {error.max():.1e} of the largest, {scale:.2g}, at token {token} of the "
                f"rest after a split before token {row % self.n_time}; allowed are {self.tolerance:.0e}."
            )


@functools.cache
def _compiled(function: Callable[..., Any], compiler: tuple[tuple[str, bool | int | str], ...]) -> Callable[..., Any]:
    static = ("chunk",) if "chunk" in inspect.signature(function).parameters else ()
    return jax.jit(function, static_argnames=static, compiler_options=dict(compiler))


def _walk(mixer: Mixer, x: Array, state: MixerState, reset: Array) -> tuple[Array, MixerState]:

    def move(state: MixerState, token: tuple[Array, Array]) -> tuple[MixerState, tuple[Array, MixerState]]:
        out, state = mixer.step(token[0], state, token[1])
        return state, (out, state)

    _, (out, states) = jax.lax.scan(move, state, (jnp.moveaxis(x, 1, 0), jnp.moveaxis(reset, 1, 0)))
    return jnp.moveaxis(out, 0, 1), states


def _parallel(mixer: Mixer, x: Array, state: MixerState, reset: Array | None) -> Run:
    return Run(*mixer.parallel(x, state, reset))


def _chunkwise(mixer: Mixer, x: Array, state: MixerState, reset: Array | None, chunk: int) -> Run:
    return Run(*mixer.chunkwise(x, state, reset, chunk=chunk))


def parallel_is_steps(trial: Trial) -> None:
    """All tokens at once give what steps give, documents or not."""
    found = trial.parallel(trial.rests(trial.x), trial.fresh, trial.rests(trial.documents))
    trial.differ(found.out, trial.walked[0].out, "parallel against steps, with documents")


def chunkwise_is_steps(trial: Trial) -> None:
    """Chunks give what steps give."""
    found = trial.chunkwise(trial.rests(trial.x), trial.fresh, trial.rests(trial.documents))
    trial.differ(found.out, trial.walked[0].out, f"chunks of {trial.chunk} against steps, with documents")


def no_documents_is_no_reset(trial: Trial) -> None:
    """Without a word of documents the outputs are those of stretches where none begins."""
    x = trial.rests(trial.x)
    wanted, _ = trial.walk(x, trial.fresh, jnp.zeros(x.shape[:2], bool))
    found = trial.chunkwise(x, trial.fresh, None, trial.even_chunk).out
    trial.differ(found, wanted, f"chunks of {trial.even_chunk} against steps, no documents")


def split_anywhere(trial: Trial) -> None:
    """A beginning by one face and the rest by another give what the whole gives, wherever the split is."""
    x, reset = trial.rests(trial.x), trial.rests(trial.documents)
    rest = trial.chunkwise(x, trial.walked[1], reset).out
    trial.differ(rest, trial.whole(), "steps, then chunks")
    beginning = trial.chunkwise(trial.beginnings()[0], trial.fresh, trial.beginnings()[1])
    state = trial.none_before_the_first(beginning.state)
    trial.differ(trial.walk(x, state, reset)[0], trial.whole(), "chunks, then steps")
    trial.differ(trial.parallel(x, state, reset).out, trial.whole(), "chunks, then all at once")
    beginning = trial.parallel(trial.beginnings()[0], trial.fresh, trial.beginnings()[1])
    rest = trial.walk(x, trial.none_before_the_first(beginning.state), reset)[0]
    trial.differ(rest, trial.whole(), "all at once, then steps")


def documents_are_alone(trial: Trial) -> None:
    """Each document of a packed stretch gives what it gives alone, from a fresh state and without a reset."""
    begins = np.asarray(trial.documents).ravel()
    alone = trial.rests(trial.documents).at[:, 0].set(False)
    found = trial.chunkwise(trial.rests(trial.x), trial.fresh, alone)
    trial.differ(found.out, trial.whole(), "a document alone against packed ones", begins)


def types_are_kept(trial: Trial) -> None:
    """No face changes shape or type of the state, of no token either; 16 bits in give 16 bits out."""
    fresh, documents = trial.mixer.init_state(trial.n_batch), trial.documents
    wanted = jax.eval_shape(lambda: fresh)
    for kind in (jnp.float32, jnp.bfloat16):
        x = trial.x.astype(kind)
        runs: dict[str, Callable[[], Any]] = {
            "parallel": lambda x=x: trial.mixer.parallel(x, fresh, documents),
            "chunkwise": lambda x=x: trial.mixer.chunkwise(x, fresh, documents, chunk=trial.chunk),
            "step": lambda x=x: trial.mixer.step(x[:, 0], fresh, documents[:, 0]),
            "parallel of no token": lambda x=x: trial.mixer.parallel(x[:, :0], fresh, documents[:, :0]),
            "chunkwise of no token": lambda x=x: trial.mixer.chunkwise(x[:, :0], fresh, documents[:, :0]),
        }
        for name, run in runs.items():
            out, state = jax.eval_shape(run)
            shape = (x[:, 0] if name == "step" else x[:, :0] if "no token" in name else x).shape
            if (out.shape, out.dtype) != (shape, x.dtype):
                raise ContractError(f"{name} made {out.dtype}{out.shape} of {x.dtype}{shape}.")
            if jax.tree.structure(state) != jax.tree.structure(wanted) or state_of(state) != state_of(wanted):
                raise ContractError(f"{name} of {x.dtype} changed the state: {state_of(wanted)} to {state_of(state)}.")


def state_of(state: MixerState) -> list[str]:
    """Types and shapes of the arrays of a state."""
    return [f"{leaf.dtype}{list(leaf.shape)}" for leaf in jax.tree.leaves(state)]


def gradients_agree(trial: Trial) -> None:
    """Gradients with respect to weights, inputs and the state before, through chunks and all at once, are the same."""
    whole = np.arange(trial.n_batch) * trial.n_time + trial.n_time // 2
    before = jax.tree.map(lambda leaf: leaf[whole], trial.walked[1])
    asked = (trial.mixer, trial.x, before)
    weights = jax.random.normal(jax.random.key(trial.seed + 2), trial.x.shape)
    gradients = _compiled(_gradients, trial.compiler)
    wanted = gradients(asked, weights, trial.documents, chunk=None)
    found = gradients(asked, weights, trial.documents, chunk=trial.chunk)
    for (path, mine), its in zip(jax.tree_util.tree_leaves_with_path(wanted), jax.tree.leaves(found), strict=True):
        scale = float(jnp.abs(mine).max())
        error = float(jnp.abs(mine - its).max())
        if not error <= trial.gradient_tolerance * max(scale, 1e-3):
            name = jax.tree_util.keystr(path)
            raise ContractError(f"Gradients with respect to {name} differ by {error:.1e}; the largest is {scale:.2g}.")


def _gradients(asked: Any, weights: Array, reset: Array, chunk: int | None) -> Any:
    learned, fixed = eqx.partition(asked, eqx.is_inexact_array)

    def loss(learned: Any) -> Array:
        mixer, x, state = eqx.combine(learned, fixed)
        out, state = mixer.parallel(x, state, reset) if chunk is None else mixer.chunkwise(x, state, reset, chunk=chunk)
        after = [jnp.sum(jnp.sin(leaf)) for leaf in jax.tree.leaves(state) if eqx.is_inexact_array(leaf)]
        return jnp.sum(out * weights) + sum(after)

    return jax.grad(loss)(learned)


CHECKS: tuple[Callable[[Trial], None], ...] = (
    types_are_kept,
    parallel_is_steps,
    chunkwise_is_steps,
    no_documents_is_no_reset,
    documents_are_alone,
    split_anywhere,
    gradients_agree,
)
