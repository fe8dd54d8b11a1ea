"""What a soup looks like in numbers: byte statistics, compressibility, and a census of its programs."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import brotli
import numpy as np
import numpy.typing as npt

from primordia.core.metrics import Row
from primordia.life.census import Census, census
from primordia.life.compile import kernel

__all__ = [
    "Census",
    "byte_counts",
    "census",
    "compressed_size",
    "compressing",
    "entropy",
    "high_order_complexity",
    "soup_row",
]

Bytes = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.int64]

_beside = threading.local()

BROTLI_QUALITY = 2
BROTLI_LOG_WINDOW = 24
TOP_PROGRAMS = 32


def byte_counts(soup: Bytes) -> Counts:
    """How often each byte value occurs: int64 [byte value]."""
    counts = np.zeros((4, 256), np.int64)
    _count_bytes(np.ascontiguousarray(soup, np.uint8).reshape(-1), counts)
    return counts.sum(axis=0)


@kernel(allocates=False)
def _count_bytes(flat, counts):
    """Adds to `counts` [turn, byte value]: four tables in turn, so that equal neighbours do not wait for each other."""
    whole = flat.size & ~3
    for i in range(0, whole, 4):
        counts[0, flat[i]] += 1
        counts[1, flat[i + 1]] += 1
        counts[2, flat[i + 2]] += 1
        counts[3, flat[i + 3]] += 1
    for i in range(whole, flat.size):
        counts[0, flat[i]] += 1


def entropy(counts: Counts) -> float:
    """Shannon entropy of a histogram [value], in bits per draw."""
    found = counts[counts > 0].astype(np.float64)
    if not found.size:
        return 0.0
    shares = found / found.sum()
    return float(-(shares * np.log2(shares)).sum()) + 0.0


def compressed_size(soup: Bytes) -> int:
    """Bytes of the whole soup in program order after brotli (quality 2, window 2^24), as the authors compress it.

    Brotli 1.1.0 or newer gives their numbers; this Python binding streams, which is sometimes one byte longer.
    """
    return len(
        brotli.compress(
            memoryview(np.ascontiguousarray(soup)).cast("B"), quality=BROTLI_QUALITY, lgwin=BROTLI_LOG_WINDOW
        )
    )


def compressing(soup: Bytes) -> Future[int]:
    """The `compressed_size` of a soup, from a thread that works beside the one that asks and is kept for it.

    The compressor takes 25 MiB and more for each soup, which the C library keeps for the thread that gave them back: a
    new thread for every row would leave them in one place after the other.
    """
    found: tuple[int, ThreadPoolExecutor] | None = getattr(_beside, "found", None)
    # A process that was forked has the executor of its parent, but no thread in it.
    if found is None or found[0] != os.getpid():
        found = _beside.found = os.getpid(), ThreadPoolExecutor(1, "compressor")
    return found[1].submit(compressed_size, soup)


def high_order_complexity(soup: Bytes) -> float:
    """Order-0 entropy minus compressed size, in bits per byte: structure beyond single bytes.

    Source: arXiv 2406.19108, section 2.1 ("high-order entropy"). About 0 for independent bytes; the entropy of the
    string itself for many copies of one string.
    """
    return entropy(byte_counts(soup)) - 8 * compressed_size(soup) / soup.size


def soup_row(soup: Bytes, beside: Callable[[], Row] = dict) -> Row:
    """Every metric that is a function of the soup's bytes alone, and the row that `beside` returns.

    The compressor works in a thread of its own; the census, and what `beside` measures, are done in this one meanwhile.
    """
    size = compressing(soup)
    programs, counts = census(soup), byte_counts(soup)
    others = beside()
    order0, compressed = entropy(counts), 8 * size.result() / soup.size
    return {
        "order0_entropy": order0,
        "compressed_bits_per_byte": compressed,
        "high_order_complexity": order0 - compressed,
        "unique_programs": len(programs.first),
        "top_program_count": int(programs.counts[0]),
        "top_program_share": float(programs.counts[0] / len(soup)),
        "top32_program_share": float(programs.counts[:TOP_PROGRAMS].sum() / len(soup)),
        "top_byte_share": float(counts.max() / soup.size),
        "zero_byte_share": float(counts[0] / soup.size),
        **others,
    }
