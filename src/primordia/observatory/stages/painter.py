"""Pictures of a running run, drawn beside it: only those that somebody waits for, and never in its way."""

from __future__ import annotations

import collections
import threading
import time
from collections.abc import Callable, Mapping
from typing import final

from primordia.core.errors import PrimordiaError, UnknownNameError
from primordia.core.views import View
from primordia.engine.ring import Instant, Ring
from primordia.observatory.pipe import Pipe
from primordia.observatory.stages.painting import Look, Pixels, Sights, cut
from primordia.observatory.stages.reel import Reel

SHARE = 60.0
"""After drawing and sending, the painter rests until the run has computed so many times as long as that took. The
process's own time counts, not the clock's: on a busy machine the run is given less, and painting must take less."""
LONGEST_REST = 100.0
"""It rests no longer than so many times as long as that took, by the clock: a run may sleep."""
REMEMBERED = 5
KEPT_EVERY = 1.0
KEEPING_SHARE = 200.0
"""Seconds between two pictures that go onto the reel while the run plays, and how many times as long as that takes."""
WATCH_SECONDS = 0.25
MOST_PATIENCE = 0.2
SHORTEST_NAP, LONGEST_NAP = 0.002, 0.02


def sentence(error: Exception, what: str) -> str:
    """An error for people: our own as they are, others with what was attempted."""
    if isinstance(error, PrimordiaError):
        return str(error)
    return f"{what} failed: {type(error).__name__}: {' '.join(str(error).split()).rstrip('.')}."


def send_picture(pipe: Pipe, look: Look, instant: tuple[int, int], pixels: Pixels) -> None:
    """Send the tile of a look, cut from the whole picture of the instant (step, revision)."""
    tile, shown = cut(pixels, look.tile)
    message = {"say": "frame", "sight": look.sight, "step": instant[0], "revision": instant[1]}
    shape = {"view_rows": pixels.shape[0], "view_columns": pixels.shape[1], **tile._asdict()}
    pipe.send({**message, **shape}, shown.data)


def refuse_sight(pipe: Pipe, look: Look, reason: str) -> None:
    """Tell the server why this sight gets no picture; its credit is used up."""
    pipe.send({"say": "refusal", "sight": look.sight, "sentence": reason})


@final
class Canvas:
    """The last picture of each view that was drawn, so that all sights of one view and instant share it."""

    def __init__(self, views: Mapping[str, View]) -> None:
        self._views = views
        self._drawn: dict[str, tuple[Instant, Pixels]] = {}
        self._seconds: dict[str, collections.deque[float]] = {}
        self._drawing = threading.Lock()

    def picture(self, view: str, instant: Instant) -> Pixels:
        """The whole view of an instant, drawn once.

        Raises:
            UnknownNameError: the experiment has no such view.
            ContractError: the view breaks its declaration.
        """
        if view not in self._views:
            raise UnknownNameError("view", view, self._views)
        with self._drawing:
            last = self._drawn.get(view)
            if last is not None and last[0] is instant:
                return last[1]
            began = time.perf_counter()
            pixels = self._views[view].pixels(instant.config, instant.state, view)
            if view in self._seconds:
                self._seconds[view].append(time.perf_counter() - began)
            else:
                # The first drawing may have compiled something and says nothing about the next.
                self._seconds[view] = collections.deque(maxlen=REMEMBERED)
            self._drawn[view] = (instant, pixels)
            return pixels

    def size(self, view: str, instant: Instant) -> tuple[int, int]:
        """Rows and columns of a view, which are those of its last picture; raises as `picture` does."""
        with self._drawing:
            last = self._drawn.get(view)
        rows, columns = (last[1] if last else self.picture(view, instant)).shape
        return rows, columns

    def last(self, view: str) -> Instant | None:
        """The instant of which the view was drawn last."""
        with self._drawing:
            return self._drawn[view][0] if view in self._drawn else None

    def seconds(self, view: str) -> float:
        """What a drawing of a view takes: the least of the last few, because other processes only ever add to it."""
        with self._drawing:
            return min(self._seconds[view], default=0.0)

    def keep_only(self, views: set[str]) -> None:
        """Forget the other pictures, and with them the states they were drawn from."""
        with self._drawing:
            self._drawn = {view: drawn for view, drawn in self._drawn.items() if view in views}


