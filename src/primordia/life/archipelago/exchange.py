"""An exchange between islands: who leaves for where, who comes from where, and the way home.

What is drawn is known everywhere, so parcels are programs and nothing else: both sides know whose they are.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Sequence
from typing import Any, final

import numpy as np
import numpy.typing as npt

from primordia.life.archipelago.islands import Bytes, Island, Places
from primordia.life.soup import Team
from primordia.life.worlds.archipelago import deal, slots_by_home


def send(island: Island, programs: Bytes, t: int) -> list[Bytes]:
    """The travellers of an island before epoch t, uint8 [program, byte] for each island, by their seats there."""
    leaving, ends = _routes_of(island, t).leaving(island)
    return np.split(np.take(island.before(programs, t), leaving, axis=0), ends)


def meet(island: Island, programs: Bytes, parcels: Sequence[Bytes], t: int) -> tuple[Bytes, list[Bytes], int]:
    """Epoch t of an island with its guests: its programs, the guests by where they came from, and the operations."""
    n_movers = island.n_movers
    seats, ends = _routes_of(island, t).coming(island)
    guests = np.empty((n_movers, programs.shape[1]), np.uint8)
    _seat(guests, seats, np.concatenate(parcels))
    given, programs = programs, island.before(programs, t)
    with Team(None) as team:
        operations = island.meetings(team, guests, np.arange(n_movers, dtype=np.int32), t, 0)
        if n_movers < island.size:
            programs = programs.copy() if programs is given else programs
            staying = island.order(t, n_movers)[n_movers:]
            operations += island.meetings(team, programs, staying, t, n_movers)
    return programs, np.split(np.take(guests, seats, axis=0), ends), operations


def home(island: Island, programs: Bytes, parcels: Sequence[Bytes], t: int) -> Bytes:
    """The programs of an island after epoch t, those of its travellers as they came back."""
    leaving, _ = _routes_of(island, t).leaving(island)
    programs = np.empty_like(programs) if island.n_movers == island.size else programs.copy()
    _seat(programs, leaving, np.concatenate(parcels))
    return programs


def _seat(programs: Bytes, places: npt.NDArray[Any], coming: Bytes) -> None:
    """Puts programs [program, byte] at these places, in place; as items of one value NumPy moves them twice as fast."""
    whole = f"V{programs.shape[1]}"
    programs.view(whole)[:, 0][places] = coming.view(whole)[:, 0]


@final
class Routes:
    """Who goes where in the exchange of one epoch; the same for all islands that a process holds.

    Holds eight bytes for each of all who travel, and four more for each who leaves an island that was asked for.

    Args:
        seed: of the run.
        t: the number of the epoch.
        n_programs: of all islands.
        n_islands: how many.
        n_movers: how many travel from each.
    """

    def __init__(self, seed: int, t: int, n_programs: int, n_islands: int, n_movers: int) -> None:
        self.t, self.n_islands, self.n_movers = t, n_islands, n_movers
        self.dealt = deal(seed, t, n_programs, n_islands, n_movers)
        self._slots = slots_by_home(self.dealt, n_movers)
        self._leaving: dict[int, tuple[Places, npt.NDArray[np.int64]]] = {}

    def leaving(self, island: Island) -> tuple[Places, npt.NDArray[np.int64]]:
        """Who travels, int32 [traveller], island after island that they go to; where each island's end but the last."""
        if island.number not in self._leaving:
            low, n_movers = island.number * self.n_movers, self.n_movers
            slots = self._slots[low : low + n_movers]
            ends = np.searchsorted(slots, np.arange(1, self.n_islands) * n_movers)
            self._leaving[island.number] = island.order(self.t, n_movers)[self.dealt[slots] - low], ends
        return self._leaving[island.number]

    def coming(self, island: Island) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The seats of those who come, int64 [traveller], island after island; where each island's end but the last."""
        dealt = self.dealt[island.number * self.n_movers :][: self.n_movers]
        # Sixteen bits where they are enough, because NumPy sorts those in linear time.
        origins = (dealt // self.n_movers).astype(np.uint16 if self.n_islands <= 2**16 else np.int32)
        counts = np.bincount(origins, minlength=self.n_islands)
        return np.argsort(origins, kind="stable"), np.cumsum(counts)[:-1]


def _routes_of(island: Island, t: int) -> Routes:
    config = island.config
    with _drawing:
        return _routes(island.seed, t, config.n_programs, config.n_islands, island.n_movers)


# An exchange asks three times, for every island that a process holds; the next exchange asks for another. Islands are
# asked for in several threads, of which one draws.
_routes = functools.lru_cache(maxsize=1)(Routes)
_drawing = threading.Lock()
