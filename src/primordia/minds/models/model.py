"""A sequence model: blocks of a layer and a gated MLP on one residual stream (arXiv 2506.05233, section 2).

Every block is: RMSNorm, layer, residual; RMSNorm, gated MLP, residual. Embeddings are tied.
"""

from __future__ import annotations

import functools
from typing import Any, Literal, TypeAlias, final

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from primordia.minds.layers import table
from primordia.minds.layers.entry import LayerSizes
from primordia.minds.layers.mixer import Mixer, MixerState
from primordia.minds.layers.norms import RootMeanSquare
from primordia.minds.models.pattern import layers
from primordia.minds.models.spec import ModelSpec

ModelState: TypeAlias = tuple[MixerState, ...]
Face: TypeAlias = Literal["parallel", "chunkwise"]
Inputs: TypeAlias = Int[Array, "batch time"] | Float[Array, "batch time channel"]


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
        scale = spec.n_inputs**-0.5 if spec.vectors else 1.0
        self.embedding = jax.random.normal(keys[0], (spec.n_inputs, spec.width)) * scale
        self.blocks = tuple(_block(one, name, spec) for one, name in zip(keys[2:], names, strict=True))
        self.norm = RootMeanSquare(spec.width)
        tied = None if not spec.vectors else jax.random.normal(keys[1], (spec.width, spec.n_outputs)) * spec.width**-0.5
        self.head = tied
        self.spec = spec

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
        """
        x = self._embedded(inputs)
        before = self.init_state(x.shape[0]) if state is None else state
        after: list[Any] = []
        for block, memory in zip(self.blocks, before, strict=True):
            normed = block.mixer_norm(x)
            if face == "parallel":
                out, memory = block.mixer.parallel(normed, memory, reset)
            else:
                out, memory = block.mixer.chunkwise(normed, memory, reset, chunk=self.spec.chunk)
            x = block.mixed(x, out)
            after.append(memory)
        return self._read(x), tuple(after)

    def step(
        self, inputs: Array, state: ModelState, reset: Bool[Array, " batch"] | None = None
    ) -> tuple[Float[Array, "batch output"], ModelState]:
        """One position: tokens [batch] or vectors [batch, channel]."""
        x = self._embedded(inputs)
        after: list[Any] = []
        for block, memory in zip(self.blocks, state, strict=True):
            out, memory = block.mixer.step(block.mixer_norm(x), memory, reset)
            x = block.mixed(x, out)
            after.append(memory)
        return self._read(x), tuple(after)

    def _embedded(self, inputs: Array) -> Array:
        x = inputs @ self.embedding if self.spec.vectors else self.embedding[inputs]
        return x.astype(jnp.bfloat16) if self.spec.half else x

    def _read(self, x: Array) -> Array:
        x = self.norm(x).astype(jnp.float32)
        if self.head is not None:
            return x @ self.head
        logits = x @ self.embedding.T * self.spec.width**-0.5
        return self.spec.cap * jnp.tanh(logits / self.spec.cap) if self.spec.cap else logits


@functools.lru_cache(maxsize=32)
def skeleton(spec: ModelSpec) -> Model:
    """The model's structure with shapes in place of arrays; nothing is computed."""
    return eqx.filter_eval_shape(lambda: Model(jax.random.key(0), spec))


def _block(key: Array, name: str, spec: ModelSpec) -> Block:
    first, second = jax.random.split(key)
    sizes = LayerSizes(
        spec.width,
        spec.n_heads,
        spec.d_key,
        spec.convolution,
        spec.longest,
        spec.window,
        spec.solver_steps,
        spec.solver_tolerance,
    )
    n_branch = round(spec.expansion * spec.width)
    mlp = GatedMLP(second, spec.width, n_branch) if n_branch else None
    norm = RootMeanSquare(spec.width)
    return Block(norm, table.build(name, first, sizes), RootMeanSquare(spec.width) if mlp else None, mlp)
