"""Soups beside the authors' own program (cubff, C++ with OpenMP), along whole runs; called by benchmarks/life.py.

A course is a run from epoch 0 through its transition and 2,000 epochs beyond. At places spread evenly over the time
before the transition, and over the time behind it, both programs go on from the same soup for the same epochs, turn
and turn about. The soup is handed over in the authors' checkpoint files, and the one that their program writes at the
end must hold the same bytes as ours.

Their program is timed as a whole process, once for a short and once for a long stretch from the same soup; what the
long one takes more is the time of the epochs between, so starting, loading, compressing and storing do not count.
"""

from __future__ import annotations

import dataclasses
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from primordia.core import threads
from primordia.life import soup
from primordia.life.authors.files import Checkpoint, read_checkpoint, write_checkpoint
from primordia.life.golden import RSUBLEQ4_REPLICATOR
from primordia.life.measures import high_order_complexity

BEYOND = 2000
"""Epochs of a course behind its takeover."""
LONGEST = 16_384
LOOK = 16
LEAST_PLACES = 3
"""Places before a takeover that comes early."""
SHORT = 1


@dataclasses.dataclass(frozen=True)
class Course:
    """A run with a transition.

    Args:
        language: of its programs.
        seed: of the run; if nothing takes it over within `LONGEST` epochs it is no course.
        organism: what program 0 begins with; nothing in a soup that comes alive by itself.
    """

    language: str
    seed: int
    organism: bytes = b""

    def start(self, n_programs: int) -> np.ndarray:
        """The soup before epoch 0."""
        now = soup.random_soup(self.seed, n_programs)
        now[0, : len(self.organism)] = np.frombuffer(self.organism, np.uint8)
        return now


COURSES = (
    Course("bff_noheads", 38),
    Course("bff", 3),
    Course("forthtrivial", 10_248),
    Course("rsubleq4", 0, RSUBLEQ4_REPLICATOR),
)


@dataclasses.dataclass(frozen=True)
class Place:
    """Seconds per epoch at one place: the turns of their program and of ours, in order."""

    epoch: int
    theirs: list[float]
    ours: list[float]

    @property
    def ratios(self) -> list[float]:
        """Theirs over ours, turn by turn, in rising order."""
        return sorted(their / our for their, our in zip(self.theirs, self.ours, strict=True))


def beside(program: Path, courses: list[Course], n_programs: int, n_places: int, repeats: int, seconds: float) -> None:
    """Prints a table for every course and one for all; `seconds` is what a stretch of their program should take."""
    print(f"the authors' program: {program}; {threads.available()} threads each; {n_programs:,} programs")
    summary = []
    for course in courses:
        takeover = find_takeover(course, n_programs)
        if takeover is None:
            print(f"\n{course.language}, seed {course.seed}: nothing takes over within {LONGEST:,} epochs")
            continue
        end = takeover + BEYOND
        print(f"\n{course.language}, seed {course.seed}, {end:,} epochs, taken over by {takeover:,}")
        print(" epoch | epochs/s theirs | epochs/s ours | ratio: median (least to most)")
        n_young = min(n_places - 1, max(LEAST_PLACES, round(n_places * takeover / end)))
        middles = [*spread(0, takeover, n_young), *spread(takeover, end, n_places - n_young)]
        places = along(program, course, middles, n_programs, repeats, seconds)
        young, old = rates(places[:n_young]), rates(places[n_young:])
        everything = (young * takeover + old * BEYOND) / end
        summary.append((course.language, young, old, everything))
    print("\nepochs/s: theirs, ours, ratio")
    print(f"{'language':14} | {'before takeover':22} | {'after':22} | whole run")
    for language, *parts in summary:
        shown = (f"{1 / theirs:6.2f} {1 / ours:8.2f} {theirs / ours:6.2f}" for theirs, ours in parts)
        print(f"{language:14} | " + " | ".join(shown))


