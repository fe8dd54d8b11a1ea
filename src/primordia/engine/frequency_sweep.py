"""Frequencies over seeds, measured: a run per seed as a sweep, on any executor, for as long as the verdict is open."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, final

from primordia.core.claims import Claim, Frequency, Measurement
from primordia.core.errors import PrimordiaError, RunFolderError
from primordia.core.experiment import Experiment
from primordia.engine import frequency as frequencies
from primordia.engine.executors.executor import Executor
from primordia.engine.executors.local import Local, cores
from primordia.engine.folder import RunFolder
from primordia.engine.frequency import Decision
from primordia.engine.sweeps import driver, sweepfolder
from primordia.engine.sweeps import plan as plans
from primordia.engine.sweeps.cells import CellStatus
from primordia.engine.sweeps.designs import Design
from primordia.engine.sweeps.driver import Tally
from primordia.engine.sweeps.plan import Plan
from primordia.engine.sweeps.sweepfolder import SweepFolder

DECIDED = "the verdict is decided"
FAILED = "a seed that is needed failed"


@final
@dataclasses.dataclass(frozen=True)
class Count:
    """How far a claim is.

    Args:
        claim: which.
        n: seeds whose runs are over, as far as they follow each other in the claim's order.
        n_hits: of these, the ones that crossed the transition.
        n_seeds: all that the claim has.
    """

    claim: Claim
    n: int
    n_hits: int
    n_seeds: int


def on_this_machine(n_cells: int, n_threads: int | None = None) -> Executor:
    """As many local workers as there are cores and cells for, the cores shared out among them."""
    return Local(max(1, min(cores() // (n_threads or 1), n_cells)), n_threads)


@final
class Frequencies:
    """Measures claims that are frequencies, one after the other; a context, which frees the workers at its end.

    The runs of a claim are kept in the sweep `<root>/sweeps/verify-<wing>-<experiment>-<claim>`. When that exists, from
    a call that was interrupted or one that was not, its finished runs count and are not run again. A claim that was
    changed, or an experiment of another version, begins a new sweep, with a number behind its name.

    Args:
        root: where runs are kept.
        lend: makes the executor for at most so many cells at a time.
        on_count: called whenever a run was over, in the calling thread.
        anew: begin a new sweep for every claim, whatever is there.
        command: how this was started, for the records of the runs.
    """

    def __init__(
        self,
        root: Path,
        lend: Callable[[int], Executor] = on_this_machine,
        on_count: Callable[[Count], None] = lambda count: None,
        *,
        anew: bool = False,
        command: str = "",
    ) -> None:
        self.root, self.lend, self.on_count, self.anew, self.command = root, lend, on_count, anew, command
        self._executor: Executor | None = None
        self._lent_for = 0
        self._is_interrupted = False

    def __enter__(self) -> Frequencies:
        return self

    def __exit__(self, *_: object) -> None:
        self._give_back()

    def prepare(self, n_seeds: int) -> None:
        """Make the executor for a claim of so many seeds now, so that one that cannot be made is known of beforehand.

        Raises:
            Exception: whatever `lend` raises.
        """
        self._take(n_seeds)

    def measure(self, experiment: Experiment[Any, Any], address: str, claim: Claim) -> Measurement:
        """The share of seeds that cross the transition, as far as the verdict needs them.

        Args:
            experiment: that makes the claim.
            address: how it is loaded: its name, or "module:Class".
            claim: whose measure is a `Frequency`.

        Raises:
            PrimordiaError: a seed that is needed failed; says how to try it again.
            BadInputError: the claim names a setting or transition that the experiment does not have.
            KeyboardInterrupt: a signal came; the same call goes on where this one stopped.
        """
        assert isinstance(claim.measure, Frequency)
        plan = _plan(experiment, address, claim.measure)
        sweep = self._sweep(claim, plan)
        outcomes = _Outcomes(claim, claim.measure, plan, sweep)
        ran_before = len(outcomes.steps)
        if outcomes.decision is None:
            self._drive(outcomes)
        decision = outcomes.decision
        if decision is None:
            raise PrimordiaError(outcomes.trouble())
        measured = frequencies.measurement(
            claim.measure, outcomes.in_order(), decision, int(plan.schedule["steps"]), experiment.step_word
        )
        before = min(ran_before, decision.n)
        note = measured.note + (f"; {before} of the runs were there before" if before else "")
        evidence = {**measured.evidence, "ran_before": before, "sweep": str(sweep.path)}
        return dataclasses.replace(measured, note=note, evidence=evidence)

    def _sweep(self, claim: Claim, plan: Plan) -> SweepFolder:
        """The newest sweep of this claim that was asked for in the same way, or a new one."""
        stem = f"verify-{plan.experiment.replace('/', '-')}-{claim.id}"
        fitting: list[str] = []
        for name in itertools.chain([stem], (f"{stem}-{count}" for count in itertools.count(2))):
            there = SweepFolder(self.root / sweepfolder.SWEEPS / name)
            if not there.path.exists():
                break
            with contextlib.suppress(RunFolderError):
                if there.plan().digest == plan.digest:
                    fitting.append(name)
        return sweepfolder.create(self.root, plan, fitting[-1] if fitting and not self.anew else name)

    def _drive(self, outcomes: _Outcomes) -> None:
        executor = self._take(len(outcomes.plan.cells))
        why = None
        try:
            told = driver.drive(
                outcomes.sweep,
                executor,
                on_change=lambda tally: self._note(outcomes, tally),
                enough=outcomes.enough,
                looks=False,
                command=self.command,
            )
            why = told.why
        finally:
            self._is_interrupted = bool(why)
            if why not in ("", DECIDED, FAILED):
                self._give_back()
        if why == driver.BY_SIGNAL:
            raise KeyboardInterrupt
        if why not in ("", DECIDED, FAILED):
            raise PrimordiaError(f"The sweep {outcomes.sweep.path} ended early: {why}.")

    def _note(self, outcomes: _Outcomes, tally: Tally) -> None:
        if outcomes.note(tally):
            in_order = outcomes.in_order()
            hits = sum(step is not None for step in in_order)
            self.on_count(Count(outcomes.claim, len(in_order), hits, len(outcomes.plan.cells)))

    def _take(self, n_cells: int) -> Executor:
        """The executor of the claim before, unless another one would have more slots for this claim, or wider ones."""
        kept = self._executor
        if kept is not None:
            n_slots, before = kept.n_slots, self._lent_for
            if n_cells == before or n_slots > before or (n_slots < before and n_slots <= n_cells):
                if self._is_interrupted:
                    kept.renew()
                    self._is_interrupted = False
                return kept
        self._give_back()
        self._executor, self._lent_for, self._is_interrupted = self.lend(n_cells), n_cells, False
        return self._executor

    def _give_back(self) -> None:
        executor, self._executor = self._executor, None
        if executor:
            executor.close()


@final
class _Outcomes:
    """What became of the seeds of a claim, read from their run folders."""

    def __init__(self, claim: Claim, frequency: Frequency, plan: Plan, sweep: SweepFolder) -> None:
        self.claim, self.frequency, self.plan, self.sweep = claim, frequency, plan, sweep
        self.steps: dict[int, int | None] = {}
        self.failures: dict[int, str] = {}
        self.decision: Decision | None = None
        for found in sweep.all_found(plan):
            self._take(found.cell.index, found.status, found.reason or "no reason is recorded")
        self._decide()

    def note(self, tally: Tally) -> bool:
        """Take in what the driver tells; whether a run was over."""
        ended = tally.last
        if ended is None or ended.index in self.steps or ended.index in self.failures:
            return False
        if ended.status not in ("finished", "failed"):
            return False
        self._take(ended.index, ended.status, ended.reason)
        self._decide()
        return True

    def enough(self) -> str:
        """Why no further seed has to be run, or nothing."""
        if self.decision is not None:
            return DECIDED
        return FAILED if len(self.in_order()) in self.failures else ""

    def in_order(self) -> list[int | None]:
        """The outcomes of the first seeds, up to the first that has none yet."""
        return [self.steps[index] for index in itertools.takewhile(self.steps.__contains__, itertools.count())]

    def trouble(self) -> str:
        """Why there is no verdict."""
        first = len(self.in_order())
        reason = self.failures.get(first, "it was not run").rstrip(".")
        return (
            f"Seed {self.frequency.seeds[first]} of {self.claim.id} failed: {reason}. `primordia sweep retry "
            f"{self.sweep.path}` has it tried again; then verify once more."
        )

    def _take(self, index: int, status: CellStatus | str, reason: str) -> None:
        if status == "finished":
            folder = RunFolder(self.sweep.folder_of(self.plan, self.plan.cells[index]))
            self.steps[index] = _crossed_at(folder, self.frequency.transition)
            # Of a thousand seeds they would fill the disk; the run can be made again from its seed.
            shutil.rmtree(folder.checkpoints, ignore_errors=True)
        elif status == "failed":
            self.failures[index] = reason

    def _decide(self) -> None:
        hits = [step is not None for step in self.in_order()]
        self.decision = frequencies.decide(hits, len(self.plan.cells), self.claim.expected)


def _plan(experiment: Experiment[Any, Any], address: str, frequency: Frequency) -> Plan:
    return plans.make(
        experiment,
        Design(seeds=frequency.seeds),
        address=address,
        preset=frequency.preset,
        settings=frequency.config,
        schedule={**frequency.schedule, "stop": frequency.transition},
    )


def _crossed_at(folder: RunFolder, transition: str) -> int | None:
    """The step whose row showed the transition first, or None."""
    events = folder.events.read()
    return next((int(e["step"]) for e in events if e["event"] == "transition" and e["name"] == transition), None)
