"""What to say when learning leaves the finite numbers: the update and the tensor, noted inside the compiled program."""

from __future__ import annotations

from typing import final

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int

from primordia.core.errors import PrimordiaError
from primordia.games.policies.policy import Weights


@final
class DivergedError(PrimordiaError):
    """A gradient or a weight of a learner is not finite.

    Args:
        update: the first such update, from 1.
        tensor: the first such tensor of it.
        replica: which of several populations; None where there is one.
    """

    def __init__(self, update: int, tensor: str, replica: int | None = None) -> None:
        where = "" if replica is None else f" of replica {replica}"
        super().__init__(
            f"Learning diverged in update {update}{where}: the {tensor} is not finite; checkpoints before it are good, "
            "so fork one with a smaller learning rate or a smaller clip_norm."
        )
        self.update, self.tensor = update, tensor


def none() -> Int[Array, "2"]:
    """Nothing has gone wrong yet."""
    return jnp.full(2, -1, jnp.int32)


def finite(slopes: Weights, weights: Weights) -> Bool[Array, " tensor"]:
    """Whether each tensor is finite: all gradients, then all new weights."""
    return jnp.stack([jnp.isfinite(row).all() for row in jax.tree.leaves((slopes, weights))])


def first(fault: Int[Array, "2"], n_updates: Int[Array, ""], good: Bool[Array, " tensor"]) -> Int[Array, "2"]:
    """The fault so far or, if there was none, that of this update."""
    found = jnp.stack([n_updates, jnp.argmin(good).astype(jnp.int32)])
    return jnp.where((fault[0] >= 0) | good.all(), fault, found)


def check(fault: Int[Array, "*replica 2"], weights: Weights) -> None:
    """Read the note of a population, or of several; a round trip to the host.

    Args:
        fault: `Population.fault`.
        weights: of the population, for the names of tensors.

    Raises:
        DivergedError: something was not finite.
    """
    notes = np.asarray(fault).reshape(-1, 2)
    if (notes[:, 0] < 0).all():
        return
    bad = np.flatnonzero(notes[:, 0] >= 0)
    replica = int(bad[np.argmin(notes[bad, 0])])
    update, place = (int(number) for number in notes[replica])
    names = [
        ".".join(str(part).strip("[].'") for part in path) for path, _ in jax.tree_util.tree_leaves_with_path(weights)
    ]
    kind = "gradient of" if place < len(names) else "new weight"
    tensor = f"{kind} {names[place % len(names)]}"
    raise DivergedError(update + 1, tensor, replica if np.ndim(fault) > 1 else None)
