"""A sequence model: blocks of a layer and a gated MLP on one residual stream (arXiv 2506.05233, section 2).

Every block is: RMSNorm, layer, residual; RMSNorm, gated MLP, residual. Embeddings are tied.

At the beginning (appendix of the same paper): matrices have variance 1 / inputs; those that write into the residual
stream 2 / blocks of that; an embedding enters the stream with variance 1. So logits start with variance 1, and the
first loss is ln V + 1/2. We differ in the scale of the last norm: its channels start at 1 or -1 by chance, and not all
at 1. With tied embeddings the stream still holds the token that was read; without the signs that token's own logit
starts near width^1/2, which costs many units of loss where the width is large.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Any, Literal, TypeAlias, final

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from primordia.core.errors import ConfigError
from primordia.minds.layers import table
from primordia.minds.layers.entry import LayerSizes
from primordia.minds.layers.mixer import Mixer, MixerState
from primordia.minds.layers.norms import RootMeanSquare
from primordia.minds.models import rolling
from primordia.minds.models.pattern import layers, period
from primordia.minds.models.spec import ModelSpec

ModelState: TypeAlias = tuple[MixerState, ...]
Face: TypeAlias = Literal["parallel", "chunkwise"]
Inputs: TypeAlias = Int[Array, "batch time"] | Float[Array, "batch time channel"]
Stream: TypeAlias = Float[Array, "batch time width"]


@final
class GatedMLP(eqx.Module):
    """Two branches, SiLU on one, their product, and down again."""

    up: Float[Array, "width both_branches"]
    down: Float[Array, "branch width"]

    def __init__(self, key: Array, width: int, n_branch: int) -> None:
        first, second = jax.random.split(key)
        self.up = jax.random.normal(first, (width, 2 * n_branch)) * width**-0.5
        self.down = jax.random.normal(second, (n_branch, width)) * n_branch**-0.5

    def __call__(self, x: Float[Array, "*rest width"]) -> Float[Array, "*rest width"]:
        """What is added to the residual stream."""
        gate, value = jnp.split(x @ self.up.astype(x.dtype), 2, axis=-1)
        return (jax.nn.silu(gate) * value) @ self.down.astype(x.dtype)


@final
class Block(eqx.Module):
    """A layer and an MLP on the residual stream."""

    mixer_norm: RootMeanSquare
    mixer: Mixer
    mlp_norm: RootMeanSquare | None
    mlp: GatedMLP | None

    def __call__(
        self, x: Stream, memory: MixerState, reset: Bool[Array, "batch time"] | None, face: Face, chunk: int
    ) -> tuple[Stream, MixerState]:
        """The residual stream after the block, and what its layer remembers."""
        normed = self.mixer_norm(x)
        if face == "parallel":
            out, memory = self.mixer.parallel(normed, memory, reset)
        else:
            out, memory = self.mixer.chunkwise(normed, memory, reset, chunk=chunk)
        return self.mixed(x, out), memory

    def mixed(self, x: Array, out: Array) -> Array:
        """The residual stream after the layer wrote `out` and the MLP had its turn."""
        x = x + out
        if self.mlp is None or self.mlp_norm is None:
            return x
        return x + self.mlp(self.mlp_norm(x))


@final
class Model(eqx.Module):
    """Tokens or vectors in, logits or vectors out; what came before is carried in a state."""

    embedding: Float[Array, "input width"]
    blocks: tuple[Block, ...]
    norm: RootMeanSquare
    head: Float[Array, "width output"] | None
    spec: ModelSpec = eqx.field(static=True)

    def __init__(self, key: Array, spec: ModelSpec) -> None:
        names = layers(spec.pattern, spec.n_blocks)
        keys = jax.random.split(key, 2 + spec.n_blocks)
        n_in = spec.n_inputs if spec.vectors else spec.width
        self.embedding = jax.random.normal(keys[0], (spec.n_inputs, spec.width)) * n_in**-0.5
        self.blocks = tuple(_block(one, name, spec) for one, name in zip(keys[2:], names, strict=True))
        self.norm, self.head, self.spec = RootMeanSquare(spec.width), None, spec
        if spec.vectors:
            self.head = jax.random.normal(keys[1], (spec.width, spec.n_outputs)) * spec.width**-0.5
        else:
            signs = jax.random.rademacher(keys[1], (spec.width,), jnp.float32)
            self.norm = _scaled(self.norm, "scale", signs)

    def init_state(self, n_batch: int) -> ModelState:
        """Nothing came before."""
        return tuple(block.mixer.init_state(n_batch) for block in self.blocks)

    def __call__(
        self,
        inputs: Inputs,
        state: ModelState | None = None,
        reset: Bool[Array, "batch time"] | None = None,
        *,
        face: Face = "chunkwise",
    ) -> tuple[Float[Array, "batch time output"], ModelState]:
        """Logits (or vectors) for every position, and the state after the stretch.

        Args:
            inputs: tokens [batch, time] or vectors [batch, time, channel].
            state: what came before; None: nothing did.
            reset: whether a position begins a document.
            face: which face of the layers computes it.

        Raises:
            ConfigError: a layer can hold fewer tokens than the stretch has.
        """
        x, state = self.stream(inputs, state, reset, face=face)
        return self.read(x), state

    def stream(
        self,
        inputs: Inputs,
        state: ModelState | None = None,
        reset: Bool[Array, "batch time"] | None = None,
        *,
        face: Face = "chunkwise",
    ) -> tuple[Stream, ModelState]:
        """The residual stream after the last block, and the state; `read` makes logits of it.

        What needs the logits of few positions reads those alone: the logits of a long stretch can outweigh the model.
        """
        refuse_too_long(self.spec, inputs.shape[1])
        x = self.embedded(inputs)
        before = self.init_state(x.shape[0]) if state is None else state

        def through(block: Block, x: Array, memory: Any) -> tuple[Array, Any]:
            return block(x, memory, reset, face, self.spec.chunk)

        move = jax.checkpoint(through) if self.spec.remat else through
        n_apart = period(self.spec.pattern) if self.spec.rolled else len(self.blocks)
        return rolling.through_all(move, self.blocks, x, before, n_apart)

    def step(
        self, inputs: Array, state: ModelState, reset: Bool[Array, " batch"] | None = None
    ) -> tuple[Float[Array, "batch output"], ModelState]:
        """One position: tokens [batch] or vectors [batch, channel]."""
        x = self.embedded(inputs)
        after: list[Any] = []
        for block, memory in zip(self.blocks, state, strict=True):
            out, memory = block.mixer.step(block.mixer_norm(x), memory, reset)
            x = block.mixed(x, out)
            after.append(memory)
        return self.read(x), tuple(after)

    def read(self, x: Float[Array, "*rest width"]) -> Float[Array, "*rest output"]:
        """Logits, or vectors, of the residual stream after the last block; sums and results have 32 bits."""
        x = self.norm(x)
        weight = self.embedding.T if self.head is None else self.head
        out = jnp.matmul(x, weight.astype(x.dtype), preferred_element_type=jnp.float32)
        if self.head is not None or not self.spec.cap:
            return out
        return self.spec.cap * jnp.tanh(out / self.spec.cap)

    def embedded(self, inputs: Array) -> Array:
        """The residual stream before the first block, of one position or a stretch."""
        x = inputs @ self.embedding if self.spec.vectors else self.embedding[inputs] * self.spec.width**0.5
        return x.astype(jnp.bfloat16) if self.spec.half else x


@functools.lru_cache(maxsize=32)
def skeleton(spec: ModelSpec) -> Model:
    """The model's structure with shapes in place of arrays; nothing is computed."""
    return eqx.filter_eval_shape(lambda: Model(jax.random.key(0), spec))


