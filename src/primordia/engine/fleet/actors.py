"""Holders in Ray actors, on this machine or on those of a cluster. What they send each other goes from one to another.

Ray hands on what it is given as pickle, so that a cluster must be one's own.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from typing import Any, final

from primordia.core import threads
from primordia.core.errors import BadInputError, ConfigError, LostStateError, RunFolderError
from primordia.engine import allocation, environment
from primordia.engine.executors import seat as seats
from primordia.engine.executors.rayconnection import RayConnection
from primordia.engine.fleet.holder import Holder
from primordia.engine.fleet.places import Place, blocks

PATIENCE_SECONDS = 60.0
"""How long actors are waited for; the run goes on with those that stand then."""
OBJECT_STORE_BYTES = 512 * 2**20
"""Of a cluster started here: what two exchanges have under way should fit into it."""


@final
class Berth:
    """What an actor is made of: room for a holder, and the threads that it may use.

    Args:
        n_threads: for its kernels.
        path: where else modules are looked for, as the driver does; experiments need not be installed.
    """

    def __init__(self, n_threads: int, path: Sequence[str]) -> None:
        allocation.keep()
        sys.path += [folder for folder in path if folder not in sys.path]
        # Before anything that reads them is imported.
        os.environ["NPROC"] = str(threads.pool(n_threads))
        os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(n_threads)))
        threads.limit(n_threads)
        self._holder: Holder | None = None

    def tell(self) -> dict[str, Any]:
        """Where this is, and what is installed here."""
        return {"host": environment.host(), "pid": os.getpid(), **seats.identity()}

    def hold(self, address: str, shared_out: Sequence[tuple[int, int]], me: int) -> None:
        """Have a new holder."""
        self._holder = Holder(address, shared_out, me)

    def do(self, n: int, what: str, *given: Any) -> Any:
        """What `Place.ask` asks for: a method of the holder, its answer whole or in `n` parts."""
        if self._holder is None:
            raise LostStateError("An actor holds nothing; it began anew.")
        answer = self._holder.do(what, *given)
        return answer[0] if n == 1 else answer


@final
class Actors(Place):
    """See `Place`.

    Args:
        n: how many at most; never more than there are shards, and fewer where a cluster has no room for so many.
        address: of a cluster, whose cores are asked for; None: one is started here, and may have more actors than
            cores. See `RayConnection`.
        n_threads: of each; None: the cores of this machine shared out among them, or one each on a cluster.
        patience: seconds to wait for actors.

    Raises:
        ModuleNotFoundError: Ray is not installed.
        ConfigError: `n` or `n_threads` is below 1, or there is no cluster at the address.
    """

    def __init__(
        self, n: int, address: str | None = None, n_threads: int | None = None, patience: float = PATIENCE_SECONDS
    ) -> None:
        for name, value in (("actors", n), ("threads", n_threads)):
            if value is not None and value < 1:
                raise ConfigError(f"{name}={value} is out of range: it must be at least 1; the nearest is 1.")
        self._most, self._patience = n, patience
        self.n_threads = n_threads or (1 if address else max(1, threads.available() // n))
        # A cluster that is ours alone is not asked whether it has cores left.
        self._n_cores = self.n_threads if address else 0
        self._connection = RayConnection(address, OBJECT_STORE_BYTES)
        self._ray = self._connection.ray
        self._actors: list[Any] = []
        self._told: list[dict[str, Any]] = []

    @property
    def n_holders(self) -> int:
        """How many actors stand."""
        return len(self._actors)

    def pids(self) -> list[int]:
        """The process of each actor, on its machine."""
        return [int(told["pid"]) for told in self._told]

    def set_up(self, address: str, n_shards: int) -> None:
        """Start actors, spread over the machines, and give each its holder.

        Raises:
            BadInputError: none stands within the patience.
            RunFolderError: a machine has another primordia or Python.
            LostStateError: one died meanwhile.
        """
        self.clear()
        kind = self._ray.remote(
            num_cpus=self._n_cores, max_restarts=0, max_task_retries=0, scheduling_strategy="SPREAD"
        )(Berth)
        path = [folder or os.getcwd() for folder in sys.path]
        asked = [kind.remote(self.n_threads, path) for _ in range(min(self._most, n_shards))]
        hellos = [actor.tell.remote() for actor in asked]
        ready, _ = self._ray.wait(hellos, num_returns=len(hellos), timeout=self._patience)
        standing = []
        for actor, hello in zip(asked, hellos, strict=True):
            with contextlib.suppress(self._ray.exceptions.RayError):
                if hello in ready:
                    standing.append((actor, self._ray.get(hello)))
                    continue
                self._ray.kill(actor)
        if not standing:
            raise BadInputError(
                f"No actor could be started within {self._patience:g} s: the cluster has no {self._n_cores} free "
                "cores on any node; wait until it has, or give fewer --threads."
            )
        self._actors = [actor for actor, _ in standing]
        self._told = [told for _, told in standing]
        here = seats.identity()
        for told in self._told:
            # A checkout may get a commit between two looks; on one machine it is one checkout.
            same_checkout = told["host"] == environment.host()
            if sentence := seats.mismatch({**here, "commit": None} if same_checkout else here, told):
                raise RunFolderError(sentence)
        shared_out = blocks(n_shards, len(standing))
        self.fetch([actor.hold.remote(address, shared_out, me) for me, actor in enumerate(self._actors)])

    def ask(self, holder: int, what: str, *given: Any, n: int = 0) -> list[Any]:
        """Promises are references to objects of the cluster, which actors fetch from each other."""
        promised = self._actors[holder].do.options(num_returns=n or 1).remote(n, what, *given)
        return list(promised) if n > 1 else [promised]

    def fetch(self, promises: Sequence[Any]) -> list[Any]:
        """See `Place.fetch`."""
        lost, failed = self._ray.exceptions.RayError, self._ray.exceptions.RayTaskError
        try:
            return list(self._ray.get(list(promises)))
        except lost as error:
            cause: BaseException | None = error
            while isinstance(cause, failed):
                cause = cause.cause
            if cause is None or isinstance(cause, lost):
                first = str(cause or error).strip().partition("\n")[0].rstrip(".:")
                raise LostStateError(f"An actor or its machine is gone ({first}).") from error
            raise cause from None

    def machines(self) -> list[str]:
        """See `Place.machines`."""
        return [str(told["host"]) for told in self._told]

    def clear(self) -> None:
        """End the actors."""
        for actor in self._actors:
            with contextlib.suppress(self._ray.exceptions.RayError):
                self._ray.kill(actor)
        self._actors, self._told = [], []

    def close(self) -> None:
        """End the actors and leave the cluster, which ends too where it was started here."""
        if self._ray.is_initialized():
            self.clear()
        self._connection.close()
