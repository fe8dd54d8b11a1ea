"""Named checks that hold any experiment to the contract, for the test suite and for `primordia check NAME` alike."""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from primordia.core import config as configs
from primordia.core import findings, inspection, interventions, registry, threads, tree
from primordia.core.errors import ConfigError, ContractError, PrimordiaError
from primordia.core.experiment import Experiment
from primordia.core.metrics import Metric, Row, plain
from primordia.core.streams import Streams
from primordia.core.views import View

N_STEPS = 7


@dataclasses.dataclass(frozen=True)
class Check:
    """One named check of one variant; `run` returns nothing or raises `ContractError` saying what broke."""

    name: str
    run: Callable[[], None]


@dataclasses.dataclass(frozen=True)
class Subject:
    """An experiment under test, with the configuration of one variant of its preset "small"."""

    experiment: Experiment[Any, Any]
    config: Any
    overrides: Mapping[str, Any]

    @property
    def streams(self) -> Streams:
        """The streams of the configuration's seed."""
        return Streams(self.config.seed)

    def run(self, n_steps: int, config: Any = None) -> tuple[Any, Row]:
        """State and last row after `n_steps` single steps."""
        config = self.config if config is None else config
        streams = Streams(config.seed)
        state = self.experiment.init(config, streams)
        row: Row = {}
        for t in range(n_steps):
            state, row = self.experiment.step(config, state, streams, t)
        return state, row


def checks(experiment: Experiment[Any, Any]) -> Iterator[Check]:
    """Every check for every variant, named "variant:check"; `ContractError` for a class that cannot even be run."""
    if sentence := registry.fault(type(experiment)):
        raise ContractError(sentence)
    for variant, overrides in experiment.variants.items():
        subject = _subject(experiment, overrides)
        for function in CHECKS:
            yield Check(f"{variant}:{function.__name__}", functools.partial(function, subject))


def _subject(experiment: Experiment[Any, Any], overrides: Mapping[str, Any]) -> Subject:
    small = experiment.presets["small"].config if "small" in experiment.presets else {}
    values = {**small, **overrides}
    return Subject(experiment, configs.from_dict(experiment.Config, values), values)


def _require(condition: bool, sentence: str) -> None:
    if not condition:
        raise ContractError(sentence)


def config_documented(subject: Subject) -> None:
    """Every field has a meaning, a unit, a source and a default inside its own range."""
    known = configs.fields(subject.experiment.Config)
    seed = known["seed"].spec
    _require(
        seed.ge is not None and seed.ge >= 0 and seed.le is not None and seed.le < 2**64,
        f"The seed must have a range within 0 to 2^64 - 1, the seeds of the streams; it allows {seed.allowed()}.",
    )
    for field in known.values():
        for part in ("meaning", "unit", "source"):
            _require(bool(getattr(field.spec, part)), f"Config field {field.name} does not state its {part}.")
        _require(field.default is not dataclasses.MISSING, f"Config field {field.name} has no default.")
    configs.check(subject.experiment.Config())


def config_round_trip(subject: Subject) -> None:
    """JSON out and in is the same configuration, and an unknown key is refused."""
    stored = json.loads(json.dumps(configs.to_dict(subject.config)))
    _require(
        configs.from_dict(subject.experiment.Config, stored) == subject.config,
        "Config changed on its way through JSON.",
    )
    try:
        configs.from_dict(subject.experiment.Config, {**stored, "no_such_setting": 1})
    except PrimordiaError:
        return
    raise ContractError("An unknown setting was accepted.")


def config_refuses_out_of_range(subject: Subject) -> None:
    """Values just outside each stated range are refused."""
    for field in configs.fields(subject.experiment.Config).values():
        beyond = [_beyond(field.type, bound, sign) for bound, sign in ((field.spec.ge, -1), (field.spec.le, 1))]
        for value in [value for value in beyond if value is not None]:
            try:
                configs.override(subject.config, {field.name: value})
            except ConfigError:
                continue
            raise ContractError(f"Config field {field.name} accepted {value}, outside {field.spec.allowed()}.")


def _beyond(kind: type, bound: float | None, sign: int) -> Any:
    """The first value of the field's type past a bound."""
    if bound is None or kind not in (int, float):
        return None
    return int(bound) + sign if kind is int else math.nextafter(bound, sign * math.inf)


