"""Whether somebody else's substrate can be let into a soup: kernels index memory without looking, so one look is due.

`execute` runs in a process of its own, on tapes that lie in the middle of guarded memory, with step limits and a clock:
a substrate that never ends, writes beside its tape or reads what lies there ends that process and no soup.
"""

from __future__ import annotations

import importlib.metadata
import os
import pkgutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from primordia.core import cache
from primordia.core.errors import BadInputError
from primordia.life.compile import Kernel
from primordia.life.substrates import GROUP, OWN, substrate
from primordia.life.substrates.declaration import CLASSES, Substrate

Bytes = NDArray[np.uint8]

SECONDS = 20.0
PATIENCE = 600.0
"""Seconds after which the other process is given up, whatever it does; a compiler on a busy machine takes long."""
GUARD = 1 << 16
BESIDE, FILL = 1 << 12, 0x5A
TAPES = 64
LIMITS = (0, 1, 7, 512, 8192)
NOISES = 2
SHIFTS = 256
REFUSED = 3
LENGTHS = frozenset({16, 32, 64, 128, 256, 512, 1024})


def vouch(name: str, seconds: float = SECONDS) -> None:
    """Refuses a substrate of another package that is not fit for a soup; ours are held by tests and pass at once.

    What passed is noted beside the compiled kernels, so that the same code is not tried again. It costs some seconds,
    most of them for the compiler. `seconds` are those of computing time for each length and step limit.

    Raises:
        BadInputError: the first thing that is wrong with it.
    """
    if name in OWN:
        return
    found = substrate(name)
    refuse(name, declared(found))
    shelf = notes()
    noted = shelf / f"vouched-{name}-{_mark(found)}" if shelf else None
    if noted is not None and noted.exists():
        return
    tried(name, seconds)
    if noted is not None:
        noted.touch()


def refuse(name: str, wrong: Iterator[str]) -> None:
    """Raises `BadInputError` for the first thing that is wrong, if any."""
    for sentence in wrong:
        raise BadInputError(f"The substrate {name} is not fit for a soup: {sentence}")


def _mark(found: Substrate) -> str:
    """What changes when anything does that is tried: the code that runs, and the lengths it runs on."""
    follow = found.follow.digest if isinstance(found.follow, Kernel) else "none"
    return f"{found.execute.digest}-{follow}-{'-'.join(map(str, found.tape_lengths))}"


def notes() -> Path | None:
    """The folder in which it is noted what passed; None: nothing is kept."""
    return cache.folder()


def declared(found: Substrate) -> Iterator[str]:
    """What is wrong with a declaration, without running anything."""
    if not isinstance(found.execute, Kernel):
        yield "its execute is no kernel: put @kernel(allocates=False) of primordia.life.compile above the function."
    if odd := sorted(set(found.tape_lengths) - LENGTHS):
        yield f"it allows programs of {odd[0]} bytes; a length is a power of two from 16 to 1024."
    if not found.tape_lengths:
        yield "it allows no program length: name some of 16, 32, 64, 128, 256, 512 and 1024 in tape_lengths."
    unclassed = [byte for byte in range(256) if found.classes.get(byte) not in CLASSES]
    if unclassed:
        given = found.classes.get(unclassed[0])
        yield f"byte {unclassed[0]} has the class {given!r}; give one of {', '.join(CLASSES)}."
    if missing := [name for name in CLASSES if name not in found.legend]:
        yield f"its legend does not say what {missing[0]} means."
    whole = bytes(range(256))
    try:
        back = found.parse(found.format(whole))
    except Exception as error:  # A notation is somebody else's code.
        yield f"its notation cannot read what it writes: {error}".rstrip(".") + "."
        return
    for byte in range(256):
        if len(back) != len(whole) or found.glyph(back[byte]) != found.glyph(byte):
            # Bytes may share a glyph, as those of an instruction do in bff_noheads_4bit.
            yield f"byte {byte} written as {found.glyph(byte)!r} is read back as something that is written otherwise."
            return


