"""The authors' checkpoints and interaction patterns (cubff, commit f212e84; facts read off the program and its output).

A checkpoint is three 64-bit whole numbers, low byte first: the index of the next fresh start, the number of programs,
and the number of epochs done; then the soup, program after program. Seed, language and rates are not in it. They name
it "<number of the last epoch, counted from 0, as ten digits>.dat".
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from primordia.core.errors import BadInputError
from primordia.life.worlds.neighbours import Edge, edges_of_text, text_of_edges

HEADER = struct.Struct("<3q")
TAPE_LENGTH = 64
MOST_PROGRAMS = 2**22


class Checkpoint(NamedTuple):
    """What a checkpoint file holds.

    Args:
        reset_index: the index that the next fresh start would have; 1 when there was none.
        epoch: completed epochs.
        soup: uint8 [program, byte].
    """

    reset_index: int
    epoch: int
    soup: NDArray[np.uint8]


def read_checkpoint(path: Path | str, tape_length: int = TAPE_LENGTH) -> Checkpoint:
    """Reads a checkpoint whose programs have `tape_length` bytes; the authors' always have 64.

    Raises:
        BadInputError: it cannot be read, is cut short, is longer than its own header says, or holds numbers that no
            soup has.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise BadInputError(f"The checkpoint {path} cannot be read: {error.strerror}.") from error
    if len(content) < HEADER.size:
        raise BadInputError(
            f"{path} is no checkpoint of the authors': it has {len(content)} bytes and the header alone has "
            f"{HEADER.size}; it was cut short, or is another file."
        )
    reset_index, n_programs, epoch = HEADER.unpack_from(content)
    if not (2 <= n_programs <= MOST_PROGRAMS and n_programs % 2 == 0 and epoch >= 1 and reset_index >= 1):
        raise BadInputError(
            f"{path} is no checkpoint of the authors': its header says {n_programs} programs, {epoch} epochs and reset "
            f"index {reset_index}; allowed are an even number of programs from 2 to {MOST_PROGRAMS}, and the others "
            "from 1 on."
        )
    wanted = HEADER.size + n_programs * tape_length
    if len(content) != wanted:
        odd = "was cut short" if len(content) < wanted else "has something behind its end"
        raise BadInputError(
            f"The checkpoint {path} {odd}: it has {len(content)} bytes, and {n_programs} programs of {tape_length} "
            f"bytes make {wanted}; copy it again."
        )
    soup = np.frombuffer(content, np.uint8, offset=HEADER.size).reshape(n_programs, tape_length).copy()
    return Checkpoint(reset_index, epoch, soup)


def write_checkpoint(path: Path | str, checkpoint: Checkpoint) -> None:
    """Writes a checkpoint that the authors' program can load, if its programs have 64 bytes.

    Raises:
        BadInputError: there is such a file already, or it cannot be written.
    """
    header = HEADER.pack(checkpoint.reset_index, len(checkpoint.soup), checkpoint.epoch)
    _write("checkpoint", path, header + np.ascontiguousarray(checkpoint.soup, np.uint8).tobytes())


def reset_index(reset_every: int, epoch: int) -> int:
    """The index of the next fresh start after so many completed epochs, as the authors' program would have stored it.

    They store it before the fresh start that is due after the same epoch.
    """
    return 2 + (epoch - 2) // reset_every if reset_every and epoch >= 2 else 1


def read_pattern(path: Path | str, n_programs: int) -> list[Edge]:
    """Reads an interaction pattern: lines "a b", a may act on b.

    Raises:
        BadInputError: it cannot be read; or a line is no edge, joins a program to itself, or names one out of range.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise BadInputError(f"The interaction pattern {path} cannot be read: {reason}.") from error
    return edges_of_text(text, n_programs)


def write_pattern(path: Path | str, edges: Iterable[Edge]) -> None:
    """Writes an interaction pattern that the authors' program can load.

    Raises:
        BadInputError: there is such a file already, or it cannot be written.
    """
    _write("interaction pattern", path, text_of_edges(edges).encode())


def _write(what: str, path: Path | str, content: bytes) -> None:
    """Writes a file whole or not at all."""
    try:
        with open(path, "xb") as file:
            try:
                file.write(content)
                file.flush()
            except OSError:
                os.unlink(path)
                raise
    except OSError as error:
        raise BadInputError(f"The {what} {path} cannot be written: {error.strerror}.") from error