def presets_valid(subject: Subject) -> None:
    """There is a preset "small", every preset builds a valid config and says what to expect."""
    presets = subject.experiment.presets
    _require("small" in presets, "There is no preset 'small'.")
    for name, preset in presets.items():
        _require(bool(preset.text), f"Preset {name} has no text.")
        configs.from_dict(subject.experiment.Config, preset.config)


def init_pure(subject: Subject) -> None:
    """The same seed gives the same bits, another seed other bits, and no global generator is touched."""
    subject.run(1)  # JAX draws from a global generator while it is imported, once in a process.
    before = _global_generators()
    first, _ = subject.run(0)
    second, _ = subject.run(0)
    other, _ = subject.run(1, configs.override(subject.config, {"seed": subject.config.seed + 1}))
    mine, _ = subject.run(1)
    after = _global_generators()
    _require(tree.same_bits(first, second), "Two calls of init with one seed differ.")
    _require(not tree.same_bits(mine, other), "Another seed gave the same state after one step.")
    _require(before == after, "A global random generator was used.")


def _global_generators() -> tuple[object, bytes, object]:
    numpy_state: Any = np.random.get_state(legacy=True)  # noqa: NPY002  # watched, not used
    return random.getstate(), np.asarray(numpy_state[1]).tobytes(), numpy_state[2:]


def _bits(state: Any) -> dict[str, tuple[Any, ...]]:
    """The leaves of a state by path, as (dtype, shape, bytes): equal where states have the same bits."""
    return {path: (str(leaf.dtype), leaf.shape, leaf.tobytes()) for path, leaf in tree.to_arrays(state).items()}


def _twice(name: str, state: Any, told: Callable[[Any], Any], ask: Callable[..., Any], *words: Any) -> Any:
    """What is told of the answer to a question about a state that is asked twice, and changes nothing."""
    kept, answers = _bits(state), []
    for _ in range(2):
        answers.append(told(ask(*words)))
        _require(_bits(state) == kept, f"{name} changed the state it was given.")
    _require(answers[0] == answers[1], f"{name} answered the same question in two ways.")
    return answers[0]


def step_pure(subject: Subject) -> None:
    """A step and a measurement leave their input as it was and give the same output for the same input."""
    state, _ = subject.run(2)
    given = (subject.config, state, subject.streams, 2)
    _twice("step", state, lambda after: (_bits(after[0]), dict(after[1])), subject.experiment.step, *given)
    _twice("measure", state, lambda row: repr(dict(row)), subject.experiment.measure, *given)


def advance_equals_steps(subject: Subject) -> None:
    """`advance` in chunks of any size gives the state and last row of single steps."""
    single, row = subject.run(N_STEPS)
    for chunk in (N_STEPS, 3, 2):
        state, t = subject.experiment.init(subject.config, subject.streams), 0
        last: Row = {}
        while t < N_STEPS:
            n = min(chunk, N_STEPS - t)
            state, last = subject.experiment.advance(subject.config, state, subject.streams, t, n)
            t += n
        _require(tree.same_bits(single, state), f"Chunks of {chunk} steps gave other bits than single steps.")
        _require(
            dict(row) == dict(last), f"Chunks of {chunk} steps gave another row than single steps: {last} != {row}."
        )


def resume_exact(subject: Subject) -> None:
    """A state that went through its stored form continues with the same bits."""
    expected, _ = subject.run(N_STEPS)
    state, _ = subject.run(3)
    template = subject.experiment.init(subject.config, subject.streams)
    stored = {path: leaf.copy() for path, leaf in tree.to_arrays(state).items()}
    state = tree.from_arrays(template, stored)
    for t in range(3, N_STEPS):
        state, _ = subject.experiment.step(subject.config, state, subject.streams, t)
    _require(tree.same_bits(expected, state), "A resumed state went another way.")


def structure_stable(subject: Subject) -> None:
    """Paths, shapes and dtypes of the state never change."""
    shapes = [{path: leaf[:2] for path, leaf in _bits(subject.run(n)[0]).items()} for n in (0, 1, 3)]
    _require(shapes[0] == shapes[1] == shapes[2], f"The state changed its structure: {shapes[0]} became {shapes[-1]}.")


