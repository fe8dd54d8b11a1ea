"""Taking a run away: a picture, a drawing, a film or a page that plays by itself, made from the run's folder alone."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import primordia
from primordia.core.errors import BadInputError
from primordia.core.views import Colour
from primordia.engine import durable, looking
from primordia.engine.folder import Opened, RunFolder
from primordia.engine.opening import open_run
from primordia.observatory.exports import curves, moving, orders, sharing, svg
from primordia.observatory.exports.ink import Inks, Pixels
from primordia.observatory.exports.orders import Order
from primordia.observatory.exports.plate import Plate
from primordia.observatory.exports.travelling import Progress, pixels_of, travel

MOST_PIXELS = {"png": 2**26, "gif": 2**28, "mp4": 2**33}
"""Of all pictures of a film together: a GIF is held in memory, an MP4 is not."""
DRAWING_WIDTH = 640


def make(folder: Path, request: Mapping[str, Any], out: Path, progress: Progress) -> Path:
    """Make one export of the run in `folder`.

    Steps between checkpoints are replayed, forward and once.

    Args:
        folder: the run.
        request: the fields of `protocol.Export`; `orders.read` says what its views may be.
        out: the file to make, in a folder that exists; its ending is replaced by that of the form.
        progress: told a share from 0 to 1 and what is going on.

    Returns:
        The file: whole, or there is none. It is a GIF where an MP4 was wanted and ffmpeg is missing.

    Raises:
        UnknownNameError: no such form, view or metric; says the nearest.
        BadInputError: something is out of its range, or the result would be too large; says what is allowed.
        RunFolderError: the run cannot be read.
        NoRoomError: the disk is full; nothing was left behind.
    """
    run = open_run(RunFolder(folder))
    order = orders.read(run, request)
    makers = {"png": _picture, "svg": _drawing, "gif": _film, "mp4": _film, "html": sharing.make, "prim": sharing.make}
    with durable.naming_a_full_disk(out.parent, "nothing was exported"):
        return makers[order.form](run, order, out, progress)


def _picture(run: Opened, order: Order, out: Path, progress: Progress) -> Path:
    """One view at one step, as indexed PNG, with its curves if there are any."""
    (part,) = order.parts
    instant = next(travel(run, order.steps, progress))
    pixels = pixels_of(run, part, instant)
    colours, page = _pages(run, order, pixels.shape, "png", _whole(run))
    drawn = np.ascontiguousarray(page(pixels, instant.t))
    return _written(out.with_suffix(".png"), looking.png(drawn, tuple(Colour("", rgb) for rgb in colours)))


def _drawing(run: Opened, order: Order, out: Path, progress: Progress) -> Path:
    """The same as SVG, or curves alone."""
    drawn = curves.read(run, order.curves, *_whole(run))
    source = f"run {run.folder.record()['id']} · primordia {primordia.__version__}"
    if not order.parts:
        made = svg.alone(_lines(run, drawn, DRAWING_WIDTH), DRAWING_WIDTH, title=_title(run), source=source)
        return _written(out.with_suffix(".svg"), made.encode())
    (part,) = order.parts
    instant = next(travel(run, order.steps, progress))
    pixels, palette = pixels_of(run, part, instant), run.experiment.views[part.view].palette
    title = f"{_title(run)} · {run.experiment.step_word} {instant.t:,} · {part.view.replace('_', ' ')}"
    lines = _lines(run, drawn, max(pixels.shape[1] * order.scale, svg.NARROWEST))
    made = svg.picture(pixels, palette, order.scale, title=title, source=source, curves=lines)
    return _written(out.with_suffix(".svg"), made.encode())


def _film(run: Opened, order: Order, out: Path, progress: Progress) -> Path:
    """One view over the steps, with its curves if there are any."""
    (part,) = order.parts
    form = "mp4" if order.form == "mp4" and moving.can_write_mp4() else "gif"
    instants = travel(run, order.steps, progress)
    first = next(instants)
    ends = order.steps[0], order.steps[-1]
    colours, page = _pages(run, order, pixels_of(run, part, first).shape, form, ends)
    frames = (page(pixels_of(run, part, instant), instant.t) for instant in itertools.chain([first], instants))
    file = out.with_suffix(f".{form}")
    if form == "mp4":
        moving.mp4(frames, colours, order.per_second, file)
        return file
    return _written(file, moving.gif(frames, colours, order.per_second))


def _pages(
    run: Opened, order: Order, shape: tuple[int, ...], form: str, ends: tuple[int, int]
) -> tuple[list[str], Callable[[Pixels, int], Pixels]]:
    """The colours of all pages, and what makes one of palette indices and a step: the view alone, or with curves.

    Raises:
        BadInputError: they would be too large.
    """
    (part,) = order.parts
    palette = run.experiment.views[part.view].palette
    rows, columns = shape[0] * order.scale, shape[1] * order.scale
    if (n_pixels := rows * columns * len(order.steps)) > MOST_PIXELS[form]:
        raise BadInputError(
            f"{len(order.steps):,} pictures of {columns} x {rows} pixels are {n_pixels:,} in all; as {form} "
            f"{MOST_PIXELS[form]:,} are allowed. Take fewer steps, a part of the view, or a smaller scale."
        )
    if not order.curves:
        return [colour.rgb for colour in palette], lambda pixels, t: moving.enlarged(pixels, order.scale)
    inks = Inks(palette)
    drawn = curves.read(run, order.curves, *ends)
    plate = Plate(inks, (rows, columns), title=_title(run), step_word=run.experiment.step_word, drawn=drawn, ends=ends)
    return inks.colours, lambda pixels, t: plate.page(moving.enlarged(pixels, order.scale), t)


def _lines(run: Opened, drawn: Sequence[curves.Curve], width: int) -> list[str]:
    return [svg.curve(curve, run.experiment.step_word, width) for curve in drawn]


def _whole(run: Opened) -> tuple[int, int]:
    """The first and the last step of the run."""
    return int(run.folder.record()["begins_at"]), run.folder.reached()


def _title(run: Opened) -> str:
    return f"{run.experiment.name} · seed {run.config.seed}"


def _written(file: Path, content: bytes) -> Path:
    durable.write(file, content)
    return file
