"""What meetings with many partners come to."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from primordia.life.replicators import MAX_STEPS

Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What meetings with several partners came to.

    Args:
        copied: int64 [partner]: bytes of the partner that equal the program's at the same place in the end.
        mirrored: int64 [partner]: bytes of the partner that equal the program's at the mirrored place in the end.
        intact: bool [partner]: whether the program itself is unchanged.
    """

    copied: npt.NDArray[np.int64]
    mirrored: npt.NDArray[np.int64]
    intact: Flags


def meet(substrate_name: str, program: Bytes, partners: Bytes, first: bool, max_steps: int = MAX_STEPS) -> Outcome:
    """Let a program uint8 [byte] meet each partner uint8 [partner, byte], standing first or second on the tape."""
    from primordia.life.soup import evaluate

    programs = np.broadcast_to(program, partners.shape)
    tapes = np.concatenate((programs, partners) if first else (partners, programs), axis=1)
    halves = evaluate(substrate_name, tapes, max_steps)[0].reshape(len(partners), 2, -1)
    own, other = halves[:, 0 if first else 1], halves[:, 1 if first else 0]
    return Outcome((other == program).sum(axis=1), (other == program[::-1]).sum(axis=1), (own == program).all(axis=1))
