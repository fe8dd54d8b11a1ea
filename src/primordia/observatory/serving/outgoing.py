"""What waits to be sent to one page: bounded, so that a page that does not read holds up nobody and fills no memory."""

from __future__ import annotations

import asyncio
import collections
from typing import final

from primordia.observatory import protocol
from primordia.observatory.protocol import Progress, Rows

MOST_CHARACTERS = 32 * 2**20
"""Of answers, rows and events that wait; a page that is further behind than that is sent away and may come back."""
ROWS_TOGETHER = 2_000
PICTURES_BEFORE_TEXT = 4


@final
class Outgoing:
    """The queue of one page; belongs to one event loop.

    Words keep their order. Of a run's progress and of a channel's pictures only the newest waits.
    """

    def __init__(self) -> None:
        self._texts: collections.deque[str | Rows] = collections.deque()
        self._waiting = 0
        self._progress: dict[str, Progress] = {}
        self._pictures: dict[int, bytes] = {}
        self._turns = 0
        self._something = asyncio.Event()
        self.overflown = asyncio.Event()
        """Set once too much waits; from then on everything is dropped."""

    def text(self, text: str) -> None:
        """Queue a message that was encoded already."""
        if self._room_for(len(text)):
            self._texts.append(text)
            self._something.set()

    def put(self, message: protocol.Message) -> None:
        """Queue a message."""
        if isinstance(message, Progress):
            self._progress[message.run] = message
            self._something.set()
            return
        if isinstance(message, Rows):
            self._rows(message)
            return
        self.text(protocol.to_text(message))

    def picture(self, channel: int, picture: bytes) -> None:
        """Queue a picture instead of the one of this channel that waits."""
        self._pictures[channel] = picture
        self._something.set()

    def drop(self, channel: int) -> None:
        """Forget the picture of a channel that was closed."""
        self._pictures.pop(channel, None)

    async def next(self) -> str | bytes:
        """The next message to send; waits for one."""
        await self._something.wait()
        sent = self._pick()
        if not (self._texts or self._progress or self._pictures):
            self._something.clear()
        return sent

    def _pick(self) -> str | bytes:
        self._turns += 1
        if self._pictures and (self._turns % PICTURES_BEFORE_TEXT or not (self._texts or self._progress)):
            return self._pictures.pop(next(iter(self._pictures)))
        if self._texts:
            first = self._texts.popleft()
            text = first if isinstance(first, str) else protocol.to_text(first)
            self._waiting -= len(text) if isinstance(first, str) else _weight(first)
            return text
        return protocol.to_text(self._progress.pop(next(iter(self._progress))))

    def _rows(self, message: Rows) -> None:
        """Queue rows, together with those of the same run that wait."""
        if not self._room_for(_weight(message)):
            return
        last = self._texts[-1] if self._texts else None
        if isinstance(last, Rows) and last.run == message.run and len(last.rows) < ROWS_TOGETHER:
            last.rows.extend(message.rows)
        else:
            self._texts.append(Rows(message.run, list(message.rows)))
        self._something.set()

    def _room_for(self, characters: int) -> bool:
        """Count something in, unless too much waits already."""
        if self._waiting + characters > MOST_CHARACTERS and self._texts:
            self.overflown.set()
        if self.overflown.is_set():
            self._texts.clear()
            return False
        self._waiting += characters
        return True


def _weight(message: Rows) -> int:
    """About how many characters some rows are: rows of one run are alike."""
    return sum(24 * len(row) for row in message.rows)