def tried(name: str, seconds: float = SECONDS) -> list[str]:
    """Runs a substrate in another process and says on what it ran, a line for each length and step limit.

    Raises:
        BadInputError: the first thing that went wrong.
    """
    points = importlib.metadata.entry_points(group=GROUP, name=name)
    target = f"{substrate.__module__}.{name}:SUBSTRATE" if name in OWN else next(iter(points)).value
    command = [sys.executable, "-c", f"from {__name__} import main; main({target!r}, {seconds})"]
    surroundings = {**os.environ, "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, env=surroundings, check=False)
    except subprocess.TimeoutExpired:
        refuse(name, iter([f"it could not be tried within {PATIENCE:g} seconds."]))
    refuse(name, _went_wrong(done, seconds))
    return done.stdout.splitlines()


def _went_wrong(done: subprocess.CompletedProcess[str], seconds: float) -> Iterator[str]:
    """What the end of the other process says about the substrate."""
    lines = done.stdout.splitlines() or [""]
    where = lines[-1] or "its first tape"
    if done.returncode == REFUSED:
        yield lines[-1]
    elif done.returncode == -signal.SIGVTALRM:
        yield f"its execute did not end within {seconds:g} seconds on {where}: it must stop after max_steps steps."
    elif done.returncode < 0:
        number = signal.Signals(-done.returncode).name
        yield f"its execute crashed ({number}) on {where}: it must keep to the places 0 to len(tape) - 1."
    elif done.returncode:
        said = done.stderr.strip().splitlines() or ["no words"]
        yield f"its execute cannot be compiled or run: {said[-1]}".rstrip(".") + "."


def main(target: str, seconds: float) -> None:
    """The other process: compiles, runs, prints where it is, and exits with `REFUSED` behind a sentence.

    A timer that nobody handles ends it where it hangs: no handler of Python's would get a turn inside a kernel.
    """
    found = pkgutil.resolve_name(target)
    found.execute.dispatcher.compile("int64(uint8[::1], int64)")
    for sentence in _wrongs(found, seconds):
        print(sentence, flush=True)
        sys.exit(REFUSED)


def _wrongs(found: Substrate, seconds: float) -> Iterator[str]:
    rooms = _rooms(2 * GUARD + SHIFTS + 2 * max(found.tape_lengths))
    for length in sorted({min(found.tape_lengths), max(found.tape_lengths)}):
        tapes = _tapes(2 * length)
        for limit in LIMITS:
            print(f"tapes of {2 * length} bytes with max_steps={limit}", flush=True)
            signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
            for number, tape in enumerate(tapes):
                yield from _wrong_with(found.execute, tape, limit, rooms, GUARD + number % SHIFTS)
                if found.follow is not None:
                    yield from _wrong_following(found, tape, limit)


def _rooms(size: int) -> list[Bytes]:
    """What lies around the tapes: nulls, and noises in which a read beside a tape meets every byte value in the end."""
    noises = (np.random.default_rng(seed).integers(0, 256, size).astype(np.uint8) for seed in range(NOISES))
    return [np.zeros(size, np.uint8), *noises]


def _wrong_with(execute: Any, tape: Bytes, limit: int, rooms: list[Bytes], at: int) -> Iterator[str]:
    outcomes = []
    where = f"on the tape {tape[:8].tobytes().hex(' ')} … of {len(tape)} bytes with max_steps={limit}"
    for room in rooms:
        memory = room.copy()
        inside = memory[at : at + len(tape)]
        inside[:] = tape
        operations = execute(inside, limit)
        for start, places in ((-at, slice(0, at)), (len(tape), slice(at + len(tape), None))):
            if not np.array_equal(memory[places], room[places]):
                place = start + int(np.flatnonzero(memory[places] != room[places])[0])
                yield f"its execute writes to place {place} {where}: it must keep to the places 0 to {len(tape) - 1}."
        if not 0 <= operations <= limit:
            yield f"its execute says {operations} operations {where}: there are 0 at least and {limit} at most."
        if limit == 0 and not np.array_equal(inside, tape):
            yield f"its execute changes the tape {where}: without steps nothing may happen."
        outcomes.append((int(operations), inside.tobytes()))
    if len(set(outcomes)) > 1:
        yield (
            f"its execute gives two results {where}: it depends on more than the tape and max_steps, "
            "perhaps on what lies beside the tape."
        )


def _wrong_following(found: Substrate, tape: Bytes, limit: int) -> Iterator[str]:
    where = f"on the tape {tape[:8].tobytes().hex(' ')} … of {len(tape)} bytes with max_steps={limit}"
    executed, numbers = tape.copy(), np.arange(len(tape), dtype=np.uint16)
    given = {"tape": tape, "origins": numbers, "registers": np.zeros(len(found.registers), np.int64)}
    rooms = {name: np.pad(part, BESIDE, constant_values=FILL) for name, part in given.items()}
    followed, origins, registers = (room[BESIDE:-BESIDE] for room in rooms.values())
    operations = found.execute(executed, limit), found.follow(followed, origins, registers, limit)
    if operations[0] != operations[1] or not np.array_equal(executed, followed):
        yield f"its follow and its execute end differently {where}: they must be the same run."
    if origins.max() >= len(tape):
        yield f"its follow says that a byte came from place {origins.max()} {where}: there is none."
    for name, room in rooms.items():
        if (room[:BESIDE] != FILL).any() or (room[-BESIDE:] != FILL).any():
            yield f"its follow writes beside the {name} {where}: there are the places 0 to {len(given[name]) - 1}."


def _tapes(size: int) -> list[Bytes]:
    """Random tapes, tapes of few byte values (in which rare instructions come often), and those of a single value."""
    draw = np.random.default_rng(size)
    uniform = [draw.integers(0, 256, size).astype(np.uint8) for _ in range(TAPES)]
    narrow = [draw.choice(draw.integers(0, 256, 4), size).astype(np.uint8) for _ in range(TAPES)]
    return [*uniform, *narrow, *(np.full(size, byte, np.uint8) for byte in range(256))]
