"""A turtle walks over a program and carries one byte in its hand: tprb copies a program into its partner."""

import numpy as np

from primordia.life.compile import kernel
from primordia.life.substrates import Substrate
from primordia.life.substrates.notation import Glyphs

# byte -> (glyph, meaning, opcode class); every other byte does nothing
INSTRUCTIONS = {
    ord("t"): ("t", "take: the hand becomes the byte under the turtle in this half", "head0"),
    ord("p"): ("p", "put: the byte at the same place of the other half becomes the hand", "copy"),
    ord("r"): ("r", "the turtle goes one place to the right, from the last to the first", "head1"),
    ord("i"): ("i", "the byte under the turtle in this half grows by one", "write"),
    ord("b"): ("b", "back to the start of this half if the hand is not zero", "loop"),
}
TAKE, PUT, RIGHT, INCREASE, BACK = (np.uint8(byte) for byte in INSTRUCTIONS)


@kernel(allocates=False)
def execute(tape, max_steps):
    """Runs a pair tape in place; returns the operations (steps on instructions)."""
    half = tape.size // 2
    place, turtle, hand, operations = 0, 0, np.uint8(0), 0
    for _ in range(max_steps):
        byte, own = tape[place], place & half
        operations += 1
        if byte == TAKE:
            hand = tape[own + turtle]
        elif byte == PUT:
            tape[(own ^ half) + turtle] = hand
        elif byte == RIGHT:
            turtle = (turtle + 1) & (half - 1)
        elif byte == INCREASE:
            tape[own + turtle] += np.uint8(1)
        elif byte == BACK and hand != 0:
            place = own - 1
        elif byte != BACK:
            operations -= 1
        place += 1
        if place == tape.size:
            break
    return operations


GLYPHS = {byte: glyph for byte, (glyph, _, _) in INSTRUCTIONS.items()}
MEANINGS = {glyph: meaning for glyph, meaning, _ in INSTRUCTIONS.values()}
CLASSES = {byte: INSTRUCTIONS[byte][2] if byte in INSTRUCTIONS else "other" for byte in range(256)} | {0: "null"}
LEGEND = {"other": "not an instruction", "null": "null byte", "loop": "back to the start", "head0": "takes a byte",
          "head1": "walks", "write": "counts", "copy": "puts a byte"}  # fmt: skip
SUBSTRATE = Substrate("turtle", "A turtle with one hand.", Glyphs("turtle", GLYPHS, MEANINGS, brackets=None),
                      CLASSES, LEGEND, "pointer, turtle and hand start at 0", execute)  # fmt: skip
