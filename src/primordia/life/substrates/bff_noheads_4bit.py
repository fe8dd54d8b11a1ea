"""bff_noheads_4bit: only the low half of a byte counts, so ten of every sixteen byte values are instructions.

A byte is shown by its instruction's glyph whatever its high half; `parse` gives the byte whose high half is zero, which
behaves the same.
"""

from primordia.life.compile import kernel
from primordia.life.machine import run
from primordia.life.substrates import heads

LOW_HALF = dict(enumerate("[]+-.,<>{}", start=6))
OPCODES = {byte: LOW_HALF[byte % 16] for byte in range(256) if byte % 16 in LOW_HALF}
TABLE = heads.table(OPCODES)
TESTS = heads.byte_tests(6, 7, [(0x0F, 6, 9)], keep=0x0F)


@kernel(allocates=False)
def execute(tape, max_steps):
    """Runs a pair tape in place until it stops; returns its operations."""
    return run(tape, None, None, max_steps, 0, 0, 0, TABLE, TESTS, 0x0F)


@kernel(allocates=False)
def follow(tape, origins, registers, max_steps):
    """The same run, which moves the entries of `origins` along with the bytes and leaves the registers."""
    return run(tape, origins, registers, max_steps, 0, 0, 0, TABLE, TESTS, 0x0F)


SUBSTRATE = heads.declare(
    "bff_noheads_4bit",
    "The paper's BFF read from the low half of each byte: dense in instructions, and quick to come alive.",
    OPCODES,
    start=heads.FIXED_START,
    execute=execute,
    follow=follow,
    zero_bytes=frozenset(range(0, 256, 16)),
)
