"""bff_long: BFF on a long tape. head0 starts where the pointer does, head1 some bytes further; all three go round.

Two rules differ from the BFF of pairs. A bracket looks for its partner all around the tape, and one without a partner
ends the run even when it would not jump. And a jump goes to the second byte behind the partner: the author's program
moves the pointer behind the partner and then, as after every instruction, one on.
Source: arXiv 2406.19108, section 2.4; benlaurie/bff-ben, program "bfsoup".
"""

from __future__ import annotations

import numpy as np

from primordia.life.compile import kernel
from primordia.life.primitives import byte_matches

BLOCK = 64
PAIRS, FOURS, EIGHTS, ONES = (np.uint64(int(8 * digits, 16)) for digits in ("55", "33", "0F", "01"))
OPEN, CLOSE = np.uint8(0x5B), np.uint8(0x5D)
PLUS, COMMA, MINUS, DOT = (np.uint8(ord(glyph)) for glyph in "+,-.")
LEFT_0, RIGHT_0, LEFT_1, RIGHT_1 = (np.uint8(ord(glyph)) for glyph in "<>{}")


@kernel(allocates=False, forceinline=True)
def count(tape, block, value):
    """How many of the BLOCK bytes from a place on have a value: the bits of a mask, added up side by side."""
    bits = byte_matches(tape, block, np.uint8(0xFF), value, np.uint8(0))
    bits -= bits >> np.uint64(1) & PAIRS
    bits = (bits & FOURS) + (bits >> np.uint64(2) & FOURS)
    bits = bits + (bits >> np.uint64(4)) & EIGHTS
    return np.int64(bits * ONES >> np.uint64(56))


@kernel(allocates=False)
def partner(tape, place, same, other, direction):
    """The place of a bracket's partner, looked for in a direction (1 or -1) around the tape; `place` if it has none.

    A whole block with fewer partners than are looked for is passed over at once.
    """
    wrap = tape.size - 1
    depth = 1
    at = (place + direction) & wrap
    entrance = 0 if direction == 1 else BLOCK - 1
    while at != place:
        block = at & ~(BLOCK - 1)
        if at & (BLOCK - 1) == entrance and place & ~(BLOCK - 1) != block:
            n_other = count(tape, block, other)
            if n_other < depth:
                depth += count(tape, block, same) - n_other
                at = (at + direction * BLOCK) & wrap
                continue
        byte = tape[at]
        if byte == same:
            depth += 1
        elif byte == other:
            depth -= 1
            if depth == 0:
                break
        at = (at + direction) & wrap
    return at


@kernel(allocates=False)
def body(tape, start, head_offset, max_steps):
    """Runs in place from tape place `start` until an unmatched bracket or the step limit.

    Args:
        tape: uint8 [byte], its length a power of two.
        start: where the pointer and head0 start.
        head_offset: how many bytes further head1 starts.
        max_steps: bytes read.

    Returns:
        Bytes read, the instructions among them, and whether an unmatched bracket, which counts, ended the run.
    """
    wrap = tape.size - 1
    place, head_0, head_1 = start, start, (start + head_offset) & wrap
    steps, operations = 0, 0
    while steps < max_steps:
        byte = tape[place]
        steps += 1
        operations += 1
        if byte in (OPEN, CLOSE):
            is_open = byte == OPEN
            goal = partner(tape, place, byte, CLOSE if is_open else OPEN, 1 if is_open else -1)
            if goal == place:
                return steps, operations, True
            if (tape[head_0] == 0) == is_open:
                place = goal + 1
        elif byte == LEFT_0:
            head_0 = (head_0 - 1) & wrap
        elif byte == RIGHT_0:
            head_0 = (head_0 + 1) & wrap
        elif byte == LEFT_1:
            head_1 = (head_1 - 1) & wrap
        elif byte == RIGHT_1:
            head_1 = (head_1 + 1) & wrap
        elif byte == PLUS:
            tape[head_0] += np.uint8(1)
        elif byte == MINUS:
            tape[head_0] -= np.uint8(1)
        elif byte == DOT:
            tape[head_1] = tape[head_0]
        elif byte == COMMA:
            tape[head_0] = tape[head_1]
        else:
            operations -= 1
        place = (place + 1) & wrap
    return steps, operations, False
