"""The loop: advance, measure, write, checkpoint, in an order that makes every instant safe to die in.

At a boundary the row is written first, then events and pictures, then the checkpoint. Whatever lies after the last
checkpoint is cut or overwritten with the same bits on resume. Only interventions are kept, and made again at their
steps: each is on disk, and before it a checkpoint of its step, before it changes anything.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import time
from collections.abc import Mapping
from typing import Any, Literal

from primordia.core import metrics
from primordia.core.errors import BadInputError, ContractError, LostStateError, RunFolderError
from primordia.core.metrics import Row
from primordia.core.streams import Streams
from primordia.engine import checkpoints, durable, interventions, looking
from primordia.engine.folder import Opened, now
from primordia.engine.helm import Helm
from primordia.engine.interrupts import Interrupts
from primordia.engine.lease import Lease
from primordia.engine.observer import Observer, Outcome
from primordia.engine.ring import Instant

CHUNK_SECONDS = 0.2
BY_SIGNAL = "interrupted by a signal; resume continues with the same bits"


class Loop:
    """One call of the engine on one run: from a state after `t` steps to its end, an interruption or a failure.

    Args:
        run: the opened run folder.
        lease: held by this process for as long as the loop runs.
        observer: who watches.
        helm: who steers.
        state: the state after `t` completed steps, before the interventions there.
        t: completed steps.
        rows: the rows already written, none beyond `t`.
        opening: the event that begins this call: its name under "event", and details.
        looks: whether views and findings are kept at the start, at transitions and at the end.
    """

    def __init__(
        self,
        run: Opened,
        lease: Lease,
        observer: Observer,
        helm: Helm,
        state: Any,
        t: int,
        rows: list[dict[str, Any]],
        opening: Mapping[str, Any],
        looks: bool = True,
    ) -> None:
        self.opening, self.looks = opening, looks
        self.lease, self.observer, self.helm = lease, observer, helm
        made = interventions.recorded(run.folder)
        self.ahead = [event for event in made if event["step"] >= t]
        self.revision = len(made) - len(self.ahead)
        # Its checkpoints belong to the run as it began, whatever was set since.
        self.stamp = run.stamp
        self.run = dataclasses.replace(run, config=interventions.config_at(run, made[: self.revision]))
        self.state, self.t = state, t
        self.streams = Streams(run.config.seed)
        self.last_row: Row = rows[-1] if rows else {}
        self.products: Row = {}
        self.begins_at = int(run.folder.record()["begins_at"])
        self.crossings = run.crossings(rows)
        self.chunk = 1

    def go(self) -> Outcome:
        """Run until something ends it; returns after everything is on disk.

        Raises:
            KeyboardInterrupt: on the second signal; the run is marked interrupted at its last checkpoint.
            LostStateError: whoever held the state is gone, after the run was marked interrupted.
            Exception: whatever else the experiment raised, after the run was marked failed.
        """
        with Interrupts() as interrupts:
            try:
                outcome = self._until_end(interrupts)
            except KeyboardInterrupt:
                self._close_anyway("interrupted", "stopped at once by a second signal")
                raise
            except LostStateError as error:
                self._close_anyway("interrupted", str(error))
                raise
            except Exception as error:
                if not (isinstance(error, OSError) and error.errno in durable.NO_ROOM):
                    self._close_anyway("failed", f"{type(error).__name__}: {error}")
                    raise
                outcome = self._close_anyway(
                    "failed", f"the disk is full ({error.strerror}); free some room and resume"
                )
        return outcome

    def _until_end(self, interrupts: Interrupts) -> Outcome:
        self._note(**self.opening)
        self.lease.update(status="running", reason=None, ended=None)
        # Before anything is measured and looked for, which may take long the first time: there is a state to be seen.
        self._publish(0)
        if self.t == self.begins_at and not self.last_row:
            self._write_row()
            self._look("start")
            self.run.folder.metrics.sync()
            self.run.folder.events.sync()
            self.lease.update(begun=True)
        # Whether it ends here is asked before anything is changed here, as a run that is resumed here will ask.
        while (reason := self._ending()) is None:
            self._make_again()
            leaving = self.helm.wait(lambda: interrupts.requested, self._intervene, self._rest)
            if leaving is not None:
                self._checkpoint()
                return self._close("interrupted", leaving or BY_SIGNAL)
            self._advance()
            self._at_boundary()
        return self._finish(reason)

    def _ending(self) -> str | None:
        """Why the run is over after `t` steps, or None."""
        schedule, word = self.run.schedule, self.run.experiment.step_word
        if stopping := self._stopping():
            return stopping
        if self.t >= schedule.steps:
            return f"all {schedule.steps} {word}s done"
        # The first row of a fork lacks what a step would have put into it, and its parent went on from there.
        if self.last_row.get("step") == self.t and (self.t > self.begins_at or self.t == 0):
            return self.run.experiment.finished(self.run.config, self.state, self.last_row)
        return None

    def _stopping(self) -> str | None:
        """What the stop rule says after `t` steps."""
        rule = self.run.schedule.stop_rule()
        if rule and rule[0] in self.crossings and self.t >= self.crossings[rule[0]] + rule[1]:
            return f"stopped {rule[1]} {self.run.experiment.step_word}s after {rule[0]}"
        return None

    def _make_again(self) -> None:
        """What was done here before this run was stopped and resumed."""
        here = [event for event in self.ahead if event["step"] == self.t]
        if here:
            self._checkpoint()
            config, state = interventions.again(self.run, self.run.config, self.state, self.t, here)
            self._change(config, state, len(here))
            self.ahead = self.ahead[len(here) :]

    def _intervene(self, name: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Change the state here, for the helm; returns the event, which is on disk before anything changes."""
        if self.ahead:
            raise BadInputError(
                f"This run was stopped and repeats what was done until step {self.ahead[-1]['step']}; "
                f"it is at {self.t}, so wait until then."
            )
        experiment, config = self.run.experiment, self.run.config
        event = {"name": name, "arguments": interventions.read(experiment, config, name, values)}
        changed = interventions.apply(experiment, config, self.state, self.streams, self.t, event)
        self._checkpoint()
        noted = self._note("intervention", **event)
        self.run.folder.events.sync()
        self._change(*changed, 1)
        return noted

    def _rest(self) -> None:
        """While it stands still, others may fork, replay and export it up to here, which they learn from its record."""
        self.lease.update(step=self.t, heartbeat=now())

    def _change(self, config: Any, state: Any, n: int) -> None:
        """Go on from here with another config and state, after `n` interventions."""
        self.run, self.state = dataclasses.replace(self.run, config=config), state
        self.revision += n
        self._publish(0)

    def _publish(self, n: int) -> None:
        self.helm.came(Instant(self.t, self.revision, self.run.config, self.state), n)

    def _advance(self) -> None:
        """Some steps, never across a boundary, about CHUNK_SECONDS long."""
        n = min(self.chunk, self._next_boundary() - self.t, self.helm.allowed(self.t) or self.chunk)
        began = time.perf_counter()
        self.state, self.products = self.run.experiment.advance(self.run.config, self.state, self.streams, self.t, n)
        seconds = max(time.perf_counter() - began, 1e-6)
        self.t += n
        self.chunk = max(1, min(4 * self.chunk, int(n * min(CHUNK_SECONDS, self.helm.chunk_seconds) / seconds)))
        self._publish(n)
        self.observer.progressed(self.t, n / seconds)

    def _next_boundary(self) -> int:
        rule = self.run.schedule.stop_rule()
        boundary = self.run.schedule.next_stop(self.t)
        if rule and rule[0] in self.crossings:
            boundary = min(boundary, max(self.crossings[rule[0]] + rule[1], self.t + 1))
        return min([boundary, *(int(event["step"]) for event in self.ahead[:1])])

    def _at_boundary(self) -> None:
        schedule = self.run.schedule
        # The row of a stop rule's last step too: after the checkpoint below, what the step itself produced is gone.
        if schedule.row_due(self.t) or self._stopping():
            self._write_row()
        if schedule.views_every and self.t % schedule.views_every == 0:
            looking.save_views(self.run, self.state, self.t)
        if self.t % schedule.checkpoint_every == 0:
            self._checkpoint()

    def _write_row(self) -> None:
        experiment, config = self.run.experiment, self.run.config
        values = {**self.products, **experiment.measure(config, self.state, self.streams, self.t)}
        unknown = values.keys() - experiment.metrics.keys()
        if unknown:
            raise ContractError(f"{experiment.name} put undeclared metrics into a row: {sorted(unknown)}.")
        values = {name: metrics.plain(name, value) for name, value in values.items()}
        for name, value in values.items():
            if not math.isfinite(value):
                raise ContractError(f"{experiment.name} put {value} into a row as {name}; metrics are finite numbers.")
        row = {"step": self.t, **values}
        self.run.folder.metrics.append(row)
        before, self.last_row = self.last_row, row
        self.observer.row_written(row)
        crossed = self._cross(row)
        self.helm.judge(before, row, crossed)
        for name in crossed:
            self._note_transition(name, row)
            self._look(name)
        # One checkpoint for all of them: it says that everything about this row is on disk.
        if crossed:
            self._checkpoint()

    def _cross(self, row: Row) -> list[str]:
        """Remember transitions that this row is the first to show; returns their names."""
        before = self.crossings
        self.crossings = metrics.crossings(self.run.experiment.transitions, [row], before)
        return [name for name in self.crossings if name not in before]

    def _note_transition(self, name: str, row: Row) -> None:
        transition = self.run.experiment.transitions[name]
        known = {(entry["event"], entry.get("name"), entry["step"]) for entry in self.run.folder.events.read()}
        if ("transition", name, self.t) not in known:
            self._note("transition", name=name, metric=transition.metric, value=row[transition.metric])

    def _look(self, label: str) -> None:
        if not self.looks:
            return
        looking.save_views(self.run, self.state, self.t)
        looking.save_findings(self.run, self.state, self.t, label)

    def _checkpoint(self) -> None:
        folder = self.run.folder
        folder.metrics.sync()
        folder.events.sync()
        new = self.t not in checkpoints.steps(folder.checkpoints)
        if new:
            checkpoints.save(folder.checkpoints, self.t, self.state, self.stamp)
        pinned = {*self.crossings.values(), self.begins_at}
        checkpoints.prune(folder.checkpoints, self.run.schedule.keep, pinned)
        if new:
            self._note("checkpoint")
        self.lease.update(step=self.t, heartbeat=now())

    def _finish(self, reason: str) -> Outcome:
        if self.last_row.get("step") != self.t:
            self._write_row()
        self._look("end")
        self._checkpoint()
        return self._close("finished", reason)

    def _close(self, status: Literal["finished", "interrupted", "failed"], reason: str) -> Outcome:
        try:
            self._note(status, reason=reason)
        finally:
            self.lease.update(status=status, reason=reason, step=self.t, ended=now())
            durable.sync_folder(self.run.folder.path)
        return Outcome(self.run.folder, status, self.t, reason)

    def _close_anyway(self, status: Literal["interrupted", "failed"], reason: str) -> Outcome:
        """Like `_close`, but on a disk so full that not even this can be written, the outcome is only returned."""
        self.lease.free_room()
        with contextlib.suppress(OSError, RunFolderError):
            self._close(status, reason)
        return Outcome(self.run.folder, status, self.t, reason)

    def _note(self, event: str, **details: Any) -> dict[str, Any]:
        noted = self.run.folder.note(event, self.t, **details)
        self.observer.event_noted(noted)
        return noted
