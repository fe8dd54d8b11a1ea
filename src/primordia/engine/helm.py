"""The helm of a running run: play, pause, steps, pace, rules and interventions, from other threads than the loop's.

The loop asks it between two chunks. Nothing that a person does here changes what a step computes, except interventions,
which are events of the run.
"""

from __future__ import annotations

import collections
import math
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Literal, final

from primordia.core.errors import BadInputError, PrimordiaError
from primordia.core.experiment import Experiment
from primordia.core.metrics import Row
from primordia.engine.ring import Instant, Ring
from primordia.engine.rules import Rule
from primordia.engine.rules import read as read_rule

SHORT_SECONDS = 0.04
"""About how long a chunk takes while somebody waits for pictures; as long as the loop likes otherwise."""
POLL_SECONDS = 0.05
"""How often a waiting loop looks for signals."""
PICTURES_PER_SECOND = 30.0

Mode = Literal["playing", "pausing", "paused", "over"]
Apply = Callable[[str, Mapping[str, Any]], dict[str, Any]]


class _Order:
    """An intervention that waits to be done; `done` is set once it is, or once it is refused."""

    def __init__(self, name: str, values: Mapping[str, Any]) -> None:
        self.name, self.values = name, values
        self.event: dict[str, Any] = {}
        self.refusal: PrimordiaError | None = None
        self.done = threading.Event()


