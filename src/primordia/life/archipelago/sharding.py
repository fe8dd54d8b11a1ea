"""An archipelago as shards, an island each: the methods that whoever holds the islands calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import numpy as np

from primordia.core.errors import ConfigError
from primordia.core.metrics import Row
from primordia.core.shards import Parcel, Sharding, Tally
from primordia.core.streams import Streams
from primordia.life.archipelago import exchange, tallies
from primordia.life.archipelago.islands import Island, check
from primordia.life.experiments.soups import SoupState


@final
class ArchipelagoSharding(Sharding[Any, SoupState]):
    """Every island a shard; a part is a `SoupState` of its programs, a parcel programs uint8 [program, byte].

    In an exchange an island holds its programs, the guests, and four bytes for each of those who travel anywhere (twice
    that while it draws): all islands draw the same shuffle of all travellers, so no list of them has to travel.
    """

    def n_shards(self, config: Any) -> int:
        """See `Sharding.n_shards`.

        Raises:
            BadInputError: settings that do not go together; among them tokens, which no parcel carries.
        """
        check(config)
        if config.tokens:
            raise ConfigError(
                "A soup with tokens does not lie in shards: islands send each other programs, and no tokens; leave "
                "tokens out, or run it in one process."
            )
        return int(config.n_islands)

    def begin(self, config: Any, streams: Streams, shard: int) -> SoupState:
        """See `Sharding.begin`."""
        return SoupState(Island(config, streams.seed, shard).begin())

    def next_exchange(self, config: Any, t: int, end: int) -> int:
        """See `Sharding.next_exchange`; where nobody travels no step is one."""
        if Island(config, 0, 0).n_movers == 0:
            return end
        return min(end, -(-t // config.exchange_every) * config.exchange_every)

    def alone(
        self, config: Any, part: SoupState, streams: Streams, shard: int, t: int, n: int
    ) -> tuple[SoupState, Tally]:
        """See `Sharding.alone`."""
        island = Island(config, streams.seed, shard)
        programs, operations = island.alone(part.soup, t, n)
        return SoupState(programs), {"operations": operations, "interactions": island.size // 2}

    def send(self, config: Any, part: SoupState, streams: Streams, shard: int, t: int) -> list[Parcel]:
        """See `Sharding.send`: the programs that travel."""
        return exchange.send(Island(config, streams.seed, shard), part.soup, t)

    def meet(
        self, config: Any, part: SoupState, parcels: Sequence[Parcel], streams: Streams, shard: int, t: int
    ) -> tuple[SoupState, list[Parcel], Tally]:
        """See `Sharding.meet`: what goes back is what the meetings made of the guests."""
        island = Island(config, streams.seed, shard)
        programs, back, operations = exchange.meet(island, part.soup, parcels, t)
        return SoupState(programs), back, {"operations": operations, "interactions": island.size // 2}

    def home(
        self, config: Any, part: SoupState, parcels: Sequence[Parcel], streams: Streams, shard: int, t: int
    ) -> SoupState:
        """See `Sharding.home`."""
        return SoupState(exchange.home(Island(config, streams.seed, shard), part.soup, parcels, t))

    def measure(self, config: Any, part: SoupState, streams: Streams, shard: int, t: int) -> Tally:
        """See `Sharding.measure`: counts of bytes and programs, the compressed size, a sample's replicators."""
        return tallies.measure(Island(config, streams.seed, shard), part.soup, streams, t)

    def merge_steps(self, config: Any, tallies_of_shards: Sequence[Tally]) -> Row:
        """See `Sharding.merge_steps`."""
        return tallies.merge_steps(tallies_of_shards)

    def merge_measures(self, config: Any, tallies_of_shards: Sequence[Tally]) -> Row:
        """See `Sharding.merge_measures`."""
        return tallies.merge_measures(tallies_of_shards, Island(config, 0, 0).size, config.tape_length)

    def split(self, config: Any, state: SoupState) -> list[SoupState]:
        """See `Sharding.split`; the parts are views of the state."""
        return [SoupState(programs) for programs in np.split(state.soup, config.n_islands)]

    def join(self, config: Any, parts: Sequence[SoupState]) -> SoupState:
        """See `Sharding.join`."""
        return SoupState(np.concatenate([part.soup for part in parts]))
