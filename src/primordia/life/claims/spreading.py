"""How long a planted replicator takes to hold half the soup, in worlds of several sizes."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from primordia.core.claims import Measurement
from primordia.life.worlds import Grid, Mixed, World

Setup = Mapping[str, Any]
Bytes = npt.NDArray[np.uint8]


def increment_ratio(setup: Setup) -> Measurement:
    """By how much the takeover time grows with the second doubling of the side, as a multiple of the first growth.

    2 when time is proportional to the side, 1 when to its logarithm, 4 when to the number of programs; a start that
    takes the same time in every size does not matter.

    Setup: language, organism (the program, in hexadecimal), sides (three, each twice the one before), first_seed, seeds
    (count), world ("grid" or "mixed"), radius, strip (columns at the left edge that are planted), most_epochs, every
    (epochs between looks).
    """
    seeds = range(setup["first_seed"], setup["first_seed"] + setup["seeds"])
    times = {side: [_half_time(setup, side, seed) for seed in seeds] for side in setup["sides"]}
    reached = {side: [time for time in found if time is not None] for side, found in times.items()}
    evidence = {"epochs_to_half": {str(side): found for side, found in times.items()}}
    if not all(reached.values()):
        return Measurement(float("nan"), "in some size no seed was taken over", evidence)
    means = [statistics.fmean(reached[side]) for side in setup["sides"]]
    small, large = means[1] - means[0], means[2] - means[1]
    shown = ", ".join(f"{mean:.1f} at side {side}" for side, mean in zip(setup["sides"], means, strict=True))
    n_reached = sum(map(len, reached.values()))
    note = f"mean epochs to half the soup: {shown}; {n_reached} of {len(times) * len(seeds)} runs got there"
    return Measurement(large / small if small > 0 else float("nan"), note, evidence)


def _half_time(setup: Setup, side: int, seed: int) -> int | None:
    """Epochs until half of the programs equal the planted one in half of their bytes or more; None if they never do."""
    from primordia.life.soup import random_soup, run

    organism = np.frombuffer(bytes.fromhex(setup["organism"]), np.uint8)
    soup = random_soup(seed, side * side)
    soup.reshape(side, side, -1)[:, : setup["strip"]] = organism
    world: World = Grid(side, side, setup["radius"]) if setup["world"] == "grid" else Mixed()
    for t in range(0, setup["most_epochs"], setup["every"]):
        given = {"seed": seed, "first_epoch": t, "n_epochs": setup["every"], "world": world}
        soup = run(setup["language"], soup, mutation_threshold=1 << 18, max_steps=8192, **given).soup
        if 2 * n_kin(soup, organism) >= len(soup):
            return t + setup["every"]
    return None


def n_kin(soup: Bytes, organism: Bytes) -> int:
    """How many programs [program, byte] equal this one [byte] in half of their bytes or more."""
    return int((2 * (soup == organism).sum(axis=1) >= soup.shape[1]).sum())
