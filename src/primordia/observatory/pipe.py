"""What server and stage say to each other: JSON with some bytes behind it, over a pair of connected sockets.

Never pickle: what comes through is only ever read as JSON and as bytes.
"""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from typing import Any, TypeAlias, final

from primordia.core.errors import BadInputError

LENGTHS = struct.Struct("<II")
"""Bytes of JSON, bytes of payload."""
LONGEST = 64 * 2**20
READ = 2**18
Message: TypeAlias = tuple[dict[str, Any], bytes]


def encode(message: dict[str, Any], payload: bytes | memoryview = b"") -> bytes:
    """A message as it goes through the pipe.

    Args:
        message: JSON values.
        payload: anything; of a memoryview all bytes in C order.

    Raises:
        BadInputError: a part is longer than `LONGEST`, or holds NaN or an infinity, which JSON cannot say.
    """
    return _opening(message, payload) + payload


def _opening(message: dict[str, Any], payload: bytes | memoryview) -> bytes:
    """A message without its payload."""
    try:
        text = json.dumps(message, allow_nan=False, separators=(",", ":")).encode()
    except ValueError as error:
        raise BadInputError(f"A message with {', '.join(message)} is not JSON: {error}.") from error
    n_bytes = memoryview(payload).nbytes
    if max(len(text), n_bytes) > LONGEST:
        raise BadInputError(f"A message has {max(len(text), n_bytes)} bytes; the most is {LONGEST}.")
    return LENGTHS.pack(len(text), n_bytes) + text


@final
class Decoder:
    """Messages out of bytes that come in pieces of any length."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def feed(self, received: bytes) -> list[Message]:
        """The messages that these bytes complete, in order.

        Raises:
            BadInputError: the other side sends something else.
        """
        self._waiting += received
        found: list[Message] = []
        start = 0
        while len(self._waiting) - start >= LENGTHS.size:
            text, payload = LENGTHS.unpack_from(self._waiting, start)
            if max(text, payload) > LONGEST:
                raise BadInputError(f"A message announces {max(text, payload)} bytes; the most is {LONGEST}.")
            opening = start + LENGTHS.size
            end = opening + text + payload
            if len(self._waiting) < end:
                break
            found.append((_read(self._waiting[opening : opening + text]), bytes(self._waiting[opening + text : end])))
            start = end
        del self._waiting[:start]
        return found


def _read(text: bytes | bytearray) -> dict[str, Any]:
    try:
        message = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"A message is not JSON: {error}.") from error
    if not isinstance(message, dict):
        raise BadInputError(f"A message is a {type(message).__name__}; it must be a JSON object.")
    return message


@final
class Pipe:
    """One end of the connection; threads may send at the same time, and one of them receives.

    Args:
        end: a connected stream socket, or its number, which this takes over.
    """

    def __init__(self, end: socket.socket | int) -> None:
        self._socket = socket.socket(fileno=end) if isinstance(end, int) else end
        self._socket.setblocking(True)
        self._sending = threading.Lock()
        self._decoder = Decoder()
        self._read: list[Message] = []

    @staticmethod
    def pair() -> tuple[Pipe, int]:
        """Our end, and the number of theirs: for `pass_fds` of a process to come; close it here after that."""
        ours, theirs = socket.socketpair()
        return Pipe(ours), theirs.detach()

    def send(self, message: dict[str, Any], payload: bytes | memoryview = b"") -> None:
        """Send one message whole; waits while the other side does not read.

        Raises:
            EOFError: the other side is gone.
        """
        opening = _opening(message, payload)
        try:
            with self._sending:
                self._socket.sendall(opening)
                # Apart, so that a large picture is not copied for the sake of some bytes before it.
                if payload:
                    self._socket.sendall(payload)
        except OSError as error:
            raise EOFError("The other side of the pipe is gone.") from error

    def receive(self) -> Message:
        """The next message and its payload; waits for it.

        Raises:
            EOFError: the other side is gone.
            BadInputError: it sent something else.
        """
        while not self._read:
            try:
                received = self._socket.recv(READ)
            except OSError as error:
                raise EOFError("The other side of the pipe is gone.") from error
            if not received:
                raise EOFError("The other side of the pipe is gone.")
            self._read += self._decoder.feed(received)
        return self._read.pop(0)

    def fileno(self) -> int:
        """The number of the socket, for an event loop that reads it and feeds a `Decoder` of its own."""
        return self._socket.fileno()

    def close(self) -> None:
        """Hang up; whoever waits in `send` or `receive`, here or there, gets EOFError."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
