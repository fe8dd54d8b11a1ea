"""A real browser on a real observatory: starting both, and being told of everything that must not happen."""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import runs
from primordia.engine import opening
from primordia.engine.folder import Opened

ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)/\?token=\S+")
CHROMIUM = next((found for name in ("chromium", "chromium-browser") if (found := shutil.which(name))), None)
TESTS = Path(__file__).parents[1]
WIDE, NARROW = {"width": 1280, "height": 720}, {"width": 390, "height": 844}
PATIENCE_SECONDS = 45.0


def until(holds: Callable[[], Any], what: str = "what is waited for") -> Any:
    """Wait until something holds, and return it.

    Playwright's own way of waiting for an expression is forbidden by the page's content policy.
    """
    ends = time.monotonic() + PATIENCE_SECONDS
    while not (found := holds()):
        assert time.monotonic() < ends, f"{what} did not come to hold in {PATIENCE_SECONDS:.0f} seconds"
        time.sleep(0.02)
    return found


def value(page: Any, expression: str) -> Any:
    """The value of an expression about `primordia`; None where no run is shown."""
    return page.evaluate(f"window.primordia ? ({expression}) : null")


def drawn(page: Any) -> int | None:
    """The step of the picture that is shown; None before there is one."""
    step = value(page, "primordia.lastFrame()?.step")
    return None if step is None else int(step)


@dataclasses.dataclass
class Observatory:
    """A process of `primordia watch` over a folder of runs; `said` is what it complained of."""

    root: Path
    words: tuple[str, ...] = ()
    port: int = 0
    address: str = ""
    guests: str = ""
    process: subprocess.Popen[str] | None = None
    said: IO[str] | None = None
    held: str = ""

    def start(self) -> Observatory:
        """Start it and wait for the line with its address."""
        command = [sys.executable, "-m", "primordia", "watch", *self.words, "--root", str(self.root), "--no-open"]
        known = os.pathsep.join([str(TESTS / "browser"), runs.ENVIRONMENT["PYTHONPATH"]])
        environment = {**runs.ENVIRONMENT, "PYTHONPATH": known, "NO_COLOR": "1", "COLUMNS": "400"}
        self.said = tempfile.TemporaryFile("w+")  # noqa: SIM115  # `stop` closes it
        self.process = subprocess.Popen(
            [*command, "--port", str(self.port)], stdout=subprocess.PIPE, stderr=self.said, text=True, env=environment
        )
        assert self.process.stdout is not None
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if found := ADDRESS.search(line):
                self.address, self.port = found[0], int(found[1])
                if "--read-only" in self.words:
                    self.guests = ADDRESS.search(self.process.stdout.readline())[0]
                return self
        raise AssertionError(f"no address was printed: {lines}")

    def stop(self, number: int = signal.SIGINT) -> None:
        """End it in order, or with another signal; it must have complained of nothing."""
        if self.process is None or self.said is None or self.process.stdout is None:
            return
        self.process.send_signal(number)
        self.process.wait(timeout=PATIENCE_SECONDS)
        self.process.stdout.close()
        self.process = None
        self.said.seek(0)
        with contextlib.closing(self.said):
            said = self.said.read()
        assert said == "", said

    @property
    def home(self) -> str:
        """Its address without a token, for whoever holds its cookie."""
        return f"http://127.0.0.1:{self.port}/"

    @property
    def cookie(self) -> str:
        """The cookie that its token is good for, exchanged when it is first asked for: name=value."""
        if not self.held:
            asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
            with contextlib.closing(asked):
                asked.request("GET", self.address.split(str(self.port), 1)[1].split("#")[0])
                answer = asked.getresponse()
                answer.read()
            assert answer.status == 200
            self.held = answer.headers["set-cookie"].split(";")[0]
        return self.held

    def ask(self, kind: str, **fields: Any) -> Any:
        """The answer to one request, asked as another page."""
        from websockets.sync.client import connect

        with connect(
            self.home.replace("http", "ws") + "socket", origin=self.home.rstrip("/"),
            additional_headers={"Cookie": self.cookie}, compression=None, max_size=None, open_timeout=PATIENCE_SECONDS,
        ) as socket:  # fmt: skip
            socket.send(json.dumps({"kind": kind, "id": 1, **fields}))
            while True:
                received = socket.recv(PATIENCE_SECONDS)
                message = json.loads(received) if isinstance(received, str) else {}
                if message.get("id") == 1 and message["kind"] != "Making":
                    assert message["kind"] == "Answer", message
                    return message["value"]

    def begin(self, experiment: str, *, steps: int = 400, paused: bool = True, **settings: Any) -> str:
        """Start a run; returns its id."""
        schedule = {"steps": steps, "every": 4, "checkpoint_every": 10}
        asked = {"experiment": experiment, "preset": "", "settings": settings, "schedule": schedule}
        return str(self.ask("Begin", **asked, paused=paused)["run"])

    def opened(self, run: str) -> Opened:
        """A run as Python reads it."""
        return opening.open_run(opening.find(self.root, run))


@contextlib.contextmanager
def observatory_over(root: Path, *words: str) -> Iterator[Observatory]:
    """An observatory that ends with its use."""
    observatory = Observatory(root, words).start()
    try:
        yield observatory
    finally:
        observatory.stop()


@dataclasses.dataclass
class Watched:
    """A page with what it did wrong: console errors, uncaught exceptions, requests that leave the machine."""

    page: Any
    complaints: list[str] = dataclasses.field(default_factory=list)
    away: list[str] = dataclasses.field(default_factory=list)
    forgiven: tuple[str, ...] = ()

    def listen(self) -> Watched:
        """Count and block what must not happen, from now on."""
        self.page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.route(lambda address: not _at_home(address), self._refuse)
        return self

    def _refuse(self, route: Any) -> None:
        self.away.append(route.request.url)
        route.abort()

    def judge(self) -> None:
        """Nothing left the machine and nothing was complained about."""
        unforgiven = [said for said in self.complaints if not any(word in said for word in self.forgiven)]
        assert self.away == unforgiven == [], (self.away, unforgiven)


def _at_home(address: str) -> bool:
    return address.startswith(("http://127.0.0.1:", "data:", "blob:", "about:", "file:"))


@contextlib.contextmanager
def browsed(browser: Any, where: str | Observatory, page: str = "", **context: Any) -> Iterator[Watched]:
    """A page in a fresh browser profile; what it must not do is judged at its end.

    Args:
        browser: of Playwright.
        where: an address, or an observatory whose cookie is at hand.
        page: what follows the address, such as "#/freezer".
        context: what Playwright's contexts take.
    """
    profile = browser.new_context(**{"viewport": WIDE, "color_scheme": "dark", **context})
    profile.set_default_timeout(1000 * PATIENCE_SECONDS)
    watched = Watched(profile.new_page()).listen()
    if isinstance(where, Observatory):
        name, _, kept = where.cookie.partition("=")
        profile.add_cookies([{"name": name, "value": kept, "url": where.home}])
        where = where.home
    watched.page.goto(where + page)
    yield watched
    profile.close()
    watched.judge()
