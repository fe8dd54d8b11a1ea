"""forthcopy: as forth, but addresses span the whole tape, and one instruction copies any byte anywhere."""

from primordia.life.compile import kernel
from primordia.life.substrates import stack
from primordia.life.substrates.stack_machine import run

NAMES = stack.STACK | stack.WHOLE_TAPE
TABLE = stack.table(NAMES)


@kernel(allocates=False)
def execute(tape, max_steps):
    """Runs a pair tape in place until it stops; returns its operations."""
    return run(tape, None, None, max_steps, TABLE)


@kernel(allocates=False)
def follow(tape, origins, registers, max_steps):
    """The same run, which moves the entries of `origins` along with the bytes and leaves the registers."""
    return run(tape, origins, registers, max_steps, TABLE)


SUBSTRATE = stack.declare(
    "forthcopy",
    "Forth that addresses the whole tape and copies any byte anywhere.",
    NAMES,
    execute,
    follow,
)
