"""What the mesa layers' solvers meet in a model, head by head: steps, what is left over, condition numbers.

Source: arXiv 2506.05233, its figures of condition numbers and of solver steps: one or two heads of a layer have forget
gates near 1 and condition numbers that grow with the sequence, the others stay low.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Array, Float

from primordia.minds.probes.inside import Inside


class HeadWork(NamedTuple):
    """The solver's work in one head, over a batch.

    Args:
        block: the block, from 0 on.
        head: the head, from 0 on.
        steps: mean steps to the tolerance, over all positions.
        late_steps: the same over the last quarter of them.
        residual: the largest |q - (H + Lambda) x| / |q| that the layer's own number of steps left anywhere.
        condition: mean condition number of H + Lambda at the last position.
        forget: mean forget gate.
    """

    block: int
    head: int
    steps: float
    late_steps: float
    residual: float
    condition: float
    forget: float


def work(seen: Sequence[Inside]) -> tuple[HeadWork, ...]:
    """Every head of every block that has a solver (`inside.inside`), from the first on."""
    found = []
    for block, one in enumerate(seen):
        if "steps" not in one.shown or one.forget is None:
            continue
        steps, residual, condition = (np.asarray(one.shown[name]) for name in ("steps", "residual", "condition"))
        forget, late = np.asarray(one.forget), -(-3 * steps.shape[2] // 4)
        for head in range(steps.shape[1]):
            found.append(
                HeadWork(
                    block,
                    head,
                    float(steps[:, head].mean()),
                    float(steps[:, head, late:].mean()),
                    float(residual[:, head].max()),
                    float(condition[:, head, -1].mean()),
                    float(forget[:, head].mean()),
                )
            )
    return tuple(found)


def steps_by_position(one: Inside) -> Float[Array, "head time"]:
    """Mean steps to the tolerance at every position."""
    return one.shown["steps"].mean(axis=0)
