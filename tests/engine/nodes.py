"""Machines of a Ray cluster, played by processes of this one: each can be killed as a whole at any instant."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from runs import ENVIRONMENT

SECONDS = 90.0
LOOPBACK = "127.0.0.1"
MARKS = [
    pytest.mark.cluster,
    pytest.mark.usefixtures("ray_draws_ports"),
    # Sockets and files that Ray leaves to the collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),
]
"""Of every file of tests whose process is a driver of a Ray cluster."""


class Cluster:
    """A head that computes nothing, and nodes that come and go. `environment` is what its drivers need."""

    def __init__(self) -> None:
        # Ray keeps sockets in there, whose paths may not be longer than a hundred characters.
        self.folder = Path(tempfile.mkdtemp(prefix="ray"))
        self.environment = {
            **ENVIRONMENT,
            "HOME": str(self.folder),
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": secrets.token_hex(32),
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
        }
        with socket.socket() as free:
            free.bind((LOOPBACK, 0))
            port = free.getsockname()[1]
        self.address = f"{LOOPBACK}:{port}"
        self.nodes: list[Node] = []
        self.head = Node(
            self,
            ["--head", f"--port={port}", "--num-cpus=0", "--include-dashboard=false", f"--temp-dir={self.folder}/ray"],
        )
        self.head.await_start()

    def join(self) -> Node:
        """One more node, of one core; `await_start` it."""
        node = Node(self, [f"--address={self.address}", "--num-cpus=1"])
        self.nodes.append(node)
        return node

    def close(self) -> None:
        for node in [*self.nodes, self.head]:
            node.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class Node:
    def __init__(self, cluster: Cluster, settings: list[str]) -> None:
        command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--block", "--disable-usage-stats"]
        command += ["--object-store-memory=80000000", f"--node-ip-address={LOOPBACK}"]
        self.said = (cluster.folder / f"node{secrets.token_hex(4)}").open("w+")
        self.process = subprocess.Popen(
            [*command, *settings], env=cluster.environment, cwd=cluster.folder, stdout=self.said, stderr=self.said
        )

    def await_start(self) -> Node:
        until = time.monotonic() + SECONDS
        while "Ray runtime started" not in Path(self.said.name).read_text():
            assert self.process.poll() is None, Path(self.said.name).read_text()
            assert time.monotonic() < until, Path(self.said.name).read_text()
            time.sleep(0.1)
        return self

    def processes(self) -> list[int]:
        return [self.process.pid, *descendants(self.process.pid)]

    def kill(self) -> None:
        """As if the power went: everything that runs there is gone at once."""
        pids = self.processes() if self.process.poll() is None else []
        # Stopped first, so that nobody sees a neighbour die and does something about it.
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
        self.process.wait()
        self.said.close()


def descendants(pid: int) -> list[int]:
    try:
        told = [(task / "children").read_text().split() for task in Path(f"/proc/{pid}/task").iterdir()]
    except (OSError, ValueError):
        return []
    children = [int(child) for some in told for child in some]
    return children + [below for child in children for below in descendants(child)]


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def workers(node: Node) -> list[int]:
    """The processes on a node that compute cells."""
    return [pid for pid in node.processes() if "primordia.engine.executors.worker" in command_of(pid)]
