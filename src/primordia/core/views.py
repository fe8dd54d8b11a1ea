"""Pictures of a state: pure functions with a stated size, drawn by whoever looks."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from primordia.core.errors import ContractError

MAX_VIEW_BYTES = 16 * 2**20


@dataclasses.dataclass(frozen=True)
class Colour:
    """One entry of a palette: what it stands for and its colour as #rrggbb."""

    meaning: str
    rgb: str

    def __post_init__(self) -> None:
        if not (isinstance(self.rgb, str) and re.fullmatch("#[0-9a-fA-F]{6}", self.rgb)):
            raise ContractError(f"The colour of {self.meaning!r} is {self.rgb!r}; it must be written as #rrggbb.")


@dataclasses.dataclass(frozen=True)
class View:
    """A named picture of the state.

    Args:
        draw: (config, state) -> uint8 palette indices, axes [row, column]. Pure.
        palette: what each index means; every index drawn is below its length.
        meaning: one sentence: what one sees.
        max_bytes: the largest array that `draw` may return.
        needs: the setting, or property of the config, that must be on for it to show anything, and to be saved; empty
            if it always does.
    """

    draw: Callable[[Any, Any], np.ndarray[Any, np.dtype[np.uint8]]]
    palette: tuple[Colour, ...]
    meaning: str
    max_bytes: int = MAX_VIEW_BYTES
    needs: str = ""

    def pixels(self, config: Any, state: Any, name: str) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """Draw and hold the view to its declaration.

        Raises:
            ContractError: wrong dtype or rank, too large, or an index outside the palette.
        """
        drawn = self.draw(config, state)
        if drawn.dtype != np.uint8 or drawn.ndim != 2:
            raise ContractError(f"View {name} drew {drawn.dtype}{list(drawn.shape)}; it must be uint8 [row, column].")
        if drawn.nbytes > self.max_bytes:
            raise ContractError(f"View {name} drew {drawn.nbytes} bytes; it declared at most {self.max_bytes}.")
        if drawn.size and int(drawn.max()) >= len(self.palette):
            raise ContractError(
                f"View {name} drew index {int(drawn.max())}; its palette has {len(self.palette)} colours."
            )
        return drawn
