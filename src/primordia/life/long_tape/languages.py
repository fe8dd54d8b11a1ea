"""What runs on a long tape: three machines, each with the limit, the mutation and the first tape of its source."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from primordia.life.compile import kernel
from primordia.life.long_tape.bff_long import body as bff_body
from primordia.life.primitives import room, scratch
from primordia.life.substrates import Substrate, forth2, i8080_body, substrate
from primordia.life.substrates.i8080_machine import NO_LIMIT

OPERATIONS, STEPS, FAILURES = range(3)
"""Places of what `run_at` counts."""

i8080 = i8080_body.body
forth = forth2.body


@kernel(allocates=False)
def run_i8080(tape, start, limit, head_offset, counts):
    """One start of the 8080; returns clock periods."""
    steps, operations, clocks = i8080(tape, start, scratch(), None, None, None, NO_LIMIT, limit)
    counts[OPERATIONS] += operations
    counts[STEPS] += steps
    return clocks


@kernel(allocates=False)
def run_bff_long(tape, start, limit, head_offset, counts):
    """One start of BFF; returns bytes read."""
    steps, operations, failed = bff_body(tape, start, head_offset, limit)
    counts[OPERATIONS] += operations
    counts[STEPS] += steps
    counts[FAILURES] += failed
    return steps


@kernel(allocates=False)
def run_forth2(tape, start, limit, head_offset, counts):
    """One start of the second Forth; returns bytes read."""
    steps, operations, failed = forth(tape, start, room(), None, None, limit)
    counts[OPERATIONS] += operations
    counts[STEPS] += steps
    counts[FAILURES] += failed
    return steps


@final
@dataclass(frozen=True)
class Language:
    """A machine on a long tape.

    Args:
        name: what the setting `language` calls it.
        written_as: the substrate whose notation and colours it has.
        instructions: the valid instruction bytes, from which tapes and mutations are drawn.
        unit: what its limit counts.
        limit: units after which a run ends, in the source.
        mutation_interval: units between two mutations in the source; 0 for none.
        first_tape: what a tape holds at the start in the source: "bytes", "instructions" or "zeros".
        mutate_to: what a mutation writes in the source: "bytes" or "instructions".
        run_at: kernel (tape uint8[::1], start int64, limit int64, head_offset int64, counts int64[::1]) -> units
            int64; runs in place from one start and adds to counts[OPERATIONS, STEPS, FAILURES].
    """

    name: str
    written_as: str
    instructions: bytes
    unit: str
    limit: int
    mutation_interval: int
    first_tape: str
    mutate_to: str
    run_at: Any = field(repr=False)

    @property
    def substrate(self) -> Substrate:
        """The substrate whose notation and colours it has."""
        return substrate(self.written_as)

    def values(self, kind: str) -> NDArray[np.uint8]:
        """The bytes that "bytes", "instructions" or "zeros" are drawn from."""
        if kind == "instructions":
            return np.frombuffer(self.instructions, np.uint8).copy()
        return np.arange(256 if kind == "bytes" else 1, dtype=np.uint8)


LANGUAGES = {
    language.name: language
    for language in (
        Language("i8080", "i8080", bytes(range(256)), "clock periods", 1000, 0, "bytes", "bytes", run_i8080),
        Language(
            *("bff_long", "bff_noheads", b"<>{}+-.,[]", "bytes read", 5000, 10_000, "zeros", "instructions"),
            run_bff_long,
        ),
        Language(
            *("forth2", "forth2", bytes(range(forth2.LAST + 1)), "bytes read", 1000, 400_000),
            *("instructions", "instructions", run_forth2),
        ),
    )
}
"""Source of the numbers: the programs "cpu8080b", "bfsoup" and "f5" of benlaurie/bff-ben."""
