"""A process in which one run is run, replayed or exported: `python -m primordia.observatory.stages.stage FD`.

FD is the number of a connected socket to the server, which says first what to do; see `primordia.observatory.pipe`.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import threading
from collections.abc import Sequence

from primordia.observatory.pipe import Pipe

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
"""As glibc numbers them."""


def serve(pipe: Pipe) -> None:
    """Do what the first message says, until it is over or the server goes away."""
    try:
        message, _ = pipe.receive()
    except EOFError:
        return
    do = message.get("do")
    # Each kind of stage imports only what it needs, so that all of them start quickly.
    if do in ("start", "resume", "fork", "thaw"):
        from primordia.observatory.stages import live

        live.run(pipe, message)
    elif do == "replay":
        from primordia.observatory.stages import replay

        replay.run(pipe, message)
    elif do == "export":
        from primordia.observatory.stages import making

        making.run(pipe, message)
    else:
        pipe.send(
            {"say": "refused", "sentence": f"A stage cannot {do!r}; known: start, resume, fork, thaw, replay, export."}
        )


def _keep_memory() -> None:
    """Have the C library keep what is freed, and for all threads together, where it can be told.

    A watched run makes its states in short chunks while older ones are still being drawn. With memory that goes back to
    the system each time, and comes back page by page, that made the epochs of a large soup an eighth slower; so less
    than half of that.

    Kept for each thread apart it would be lost to the others, and a run has new threads all the time: every row of a
    soup is compressed in one, which leaves 25 MiB or more in whatever arena it was given. With one arena for all, what
    one thread gave back is what the next one gets.
    """
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(M_MMAP_THRESHOLD, 32 * 2**20)
        library.mallopt(M_TRIM_THRESHOLD, 512 * 2**20)
        library.mallopt(M_ARENA_MAX, 1)


def main(argv: Sequence[str] | None = None) -> int:
    """Serve the socket of the command line."""
    (number,) = sys.argv[1:] if argv is None else argv
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, _stop)
    _keep_memory()
    pipe = Pipe(int(number))
    try:
        serve(pipe)
    except KeyboardInterrupt:
        return 130
    finally:
        pipe.close()
    return 0


def _stop(number: int, frame: object) -> None:
    """Outside the loop, which hears signals itself: end.

    While figures and the report are made after the loop, an exception could land inside the start-up of an extension
    of matplotlib, which answers with abort(); everything of the run is on disk then, so the process leaves without one.
    """
    if "matplotlib" in sys.modules or threading.current_thread() is not threading.main_thread():
        os._exit(130)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
