"""A stage on which a recorded run is looked at: any step of it, with nothing of it changed."""

from __future__ import annotations

import collections
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, final

from primordia.core.errors import BadInputError, PrimordiaError, UnknownNameError
from primordia.engine.folder import Opened, RunFolder
from primordia.engine.lease import is_live
from primordia.engine.opening import open_run
from primordia.engine.ring import Instant
from primordia.observatory.pipe import Pipe
from primordia.observatory.stages import answering
from primordia.observatory.stages.following import Follower, last_step
from primordia.observatory.stages.painter import Canvas, refuse_sight, send_picture, sentence
from primordia.observatory.stages.painting import Look, Sights
from primordia.observatory.stages.reel import Reel
from primordia.observatory.stages.timeline import Timeline

QUIET_SECONDS = 0.3
"""A replay that takes longer says how far it is."""
TELL_SECONDS = 0.25


def run(pipe: Pipe, message: Mapping[str, Any]) -> None:
    """Open the run that the first message names, and serve until the server goes away.

    "follow" false keeps it from telling what another process adds to the run.
    """
    try:
        opened = open_run(RunFolder(Path(message["folder"])))
        opened.folder.events.read()
    except Exception as error:
        if not isinstance(error, PrimordiaError | OSError):
            traceback.print_exception(error)
        pipe.send({"say": "refused", "sentence": sentence(error, "Opening this run")})
        return
    try:
        pipe.send({"say": "opened", "run": opened.folder.path.name, "folder": str(opened.folder.path)})
        Replay(pipe, opened, follow=bool(message.get("follow", True))).perform()
    except EOFError:
        return


@final
class Replay:
    """Draws and answers at any step of a recorded run, one thing after the other, in the thread of `perform`.

    A sight that is turned or closed while its step is replayed to stops that replay; how far it came is remembered.

    Args:
        pipe: to the server.
        opened: the run.
        follow: whether to tell of rows, events and progress that another process adds.
    """

    def __init__(self, pipe: Pipe, opened: Opened, *, follow: bool) -> None:
        self.pipe, self.opened = pipe, opened
        self.timeline = Timeline(opened)
        self.canvas = Canvas(opened.experiment.views)
        self.sights = Sights()
        self.reels: dict[str, Reel] = {}
        self._requests: collections.deque[Mapping[str, Any]] = collections.deque()
        self._gone = False
        self._follower = Follower(pipe, opened.folder, self._moved) if follow else None

    def perform(self) -> None:
        """Serve until the server goes away."""
        threading.Thread(target=self._listen, name="listener", daemon=True).start()
        if self._follower:
            self._follower.begin()
        while (job := self._next()) is not None:
            try:
                job()
            except EOFError:
                return

    def _next(self) -> Callable[[], None] | None:
        """What is to be done next, questions first; waits for it. None at the end."""
        with self.sights.changed:
            while not self._gone:
                if self._requests:
                    request = self._requests.popleft()
                    return lambda: self._answer(request)
                if look := self._owed():
                    return lambda: self._show(look)
                self.sights.changed.wait()
        return None

    def _owed(self) -> Look | None:
        """The first look that a picture can be made for; one at the newest step waits for a step to come."""
        for look, shown in self.sights.waiting():
            if shown is None or (look.step is None and self._last() > shown):
                return look
        return None

    def _last(self) -> int:
        """The last step, or none while the folder cannot be read: whoever asks for it next is told why."""
        try:
            return last_step(self.opened.folder)
        except (PrimordiaError, OSError):
            return -1

    def _show(self, look: Look) -> None:
        step: int | None = None
        try:
            step = last_step(self.opened.folder) if look.step is None else look.step
            picture = self._picture(look, step)
        except Exception as error:  # A view or a step is the experiment's own code.
            if self.sights.take(look, step if step is not None else -1):
                refuse_sight(self.pipe, look, sentence(error, f"Showing the view {look.view}"))
            return
        if picture is not None and self.sights.take(look, step):
            revision, pixels = picture
            send_picture(self.pipe, look, (step, revision), pixels)

    def _picture(self, look: Look, step: int) -> tuple[int, Any] | None:
        """Revision and whole picture of a look's view; None when nobody waits for it any longer."""
        if look.view not in self.opened.experiment.views:
            raise UnknownNameError("view", look.view, self.opened.experiment.views)
        if (altered := self.timeline.refresh()) is not None:
            for reel in self.reels.values():
                reel.forget_from(altered)
        reel = self.reels.setdefault(look.view, Reel())
        kept = reel.at(step)
        if kept is not None:
            return kept
        instant = self._seek(step, {"sight": look.sight}, lambda: self.sights.wanted(look))
        if instant is None:
            return None
        pixels = self.canvas.picture(look.view, instant)
        reel.put(step, instant.revision, pixels)
        return instant.revision, pixels

    def _seek(self, step: int, whom: Mapping[str, Any], wanted: Callable[[], bool]) -> Instant | None:
        last = last_step(self.opened.folder)
        # One that goes on elsewhere may be further than it has written down.
        if step > last and not is_live(self.opened.folder):
            raise BadInputError(f"The run {self.opened.folder.path.name} got to step {last}, not to {step}.")
        told = time.monotonic() + QUIET_SECONDS - TELL_SECONDS

        def go_on(share: float) -> bool:
            nonlocal told
            if time.monotonic() - told > TELL_SECONDS:
                told = time.monotonic()
                what = f"replaying to {self.opened.experiment.step_word} {step}"
                self.pipe.send({"say": "making", **whom, "share": share, "what": what})
            return wanted() and not self._gone

        return self.timeline.seek(step, go_on)

    def _answer(self, request: Mapping[str, Any]) -> None:
        whom = {"id": request["id"]}
        try:
            if request["kind"] not in answering.QUESTIONS:
                raise BadInputError("This run is recorded: it can be looked at and forked, not steered.")
            step = last_step(self.opened.folder) if request["step"] is None else int(request["step"])
            instant = self._seek(step, whom, lambda: True)
            if instant is None:
                return
            value = answering.answer(self.opened, instant, self.canvas.size, request)
            reply = {"say": "answer", **whom, "value": value}
        except EOFError:
            raise
        except Exception as error:  # Experiments raise what they like; whoever asked is told.
            reply = {"say": "refusal", **whom, "sentence": sentence(error, str(request["kind"]))}
        self.pipe.send(reply)

    def _moved(self) -> None:
        """The run got further."""
        with self.sights.changed:
            self.sights.changed.notify_all()

    def _listen(self) -> None:
        try:
            while True:
                self._hear(self.pipe.receive()[0])
        except (EOFError, BadInputError):
            with self.sights.changed:
                self._gone = True
                self.sights.changed.notify_all()
            if self._follower:
                self._follower.end()

    def _hear(self, message: Mapping[str, Any]) -> None:
        self.sights.hear(message)
        if message.get("do") == "request":
            with self.sights.changed:
                self._requests.append(message["request"])
                self.sights.changed.notify_all()
