"""What holds some of a state's shards: the code of an actor, which knows nothing of who asks it, nor how."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, final

from primordia.core import config as configs
from primordia.core import registry, tree
from primordia.core.errors import CheckpointError, ContractError
from primordia.core.shards import Parcel, Part, Sharding, Tally
from primordia.core.streams import Streams
from primordia.engine import checkpoints
from primordia.engine.fleet.bundle import Bundle
from primordia.engine.fleet.crew import Crew

R = TypeVar("R")


@final
class Holder:
    """The parts of the shards `blocks[me]`, at one step; asked for one thing after the other.

    Once something has failed, everything is refused with the same error until a state is begun or loaded: what was
    asked after it was asked for another state.

    Args:
        address: how the experiment is loaded: its name, or "module:Class".
        blocks: of every holder, its first shard and the one after its last.
        me: which of them this is.
    """

    def __init__(self, address: str, blocks: Sequence[tuple[int, int]], me: int) -> None:
        self._experiment = registry.load(address)
        self._blocks, self._me = list(blocks), me
        self._shards = range(*self._blocks[me])
        self._config: Any = None
        self._streams = Streams(0)
        self._parts: list[Part] = []
        self._t: int | None = None
        self._kept: list[list[Parcel]] = []
        self._failed: Exception | None = None
        self._sent = 0
        self._crew = Crew()

    def do(self, what: str, *given: Any) -> Any:
        """Call the method `what`; see there."""
        if what in ("begin", "read", "take"):
            self._failed = None
        if self._failed is not None:
            raise self._failed
        try:
            return getattr(self, what)(*given)
        except Exception as error:
            self._failed = error
            raise

    def settle(self, settings: Mapping[str, Any]) -> None:
        """From here on these are the settings."""
        self._config = configs.from_dict(self._experiment.Config, settings)
        self._streams = Streams(self._config.seed)

    def begin(self) -> int:
        """Make the parts before step 0; returns their bytes, like `read` and `take`."""
        begin = self._sharding.begin
        return self.take(0, [begin(self._config, self._streams, shard) for shard in self._shards])

    def read(self, t: int, folder: str, digests: Mapping[str, str]) -> int:
        """The parts after `t` steps from a checkpoint's folder."""
        names = [checkpoints.shard_file(shard) for shard in self._shards]
        if not Path(folder).is_dir():
            raise CheckpointError(f"{folder} is not seen on this machine; all machines must share the folder of runs.")
        templates = (self._sharding.begin(self._config, self._streams, shard) for shard in self._shards)
        read = checkpoints.read_tree
        return self.take(
            t, [read(Path(folder) / name, digests[name], like) for name, like in zip(names, templates, strict=True)]
        )

    def take(self, t: int, parts: Sequence[Part]) -> int:
        """These parts, after `t` steps."""
        self._parts, self._t, self._kept = list(parts), t, []
        return sum(array.nbytes for part in parts for array in tree.to_arrays(part).values())

    def alone(self, t: int, n: int) -> list[Tally]:
        """`n` steps of every shard for itself; the tallies of the last one."""
        self._expect(t)

        def alone(at: int, shard: int) -> Tally:
            part = self._parts[at]
            self._parts[at], tally = self._sharding.alone(self._config, part, self._streams, shard, t, n)
            return tally

        tallies = self._each(alone)
        self._t = t + n
        return tallies

    def send(self, t: int) -> list[Bundle]:
        """What goes to each holder at the exchange of step `t`; what stays here stays here, as an empty bundle."""
        self._expect(t)
        send, config, streams = self._sharding.send, self._config, self._streams
        return self._posted(self._each(lambda at, shard: send(config, self._parts[at], streams, shard, t)))

    def meet(self, t: int, *bundles: Bundle) -> list[Any]:
        """Step `t` with what every holder sent; what goes back to each, and behind that the tallies."""
        self._expect(t)
        arrived = self._arrived(bundles)

        def meet(at: int, shard: int) -> tuple[list[Parcel], Tally]:
            part, parcels = self._parts[at], arrived[at]
            self._parts[at], back, tally = self._sharding.meet(self._config, part, parcels, self._streams, shard, t)
            return back, tally

        told = self._each(meet)
        return [*self._posted([back for back, _ in told]), [tally for _, tally in told]]

    def home(self, t: int, *bundles: Bundle) -> None:
        """The end of step `t`: what comes back from every holder."""
        self._expect(t)
        arrived = self._arrived(bundles)

        def home(at: int, shard: int) -> None:
            part, parcels = self._parts[at], arrived[at]
            self._parts[at] = self._sharding.home(self._config, part, parcels, self._streams, shard, t)

        self._each(home)
        self._t = t + 1

    def measure(self, t: int) -> list[Tally]:
        """What the shards add to the metrics after `t` steps."""
        self._expect(t)
        measure, config, streams = self._sharding.measure, self._config, self._streams
        return self._each(lambda at, shard: measure(config, self._parts[at], streams, shard, t))

    def write(self, t: int, folder: str) -> dict[str, str]:
        """Store the parts after `t` steps; returns SHA-256 by file name."""
        self._expect(t)
        if not Path(folder).is_dir():
            raise CheckpointError(f"{folder} is not seen on this machine; all machines must share the folder of runs.")
        names = [checkpoints.shard_file(shard) for shard in self._shards]
        return {
            name: checkpoints.write_tree(Path(folder) / name, part)
            for name, part in zip(names, self._parts, strict=True)
        }

    def parts(self, t: int) -> list[Part]:
        """The parts after `t` steps."""
        self._expect(t)
        return list(self._parts)

    def sent(self) -> int:
        """Bytes of parcels that went to other holders so far."""
        return self._sent

    @property
    def _sharding(self) -> Sharding[Any, Any]:
        sharding = self._experiment.sharding
        if sharding is None:
            raise ContractError(f"{self._experiment.name} has no shards.")
        return sharding

    def _each(self, work: Callable[[int, int], R]) -> list[R]:
        """Call `work` with the place here and the number of every shard.

        As many at a time as there are threads, each of which puts a part in the place of the one before: so there are
        never more than so many parts twice.
        """
        return self._crew.each(lambda at: work(at, self._shards[at]), len(self._shards))

    def _expect(self, t: int) -> None:
        if t != self._t:
            raise ContractError(f"The shards from {self._shards.start} on are at step {self._t}, not at {t}.")

    def _posted(self, parcels: Sequence[Sequence[Parcel]]) -> list[Bundle]:
        self._kept = [list(row[slice(*self._blocks[self._me])]) for row in parcels]
        posted = [
            Bundle.of([] if holder == self._me else [row[slice(*block)] for row in parcels])
            for holder, block in enumerate(self._blocks)
        ]
        self._sent += sum(bundle.whole.nbytes for bundle in posted)
        return posted

    def _arrived(self, bundles: Sequence[Bundle]) -> list[list[Parcel]]:
        """By receiving shard, the parcels of all shards in their order."""
        rows = [
            row
            for holder, bundle in enumerate(bundles)
            for row in (self._kept if holder == self._me else bundle.rows(len(self._shards)))
        ]
        self._kept = []
        return [[row[at] for row in rows] for at in range(len(self._shards))]
