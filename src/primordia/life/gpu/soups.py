"""Soups that live on the card: many epochs without a way back to the host, one soup or a batch of independent ones.

One thread runs one pair. The order of meetings is drawn on the host, for the next epoch while the card runs this one
(a random permutation is made by exchanges one after the other), and sent ahead; soups and operations stay on the card.
Bits are those of `primordia.life.soup.run_epochs`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from primordia.core.errors import BadInputError
from primordia.life.gpu import target
from primordia.life.soup import check_length
from primordia.life.substrates import substrate
from primordia.life.substrates.vouching import vouch
from primordia.life.worlds import Mixed, World

Bytes = NDArray[np.uint8]
THREADS_PER_BLOCK = 128


@final
class DeviceSoups:
    """A batch of soups of one language and one size on the card, each with its own seed.

    Args:
        language: the substrate's name.
        soups: uint8 [soup, program, byte].
        seeds: the seed of each soup.
        world: who meets whom.
        mutation_threshold: M, a byte mutates with probability M / 2^30.
        max_steps: steps after which an interaction ends.

    Raises:
        BadInputError: there is no device, as many seeds as soups are not given, or what `primordia.life.soup.run` says.
    """

    def __init__(
        self,
        language: str,
        soups: Bytes,
        seeds: Sequence[int],
        *,
        mutation_threshold: int,
        max_steps: int,
        world: World | None = None,
    ) -> None:
        self.cuda = target.require()
        # The module of the kernel names the CUDA target, so it is imported where there is one.
        from primordia.life.gpu.kernel import epoch_kernel

        if len(seeds) != len(soups):
            raise BadInputError(f"{len(soups)} soups were given with {len(seeds)} seeds: give one seed for each soup.")
        _, n_programs, length = soups.shape
        vouch(language)
        check_length("programs", length, substrate(language), 1)
        self.world = Mixed() if world is None else world
        self.world.check(n_programs)
        self.seeds = [int(seed) for seed in seeds]
        self.threshold, self.max_steps = np.uint64(mutation_threshold), max_steps
        self.kernel = epoch_kernel(language, length)
        self.on_device = self.cuda.to_device(np.ascontiguousarray(soups, np.uint8))
        self.seeds_on_device = self.cuda.to_device(np.array(self.seeds, np.uint64))
        self.operations = self.cuda.to_device(np.zeros((len(soups), n_programs // 2), np.int64))
        self.orders = np.empty((len(soups), n_programs), np.int32)
        self.n_meeting = np.zeros(len(soups), np.int32)

    def run(self, first_epoch: int, n_epochs: int) -> NDArray[np.int64]:
        """Runs n_epochs epochs, the first of which has the number first_epoch.

        Returns:
            The operations of the last epoch, int64 [soup].
        """
        orders = self._draw(first_epoch)
        n_threads = 1 if target.is_simulated() else THREADS_PER_BLOCK
        launch = self.kernel[-(-self.operations.size // n_threads), n_threads]
        for epoch in range(first_epoch, first_epoch + n_epochs):
            launch(
                self.on_device,
                *orders,
                self.seeds_on_device,
                np.uint64(epoch),
                self.threshold,
                self.max_steps,
                self.operations,
            )
            if epoch + 1 < first_epoch + n_epochs:
                orders = self._draw(epoch + 1)
        return self.operations.copy_to_host().sum(axis=1)

    def to_host(self) -> Bytes:
        """The soups as they are now, uint8 [soup, program, byte]."""
        return np.asarray(self.on_device.copy_to_host())

    def _draw(self, epoch: int) -> tuple[Any, Any]:
        """The meetings of an epoch of every soup, sent to the card while it is still busy."""
        for k, seed in enumerate(self.seeds):
            self.n_meeting[k] = self.world.draw(seed, epoch, self.orders[k])
        return self.cuda.to_device(self.orders), self.cuda.to_device(self.n_meeting)
