"""bff: as bff_noheads, but the first two bytes of the tape say where the heads start, and the pointer starts at 2."""

from primordia.life.compile import kernel
from primordia.life.machine import run
from primordia.life.substrates import heads

TABLE = heads.table(heads.ASCII)
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
    "bff",
    "BFF whose heads start where the first two bytes of the tape say.",
    heads.ASCII,
    start=heads.TAPE_START,
    execute=execute,
    follow=follow,
)
