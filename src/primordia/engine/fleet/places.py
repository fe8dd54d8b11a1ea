"""Where holders are: what a fleet asks of it, and the simplest one, this process."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from typing import Any, final

from primordia.engine.fleet.holder import Holder


class Place(abc.ABC):
    """Some holders, which are asked by their number; each does what it is asked in that order."""

    @property
    @abc.abstractmethod
    def n_holders(self) -> int:
        """How many there are; known once they were set up."""

    @abc.abstractmethod
    def set_up(self, address: str, n_shards: int) -> None:
        """Have holders for so many shards, new ones, whatever became of those before.

        Raises:
            BadInputError: there is no room for a single one.
        """

    @abc.abstractmethod
    def ask(self, holder: int, what: str, *given: Any, n: int = 0) -> list[Any]:
        """Ask for a method of `Holder`; back at once.

        Returns promises: one of the whole answer, or where `n` is not 0, one of each of its `n` elements. A promise may
        be given to another ask.
        """

    @abc.abstractmethod
    def fetch(self, promises: Sequence[Any]) -> list[Any]:
        """What was promised, once it is there.

        Raises:
            LostStateError: a holder is gone.
            Exception: what the first of the holders to fail raised.
        """

    @abc.abstractmethod
    def machines(self) -> list[str]:
        """The machine of each holder."""

    @abc.abstractmethod
    def clear(self) -> None:
        """End the holders; new ones may be set up."""

    @abc.abstractmethod
    def close(self) -> None:
        """End the holders, and leave for good."""


def blocks(n_shards: int, n_holders: int) -> list[tuple[int, int]]:
    """Of every holder, its first shard and the one after its last: as even as can be."""
    return [(holder * n_shards // n_holders, (holder + 1) * n_shards // n_holders) for holder in range(n_holders)]


@final
class Here(Place):
    """Holders in this process, one after the other: what actors do, without them.

    Args:
        n: how many; never more than there are shards.
    """

    def __init__(self, n: int) -> None:
        self._n = n
        self._holders: list[Holder] = []

    @property
    def n_holders(self) -> int:
        """How many there are."""
        return len(self._holders)

    def set_up(self, address: str, n_shards: int) -> None:
        """Make new ones."""
        shared_out = blocks(n_shards, min(self._n, n_shards))
        self._holders = [Holder(address, shared_out, me) for me in range(len(shared_out))]

    def ask(self, holder: int, what: str, *given: Any, n: int = 0) -> list[Any]:
        """It is done before this returns."""
        answer = self._holders[holder].do(what, *given)
        return list(answer) if n else [answer]

    def fetch(self, promises: Sequence[Any]) -> list[Any]:
        """They are what was promised."""
        return list(promises)

    def machines(self) -> list[str]:
        """This one."""
        from primordia.engine import environment

        return [environment.host()] * len(self._holders)

    def clear(self) -> None:
        """Forget them."""
        self._holders = []

    def close(self) -> None:
        """Forget them."""
        self.clear()