@final
class Helm:
    """Steers one call of the engine; see `launch.start`. Every method may be called from any thread.

    Args:
        paused: wait before the first step.
        ring: where the loop puts its newest states.
    """

    def __init__(self, *, paused: bool = False, ring: Ring | None = None) -> None:
        self.ring = ring or Ring()
        self._turn = threading.Condition()
        self._mode: Mode = "pausing" if paused else "playing"
        self._why = "waits to be started" if paused else ""
        self._experiment: Experiment[Any, Any] | None = None
        self._latest: Instant | None = None
        self._rules: list[Rule] = []
        self._orders: collections.deque[_Order] = collections.deque()
        self._leaving: str | None = None
        self._steps_ordered: int | None = None
        self._steps_left: int | None = None
        self._steps_per_picture, self._pictures_per_second = 0, PICTURES_PER_SECOND
        self._picture_left, self._next_picture = 0, 0.0

    @property
    def mode(self) -> Mode:
        """How the run stands; "pausing" until all that its last step brought with it is written, and then "paused"."""
        return self._mode

    @property
    def why(self) -> str:
        """Why it paused or ended, in a few words; empty where a person just did it, or it is playing."""
        return self._why

    def standing(self) -> tuple[Mode, str, Instant | None]:
        """Mode, why and newest instant, all of one moment: of a paused run, the instant at which it is paused."""
        with self._turn:
            return self._mode, self._why, self.ring.newest()

    @property
    def pictures_per_second(self) -> float:
        """At most so many pictures are asked for; 0 for none."""
        return self._pictures_per_second

    @property
    def chunk_seconds(self) -> float:
        """About how long the loop may compute before it asks again: short while somebody waits for pictures."""
        looking = self._pictures_per_second and self.ring.wanted
        return max(SHORT_SECONDS, self.ring.patience) if looking else math.inf

    def play(self) -> None:
        """Go on until something pauses or ends the run."""
        self._set("playing", "", None)

    def pause(self, why: str = "") -> None:
        """Wait after the present chunk."""
        with self._turn:
            self._set("paused" if self._mode == "paused" else "pausing", why, None)

    def step(self, n: int) -> None:
        """Do `n` steps and pause; while the run is playing they are counted from the end of the present chunk.

        Raises:
            BadInputError: fewer than one.
        """
        if n < 1:
            raise BadInputError(f"n={n} is out of range: it must be at least 1; the nearest is 1.")
        self._set("playing", "", n)

    def pace(self, n: int, pictures_per_second: float) -> None:
        """Do `n` steps to a picture (0: as many as there is time for), and at most so many pictures a second (0: none).

        Raises:
            BadInputError: a negative number, or one that is not finite.
        """
        if n < 0 or not 0 <= pictures_per_second < math.inf:
            raise BadInputError(f"A pace of {n} steps and {pictures_per_second} pictures a second cannot be kept; "
                                "both must be finite and at least 0.")  # fmt: skip
        with self._turn:
            self._steps_per_picture, self._pictures_per_second = n, float(pictures_per_second)
            self._picture_left, self._next_picture = 0, 0.0
            self._turn.notify_all()

    def rules(self, values: Sequence[Any]) -> None:
        """Pause when one of these holds, instead of the rules before; each is used up when it fires.

        A rule is one of {"when": "step", "step": N}, {"when": "metric", "metric": NAME, "above": LINE} (or "below"),
        {"when": "transition", "transition": NAME}, {"when": "extinction"}. Those about metrics are judged when a row
        is written.

        Raises:
            UnknownNameError: an unknown metric or transition.
            BadInputError: another shape, a step that is over, or a run that has not begun.
        """
        with self._turn:
            experiment = self._steered()
            read = [read_rule(experiment, value) for value in values]
            t = self._latest.t if self._latest else 0
            for rule in read:
                if rule.step is not None and rule.step <= t:
                    raise BadInputError(f"step={rule.step} is over, the run is at {t}; give {t + 1} or more.")
            self._rules = read

    def intervene(self, name: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Change the state, or with "set" the settings, before the next step; returns the event once it is done.

        It waits for the end of the present chunk, and works while paused.

        Raises:
            BadInputError: it cannot be done, or the run is over; nothing was changed.
        """
        order = _Order(name, values)
        with self._turn:
            self._steered()
            self._orders.append(order)
            self._turn.notify_all()
        order.done.wait()
        if order.refusal is not None:
            raise order.refusal
        return order.event

    def leave(self, reason: str) -> None:
        """End this call after the present chunk as interrupted, with a checkpoint; the run can be resumed."""
        with self._turn:
            self._leaving = reason
            self._turn.notify_all()

    @property
    def is_leaving(self) -> bool:
        """Whether `leave` was called."""
        return self._leaving is not None

    def begin(self, experiment: Experiment[Any, Any]) -> None:
        """The loop is about to start: from here on there is something to steer."""
        with self._turn:
            self._experiment = experiment

    def wait(self, interrupted: Callable[[], bool], apply: Apply, rest: Callable[[], None]) -> str | None:
        """Back when the next step may be done (None), or when to leave (why, empty after a signal). The loop's side.

        Args:
            interrupted: whether a signal came; asked at least every `POLL_SECONDS`.
            apply: does an intervention at once and returns its event, or raises why not.
            rest: called if the run is to pause, before it says that it is paused.
        """
        while True:
            if self._mode == "pausing":
                with self._turn:
                    self._show()
                rest()
                with self._turn:
                    # Another order may have come meanwhile.
                    self._mode = "paused" if self._mode == "pausing" else self._mode
            self._serve(apply)
            with self._turn:
                if self._leaving is not None or interrupted():
                    return self._leaving or ""
                delay = self._delay()
                if not self._orders and delay <= 0:
                    return None
                if not self._orders:
                    self._turn.wait(min(delay, POLL_SECONDS))

    def allowed(self, t: int) -> int | None:
        """The most steps that may be done in one go after `t`, or None for any number. The loop's side."""
        with self._turn:
            if self._steps_ordered is not None:
                # Only here: steps that were under way when it was ordered are none of these.
                self._steps_left, self._steps_ordered = self._steps_ordered, None
            limits = [rule.step - t for rule in self._rules if rule.step is not None and rule.step > t]
            if self._steps_left is not None:
                limits.append(self._steps_left)
            elif self._paced:
                if not self._picture_left:
                    self._picture_left = self._steps_per_picture
                    self._next_picture = time.monotonic() + 1 / self._pictures_per_second
                limits.append(self._picture_left)
            return min(limits, default=None)

    def came(self, instant: Instant, n: int) -> None:
        """The run came to this instant by `n` more steps, or by an intervention where `n` is 0. The loop's side."""
        with self._turn:
            self._latest = instant
            if self._steps_left is not None:
                self._steps_left -= n
                if not self._steps_left:
                    self._halt("")
            elif self._paced:
                self._picture_left = max(0, self._picture_left - n)
            if n:
                # A rule may have come while the steps that went past it were under way.
                passed = [(rule, rule.step) for rule in self._rules if rule.step is not None and rule.step <= instant.t]
                self._fire([(rule, f"{'' if step == instant.t else 'past '}step {step}") for rule, step in passed])
            whole = not (self._paced and self._picture_left and self._mode == "playing")
        if whole:
            self.ring.put(instant)

    def judge(self, before: Row, row: Row, crossed: Collection[str]) -> None:
        """A row was written; `crossed` are the transitions that it is the first to show. The loop's side."""
        with self._turn:
            fired = [(rule, rule.fires(before, row, crossed)) for rule in self._rules]
            self._fire([(rule, why) for rule, why in fired if why is not None])

    def end(self, why: str) -> None:
        """The loop is over; who still waits for an intervention is refused. The loop's side."""
        with self._turn:
            self._show()
            self._mode, self._why = "over", why
            waiting, self._orders = list(self._orders), collections.deque()
        for order in waiting:
            order.refusal = BadInputError(f"This run is over ({why}); nothing was changed.")
            order.done.set()

    def _steered(self) -> Experiment[Any, Any]:
        if self._mode == "over":
            raise BadInputError(f"This run is over ({self._why}); nothing was changed.")
        if self._experiment is None:
            raise BadInputError("This run has not begun yet; try again in a moment.")
        return self._experiment

    def _set(self, mode: Mode, why: str, steps: int | None) -> None:
        with self._turn:
            if self._mode != "over":
                self._mode, self._why, self._steps_ordered, self._steps_left = mode, why, steps, None
                self._picture_left, self._next_picture = 0, 0.0
            self._turn.notify_all()

    def _halt(self, why: str) -> None:
        self._mode, self._why, self._steps_ordered, self._steps_left = "pausing", why, None, None

    def _fire(self, fired: Sequence[tuple[Rule, str]]) -> None:
        if fired:
            used = [rule for rule, _ in fired]
            self._rules = [rule for rule in self._rules if rule not in used]
            # A row is judged after its step was: both may have something to say.
            said = [self._why] if self._mode == "pausing" and self._why else []
            self._halt("; ".join(dict.fromkeys([*said, *(why for _, why in fired)])))

    def _show(self) -> None:
        """Where the run stands still, it is shown, be it in the middle of a picture."""
        if self._latest is not None and self.ring.newest() is not self._latest:
            self.ring.put(self._latest)

    @property
    def _paced(self) -> bool:
        return self._steps_per_picture > 0 and self._pictures_per_second > 0

    def _delay(self) -> float:
        """Seconds until the next step may be done."""
        if self._mode in ("pausing", "paused"):
            self._show()
            return math.inf
        between = self._paced and self._steps_left is None and not self._picture_left
        return self._next_picture - time.monotonic() if between else 0.0

    def _serve(self, apply: Apply) -> None:
        """Do the interventions that wait, in their order."""
        while True:
            with self._turn:
                if not self._orders or self._leaving is not None:
                    return
                order = self._orders.popleft()
            try:
                order.event = apply(order.name, order.values)
            except PrimordiaError as error:
                order.refusal = error
            except BaseException:
                order.refusal = BadInputError("This run failed while it kept the intervention; see its last event.")
                raise
            finally:
                order.done.set()
