"""The solver's work, head by head, of what blocks show."""

import numpy as np

from primordia.minds.probes import solver
from primordia.minds.probes.inside import Inside

STEPS = np.arange(2 * 3 * 8).reshape(2, 3, 8)


def seen(**shown):
    return Inside(None, np.full((2, 3, 8), 0.9), None, shown)


def test_heads_are_summed_up_over_the_batch():
    condition = np.zeros((2, 3, 8))
    condition[:, 1, -1] = 4.0, 6.0
    blocks = (seen(), seen(steps=STEPS, residual=STEPS / 100, condition=condition))
    found = solver.work(blocks)
    assert [(one.block, one.head) for one in found] == [(1, 0), (1, 1), (1, 2)]
    second = found[1]
    assert second.steps == STEPS[:, 1].mean()
    assert second.late_steps == STEPS[:, 1, 6:].mean()
    assert second.residual == STEPS[1, 1, -1] / 100
    assert second.condition == 5.0
    np.testing.assert_allclose(second.forget, 0.9)
    assert (solver.steps_by_position(blocks[1]) == STEPS.mean(axis=0)).all()
