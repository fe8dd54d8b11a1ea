"""Weights by name: a flat dictionary that checkpoints, optimisers and files hold, and the model it is placed into."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias, TypeVar

import equinox as eqx
import jax
from jaxtyping import Array

from primordia.core.errors import CheckpointError

M = TypeVar("M")
Weights: TypeAlias = dict[str, Array]
"""Path in the model ("blocks/0/mixer/value") -> array. Equinox modules hold settings beside arrays; these hold none."""


def named(module: Any) -> Weights:
    """Every array of a module by its path."""
    leaves, _ = jax.tree_util.tree_flatten_with_path(module)
    return {_name(path): leaf for path, leaf in leaves if eqx.is_array(leaf)}


def shapes(module: Any) -> dict[str, tuple[int, ...]]:
    """The shape of every array by its path, in the order of the model; of a skeleton too."""
    leaves, _ = jax.tree_util.tree_flatten_with_path(module)
    return {_name(path): tuple(leaf.shape) for path, leaf in leaves if hasattr(leaf, "shape")}


def placed(skeleton: M, weights: Mapping[str, Array]) -> M:
    """A module of the skeleton's structure with these weights; the skeleton's arrays may be shapes only.

    Raises:
        CheckpointError: a name is missing or unknown, or a shape differs; all of them are listed.
    """
    leaves, structure = jax.tree_util.tree_flatten_with_path(skeleton)
    expected = {_name(path): leaf for path, leaf in leaves if hasattr(leaf, "shape")}
    faults = [f"{name} is missing" for name in sorted(expected.keys() - weights.keys())]
    faults += [f"{name} is unknown" for name in sorted(weights.keys() - expected.keys())]
    faults += [
        f"{name} is {tuple(weights[name].shape)} and should be {tuple(leaf.shape)}"
        for name, leaf in expected.items()
        if name in weights and tuple(weights[name].shape) != tuple(leaf.shape)
    ]
    if faults:
        raise CheckpointError(f"These weights do not fit the model: {'; '.join(faults)}.")
    return jax.tree_util.tree_unflatten(structure, [weights.get(_name(path), leaf) for path, leaf in leaves])


def _name(path: Any) -> str:
    return jax.tree_util.keystr(path, simple=True, separator="/")
