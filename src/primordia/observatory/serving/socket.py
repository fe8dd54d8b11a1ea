"""One page: what it asks, in order and without ever waiting for another page, and what it is sent."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Coroutine
from typing import Any, final

from starlette.websockets import WebSocket, WebSocketDisconnect

import primordia
from primordia.core.errors import BadInputError, PrimordiaError
from primordia.observatory import frames, protocol
from primordia.observatory.protocol import Answer, Close, Happened, Look, Making, Ready, Refusal, Rows, Unwatch, Watch
from primordia.observatory.serving.access import Role
from primordia.observatory.serving.outgoing import Outgoing
from primordia.observatory.serving.replies import Replies
from primordia.observatory.serving.scene import Scene
from primordia.observatory.serving.sights import MOST_CHANNELS, Channel

MOST_UNANSWERED = 64
FOR_GUESTS = frozenset({"Catalogue", "Describe", "Watch", "Unwatch", "Look", "Ready", "Close", "Inspect", "Findings",
                        "Shelf", "Export", "Sweep"})  # fmt: skip
"""What a page may ask that may only look."""
TRY_AGAIN_LATER = 1013
CLOSING_SECONDS = 1.0


@final
class _Subscription:
    """What a page was already told of a run, so that nothing is told twice, nor before the answer to `Watch`."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.held: list[protocol.Message] | None = []
        self.last_row = -1
        self.known: list[dict[str, Any]] = []

    def news(self, message: protocol.Message) -> protocol.Message | None:
        """The part of some news that is new."""
        if isinstance(message, Rows):
            rows = [row for row in message.rows if row["step"] > self.last_row]
            return Rows(message.run, rows) if rows else None
        return None if isinstance(message, Happened) and message.event in self.known else message


