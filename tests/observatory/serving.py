"""An observatory in a thread of this process, and pages without a browser."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import itertools
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

import runs
from primordia.observatory import frames
from primordia.observatory.frames import Frame
from primordia.observatory.serving.server import Observatory

WALK = "walk:Walk"
SECONDS = 30.0


class Served:
    """A server over `root`; `stop` ends its runs in order."""

    def __init__(self, root: Path, port: int = 0) -> None:
        self.observatory = Observatory(root, port)
        self.port = self.observatory.port
        self.ended: list[Path] = []
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._thread.start()
        assert self._ready.wait(SECONDS)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with self.observatory.open():
            self._ready.set()
            await self._stop.wait()
            self.ended = [scene.folder.path for scene in await self.observatory.end(asyncio.Event())]

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(SECONDS)
        assert not self._thread.is_alive()

    def get(self, path: str, method: str = "GET", **headers: str) -> http.client.HTTPResponse:
        """One request; names of headers are written with underscores. The body lies under `content`."""
        asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        with contextlib.closing(asked):
            asked.putrequest(method, path, "host" in headers, "accept_encoding" in headers)
            for name, value in headers.items():
                asked.putheader(name.replace("_", "-"), value)
            asked.endheaders()
            answer = asked.getresponse()
            answer.content = answer.read()
            return answer

    def cookie(self, role: str = "owner") -> str:
        """A cookie for a role, without spending a token."""
        return self.observatory.access.cookie(role).split(";")[0]

    @contextlib.contextmanager
    def page(self, role: str = "owner", *, cookie: str = "", **headers: str) -> Iterator[Visitor]:
        """A page that was welcomed."""
        named = {"Cookie": cookie or self.cookie(role), **headers}
        with connect(
            f"ws://127.0.0.1:{self.port}/socket", origin=f"http://127.0.0.1:{self.port}", additional_headers=named,
            compression=None, max_size=None, open_timeout=SECONDS,
        ) as socket:  # fmt: skip
            visitor = Visitor(socket)
            visitor.welcome = visitor.next("Welcome")
            yield visitor


@contextlib.contextmanager
def serving_runs(root: Path) -> Iterator[Served]:
    """A server whose stages know the experiments of the tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("PYTHONPATH", "OPENBLAS_NUM_THREADS"):
            patch.setenv(name, runs.ENVIRONMENT[name])
        served = Served(root)
        yield served
        served.stop()


class Visitor:
    """A page's end of the websocket; what is not asked for yet is kept in order."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.kept: list[Any] = []
        self.welcome: Any = None
        self._ids = itertools.count(1)

    def say(self, kind: str, **fields: Any) -> None:
        self.socket.send(json.dumps({"kind": kind, **fields}))

    def receive(self, seconds: float = SECONDS) -> Any:
        received = self.socket.recv(seconds)
        return frames.from_bytes(received) if isinstance(received, bytes) else json.loads(received)

    def next(self, kind: str, seconds: float = SECONDS, **fields: Any) -> Any:
        """The next message of a kind ("Frame" is a picture) with these fields, kept or to come."""

        def fits(message: Any) -> bool:
            if isinstance(message, Frame):
                return kind == "Frame" and all(getattr(message, name) == value for name, value in fields.items())
            return message["kind"] == kind and all(message[name] == value for name, value in fields.items())

        for at, message in enumerate(self.kept):
            if fits(message):
                return self.kept.pop(at)
        while True:
            message = self.receive(seconds)
            if fits(message):
                return message
            self.kept.append(message)

    def ask(self, kind: str, **fields: Any) -> Any:
        """The value of the answer."""
        number = next(self._ids)
        self.say(kind, id=number, **fields)
        while True:
            for at, message in enumerate(self.kept):
                if not isinstance(message, Frame) and message.get("id") == number and message["kind"] != "Making":
                    del self.kept[at]
                    assert message["kind"] == "Answer", message
                    return message["value"]
            self.kept.append(self.receive())

    def refusal(self, kind: str, **fields: Any) -> str:
        """The sentence of the refusal."""
        number = next(self._ids)
        self.say(kind, id=number, **fields)
        return str(self.next("Refusal", id=number)["sentence"])

    def begin(self, *, paused: bool = False, **settings: Any) -> str:
        """Start a walk, a step of which takes a millisecond; returns its id."""
        schedule = {"steps": 100_000, "every": 50}
        settings = {"microseconds": 1000, **settings}
        return str(
            self.ask("Begin", experiment=WALK, preset="", settings=settings, schedule=schedule, paused=paused)["run"]
        )

    def look(self, run: str, channel: int = 1, *, step: int | None = None, **tile: int) -> int:
        """Look at the ring; returns the id of the look."""
        number = next(self._ids)
        place = {"top": 0, "left": 0, "rows": 0, "columns": 0, "stride": 1, **tile}
        self.say("Look", id=number, channel=channel, run=run, view="ring", step=step, **place)
        return number

    def steer(self, run: str, action: str, n: int = 0) -> None:
        self.ask("Steer", run=run, action=action, n=n, pictures_per_second=30.0)

    def quiet_for(self, seconds: float, kind: str = "Frame") -> bool:
        """Whether nothing of this kind comes for so long."""
        with contextlib.suppress(TimeoutError):
            self.next(kind, seconds)
            return False
        return True
