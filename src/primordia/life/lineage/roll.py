"""Every replicator of a soup, not a sample of them: a quick look at all programs, the full test for those that pass."""

from __future__ import annotations

import dataclasses
from typing import final

import numpy as np
import numpy.typing as npt

from primordia.core.streams import Streams
from primordia.life import replicators

Bytes = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.int64]


@final
@dataclasses.dataclass(frozen=True)
class Roll:
    """The replicators of a soup.

    Args:
        places: int64 [replicator]: their places, ascending.
        scores: int64 [replicator].
        n_tested: programs that passed the quick look and were put to the full test.
    """

    places: Counts
    scores: Counts
    n_tested: int

    def best(self) -> int:
        """The index of the best score; of equal ones that of the lowest place."""
        return int(np.argmax(self.scores))


def least_changed(tape_length: int) -> int:
    """Bytes of a random partner that a program must change to be put to the full test: a quarter of the tape."""
    return tape_length // 4


def call_roll(
    language: str,
    soup: Bytes,
    *,
    streams: Streams,
    t: int,
    threshold: int,
    max_steps: int = replicators.MAX_STEPS,
    detector: replicators.Detector = replicators.AUTHORS,
    n_threads: int | None = None,
) -> Roll:
    """The replicators of a soup uint8 [program, byte] after t epochs, all of them but for what the quick look misses.

    The quick look: every program meets one partner of random bytes, and at least `least_changed` of the partner's
    bytes must be others afterwards. What copies itself only now and then, or only a few bytes, may be missed
    (docs/lineage.md says how many were).

    Args:
        language: the substrate's name.
        soup: the programs.
        streams: of the run; the random partners are a function of its seed and t.
        t: completed epochs; the full test's noise is that of the authors' simulator at that epoch.
        threshold: least score of a replicator.
        max_steps: step limit of a meeting.
        detector: the full test's constants.
        n_threads: threads, None for all cores.

    Cost: one meeting for each program, which is about two epochs, and 65 for each that passes.
    """
    passed = quick_look(language, soup, streams, t, max_steps, n_threads)
    found = replicators.scores(
        language,
        soup[passed],
        indices=passed,
        n_programs=len(soup),
        round_seed=replicators.round_seed(streams.seed, max(t - 1, 0)),
        max_steps=max_steps,
        n_threads=n_threads,
        detector=detector,
    )
    good = found >= threshold
    return Roll(passed[good], found[good], len(passed))


def quick_look(
    language: str, soup: Bytes, streams: Streams, t: int, max_steps: int, n_threads: int | None = None
) -> Counts:
    """The places int64 [program] of the programs that change enough of one random partner."""
    from primordia.life.soup import evaluate, random_soup

    n_programs, length = soup.shape
    noise = random_soup(streams.words("quick look", t)[0], n_programs, length)
    ends, _ = evaluate(language, np.concatenate((soup, noise), axis=1), max_steps, n_threads=n_threads)
    changed = (ends[:, length:] != noise).sum(axis=1)
    return np.flatnonzero(changed >= least_changed(length))
