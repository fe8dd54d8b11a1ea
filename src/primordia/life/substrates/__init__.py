"""The substrates by name. Looking one up costs no compiler: kernels compile when they are first run.

Somebody else's package adds one with an entry point of the group `primordia.substrates`, "name" = "module:SUBSTRATE".
"""

from __future__ import annotations

import importlib.metadata
from importlib import import_module

from primordia.core.errors import BadInputError, UnknownNameError
from primordia.life.substrates.declaration import CLASSES, Substrate
from primordia.life.substrates.notation import Line

__all__ = ["CLASSES", "FAMILIES", "Line", "Substrate", "names", "substrate"]

GROUP = "primordia.substrates"
FAMILIES = {
    "bff": ("bff_noheads", "bff", "bff_noheads_4bit", "bff8_noheads", "bff8", "bff_perm", "bff_selfmove"),
    "forth": ("forthtrivial", "forth", "forthcopy", "forthtrivial_reset"),
    "subleq": ("rsubleq4", "subleq"),
    "i8080": ("i8080",),
    "forth2": ("forth2",),
    "z80": ("z80",),
}
"""Family -> the substrates of this package that belong to it, the usual one first; each is a module of its name."""

OWN = tuple(name for family in FAMILIES.values() for name in family)


def names() -> tuple[str, ...]:
    """Every substrate's name: those of this package first, then those of other packages."""
    others = sorted({point.name for point in importlib.metadata.entry_points(group=GROUP)} - set(OWN))
    return (*OWN, *others)


def substrate(name: str) -> Substrate:
    """The substrate of a name.

    Raises:
        UnknownNameError: no substrate has this name.
        BadInputError: another package announces it, but it cannot be imported or is no substrate.
    """
    if name in OWN:
        found = import_module(f"primordia.life.substrates.{name}").SUBSTRATE
    else:
        points = importlib.metadata.entry_points(group=GROUP, name=name)
        if not points:
            raise UnknownNameError("substrate", name, names())
        target = next(iter(points)).value
        try:
            found = next(iter(points)).load()
        except Exception as error:  # Somebody else's module may raise anything while it is imported.
            reason = f"{type(error).__name__}: {error}".rstrip(".")
            raise BadInputError(f"The substrate {name!r} cannot be loaded from {target}: {reason}.") from error
        if not isinstance(found, Substrate):
            raise BadInputError(
                f"{target} is not a substrate: it must be a `Substrate`, see docs/your-own-substrate.md."
            )
    assert isinstance(found, Substrate), found
    return found
