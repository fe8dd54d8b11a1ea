"""A stage as the server sees it: a process at the other end of a pipe, which may be asked things and may die."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections.abc import Callable, Mapping
from typing import Any, final

from primordia.core.errors import BadInputError
from primordia.observatory import pipe
from primordia.observatory.pipe import Decoder

LAST_WORDS = 4096
"""Bytes of a stage's standard error that are kept, so that its death can be explained."""
PATIENCE_SECONDS = 10.0

Heard = Callable[[dict[str, Any], bytes], None]


@final
class Actor:
    """One stage: its process, its pipe, and what it was asked and has not answered.

    It starts by itself; what is sent before it runs is kept. Belongs to one event loop.

    Args:
        first: the message that says what it is for.
        hear: called with every message that is no answer, in order.
        gone: called once at its end, with why it ended so; empty where that was in order.
    """

    def __init__(self, first: Mapping[str, Any], hear: Heard, gone: Callable[[str], None]) -> None:
        self._hear, self._gone = hear, gone
        self._unsent = [pipe.encode(dict(first))]
        self._transport: asyncio.Transport | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._asked: dict[int, tuple[asyncio.Future[dict[str, Any]], Heard | None]] = {}
        self._last_id = 0
        self._hung_up = asyncio.Event()
        self._leaving = False
        self._refusal = ""
        self.is_gone = False
        self._life = asyncio.create_task(self._live())

    @property
    def busy(self) -> bool:
        """Whether it was asked something and has not answered."""
        return bool(self._asked)

    def send(self, message: Mapping[str, Any]) -> None:
        """Tell it something; to one that is gone or leaving, nothing."""
        if self._leaving:
            return
        content = pipe.encode(dict(message))
        if self._transport is not None:
            self._transport.write(content)
        elif not self.is_gone:
            self._unsent.append(content)

    async def ask(self, request: Mapping[str, Any], making: Heard | None = None) -> dict[str, Any]:
        """The answer to a request; `making` hears how far it has come.

        Raises:
            BadInputError: it was refused, or the stage ended before.
        """
        if self.is_gone or self._leaving:
            raise BadInputError("The process of this run has ended; ask again.")
        self._last_id += 1
        number = self._last_id
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._asked[number] = (answer, making)
        self.send({"do": "request", "request": {**request, "id": number}})
        try:
            return await answer
        finally:
            self._asked.pop(number, None)

    def dismiss(self) -> None:
        """Have a stage end that writes nothing, in order if it can soon."""
        self.leave()
        asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self.kill)

    def leave(self) -> None:
        """Have it end in order: a run is left with a checkpoint."""
        self._leaving = True
        if self._transport is not None and self._transport.can_write_eof():
            self._transport.write_eof()

    async def wait(self) -> None:
        """Until it is gone."""
        await asyncio.shield(self._life)

    def kill(self) -> None:
        """End it here and now; everything of its run that was written is on disk."""
        self._leaving = True
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def _live(self) -> None:
        why = "The process of this run could not be started."
        try:
            why = await self._play() or self._refusal
        except OSError as error:
            why = f"The process of this run could not be started: {error}."
        finally:
            self.is_gone = True
            self._unsent.clear()
            if self._transport is not None:
                self._transport.close()
            for answer, _ in self._asked.values():
                if not answer.done():
                    answer.set_exception(BadInputError(why or "The process of this run has ended; ask again."))
            self._gone("" if self._leaving else why)

    async def _play(self) -> str:
        """Start the process and stay until it ends; returns why it did."""
        ours, theirs = socket.socketpair()
        try:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "primordia.observatory.stages.stage", str(theirs.fileno()),
                pass_fds=(theirs.fileno(),), stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                # Ctrl-C is for the server, which then has its stages leave in order.
                start_new_session=True,
            )  # fmt: skip
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_unix_connection(lambda: _Line(self), sock=ours)
        for content in self._unsent:
            self._transport.write(content)
        self._unsent.clear()
        if self._leaving:
            self.leave()
        words = await _tail(self._process.stderr)
        code = await self._process.wait()
        # What it said last may still lie in the pipe.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._hung_up.wait(), PATIENCE_SECONDS)
        return "" if code == 0 else _obituary(code, words)

    def heard(self, message: dict[str, Any], payload: bytes) -> None:
        """Take one message: an answer goes to whoever asked."""
        say, number = message.get("say"), message.get("id")
        if say == "making" and number in self._asked:
            making = self._asked[number][1]
            if making is not None:
                making(message, payload)
        elif say in ("answer", "refusal") and number in self._asked:
            answer = self._asked[number][0]
            if answer.done():
                return
            if say == "answer":
                answer.set_result(message.get("value") or {})
            else:
                answer.set_exception(BadInputError(str(message.get("sentence"))))
        else:
            if say == "refused":
                self._refusal = str(message.get("sentence"))
            self._hear(message, payload)

    def hung_up(self) -> None:
        """The other end of the pipe was closed."""
        self._transport = None
        self._hung_up.set()


@final
class _Line(asyncio.Protocol):
    """Our end of the pipe."""

    def __init__(self, actor: Actor) -> None:
        self._actor, self._decoder = actor, Decoder()
        self._transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, received: bytes) -> None:
        try:
            messages = self._decoder.feed(received)
        except BadInputError:
            # Whatever speaks there is no stage of ours.
            self._actor.kill()
            return
        for message, payload in messages:
            self._actor.heard(message, payload)

    def connection_lost(self, error: Exception | None) -> None:
        self._actor.hung_up()


async def _tail(stream: asyncio.StreamReader | None) -> str:
    """The end of what a stream holds, read until it closes, so that whoever writes it never waits."""
    kept = b""
    while stream is not None and (more := await stream.read(LAST_WORDS)):
        kept = (kept + more)[-LAST_WORDS:]
    return kept.decode("utf-8", "replace")


def _obituary(code: int, words: str) -> str:
    """Why a stage died, in a sentence."""
    how = f"with signal {-code}" if code < 0 else f"with exit code {code}"
    last = next((line.strip() for line in reversed(words.splitlines()) if line.strip()), "")
    said = f"; its last words: {last[:300].rstrip('.')}" if last else ""
    return f"The process of this run ended {how}{said}."
