"""A state whose shards are held elsewhere, and an experiment that computes with it as with any other."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, final

from primordia.core import config as configs
from primordia.core.errors import BadInputError, CheckpointError, ContractError
from primordia.core.experiment import Experiment, KnownResult
from primordia.core.findings import Finding
from primordia.core.metrics import Row
from primordia.core.shards import Sharding, Tally
from primordia.core.streams import Streams
from primordia.core.views import View
from primordia.engine import checkpoints
from primordia.engine.checkpoints import Scattered
from primordia.engine.fleet.places import Place, blocks

JOINED_BYTES = 256 * 2**20
"""A state up to this size is brought together for views and findings; of a larger one there are none."""
TOLD = ("name", "version", "summary", "step_word", "Config", "metrics", "transitions", "panels", "bands", "claims",
        "source", "determinism", "presets", "variants")  # fmt: skip


def refuse_without_shards(experiment: Experiment[Any, Any]) -> Sharding[Any, Any]:
    """How the state of an experiment lies in shards.

    Raises:
        BadInputError: it does not.
    """
    if experiment.sharding is None:
        raise BadInputError(
            f"{experiment.name} cannot run on several actors: its state does not lie in shards; run it without "
            "--actors."
        )
    return experiment.sharding


@final
class Fleet:
    """The holders of the shards of one run, all at the same step.

    Args:
        address: how the holders load the experiment: its name, or "module:Class".
        experiment: the same.
        place: where they are.

    Raises:
        BadInputError: the experiment's state does not lie in shards.
    """

    def __init__(self, address: str, experiment: Experiment[Any, Any], place: Place) -> None:
        self.sharding = refuse_without_shards(experiment)
        self.address, self.experiment, self.place = address, experiment, place
        self.n_bytes = 0
        self._t: int | None = None
        self._config: Any = None
        self._source: object = None
        self._joined: Any = None

    def begin(self, config: Any) -> None:
        """The state before step 0, with holders for it where there are none.

        Raises:
            BadInputError: there is no room for a single one.
            LostStateError: one is gone.
        """
        self._settle(config)
        self._hold(0, [promise for holder in self._holders for promise in self.place.ask(holder, "begin")])

    def read(self, config: Any, t: int, folder: Path, digests: Mapping[str, str]) -> None:
        """The state after `t` steps from a checkpoint, of either form; see `Scattered.read`."""
        source = (t, folder, tuple(sorted(digests.items())))
        if source == self._source and t == self._t:
            return
        self._settle(config)
        if checkpoints.STATE in digests:
            asked = self._share_out(config, t, folder, digests[checkpoints.STATE])
        else:
            shards = [checkpoints.shard_file(shard) for shard in range(self.sharding.n_shards(config))]
            if sorted(digests) != shards:
                raise CheckpointError(f"{folder} holds {len(digests)} shards; the state of this run has {len(shards)}.")
            told = dict(digests)
            asked = [
                promise for holder in self._holders for promise in self.place.ask(holder, "read", t, str(folder), told)
            ]
        self._hold(t, asked)
        self._source = source

    def write(self, t: int, folder: Path) -> dict[str, str]:
        """Have every shard after `t` steps stored in `folder`; see `Scattered.write`."""
        asked = [promise for holder in self._holders for promise in self.place.ask(holder, "write", t, str(folder))]
        digests = {name: digest for told in self.place.fetch(asked) for name, digest in told.items()}
        if unseen := [name for name in digests if not (folder / name).is_file()]:
            raise CheckpointError(
                f"{folder / unseen[0]} was written on another machine and is not seen here; all machines must share "
                "the folder of runs."
            )
        return dict(sorted(digests.items()))

    def advance(self, config: Any, t: int, n: int) -> list[Tally]:
        """`n` steps from step number `t` on; the tallies of the last one, in the order of shards.

        Everything is asked for before anything is waited for, so that no holder idles until an answer is back.
        """
        self.be_at(config, t)
        end, asked, tallies = t + n, [], []
        while t < end:
            meeting = self.sharding.next_exchange(config, t, end)
            if meeting > t:
                tallies = [
                    promise for holder in self._holders for promise in self.place.ask(holder, "alone", t, meeting - t)
                ]
                asked += tallies
            t = meeting
            if t < end:
                tallies, came_home = self._exchange(t)
                asked += tallies + came_home
                t += 1
        self._t = self._joined = None  # Until all of it has been done.
        answers = self.place.fetch([*asked, *tallies])
        self._t = end
        return [tally for told in answers[len(asked) :] for tally in told]

    def measure(self, config: Any, t: int) -> list[Tally]:
        """What the shards add to the metrics after `t` steps, in their order."""
        self.be_at(config, t)
        asked = [promise for holder in self._holders for promise in self.place.ask(holder, "measure", t)]
        return [tally for told in self.place.fetch(asked) for tally in told]

    def joined(self, config: Any, t: int) -> Any:
        """The whole state after `t` steps, in this process."""
        self.be_at(config, t)
        if self._joined is None:
            asked = [promise for holder in self._holders for promise in self.place.ask(holder, "parts", t)]
            self._joined = self.sharding.join(config, [part for told in self.place.fetch(asked) for part in told])
        return self._joined

    def forget(self) -> None:
        """End the holders; whoever needs them next has new ones."""
        self._t = self._config = self._source = self._joined = None
        self.place.clear()

    @property
    def t(self) -> int:
        """The step that the holders are at; -1 where they hold nothing."""
        return -1 if self._t is None else self._t

    def n_bytes_sent(self) -> int:
        """Bytes of parcels that went from one holder to another so far."""
        asked = [promise for holder in self._holders for promise in self.place.ask(holder, "sent")]
        return sum(self.place.fetch(asked))

    @property
    def _holders(self) -> range:
        return range(self.place.n_holders)

    def _exchange(self, t: int) -> tuple[list[Any], list[Any]]:
        """Step `t`; parcels go from holder to holder and never come here. Promises: the tallies, and that all ended."""
        n = self.place.n_holders
        sent = [self.place.ask(holder, "send", t, n=n) for holder in self._holders]
        met = [
            self.place.ask(holder, "meet", t, *(sent[sender][holder] for sender in self._holders), n=n + 1)
            for holder in self._holders
        ]
        came_home = [
            promise
            for holder in self._holders
            for promise in self.place.ask(holder, "home", t, *(met[sender][holder] for sender in self._holders))
        ]
        return [answer[n] for answer in met], came_home

    def _share_out(self, config: Any, t: int, folder: Path, digest: str) -> list[Any]:
        """A state that lies in one file, to those who hold its shards."""
        template = self.experiment.init(config, Streams(config.seed))
        state = checkpoints.read_tree(folder / checkpoints.STATE, digest, template)
        parts = self.sharding.split(config, state)
        shared_out = blocks(len(parts), self.place.n_holders)
        return [
            promise
            for holder in self._holders
            for promise in self.place.ask(holder, "take", t, parts[slice(*shared_out[holder])])
        ]

    def _settle(self, config: Any) -> None:
        if not self.place.n_holders:
            self._config = None
            self.place.set_up(self.address, self.sharding.n_shards(config))
        if config != self._config:
            settings = configs.to_dict(config)
            self.place.fetch([self.place.ask(holder, "settle", settings)[0] for holder in self._holders])
            self._config = config

    def _hold(self, t: int, asked: list[Any]) -> None:
        self._t = self._source = self._joined = None
        self.n_bytes = sum(self.place.fetch(asked))
        self._t = t

    def be_at(self, config: Any, t: int) -> None:
        """Hold the state after `t` steps, which at the beginning may have to be made.

        Raises:
            ContractError: the fleet went on from there.
        """
        if self._t is None and t == 0:
            self.begin(config)
        if self._t != t:
            raise ContractError(f"The fleet is at step {self._t}; of step {t} it only has what was stored.")
        self._settle(config)


@final
@dataclasses.dataclass(frozen=True)
class Handle(Scattered):
    """The state of a run after `t` steps, which a fleet holds. Older ones are gone once the fleet went on."""

    fleet: Fleet
    config: Any
    t: int

    def write(self, folder: Path) -> dict[str, str]:
        """Have it stored by those who hold it."""
        self.fleet.be_at(self.config, self.t)
        return self.fleet.write(self.t, folder)

    def read(self, folder: Path, digests: Mapping[str, str]) -> Handle:
        """Have it read by those who are to hold it."""
        t = int(folder.name.removeprefix("step_"))
        self.fleet.read(self.config, t, folder, digests)
        return Handle(self.fleet, self.config, t)


@final
class Distributed(Experiment[Any, Handle]):
    """An experiment as the engine runs it on a fleet: the same rows, and a handle for a state.

    A state is brought together for views, findings and the question whether a run is over; the first two only up to
    `JOINED_BYTES`.
    """

    def __init__(self, fleet: Fleet) -> None:
        self._fleet, self._of = fleet, fleet.experiment
        vars(self).update({part: getattr(self._of, part) for part in TOLD})
        self._views = {name: self._seen(view) for name, view in self._of.views.items()}

    @property
    def views(self) -> Mapping[str, View]:  # type: ignore[override]
        """Those of the experiment, or none where the state is too large."""
        return self._views if self.small else {}

    @property
    def small(self) -> bool:
        """Whether the state is brought together to be looked at."""
        return self._fleet.n_bytes <= JOINED_BYTES

    def init(self, config: Any, streams: Streams) -> Handle:
        """A handle; nothing is made before it is needed."""
        return Handle(self._fleet, config, 0)

    def step(self, config: Any, state: Handle, streams: Streams, t: int) -> tuple[Handle, Row]:
        """One step of all shards."""
        return self.advance(config, state, streams, t, 1)

    def advance(self, config: Any, state: Handle, streams: Streams, t: int, n: int) -> tuple[Handle, Row]:
        """`n` steps of all shards."""
        tallies = self._fleet.advance(config, t, n)
        return Handle(self._fleet, config, t + n), self._fleet.sharding.merge_steps(config, tallies)

    def measure(self, config: Any, state: Handle, streams: Streams, t: int) -> Row:
        """Metrics of all shards together."""
        return self._fleet.sharding.merge_measures(config, self._fleet.measure(config, t))

    def finished(self, config: Any, state: Handle, row: Row) -> str | None:
        """As of the whole state, which is only brought together where the experiment has something to say to this."""
        if type(self._of).finished is Experiment.finished:
            return None
        return self._of.finished(config, self._fleet.joined(config, state.t), row)

    def findings(self, config: Any, state: Handle, streams: Streams, t: int) -> tuple[Finding, ...]:
        """As of the whole state, or nothing where it is too large."""
        return self._of.findings(config, self._fleet.joined(config, t), streams, t) if self.small else ()

    def known_result(self, config: Any) -> KnownResult:
        """That of the experiment."""
        return self._of.known_result(config)

    def _seen(self, view: View) -> View:
        return dataclasses.replace(
            view, draw=lambda config, state: view.draw(config, self._fleet.joined(config, state.t))
        )
