"""A process in which one run is run, replayed or exported: `python -m primordia.observatory.stages.stage FD`.

FD is the number of a connected socket to the server, which says first what to do; see `primordia.observatory.pipe`.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence

from primordia.engine import allocation
from primordia.observatory.pipe import Pipe


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


def main(argv: Sequence[str] | None = None) -> int:
    """Serve the socket of the command line."""
    (number,) = sys.argv[1:] if argv is None else argv
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, _stop)
    allocation.keep()
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
