"""What holders send each other."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import final

import numpy as np

from primordia.core.shards import Parcel


@final
@dataclasses.dataclass(frozen=True)
class Bundle:
    """What the shards of one holder send those of another, in one piece: many small ones take far longer on their way.

    Args:
        whole: uint8 [byte]: the parcels, sender after sender, each sender's by the receiver.
        shapes: of the parcels.
    """

    whole: Parcel
    shapes: Sequence[tuple[int, ...]]

    @classmethod
    def of(cls, rows: Sequence[Sequence[Parcel]]) -> Bundle:
        """A bundle of the parcels rows[sender][receiver]."""
        parcels = [parcel for row in rows for parcel in row]
        flat = [parcel.reshape(-1) for parcel in parcels]
        return cls(np.concatenate(flat) if flat else np.empty(0, np.uint8), [parcel.shape for parcel in parcels])

    def rows(self, n_receivers: int) -> list[list[Parcel]]:
        """The parcels again, as views."""
        parcels, begin = [], 0
        for shape in self.shapes:
            end = begin + math.prod(shape)
            parcels.append(self.whole[begin:end].reshape(shape))
            begin = end
        return [parcels[first : first + n_receivers] for first in range(0, len(parcels), n_receivers)]
