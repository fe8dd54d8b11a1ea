"""What it costs a run to be watched: its speed with and without watchers, in turn, and what the server needs.

A run of life/bff is started by `primordia watch`; so many pages look at it through real websockets and take every
picture as soon as it is there, as pages do. Prints for each phase steps a second, the processor time of a step in the
process that runs the run (which a busy machine disturbs less), pictures a second, and what the server needs.

A tenth of all bytes mutates in every epoch (--mutation-rate), so the soup stays random and a step always costs the
same; at the paper's rate it comes to life meanwhile, which changes its speed more than any watcher.

    python benchmarks/observatory.py --watchers 20 --seconds 240 --turns 6
    python benchmarks/observatory.py --watchers 1 --tile 512
"""

import argparse
import asyncio
import http.client
import itertools
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)(/\?token=[\w-]+)#/run/(\S+)")
TICKS = os.sysconf("SC_CLK_TCK")


class Page:
    """A page that counts what it gets; with a channel it looks, without it only hears how far the run is."""

    def __init__(self, port, cookie, run, tile):
        self.port, self.cookie, self.run, self.tile = port, cookie, run, tile
        self.pictures = self.bytes = self.lost = 0
        self.step = -1
        self.ids = itertools.count(1)

    async def live(self, ready):
        """Take what comes until the end."""
        origin = f"http://127.0.0.1:{self.port}"
        async with connect(
            origin.replace("http", "ws") + "/socket", origin=origin, additional_headers={"Cookie": self.cookie},
            compression=None, max_size=None,
        ) as self.socket:  # fmt: skip
            await self.say("Watch", id=next(self.ids), run=self.run)
            ready.set()
            try:
                async for message in self.socket:
                    await self.take(message)
            except ConnectionClosed:
                self.lost += 1

    async def take(self, message):
        """Count one message, and be ready for the next picture."""
        if isinstance(message, bytes):
            self.pictures += 1
            self.bytes += len(message)
            await self.say("Ready", channel=1)
        elif (told := json.loads(message))["kind"] == "Progress":
            self.step, self.at = told["step"], asyncio.get_running_loop().time()

    async def look(self):
        """Open the picture."""
        place = {"top": 0, "left": 0, "rows": self.tile, "columns": self.tile, "stride": 1}
        await self.say("Look", id=next(self.ids), channel=1, run=self.run, view="soup", step=None, **place)

    async def look_away(self):
        """Close it."""
        await self.say("Close", channel=1)

    async def say(self, kind, **fields):
        """Send one request."""
        await self.socket.send(json.dumps({"kind": kind, **fields}))


def cookie_of(port, path):
    asked = http.client.HTTPConnection("127.0.0.1", port)
    asked.request("GET", path)
    return asked.getresponse().getheader("set-cookie").partition(";")[0]


def processor_seconds(pid):
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / TICKS


def resident_mib(pid):
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


async def phase(page, pages, seconds, server, stage):
    """One phase of so many seconds, as figures by name."""
    for watcher in pages:
        await watcher.look()
    await asyncio.sleep(1.0)
    before = (page.step, page.at, processor_seconds(server), processor_seconds(stage), time.process_time())
    seen = [(one.pictures, one.bytes) for one in pages]
    await asyncio.sleep(seconds)
    steps, elapsed = page.step - before[0], page.at - before[1]
    gained = [(one.pictures - count, one.bytes - size) for one, (count, size) in zip(pages, seen, strict=True)]
    figures = {
        "speed": steps / elapsed,
        "cost": (processor_seconds(stage) - before[3]) / max(steps, 1),
        "pictures": statistics.median(count for count, _ in gained) / seconds if gained else 0.0,
        "amount": sum(size for _, size in gained) / seconds / 2**20,
        "server": (processor_seconds(server) - before[2]) / seconds,
        "pages": (time.process_time() - before[4]) / seconds,
    }
    for watcher in pages:
        await watcher.look_away()
    return figures


async def measure(port, path, run, server, wanted):
    cookie = cookie_of(port, path)
    pages = [Page(port, cookie, run, wanted.tile) for _ in range(1 + wanted.watchers)]
    tasks = []
    for page in pages:
        ready = asyncio.Event()
        tasks.append(asyncio.create_task(page.live(ready)))
        await ready.wait()
    while pages[0].step < wanted.warm:
        await asyncio.sleep(0.1)
    (stage,) = children(server)
    each = wanted.seconds / (2 * wanted.turns)
    pairs, memory = [], [(resident_mib(server), resident_mib(stage))]
    print(f"phases of {each:.0f} s: steps/s alone, watched; processor ms of a step alone, watched; "
          "pictures/s of a page; MiB/s of all; cores that the server and the pages take")  # fmt: skip
    for _ in range(wanted.turns):
        alone = await phase(pages[0], [], each, server, stage)
        watched = await phase(pages[0], pages[1:], each, server, stage)
        pairs.append((alone, watched))
        memory.append((resident_mib(server), resident_mib(stage)))
        speeds = f"{alone['speed']:7.2f} {watched['speed']:7.2f}"
        costs = f"{1e3 * alone['cost']:7.1f} {1e3 * watched['cost']:7.1f}"
        print(f"  {speeds}   {costs}   {watched['pictures']:6.1f} {watched['amount']:6.1f}"
              f"   {watched['server']:.2f} {watched['pages']:.2f}", flush=True)  # fmt: skip
    slower = [1 - watched["speed"] / alone["speed"] for alone, watched in pairs]
    dearer = [watched["cost"] / alone["cost"] - 1 for alone, watched in pairs]
    for name, found in (("slower", slower), ("processor time of a step more", dearer)):
        print(f"{name} by {100 * statistics.median(found):+.1f} % (median), "
              f"from {100 * min(found):+.1f} to {100 * max(found):+.1f} %")  # fmt: skip
    print("memory of server and stage, MiB: " + ", ".join(f"{one:.0f} and {two:.0f}" for one, two in memory))
    print(f"pages that were disconnected: {sum(page.lost for page in pages)}")
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--watchers", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=120.0, help="of measuring, half of it watched")
    parser.add_argument("--turns", type=int, default=4)
    parser.add_argument("--tile", type=int, default=512, help="rows and columns of the picture that pages look at")
    parser.add_argument("--warm", type=int, default=30, help="steps before anything is measured")
    parser.add_argument("--preset", default="demo")
    parser.add_argument("--mutation-rate", default="0.1", help="of the soup")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as root:
        command = [sys.executable, "-m", "primordia", "watch", "life/bff", "--preset", wanted.preset, "--root", root]
        command += ["--steps", "1000000", "--stop", "none", "--no-open"]
        command += ["--set", f"mutation_rate={wanted.mutation_rate}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            port, path, run = ADDRESS.search(server.stdout.readline()).groups()
            try:
                asyncio.run(measure(int(port), path, run, server.pid, wanted))
            finally:
                server.send_signal(signal.SIGINT)
                server.communicate()


if __name__ == "__main__":
    main()
