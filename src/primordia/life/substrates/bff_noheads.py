"""bff_noheads: the BFF of the paper. Instructions are ASCII characters; both heads and the pointer start at byte 0."""

from primordia.life.compile import kernel
from primordia.life.machine import run
from primordia.life.substrates import heads

TABLE = heads.table(heads.ASCII)
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
    "bff_noheads",
    "The paper's BFF: ten ASCII instructions, two heads and a pointer that start at byte 0.",
    heads.ASCII,
    start=heads.FIXED_START,
    execute=execute,
    follow=follow,
)