def spread(first: int, end: int, n: int) -> list[int]:
    """The middles of n equal parts of a stretch of epochs."""
    return [max(1, first + (2 * part + 1) * (end - first) // (2 * n)) for part in range(n)]


def rates(places: list[Place]) -> np.ndarray:
    """Seconds per epoch of theirs and of ours over a stretch, each place standing for an equal part of it."""
    medians = [(statistics.median(place.theirs), statistics.median(place.ours)) for place in places]
    return np.mean(medians, axis=0)


def find_takeover(course: Course, n_programs: int) -> int | None:
    """Epochs until high-order complexity is first seen at 1 or more, a multiple of `LOOK`; None if it stays below."""
    now = course.start(n_programs)
    for at in range(0, LONGEST, LOOK):
        now = ours(course, now, at, LOOK)
        if high_order_complexity(now) >= 1:
            return at + LOOK
    return None


def along(
    program: Path, course: Course, middles: list[int], n_programs: int, repeats: int, seconds: float
) -> list[Place]:
    """Times both programs at these epochs of a course, which rise."""
    now, at, places = course.start(n_programs), 0, []
    for goal in middles:
        now, at = ours(course, now, at, goal - at), goal
        with tempfile.TemporaryDirectory() as folder:
            place = time_place(program, course, now, at, repeats, seconds, Path(folder))
        places.append(place)
        median = statistics.median
        print(
            f"{at:6,} | {1 / median(place.theirs):15.2f} | {1 / median(place.ours):13.2f} | "
            f"{median(place.ratios):6.2f} ({place.ratios[0]:.2f} to {place.ratios[-1]:.2f})",
            flush=True,
        )
    return places


def time_place(
    program: Path, course: Course, now: np.ndarray, epoch: int, repeats: int, seconds: float, folder: Path
) -> Place:
    """Times both programs from one soup, turn and turn about, and holds the bytes of theirs against ours."""
    write_checkpoint(folder / "start.dat", Checkpoint(1, epoch, now))
    short = theirs(program, course, epoch, SHORT, folder)[0]
    guess = (theirs(program, course, epoch, SHORT + 4, folder)[0] - short) / 4
    window = max(2, min(256, round(seconds / max(guess, 1e-4))))
    found = Place(epoch, [], [])
    wanted = ours(course, now, epoch, SHORT + window)
    for _ in range(repeats):
        short, _ = theirs(program, course, epoch, SHORT, folder)
        long, final = theirs(program, course, epoch, SHORT + window, folder)
        if final.tobytes() != wanted.tobytes():
            raise SystemExit(f"the programs disagree: {course.language}, epochs {epoch} to {epoch + SHORT + window}")
        start = time.perf_counter()
        ours(course, now, epoch, window)
        found.ours.append((time.perf_counter() - start) / window)
        found.theirs.append((long - short) / window)
    return found


def ours(course: Course, now: np.ndarray, epoch: int, n_epochs: int) -> np.ndarray:
    """The soup after epochs of primordia."""
    return soup.run_epochs(
        course.language,
        now,
        seed=course.seed,
        first_epoch=epoch,
        n_epochs=n_epochs,
        mutation_threshold=1 << 18,
        max_steps=8192,
    )[0]


def theirs(program: Path, course: Course, epoch: int, n_epochs: int, folder: Path) -> tuple[float, np.ndarray]:
    """Seconds of their whole process from the stored soup on, and the soup after its epochs.

    Their program looks at its end, and stores, only at epochs that are a multiple of an interval: it is given the
    number of the last epoch, which has no other multiple on the way.
    """
    last = epoch + n_epochs - 1
    command = [str(program), "--lang", course.language, "--num", str(read_size(folder)), "--seed", str(course.seed)]
    command += ["--load", str(folder / "start.dat"), "--max_epochs", str(last), "--disable_output"]
    command += ["--checkpoint_dir", str(folder / "theirs")]
    for interval in ("print", "save", "clear"):
        command += [f"--{interval}_interval", str(last)]
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads.available())}
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    seconds = time.perf_counter() - start
    return seconds, read_checkpoint(folder / "theirs" / f"{last:010d}.dat").soup


def read_size(folder: Path) -> int:
    """Programs of the stored soup, from the length of its file."""
    return ((folder / "start.dat").stat().st_size - 24) // 64
