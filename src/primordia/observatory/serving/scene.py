"""A run that pages look at or that runs here: its stages, its sights, and who is told of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, final

from primordia.core.errors import BadInputError
from primordia.engine.folder import RunFolder
from primordia.observatory import protocol
from primordia.observatory.protocol import Happened, Look, Progress, Rows
from primordia.observatory.serving.actor import Actor, Heard
from primordia.observatory.serving.sights import Allowance, Channel, Sight, Wanted, Watcher, wanted

PAUSE_SECONDS = 0.5
OF_THE_LIVE = frozenset({"Steer", "Rules", "Intervene"})
"""Requests that only the process that runs a run can answer."""


@final
class Scene:
    """One run.

    Args:
        folder: of the run.
        run: its id, as pages know it.
        replaying: makes a replay stage, given who hears it and who is told of its end; or refuses in a sentence.
        allowance: for pictures, of the whole server.
    """

    def __init__(
        self,
        folder: RunFolder,
        run: str,
        replaying: Callable[[Scene, Heard, Callable[[str], None]], Actor],
        allowance: Allowance,
    ) -> None:
        self.folder = folder
        self.run = run
        self.live: Actor | None = None
        self.replay: Actor | None = None
        self.watchers: set[Watcher] = set()
        self.used = asyncio.get_running_loop().time()
        self.progress: dict[str, Any] | None = None
        self._replaying, self._allowance = replaying, allowance
        self._sights: dict[int, tuple[Sight, Actor]] = {}
        self._last_number = 0

    @property
    def looked_at(self) -> bool:
        """Whether some page shows a picture of it."""
        return bool(self._sights)

    # What pages want.

    def look(self, page: Watcher, look: Look) -> Channel:
        """Open a channel.

        Raises:
            BadInputError: a number of the look is out of range, or no stage can be had.
        """
        asked = wanted(look)
        channel = Channel(page, look.channel, look.id)
        same = [sight for sight, _ in self._sights.values() if sight.wanted == asked]
        sight = same[0] if same else self._open(asked)
        sight.channels.append(channel)
        sight.give(channel)
        return channel

    def ready(self, channel: Channel) -> None:
        """The channel's page has drawn its last picture."""
        channel.credit = True
        for sight, _ in list(self._sights.values()):
            if channel in sight.channels:
                sight.give(channel)
                if sight.idle():
                    sight.awaited = True
                    self._ask_for_more(sight)

    def leave(self, channel: Channel) -> None:
        """The channel is closed or turned elsewhere."""
        channel.settle()
        self.used = asyncio.get_running_loop().time()
        for number, (sight, actor) in list(self._sights.items()):
            if channel in sight.channels:
                sight.channels.remove(channel)
                if not sight.channels:
                    del self._sights[number]
                    actor.send({"do": "close", "sight": number})

    async def ask(self, request: Mapping[str, Any], making: Heard | None = None) -> dict[str, Any]:
        """The answer of a stage to a request; `step` None is about the newest state.

        Raises:
            BadInputError: it was refused, nobody runs this run here, or no stage can be had.
        """
        self.used = asyncio.get_running_loop().time()
        if request["kind"] in OF_THE_LIVE:
            return await self._conductor().ask(request, making)
        if self.live is not None:
            try:
                return await self.live.ask(request, making)
            except BadInputError:
                # A step that it no longer has can still be replayed.
                if request.get("step") is None:
                    raise
        return await self._actor(live=False).ask(request, making)

    def begin_replay(self) -> None:
        """Have a replay stage follow a run that another process runs."""
        self._actor(live=False)

    # What stages say.

    def take(self, live: Actor) -> None:
        """This stage runs the run from now on; whoever looks at the newest state looks there."""
        self.live = live
        for number, (sight, actor) in list(self._sights.items()):
            if sight.wanted.step is None:
                actor.send({"do": "close", "sight": number})
                self._send_look(sight, live)

    def hear(self, actor: Actor, message: dict[str, Any], payload: bytes) -> None:
        """Take what a stage of this run says of its own accord."""
        say = message.get("say")
        if say in ("frame", "refusal") or "sight" in message:
            self._pictured(actor, message, payload)
        elif actor is self.live or self.live is None:
            # Of two stages only the one that runs the run speaks for it.
            self._told(str(say), message)

    def lost(self, actor: Actor, why: str) -> None:
        """A stage has ended; whoever looked at a running run looks on at its record, others are told why not."""
        ran = actor is self.live
        if ran:
            self.live = None
            if why or (self.progress or {}).get("mode") != "over":
                self._told("over", {"reason": why})
        if actor is self.replay:
            self.replay = None
        if ran:
            # Not at once: a page that begins the next run looks there in a moment.
            asyncio.get_running_loop().call_later(PAUSE_SECONDS, self._look_on, actor)
            return
        for number in [number for number, (_, of) in self._sights.items() if of is actor]:
            self._sights.pop(number)[0].refuse(why or "The process that replayed this run has ended; look again.")

    # Inside.

    def _conductor(self) -> Actor:
        if self.live is None:
            raise BadInputError(f"{self.run} does not run in this observatory; resume it, or begin it again.")
        return self.live

    def _actor(self, *, live: bool = True) -> Actor:
        """The stage that runs the run, if that will do and there is one, or else the one that replays it."""
        self.used = asyncio.get_running_loop().time()
        if live and self.live is not None:
            return self.live
        if self.replay is None:
            # Known before it can say anything.
            heard: list[Actor] = []
            self.replay = self._replaying(
                self,
                lambda message, payload: self.hear(heard[0], message, payload),
                lambda why: self.lost(heard[0], why),
            )
            heard.append(self.replay)
        return self.replay

    def _open(self, asked: Wanted) -> Sight:
        actor = self._actor()
        self._last_number += 1
        sight = Sight(self._last_number, asked, self._allowance)
        self._send_look(sight, actor)
        return sight

    def _send_look(self, sight: Sight, actor: Actor) -> None:
        self._sights[sight.number] = (sight, actor)
        sight.awaited = True
        actor.send({"do": "look", "sight": sight.number, **sight.wanted._asdict()})

    def _pictured(self, actor: Actor, message: dict[str, Any], payload: bytes) -> None:
        sight, of = self._sights.get(int(message.get("sight", -1)), (None, None))
        if sight is None or of is not actor:
            return
        if message["say"] == "frame":
            sight.receive(message, payload)
        elif message["say"] == "making":
            sight.making(float(message["share"]), str(message["what"]))
        elif actor is self.live and sight.wanted.step is not None:
            del self._sights[sight.number]
            actor.send({"do": "close", "sight": sight.number})
            self._look_at_record(sight)
        else:
            sight.refuse(str(message.get("sentence")))

    def _ask_for_more(self, sight: Sight) -> None:
        """Tell the stage that the next picture may come, once enough time has passed for those that were sent."""
        if (seconds := self._allowance.wait()) > 0:
            asyncio.get_running_loop().call_later(seconds, self._ask_for_more, sight)
            return
        known, actor = self._sights.get(sight.number, (None, None))
        if known is sight and actor is not None:
            actor.send({"do": "ready", "sight": sight.number})

    def _look_on(self, gone: Actor) -> None:
        """Look where a stage now is, at all that was looked at where it is gone."""
        for sight, actor in list(self._sights.values()):
            if actor is gone:
                self._look_at_record(sight)

    def _look_at_record(self, sight: Sight) -> None:
        try:
            self._send_look(sight, self._actor(live=sight.wanted.step is None))
        except BadInputError as error:
            sight.refuse(str(error))

    def _told(self, say: str, message: Mapping[str, Any]) -> None:
        news = self._news(say, message)
        if news is not None:
            for page in list(self.watchers):
                page.tell(news)

    def _news(self, say: str, message: Mapping[str, Any]) -> protocol.Message | None:
        if say == "rows":
            return Rows(self.run, message["rows"])
        if say == "happened":
            return Happened(self.run, message["event"])
        if say == "progress":
            self.progress = {key: message[key] for key in ("step", "revision", "steps_per_second", "mode", "why")}
        elif say == "over":
            before = self.progress or {"step": int(self.folder.record()["step"]), "revision": 0}
            self.progress = {**before, "steps_per_second": 0.0, "mode": "over", "why": str(message.get("reason") or "")}
        else:
            return None
        return Progress(self.run, **self.progress)
