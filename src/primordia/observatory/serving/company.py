"""All stages of a server: which run has which, who starts and ends them, and how many there may be."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, final

from primordia.core.errors import BadInputError
from primordia.engine.folder import RunFolder
from primordia.observatory.serving import catalogue
from primordia.observatory.serving.actor import Actor, Heard
from primordia.observatory.serving.scene import Scene
from primordia.observatory.serving.sights import Allowance

MOST_LIVE = max(4, os.cpu_count() or 1)
MOST_REPLAYS = 12
MOST_MAKING = 2
PICTURE_BYTES_PER_SECOND = 32 * 2**20
"""Enough for pictures of 512 x 512 cells on twenty pages, six a second."""
IDLE_SECONDS = 60.0
"""A replay stage that nobody looks at ends after so long."""
ROUND_SECONDS = 5.0


@final
class Company:
    """The runs that pages look at or that run here. Belongs to one event loop.

    Args:
        root: the folder of all runs.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._allowance = Allowance(PICTURE_BYTES_PER_SECOND, asyncio.get_running_loop().time)
        self._scenes: dict[str, Scene] = {}
        self._actors: set[Actor] = set()
        self._making = self._starting = 0
        self._housekeeper = asyncio.create_task(self._keep_house())

    def scene(self, run: str) -> Scene:
        """The run of this id.

        Raises:
            RunFolderError: there is none.
        """
        if run not in self._scenes:
            self._scenes[run] = Scene(catalogue.find(self.root, run), run, self._replay, self._allowance)
        return self._scenes[run]

    def known(self, run: str) -> Scene | None:
        """The run, if anybody has looked at it of late or it runs here."""
        return self._scenes.get(run)

    def live(self) -> list[Scene]:
        """The runs that run here, oldest first."""
        return [scene for scene in self._scenes.values() if scene.live is not None]

    async def begin(self, first: Mapping[str, Any]) -> Scene:
        """Have a stage start, resume or fork a run; returns once it runs.

        Raises:
            BadInputError: it was refused, the stage died, or as many run already as may.
        """
        if len(self.live()) + self._starting >= MOST_LIVE:
            raise BadInputError(f"{MOST_LIVE} runs are run here already; let one end, or end one.")
        opened: asyncio.Future[Scene] = asyncio.get_running_loop().create_future()

        def hear(message: dict[str, Any], payload: bytes) -> None:
            if opened.done() and not opened.cancelled() and opened.exception() is None:
                opened.result().hear(actor, message, payload)
            elif message.get("say") == "opened":
                scene = self._opened(actor, message)
                if not opened.done():
                    opened.set_result(scene)
            elif message.get("say") == "refused" and not opened.done():
                opened.set_exception(BadInputError(str(message.get("sentence"))))

        def gone(why: str) -> None:
            self._actors.discard(actor)
            if not opened.done():
                opened.set_exception(BadInputError(why or "The run was not started."))
            elif opened.exception() is None:
                opened.result().lost(actor, why)

        actor = Actor(first, hear, gone)
        self._actors.add(actor)
        self._starting += 1
        opened.add_done_callback(self._started)
        # A page that goes meanwhile does not keep a run from starting.
        return await asyncio.shield(opened)

    async def make(self, first: Mapping[str, Any], making: Callable[[float, str], None]) -> dict[str, Any]:
        """Have a stage make a file; `making` hears how far it has come. Returns its answer.

        Raises:
            BadInputError: it was refused, or the stage died, or too many are made at once.
        """
        if self._making >= MOST_MAKING:
            raise BadInputError(f"{MOST_MAKING} files are being made already; try again when one is done.")
        self._making += 1
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()

        def hear(message: dict[str, Any], payload: bytes) -> None:
            say = message.get("say")
            if say == "making":
                making(float(message["share"]), str(message["what"]))
            elif say == "answer" and not answer.done():
                answer.set_result(message.get("value") or {})
            elif say in ("refusal", "refused") and not answer.done():
                answer.set_exception(BadInputError(str(message.get("sentence"))))

        def gone(why: str) -> None:
            self._actors.discard(actor)
            if not answer.done():
                answer.set_exception(BadInputError(why or "The file was not made."))

        actor = Actor(first, hear, gone)
        self._actors.add(actor)
        try:
            return await answer
        finally:
            self._making -= 1
            # Made, refused, or no longer wanted: in each case it has nothing left to do.
            actor.dismiss()

    async def end(self, at_once: asyncio.Event) -> list[Scene]:
        """Have every stage leave in order, or at once when that event is set; returns the runs that ran here."""
        self._housekeeper.cancel()
        ran = self.live()
        actors, running = list(self._actors), {scene.live for scene in ran}
        for actor in actors:
            actor.leave()
            if actor not in running and not self._starting:
                actor.kill()
        hurry = asyncio.create_task(at_once.wait())
        all_gone: asyncio.Future[Any] = asyncio.gather(*(actor.wait() for actor in actors))
        waiting: list[asyncio.Future[Any]] = [hurry, all_gone]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        hurry.cancel()
        if not all_gone.done():
            for actor in actors:
                actor.kill()
            await all_gone
        return ran

    def _started(self, opened: asyncio.Future[Scene]) -> None:
        self._starting -= 1

    def _opened(self, actor: Actor, message: Mapping[str, Any]) -> Scene:
        folder = RunFolder(Path(message["folder"]))
        run = catalogue.id_of(self.root, folder.path.resolve())
        if run not in self._scenes:
            self._scenes[run] = Scene(folder, run, self._replay, self._allowance)
        self._scenes[run].take(actor)
        return self._scenes[run]

    def _replay(self, scene: Scene, hear: Heard, gone: Callable[[str], None]) -> Actor:
        """A stage that replays a run; one that nobody looks at gives way where there are too many."""
        replays = [other for other in self._scenes.values() if other.replay is not None]
        if len(replays) >= MOST_REPLAYS:
            idle = [other for other in replays if self._is_idle(other, 0.0)]
            if not idle:
                raise BadInputError(f"{MOST_REPLAYS} recorded runs are shown at once already; close a page of one.")
            self._dismiss(min(idle, key=lambda other: other.used))

        def over(why: str) -> None:
            self._actors.discard(actor)
            gone(why)

        actor = Actor(
            # A run that runs here is told of by the stage that runs it.
            {"do": "replay", "folder": str(scene.folder.path), "follow": scene.live is None},
            hear,
            over,
        )
        self._actors.add(actor)
        return actor

    def _is_idle(self, scene: Scene, seconds: float) -> bool:
        replay = scene.replay
        if replay is None or replay.busy or scene.looked_at or (scene.watchers and seconds > 0 and _elsewhere(scene)):
            return False
        return asyncio.get_running_loop().time() - scene.used >= seconds

    def _dismiss(self, scene: Scene) -> None:
        if scene.replay is not None:
            scene.replay.dismiss()
            scene.replay = None

    async def _keep_house(self) -> None:
        while True:
            await asyncio.sleep(ROUND_SECONDS)
            for run, scene in list(self._scenes.items()):
                if self._is_idle(scene, IDLE_SECONDS):
                    self._dismiss(scene)
                if not (scene.watchers or scene.looked_at or scene.live or scene.replay):
                    del self._scenes[run]


def _elsewhere(scene: Scene) -> bool:
    """Whether another process runs it, so that its replay stage is what tells of it."""
    return scene.live is None and (scene.progress or {}).get("mode") == "elsewhere"
