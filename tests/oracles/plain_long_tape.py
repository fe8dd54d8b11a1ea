"""The long-tape languages in plain Python, a rule a line, and the loop around them: the slow twin of life/long_tape.

Written from the description of the rules (docs/life-i8080-long-tape.md), without a look at the kernels.
"""

from __future__ import annotations


def signed(byte: int) -> int:
    return byte - 256 if byte >= 128 else byte


def forth2(tape: list[int], start: int, max_steps: int, origins: list[int] | None = None) -> dict[str, int]:
    """The second Forth, in place. What stopped it: "limit" or "error"."""
    n, pc, stack, steps, operations, failed = len(tape), start, [], 0, 0, 0
    while steps < max_steps:
        code = tape[pc]
        after = (pc + 1) % n
        steps += 1
        operations += code <= 0x23
        needed = {0x20: 2, 0x21: 1, 0x22: 1, 0x23: 2}.get(code, 1 if 0x10 <= code <= 0x1F else 0)
        if len(stack) < needed or (code <= 0x0F and len(stack) == 1024):
            failed = 1
            break
        if code <= 0x0F:
            stack.append(code if code < 8 else code - 16)
        elif code <= 0x1F:
            stack.append(signed((stack.pop() * 16 + code % 16) % 256))
        elif code == 0x20:
            where = stack.pop()
            here = (after + stack[-1]) % n
            tape[(here + where) % n] = tape[here]
            if origins is not None:
                origins[(here + where) % n] = origins[here]
        elif code in (0x21, 0x22):
            stack.append(signed((stack.pop() + (1 if code == 0x21 else -1)) % 256))
        elif code == 0x23:
            test, distance = stack.pop(), stack.pop()
            if test != 0:
                after = (after + distance) % n
        pc = after
    return {
        "steps": steps,
        "operations": operations,
        "failed": failed,
        "pointer": pc,
        "depth": len(stack),
        "top": stack[-1] if stack else 0,
    }


def bff_long(tape: list[int], start: int, head_offset: int, max_steps: int) -> tuple[int, int, int]:
    """BFF on a ring, in place: bytes read, instructions, and whether an unmatched bracket ended the run."""
    n, pc, steps, operations = len(tape), start, 0, 0
    heads = [start, (start + head_offset) % n]
    while steps < max_steps:
        glyph = chr(tape[pc])
        steps += 1
        operations += glyph in "<>{}+-.,[]"
        if glyph in "[]":
            way = 1 if glyph == "[" else -1
            other = "]" if glyph == "[" else "["
            open_ones, at = 1, pc
            for distance in range(1, n):
                at = (pc + way * distance) % n
                open_ones += (chr(tape[at]) == glyph) - (chr(tape[at]) == other)
                if open_ones == 0:
                    break
            if open_ones:
                return steps, operations, 1
            if (tape[heads[0]] == 0) == (glyph == "["):
                pc = at + 1
        elif glyph in "<>":
            heads[0] = (heads[0] + (1 if glyph == ">" else -1)) % n
        elif glyph in "{}":
            heads[1] = (heads[1] + (1 if glyph == "}" else -1)) % n
        elif glyph in "+-":
            tape[heads[0]] = (tape[heads[0]] + (1 if glyph == "+" else -1)) % 256
        elif glyph == ".":
            tape[heads[1]] = tape[heads[0]]
        elif glyph == ",":
            tape[heads[0]] = tape[heads[1]]
        pc = (pc + 1) % n
    return steps, operations, 0


def repeated_pairs(tape: list[int]) -> dict[tuple[int, int], int]:
    """Unit of two different bytes -> bytes of the ring that lie in four or more on end that alternate between them."""
    n, covered = len(tape), {}
    for i in range(n):
        window = [tape[(i + k) % n] for k in range(4)]
        if window[:2] == window[2:] and window[0] != window[1]:
            unit = (min(window[:2]), max(window[:2]))
            covered.setdefault(unit, set()).update((i + k) % n for k in range(4))
    return {unit: len(places) for unit, places in covered.items()}
