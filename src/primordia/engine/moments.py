"""The runs of a folder as tools see them: their states at any step, their rows and their events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, final

from primordia.core import registry
from primordia.core.errors import ConfigError, RunFolderError
from primordia.core.metrics import Row
from primordia.core.streams import Streams
from primordia.core.tools import Moment, Runs
from primordia.engine import checkpoints, folder, interventions, launch, opening
from primordia.engine.folder import Beginning
from primordia.engine.going_on import go_on


@final
class RunsUnder(Runs):
    """The runs below a folder; nothing of them is changed by being looked at."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def moment(self, run: str, t: int | None = None) -> Moment:
        """A run after `t` steps (None: the last it performed), replayed from the nearest checkpoint before.

        Raises:
            RunFolderError: there is no such run, it never got to `t`, or it cannot be trusted.
        """
        opened = opening.open_run(opening.find(self.root, run))
        record = opened.folder.record()
        first = int(record["begins_at"])
        last = max([int(record["step"]), *checkpoints.steps(opened.folder.checkpoints)])
        at = last if t is None else t
        if not first <= at <= last:
            word = opened.experiment.step_word
            raise RunFolderError(
                f"The run {opened.folder.path.name} has the {word}s {first} to {last}, not {at}; "
                f"the nearest is {min(max(at, first), last)}."
            )
        instant = launch.moment_at(opened, at)
        streams = Streams(opened.config.seed)
        return Moment(opened.experiment, instant.config, instant.state, streams, at, opened.folder.path.resolve().name)

    def rows(self, run: str) -> list[Row]:
        """Its rows of metrics, in order."""
        return list(opening.find(self.root, run).metrics.read())

    def events(self, run: str) -> list[Mapping[str, Any]]:
        """Its events, in order."""
        return list(opening.find(self.root, run).events.read())

    def begin(
        self, experiment: str, settings: Mapping[str, Any], steps: int, start: Callable[[Any], tuple[Any, int]]
    ) -> str:
        """A new run from the state and completed steps that `start(config)` gives; returns what resumes it.

        Raises:
            UnknownNameError: no such experiment or setting.
            ConfigError: a setting is out of range, or `steps` leaves nothing to do.
        """
        found = registry.load(experiment)
        config, schedule = launch.resolve(found, None, settings, {"steps": steps})
        state, t = start(config)
        if steps <= t:
            raise ConfigError(f"steps={steps} leaves nothing to do after step {t}; give more than {t}.")
        interventions.same_shape(found, config, state)
        beginning = Beginning(t, state, {"id": "a state from elsewhere", "folder": "", "step": t}, {})
        made = folder.create(
            self.root, found, config, schedule, address=found.name, slug="brought", beginning=beginning
        )
        return go_on(made.folder, "created", t, self.root)
