"""A policy that remembers through any sequence layer that another wing lends (`primordia.core.layers`)."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any, NamedTuple, TypeAlias, final

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from primordia.core import layers
from primordia.core.errors import ConfigError
from primordia.games.policies.hawk import normed
from primordia.games.policies.policy import Acting, Policy, need_positive

SequenceWeights: TypeAlias = dict[str, Array | dict[str, Array]]


class Carried(NamedTuple):
    """What the layer remembers.

    Args:
        memory: the layer's; zeros before the first token, when it is not looked at.
        begun: whether there was a token.
    """

    memory: Any
    begun: Bool[Array, ""]


@final
@dataclasses.dataclass(frozen=True)
class Sequence(Policy):
    """An embedding, the layer on a norm of it beside the residual stream, a norm and two linear read-outs.

    Weights: "embedding" [observation, width], "layer" (the arrays of the layer by their path in it), two norms'
    scales, "logits" [width, action], "values" [width]; the read-outs begin at zero. Whatever a layer holds beside
    arrays belongs to its name and width, and is not a weight.

    Args:
        layer: "wing/layer", such as "minds/mesa".
        n_observed: numbers in an observation.
        n_actions: actions.
        width: channels of the residual stream; the lending wing may want a multiple of something.
    """

    layer: str = "minds/mesa"
    n_observed: int = 5
    n_actions: int = 2
    width: int = 32

    def __post_init__(self) -> None:
        """The wing, the layer and the sizes are checked before anything is compiled.

        Raises:
            UnknownNameError: no wing here lends such a layer; says the nearest.
            ConfigError: a size does not fit.
        """
        need_positive(n_observed=self.n_observed, n_actions=self.n_actions, width=self.width)
        if "/" not in self.layer:
            raise ConfigError(f"layer={self.layer!r} must name a wing and its layer, such as 'minds/{self.layer}'.")
        _skeleton(self.layer, self.width)

    def weights(self, key: Array) -> SequenceWeights:
        """The layer's own initial weights; the embedding normal with fan-in scale."""
        embedding, inside = jax.random.split(key)
        return {
            "embedding": jax.random.normal(embedding, (self.n_observed, self.width)) * self.n_observed**-0.5,
            "layer": _named(layers.make(self.layer, inside, self.width)),
            "norm_mixing": jnp.ones(self.width),
            "norm_reading": jnp.ones(self.width),
            "logits": jnp.zeros((self.width, self.n_actions)),
            "values": jnp.zeros(self.width),
        }

    def begin(self) -> Carried:
        """Nothing was seen. What a layer begins with may be learned, so the first step takes it from the weights."""
        shapes = jax.eval_shape(lambda layer: layer.begin(), _skeleton(self.layer, self.width))
        return Carried(jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), shapes), jnp.zeros((), bool))

    def act(self, weights: SequenceWeights, memory: Carried, observation: Float[Array, " observation"]) -> Acting:
        """One token of the layer, then both read-outs."""
        layer = self._placed(weights["layer"])
        before = jax.tree.map(lambda old, new: jnp.where(memory.begun, old, new), memory.memory, layer.begin())
        x = observation @ weights["embedding"]
        said, after = layer.step(normed(x, weights["norm_mixing"]), before)
        x = normed(x + said, weights["norm_reading"])
        return Acting(x @ weights["logits"], x @ weights["values"], Carried(after, jnp.ones_like(memory.begun)))

    def _placed(self, weights: dict[str, Array]) -> Any:
        """The layer with these weights."""
        paths, structure = jax.tree_util.tree_flatten_with_path(_skeleton(self.layer, self.width))
        return jax.tree.unflatten(structure, [weights[_name(path)] for path, _ in paths])


@functools.lru_cache(maxsize=64)
def _skeleton(layer: str, width: int) -> Any:
    """The layer with shapes in place of arrays; nothing is computed."""
    return jax.eval_shape(lambda key: layers.make(layer, key, width), jax.random.key(0))


def _named(layer: Any) -> dict[str, Array]:
    paths, _ = jax.tree_util.tree_flatten_with_path(layer)
    return {_name(path): leaf for path, leaf in paths}


def _name(path: Any) -> str:
    return jax.tree_util.keystr(path, simple=True, separator="/")
