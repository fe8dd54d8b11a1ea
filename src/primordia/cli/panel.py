"""A run on the terminal: one live panel with rate, time left, metrics and their course, phase and events."""

from __future__ import annotations

import collections
import threading
import time
from collections.abc import Mapping
from typing import Any

from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from primordia.cli import printing
from primordia.cli.progress import Progress, event_text
from primordia.core.metrics import Row
from primordia.engine.folder import Opened
from primordia.engine.observer import Outcome

FRAMES_PER_SECOND = 5
ARROWS = {1: "↗", 0: "→", -1: "↘"}
SHOWN_EVENTS = 3
# Lines of the panel that hold no metric: frame, bar, phase, folder, gaps, events, announcement.
OTHER_LINES = 9 + SHOWN_EVENTS
MAX_WIDTH = 120
FRAME_WIDTH = 4
# The terminal writes ^C after the last line; without room for it there, the cursor would leave that line and the next
# picture would be drawn one line too low.
ECHO_WIDTH = 2
WAITING = "measuring the first row (the first start after an installation also compiles)"


class RunPanel:
    """An observer that draws.

    Args:
        console: where to draw.
    """

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(markup=False, highlight=False, emoji=False)
        self.run: Opened | None = None
        self._progress: Progress | None = None
        self._events: collections.deque[Mapping[str, Any]] = collections.deque(maxlen=SHOWN_EVENTS)
        self._checkpoint: tuple[float, int] | None = None
        self._announcement = ""
        # The live display draws from its own thread; a signal handler may draw in the middle of a callback.
        self._lock = threading.RLock()
        self._live = Live(
            console=self.console, refresh_per_second=FRAMES_PER_SECOND, get_renderable=self.draw, transient=False
        )

    def __enter__(self) -> RunPanel:
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def started(self, run: Opened, step: int, rows: list[dict[str, Any]]) -> None:
        """Print the folder and open the panel."""
        self.run = run
        self._progress = Progress(run, step, rows)
        self.console.print(str(run.folder.path), soft_wrap=True)
        self._live.start()

    def progressed(self, step: int, steps_per_second: float) -> None:
        """Move the bar."""
        with self._lock:
            if self._progress:
                self._progress.advance(step)

    def row_written(self, row: Row) -> None:
        """Renew the metrics."""
        with self._lock:
            if self._progress:
                self._progress.add_row(row)

    def event_noted(self, event: Mapping[str, Any]) -> None:
        """Show the event; checkpoints are told by their age."""
        with self._lock:
            if event["event"] == "checkpoint":
                self._checkpoint = (time.monotonic(), int(event["step"]))
            else:
                self._events.append(event)
            if event["event"] in ("finished", "interrupted"):
                self._announcement = "writing figures and the report"

    def ended(self, outcome: Outcome) -> None:
        """Leave the last picture standing."""
        self.announce("")
        self._live.stop()

    def announce(self, sentence: str) -> None:
        """Say something at the foot of the panel."""
        with self._lock:
            self._announcement = sentence
        if self._live.is_started:
            self._live.refresh()

    def draw(self) -> RenderableType:
        """The panel as it stands."""
        with self._lock:
            if self._progress is None or self.run is None:
                return Text("")
            progress, width = self._progress, min(self.console.width - ECHO_WIDTH, MAX_WIDTH) - FRAME_WIDTH
            parts: list[RenderableType] = [self._bar(progress, width), self._phase(progress), Text("")]
            parts += [self._metrics(progress, width) if progress.row else Text(WAITING, "bright_black"), Text("")]
            parts += [self._event(event, width) for event in self._events]
            if self._announcement:
                parts.append(Text(self._announcement, style="bold yellow"))
            return Panel(
                Group(*parts),
                title=self._title(),
                title_align="left",
                box=box.ROUNDED,
                border_style="green" if progress.crossed else "blue",
                padding=(0, 1),
                width=width + FRAME_WIDTH,
            )

    def _title(self) -> Text:
        assert self.run is not None
        record = self.run.folder.record()
        return Text.assemble(
            (self.run.experiment.name, "bold"), f" · {record['preset']} · seed {self.run.config.seed}", style="default"
        )

    def _bar(self, progress: Progress, width: int) -> RenderableType:
        word = self.run.experiment.step_word if self.run else "step"
        share = min(progress.step / max(progress.target, 1), 1.0)
        told = (
            f" {100 * share:3.0f} %  {word} {progress.step:,}/{progress.target:,}  {progress.rate_text}"
            f"  {printing.duration(progress.seconds_left)} left"
        )
        length = max(width - len(told), 8)
        full = round(share * length)
        return Text.assemble(("━" * full, "green"), ("━" * (length - full), "bright_black"), told, no_wrap=True)

    def _phase(self, progress: Progress) -> RenderableType:
        parts: list[Any] = []
        if progress.phase is not None:
            parts += ["phase ", (progress.phase, "bold green" if progress.crossed else "bold"), " · "]
        if self._checkpoint is None:
            parts.append(("no checkpoint yet", "bright_black"))
        else:
            at, step = self._checkpoint
            age = printing.duration(time.monotonic() - at)
            parts.append((f"checkpoint {age} ago, at {step:,}", "bright_black"))
        return Text.assemble(*parts, no_wrap=True, overflow="ellipsis")

    def _metrics(self, progress: Progress, width: int) -> RenderableType:
        metrics = progress.run.experiment.metrics
        room = max(self.console.height - OTHER_LINES, 3)
        names = progress.names[:room]
        values = {name: printing.quantity(progress.row.get(name), metrics[name].unit) for name in names}
        taken = max(map(len, names)) + max(map(len, values.values())) + 8
        table = Table.grid(padding=(0, 2))
        for justify in ("left", "right", "left", "left"):
            table.add_column(justify=justify, no_wrap=True, overflow="ellipsis")  # type: ignore[arg-type]
        for name in names:
            trend = progress.trend(name)
            wanted = {"up": 1, "down": -1, "none": 0}[metrics[name].direction]
            colour = "bright_black" if not trend * wanted else "green" if trend == wanted else "red"
            line = printing.sparkline(progress.courses[name].values(), min(max(width - taken, 8), 64))
            table.add_row(Text(name), Text(values[name], style="bold"), Text(ARROWS[trend], colour), Text(line, "cyan"))
        return table

    def _event(self, event: Mapping[str, Any], width: int) -> RenderableType:
        colours = {"transition": "bold magenta", "failed": "bold red", "interrupted": "yellow", "warning": "yellow"}
        return Text(
            f"{event['step']:>9,}  {event_text(event)}",
            style=colours.get(str(event["event"]), "bright_black"),
            no_wrap=True,
            overflow="ellipsis",
        )
