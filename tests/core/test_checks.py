"""No check is decoration: for each there is an experiment that it alone refuses, and a good one passes all."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import broken_walks
import numpy as np
import pytest

from primordia.core import checks
from primordia.core.errors import BadInputError, ContractError
from walk import Walk

# check: (the experiment that it alone refuses, what it says)
BROKEN: dict[str, list[tuple[type[Walk], str]]] = {
    "config_documented": [(broken_walks.NoSource, "Config field n_sites does not state its source.")],
    "config_round_trip": [(broken_walks.ConfigGrows, "Config changed on its way through JSON.")],
    "config_refuses_out_of_range": [
        (broken_walks.ConfigClamps, "Config field n_walkers accepted 1, outside an even number from 2 to 4096.")
    ],
    "presets_valid": [(broken_walks.SilentPreset, "Preset large has no text.")],
    "init_pure": [(broken_walks.SeedIgnored, "Another seed gave the same state after one step.")],
    "step_pure": [
        (broken_walks.WritesIntoItsInput, "step changed the state it was given."),
        (broken_walks.FlipsItsInput, "step changed the state it was given."),
    ],
    "advance_equals_steps": [(broken_walks.AdvanceSums, "Chunks of 7 steps gave another row than single steps")],
    "resume_exact": [(broken_walks.HiddenMemory, "A resumed state went another way.")],
    "structure_stable": [(broken_walks.ChangesType, "The state changed its structure")],
    "streams_not_reused": [(broken_walks.OneStreamTwice, "Random streams were used twice: [('moves', 0)")],
    "metrics_declared": [
        (broken_walks.UndeclaredMetric, "Row and declaration differ in ['surprise']."),
        (broken_walks.OwesAMetric, "Row and declaration differ in ['owed']."),
        (broken_walks.MetricNeedsNothing, "Metric owed needs 'walkers', of which the config says nothing."),
        (broken_walks.NotFinite, "Metric mean_distance is nan."),
        (broken_walks.TruthValue, "Metric coverage is a bool; allowed are finite numbers, and int(...) of a truth"),
    ],
    "findings_pure": [
        (broken_walks.FindingsErase, "findings changed the state it was given."),
        (broken_walks.FinishedErases, "finished changed the state it was given."),
        (broken_walks.FindingsCount, "findings answered the same question in two ways."),
        (broken_walks.FinishedIsTrue, "finished returned True; allowed: a sentence, None."),
        (broken_walks.FindingsList, "It returned list; it must be a tuple of findings."),
        (
            broken_walks.FindingsWords,
            "A finding is a str; allowed: Table, Text, Picture, Chart, Animation, Matrix and Graph.",
        ),
        (broken_walks.RaggedTable, "Table 'Sites' has the row (3,) under 2 columns; it needs a cell for each."),
        (
            broken_walks.ArrayInTable,
            "under 1 columns; cells are text, numbers or truth values of Python's own, or None.",
        ),
        (broken_walks.PictureBeyondItsPalette, "View The ring drew index 2; its palette has 2 colours."),
    ],
    "views_bounded": [
        (broken_walks.PaletteTooShort, "View ring drew index 2; its palette has 2 colours."),
        (broken_walks.ViewNeedsNothing, "View ring needs 'sites', of which the config says nothing."),
    ],
    "inspect_pure": [
        (broken_walks.InspectErases, "inspect changed the state it was given."),
        (broken_walks.InspectCounts, "inspect answered the same question in two ways."),
        (broken_walks.InspectWords, "A finding is a str; allowed: Table"),
        (broken_walks.SpecimenForNothing, "Specimen 'a walker' is for 'release', which is none of the interventions."),
        (
            broken_walks.BrokenExecution,
            "Execution 'A walk' does not fit together: parts, glyphs, registers, pointers, cells.",
        ),
        (broken_walks.UnmatchedExecution, "Execution 'A walk' does not fit together: cells."),
    ],
    "interventions_pure": [
        (broken_walks.PutWritesIntoItsInput, "put changed the state it was given."),
        (broken_walks.PutKnowsTheTime, "put answered the same question in two ways."),
        (broken_walks.PutChangesType, "Intervention put changed the structure of the state."),
        (broken_walks.SilentPut, "Intervention put lacks its meaning, or is 'set'."),
        (broken_walks.OwnSet, "Intervention set lacks its meaning, or is 'set'."),
    ],
    "thread_count_invariant": [(broken_walks.CountsThreads, "One and two threads gave different bits.")],
    "fresh_process_agrees": [(broken_walks.KnowsItsProcess, "A fresh process gave other bits.")],
    "known_result": [(broken_walks.WrongResult, "Expected 0.5, measured 1.0.")],
    "source_cited": [(broken_walks.NoDifferences, "The source does not state its how_we_differ.")],
}


@pytest.fixture(autouse=True)
def _reachable_from_a_fresh_process(monkeypatch: pytest.MonkeyPatch) -> None:
    here = Path(__file__).parent
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(here), str(here.parent)]))


def refusals(experiment: Walk) -> dict[str, str]:
    """The checks that fail, with what they say."""
    found = {}
    for check in checks.checks(experiment):
        try:
            check.run()
        except ContractError as error:
            found[check.name] = str(error)
    return found


def test_a_good_experiment_passes_every_check_for_every_variant() -> None:
    names = [check.name for check in checks.checks(Walk())]
    assert names == [f"{variant}:{function.__name__}" for variant in ("diffuse", "drift") for function in checks.CHECKS]
    assert refusals(Walk()) == {}


def test_every_check_has_something_to_refuse() -> None:
    assert set(BROKEN) == {function.__name__ for function in checks.CHECKS}


@pytest.mark.parametrize(
    ("check", "kind", "sentence"),
    [(check, kind, sentence) for check, found in BROKEN.items() for kind, sentence in found],
    ids=lambda part: part.__name__ if isinstance(part, type) else "",
)
def test_a_check_refuses_what_no_other_check_does(check: str, kind: type[Walk], sentence: str) -> None:
    found = refusals(kind())
    assert list(found) == [f"default:{check}"]
    assert sentence in found[f"default:{check}"]


def test_a_touched_global_generator_is_noticed() -> None:
    class Touches(broken_walks.OneVariant):
        def init(self, config: Any, streams: Any) -> Any:
            random.random() if self.which == "random" else np.random.rand()  # noqa: NPY002
            return super().init(config, streams)

    python, numpy = random.getstate(), np.random.get_state(legacy=True)  # noqa: NPY002
    try:
        for which in ("random", "numpy"):
            Touches.which = which
            subject = checks._subject(Touches(), {})
            with pytest.raises(ContractError, match="A global random generator was used"):
                checks.init_pure(subject)
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002


def test_a_statistical_experiment_need_not_promise_thread_invariance() -> None:
    class Statistical(broken_walks.CountsThreads):
        determinism = "statistical"

    checks.thread_count_invariant(checks._subject(Statistical(), {}))


def test_a_seed_beyond_the_streams_is_noticed() -> None:
    subject = checks._subject(broken_walks.AnySeed(), {})
    with pytest.raises(ContractError, match=r"The seed must have a range within 0 to 2\^64 - 1"):
        checks.config_documented(subject)


class NumpyScalars(broken_walks.OneVariant):
    """Counts as one does in NumPy, where a sum is a NumPy scalar."""

    def step(self, config: Any, state: Any, streams: Any, t: int) -> Any:
        after, _ = super().step(config, state, streams, t)
        return after, {"moves": (after.crowd.positions != state.crowd.positions).sum()}

    def measure(self, config: Any, state: Any, streams: Any, t: int) -> Any:
        return {name: np.float32(value) for name, value in super().measure(config, state, streams, t).items()}


def test_metrics_may_be_numpy_scalars() -> None:
    assert refusals(NumpyScalars()) == {}


def test_a_class_that_cannot_be_run_is_refused_before_any_check() -> None:
    class Unversioned(Walk):
        version = None

    with pytest.raises(ContractError, match="The version of tests/walk is None; it must be"):
        list(checks.checks(Unversioned()))


def test_an_intervention_that_does_not_take_the_lowest_values_gives_an_example() -> None:
    def picky(config: Any, state: Any, streams: Any, t: int, arguments: Any) -> Any:
        if arguments.site == 0:
            raise BadInputError("Site 0 is taken.")
        return state

    class Picky(broken_walks.OneVariant):
        interventions = broken_walks.changed(picky)

    with pytest.raises(BadInputError, match="Site 0 is taken"):
        checks.interventions_pure(checks._subject(Picky(), {}))
    Picky.interventions = broken_walks.changed(picky, example={"site": 3})
    checks.interventions_pure(checks._subject(Picky(), {}))
