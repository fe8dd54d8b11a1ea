"""Tracer tokens as the paper tells them (arXiv 2406.19108, section 2.1): tuples that travel with the characters.

Slow and obvious; nothing here comes from the package. Every cell of the soup is one tuple (epoch, position, character)
and the soup itself has no bytes beside them. The epoch of a mutation is counted from 1, that of the initial soup is 0.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from oracles import plain_bff

Cell = tuple[int, int, int]


def first(soup: np.ndarray) -> list[list[Cell]]:
    """The cells of an initial soup [program byte]."""
    length = soup.shape[1]
    return [[(0, k * length + i, int(byte)) for i, byte in enumerate(program)] for k, program in enumerate(soup)]


def characters(cells: list[list[Cell]]) -> np.ndarray:
    """The soup [program byte]."""
    return np.array([[char for _, _, char in program] for program in cells], np.uint8)


def words(cells: list[list[Cell]]) -> np.ndarray:
    """Epoch times 2^32 plus position of every cell, [program byte]."""
    return np.array([[(epoch << 32) + place for epoch, place, _ in program] for program in cells], np.uint64)


def epoch(name: str, cells: list[list[Cell]], seed: int, number: int, threshold: int, max_steps: int) -> None:
    """One epoch of a well-mixed soup, in place."""
    n, length = len(cells), len(cells[0])
    with np.errstate(over="ignore"):
        order = plain_bff.shuffled(np.uint64(seed), np.uint64(number), n)
        for pair in range(n // 2):
            left, right = int(order[2 * pair]), int(order[2 * pair + 1])
            places = [left * length + i for i in range(length)] + [right * length + i for i in range(length)]
            tape = cells[left] + cells[right]
            counter = (np.uint64(n) * plain_bff.word(np.uint64(seed), np.uint64(number)) + np.uint64(pair)) * np.uint64(
                2 * length
            )
            for i in range(2 * length):
                draw = int(plain_bff.mix(counter + np.uint64(i)))
                if (draw >> 8) % 2**30 < threshold:
                    tape[i] = (number + 1, places[i], draw % 256)
            run(name, tape, max_steps)
            cells[left], cells[right] = tape[:length], tape[length:]


def run(name: str, tape: list[Cell], max_steps: int) -> None:
    """Runs a pair tape of cells in place: copies move a whole cell, + and - change its character only."""
    step_of, bits, heads, fixed, moves = plain_bff.rules(name)
    size, pc, head0, head1 = len(tape), 0, 0, 0
    if heads:
        pc, head0, head1 = 2, tape[0][2], tape[1][2]
    for _ in range(max_steps):
        head0, head1 = head0 % size, head1 % size
        step = step_of[tape[pc][2]]
        zero = tape[head0][2] & bits == 0
        if step in (0, 1):
            head0 += 2 * int(step) - 1
        elif step in (2, 3):
            head1 += 2 * int(step) - 5
        elif step in (4, 5):
            entered, place, char = tape[head0]
            tape[head0] = (entered, place, (char + 2 * int(step) - 9) % 256)
        elif step == 6:
            tape[head1] = tape[head0]
        elif step == 7:
            tape[head0] = tape[head1]
            head1 += moves
        elif (step == 8 and zero) or (step == 9 and not zero):
            direction = 1 if step == 8 else -1
            chars = np.array([char for _, _, char in tape], np.uint8)
            pc = pc + 8 * direction if fixed else plain_bff.partner(chars, step_of, pc, direction)
            if pc < 0:
                return
        pc += 1
        if pc >= size:
            return


def unique(cells: list[list[Cell]]) -> int:
    """Number of distinct tokens."""
    return len({cell for program in cells for cell in program})


def top(cells: list[list[Cell]], n: int = 32) -> int:
    """Cells that hold one of the n most frequent tokens."""
    return sum(count for _, count in Counter(cell for program in cells for cell in program).most_common(n))
