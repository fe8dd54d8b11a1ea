"""No substrate touches memory beside its tape and its rooms: its body as plain Python, where every index is looked at.

Compiled kernels read and write without looking, and what lies beside a room on the stack is often harmless: such a slip
passes every comparison of bytes until a day on which it does not.
"""

from __future__ import annotations

from types import FunctionType
from typing import Any

import numpy as np
import pytest

from primordia.core.streams import Streams
from primordia.life.golden import RSUBLEQ4_REPLICATOR
from primordia.life.gpu import forms
from primordia.life.gpu.forms import SimulatedNumbers
from primordia.life.gpu.translate import translate
from primordia.life.soup import evaluate
from primordia.life.substrates import OWN, substrate

MAX_STEPS = 60
COMMON = {"bff_noheads_4bit": range(16), "bff_perm": range(11), "bff_selfmove": range(7)}
COMMON |= dict.fromkeys(("bff", "bff_noheads", "bff8", "bff8_noheads"), b"+,-.<>[]{}\0")


def as_it_stands(function: FunctionType) -> Any:
    return function


def watched(name: str) -> Any:
    """`execute` of a substrate as plain Python, with rooms that refuse a place outside."""
    plain = (forms.byte_matches, forms.lowest_bit, forms.highest_bit, forms.fetch_ahead)
    rooms = {
        "scratch": lambda: SimulatedNumbers(640, 8),
        "room": lambda: SimulatedNumbers(2112, 8),
        "wide_room": lambda: SimulatedNumbers(2112, 16),
    }
    return translate(substrate(name).execute, as_it_stands, {form.__name__: form for form in plain} | rooms)


def tapes(name: str, n_tapes: int, length: int) -> np.ndarray:
    """Random tapes [tape byte]; two thirds of them made of the bytes that make their language jump and loop."""
    draws = Streams(7).integers(name, length, n_tapes * length, 2**16).reshape(n_tapes, length)
    found = draws.astype(np.uint8)
    common = np.array([*COMMON.get(name, [*range(16), *range(0xC0, 0x100, 5), *range(240, 256)])], np.uint8)
    rich = common[(draws >> 8) % len(common)]
    found[n_tapes // 3 :] = rich[n_tapes // 3 :]
    return found


def agree(name: str, given: np.ndarray, max_steps: int) -> None:
    execute = watched(name)
    wanted, operations = evaluate(name, given, max_steps)
    for k, start in enumerate(given):
        tape = SimulatedNumbers(len(start), 8)
        tape.cells[:] = start.tolist()
        with np.errstate(over="ignore"):
            assert execute(tape, max_steps) == operations[k], (name, start.tolist())
        assert bytes(tape.cells) == wanted[k].tobytes(), (name, start.tolist())


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("length", [32, 128])
def test_random_tapes(name: str, length: int) -> None:
    agree(name, tapes(name, 24, length), MAX_STEPS)


@pytest.mark.slow
@pytest.mark.parametrize("name", OWN)
def test_many_tapes(name: str) -> None:
    agree(name, tapes(name, 400, 64), 600)
    agree(name, tapes(name, 400, 128), 600)


def test_a_jump_to_before_the_tape() -> None:
    """Found as a crash: rounds were planned for a loop that goes back further each time, at last before the tape."""
    tapes = np.zeros((8, 128), np.uint8)
    tapes[:, :8] = [7, 7, 20, 4, 26, 27, 27, 0]  # t[7] -= t[20], which is how far the second instruction jumps
    tapes[:, 20] = [1, 2, 4, 7, 12, 60, 100, 127]
    agree("rsubleq4", tapes, MAX_STEPS)


def test_relatives_of_the_replicator() -> None:
    """One byte after another of the published replicator, replaced: jumps and places just beside the right ones."""
    start = np.zeros((25 * 4, 128), np.uint8)
    start[:, : len(RSUBLEQ4_REPLICATOR)] = np.frombuffer(RSUBLEQ4_REPLICATOR, np.uint8)
    for place in range(25):
        for k, change in enumerate((1, 4, 128, 250)):
            start[4 * place + k, place] = (int(start[4 * place + k, place]) + change) % 256
    agree("rsubleq4", start, 400)
