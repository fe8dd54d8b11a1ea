"""What can be said about a long tape: its repeats, its frequent strings, the program that is there most often."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from primordia.core.findings import Finding, Table, Text
from primordia.core.streams import Streams
from primordia.life.long_tape.languages import FAILURES, LANGUAGES, OPERATIONS, STEPS
from primordia.life.long_tape.repeats import copies_in_a_row, frequent_strings, periods, repeats
from primordia.life.substrates import Substrate

Bytes = NDArray[np.uint8]

MOST_REPEATS = 5
STRINGS = (2, 3, 4, 6, 8, 12, 16)
MOST_STRINGS = 3
SAMPLE = 256
FEWEST_SHOWN = 8


def findings(language: str, tape: Bytes, limit: int, head_offset: int, streams: Streams, t: int) -> tuple[Finding, ...]:
    """Findings about a tape uint8 [byte] after t rounds."""
    written = LANGUAGES[language].substrate
    return (
        main_program(written, tape),
        pairs_table(written, tape),
        strings_table(written, tape),
        starts_table(language, tape, limit, head_offset, streams, t),
    )


def main_program(written: Substrate, tape: Bytes) -> Text:
    """The string of two or more bytes whose copies, end to end, cover most of the tape, disassembled."""
    found = periods(tape)
    by_period = np.bincount(found, minlength=3)
    if not by_period[2:].any():
        return Text("The program that repeats most", "None found: no string of two or more bytes repeats on the tape.")
    period = int(np.argmax(by_period[2:])) + 2
    # The unit that stands most often inside such repeats, whichever of its bytes comes first.
    ring = np.concatenate((tape, tape[: period - 1]))
    windows = np.lib.stride_tricks.sliding_window_view(ring, period)
    inside = found == period
    units, counts = np.unique(windows[inside], axis=0, return_counts=True)
    unit = units[np.argmax(counts)]
    n_places = int((windows == unit).all(axis=1).sum())
    rows = np.where(inside & (windows == unit).all(axis=1), copies_in_a_row(tape, period), 0)
    place = int(np.argmax(rows))
    shown = bytes(tape[np.arange(place, place + max(2 * period, FEWEST_SHOWN)) % len(tape)])
    lines = [
        f"{place + line.offset:6d}  {line.raw.hex(' ').upper():9}  {line.glyph:12}  {line.meaning}"
        for line in written.disassemble(shown)
    ]
    head = (
        f"period     {period} bytes; repeats of it cover {by_period[period] / len(tape):.1%} of the tape\n"
        f"unit       {written.format(unit.tobytes())}\n"
        f"found      at {n_places} places; the longest row begins at {place}: {rows[place]} copies\n"
    )
    return Text(
        "The program that repeats most",
        head + "\n".join(lines),
        "A start may fall on any byte, so a unit may be read from its middle as well.",
    )


def pairs_table(written: Substrate, tape: Bytes) -> Table:
    """The units of two bytes that cover most of the tape."""
    rows = []
    for repeat in repeats(tape, MOST_REPEATS):
        reading = " ; ".join(line.glyph for line in written.disassemble(repeat.unit * 3)[:2])
        rows.append((repeat.unit.hex(" ").upper(), repeat.covered / len(tape), repeat.length, repeat.place, reading))
    return Table(
        "Units of two bytes that repeat",
        ("unit", "share of the tape", "longest repeat", "at", "read from its first byte"),
        tuple(rows),
        "Four or more bytes on end in which two bytes take turns count; both orders of a unit are one.",
    )


def strings_table(written: Substrate, tape: Bytes) -> Table:
    """The strings that begin at most places, by length."""
    rows = []
    for length in STRINGS:
        for string, count in frequent_strings(tape, length, MOST_STRINGS):
            rows.append((length, written.format(string), count, count / len(tape)))
    return Table(
        "Most frequent strings",
        ("bytes", "string", "places", "share of places"),
        tuple(rows),
        "Strings overlap: a repeat of two bytes is at half of its places the one, at half the other.",
    )


def starts_table(language: str, tape: Bytes, limit: int, head_offset: int, streams: Streams, t: int) -> Table:
    """What single starts do to the tape as it stands."""
    chosen = LANGUAGES[language]
    places = streams.integers("starts that are watched", t, SAMPLE, len(tape))
    counts, changed = np.zeros((SAMPLE, 3), np.int64), np.zeros(SAMPLE, np.int64)
    for k, place in enumerate(places):
        after = tape.copy()
        chosen.run_at(after, int(place), limit, head_offset, counts[k])
        changed[k] = (after != tape).sum()
    rows = (
        ("instructions done, no-ops included", *_quartiles(counts[:, STEPS])),
        ("instructions done, no-ops left out", *_quartiles(counts[:, OPERATIONS])),
        ("bytes of the tape changed", *_quartiles(changed)),
    )
    return Table(
        f"What {SAMPLE} starts do",
        ("of a start", "a quarter has at most", "half have at most", "three quarters have at most"),
        rows,
        f"Each runs on the tape as it stands now. {int(counts[:, FAILURES].sum())} ended in an error; "
        f"{int((changed == 0).sum())} changed nothing.",
    )


def _quartiles(values: NDArray[np.int64]) -> tuple[int, int, int]:
    ordered = np.sort(values)
    return tuple(int(ordered[len(values) * quarter // 4 - 1]) for quarter in (1, 2, 3))  # type: ignore[return-value]
