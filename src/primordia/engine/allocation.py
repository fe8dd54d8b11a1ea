"""What the C library does with memory that is freed."""

from __future__ import annotations

import contextlib
import ctypes

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""As glibc numbers them."""


def keep() -> None:
    """Have the C library keep what is freed, up to 512 MiB, where it can be told.

    For processes that make large arrays again and again. A watched run makes its states in short chunks while older
    ones are still being drawn, and in an exchange every island copies what travels: with memory that goes back to the
    system each time, and comes back page by page, the one made the epochs of a large soup an eighth slower, the other
    took up to half as long again. Arrays above 32 MiB still go back.

    What a thread gave back is kept for it, and lost to others. One place for all threads would cost a run on JAX 5 to
    10 % of its time, so whoever takes much keeps its threads.
    """
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(M_MMAP_THRESHOLD, 32 * 2**20)
        library.mallopt(M_TRIM_THRESHOLD, 512 * 2**20)
