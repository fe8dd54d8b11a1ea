"""What the tools that look into the past of a run share: its history, and the replicator that they start from."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Annotated, final

from primordia.core.config import Spec
from primordia.core.errors import BadInputError
from primordia.core.tools import Runs
from primordia.life.experiments import worlds
from primordia.life.experiments.soups import SoupExperiment, SoupState
from primordia.life.lineage.ancestry import Link
from primordia.life.lineage.births import Birth, birth_of_line, chief
from primordia.life.lineage.counterfactual import is_taken_over, takeover
from primordia.life.lineage.history import History
from primordia.life.replicators import REPLICATOR_SCORE
from primordia.life.substrates import substrate
from primordia.life.tools import asking

LineEpoch = Annotated[
    int | None,
    Spec("completed epochs at which to pick the program (default: the takeover, or the last epoch without one)",
         "epochs", ge=0),
]  # fmt: skip
LinePlace = Annotated[
    int | None, Spec("the program's place in the soup (default: the replicator with the most frequent program)", ge=0)
]
Threshold = Annotated[int, Spec("least replication score of a replicator", "bytes", ge=1, le=1024)]


@final
@dataclasses.dataclass(frozen=True)
class Past:
    """A run that can be looked back on.

    Args:
        name: the run's id.
        history: its epochs.
        takeover: the epoch of its takeover event, or None.
        every: epochs between its rows.
        began_over: whether it began beyond the line of a takeover, as a fork of a run that was taken over does.
    """

    name: str
    history: History
    takeover: int | None
    every: int
    began_over: bool

    def is_over(self, t: int) -> bool:
        """Whether it was taken over by the end of t epochs."""
        return self.began_over or (self.takeover is not None and self.takeover <= t)

    def own_takeover(self) -> int | str:
        """When it was taken over, for a table."""
        if self.takeover is not None:
            return self.takeover
        return f"before {self.history.first}" if self.began_over else f"not by {self.history.last}"

    def takeover_of(self, state: SoupState, t: int, end: int) -> int | str:
        """When a state of epoch t, which is not the run's own, is taken over, for a table."""
        if self.is_over(t):
            return "before then"
        when = takeover(self.history, state, t, every=self.every, horizon=end)
        return f"not by {end}" if when is None else when

    def end(self, epoch: int | None, option: str, least: int, beyond: bool = False) -> int:
        """The last epoch to look at: that of an option, or the run's last.

        Raises:
            BadInputError: it is below `least`, or beyond the run's last epoch where the run is not played on.
        """
        last = self.history.last
        if epoch is None:
            return last
        if not least <= epoch or (epoch > last and not beyond):
            allowed = f"{least} or more" if beyond else f"from {least} to {last}"
            near = least if epoch < least else last
            raise BadInputError(f"--{option} {epoch} is out of range: it must be {allowed}; the nearest is {near}.")
        return epoch

    def text(self, program: asking.Bytes) -> str:
        """A program uint8 [byte] in the notation of its language."""
        return substrate(self.history.config.language).format(program.tobytes())


@final
@dataclasses.dataclass(frozen=True)
class Line:
    """A program of a run and where its line began.

    Args:
        t: completed epochs at which the program was picked.
        place: its place.
        birth: the oldest replicator among its ancestors, itself included.
        links: from the program back to the birth.
    """

    t: int
    place: int
    birth: Birth
    links: list[Link]


def past(runs: Runs, run: str) -> Past:
    """A run of a soup, to look back on; tracer tokens are left out, they would take eight times the memory.

    Raises:
        BadInputError: there is no such run, or what it runs is no soup whose programs meet in pairs.
    """
    moment = asking.soup_moment(runs, run, None)
    experiment, config, streams = moment.experiment, moment.config, moment.streams
    if not isinstance(experiment, SoupExperiment):
        raise BadInputError(f"The run {run} is one of {experiment.name}, whose programs do not meet in pairs.")
    events = runs.events(run)
    first = min((int(event["step"]) for event in events), default=0)
    steps = sorted({int(row["step"]) for row in runs.rows(run)})
    taken = [int(event["step"]) for event in events if event["event"] == "transition" and event["name"] == "takeover"]
    history = History(
        experiment,
        config,
        streams,
        lambda t: SoupState(runs.moment(run, t).state.soup),
        first=first,
        last=moment.t,
        before=lambda soup, t: worlds.soup_before(config, soup, streams.seed, t),
    )
    # The first and the last row may stand nearer to the next than the others do.
    every = max((later - earlier for earlier, later in itertools.pairwise(steps)), default=1)
    began_over = not taken and is_taken_over(history, history.soup(first))
    return Past(moment.run or run, history, taken[0] if taken else None, every, began_over)


def line_of(found: Past, epoch: int | None, place: int | None, threshold: int = REPLICATOR_SCORE) -> Line:
    """The program to look back from, and the birth of its line.

    Raises:
        BadInputError: there is no replicator to start from, or the program is none.
    """
    t = epoch if epoch is not None else found.takeover if found.takeover is not None else found.history.last
    if place is None:
        leader = chief(found.history, t, threshold)
        if leader is None:
            raise BadInputError(
                f"The soup of {found.name} holds no replicator after {t} epochs (least score {threshold}); "
                "give the --epoch of one that does."
            )
        place = leader[0]
    birth, links = birth_of_line(found.history, t, place, threshold)
    if birth is None:
        raise BadInputError(
            f"The program at place {place} after {t} epochs does not copy itself (least score {threshold}), nor did an "
            "ancestor shortly before; leave out --place to start from one that does."
        )
    return Line(t, place, birth, links)
