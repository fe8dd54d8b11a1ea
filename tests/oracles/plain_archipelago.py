"""Who meets whom in an archipelago, in plain Python (docs/worlds.md): slow, obvious, the referee of the kernels.

Nothing here comes from the package.
"""

from __future__ import annotations

import numpy as np

from oracles import plain_bff
from oracles.plain_lineage import first_soup
from oracles.plain_worlds import mix, word


def archipelago(seed, epoch, n, n_islands, every, share):
    """The order of an epoch as a list of programs, and the number of pairs that are executed."""
    size = n // n_islands
    n_movers = 2 * round(share * size / 2) if epoch % every == 0 else 0
    islands = []
    for start in range(0, n, size):
        here = list(range(start, start + size))
        for i in reversed(range(n_movers, size)):
            j = mix(word(seed, epoch * n + start + i)) % (i + 1)
            here[i], here[j] = here[j], here[i]
        islands.append(here)
    travelling = [program for here in islands for program in here[:n_movers]]
    for i in reversed(range(len(travelling))):
        island, seat = divmod(i, n_movers)
        j = mix(word(seed, epoch * n + island * size + seat)) % (i + 1)
        travelling[i], travelling[j] = travelling[j], travelling[i]
    for k, here in enumerate(islands):
        here[:n_movers] = travelling[k * n_movers : (k + 1) * n_movers]
    return [program for here in islands for program in here], n // 2


def chronicle(language, seed, n, length, threshold, max_steps, n_epochs, n_islands, every, share):
    """The soups after each epoch, uint8 [program, byte], and the operations of each."""
    rules = plain_bff.rules(language)
    soup = np.array(first_soup(seed, n, length), np.uint8)
    soups, operations = [], []
    for epoch in range(n_epochs):
        order, n_pairs = archipelago(seed, epoch, n, n_islands, every, share)
        with np.errstate(over="ignore"):
            words = np.uint64(seed), np.uint64(epoch), threshold, max_steps
            operations.append(plain_bff.interact(soup, order, *words, *rules, 0, n_pairs))
        soups.append(soup.copy())
    return soups, operations
