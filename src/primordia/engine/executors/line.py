"""The line between a slot and its worker: one JSON object a line over a socket, never anything executable."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import threading
from collections.abc import Mapping
from typing import Any, final

READ = 1 << 16


@final
class Line:
    """One end of the connection; threads may send at the same time, and one of them receives.

    Args:
        end: a connected stream socket, or its number, which this takes over.
    """

    def __init__(self, end: socket.socket | int) -> None:
        self._socket = socket.socket(fileno=end) if isinstance(end, int) else end
        self._sending = threading.Lock()
        self._read = b""
        # Not select.select, which knows no numbers above 1023.
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)

    @staticmethod
    def pair() -> tuple[Line, int]:
        """Our end, and the number of theirs: for `pass_fds` of a process to come; close it here after that."""
        ours, theirs = socket.socketpair()
        return Line(ours), theirs.detach()

    def send(self, message: Mapping[str, Any]) -> None:
        """Send one message.

        Raises:
            EOFError: the other side is gone.
        """
        try:
            with self._sending:
                self._socket.sendall(json.dumps(message).encode() + b"\n")
        except OSError as error:
            raise EOFError("The other side is gone.") from error

    def receive(self, seconds: float | None = None) -> dict[str, Any] | None:
        """The next message, or None when none came within `seconds` (None: as long as it takes).

        Raises:
            EOFError: the other side is gone.
        """
        while b"\n" not in self._read:
            try:
                if not self._poll.poll(None if seconds is None else 1000 * seconds):
                    return None
                received = self._socket.recv(READ)
            except (OSError, ValueError) as error:
                raise EOFError("The other side is gone.") from error
            if not received:
                raise EOFError("The other side is gone.")
            self._read += received
        message, _, self._read = self._read.partition(b"\n")
        told: dict[str, Any] = json.loads(message)
        return told

    def close(self) -> None:
        """Hang up; whoever waits at either end gets EOFError."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
