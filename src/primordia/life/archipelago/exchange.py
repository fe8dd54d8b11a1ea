"""An exchange between islands: who leaves for where, who comes from where, and the way home.

What is drawn is known everywhere, so parcels are programs and nothing else: both sides know whose they are.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from primordia.life.archipelago.islands import Bytes, Island, Places
from primordia.life.soup import Team
from primordia.life.worlds.archipelago import deal


def send(island: Island, programs: Bytes, t: int) -> list[Bytes]:
    """The travellers of an island before epoch t, uint8 [program, byte] for each island, by their seats there."""
    leaving, ends = _leaving(island, t)
    return np.split(np.take(island.before(programs, t), leaving, axis=0), ends)


def meet(island: Island, programs: Bytes, parcels: Sequence[Bytes], t: int) -> tuple[Bytes, list[Bytes], int]:
    """Epoch t of an island with its guests: its programs, the guests by where they came from, and the operations."""
    n_movers = island.n_movers
    seats, ends = _coming(island, t)
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
    leaving, _ = _leaving(island, t)
    programs = np.empty_like(programs) if island.n_movers == island.size else programs.copy()
    _seat(programs, leaving, np.concatenate(parcels))
    return programs


def _seat(programs: Bytes, places: npt.NDArray[Any], coming: Bytes) -> None:
    """Puts programs [program, byte] at these places, in place; as items of one value NumPy moves them twice as fast."""
    whole = f"V{programs.shape[1]}"
    programs.view(whole)[:, 0][places] = coming.view(whole)[:, 0]


def _leaving(island: Island, t: int) -> tuple[Places, npt.NDArray[np.int64]]:
    """Who travels, int32 [traveller], island after island that they go to; and where each island's end but the last."""
    dealt, n_movers = _dealt(island, t), island.n_movers
    low = island.number * n_movers
    slots = np.flatnonzero((dealt >= low) & (dealt < low + n_movers))
    ends = np.searchsorted(slots, np.arange(1, island.config.n_islands) * n_movers)
    return island.order(t, n_movers)[dealt[slots] - low], ends


def _coming(island: Island, t: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The seats of those who come, int64 [traveller], island after island; and where each island's end but the last."""
    dealt, n_movers = _dealt(island, t), island.n_movers
    low = island.number * n_movers
    # Sixteen bits, because NumPy sorts those in linear time.
    origins = (dealt[low : low + n_movers] // n_movers).astype(np.uint16)
    counts = np.bincount(origins, minlength=island.config.n_islands)
    return np.argsort(origins, kind="stable"), np.cumsum(counts)[:-1]


def _dealt(island: Island, t: int) -> Places:
    return _deal(island.seed, t, island.config.n_programs, island.config.n_islands, island.n_movers)


# An exchange asks three times, for every island that a process holds; the next exchange asks for another.
_deal = functools.lru_cache(maxsize=1)(deal)
