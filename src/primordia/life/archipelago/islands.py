"""One island of an archipelago: its programs at the start, its epochs alone, and what is put into it from outside."""

from __future__ import annotations

import dataclasses
from typing import Any, final

import numpy as np
import numpy.typing as npt

from primordia.life import counter
from primordia.life.experiments import worlds
from primordia.life.interact import interact_part
from primordia.life.soup import PAIRS_PER_TICKET, Team
from primordia.life.substrates import substrate
from primordia.life.substrates.vouching import vouch
from primordia.life.worlds import Archipelago
from primordia.life.worlds.archipelago import island_order

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int32]


def check(config: Any) -> None:
    """Refuses settings that do not go together.

    Raises:
        BadInputError: see `worlds.check_programs` and `Archipelago.check`.
    """
    worlds.check_programs(config)
    world_of(config).check(config.n_programs)


def world_of(config: Any) -> Archipelago:
    """The archipelago that the settings describe."""
    return Archipelago(config.n_islands, config.exchange_every, config.exchange_share)


@final
@dataclasses.dataclass(frozen=True)
class Island:
    """Which island of which archipelago.

    Args:
        config: the settings of the whole.
        seed: of the run.
        number: from 0.
    """

    config: Any
    seed: int
    number: int

    @property
    def size(self) -> int:
        """Its programs."""
        return int(self.config.n_programs // self.config.n_islands)

    @property
    def first(self) -> int:
        """The number of its first program in the whole soup."""
        return self.number * self.size

    @property
    def n_movers(self) -> int:
        """How many of its programs travel in an exchange."""
        return world_of(self.config).n_movers(self.config.n_programs)

    def begin(self) -> Bytes:
        """Its programs before epoch 0: uint8 [program, byte]."""
        programs = self._fresh(0)
        return self._with_organism(programs) if self.config.organism and self.config.organism_epoch == 0 else programs

    def before(self, programs: Bytes, t: int) -> Bytes:
        """Its programs as epoch t finds them, given those after epoch t - 1: see `worlds.soup_before`."""
        if worlds.reset_before(self.config, t):
            programs = self._fresh(worlds.fresh_index(self.config, t))
        return self._with_organism(programs) if worlds.planted_before(self.config, t) else programs

    def order(self, t: int, n_movers: int = 0, order: Places | None = None) -> Places:
        """Who meets whom in epoch t: int32 [place], counted within the island; see `island_order`."""
        order = np.empty(self.size, np.int32) if order is None else order
        island_order(self.seed, t, self.config.n_programs, self.first, n_movers, order)
        return order

    def alone(self, programs: Bytes, t: int, n: int) -> tuple[Bytes, int]:
        """The programs after `n` epochs without exchange, and the operations of the last one."""
        end, operations = t + n, 0
        order, next_order = self.order(t), np.empty(self.size, np.int32)
        programs = programs.copy()
        with Team(None) as team:
            for epoch in range(t, end):
                programs = self.before(programs, epoch)
                draw = (self.order, epoch + 1, 0, next_order) if epoch + 1 < end else None
                operations = self.meetings(team, programs, order, epoch, 0, draw)
                order, next_order = next_order, order
        return programs, operations

    def meetings(self, team: Team, programs: Bytes, order: Places, t: int, seat: int, draw: Any = None) -> int:
        """Lets programs meet in pairs as `order` says, in place, from the island's `seat` on; returns operations.

        Args:
            team: who does it.
            programs: uint8 [program, byte].
            order: int32 [place]: the programs in pairs.
            t: number of the epoch.
            seat: the place on the island of the first of them, an even number.
            draw: what this thread does before it helps, as for `Team.sum`.
        """
        config = self.config
        vouch(config.language)
        execute = substrate(config.language).execute.dispatcher
        first_pair, threshold = (self.first + seat) // 2, round(config.mutation_rate * 2**30)
        words = np.uint64(self.seed), np.uint64(t), np.uint64(threshold), config.max_steps, PAIRS_PER_TICKET
        whole = np.uint64(config.n_programs), np.uint64(first_pair)
        tickets = np.zeros(1, np.int64)
        operations, _ = team.sum(interact_part, execute, programs, order, *whole, tickets, *words, beforehand=draw)
        return operations

    def _fresh(self, index: int) -> Bytes:
        programs = np.zeros((self.size, self.config.tape_length), np.uint8)
        if not self.config.zero_start:
            where = np.uint64(self.config.n_programs), np.uint64(self.first)
            counter.fill_part(np.uint64(self.seed), np.uint64(index), *where, programs)
        return programs

    def _with_organism(self, programs: Bytes) -> Bytes:
        place = self.config.organism_place - self.first
        if not 0 <= place < self.size:
            return programs
        organism = worlds.organism(self.config)
        changed = programs.copy()
        changed[place, : len(organism)] = organism
        return changed
