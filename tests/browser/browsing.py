"""A real browser on a real observatory: starting both, and being told of everything that must not happen."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)/\?token=\S+")
CHROMIUM = next((found for name in ("chromium", "chromium-browser") if (found := shutil.which(name))), None)
TESTS = Path(__file__).parents[1]


@dataclasses.dataclass
class Observatory:
    """A process of `primordia watch` over a folder of runs."""

    root: Path
    words: tuple[str, ...] = ()
    port: int = 0
    address: str = ""
    process: subprocess.Popen[str] | None = None

    def start(self) -> Observatory:
        """Start it and wait for the line with its address."""
        command = [sys.executable, "-m", "primordia", "watch", *self.words, "--root", str(self.root), "--no-open"]
        environment = {**os.environ, "PYTHONPATH": str(TESTS), "NO_COLOR": "1", "COLUMNS": "400"}
        self.process = subprocess.Popen(
            [*command, "--port", str(self.port)], stdout=subprocess.PIPE, text=True, env=environment
        )
        assert self.process.stdout is not None
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if found := ADDRESS.search(line):
                self.address, self.port = found[0], int(found[1])
                return self
        raise AssertionError(f"no address was printed: {lines}")

    def stop(self, number: int = signal.SIGINT) -> None:
        """End it in order, or with another signal."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(timeout=30)
            if self.process.stdout is not None:
                self.process.stdout.close()
            self.process = None


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
        assert self.away == []
        assert [said for said in self.complaints if not any(word in said for word in self.forgiven)] == []


def _at_home(address: str) -> bool:
    return address.startswith(("http://127.0.0.1:", "data:", "blob:", "about:", "file:"))