@functools.lru_cache(maxsize=64)
def bounded(spec: ModelSpec) -> bool:
    """Whether a layer has room for `longest` tokens only, because it keeps them all or has learned positions."""

    def shapes(longest: int) -> Any:
        roomy = dataclasses.replace(spec, longest=longest, n_blocks=min(spec.n_blocks, period(spec.pattern)))
        made = skeleton(roomy)
        return jax.tree.map(lambda leaf: leaf.shape, (made.blocks, eqx.filter_eval_shape(made.init_state, 1)))

    return bool(jax.tree.leaves(shapes(spec.longest)) != jax.tree.leaves(shapes(spec.longest + 1)))


def refuse_too_long(spec: ModelSpec, n_time: int) -> None:
    """`ConfigError` if a layer of the model has room for fewer than `n_time` tokens."""
    if n_time > spec.longest and bounded(spec):
        raise ConfigError(
            f"A stretch of {n_time} tokens is longer than the layers of {spec.pattern!r} can hold: longest="
            f"{spec.longest}; give a shorter one or a model with longest={n_time}."
        )


def _block(key: Array, name: str, spec: ModelSpec) -> Block:
    first, second = jax.random.split(key)
    sizes = LayerSizes(
        spec.width,
        spec.n_heads,
        spec.key_size,
        spec.convolution,
        spec.longest,
        spec.window,
        spec.solver_steps,
        spec.solver_tolerance,
    )
    n_branch = round(spec.expansion * spec.width)
    share = (2 / spec.n_blocks) ** 0.5
    mlp = _scaled(GatedMLP(second, spec.width, n_branch), "down", share) if n_branch else None
    mixer = _scaled(table.build(name, first, sizes), "out", share)
    return Block(RootMeanSquare(spec.width), mixer, RootMeanSquare(spec.width) if mlp else None, mlp)


def _scaled(module: Any, name: str, factor: float) -> Any:
    """The module with one of its arrays multiplied."""
    return eqx.tree_at(lambda made: getattr(made, name), module, replace_fn=lambda array: array * factor)
