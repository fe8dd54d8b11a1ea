"""Two runs side by side: what was set differently, what they ran on, and where their rows part."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from primordia.engine import interventions
from primordia.engine.folder import RunFolder


@dataclasses.dataclass(frozen=True)
class Comparison:
    """What differs between a first and a second run; pairs are (first, second), None where one has no such thing.

    Args:
        identity: experiment, version, config hash.
        settings: config keys.
        schedule: length and cadence, which change no bits of the state.
        environment: versions, machine, source.
        interventions: what was done to each while it ran, in words with their steps; empty where that is the same.
        common_step: the last step that both have a row of, or None.
        parted: the first common step whose rows differ, or None when all common rows are the same.
        metrics: by name the two values at the common step.
    """

    identity: Mapping[str, tuple[Any, Any]]
    settings: Mapping[str, tuple[Any, Any]]
    schedule: Mapping[str, tuple[Any, Any]]
    environment: Mapping[str, tuple[Any, Any]]
    interventions: tuple[tuple[str, ...], ...]
    common_step: int | None
    parted: int | None
    metrics: Mapping[str, tuple[Any, Any]]

    @property
    def same_bits(self) -> bool:
        """Whether every row that both have is the same."""
        return self.common_step is not None and self.parted is None


def compare(first: RunFolder, second: RunFolder) -> Comparison:
    """Compare two runs by their folders alone; their experiments need not be installed.

    Raises:
        RunFolderError: one of them cannot be read.
    """
    records = (first.record(), second.record())
    settings = (first.config(), second.config())
    rows = tuple({row["step"]: row for row in folder.metrics.read()} for folder in (first, second))
    done = tuple(
        tuple(f"{event['step']:,}: {interventions.said(event)}" for event in interventions.recorded(folder))
        for folder in (first, second)
    )
    common = sorted(rows[0].keys() & rows[1].keys())
    parted = next((step for step in common if rows[0][step] != rows[1][step]), None)
    last = common[-1] if common else None
    names = [name for name in {**rows[0][last], **rows[1][last]} if name != "step"] if last is not None else []
    return Comparison(
        identity=_differing(*({key: record[key] for key in IDENTITY} for record in records)),
        settings=_differing(*(dict(each["config"]) for each in settings)),
        schedule=_differing(*(dict(each["schedule"]) for each in settings)),
        environment=_differing(*(_environment(folder) for folder in (first, second))),
        interventions=() if done[0] == done[1] else done,
        common_step=last,
        parted=parted,
        metrics={name: (rows[0][last].get(name), rows[1][last].get(name)) for name in names},
    )


IDENTITY = ("experiment", "version", "config_hash")


def _differing(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    keys = dict.fromkeys([*first, *second])
    return {key: (first.get(key), second.get(key)) for key in keys if first.get(key) != second.get(key)}


def _environment(folder: RunFolder) -> dict[str, Any]:
    """The environment with its nested parts flattened to dotted names; empty when it was not kept."""
    flat: dict[str, Any] = {}
    for key, value in (folder.environment() or {}).items():
        if isinstance(value, dict):
            flat.update({f"{key}.{name}": item for name, item in value.items()})
        else:
            flat[key] = value
    return flat
