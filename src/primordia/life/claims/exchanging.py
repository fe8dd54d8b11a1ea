"""How an archipelago is compared with the worlds that it contains, and how fast life goes from island to island."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from primordia.core.claims import Measurement
from primordia.core.streams import Streams
from primordia.life.claims.spreading import n_kin
from primordia.life.worlds import Archipelago, Islands, Mixed, World

Setup = Mapping[str, Any]
Bytes = npt.NDArray[np.uint8]


def bytes_that_differ(setup: Setup) -> Measurement:
    """Bytes that differ between archipelagos and the world that they should be, over all cases together.

    Setup: language, n_programs, seed, epochs, as_world ("mixed" or "islands"), archipelagos (n_islands, exchange_every,
    exchange_share of each).
    """
    from primordia.life.soup import random_soup

    start = random_soup(setup["seed"], setup["n_programs"])
    found = []
    for n_islands, every, share in setup["archipelagos"]:
        alike: World = Mixed() if setup["as_world"] == "mixed" else Islands(n_islands)
        ours, theirs = (
            _run(setup["language"], start, setup["seed"], 0, setup["epochs"], world)
            for world in (Archipelago(n_islands, every, share), alike)
        )
        found.append(int((ours != theirs).sum()))
    return Measurement(sum(found), f"of {len(found) * start.size} bytes", {"of_each": found})


def shards_that_differ(setup: Setup) -> Measurement:
    """Bytes that differ between an archipelago and its islands driven one after the other as shards.

    Setup: settings of `life/archipelago`, and epochs.
    """
    from primordia.life.experiments.archipelago import ArchipelagoConfig, ArchipelagoSoup

    config, epochs = ArchipelagoConfig(**setup["config"]), setup["epochs"]
    experiment, streams = ArchipelagoSoup(), Streams(setup["config"]["seed"])
    whole, _ = experiment.advance(config, experiment.init(config, streams), streams, 0, epochs)
    apart = driven(config, streams, epochs)
    return Measurement(int((whole.soup != apart).sum()), f"of {apart.size} bytes")


def driven(config: Any, streams: Streams, epochs: int) -> Bytes:
    """The soup uint8 [program, byte] after some epochs, by shards that are held one after the other."""
    from primordia.life.archipelago.sharding import ArchipelagoSharding

    shards = ArchipelagoSharding()
    numbers = range(shards.n_shards(config))
    parts = [shards.begin(config, streams, k) for k in numbers]
    t = 0
    while t < epochs:
        if (exchange := shards.next_exchange(config, t, epochs)) > t:
            parts = [shards.alone(config, parts[k], streams, k, t, exchange - t)[0] for k in numbers]
            t = exchange
            continue
        sent = [shards.send(config, parts[k], streams, k, t) for k in numbers]
        met = [shards.meet(config, parts[k], [parcels[k] for parcels in sent], streams, k, t) for k in numbers]
        back = [[returned[k] for _, returned, _ in met] for k in numbers]
        parts = [shards.home(config, met[k][0], back[k], streams, k, t) for k in numbers]
        t += 1
    return shards.join(config, parts).soup


def increment_ratio(setup: Setup) -> Measurement:
    """By how much the takeover time grows with the second cut of the exchange share, as a multiple of the first growth.

    1 when time goes like the logarithm of the share; the factor of the cuts when it goes like its inverse.

    Setup: language, organism (the program, in hexadecimal), n_programs, n_islands, shares (three, each cut by the same
    factor), first_seed, seeds (count), planted (programs of island 0 that begin as the organism), most_epochs.
    """
    means, evidence, note = _mean_half_times(setup)
    if not means:
        return Measurement(float("nan"), note, evidence)
    first, second = means[1] - means[0], means[2] - means[1]
    return Measurement(second / first if first > 0 else float("nan"), note, evidence)


def delay(setup: Setup) -> Measurement:
    """The takeover time with the second of two exchange shares as a multiple of that with the first.

    Setup: as for `increment_ratio`, but two shares.
    """
    means, evidence, note = _mean_half_times(setup)
    return Measurement(means[1] / means[0] if means else float("nan"), note, evidence)


def _mean_half_times(setup: Setup) -> tuple[list[float], dict[str, Any], str]:
    """Means over the seeds, one for each share, of those that got there (none if some share has none); and in words."""
    seeds = range(setup["first_seed"], setup["first_seed"] + setup["seeds"])
    times = {share: [_half_time(setup, share, seed) for seed in seeds] for share in setup["shares"]}
    reached = {share: [time for time in found if time is not None] for share, found in times.items()}
    evidence = {"epochs_to_half": {f"{share:g}": found for share, found in times.items()}}
    if not all(reached.values()):
        return [], evidence, "with some share no seed was taken over"
    means = [statistics.fmean(found) for found in reached.values()]
    shown = ", ".join(f"{mean:.1f} at share {share:g}" for mean, share in zip(means, reached, strict=True))
    n_reached = sum(map(len, reached.values()))
    return means, evidence, f"mean epochs to half: {shown}; {n_reached} of {len(times) * len(seeds)} runs got there"


def _run(language: str, soup: Bytes, seed: int, t: int, n: int, world: World) -> Bytes:
    from primordia.life.soup import run

    given = {"seed": seed, "first_epoch": t, "n_epochs": n, "mutation_threshold": 1 << 18, "max_steps": 8192}
    return run(language, soup, world=world, **given).soup


def _half_time(setup: Setup, share: float, seed: int) -> int | None:
    """Epochs until half of all programs are kin of the planted one; None if they never are."""
    from primordia.life.soup import random_soup

    organism = np.frombuffer(bytes.fromhex(setup["organism"]), np.uint8)
    soup = random_soup(seed, setup["n_programs"])
    soup[: setup["planted"]] = organism
    world = Archipelago(setup["n_islands"], 1, share)
    for t in range(setup["most_epochs"]):
        soup = _run(setup["language"], soup, seed, t, 1, world)
        if 2 * n_kin(soup, organism) >= len(soup):
            return t + 1
    return None
