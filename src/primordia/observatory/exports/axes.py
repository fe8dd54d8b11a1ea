"""Where numbers stand along an axis of a curve, and which of them are written beside it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

STEEP = 30
"""What should become small and spans more than this factor is shown on a logarithmic axis, as in reports."""


@dataclasses.dataclass(frozen=True)
class Axis:
    """From `low` to `high`, which differ; both are positive where it is logarithmic."""

    low: float
    high: float
    log: bool = False

    def place(self, value: float) -> float:
        """0 at the low end, 1 at the high one, beyond them outside."""
        if self.log:
            return math.log(max(value, 1e-300) / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def ticks(self, most: int) -> list[float]:
        """At most `most` round numbers on the axis, ascending; fewer where round ones are rare."""
        if self.log:
            powers = range(math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9) + 1)
            stride = max(1, -(-len(powers) // most))
            return [10.0**power for power in powers[::stride]]
        rough = (self.high - self.low) / max(most, 1)
        power = 10.0 ** math.floor(math.log10(rough))
        gap = next(power * factor for factor in (1, 2, 5, 10, 20) if self._count(power * factor) <= most)
        first = math.ceil(self.low / gap - 1e-9)
        return [gap * (first + index) for index in range(self._count(gap))]

    def _count(self, gap: float) -> int:
        return math.floor(self.high / gap + 1e-9) - math.ceil(self.low / gap - 1e-9) + 1


def around(values: Sequence[float], *, direction: str = "none", with_zero: bool = True) -> Axis:
    """An axis that holds all values: logarithmic where they should become small and span orders of magnitude.

    Args:
        values: at least one, finite.
        direction: as a metric declares it.
        with_zero: begin at 0 where that costs less than half of the height.
    """
    low, high = min(values), max(values)
    if low == high == 0:
        return Axis(0.0, 1.0)
    if direction == "down" and low > 0 and high > STEEP * low:
        return Axis(low / 1.1, high * 1.1, log=True)
    if with_zero and 0 < low < high / 2:
        low = 0.0
    if with_zero and high < 0 and high > low / 2:
        high = 0.0
    spread = (high - low) or abs(high) or 1.0
    return Axis(low if low == 0 else low - 0.05 * spread, high if high == 0 else high + 0.05 * spread)


def written(value: float) -> str:
    """A number as it is written beside an axis or in a caption: short, with separators from a thousand on."""
    if value == int(value) and abs(value) < 1e7:
        return f"{int(value):,}"
    if abs(value) >= 1000:
        return f"{value:,.0f}" if abs(value) < 1e7 else f"{value:.3g}"
    return f"{value:.3g}" if abs(value) < 1 else f"{value:.4g}"