def streams_not_reused(subject: Subject) -> None:
    """No two steps ask for the same (stream, step), and none asks twice."""
    watched = _WatchedStreams(subject.config.seed, [])
    state = subject.experiment.init(subject.config, watched)  # type: ignore[arg-type]
    for t in range(3):
        state, _ = subject.experiment.step(subject.config, state, watched, t)  # type: ignore[arg-type]
    repeated = {use for use in watched.uses if watched.uses.count(use) > 1}
    _require(not repeated, f"Random streams were used twice: {sorted(repeated)}.")


def metrics_declared(subject: Subject) -> None:
    """Rows hold finite scalars under declared names, no declared metric is missing, transitions watch real metrics."""
    state, row = subject.run(3)
    full = {**row, **subject.experiment.measure(subject.config, state, subject.streams, 3)}
    declared = subject.experiment.metrics
    _needs_settings(subject, "Metric", declared)
    due = {name for name, metric in declared.items() if configs.is_on(subject.config, metric.needs)}
    _require(full.keys() == due, f"Row and declaration differ in {sorted(full.keys() ^ due)}.")
    for name, value in full.items():
        _require(math.isfinite(plain(name, value)), f"Metric {name} is {value}.")
        _require(bool(declared[name].unit and declared[name].meaning), f"Metric {name} lacks its unit or meaning.")
    for title, names in subject.experiment.panels.items():
        _require(set(names) <= declared.keys(), f"Panel {title} draws an undeclared metric: {sorted(names)}.")
    for name, edges in subject.experiment.bands.items():
        _require({name, *edges} <= declared.keys(), f"The band of {name} has an undeclared metric: {sorted(edges)}.")
    for name, transition in subject.experiment.transitions.items():
        _require(transition.metric in declared, f"Transition {name} watches the undeclared metric {transition.metric}.")


def _needs_settings(subject: Subject, kind: str, declared: Mapping[str, Metric] | Mapping[str, View]) -> None:
    for name, needy in declared.items():
        known = not needy.needs or hasattr(subject.config, needy.needs)
        _require(known, f"{kind} {name} needs {needy.needs!r}, of which the config says nothing.")


def views_bounded(subject: Subject) -> None:
    """Every view draws palette indices within its declared size and changes nothing."""
    state, _ = subject.run(2)
    _needs_settings(subject, "View", subject.experiment.views)
    for name, view in subject.experiment.views.items():
        _require(bool(view.meaning), f"View {name} does not say what one sees.")
        _twice(f"View {name}", state, np.ndarray.tobytes, view.pixels, subject.config, state, name)


def findings_pure(subject: Subject) -> None:
    """`finished` and `findings` change nothing, say the same when asked twice, and findings are whole."""
    experiment, config = subject.experiment, subject.config
    for t in (0, 3):
        state, row = subject.run(t)
        row = {**row, **experiment.measure(config, state, subject.streams, t)}
        ending = _twice("finished", state, lambda answer: answer, experiment.finished, config, state, row)
        _require(ending is None or isinstance(ending, str), f"finished returned {ending!r}; allowed: a sentence, None.")
        told = functools.partial(_told, findings.fault)
        _twice("findings", state, told, experiment.findings, config, state, subject.streams, t)


def _told(fault: Callable[[Any], str | None], answer: Any) -> str:
    """Findings as a text that is the same for the same findings, once they are held to their declaration."""
    _require(isinstance(answer, tuple), f"It returned {type(answer).__name__}; it must be a tuple of findings.")
    for found in answer:
        sentence = fault(found)
        _require(sentence is None, sentence or "")
    return repr([(found, findings.pixels(found).tobytes()) for found in answer])


def inspect_pure(subject: Subject) -> None:
    """`inspect` changes nothing, says the same when asked twice and whole things, at a corner of every view."""
    experiment, config, (state, _) = subject.experiment, subject.config, subject.run(3)
    told = functools.partial(_told, functools.partial(inspection.fault, experiment.interventions))
    for last, (name, view) in enumerate(experiment.views.items(), 1):
        place = [last % 2 * (size - 1) for size in view.draw(config, state).shape]
        _twice("inspect", state, told, experiment.inspect, config, state, subject.streams, 3, name, *place)


