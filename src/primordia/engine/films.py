"""Films of palette indices as animated GIF."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from primordia.core.findings import Animation
from primordia.core.views import Colour

LEAST_SIDE = 320
"""The longer side of a film in pixels, at least: programs that show a GIF blur what they have to enlarge."""
REST = 1000
"""How long the last frame stands, in milliseconds, before the film begins anew."""


def gif(film: Animation) -> bytes:
    """The film, enlarged by a whole factor where it is small, with its palette, in an endless loop."""
    from PIL import Image

    factor = max(1, LEAST_SIDE // max(film.frames.shape[1:]))
    colours = b"".join(bytes.fromhex(colour.rgb.removeprefix("#")) for colour in film.palette)
    images = []
    for frame in film.frames:
        large = frame.repeat(factor, axis=0).repeat(factor, axis=1)
        image = Image.fromarray(np.ascontiguousarray(large))
        image.putpalette(colours)
        images.append(image)
    times = [1000 // film.per_second] * len(images)
    times[-1] += REST
    drawn = io.BytesIO()
    # Equal frames would be merged and their times with them, unless each is kept whole.
    images[0].save(
        drawn, "gif", save_all=True, append_images=images[1:], duration=times, loop=0, optimize=False, disposal=1
    )
    return drawn.getvalue()


def legend(film: Animation) -> tuple[Colour, ...]:
    """The entries of its palette that occur in it."""
    found: Any = np.unique(film.frames).tolist()
    return tuple(film.palette[index] for index in found)
