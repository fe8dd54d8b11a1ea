"""The census of a soup by sorting digests of its programs: the referee of the one that goes through them once."""

from __future__ import annotations

import numpy as np


def census(soup):
    """(first, counts), each int64 [distinct program], the most frequent first, as `primordia.life.census` has them."""
    words = np.ascontiguousarray(soup).view(np.uint64)
    digests = np.zeros(len(words), np.uint64)
    for column in range(words.shape[1]):
        digests = (digests ^ words[:, column]) * np.uint64(0x9E3779B97F4A7C15)
        digests ^= digests >> np.uint64(29)
    order = np.argsort(digests, kind="stable")
    new = np.ones(len(words), bool)
    new[1:] = digests[order[1:]] != digests[order[:-1]]
    twins = np.flatnonzero(~new)
    if not np.array_equal(words[order[twins]], words[order[twins - 1]]):
        # Two programs share a digest: sort whole programs instead.
        order = np.lexsort(words.T)
        new[1:] = (words[order[1:]] != words[order[:-1]]).any(axis=1)
    starts = np.flatnonzero(new)
    counts = np.diff(np.append(starts, len(words))).astype(np.int64)
    first = order[starts].astype(np.int64)
    ranking = np.lexsort((first, -counts))
    return first[ranking], counts[ranking]
