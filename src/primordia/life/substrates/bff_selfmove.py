"""bff_selfmove: seven instructions on the bytes 0 to 6; the one copy instruction moves its reading head itself."""

from primordia.life.compile import kernel
from primordia.life.machine import run
from primordia.life.substrates import heads

OPCODES = dict(enumerate("><+-,[]"))
TABLE = heads.table(OPCODES, heads.MOVING_OPERATIONS)
TESTS = heads.byte_tests(5, 6, [(0xFF, 0, 6)])


@kernel(allocates=False)
def execute(tape, max_steps):
    """Runs a pair tape in place until it stops; returns its operations."""
    return run(tape, None, None, max_steps, 2, tape[0], tape[1], TABLE, TESTS, 0xFF)


@kernel(allocates=False)
def follow(tape, origins, registers, max_steps):
    """The same run, which moves the entries of `origins` along with the bytes and leaves the registers."""
    return run(tape, origins, registers, max_steps, 2, tape[0], tape[1], TABLE, TESTS, 0xFF)


SUBSTRATE = heads.declare(
    "bff_selfmove",
    "BFF with seven instructions, whose copy instruction reads on by itself.",
    OPCODES,
    special=heads.MOVING_MEANINGS,
    start=heads.TAPE_START,
    execute=execute,
    follow=follow,
    spellings=dict.fromkeys(".{}", 0),
)
