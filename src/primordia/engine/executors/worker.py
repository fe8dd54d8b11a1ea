"""The process of a slot: `python -m primordia.engine.executors.worker NUMBER`, which is told what to compute.

It is told {"do": "run", "work": …} and {"do": "interrupt"}, and says {"say": "begun"} and {"say": "ended", "ended": …}.
Once nobody is at the other end any more, it ends what it computes in order and leaves.
"""

from __future__ import annotations

import contextlib
import dataclasses
import queue
import sys
import threading
from typing import final

from primordia.engine.executors import attempt
from primordia.engine.executors.line import Line
from primordia.engine.helm import Helm
from primordia.engine.ring import Ring
from primordia.engine.sweeps.cells import Work

BY_DRIVER = "interrupted by the driver of its sweep; going on with the sweep continues it with the same bits"
DRIVER_GONE = "interrupted because the driver of its sweep is gone; going on with the sweep continues it"


@final
class Worker:
    """Computes in the main thread, where signals arrive, and listens in another."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.waiting: queue.SimpleQueue[tuple[Work, Helm] | None] = queue.SimpleQueue()
        self.helm: Helm | None = None

    def listen(self) -> None:
        """Take orders until nobody gives any."""
        try:
            while True:
                told = self.line.receive()
                if told is not None and told["do"] == "run":
                    self.helm = Helm(ring=Ring(0))
                    self.waiting.put((Work.from_json(told["work"]), self.helm))
                elif self.helm is not None:
                    self.helm.leave(BY_DRIVER)
        except EOFError:
            if self.helm is not None:
                self.helm.leave(DRIVER_GONE)
            self.waiting.put(None)

    def work(self) -> None:
        """Compute one cell after the other until there is nobody to compute for."""
        while (given := self.waiting.get()) is not None:
            ended = attempt.run(*given, begun=lambda: self.say({"say": "begun"}))
            self.say({"say": "ended", "ended": dataclasses.asdict(ended)})

    def say(self, message: dict[str, object]) -> None:
        """Tell the slot; where it is gone, the run folder tells."""
        with contextlib.suppress(EOFError):
            self.line.send(message)


def main(number: int) -> None:
    """Work until the other end of the line `number` is closed."""
    worker = Worker(Line(number))
    threading.Thread(target=worker.listen, name="listener", daemon=True).start()
    worker.work()


if __name__ == "__main__":
    main(int(sys.argv[1]))
