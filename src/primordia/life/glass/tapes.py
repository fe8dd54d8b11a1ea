"""A long tape under the glass: what begins at the byte that somebody points at, repeats there, and is done there."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from primordia.core.errors import BadInputError
from primordia.core.findings import Picture, Table
from primordia.core.inspection import Inspected, Specimen
from primordia.life.ecology import names
from primordia.life.glass.listing import listing
from primordia.life.long_tape.languages import FAILURES, LANGUAGES, OPERATIONS, STEPS
from primordia.life.long_tape.pictures import LEGEND, square
from primordia.life.long_tape.repeats import copies_in_a_row, periods
from primordia.life.pictures import class_table, palette

Bytes = npt.NDArray[np.uint8]

LISTED = 32
"""Bytes that are disassembled."""
FEWEST_KEPT = 16
"""Bytes of the shortest specimen; one of a repeat holds two rounds of it."""
MOST_CHANGES = 8


def at(language: str, tape: Bytes, limit: int, head_offset: int, row: int, column: int) -> tuple[Inspected, ...]:
    """What stands at a cell of a view of a long tape uint8 [byte]; the views cut it into rows as `square` does.

    Args:
        language: name in `LANGUAGES`.
        tape: the whole tape.
        limit: units after which a start is over.
        head_offset: bytes from the start to head 1 (bff_long only).
        row: of the picture.
        column: of the picture.

    Raises:
        BadInputError: the picture has no such cell.
    """
    rows, columns = square(tape).shape
    if not (0 <= row < rows and 0 <= column < columns):
        raise BadInputError(
            f"The tape has no cell at row {row}, column {column}: its rows are 0 to {rows - 1}, its columns 0 to "
            f"{columns - 1}."
        )
    place = row * columns + column
    ring = np.roll(tape, -place)
    written = LANGUAGES[language].substrate
    period = int(periods(tape)[place])
    return (
        _facts(language, tape, place, period),
        specimen(language, np.array(ring[: max(FEWEST_KEPT, 2 * period)]), place),
        _start(language, tape, limit, head_offset, place),
        listing(written, ring[:LISTED], f"{LISTED} bytes from place {place} on, offsets counted from there"),
    )


def specimen(language: str, string: Bytes, place: int) -> Specimen:
    """A string uint8 [byte] of a long tape, which can be planted on any tape of its language."""
    written = LANGUAGES[language].written_as
    name = names.name(written, string)
    across = 1 << (len(string).bit_length() // 2)
    tile = np.full(-(-len(string) // across) * across, 0, np.uint8)
    tile[: len(string)] = class_table(written)[string]
    return Specimen(
        name,
        "plant",
        {"program": f"hex:{string.tobytes().hex()}", "language": language, "place": place},
        f"{language}: {len(string)} bytes from place {place} on.",
        Picture(name, tile.reshape(-1, across), palette(LEGEND)[:-1]),
    )


def _facts(language: str, tape: Bytes, place: int, period: int) -> Table:
    written = LANGUAGES[language].substrate
    value = int(tape[place])
    rows = [("byte", f"0x{value:02X}  {written.glyph(value)}  {written.legend[written.classes[value]]}")]
    if period:
        unit = tape[np.arange(place, place + period) % len(tape)]
        ring = np.concatenate((tape, tape[: period - 1]))
        n_places = int((np.lib.stride_tricks.sliding_window_view(ring, period) == unit).all(axis=1).sum())
        rows += [
            ("repeats", f"with period {period}: {written.format(unit.tobytes())}"),
            (
                "copies",
                f"{int(copies_in_a_row(tape, period)[place])} end to end from here on, {n_places:,} on the tape",
            ),
        ]
    else:
        rows.append(("repeats", "no: what stands around it does not come again at once"))
    return Table(f"Place {place} of the tape", ("of this place", ""), tuple(rows))


def _start(language: str, tape: Bytes, limit: int, head_offset: int, place: int) -> Table:
    """What one start at a place does to the tape as it stands now."""
    chosen, after, counts = LANGUAGES[language], tape.copy(), np.zeros(3, np.int64)
    chosen.run_at(after, place, limit, head_offset, counts)
    changed = np.flatnonzero(after != tape)
    glyph = chosen.substrate.glyph
    named = ", ".join(f"{k}: {glyph(int(tape[k]))} to {glyph(int(after[k]))}" for k in changed[:MOST_CHANGES].tolist())
    more = f" and {len(changed) - MOST_CHANGES:,} more" if len(changed) > MOST_CHANGES else ""
    rows = (
        ("instructions, no-ops included", f"{int(counts[STEPS]):,}"),
        ("instructions, no-ops left out", f"{int(counts[OPERATIONS]):,}"),
        ("ended in an error", "yes" if counts[FAILURES] else "no"),
        ("bytes changed", f"{len(changed):,}"),
        *([("which", f"{named}{more}")] if len(changed) else []),
    )
    return Table("A start here", ("of a start", ""), rows, f"On the tape as it is now, for {limit:,} {chosen.unit}.")
