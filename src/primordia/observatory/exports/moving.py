"""Films of palette indices as GIF, and as MP4 where ffmpeg is there."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from primordia.core.errors import PrimordiaError
from primordia.observatory.exports.ink import Pixels

REST = 1600
"""How long the last picture of a GIF stands before it begins anew, in milliseconds."""


def enlarged(pixels: Pixels, scale: int) -> Pixels:
    """Each cell as `scale` x `scale` pixels."""
    return pixels.repeat(scale, axis=0).repeat(scale, axis=1)


def gif(frames: Iterable[Pixels], colours: Sequence[str], per_second: int) -> bytes:
    """An endless GIF of frames [row, column], all of one size, with a palette of at most 256 colours #rrggbb.

    All frames are held in memory until it is done.
    """
    from PIL import Image

    palette = b"".join(map(_bytes_of, colours))
    images = []
    for frame in frames:
        images.append(Image.fromarray(np.ascontiguousarray(frame)))
        images[-1].putpalette(palette)
    times = [1000 // per_second] * len(images)
    times[-1] += REST
    drawn = io.BytesIO()
    # Each is kept whole: equal ones would be merged, and changes alone take more room where most of a picture changes.
    images[0].save(
        drawn, "gif", save_all=True, append_images=images[1:], duration=times, loop=0, optimize=False, disposal=1
    )
    return drawn.getvalue()


def can_write_mp4() -> bool:
    """Whether ffmpeg is installed."""
    return shutil.which("ffmpeg") is not None


def mp4(frames: Iterable[Pixels], colours: Sequence[str], per_second: int, out: Path) -> None:
    """Write an H.264 film of frames [row, column], all of one size, that every player opens: sides are made even.

    Raises:
        PrimordiaError: ffmpeg failed; says its last word. Nothing is left behind.
    """
    table = np.array([list(_bytes_of(rgb)) for rgb in colours], np.uint8)
    aside = out.with_name(f".{out.name}.mp4")
    writing: subprocess.Popen[bytes] | None = None
    try:
        for frame in frames:
            pixels = np.pad(frame, [(0, side % 2) for side in frame.shape], mode="edge")
            if writing is None:
                writing = _ffmpeg(pixels.shape, per_second, aside)
            assert writing.stdin is not None
            try:
                writing.stdin.write(table[pixels].tobytes())
            except BrokenPipeError:
                break
        if writing is None:
            raise PrimordiaError("There are no pictures to make a film of.")
        _, said = writing.communicate()
        if writing.returncode != 0:
            last = said.decode(errors="replace").strip().splitlines()[-1:] or ["without a word"]
            raise PrimordiaError(f"ffmpeg failed: {last[0]}. Take gif instead.")
        aside.replace(out)
    finally:
        if writing is not None and writing.poll() is None:
            writing.kill()
            writing.communicate()
        aside.unlink(missing_ok=True)


def _ffmpeg(shape: tuple[int, ...], per_second: int, out: Path) -> subprocess.Popen[bytes]:
    rows, columns = shape
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{columns}x{rows}", "-r", str(per_second), "-i", "-"]
    coded = ["-an", "-c:v", "libx264", "-preset", "medium", "-crf", "16", "-pix_fmt", "yuv420p"]
    command = ["ffmpeg", "-loglevel", "error", "-y", *raw, *coded, "-movflags", "+faststart", str(out)]
    # In a session of its own, so that Ctrl-C reaches us alone, and we end it and tidy up.
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )


def _bytes_of(rgb: str) -> bytes:
    return bytes.fromhex(rgb.removeprefix("#"))
