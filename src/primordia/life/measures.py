"""What a soup looks like in numbers: byte statistics, compressibility, and a census of its programs."""

from __future__ import annotations

import dataclasses

import brotli
import numpy as np
import numpy.typing as npt

from primordia.core.metrics import Row

Bytes = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.int64]

BROTLI_QUALITY = 2
BROTLI_LOG_WINDOW = 24
TOP_PROGRAMS = 32


@dataclasses.dataclass(frozen=True)
class Census:
    """The distinct programs of a soup, the most frequent first; equal counts in order of first appearance.

    Args:
        first: int64 [distinct program]: index of the first program in the soup with these bytes.
        counts: int64 [distinct program]: how many programs of the soup have these bytes.
    """

    first: Counts
    counts: Counts


def byte_counts(soup: Bytes) -> Counts:
    """How often each byte value occurs: int64 [byte value]. Works in pieces, because `bincount` widens its input."""
    flat = soup.reshape(-1)
    piece = 1 << 20
    total = np.zeros(256, np.int64)
    for start in range(0, flat.size, piece):
        total += np.bincount(flat[start : start + piece], minlength=256)
    return total


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
    return len(brotli.compress(np.ascontiguousarray(soup).tobytes(), quality=BROTLI_QUALITY, lgwin=BROTLI_LOG_WINDOW))


def high_order_complexity(soup: Bytes) -> float:
    """Order-0 entropy minus compressed size, in bits per byte: structure beyond single bytes.

    Source: arXiv 2406.19108, section 2.1 ("high-order entropy"). About 0 for independent bytes; the entropy of the
    string itself for many copies of one string.
    """
    return entropy(byte_counts(soup)) - 8 * compressed_size(soup) / soup.size


def census(soup: Bytes) -> Census:
    """Count the distinct programs of a soup uint8 [program, byte]. Exact; O(n log n) in 64-bit words."""
    n_programs = len(soup)
    words = np.ascontiguousarray(soup).view(np.uint64)
    digests = program_digests(words)
    order = np.argsort(digests, kind="stable")
    new = np.ones(n_programs, bool)
    new[1:] = digests[order[1:]] != digests[order[:-1]]
    twins = np.flatnonzero(~new)
    if not np.array_equal(words[order[twins]], words[order[twins - 1]]):
        # Two programs share a digest: sort whole programs instead (slower, and about never).
        order = np.lexsort(words.T)
        new[1:] = (words[order[1:]] != words[order[:-1]]).any(axis=1)
    starts = np.flatnonzero(new)
    counts = np.diff(np.append(starts, n_programs)).astype(np.int64)
    first = order[starts].astype(np.int64)
    ranking = np.lexsort((first, -counts))
    return Census(first[ranking], counts[ranking])


def program_digests(words: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """A 64-bit digest of each program, uint64 [program], from its words uint64 [program, word]."""
    digest = np.zeros(len(words), np.uint64)
    for column in range(words.shape[1]):
        digest = (digest ^ words[:, column]) * np.uint64(0x9E3779B97F4A7C15)
        digest ^= digest >> np.uint64(29)
    return digest


def soup_row(soup: Bytes) -> Row:
    """Every metric that is a function of the soup's bytes alone."""
    counts = byte_counts(soup)
    order0 = entropy(counts)
    compressed = 8 * compressed_size(soup) / soup.size
    programs = census(soup)
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
    }
