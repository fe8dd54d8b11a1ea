"""States of the stack machine that are noted, to be recognised when the machine comes back to them.

A noted state is tape and stack, and with origins also where each of their bytes comes from.
"""

from __future__ import annotations

from primordia.life.compile import kernel


@kernel(allocates=False)
def note(tape, origins, stack, entries, depth, seen_tape, seen_stack, seen_origins, seen_entries):
    """Notes tape and stack, and where their bytes come from."""
    for i in range(tape.size):
        seen_tape[i] = tape[i]
        if origins is not None:
            seen_origins[i] = origins[i]
    for i in range(1, depth + 1):
        seen_stack[i] = stack[i]
        if origins is not None:
            seen_entries[i] = entries[i]


@kernel(allocates=False)
def is_noted(tape, origins, stack, entries, depth, seen_tape, seen_stack, seen_origins, seen_entries):
    """Whether tape and stack, of the depth that was noted, are as they were, with bytes from the same places."""
    for i in range(depth, 0, -1):
        if stack[i] != seen_stack[i]:
            return False
        if origins is not None and entries[i] != seen_entries[i]:
            return False
    difference = 0
    for i in range(tape.size):
        difference |= tape[i] ^ seen_tape[i]
        if origins is not None:
            difference |= origins[i] ^ seen_origins[i]
    return difference == 0
