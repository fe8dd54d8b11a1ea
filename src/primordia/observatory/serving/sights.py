"""Sights: pictures that a stage is asked for once, however many pages show them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, final

from primordia.core.errors import BadInputError
from primordia.observatory import frames, protocol

LARGEST = 2**32 - 1
LONGEST_SIDE = 2**16 - 1
"""Cells along a side of one picture."""
MOST_CHANNELS = 64
"""Pictures that one page may show at once."""


class Watcher(Protocol):
    """A page, as far as pictures and news of runs go; none of it waits."""

    def show(self, channel: int, picture: bytes) -> None:
        """Send a picture; an older one of the channel that was not sent yet gives way."""

    def settle(self, look: int) -> None:
        """Answer a look."""

    def refuse(self, look: int, sentence: str) -> None:
        """Refuse a look."""

    def making(self, number: int, share: float, what: str) -> None:
        """Tell how far the request of this id has come."""

    def tell(self, message: protocol.Message) -> None:
        """Send news."""


class Wanted(NamedTuple):
    """What a sight shows; equal ones are one sight."""

    view: str
    step: int | None
    top: int
    left: int
    rows: int
    columns: int
    stride: int


def wanted(look: protocol.Look) -> Wanted:
    """What a look asks for.

    Raises:
        BadInputError: a number is out of range; says which.
    """
    for name, least, most in (("channel", 0, 2**16 - 1), ("stride", 1, 2**16 - 1), ("top", 0, LARGEST),
                              ("left", 0, LARGEST), ("rows", 0, LARGEST), ("columns", 0, LARGEST)):  # fmt: skip
        if not least <= (value := getattr(look, name)) <= most:
            raise BadInputError(f"Look.{name} is {value}; it must be from {least} to {most}.")
    if look.step is not None and not 0 <= look.step <= 2**48:
        raise BadInputError(f"Look.step is {look.step}; it must be from 0 to 2**48.")
    return Wanted(*(getattr(look, name) for name in Wanted._fields))


@dataclasses.dataclass(eq=False)
class Channel:
    """One picture on one page.

    Args:
        page: whose it is.
        number: what the page calls it.
        look: the id of the look that opened it; None once that was answered.
        credit: whether the page may be sent a picture.
        shown: which of the sight's pictures it was sent last, counted from 1.
    """

    page: Watcher
    number: int
    look: int | None
    credit: bool = True
    shown: int = 0

    def settle(self) -> None:
        """Answer the look that opened it, if that was not done."""
        if self.look is not None:
            self.page.settle(self.look)
            self.look = None


@final
class Allowance:
    """Bytes of pictures that a server may send in a second, so that many watchers do not take a run's processor.

    What is there is always sent; only the next picture of a playing run is asked for later when much was sent.

    Args:
        bytes_per_second: in the long run.
        now: a clock, in seconds.
    """

    def __init__(self, bytes_per_second: float, now: Callable[[], float]) -> None:
        self._rate, self._now = bytes_per_second, now
        self._until = 0.0

    def spend(self, size: int) -> None:
        """So many bytes were sent."""
        self._until = max(self._until, self._now()) + size / self._rate

    def wait(self) -> float:
        """Seconds until more may be asked for."""
        return max(0.0, self._until - self._now())


@final
class Sight:
    """One picture of one stage, and the channels that show it.

    Args:
        number: what the stage calls it.
        wanted: what it shows.
        allowance: what its pictures are counted against.
    """

    def __init__(self, number: int, wanted: Wanted, allowance: Allowance) -> None:
        self.number, self.wanted = number, wanted
        self._allowance = allowance
        self.channels: list[Channel] = []
        self.awaited = True
        """Whether the stage owes a picture."""
        self._picture: tuple[dict[str, Any], bytes] | None = None
        self._count = 0

    def receive(self, message: dict[str, Any], pixels: bytes) -> None:
        """Take a new picture and give it to every channel that waits."""
        if (most := max(int(message["rows"]), int(message["columns"]))) > LONGEST_SIDE:
            self.refuse(
                f"This picture has {most} cells on one side; ask for at most {LONGEST_SIDE}, or a larger stride."
            )
            return
        self._picture = (message, pixels)
        self._count += 1
        self.awaited = False
        for channel in self.channels:
            self.give(channel)

    def give(self, channel: Channel) -> None:
        """Send a channel the newest picture, if it waits for one and does not have that yet."""
        if self._picture is None or not channel.credit or channel.shown == self._count:
            return
        message, pixels = self._picture
        numbers = [int(message[name]) for name in frames.Frame._fields[1:-1]]
        channel.page.show(channel.number, frames.to_bytes(frames.Frame._make((channel.number, *numbers, pixels))))
        self._allowance.spend(len(pixels))
        channel.credit, channel.shown = False, self._count
        channel.settle()

    def idle(self) -> bool:
        """Whether some channel has shown the newest picture and waits for a newer, which the stage does not know."""
        return not self.awaited and any(channel.credit for channel in self.channels)

    def making(self, share: float, what: str) -> None:
        """Tell whoever waits for a first picture how far it has come."""
        for channel in self.channels:
            if channel.look is not None:
                channel.page.making(channel.look, share, what)

    def refuse(self, sentence: str) -> None:
        """There will be no picture: tell every channel that has not had one."""
        self.awaited = False
        for channel in self.channels:
            if channel.look is not None:
                channel.page.refuse(channel.look, sentence)
                channel.look = None
