"""Text that goes on: the prompt in chunks, then token by token in memory that does not grow with what was written.

Prompts of different lengths share a batch: shorter ones are filled up at their beginning, and a document begins at
their first token, so what fills them up is not seen. A row's tokens depend on its prompt and key alone.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int

from primordia.core.errors import ConfigError
from primordia.minds.models.model import Model, bounded, refuse_too_long
from primordia.minds.models.sampling import Sampling, chosen
from primordia.minds.models.spec import ModelSpec

FILL = 0
"""The token that fills up short prompts; it is never seen."""


def generate(
    model: Model,
    prompts: Sequence[Sequence[int]],
    n_tokens: int,
    keys: Array,
    sampling: Sampling = Sampling(),  # noqa: B008  # frozen
    end: int | None = None,
) -> tuple[tuple[int, ...], ...]:
    """What the model writes after each prompt.

    Args:
        model: a model of tokens.
        prompts: tokens; each at least one.
        n_tokens: tokens to write.
        keys: a JAX key for each prompt [prompt].
        sampling: how tokens are chosen.
        end: the token that ends a row, which is not returned; None: none does.

    Raises:
        ConfigError: a prompt is empty or holds a number that is no token, there are not as many keys as prompts,
            `n_tokens` is not positive, or a layer has no room for prompt and tokens.
    """
    _refuse(model.spec, prompts, n_tokens, keys)
    tokens, reset = _filled_up(model.spec, prompts, n_tokens)
    written = np.asarray(_written(model, tokens, reset, keys, n_tokens=n_tokens, sampling=sampling, end=end))
    return tuple(tuple(int(token) for token in row if token >= 0) for row in written)


def _refuse(spec: ModelSpec, prompts: Sequence[Sequence[int]], n_tokens: int, keys: Array) -> None:
    if spec.vectors:
        raise ConfigError("This model reads and predicts vectors; only a model of tokens can write on.")
    if not prompts:
        raise ConfigError("There is no prompt; give one or more.")
    if n_tokens < 1:
        raise ConfigError(f"n_tokens={n_tokens} is out of range: it must be at least 1; the nearest is 1.")
    if keys.shape != (len(prompts),):
        raise ConfigError(f"There are {len(prompts)} prompts and keys of shape {keys.shape}; give a key for each.")
    for place, prompt in enumerate(prompts):
        if not len(prompt):
            raise ConfigError(f"Prompt {place} is empty; begin it with the token that begins a document.")
        worst = max(prompt, key=lambda token: abs(2 * token - spec.n_inputs + 1))
        if not 0 <= worst < spec.n_inputs:
            raise ConfigError(
                f"Prompt {place} holds {worst}, which is no token: they go from 0 to {spec.n_inputs - 1}."
            )
    refuse_too_long(spec, max(map(len, prompts)) + n_tokens)


def _filled_up(
    spec: ModelSpec, prompts: Sequence[Sequence[int]], n_tokens: int
) -> tuple[Int[Array, "batch time"], Bool[Array, "batch time"]]:
    """Prompts as one array, and where each begins; the length is a multiple of a chunk, so few lengths are compiled."""
    longest = max(map(len, prompts))
    n_time = longest + -longest % spec.chunk
    if bounded(spec):
        n_time = max(longest, min(n_time, spec.longest - n_tokens))
    tokens = np.full((len(prompts), n_time), FILL, np.int32)
    reset = np.zeros(tokens.shape, bool)
    for row, prompt in enumerate(prompts):
        tokens[row, n_time - len(prompt) :] = prompt
        reset[row, n_time - len(prompt)] = True
    return jnp.asarray(tokens), jnp.asarray(reset)


@functools.partial(jax.jit, static_argnames=("n_tokens", "sampling", "end"))
def _written(
    model: Model,
    tokens: Int[Array, "batch time"],
    reset: Bool[Array, "batch time"],
    keys: Array,
    *,
    n_tokens: int,
    sampling: Sampling,
    end: int | None,
) -> Int[Array, "batch written"]:
    """The tokens written, with -1 from the one on that ended a row."""

    def choose(logits: Array, place: Array) -> Array:
        return chosen(logits, jax.vmap(jax.random.fold_in, (0, None))(keys, place), sampling)

    def begin() -> tuple[Any, ...]:
        stream, state = model.stream(tokens, None, reset)
        return jnp.int32(0), model.read(stream[:, -1]), state, jnp.zeros(len(tokens), bool), written

    def goes_on(now: tuple[Any, ...]) -> Array:
        return (now[0] < n_tokens) & ~jnp.all(now[3])

    def write(now: tuple[Any, ...]) -> tuple[Any, ...]:
        place, logits, state, ended, written = now
        token = choose(logits, place)
        ended = ended if end is None else ended | (token == end)
        written = written.at[:, place].set(jnp.where(ended, -1, token))
        logits, state = model.step(token, state)
        return place + 1, logits, state, ended, written

    written = jnp.full((len(tokens), n_tokens), -1, jnp.int32)
    return jax.lax.while_loop(goes_on, write, begin())[4]
