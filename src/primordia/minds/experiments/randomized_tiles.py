"""minds/randomized-transformers: the two layers, and their maps as a view. JAX is imported inside functions only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from primordia.minds import tiles

if TYPE_CHECKING:
    from primordia.minds.experiments.randomized_transformers import RandomizedConfig, RandomizedState

N_SHOWN = 5
"""Seeds whose maps the view shows."""


def models(config: RandomizedConfig) -> tuple[Any, Any]:
    """The layer with a seed, and its twin without."""
    from primordia.minds.models.seeded_recall import SeededRecall

    sizes = (config.n_items, config.n_memory)
    return SeededRecall(*sizes, config.n_seed, config.n_hidden), SeededRecall(*sizes, 0, config.n_hidden)


def map_tiles(config: RandomizedConfig, state: RandomizedState) -> list[list[tiles.Tile]]:
    """The twin's map, then those of five seeds, in two lines."""
    import jax

    from primordia.minds.probes.adversary import drawn_maps

    seeded, plain = models(config)
    key = jax.random.key(0)
    maps = {"the twin's map": drawn_maps(state.twin.weights, key, model=plain, n_draws=1)[0]}
    drawn = drawn_maps(state.learner.weights, jax.random.clone(key), model=seeded, n_draws=N_SHOWN)
    maps |= {f"the map of seed {place}": one for place, one in enumerate(drawn, 1)}
    questions, items = tiles.numbered("question ", config.n_items), tiles.numbered("item ", config.n_items)
    said = (
        f"What the value of the column's item adds to the answer to the row's question; rank {config.n_memory} at most."
    )
    made = [
        tiles.Tile(title, np.asarray(values, np.float64), questions, items, "learned", note=said)
        for title, values in maps.items()
    ]
    return [made[:3], made[3:]]


def draw_maps(config: RandomizedConfig, state: RandomizedState) -> npt.NDArray[np.uint8]:
    """The view "maps": the twin's map, then those of five seeds, each on a scale of its own."""
    return tiles.drawn(map_tiles(config, state))
