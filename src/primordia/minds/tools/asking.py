"""What the tools of the wing ask for in the same words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from primordia.core import config as configs
from primordia.core.config import Spec
from primordia.core.errors import BadInputError
from primordia.core.tools import Moment, Runs

if TYPE_CHECKING:
    from primordia.minds.text.speaking import TextModel

Run: TypeAlias = Annotated[str, Spec("a run: its folder, its id, the beginning of its id, or 'latest'")]
Step: TypeAlias = Annotated[int | None, Spec("completed updates of the run (default: its last)", "updates", ge=0)]


def text_model(runs: Runs, run: str, step: int | None) -> tuple[TextModel, dict[str, Any]]:
    """The model of text that a run trained, and where it comes from.

    Raises:
        BadInputError: the run's experiment trains no models of text, or did not with the run's settings.
    """
    from primordia.minds.text.speaking import Speaker

    moment = runs.moment(run, step)
    if not isinstance(moment.experiment, Speaker):
        raise BadInputError(
            f"{moment.experiment.name} trains no models of text; name a run of minds/mesanet with task=text."
        )
    return moment.experiment.text_model(moment.config, moment.state), provenance(moment)


def provenance(moment: Moment) -> dict[str, Any]:
    """Where a run's weights come from."""
    kind, settings = moment.experiment, configs.to_dict(moment.config)
    return {
        "run": moment.run,
        "experiment": kind.name,
        "version": kind.version,
        "step": moment.t,
        "seed": moment.streams.seed,
        "config": configs.digest(kind.name, kind.version, settings),
        "settings": settings,
    }


def holds_a_model(name: str) -> bool:
    """Whether this is the folder of a saved model, and not a run."""
    from primordia.minds.models.disk import WEIGHTS

    return (Path(name) / WEIGHTS).is_file()
