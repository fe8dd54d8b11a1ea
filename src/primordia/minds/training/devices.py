"""Devices that share a batch: its rows are divided among them, weights are on every one."""

from __future__ import annotations

import functools
from typing import Any, TypeVar

import jax
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from primordia.core.errors import ConfigError

T = TypeVar("T")
AXIS = "device"


@functools.lru_cache(maxsize=8)
def mesh(n_devices: int) -> Mesh:
    """The first `n_devices` devices in a row.

    Raises:
        ConfigError: there are fewer.
    """
    found = jax.devices()
    if n_devices > len(found):
        raise ConfigError(
            f"n_devices={n_devices} is more than there are: {len(found)} of the kind {found[0].platform}; "
            f"the nearest is {len(found)}."
        )
    return jax.make_mesh((n_devices,), (AXIS,), axis_types=(AxisType.Auto,), devices=found[:n_devices])


def everywhere(tree: T, n_devices: int) -> T:
    """The same arrays on every device; nothing is copied where they already are."""
    return jax.device_put(tree, NamedSharding(mesh(n_devices), PartitionSpec()))


def divided(tree: T, n_devices: int, axis: int = 0) -> T:
    """The same arrays, inside a compiled function, with this axis divided among the devices; keys stay whole.

    Raises:
        ConfigError: the rows do not divide.
    """
    sharding = NamedSharding(mesh(n_devices), PartitionSpec(*[None] * axis, AXIS))

    def place(array: Any) -> Any:
        if is_key(array):
            return array
        if array.shape[axis] % n_devices:
            raise ConfigError(f"n_devices={n_devices} cannot share {array.shape[axis]} rows equally; give a multiple.")
        return jax.lax.with_sharding_constraint(array, sharding)

    return jax.tree.map(place, tree)


def is_key(array: Any) -> bool:
    """Whether an array holds keys of random numbers."""
    return hasattr(array, "dtype") and jax.dtypes.issubdtype(array.dtype, jax.dtypes.prng_key)
