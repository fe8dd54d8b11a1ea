"""What holds some of a state's shards: the code of an actor, which knows nothing of who asks it or how it is reached.

Bundles are what the shards of one holder send those of another, as bundle[sender][receiver], both in their order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, final

from primordia.core import config as configs
from primordia.core import registry, tree
from primordia.core.errors import CheckpointError, ContractError
from primordia.core.shards import Parcel, Part, Sharding, Tally
from primordia.core.streams import Streams
from primordia.engine import checkpoints

Bundle = list[list[Parcel]]


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
        self._kept: Bundle = []
        self._failed: Exception | None = None
        self._sent = 0

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
        tallies = []
        # One after the other and in its place, so that there are never two of all of them; so below.
        for at, shard in enumerate(self._shards):
            self._parts[at], tally = self._sharding.alone(self._config, self._parts[at], self._streams, shard, t, n)
            tallies.append(tally)
        self._t = t + n
        return tallies

    def send(self, t: int) -> list[Bundle]:
        """What goes to each holder at the exchange of step `t`; what stays here stays here, as an empty bundle."""
        self._expect(t)
        parcels = [
            self._sharding.send(self._config, part, self._streams, shard, t)
            for shard, part in zip(self._shards, self._parts, strict=True)
        ]
        return self._posted(parcels)

    def meet(self, t: int, *bundles: Bundle) -> list[Any]:
        """Step `t` with what every holder sent; what goes back to each, and behind that the tallies."""
        self._expect(t)
        backs, tallies = [], []
        for at, (shard, parcels) in enumerate(zip(self._shards, self._arrived(bundles), strict=True)):
            self._parts[at], back, tally = self._sharding.meet(
                self._config, self._parts[at], parcels, self._streams, shard, t
            )
            backs.append(back)
            tallies.append(tally)
        return [*self._posted(backs), tallies]

    def home(self, t: int, *bundles: Bundle) -> None:
        """The end of step `t`: what comes back from every holder."""
        self._expect(t)
        for at, (shard, parcels) in enumerate(zip(self._shards, self._arrived(bundles), strict=True)):
            self._parts[at] = self._sharding.home(self._config, self._parts[at], parcels, self._streams, shard, t)
        self._t = t + 1

    def measure(self, t: int) -> list[Tally]:
        """What the shards add to the metrics after `t` steps."""
        self._expect(t)
        return [
            self._sharding.measure(self._config, part, self._streams, shard, t)
            for shard, part in zip(self._shards, self._parts, strict=True)
        ]

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

    def _expect(self, t: int) -> None:
        if t != self._t:
            raise ContractError(f"The shards from {self._shards.start} on are at step {self._t}, not at {t}.")

    def _posted(self, parcels: Sequence[Sequence[Parcel]]) -> list[Bundle]:
        posted = [[list(row[slice(*block)]) for row in parcels] for block in self._blocks]
        self._kept, posted[self._me] = posted[self._me], []
        self._sent += sum(parcel.nbytes for bundle in posted for row in bundle for parcel in row)
        return posted

    def _arrived(self, bundles: Sequence[Bundle]) -> list[list[Parcel]]:
        """By receiving shard, the parcels of all shards in their order."""
        whole = [self._kept if holder == self._me else bundle for holder, bundle in enumerate(bundles)]
        self._kept = []
        return [[row[at] for bundle in whole for row in bundle] for at in range(len(self._shards))]