def interventions_pure(subject: Subject) -> None:
    """Interventions change only what they return, the same when done twice, and keep the structure of the state."""
    experiment, config, (state, _) = subject.experiment, subject.config, subject.run(3)
    for name, intervention in experiment.interventions.items():
        _require(name != "set" and bool(intervention.meaning), f"Intervention {name} lacks its meaning, or is 'set'.")
        owed = [
            field for field in configs.fields(intervention.Arguments).values() if field.default is dataclasses.MISSING
        ]
        lowest = {field.name: (*field.spec.choices, field.type(field.spec.ge or 0))[0] for field in owed}
        done = interventions.arguments(experiment.interventions, name, {**lowest, **intervention.example})
        after = _twice(name, state, _bits, intervention.apply, config, state, subject.streams, 3, done)
        shapes = [{path: leaf[:2] for path, leaf in bits.items()} for bits in (_bits(state), after)]
        _require(shapes[0] == shapes[1], f"Intervention {name} changed the structure of the state.")


def thread_count_invariant(subject: Subject) -> None:
    """One thread and two give the same bits (for experiments that promise it)."""
    if subject.experiment.determinism == "statistical":
        return
    found = []
    try:
        for n in (1, 2):
            threads.limit(n)
            found.append(subject.run(3)[0])
    finally:
        threads.limit(None)
    _require(tree.same_bits(found[0], found[1]), "One and two threads gave different bits.")


def fresh_process_agrees(subject: Subject) -> None:
    """Another process, given only the experiment's address and the config, reaches the same bits."""
    kind = type(subject.experiment)
    if kind.__module__ == "__main__" or "<locals>" in kind.__qualname__:
        return
    program = (
        "import json, sys; from primordia.core import checks, registry; name, values = json.loads(sys.argv[1]); "
        "print(checks.fingerprint(registry.load(name), values))"
    )
    argument = json.dumps([f"{kind.__module__}:{kind.__qualname__}", dict(subject.overrides)])
    done = subprocess.run([sys.executable, "-c", program, argument], capture_output=True, text=True, check=False)
    _require(done.returncode == 0, f"A fresh process failed: {done.stderr.strip().splitlines()[-1:]}.")
    mine = fingerprint(subject.experiment, subject.overrides)
    _require(done.stdout.strip() == mine, "A fresh process gave other bits.")


def fingerprint(experiment: Experiment[Any, Any], overrides: Mapping[str, Any]) -> str:
    """A digest of config and state after three steps, for comparing processes."""
    subject = _subject(experiment, overrides)
    state, row = subject.run(3)
    arrays = {path: [str(leaf.dtype), leaf.tobytes().hex()] for path, leaf in tree.to_arrays(state).items()}
    return configs.digest(
        configs.to_dict(subject.config), arrays, {name: plain(name, value) for name, value in row.items()}
    )


def known_result(subject: Subject) -> None:
    """A result known beforehand comes out exactly."""
    known = subject.experiment.known_result(subject.config)
    measured = known.measured()
    _require(bool(known.source), "The known result does not say where its value comes from.")
    _require(measured == known.expected, f"{known.statement} Expected {known.expected}, measured {measured}.")


def source_cited(subject: Subject) -> None:
    """The paper is named, and how we differ from it is said."""
    source = subject.experiment.source
    for part in ("title", "authors", "arxiv", "how_we_differ"):
        _require(bool(getattr(source, part)), f"The source does not state its {part}.")
    _require(bool(subject.experiment.summary), "The experiment has no summary.")
    for claim in subject.experiment.claims:
        _require(
            bool(claim.source and claim.expected.why), f"Claim {claim.id} lacks its source or the reason of its region."
        )
    ids = [claim.id for claim in subject.experiment.claims]
    _require(len(ids) == len(set(ids)), "Two claims share an id.")


@dataclasses.dataclass(frozen=True)
class _WatchedStreams:
    """Streams that note every (stream, step) they are asked for."""

    seed: int
    uses: list[tuple[str, int]]

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def watched(name: str, step: int, *more: Any, **named: Any) -> Any:
            self.uses.append((name, step))
            return getattr(Streams(self.seed), method)(name, step, *more, **named)

        return watched


CHECKS: tuple[Callable[[Subject], None], ...] = (
    config_documented, config_round_trip, config_refuses_out_of_range, presets_valid, init_pure, step_pure,
    advance_equals_steps, resume_exact, structure_stable, streams_not_reused, metrics_declared, findings_pure,
    views_bounded, inspect_pure, interventions_pure, thread_count_invariant, fresh_process_agrees, known_result,
    source_cited,
)  # fmt: skip
