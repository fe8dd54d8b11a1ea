"""What the C library does with memory that is freed."""

from __future__ import annotations

import contextlib
import ctypes

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
"""As glibc numbers them."""


def keep() -> None:
    """Have the C library keep what is freed, up to 512 MiB, for all threads together, where it can be told.

    For processes that make large arrays again and again. A watched run makes its states in short chunks while older
    ones are still being drawn, and in an exchange every island copies what travels: with memory that goes back to the
    system each time, and comes back page by page, the one made the epochs of a large soup an eighth slower, the other
    took up to half as long again. Arrays above 32 MiB still go back.

    Kept for each thread apart it would be lost to the others, and a run has new threads all the time: every row of a
    soup is compressed in one, which leaves 25 MiB or more in whatever arena it was given. With one arena for all, what
    one thread gave back is what the next one gets. To be called before any thread starts.
    """
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(M_MMAP_THRESHOLD, 32 * 2**20)
        library.mallopt(M_TRIM_THRESHOLD, 512 * 2**20)
        library.mallopt(M_ARENA_MAX, 1)
