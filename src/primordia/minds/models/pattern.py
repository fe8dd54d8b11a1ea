"""Which layer each block has, from a short string."""

from __future__ import annotations

from primordia.core.errors import ConfigError, UnknownNameError
from primordia.minds.layers.table import LAYERS


def layers(pattern: str, n_blocks: int) -> tuple[str, ...]:
    """The layer of every block: the names of the pattern, from the first again when they run out.

    Raises:
        ConfigError: more names than blocks.
        UnknownNameError: a name that is no layer, an empty one for instance.
    """
    names = _names(pattern)
    for name in names:
        if name not in LAYERS:
            raise UnknownNameError("layer", name, LAYERS)
    if n_blocks < len(names):
        raise ConfigError(
            f"The pattern {pattern!r} names {len(names)} layers, more than n_blocks={n_blocks}; "
            f"give n_blocks={len(names)} or a shorter pattern."
        )
    return tuple(names[block % len(names)] for block in range(n_blocks))


def period(pattern: str) -> int:
    """After how many blocks the pattern begins again."""
    return len(_names(pattern))


def _names(pattern: str) -> list[str]:
    return [name.strip() for name in pattern.split(",")]
