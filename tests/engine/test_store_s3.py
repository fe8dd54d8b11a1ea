"""Sweeps in a store that speaks S3, over HTTP on loopback: the command line, killed drivers and workers, one driver."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from primordia.engine import opening
from primordia.engine.folder import RunFolder
from primordia.engine.sweeps.store import Store
from primordia.engine.sweeps.storelock import StoreLock
from runs import ENVIRONMENT, leavings, start, transitions

pytestmark = pytest.mark.cluster
pytest.importorskip("s3fs")
pytest.importorskip("moto.server")

N_CELLS = 6
SETTINGS = {"microseconds": 40000, "n_sites": 16}
SWEEP = ("walk:Walk", "--seeds", f"0:{N_CELLS}", *(f"--set={key}={value}" for key, value in SETTINGS.items()))
CADENCE = ("--steps", "40", "--every", "4", "--checkpoint-every", "5")
SERVER = """
import sys, time
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """A server of its own process, with one bucket."""
    with subprocess.Popen(
        [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as server:
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"  # type: ignore[union-attr]
        finally:
            server.kill()


@pytest.fixture
def environment(endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Of processes that use the server; of this one too."""
    own = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "PRIMORDIA_CACHE": str(tmp_path / "cache"),
        "TMPDIR": str(tmp_path),
    }
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    bucket = Store("s3://runs")
    if not bucket._files.exists("runs"):
        bucket._files.mkdir("runs")
    return {**ENVIRONMENT, **own}


def sweeping(root: str, environment: dict[str, str], *more: str) -> subprocess.Popen[str]:
    """The command line that begins the sweep, or goes on with it; in a session of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "primordia.cli.main", "sweep", *SWEEP, *CADENCE, "--root", root, "--jobs", "2", *more],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        cwd=environment["TMPDIR"],
    )  # fmt: skip


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def downloaded(root: str, into: Path) -> dict[int, RunFolder]:
    """All runs of the only sweep, fetched whole, by seed."""
    (sweep,) = {name.split("/")[1] for name in Store(root).marks()}
    store = Store(f"{root}/sweeps/{sweep}")
    store.fetch(store.marks(), into)
    return {folder.record()["seed"]: folder for folder in opening.all_folders(into)}


def objects(root: str, ending: str) -> int:
    return sum(name.endswith(ending) for name in Store(root).marks())


def lasting(folder: RunFolder) -> dict[str, bytes]:
    """Rows, pictures, findings and the last state: what the idle time of a step changes nothing of."""
    return {name: told for name, told in leavings(folder, only_last=True).items() if not name.endswith("meta.json")}


def workers_of(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def wait_for(condition: Any) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_sweep_whose_driver_and_workers_are_killed_goes_on_with_the_same_bits(
    environment: dict[str, str], tmp_path: Path
) -> None:
    root = "s3://runs/killed"
    for n_records, also_workers in ((1, False), (4, True)):
        driver = sweeping(root, environment)
        wait_for(lambda n=n_records: objects(root, "run.json") >= n)
        # What is under way now takes 1.6 s.
        time.sleep(1)
        for pid in (*(workers_of(driver.pid) if also_workers else ()), driver.pid):
            os.kill(pid, signal.SIGKILL)
        driver.communicate()
    code, out, err = ended(sweeping(root, environment, "--json"))
    assert (code, err) == (0, "")
    assert json.loads(out)["finished"] == N_CELLS
    found = downloaded(root, tmp_path / "all")
    assert sorted(found) == list(range(N_CELLS))
    for seed, folder in found.items():
        other = start(tmp_path / "plain", seed=seed, n_sites=16, steps=40, every=4, checkpoint_every=5)
        assert lasting(folder) == lasting(other.folder)
        assert transitions(folder) == transitions(other.folder)
        assert sum(event["event"] == "finished" for event in folder.events.read()) == 1
    # Workers whose driver is gone send what they have.
    assert any(event["event"] == "resumed" for folder in found.values() for event in folder.events.read())
    assert objects(root, "lock.json") == 0
    assert not [name for name in Store(root).marks() if "/holders/" in name]
    began = time.monotonic()
    code, out, _ = ended(sweeping(root, environment, "--json"))
    assert code == 0
    assert json.loads(out)["finished"] == N_CELLS
    assert time.monotonic() - began < 20


def test_the_second_driver_is_refused_and_status_tells_how_far_the_first_is(environment: dict[str, str]) -> None:
    root = "s3://runs/two"
    first = sweeping(root, environment)
    wait_for(lambda: objects(root, "lock.json"))
    elsewhere = {**environment, "PRIMORDIA_CACHE": environment["PRIMORDIA_CACHE"] + "2"}
    code, _, err = ended(sweeping(root, elsewhere))
    assert code == 2
    assert f"as pid {first.pid}" in err
    assert "s3://runs/two" in err
    os.kill(first.pid, signal.SIGINT)
    assert ended(first)[0] == 130
    assert objects(root, "lock.json") == 0
    status = [sys.executable, "-m", "primordia.cli.main", "sweep", "status", "latest", "--root", root, "--json"]
    told = subprocess.run(status, env=elsewhere, capture_output=True, text=True, check=True)
    assert str(N_CELLS) in told.stdout


def test_of_many_who_claim_one_name_at_the_same_instant_one_gets_it(environment: dict[str, str]) -> None:
    for name, before in (("new", None), ("stale", b'["elsewhere", 1, "2020-01-01T00:00:00Z", "t"]')):
        store = Store("s3://runs/claims")
        if before:
            store.write({name: before})
        locks, barrier, taken = [StoreLock(store, name) for _ in range(8)], threading.Barrier(8), []

        def take(lock: StoreLock, barrier: threading.Barrier = barrier, taken: list[Any] = taken) -> None:
            barrier.wait()
            if lock.take() is None:
                taken.append(lock)

        threads = [threading.Thread(target=take, args=(lock,)) for lock in locks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(taken) == 1
        assert taken[0].is_ours()
        taken[0].leave()
