"""Verification: measure an experiment's claims here and hold them against their acceptance regions."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from primordia.core.claims import Claim, Frequency, Measurement
from primordia.core.errors import BadInputError, UnknownNameError
from primordia.core.experiment import Experiment
from primordia.engine import durable, environment
from primordia.engine.folder import now
from primordia.engine.frequency_sweep import Frequencies


@dataclasses.dataclass(frozen=True)
class Verdict:
    """A claim and what came of it.

    Args:
        claim: what was claimed.
        measurement: what was measured, or None when measuring failed.
        passed: whether the measurement lies in the acceptance region.
        error: why measuring failed, or None.
        seconds: how long it took.
    """

    claim: Claim
    measurement: Measurement | None
    passed: bool
    error: str | None
    seconds: float


def choose(experiment: Experiment[Any, Any], tier: Literal["quick", "full"], only: Sequence[str]) -> list[Claim]:
    """The claims to measure: those of the tier ("full" includes "quick"), or exactly the ones named.

    Raises:
        UnknownNameError: a named claim does not exist.
        BadInputError: the experiment makes no claim, or none of that tier.
    """
    if not experiment.claims:
        raise BadInputError(f"{experiment.name} makes no claims, so there is nothing to verify.")
    known = {claim.id: claim for claim in experiment.claims}
    for name in only:
        if name not in known:
            raise UnknownNameError("claim", name, known)
    chosen = [known[name] for name in only] or [
        claim for claim in experiment.claims if tier == "full" or claim.tier == "quick"
    ]
    if not chosen:
        raise BadInputError(f"{experiment.name} makes no claim of the tier {tier!r}; try --tier full.")
    return chosen


def run(
    experiment: Experiment[Any, Any],
    tier: Literal["quick", "full"] = "quick",
    only: Sequence[str] = (),
    on_result: Callable[[Verdict], None] | None = None,
    *,
    over_seeds: Frequencies,
    address: str | None = None,
) -> list[Verdict]:
    """Measure claims one after the other; a claim that cannot be measured has failed, and the rest go on.

    Args:
        experiment: whose claims.
        tier: which of them; see `choose`.
        only: exactly these instead.
        on_result: called after each.
        over_seeds: measures those that are frequencies over seeds.
        address: how other processes load the experiment; None: by its name.
    """
    verdicts = []
    for claim in choose(experiment, tier, only):
        began = time.perf_counter()
        measurement, error = None, None
        try:
            if isinstance(claim.measure, Frequency):
                measurement = over_seeds.measure(experiment, address or experiment.name, claim)
            else:
                measurement = claim.measure(claim.setup)
        except Exception as problem:
            error = f"{type(problem).__name__}: {problem}"
        measured = measurement.value if measurement else math.nan
        passed = math.isfinite(measured) and claim.expected.holds(measured)
        verdict = Verdict(claim, measurement, passed, error, time.perf_counter() - began)
        verdicts.append(verdict)
        if on_result:
            on_result(verdict)
    return verdicts


def as_json(experiment: Experiment[Any, Any], tier: str, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """The verdicts with everything needed to judge them elsewhere; what is no finite number is null."""
    told = {
        "format": 1,
        "experiment": experiment.name,
        "version": experiment.version,
        "source": dataclasses.asdict(experiment.source),
        "tier": tier,
        "time": now(),
        "environment": environment.describe(),
        "passed": sum(verdict.passed for verdict in verdicts),
        "failed": sum(not verdict.passed for verdict in verdicts),
        "claims": [_entry(verdict) for verdict in verdicts],
    }
    return dict(durable.finite(told))


def new_file(experiment: Experiment[Any, Any], root: Path) -> Path:
    """Make `<root>/verify/<wing>-<experiment>-<time>.json`, still empty; never one that exists."""
    folder = root / "verify"
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{experiment.name.replace('/', '-')}-{now().replace('-', '').replace(':', '')}"
    for suffix in itertools.chain([""], (f"-{count}" for count in itertools.count(2))):
        with contextlib.suppress(FileExistsError):
            out = folder / f"{name}{suffix}.json"
            out.touch(exist_ok=False)
            return out
    raise AssertionError("unreachable: counting does not end")


def save(experiment: Experiment[Any, Any], tier: str, verdicts: Sequence[Verdict], out: Path) -> None:
    """Write the verdicts there are so far; called after each, because the next may take hours."""
    durable.write_json(out, as_json(experiment, tier, verdicts))


def _entry(verdict: Verdict) -> dict[str, Any]:
    claim, measured = verdict.claim, verdict.measurement
    return {
        "id": claim.id,
        "statement": claim.statement,
        "source": claim.source,
        "setup": claim.recorded,
        "expected": dataclasses.asdict(claim.expected),
        "measured": measured.value if measured else None,
        "note": measured.note if measured else "",
        "evidence": dict(measured.evidence) if measured else {},
        "outcome": "pass" if verdict.passed else "fail",
        "error": verdict.error,
        "seconds": round(verdict.seconds, 3),
    }