@final
class Painter:
    """Draws the newest instant of a ring for the sights that wait, in two threads of its own.

    While the run plays, painting rests between drawings, so that it takes a small share of the time, whatever a drawing
    costs; a run that is paused or paced is drawn at once. A sight that was turned meanwhile gets its tile of the last
    drawing. A step of the past is answered from the ring or the reel, or refused.

    Args:
        pipe: where pictures go.
        views: what can be drawn.
        ring: where the run puts its states.
        sights: who looks.
        unhurried: whether the run stands still now, or waits for pictures, so that drawing at once costs it nothing.
    """

    def __init__(
        self, pipe: Pipe, views: Mapping[str, View], ring: Ring, sights: Sights, unhurried: Callable[[], bool]
    ) -> None:
        self.canvas = Canvas(views)
        self.reels: dict[str, Reel] = {}
        self._pipe, self._ring, self._sights, self._unhurried = pipe, ring, sights, unhurried
        self._over = threading.Event()
        self._rested_by_clock = self._rested_by_work = 0.0
        self._rests_since: float | None = None
        self._keeping: dict[str, float] = {}
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._watch, self._paint)]

    def begin(self) -> None:
        """Start drawing."""
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Stop; a drawing that was begun is finished first."""
        self._over.set()
        with self._sights.changed:
            self._sights.changed.notify_all()
        for thread in self._threads:
            thread.join(timeout=5.0)

    def forget_from(self, step: int) -> None:
        """Somebody intervened after `step` steps: pictures of then are no longer those of the run."""
        for reel in list(self.reels.values()):
            reel.forget_from(step)

    def _watch(self) -> None:
        """Wake the painter when the ring has something new, and have the run know that somebody waits for it."""
        seen = (-1, -1)
        while not self._over.is_set():
            with self._sights.changed:
                while not self._over.is_set() and not self._sights.waiting():
                    self._sights.changed.wait()
                    if not self._sights.views():
                        self.canvas.keep_only(set())
            instant = self._ring.after(*seen, WATCH_SECONDS)
            if instant is not None:
                seen = (instant.t, instant.revision)
                with self._sights.changed:
                    self._sights.changed.notify_all()

    def _paint(self) -> None:
        while not self._over.is_set():
            with self._sights.changed:
                while not (owed := self._owed()) and not self._over.is_set():
                    self._sights.changed.wait(self._nap() if self._resting() else None)
            if self._over.is_set():
                return
            try:
                self._round(owed)
            except EOFError:
                return

    def _nap(self) -> float:
        """How long to sleep before looking whether the rest is over, or the run was paused."""
        return min(max((self._rested_by_work - time.process_time()) / 2, SHORTEST_NAP), LONGEST_NAP)

    def _resting(self) -> bool:
        unrested = time.process_time() < self._rested_by_work and time.monotonic() < self._rested_by_clock
        return unrested and not self._unhurried()

    def _owed(self) -> list[Look]:
        """The looks that a picture can be made for now."""
        newest = self._ring.newest()
        if newest is None:
            return []
        fresh, resting = (newest.t, newest.revision), self._resting()
        return [
            look
            for look, shown in self._sights.waiting()
            if shown is None or (look.step is None and shown != fresh and not resting)
        ]

    def _round(self, owed: list[Look]) -> None:
        newest, resting = self._ring.newest(), self._resting()
        assert newest is not None
        if not resting and self._rests_since is not None:
            rested, self._rests_since = time.monotonic() - self._rests_since, None
            self._ring.patience = 0.0 if self._unhurried() else min(rested, MOST_PATIENCE)
        for look in owed:
            if look.step is not None:
                self._show_past(look)
            else:
                self._show(look, (self.canvas.last(look.view) if resting else None) or newest)

    def _show(self, look: Look, instant: Instant) -> None:
        # Asked before the picture is sent: whoever gets it may have the run play on at once.
        unhurried = self._unhurried()
        key, last, began = (instant.t, instant.revision), self.canvas.last(look.view), time.thread_time()
        try:
            pixels = self.canvas.picture(look.view, instant)
        except Exception as error:  # A view is the experiment's own code; whatever it raises, the run goes on.
            if self._sights.take(look, key):
                refuse_sight(self._pipe, look, sentence(error, f"Drawing the view {look.view}"))
            return
        if last is not None and last is not instant:
            # Its own threads may have helped to draw it, and other processes may have held it up.
            self._rest(max(time.thread_time() - began, self.canvas.seconds(look.view)), unhurried)
        if self._sights.take(look, key):
            began = time.thread_time()
            send_picture(self._pipe, look, key, pixels)
            self._rest(time.thread_time() - began, unhurried)
        if last is not instant and (unhurried or time.monotonic() >= self._keeping.get(look.view, 0.0)):
            self._keep(look.view, instant, pixels)

    def _rest(self, seconds: float, unhurried: bool) -> None:
        """Rest for something that took so long; as long as that lasts, nobody needs the run's next state."""
        if unhurried:
            return
        if self._rests_since is None:
            self._rests_since = time.monotonic()
        self._rested_by_work = max(self._rested_by_work, time.process_time()) + SHARE * seconds
        self._rested_by_clock = max(self._rested_by_clock, time.monotonic()) + LONGEST_REST * seconds

    def _show_past(self, look: Look) -> None:
        assert look.step is not None
        instant = self._ring.at(look.step)
        if instant is not None:
            self._show(look, instant)
            return
        kept = self.reels[look.view].at(look.step) if look.view in self.reels else None
        if not self._sights.take(look, (look.step, kept[0] if kept else -1)):
            return
        if kept is None:
            refuse_sight(self._pipe, look, f"The running process no longer has step {look.step}.")
        else:
            send_picture(self._pipe, look, (look.step, kept[0]), kept[1])

    def _keep(self, view: str, instant: Instant, pixels: Pixels) -> None:
        """Put what was drawn onto the reel; not soon again, for packing a picture costs more than many a drawing."""
        reel, began = self.reels.setdefault(view, Reel()), time.thread_time()
        reel.put(instant.t, instant.revision, pixels)
        rest = max(KEPT_EVERY, KEEPING_SHARE * (time.thread_time() - began))
        self._keeping[view] = time.monotonic() + rest
        newest = self._ring.newest()
        if newest is not None and newest.revision != instant.revision:
            # Somebody intervened meanwhile, perhaps at this very step.
            reel.forget_from(instant.t)
