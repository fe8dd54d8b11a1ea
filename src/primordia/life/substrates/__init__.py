"""The substrates by name. Looking one up costs no compiler: kernels compile when they are first run."""

from __future__ import annotations

from importlib import import_module

from primordia.core.errors import UnknownNameError
from primordia.life.substrates.declaration import Line, Substrate

__all__ = ["Line", "Substrate", "names", "substrate"]

NAMES = ("bff", "bff_noheads", "bff8", "bff8_noheads", "bff_noheads_4bit", "bff_perm", "bff_selfmove")


def names() -> tuple[str, ...]:
    """Every substrate's name."""
    return NAMES


def substrate(name: str) -> Substrate:
    """The substrate of a name.

    Raises:
        UnknownNameError: no substrate has this name.
    """
    if name not in NAMES:
        raise UnknownNameError("substrate", name, NAMES)
    found = import_module(f"primordia.life.substrates.{name}").SUBSTRATE
    assert isinstance(found, Substrate), found
    return found
