"""Stages in threads of this process, and in processes of their own, as a server sees them."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from primordia.core.streams import Streams
from primordia.observatory.pipe import Pipe
from primordia.observatory.stages import stage
from runs import ENVIRONMENT

SECONDS = 20.0
WHOLE = {"top": 0, "left": 0, "rows": 0, "columns": 0, "stride": 1}
SCHEDULE = {"steps": 40, "every": 4, "checkpoint_every": 10}


def beginning(root: Path, **changes: Any) -> dict[str, Any]:
    """The first message for a walk; `changes` replace parts of it."""
    plain = {"do": "start", "experiment": "walk:Walk", "preset": "", "settings": {}, "schedule": SCHEDULE}
    return {**plain, "root": str(root), "paused": False, "command": "a test", **changes}


class Stage:
    """One stage and all that it has said; what is awaited comes within `SECONDS`, or the test fails."""

    all: ClassVar[list[Stage]] = []

    def __init__(self, first: dict[str, Any], *, process: bool = False) -> None:
        Stage.all.append(self)
        self.pipe, theirs = Pipe.pair()
        self.said: list[dict[str, Any]] = []
        self.frames: queue.Queue[tuple[dict[str, Any], np.ndarray]] = queue.Queue()
        self._news = threading.Condition()
        self.is_gone = False
        self.process: subprocess.Popen[bytes] | None = None
        if process:
            command = [sys.executable, "-m", "primordia.observatory.stages.stage", str(theirs)]
            self.process = subprocess.Popen(command, pass_fds=[theirs], env=ENVIRONMENT)
            os.close(theirs)
        else:
            self.thread = threading.Thread(target=self._serve, args=(Pipe(theirs),), daemon=True)
            self.thread.start()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self.pipe.send(first)

    def _serve(self, pipe: Pipe) -> None:
        try:
            stage.serve(pipe)
        finally:
            pipe.close()

    def _listen(self) -> None:
        try:
            while True:
                message, payload = self.pipe.receive()
                if message["say"] == "frame":
                    pixels = np.frombuffer(payload, np.uint8).reshape(message["rows"], message["columns"])
                    self.frames.put((message, pixels))
                with self._news:
                    self.said.append(message)
                    self._news.notify_all()
        except EOFError:
            with self._news:
                self.is_gone = True
                self._news.notify_all()

    def await_(self, wanted: Any, since: int = 0) -> dict[str, Any]:
        """The first message for which `wanted` holds; `since` skips so many of those that came."""
        found: list[dict[str, Any]] = []

        def came() -> bool:
            found[:] = [message for message in self.said[since:] if wanted(message)][:1]
            return bool(found) or self.is_gone

        with self._news:
            assert self._news.wait_for(came, SECONDS), self.said[-5:]
        assert found, self.said[-5:]
        return found[0]

    def says(self, say: str, **parts: Any) -> dict[str, Any]:
        return self.await_(lambda message: message["say"] == say and parts.items() <= message.items())

    def ask(self, kind: str, number: int, **fields: Any) -> dict[str, Any]:
        """The answer's value, or the refusal's sentence under "sentence"."""
        self.pipe.send({"do": "request", "request": {"kind": kind, "id": number, "run": "", **fields}})
        reply = self.await_(lambda message: message.get("id") == number and message["say"] in ("answer", "refusal"))
        return reply["value"] if reply["say"] == "answer" else reply

    def steer(self, number: int, action: str, n: int = 0, pictures: float = 0.0) -> dict[str, Any]:
        return self.ask("Steer", number, action=action, n=n, pictures_per_second=pictures)

    def look(self, sight: int = 1, view: str = "ring", step: int | None = None, **tile: int) -> None:
        self.pipe.send({"do": "look", "sight": sight, "view": view, "step": step, **WHOLE, **tile})

    def ready(self, sight: int = 1) -> None:
        self.pipe.send({"do": "ready", "sight": sight})

    def frame(self) -> tuple[dict[str, Any], np.ndarray]:
        return self.frames.get(timeout=SECONDS)

    def picture(self, step: int | None, **look: Any) -> tuple[dict[str, Any], np.ndarray]:
        """Look and wait for the picture."""
        self.look(step=step, **look)
        return self.frame()

    def paused_at(self, step: int) -> dict[str, Any]:
        return self.says("progress", mode="paused", step=step)

    def hang_up(self) -> None:
        self.pipe.close()
        self.over()

    @classmethod
    def close_all(cls) -> None:
        """What is left of the stages of a test ends."""
        while cls.all:
            stage = cls.all.pop()
            stage.hang_up()
            stage._listener.join(SECONDS)

    def over(self) -> None:
        """Until nothing of it is left."""
        if self.process is not None:
            self.process.wait(SECONDS)
        else:
            self.thread.join(SECONDS)
            assert not self.thread.is_alive()


def drawn(experiment: Any, config: Any, state: Any, view: str = "ring") -> np.ndarray:
    return experiment.views[view].pixels(config, state, view)


def plain_states(experiment: Any, config: Any, steps: int) -> list[Any]:
    """The states of a run that nobody touches, from step 0 on."""
    streams = Streams(config.seed)
    states = [experiment.init(config, streams)]
    for t in range(steps):
        states.append(experiment.step(config, states[-1], streams, t)[0])
    return states


def settled(condition: Any) -> None:
    """Until a condition holds that nothing tells of."""
    until = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.005)
