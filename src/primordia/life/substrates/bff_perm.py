"""bff_perm: bff with its instructions on the bytes 1 to 10 instead of on ASCII characters."""

from primordia.life.compile import kernel
from primordia.life.machine import run
from primordia.life.substrates import heads

OPCODES = dict(enumerate("<>{}+-.,[]", start=1))
TABLE = heads.table(OPCODES)
TESTS = heads.byte_tests(9, 10, [(0xFF, 1, 9)])


@kernel(allocates=False)
def execute(tape, max_steps):
    """Runs a pair tape in place until it stops; returns its operations."""
    return run(tape, None, None, max_steps, 2, tape[0], tape[1], TABLE, TESTS, 0xFF)


@kernel(allocates=False)
def follow(tape, origins, registers, max_steps):
    """The same run, which moves the entries of `origins` along with the bytes and leaves the registers."""
    return run(tape, origins, registers, max_steps, 2, tape[0], tape[1], TABLE, TESTS, 0xFF)


SUBSTRATE = heads.declare(
    "bff_perm",
    "BFF with its ten instructions on the bytes 1 to 10.",
    OPCODES,
    start=heads.TAPE_START,
    execute=execute,
    follow=follow,
)
