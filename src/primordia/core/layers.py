"""Sequence layers that one wing lends to others: a policy of `games` may remember as a layer of `minds` does."""

from __future__ import annotations

import importlib.metadata
from typing import Any, Protocol

from primordia.core.errors import BadInputError, UnknownNameError

GROUP = "primordia.layers"


class Lender(Protocol):
    """What a wing announces under its name as an entry point of the group `primordia.layers`."""

    def names(self) -> tuple[str, ...]:
        """The layers it lends."""

    def make(self, name: str, key: Any, width: int) -> Any:
        """A layer [width] -> [width] with fresh weights: a pytree of arrays, its weights, with two pure methods.

        `begin()` is its memory before the first token, a pytree of arrays; `step(x [width], memory)` gives what it
        says of one token and the memory after it. Both can be traced and batched by vmap. Raises `UnknownNameError`
        for a name, and `ConfigError` for a width, that it does not have.
        """


def make(name: str, key: Any, width: int) -> Any:
    """The layer called "wing/layer", as `Lender.make` describes it.

    Raises:
        UnknownNameError: no wing here lends layers under that name, or it does not lend this one.
        BadInputError: the wing is there but cannot be imported.
    """
    wing, _, layer = name.partition("/")
    points = {point.name: point for point in importlib.metadata.entry_points(group=GROUP)}
    if wing not in points:
        raise UnknownNameError("wing that lends sequence layers", wing, points)
    try:
        lender: Lender = points[wing].load()
    except ModuleNotFoundError as error:
        offered = points[wing].dist
        package = (
            f"{offered.name}[{wing}]" if offered and wing in offered.metadata.get_all("Provides-Extra", ()) else wing
        )
        raise BadInputError(
            f"The layer {name!r} cannot be lent: {error.name} is not installed; `pip install {package!r}` brings it."
        ) from error
    except Exception as error:  # Another wing's code: anything may be wrong with it.
        raise BadInputError(f"The layer {name!r} cannot be lent: {type(error).__name__}: {error}.") from error
    return lender.make(layer, key, width)
