"""minds/mesanet: what each token takes from each earlier one, head by head. JAX is imported inside functions."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from primordia.core.findings import Matrix
from primordia.core.streams import Streams
from primordia.minds import pictures, tiles
from primordia.minds.experiments import mesanet_parts, mesanet_tasks
from primordia.minds.experiments.mesanet_looks import SHOWN, insides, models
from primordia.minds.experiments.mesanet_settings import MesaNetConfig
from primordia.minds.tiles import Tile

FEWEST = 16
"""Tokens of a tile at least; fewer are shown where there are many heads or blocks, so that a poster has room."""
MOST_TOKENS, MOST_MATRICES = 32, 8
NOTE = "Row: the token that reads; column: the token whose value it takes. A token is its place and its symbol."


@functools.lru_cache(maxsize=4)
def token_names(config: MesaNetConfig) -> tuple[str, ...]:
    """The tokens of the first evaluation sequence: place, symbol, and the answer where one is scored."""
    tokens = mesanet_parts.evaluation_rows(config, Streams(config.seed)).tokens
    symbols, targets = (np.asarray(one[0, :SHOWN]).tolist() for one in tokens)
    if config.task == "text":
        made = mesanet_tasks.text_tokens(config)
        return tuple(f"{place}: {made.written((symbol,))!r}" for place, symbol in enumerate(symbols, 1))
    answers = [f" → {target}" if target >= 0 else "" for target in targets]
    return tuple(
        f"{place}: {symbol}{answer}" for place, (symbol, answer) in enumerate(zip(symbols, answers, strict=True), 1)
    )


def read_tiles(config: MesaNetConfig, insides_of: Mapping[str, tuple[Any, ...]], n_shown: int) -> list[list[Tile]]:
    """A line of heads for each block, the twin's below; `insides_of` are the blocks of each model by its title."""
    lines = []
    for title, blocks in insides_of.items():
        for place, block in enumerate(blocks, 1):
            where = f"{title}, block {place}"
            if block.reads is None:
                said = "The output of this layer is no sum of values with weights that do not depend on them."
                nothing = np.full((1, 1), np.nan)
                lines.append([Tile(where, nothing, ("any",), ("any",), note=said)] * config.n_heads)
                continue
            reads = np.asarray(block.reads[0], np.float64)[:, :n_shown, :n_shown]
            names = token_names(config)[: reads.shape[1]]
            # Each head has a scale of its own: its output is normed before it is used.
            lines.append(
                [
                    Tile(f"{where}, head {head}", values, names, names, "weight of the value", note=NOTE)
                    for head, values in enumerate(reads, 1)
                ]
            )
    return lines


def view_tiles(config: MesaNetConfig, state: Any) -> list[list[Tile]]:
    """The tiles of the view "reads"."""
    both = models(config, state)
    n_tiles = max(config.n_heads, config.n_blocks * len(both))
    n_shown = max(FEWEST, min(SHOWN, (pictures.READABLE + 1) // n_tiles - 1))
    return read_tiles(config, {title: insides(config, *model) for title, model in both.items()}, n_shown)


def draw_reads(config: MesaNetConfig, state: Any) -> npt.NDArray[np.uint8]:
    """The view "reads": a line of heads for each block, the twin's below."""
    return tiles.drawn(view_tiles(config, state))


def read_matrices(config: MesaNetConfig, insides_of: Mapping[str, tuple[Any, ...]]) -> tuple[Matrix, ...]:
    """The same as matrices of the first tokens, of the model before its twin."""
    lines = read_tiles(config, insides_of, MOST_TOKENS)
    return tuple(tile.matrix() for line in lines for tile in line if np.isfinite(tile.values).all())[:MOST_MATRICES]
