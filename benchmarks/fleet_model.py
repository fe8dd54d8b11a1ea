"""What an archipelago on actors should cost: the model of docs/scale-soups.md, and what it says of large clusters.

python benchmarks/fleet_model.py
"""

from __future__ import annotations

import dataclasses
from typing import Any

from primordia.core import config as configs
from primordia.core import registry
from primordia.life.archipelago.islands import world_of

ADDRESS = "life/archipelago"
INLINE_BYTES = 100 * 1024
"""What Ray sends along with its messages; a larger parcel goes by way of its store (Ray 2.60's default)."""


@dataclasses.dataclass(frozen=True)
class Costs:
    """Seconds: what the model needs to know of a machine.

    Args:
        interaction: of a core for a pair in an epoch alone, its place in the order included.
        place: of a core for the order of an island, for each program that stays.
        traveller: of a core for each of those who travel anywhere, to draw where all of them go.
        seat: of a core for each of those who travel, to look up who it is, and who comes in its place.
        row: of a core for a byte of a program that is taken from, or put to, a place of its own.
        byte: of a core for a byte that is copied beside its neighbours.
        transfer: of a core for a byte that goes from one actor to another on this machine.
        call: of a core for a method of an island, whatever its size; three in an exchange, one in the epochs between.
        parcel: of a core for what one island sends another, whatever its size; twice in an exchange.
        ask: for asking an actor, three times in an exchange and once for the epochs between.
        promise: for what one actor sends another, itself included, whatever its size; twice in an exchange.
        store: of a machine for what one actor sends another if it is larger than `INLINE_BYTES`, besides.
    """

    interaction: float
    place: float
    traveller: float
    seat: float
    row: float
    byte: float
    transfer: float
    call: float
    parcel: float
    ask: float
    promise: float
    store: float


@dataclasses.dataclass(frozen=True)
class Machines:
    """Where the actors are.

    Args:
        n_actors: how many.
        busy: cores that have something to do while islands are computed, all actors together.
        at_once: actors that get on at a time with what each of them does with one thread.
        n_machines: that the actors are spread over.
    """

    n_actors: int
    busy: int
    at_once: int
    n_machines: int = 1


@dataclasses.dataclass(frozen=True)
class Prediction:
    """What the model says.

    Args:
        computing: seconds of an epoch for the interactions.
        exchange: seconds of an exchange besides.
        epoch: seconds of an epoch, its share of an exchange included.
        sent: bytes of an exchange from actor to actor.
    """

    computing: float
    exchange: float
    epoch: float
    sent: float


def config_of(settings: dict[str, Any]) -> Any:
    experiment = registry.load(ADDRESS)
    return configs.override(experiment.Config(), settings)


def travelling(config: Any) -> int:
    return int(config.n_islands * world_of(config).n_movers(config.n_programs))


def predicted(config: Any, where: Machines, cost: Costs) -> Prediction:
    """The model."""
    n, n_programs, n_islands = where.n_actors, config.n_programs, config.n_islands
    n_travelling, length = travelling(config), config.tape_length
    staying = n_programs - n_travelling
    sent = 2 * n_travelling * (1 - 1 / n) * length
    by_store = n > 1 and sent / 2 / (n * (n - 1)) > INLINE_BYTES
    islands = (
        2 * staying * cost.place
        + n_travelling * cost.seat
        + 4 * n_travelling * length * cost.row
        + (2 * n_programs * (staying > 0) + 2 * n_travelling) * length * cost.byte
    )
    actors = (
        n * n_travelling * cost.traveller
        + sent * (cost.byte + cost.transfer)
        + 3 * n_islands * cost.call
        + 2 * n_islands**2 * cost.parcel
    )
    messages = 3 * n * cost.ask + 2 * n * n * cost.promise
    store = 2 * n * (n - 1) * cost.store * by_store / where.n_machines
    exchange = islands / min(where.busy, n_islands) + actors / where.at_once + messages + store
    computing = n_programs / 2 * cost.interaction / where.busy
    between = 0.0
    if config.exchange_every > 1:
        copies = n_programs * length * cost.byte / min(where.busy, n_islands)
        between = copies + n_islands * cost.call / where.at_once + n * cost.ask
    return Prediction(computing, exchange, computing + (exchange + between) / config.exchange_every, sent)


PAPER = Costs(
    interaction=315e-9,
    place=8.0e-9,
    traveller=21.7e-9,
    seat=35.9e-9,
    row=0.62e-9,
    byte=0.18e-9,
    transfer=0.59e-9 + 1 / 3.1e9,
    call=30e-6,
    parcel=0.73e-6,
    ask=0.61e-3,
    promise=51e-6,
    store=0.82e-3,
)
"""As docs/scale-soups.md says where each is from."""


def paper() -> None:
    """What the model says of clusters that nobody has tried: one actor a machine, of 64 cores and 25 Gbit/s."""
    print("programs | machines | islands | k | share | GiB a machine | s computing | s exchange | s an epoch | GB sent")
    for power, n, n_islands, k, share in (
        (30, 16, 16, 16, 1 / 64),
        (30, 16, 1024, 16, 1 / 64),
        (30, 16, 1024, 1, 1 / 64),
        (36, 256, 256, 16, 1 / 1024),
        (36, 256, 16384, 16, 1 / 1024),
        (36, 256, 16384, 16, 1 / 64),
        (36, 64, 4096, 64, 1 / 1024),
    ):
        settings = {"n_programs": 2**power, "n_islands": n_islands, "exchange_every": k, "exchange_share": share}
        config = config_of(settings)
        said = predicted(config, Machines(n, 64 * n, n, n), PAPER)
        island, n_travelling = config.n_programs // n_islands, travelling(config)
        # The soup; an island more for each thread that computes; all who travel, twice; and those of here, three times.
        room = (
            (config.n_programs / n + min(64, n_islands // n) * island) * 64
            + 8 * n_travelling
            + 3 * 64 * n_travelling / n
        )
        times = f"{said.computing:.2f} | {said.exchange:.2f} | {said.epoch:.2f} | {said.sent / 1e9:.1f}"
        print(f"2^{power} | {n} | {n_islands} | {k} | 1/{round(1 / share)} | {room / 2**30:.1f} | {times}")


if __name__ == "__main__":
    paper()
