"""`primordia describe`: everything about one experiment."""

from __future__ import annotations

import dataclasses
from typing import Any

from primordia.cli import arguments, printing
from primordia.core import config as configs
from primordia.core.experiment import Experiment
from primordia.engine.schedule import Schedule

JSON_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string"}


@dataclasses.dataclass(frozen=True)
class Describe:
    """One experiment: what it is, every setting with its range and source, presets, metrics, interventions, claims."""

    name: arguments.Name
    json: arguments.Json = False


def main(argv: list[str]) -> int:
    """Print the description."""
    wanted = arguments.parse(Describe, argv, "describe")
    experiment = arguments.experiment(wanted.name)
    if wanted.json:
        printing.show_json(_as_json(experiment))
        return 0
    printing.show(*_head(experiment), *_settings(experiment), *_presets(experiment), *_schedule(),
                  *_measured(experiment), *_interventions(experiment), *_claims(experiment))  # fmt: skip
    preset = "demo" if "demo" in experiment.presets else next(iter(experiment.presets))
    print(f"\nrun it    primordia run {wanted.name} --preset {preset}")
    if experiment.claims:
        print(f"verify    primordia verify {wanted.name}")
    return 0


def _head(experiment: Experiment[Any, Any]) -> list[Any]:
    from rich.text import Text

    source = experiment.source
    return [
        Text.assemble((experiment.name, "bold"), f" version {experiment.version}"),
        experiment.summary,
        f"one step is one {experiment.step_word}; determinism: {experiment.determinism}; "
        f"variants: {', '.join(experiment.variants)}",
        printing.heading("source"),
        f"{source.title}. {source.authors.rstrip('.')}. {source.year}. arXiv {source.arxiv}",
        f"How we differ: {source.how_we_differ}",
    ]


def _settings(experiment: Experiment[Any, Any]) -> list[Any]:
    rows = []
    for name, field in configs.fields(experiment.Config).items():
        unit = "" if field.spec.unit == "dimensionless" else f" ({field.spec.unit})"
        rows.append((name, field.default, f"{field.spec.meaning}{unit}; {field.spec.allowed()}", field.spec.source))
    columns = ("setting", "default", "meaning; allowed", "source of the default")
    return [printing.heading("settings (--set NAME=VALUE)"), printing.table(columns, rows)]


def _presets(experiment: Experiment[Any, Any]) -> list[Any]:
    rows = []
    for name, preset in experiment.presets.items():
        settings = ", ".join(f"{key}={value}" for key, value in preset.config.items())
        schedule = " ".join(f"{arguments.flag(key)} {value}" for key, value in preset.run.items())
        rows.append((name, preset.text, settings or "the defaults", schedule or "the defaults"))
    columns = ("preset", "what to expect", "settings", "schedule")
    return [printing.heading("presets (--preset NAME)"), printing.table(columns, rows)]


def _schedule() -> list[Any]:
    fields = configs.fields(Schedule).items()
    rows = [
        (arguments.flag(name), "none" if field.default is None else field.default, field.spec.meaning)
        for name, field in fields
    ]
    title = printing.heading("schedule (where a preset says nothing else)")
    return [title, printing.table(("option", "default", "meaning"), rows, whole=("option",))]


def _measured(experiment: Experiment[Any, Any]) -> list[Any]:
    metrics = [(name, metric.unit, metric.meaning) for name, metric in experiment.metrics.items()]
    transitions = [
        (name, f"{line.metric} {'≥' if line.rising else '≤'} {line.threshold:g}", line.meaning)
        for name, line in experiment.transitions.items()
    ]
    views = [(name, view.meaning) for name, view in experiment.views.items()]
    parts = [printing.heading("metrics"), printing.table(("metric", "unit", "meaning"), metrics)]
    if transitions:
        title = printing.heading("transitions (--stop NAME or NAME+STEPS)")
        parts += [title, printing.table(("transition", "when", "meaning"), transitions)]
    if views:
        parts += [printing.heading("views"), printing.table(("view", "what one sees"), views)]
    return parts


def _interventions(experiment: Experiment[Any, Any]) -> list[Any]:
    rows = [
        (name, done.meaning, ", ".join(configs.fields(done.Arguments)))
        for name, done in experiment.interventions.items()
    ]
    if not rows:
        return []
    title = printing.heading("interventions (in `primordia watch`)")
    return [title, printing.table(("intervention", "what it does", "arguments"), rows)]


def _claims(experiment: Experiment[Any, Any]) -> list[Any]:
    rows = [
        (
            claim.id,
            f"{claim.statement} ({claim.source})",
            printing.region(claim.expected),
            f"{claim.tier}: {claim.cost}",
        )
        for claim in experiment.claims
    ]
    if not rows:
        return []
    return [printing.heading("claims"), printing.table(("claim", "statement", "expected", "tier and cost"), rows)]


def _as_json(experiment: Experiment[Any, Any]) -> dict[str, Any]:
    kind = type(experiment)
    return {
        "name": experiment.name,
        "version": experiment.version,
        "address": f"{kind.__module__}:{kind.__qualname__}",
        "summary": experiment.summary,
        "step_word": experiment.step_word,
        "determinism": experiment.determinism,
        "source": dataclasses.asdict(experiment.source),
        "schema": _schema(experiment.name, experiment.Config),
        "presets": {name: dataclasses.asdict(preset) for name, preset in experiment.presets.items()},
        "schedule": {
            name: {"default": field.default, "meaning": field.spec.meaning}
            for name, field in configs.fields(Schedule).items()
        },
        "variants": {name: dict(values) for name, values in experiment.variants.items()},
        "metrics": {name: dataclasses.asdict(metric) for name, metric in experiment.metrics.items()},
        "transitions": {name: dataclasses.asdict(line) for name, line in experiment.transitions.items()},
        "views": {
            name: {
                "meaning": view.meaning,
                "needs": view.needs,
                "palette": [dataclasses.asdict(colour) for colour in view.palette],
            }
            for name, view in experiment.views.items()
        },
        "interventions": {
            name: {"meaning": done.meaning, "arguments": _schema(name, done.Arguments)}
            for name, done in experiment.interventions.items()
        },
        "claims": [
            {
                "id": claim.id,
                "statement": claim.statement,
                "source": claim.source,
                "setup": claim.recorded,
                "expected": dataclasses.asdict(claim.expected),
                "tier": claim.tier,
                "cost": claim.cost,
            }
            for claim in experiment.claims
        ],
    }


def _schema(title: str, kind_of: type) -> dict[str, Any]:
    """Settings or arguments as a JSON schema (draft 2020-12); our own words are prefixed with x-."""
    properties, required = {}, []
    for name, field in configs.fields(kind_of).items():
        kind = JSON_TYPES[field.type]
        stated = {
            "minimum": field.spec.ge,
            "maximum": field.spec.le,
            "multipleOf": field.spec.multiple_of,
            "enum": list(field.spec.choices) or None,
            "x-power-of-two": field.spec.power_of_two or None,
        }
        owed = field.default is dataclasses.MISSING
        required += [name] if owed else []
        properties[name] = {
            "type": [kind, "null"] if field.optional else kind,
            **({} if owed else {"default": field.default}),
            "description": field.spec.meaning,
            "x-unit": field.spec.unit,
            "x-source": field.spec.source,
            **{key: value for key, value in stated.items() if value is not None},
        }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": False,
    }
