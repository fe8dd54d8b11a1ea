"""bff8_noheads: as bff_noheads, but a bracket jumps a fixed distance instead of to its partner."""

from primordia.life.compile import kernel
from primordia.life.machine import run
from primordia.life.substrates import heads

TABLE = heads.table(heads.ASCII, heads.FIXED_OPERATIONS)
TESTS = heads.byte_tests(0x5B, 0x5D, heads.ASCII_TESTS)


@kernel(allocates=False)
def execute(tape, max_steps):
    """Runs a pair tape in place until it stops; returns its operations."""
    return run(tape, None, None, max_steps, 0, 0, 0, TABLE, TESTS, 0xFF)


@kernel(allocates=False)
def follow(tape, origins, registers, max_steps):
    """The same run, which moves the entries of `origins` along with the bytes and leaves the registers."""
    return run(tape, origins, registers, max_steps, 0, 0, 0, TABLE, TESTS, 0xFF)


SUBSTRATE = heads.declare(
    "bff8_noheads",
    "BFF with jumps of a fixed length: a bracket moves the pointer by eight instead of to its partner.",
    heads.ASCII,
    special=heads.FIXED_MEANINGS,
    start=heads.FIXED_START,
    execute=execute,
    follow=follow,
    brackets=None,
)
