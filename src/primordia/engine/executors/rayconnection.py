"""The way into a Ray cluster: one that exists, or one started on this machine for as long as it is needed."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import threading
from collections.abc import Iterator
from typing import Any, final

from primordia.core.errors import ConfigError
from primordia.engine.executors.local import cores

OBJECT_STORE_BYTES = 80 * 2**20
"""Of a cluster started here for a sweep. Nothing large goes through it: the state of a sweep is in its run folders."""
KNOCK_SECONDS = 10.0
# Set before Ray is imported, unless somebody chose otherwise: nothing is reported to anybody, and a process that asks
# for no accelerator keeps those that it sees.
QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}


@final
class RayConnection:
    """This process as a driver of a Ray cluster. Ray allows one at a time; where there is one already, it is used.

    A cluster that is started here has no dashboard, reports no usage statistics and keeps a small object store. It
    listens at the address of this machine, and whoever talks to it needs a token. Ray would write one into the home
    folder; here it is drawn anew and handed on in the environment (RAY_AUTH_MODE, RAY_AUTH_TOKEN), unless that says
    something already. The cluster ends with this connection, or with this process.

    Args:
        address: None: start a cluster here; "auto": the one that this machine belongs to; host:port of one that this
            machine belongs to; ray://host:port of any, which needs `pip install 'ray[client]'`.
        object_store_bytes: of a cluster started here.

    Raises:
        ModuleNotFoundError: Ray is not installed.
        ConfigError: there is no cluster at the address, or it runs another Ray or Python.
    """

    def __init__(self, address: str | None = None, object_store_bytes: int = OBJECT_STORE_BYTES) -> None:
        self.ray = _ray()
        self._store = object_store_bytes
        self._drawn: tuple[str, ...] = ()
        self._is_ours = not self.ray.is_initialized()
        if not self._is_ours:
            return
        try:
            with _signals_kept():
                self._start() if address is None else self._join(address)
        except BaseException:
            self._forget()
            raise

    def close(self) -> None:
        """Leave the cluster, and end it if it was started here. What was there before stays."""
        if self._is_ours and self.ray.is_initialized():
            with _signals_kept():
                self.ray.shutdown()
        self._forget()

    def _start(self) -> None:
        if not {"RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"} & os.environ.keys():
            self._drawn = ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN")
            os.environ.update(dict(zip(self._drawn, ("token", secrets.token_hex(32)), strict=True)))
        self._init(
            address="local",
            num_cpus=cores(),
            object_store_memory=self._store,
            include_dashboard=False,
        )

    def _join(self, address: str) -> None:
        try:
            _knock(address)
            self._init(address=address)
        except (OSError, RuntimeError, ValueError, ImportError) as error:
            first = str(error).strip().partition("\n")[0] or type(error).__name__
            raise ConfigError(
                f"No Ray cluster can be joined at {address} ({first.rstrip('.')}). This machine joins one by "
                "`ray start --address HOST:PORT`; without --address a cluster is started here."
            ) from error

    def _init(self, **settings: Any) -> None:
        _have_ray_look()
        self.ray.init(log_to_driver=False, logging_level="ERROR", **settings)

    def _forget(self) -> None:
        for name in self._drawn:
            os.environ.pop(name, None)
        if self._drawn:
            _have_ray_look()
        self._drawn = ()


def _knock(address: str) -> None:
    """Find out whether anybody listens at host:port or ray://host:port: Ray itself would ask for minutes.

    Raises:
        OSError: nobody does.
    """
    host, colon, port = address.rpartition("://")[2].rpartition(":")
    if colon and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), KNOCK_SECONDS).close()


def _ray() -> Any:
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    import ray

    return ray


def _have_ray_look() -> None:
    """Ray reads from the environment, once in a process, whether it needs a token; and which one."""
    with contextlib.suppress(ImportError, AttributeError):
        import ray._raylet

        raylet: Any = ray._raylet
        raylet.Config.initialize("")
        raylet.AuthenticationTokenLoader.instance().reset_cache()


@contextlib.contextmanager
def _signals_kept() -> Iterator[None]:
    """Ray takes SIGTERM for itself; here it stays with whoever had it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
