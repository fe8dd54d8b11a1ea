"""Reasons to doubt a soup's numbers, looked at before anyone calls it life.

Compression and copying tests can be fooled: by a flood of one byte, by the fixed cost of the compressor in a small
soup, by another compressor, by bytes that agree because few values are left, by lines of copies that break soon.
"""

from __future__ import annotations

import dataclasses
from importlib.metadata import version

import numpy as np
import numpy.typing as npt

from primordia.core.findings import Table, Text
from primordia.core.streams import Streams
from primordia.life.alignment import generations
from primordia.life.measures import BROTLI_LOG_WINDOW, BROTLI_QUALITY, byte_counts, high_order_complexity
from primordia.life.replicators import MAX_STEPS, REPLICATOR_SCORE, round_seed, scores

Bytes = npt.NDArray[np.uint8]

SAMPLE = 256
ZERO_FLOOD = 0.05
SMEAR = 0.25
OFFSET = 0.01
FALSE_POSITIVES = 0.02
LINES, GENERATIONS, SHORT_LINE = 3, 8, 4
"""Replicators whose lines are followed, for how long, and what is short."""
COMPRESSED = 8192
"""Programs of noise that are compressed at most: with more, the offset is nearer to 0 still."""
TITLE = "Before you call it life"


@dataclasses.dataclass(frozen=True)
class Alarm:
    """One thing that was looked at: what was found, what would be worrying, and whether it is."""

    what: str
    found: str
    line: str
    rings: bool


def alarms(language: str, soup: Bytes, streams: Streams, t: int, max_steps: int = MAX_STEPS) -> tuple[Alarm, ...]:
    """Everything there is to doubt about a soup uint8 [program, byte] after `t` epochs.

    Cost: two replication tests of 256 programs, three compressions, and three lines of eight generations.
    """
    counts = byte_counts(soup)
    return (
        _zero_flood(counts, soup.size),
        _smear(counts, soup.size),
        _offset(soup, streams, t),
        _distribution(counts, soup, streams, t),
        *_detector(language, counts, soup, streams, t, max_steps),
        _compressor(),
    )


def text(found: tuple[Alarm, ...]) -> Text:
    """The alarms as they stand at the head of a soup's findings."""
    ringing = [alarm for alarm in found if alarm.rings]
    lines = [f"{'!!' if alarm.rings else 'ok'}  {alarm.what}: {alarm.found}" for alarm in found]
    note = f"{len(ringing)} of {len(found)} alarms ring" if ringing else f"none of {len(found)} alarms rings"
    rules = "; ".join(f"{alarm.what}: {alarm.line}" for alarm in found)
    return Text(TITLE, "\n".join(lines), f"{note[0].upper()}{note[1:]}. They ring when — {rules}.")


def table(found: tuple[Alarm, ...]) -> Table:
    """The alarms as a table."""
    rows = tuple((alarm.what, alarm.found, alarm.line, alarm.rings) for alarm in found)
    return Table(TITLE, ("alarm", "found", "rings when", "rings"), rows)


def matched_noise(counts: npt.NDArray[np.int64], shape: tuple[int, ...], streams: Streams, what: str, t: int) -> Bytes:
    """Independent bytes with the distribution of a histogram [byte value], of any shape."""
    n = int(np.prod(shape))
    draws = streams.integers(what, t, n, int(counts.sum()))
    return np.searchsorted(np.cumsum(counts), draws, side="right").astype(np.uint8).reshape(shape)


def _zero_flood(counts: npt.NDArray[np.int64], size: int) -> Alarm:
    share = float(counts[0]) / size
    found = f"{100 * share:.2g} % of all bytes are 0 (uniform bytes: 0.39 %)"
    return Alarm("zero flood", found, f"zeros are {100 * ZERO_FLOOD:g} % or more", share >= ZERO_FLOOD)


def _smear(counts: npt.NDArray[np.int64], size: int) -> Alarm:
    byte = int(np.argmax(counts))
    share = float(counts[byte]) / size
    found = f"the most frequent byte, 0x{byte:02X}, is {100 * share:.2g} % of all"
    return Alarm("smear of one byte", found, f"one value is {100 * SMEAR:g} % or more", share >= SMEAR)


def _offset(soup: Bytes, streams: Streams, t: int) -> Alarm:
    """Complexity of uniform random bytes in a soup of this size: 0, were it not for the compressor's fixed cost."""
    shape = (min(len(soup), COMPRESSED), soup.shape[1])
    uniform = streams.integers("uniform soup", t, shape[0] * shape[1], 256).astype(np.uint8).reshape(shape)
    offset = high_order_complexity(uniform)
    found = f"{shape[0]:,} programs of uniform random bytes have a complexity of {offset:.4f}"
    return Alarm("offset of a small soup", found, f"that is {OFFSET:g} or more away from 0", abs(offset) >= OFFSET)


def _distribution(counts: npt.NDArray[np.int64], soup: Bytes, streams: Streams, t: int) -> Alarm:
    """Complexity of independent bytes with the soup's histogram: what the distribution alone would give."""
    shape = (min(len(soup), COMPRESSED), soup.shape[1])
    matched = high_order_complexity(matched_noise(counts, shape, streams, "matched soup", t))
    ours = high_order_complexity(soup)
    found = f"complexity {ours:.4f}, that of independent bytes of the same distribution {matched:.4f}"
    line = f"the latter is {OFFSET:g} or more, and half of the former"
    return Alarm("structure without order", found, line, matched >= max(OFFSET, ours / 2))


def _detector(
    language: str, counts: npt.NDArray[np.int64], soup: Bytes, streams: Streams, t: int, max_steps: int
) -> tuple[Alarm, Alarm]:
    """How often the detector takes independent bytes for a replicator, and how long the lines of those it finds are."""
    places = streams.integers("replicator sample", t, SAMPLE, len(soup))
    word = round_seed(streams.seed, max(t - 1, 0))
    null = matched_noise(counts, (SAMPLE, soup.shape[1]), streams, "matched programs", t)
    ours, theirs = (
        scores(language, programs, indices=places, n_programs=len(soup), round_seed=word, max_steps=max_steps)
        for programs in (soup[places], null)
    )
    hits, false = (int((found >= REPLICATOR_SCORE).sum()) for found in (ours, theirs))
    positives = Alarm(
        "false replicators",
        f"{hits} of {SAMPLE} programs of the soup pass the test, {false} of {SAMPLE} of independent bytes",
        f"{100 * FALSE_POSITIVES:g} % or more of the latter pass",
        false >= FALSE_POSITIVES * SAMPLE,
    )
    passing = places[ours >= REPLICATOR_SCORE][:LINES]
    given = {"word": word, "n_generations": GENERATIONS, "max_steps": max_steps}
    lines = [generations(language, soup[place], **given) for place in passing]
    line = int(np.median(lines)) if lines else 0
    found = (
        f"median of {len(lines)} replicators: {line} of {GENERATIONS} generations"
        if lines
        else "no replicator to follow"
    )
    broken = Alarm("lines that break", found, f"the median is below {SHORT_LINE}", bool(lines) and line < SHORT_LINE)
    return positives, broken


def _compressor() -> Alarm:
    """Brotli 1.0.9 compresses otherwise than the versions that the published numbers were made with."""
    installed = version("brotli")
    parts = tuple(int(part) for part in installed.split(".")[:2])
    found = f"brotli {installed}, quality {BROTLI_QUALITY}, window 2^{BROTLI_LOG_WINDOW}"
    return Alarm("compressor", found, "brotli is older than 1.1", parts < (1, 1))
