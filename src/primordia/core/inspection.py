"""What stands at a place that somebody points at: findings, a program run step by step, a specimen to keep."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

import numpy as np

from primordia.core import findings
from primordia.core.findings import Finding, Picture
from primordia.core.views import Colour


@dataclasses.dataclass(frozen=True)
class Instruction:
    """One step of an execution.

    Args:
        at: the cell that it was read from.
        length: cells that it takes, from 1 on.
        text: how it is written.
        meaning: what it does, in a phrase.
        changes: (cell, new value) of every cell that it changed.
        registers: all registers after it, in the order of `Execution.registers`.
        counts: whether it did anything; a no-op does not.
    """

    at: int
    length: int
    text: str
    meaning: str
    changes: tuple[tuple[int, int], ...]
    registers: tuple[int, ...]
    counts: bool = True


@dataclasses.dataclass(frozen=True)
class Execution:
    """A program run step by step over a tape of bytes.

    Args:
        title: what runs.
        tape: uint8 [cell], before the first step.
        parts: (name, cells) of the pieces that the tape is joined from, in order.
        glyphs: how each byte value is written, 256 of them.
        classes: index into `palette` of each byte value, uint8 [256].
        palette: what the classes mean.
        registers: their names; the first is the instruction pointer.
        pointers: those registers that are places on the tape: heads, and the instruction pointer.
        opening: the registers before the first step.
        matches: pairs of cells that belong together, such as the brackets of a loop, on the tape before the first step.
        steps: at most a few thousand.
        stopped: whether the machine stopped after the last of them.
        test: the text of a test that holds the end of this execution, for copying; empty where there is none.
        note: how to read it.
    """

    title: str
    tape: np.ndarray[Any, np.dtype[np.uint8]]
    parts: tuple[tuple[str, int], ...]
    glyphs: tuple[str, ...]
    classes: np.ndarray[Any, np.dtype[np.uint8]]
    palette: tuple[Colour, ...]
    registers: tuple[str, ...]
    pointers: tuple[str, ...]
    opening: tuple[int, ...]
    matches: tuple[tuple[int, int], ...]
    steps: tuple[Instruction, ...]
    stopped: bool
    test: str = ""
    note: str = ""


@dataclasses.dataclass(frozen=True)
class Specimen:
    """Something that can be kept and put into another run of its kind.

    Args:
        title: its name.
        intervention: the name of the intervention that puts it there.
        arguments: what that intervention needs to be told, JSON values; the place is asked for when it is used.
        note: what it is.
        picture: a thumbnail, or None.
    """

    title: str
    intervention: str
    arguments: Mapping[str, Any]
    note: str = ""
    picture: Picture | None = None


Inspected: TypeAlias = Finding | Execution | Specimen


def fault(interventions: Collection[str], found: Any) -> str | None:
    """What keeps part of an answer of `inspect` from being shown or used, or None; `interventions`: those there are."""
    if isinstance(found, Specimen | Execution) and (sentence := findings.unworded(found.title, found.note)):
        return sentence
    if isinstance(found, Specimen):
        if found.intervention not in interventions:
            return f"Specimen {found.title!r} is for {found.intervention!r}, which is none of the interventions."
        return findings.fault(found.picture) if found.picture else None
    if not isinstance(found, Execution):
        return findings.fault(found)
    cells = {cell for step in found.steps for cell in (step.at, *(cell for cell, _ in step.changes))}
    whole = {
        "parts": sum(n for _, n in found.parts) == len(found.tape),
        "glyphs": len(found.glyphs) == len(found.classes) == 256 and max(found.classes) < len(found.palette),
        "registers": {len(found.opening), *(len(step.registers) for step in found.steps)} == {len(found.registers)},
        "pointers": set(found.pointers) <= set(found.registers),
        "cells": cells.union(*found.matches) <= set(range(len(found.tape))),
    }
    broken = ", ".join(name for name, fits in whole.items() if not fits)
    return f"Execution {found.title!r} does not fit together: {broken}." if broken else None
