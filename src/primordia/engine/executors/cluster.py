"""Cells on the machines of a Ray cluster, each in the very slot that a sweep on one machine has."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import time
import warnings
from collections.abc import Callable
from typing import Any, final

from primordia.core.errors import ConfigError, RunFolderError
from primordia.engine.executors import seat as seats
from primordia.engine.executors.rayconnection import RayConnection
from primordia.engine.executors.seat import Seat
from primordia.engine.sweeps.cells import Ended, Work

LOOK_SECONDS = 2.0
"""How often the cluster is asked for its nodes: one that joins is used that soon, and once a slot stands on it."""
FIRST_SECONDS = 60.0
"""How long the first slots are waited for; a busy cluster may give them later."""
CLOSE_SECONDS = 3.0
MOST_STARTS = 3
"""How often a slot may fail to start on a node before the node is left out."""


@final
@dataclasses.dataclass(eq=False)
class _Place:
    """A slot that stands on a node, or will: `hello` until it has said what it is, `running` while it computes.

    `interruption` is what it was asked for last, until it is renewed.
    """

    node: str
    host: str
    actor: Any
    hello: Any
    running: Any = None
    interruption: Any = None
    work: Work | None = None
    began: float = 0.0


def _warn(sentence: str) -> None:
    warnings.warn(sentence, RuntimeWarning, stacklevel=2)


@final
class Cluster:
    """The executor for many machines. Ray places slots and notices when they are gone; all else is as on one machine.

    On each node of n cores stand n // `n_threads` actors, each with a slot that starts a worker process, looks after
    its budget and replaces it. Nodes that join are used, and those that leave are done without: their cells end as
    died, and the driver begins them again from their last checkpoint. Nothing of a sweep is kept in the cluster.

    Every node needs the same primordia, and the root of the sweep at the same path, or as a URL. One that lacks either
    is left out, and told of once. Ray itself sends what it is given as pickle, so that a cluster must be one's own.

    Without the head of its cluster it cannot go on; once there is one again, the same command goes on with the sweep.

    Args:
        address: of the cluster; None: one is started on this machine. See `RayConnection`.
        n_slots: cells at a time, at most; None: as many as the cluster has room for.
        n_threads: for the kernels of one cell; None: one.
        notice: told each reason for which a node is left out, once.

    Raises:
        ModuleNotFoundError: Ray is not installed.
        ConfigError: there is no cluster at the address, or no node has so many cores.
        RunFolderError: no node has the same primordia.
    """

    def __init__(
        self,
        address: str | None = None,
        n_slots: int | None = None,
        n_threads: int | None = None,
        notice: Callable[[str], None] = _warn,
    ) -> None:
        for name, value in (("jobs", n_slots), ("threads", n_threads)):
            if value is not None and value < 1:
                raise ConfigError(f"{name}={value} is out of range: it must be at least 1; the nearest is 1.")
        self.n_threads, self._most, self._notice = n_threads or 1, n_slots, notice
        self._places: list[_Place] = []
        self._waiting: collections.deque[Work] = collections.deque()
        self._ended: list[Ended] = []
        self._unfit: dict[str, str] = {}
        self._untold: collections.deque[str] = collections.deque()
        self._failed_starts: collections.Counter[str] = collections.Counter()
        self._looked, self._interrupted = -LOOK_SECONDS, False
        self._here = seats.identity()
        self._connection = RayConnection(address)
        self._ray = self._connection.ray
        try:
            self._await_first()
        except BaseException:
            self.close()
            raise

    @property
    def n_slots(self) -> int:
        """The slots that stand; see `Executor.n_slots`."""
        self._tend()
        return sum(place.hello is None for place in self._places)

    def begin(self, work: Work) -> None:
        """Start a cell; see `Executor.begin`."""
        self._waiting.append(work)
        self._place_waiting()

    def wait(self, seconds: float) -> list[Ended]:
        """See `Executor.wait`.

        Raises:
            RunFolderError: no node is left that can compute cells of this sweep, with the reason.
        """
        until = time.monotonic() + seconds
        while True:
            self._tend()
            self._place_waiting()
            refs = [ref for place in self._places for ref in (place.hello, place.running) if ref is not None]
            left = max(0.0, until - time.monotonic())
            if self._ended:
                left = 0.0
            if refs:
                self._ray.wait(refs, timeout=left, fetch_local=False)
            else:
                time.sleep(left)
            self._hear()
            if self._ended or left == 0.0:
                ended, self._ended = self._ended, []
                return ended

    def interrupt(self) -> None:
        """See `Executor.interrupt`."""
        self._interrupted = True
        for place in self._places:
            if place.running is not None:
                place.interruption = place.actor.interrupt.remote()
        self._place_waiting()

    def renew(self) -> None:
        """See `Executor.renew`; slots that do not answer are replaced, now or when the cluster has room."""
        for place in [place for place in self._places if place.interruption is not None]:
            # An actor may take what it is asked in another order: first one, then the other.
            heard, _ = self._ray.wait([place.interruption], timeout=CLOSE_SECONDS)
            if heard:
                place.interruption, place.hello = None, place.actor.renew.remote()
            else:
                with contextlib.suppress(self._ray.exceptions.RayError):
                    self._ray.kill(place.actor)
                self._places.remove(place)
        self._interrupted, self._looked = False, -LOOK_SECONDS
        self._await_first()

    def close(self) -> None:
        """See `Executor.close`. Leaves the cluster, and ends it where it was started for this."""
        if self._places and self._ray.is_initialized():
            with contextlib.suppress(self._ray.exceptions.RayError):
                refs = [place.actor.close.remote() for place in self._places if place.hello is None]
                if refs:
                    self._ray.wait(refs, num_returns=len(refs), timeout=CLOSE_SECONDS)
                for place in self._places:
                    self._ray.kill(place.actor)
        self._places.clear()
        self._connection.close()

    def _await_first(self) -> None:
        """Until every slot that the cluster has room for now stands, or failed to."""
        until = time.monotonic() + FIRST_SECONDS
        while True:
            self._tend()
            hellos = [place.hello for place in self._places if place.hello is not None]
            if not hellos or time.monotonic() >= until:
                break
            self._ray.wait(hellos, timeout=0.2)
            self._hear()

    def _tend(self) -> None:
        """Ask for the nodes, now and then: drop the slots of those that are gone, and set up what is missing."""
        if self._interrupted or time.monotonic() - self._looked < LOOK_SECONDS:
            return
        nodes = {node["NodeID"]: node for node in self._ray.nodes() if node["Alive"]}
        self._looked = time.monotonic()
        self._places = [place for place in self._places if place.node in nodes or place.running is not None]
        cores = {name: int(node["Resources"].get("CPU", 0)) for name, node in nodes.items()}
        room = {name: n_cores // self.n_threads for name, n_cores in cores.items()}
        if max(cores.values(), default=0) and not any(room.values()):
            raise ConfigError(
                f"threads={self.n_threads} asks for more cores than any node has; the nearest is {max(cores.values())}."
            )
        fit = {name: n for name, n in room.items() if n and name not in self._unfit}
        if not fit and any(room.values()):
            raise RunFolderError(next(self._unfit[name] for name, n in room.items() if n))
        while self._untold:
            self._notice(self._untold.popleft())
        standing = collections.Counter(place.node for place in self._places)
        # The first on every node, then the second: a few slots are spread over the machines.
        for rank in range(max(fit.values(), default=0)):
            for name, n in fit.items():
                if standing[name] <= rank < n and (self._most is None or len(self._places) < self._most):
                    self._places.append(self._set_up(name, nodes[name]["NodeManagerHostname"]))

    def _set_up(self, node: str, host: str) -> _Place:
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        kind = self._ray.remote(
            num_cpus=self.n_threads,
            max_restarts=0,
            max_task_retries=0,
            # One method waits for the cell while another interrupts it or hangs up.
            max_concurrency=4,
            scheduling_strategy=NodeAffinitySchedulingStrategy(node, soft=False),
        )(Seat)
        actor = kind.remote(self.n_threads)
        return _Place(node, host, actor, actor.tell.remote())

    def _place_waiting(self) -> None:
        """Give the cells that were begun to slots that have none."""
        while self._waiting:
            if self._interrupted:
                work = self._waiting.popleft()
                reason = "the sweep was interrupted before it began"
                self._ended.append(Ended(work.index, "interrupted", reason, -1, 0.0))
                continue
            idle = next((p for p in self._places if p.hello is None and p.running is None), None)
            if idle is None:
                return
            idle.work, idle.began = self._waiting.popleft(), time.monotonic()
            idle.running = idle.actor.run.remote(idle.work.as_json())

    def _hear(self) -> None:
        """Take what slots have said since the last time."""
        refs = {ref: place for place in self._places for ref in (place.hello, place.running) if ref is not None}
        if not refs:
            return
        ready, _ = self._ray.wait(list(refs), num_returns=len(refs), timeout=0)
        for ref in ready:
            place = refs[ref]
            if place not in self._places:
                # Its node was left out a moment ago.
                continue
            try:
                told = self._ray.get(ref)
            except self._ray.exceptions.RayError as error:
                self._lose(place, error)
                continue
            if place.hello is not None:
                place.hello, place.host = None, told["host"]
                if sentence := seats.mismatch(self._here, told):
                    self._leave_out(place.node, sentence)
            elif place.work is not None:
                self._take(place, place.work, told)

    def _take(self, place: _Place, work: Work, told: dict[str, Any]) -> None:
        place.running = place.work = None
        if "ended" in told:
            self._ended.append(Ended(**told["ended"]))
        else:
            self._waiting.appendleft(work)
            self._leave_out(place.node, told["refused"])

    def _lose(self, place: _Place, error: Exception) -> None:
        """A slot is gone, perhaps with its machine; what it computed died with it."""
        with contextlib.suppress(self._ray.exceptions.RayError):
            self._ray.kill(place.actor)
        self._places.remove(place)
        if place.work is not None:
            reason, seconds = f"its slot on {place.host} is gone", time.monotonic() - place.began
            self._ended.append(Ended(place.work.index, "died", reason, -1, seconds))
            # Another is set up at once.
            self._looked = -LOOK_SECONDS
        elif (failures := self._failed_starts[place.node] + 1) and self._is_alive(place.node):
            self._failed_starts[place.node] = failures
            if failures >= MOST_STARTS:
                first = str(error).strip().splitlines()[-1]
                self._leave_out(place.node, f"No slot starts on the node {place.host} ({first}).")
        # Its neighbours may be gone too: none gets a cell before it has answered.
        for other in self._places:
            if other.node == place.node and other.hello is None and other.running is None:
                other.hello = other.actor.tell.remote()

    def _is_alive(self, node: str) -> bool:
        return any(other["NodeID"] == node and other["Alive"] for other in self._ray.nodes())

    def _leave_out(self, node: str, sentence: str) -> None:
        """Give no further cells to a node. What it computes may end; what it was given goes elsewhere."""
        if node not in self._unfit:
            self._unfit[node] = sentence
            self._untold.append(sentence)
        for place in [place for place in self._places if place.node == node and place.running is None]:
            with contextlib.suppress(self._ray.exceptions.RayError):
                self._ray.kill(place.actor)
            self._places.remove(place)
        self._looked = -LOOK_SECONDS
