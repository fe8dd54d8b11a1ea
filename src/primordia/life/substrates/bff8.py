"""bff8: jumps of a fixed length as in bff8_noheads, start positions from the tape as in bff."""

from primordia.life.compile import kernel
from primordia.life.machine import run
from primordia.life.substrates import heads

TABLE = heads.table(heads.ASCII, heads.FIXED_OPERATIONS)
TESTS = heads.byte_tests(0x5B, 0x5D, heads.ASCII_TESTS)


@kernel(allocates=False)
def execute(tape, max_steps):
    """Runs a pair tape in place until it stops; returns its operations."""
    return run(tape, None, None, max_steps, 2, tape[0], tape[1], TABLE, TESTS, 0xFF)


@kernel(allocates=False)
def follow(tape, origins, registers, max_steps):
    """The same run, which moves the entries of `origins` along with the bytes and leaves the registers."""
    return run(tape, origins, registers, max_steps, 2, tape[0], tape[1], TABLE, TESTS, 0xFF)


SUBSTRATE = heads.declare(
    "bff8",
    "BFF with jumps of a fixed length whose heads start where the first two bytes of the tape say.",
    heads.ASCII,
    special=heads.FIXED_MEANINGS,
    start=heads.TAPE_START,
    execute=execute,
    follow=follow,
    brackets=None,
)