@final
class Page:
    """A page's connection.

    Args:
        websocket: not accepted yet.
        role: who it is.
        replies: answers its requests.
    """

    def __init__(self, websocket: WebSocket, role: Role, replies: Replies) -> None:
        self.role = role
        self._websocket, self._replies = websocket, replies
        self._outgoing = Outgoing()
        self._channels: dict[int, tuple[Scene, Channel]] = {}
        self._watching: dict[str, _Subscription] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Talk with the page until it goes, or is sent away."""
        await self._websocket.accept()
        welcome = protocol.Welcome(frames.VERSION, primordia.__version__, self.role == "guest")
        self._outgoing.put(welcome)
        sending = asyncio.create_task(self._send())
        ends = [asyncio.create_task(self._receive()), asyncio.create_task(self._outgoing.overflown.wait())]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            tasks = [sending, *ends, *self._tasks]
            for task in tasks:
                task.cancel()
            for number in list(self._channels):
                self._close(number)
            for run in list(self._watching):
                self._unwatch(run)
            await asyncio.gather(*tasks, return_exceptions=True)
        if self._outgoing.overflown.is_set():
            with contextlib.suppress(Exception):
                # Whoever does not read cannot be told either.
                await asyncio.wait_for(self._websocket.close(TRY_AGAIN_LATER, "too far behind"), CLOSING_SECONDS)

    # What stages have for it; see `sights.Watcher`.

    def show(self, channel: int, picture: bytes) -> None:
        """Send a picture."""
        self._outgoing.picture(channel, picture)

    def settle(self, look: int) -> None:
        """Answer a look."""
        self._outgoing.put(Answer(look, {}))

    def refuse(self, look: int, sentence: str) -> None:
        """Refuse a look."""
        self._outgoing.put(Refusal(look, sentence))

    def making(self, number: int, share: float, what: str) -> None:
        """Tell how far a request has come."""
        self._outgoing.put(Making(number, share, what))

    def tell(self, message: protocol.Message) -> None:
        """Send news of a run that it watches, of which it knows some already."""
        subscription = self._watching.get(getattr(message, "run", ""))
        if subscription is None:
            return
        if subscription.held is not None:
            subscription.held.append(message)
        elif (news := subscription.news(message)) is not None:
            self._outgoing.put(news)

    # The connection.

    async def _receive(self) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while True:
                message = await self._websocket.receive()
                if message["type"] != "websocket.receive":
                    return
                self._take(message.get("text"))

    async def _send(self) -> None:
        # A page that goes while it is sent something is noticed by `_receive`.
        with contextlib.suppress(Exception):
            while True:
                sent = await self._outgoing.next()
                if isinstance(sent, bytes):
                    await self._websocket.send_bytes(sent)
                else:
                    await self._websocket.send_text(sent)

    # Requests.

    def _take(self, text: str | None) -> None:
        """Begin to answer one message; whatever it holds, the connection stays."""
        try:
            request = protocol.read_request(text or "")
        except PrimordiaError as error:
            self._outgoing.put(Refusal(_id_of(text), str(error)))
            return
        kind, number = type(request).__name__, getattr(request, "id", 0)
        if self.role == "guest" and kind not in FOR_GUESTS:
            sentence = f"This page may only look; {kind} is for whoever opened the observatory."
            self._outgoing.put(Refusal(number, sentence))
            return
        try:
            self._begin(request)
        except Exception as error:
            self._outgoing.put(Refusal(number, _sentence(error)))

    def _begin(self, request: Any) -> None:
        if isinstance(request, Ready):
            if request.channel in self._channels:
                scene, channel = self._channels[request.channel]
                scene.ready(channel)
        elif isinstance(request, Close):
            self._close(request.channel)
        elif isinstance(request, Look):
            self._look(request)
        elif isinstance(request, Unwatch):
            self._unwatch(request.run)
            self._outgoing.put(Answer(request.id, {}))
        elif len(self._tasks) >= MOST_UNANSWERED:
            raise BadInputError(f"{MOST_UNANSWERED} requests of this page wait for their answers; wait for one.")
        elif isinstance(request, Watch):
            subscription = self._subscribe(request.run)
            self._answering(request.id, lambda: self._watch(request, subscription))
        else:
            self._answering(request.id, lambda: self._reply(request))

    def _look(self, look: Look) -> None:
        scene = self._replies.company.scene(look.run)
        if look.channel not in self._channels and len(self._channels) >= MOST_CHANNELS:
            raise BadInputError(f"This page shows {MOST_CHANNELS} pictures at once already; close one.")
        before = self._channels.pop(look.channel, None)
        self._outgoing.drop(look.channel)
        try:
            # The new one first: it may be the same picture, which then need not be asked for again.
            self._channels[look.channel] = (scene, scene.look(self, look))
        finally:
            if before is not None:
                before[0].leave(before[1])

    def _close(self, number: int) -> None:
        if number in self._channels:
            scene, channel = self._channels.pop(number)
            scene.leave(channel)
            self._outgoing.drop(number)

    def _subscribe(self, run: str) -> _Subscription:
        self._unwatch(run, channels=False)
        scene = self._replies.company.scene(run)
        subscription = self._watching[run] = _Subscription(scene)
        scene.watchers.add(self)
        return subscription

    def _unwatch(self, run: str, *, channels: bool = True) -> None:
        if run in self._watching:
            self._watching.pop(run).scene.watchers.discard(self)
        if channels:
            for number in [number for number, (scene, _) in self._channels.items() if scene.run == run]:
                self._close(number)

    async def _watch(self, request: Watch, subscription: _Subscription) -> None:
        value = await self._replies.watch(subscription.scene)
        self._outgoing.text(await asyncio.to_thread(protocol.to_text, Answer(request.id, value)))
        subscription.last_row = value["rows"][-1]["step"] if value["rows"] else -1
        subscription.known = value["events"]
        held, subscription.held = subscription.held or [], None
        for message in held:
            if (news := subscription.news(message)) is not None:
                self._outgoing.put(news)

    async def _reply(self, request: Any) -> None:
        value = await self._replies.answer(request, lambda share, what: self.making(request.id, share, what))
        # Long answers take long to write down, and other pages wait for this thread.
        self._outgoing.text(await asyncio.to_thread(protocol.to_text, Answer(request.id, value)))

    def _answering(self, number: int, answer: Callable[[], Coroutine[Any, Any, None]]) -> None:
        task = asyncio.create_task(self._guarded(number, answer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, number: int, answer: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Answer, or say in a sentence why not: whatever is in a folder, the page is told and stays."""
        try:
            await answer()
        except Exception as error:
            self._outgoing.put(Refusal(number, _sentence(error)))


def _sentence(error: Exception) -> str:
    """An error for the page: our own as they are, others with what they are."""
    if isinstance(error, PrimordiaError):
        return str(error)
    said = " ".join(str(error).split()).rstrip(".")
    return f"The observatory could not do this: {type(error).__name__}: {said}."


def _id_of(text: str | None) -> int:
    """The id in a message that could not be read otherwise, so that its refusal finds its way; 0 where it has none."""
    try:
        found = json.loads(text or "")
    except (ValueError, RecursionError):
        return 0
    number = found.get("id") if isinstance(found, dict) else None
    return number if type(number) is int else 0
