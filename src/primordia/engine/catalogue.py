"""What runs there are: read from their folders every time, so there is no index that could be wrong."""

from __future__ import annotations

import dataclasses
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from primordia.core import metrics, registry
from primordia.core.errors import BadInputError, PrimordiaError, UnknownNameError
from primordia.core.experiment import Experiment
from primordia.engine import lease
from primordia.engine.folder import RunFolder
from primordia.engine.sweeps.sweepfolder import SWEEPS

OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "!=": operator.ne,
    "=": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}
STATUSES = ("created", "running", "finished", "interrupted", "failed", "died", "damaged")
FILTER = re.compile(r"([A-Za-z_][\w.-]*)(>=|<=|!=|=|>|<)(.*)")


@dataclasses.dataclass(frozen=True)
class Entry:
    """One run folder in short.

    Args:
        id: the folder's name.
        path: the folder.
        damage: why it cannot be read, or None.
        status: for people: as recorded, or "died".
        metric: the name of the run's main metric.
        history: its values, oldest first.
        facts: everything a filter can ask for: identity, settings, schedule and the last row.
    """

    id: str
    path: Path
    damage: str | None = None
    status: str = "damaged"
    metric: str = ""
    history: tuple[float, ...] = ()
    facts: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Filter:
    """A condition such as status=finished or n_programs>1000."""

    key: str
    symbol: str
    value: str

    def holds(self, entry: Entry) -> bool:
        """Whether the run meets the condition; one that lacks the key does not."""
        if self.key not in entry.facts:
            return False
        fact, wanted = entry.facts[self.key], _like(entry.facts[self.key], self.value)
        if type(fact) is not type(wanted) and not (_is_number(fact) and _is_number(wanted)):
            return self.symbol == "!="
        return OPERATORS[self.symbol](fact, wanted)


def entries(root: Path) -> list[Entry]:
    """Every run folder under `root`, oldest first; a damaged one says so and hides no other.

    The cells of its sweeps are not among them: each sweep is a root of its own.
    """
    folders = [
        path for wing in root.glob("*") if wing.name != SWEEPS for path in wing.glob("*/*") if path.is_dir()
    ]  # fmt: skip
    return [_entry(RunFolder(path)) for path in sorted(folders, key=lambda path: (path.name, str(path)))]


def filters(words: Iterable[str]) -> list[Filter]:
    """Conditions as a person writes them.

    Raises:
        BadInputError: a word that is no condition.
    """
    found = []
    for word in words:
        match = FILTER.fullmatch(word)
        if match is None:
            raise BadInputError(
                f"The filter {word!r} cannot be read: write KEY, one of {' '.join(OPERATORS)}, and a value, "
                "as in status=finished."
            )
        found.append(Filter(*match.groups()))
    return found


def select(found: Sequence[Entry], conditions: Iterable[Filter]) -> list[Entry]:
    """The runs that meet all conditions.

    Raises:
        UnknownNameError: no run has such a key, or there is no such status; says the nearest.
        BadInputError: what is a number in every run is compared with something else.
    """
    wanted = list(conditions)
    known = {key for entry in found for key in entry.facts}
    for condition in wanted:
        if known and condition.key not in known:
            raise UnknownNameError("key to filter by", condition.key, known)
        if condition.key == "status" and condition.value not in STATUSES:
            raise UnknownNameError("status", condition.value, STATUSES)
        facts = [entry.facts[condition.key] for entry in found if entry.facts.get(condition.key) is not None]
        wants_nothing = condition.value.lower() in ("none", "null")
        if facts and all(map(_is_number, facts)) and not wants_nothing and not _is_number(_like(0, condition.value)):
            raise BadInputError(
                f"{condition.key}{condition.symbol}{condition.value} cannot be read: {condition.key} is a number, "
                f"as in {condition.key}{condition.symbol}{facts[-1]}."
            )
    return [entry for entry in found if all(condition.holds(entry) for condition in wanted)]


def main_metrics(experiment: Experiment[Any, Any]) -> list[str]:
    """Every metric, those first that a transition watches: they are what the experiment is about."""
    watched = metrics.watched(experiment.transitions)
    return list(dict.fromkeys([*reversed(watched), *experiment.metrics]))


def _entry(folder: RunFolder) -> Entry:
    try:
        record, settings, rows = folder.record(), folder.config(), folder.metrics.read()
        status = lease.status(folder)
        last = rows[-1] if rows else {}
        facts = {
            **settings["schedule"],
            **settings["config"],
            **last,
            **{key: record[key] for key in ("id", "experiment", "version", "preset", "step", "seed", "created")},
            "wing": str(record["experiment"]).partition("/")[0],
            "status": status,
        }
        metric = _main_metric(str(settings["experiment"]), last)
        history = tuple(float(row[metric]) for row in rows if metric in row)
    except (PrimordiaError, OSError) as error:
        return _damaged(folder, str(error))
    except Exception as error:  # One folder, however damaged, must not hide the others.
        return _damaged(folder, f"{folder.path} cannot be read ({type(error).__name__}: {error}); it was altered.")
    return Entry(folder.path.name, folder.path, None, status, metric, history, facts)


def _damaged(folder: RunFolder, why: str) -> Entry:
    facts = {"id": folder.path.name, "status": "damaged"}
    return Entry(folder.path.name, folder.path, damage=why, facts=facts)


def _main_metric(address: str, row: Mapping[str, Any]) -> str:
    """The main metric of the experiment, or the first of the row when the experiment is not installed here."""
    try:
        return main_metrics(registry.load(address))[0]
    except (PrimordiaError, IndexError):
        return next((name for name in row if name != "step"), "")


def _like(fact: Any, text: str) -> Any:
    if isinstance(fact, bool):
        return text.lower() in ("true", "yes", "1")
    if fact is None:
        return None if text.lower() in ("none", "null") else text
    if isinstance(fact, int | float):
        try:
            return float(text)
        except ValueError:
            return text
    return text


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
