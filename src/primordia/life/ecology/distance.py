"""Edit distances between short strings, many at a time.

Source of the fast form: G. Myers, "A fast bit-vector algorithm for approximate string matching based on dynamic
programming", JACM 46 (1999), with the global distance of H. Hyyrö (2003): a column of the table is kept as two words of
its steps up and down, so a string of up to 64 symbols takes one pass over the other.
"""

from __future__ import annotations

import numpy as np

from primordia.life.compile import kernel

WORD = 64
ONE, ALL, NONE = np.uint64(1), ~np.uint64(0), np.uint64(0)


@kernel
def edit_distance(first, n_first, second, n_second, places):
    """The fewest insertions, deletions and replacements between first[:n_first] and second[:n_second].

    `places` uint64 [256] is room to work in; it is zero before and after.
    """
    if n_first == 0 or n_second == 0:
        return max(n_first, n_second)
    if n_first > WORD:
        return table_distance(first, n_first, second, n_second)
    for i in range(n_first):
        places[first[i]] |= ONE << np.uint64(i)
    up, down, distance = ALL, NONE, n_first
    last = ONE << np.uint64(n_first - 1)
    for j in range(n_second):
        equal = places[second[j]]
        vertical = equal | down
        horizontal = (((equal & up) + up) ^ up) | equal
        rises = down | ~(horizontal | up)
        falls = up & horizontal
        if rises & last != NONE:
            distance += 1
        if falls & last != NONE:
            distance -= 1
        rises = (rises << ONE) | ONE
        falls = falls << ONE
        up = falls | ~(vertical | rises)
        down = rises & vertical
    for i in range(n_first):
        places[first[i]] = NONE
    return distance


@kernel
def table_distance(first, n_first, second, n_second):
    """`edit_distance` of strings of any length, row by row."""
    row = np.arange(n_second + 1)
    for i in range(n_first):
        corner, row[0] = row[0], i + 1
        for j in range(n_second):
            best = min(row[j] + 1, row[j + 1] + 1, corner + (first[i] != second[j]))
            corner, row[j + 1] = row[j + 1], best
    return row[n_second]


@kernel
def first_close(strings, lengths, k, leaders, n_leaders, tolerance, strings_of_leaders, lengths_of_leaders, room):
    """The earliest leader that string k of strings [string, symbol] is close to, or -1.

    Close: the edit distance to the leader, forwards or backwards, is at most tolerance/1000 of the longer one's length.
    Leader j is string leaders[j] of its own table. `room` is (uint64 [256] of zeros, uint8 [symbol]).
    """
    places, backwards = room
    n = lengths[k]
    for i in range(n):
        backwards[i] = strings[k, n - 1 - i]
    for j in range(n_leaders):
        other, n_other = strings_of_leaders[leaders[j]], lengths_of_leaders[leaders[j]]
        allowed = max(n, n_other) * tolerance // 1000
        if abs(n - n_other) > allowed:
            continue
        if edit_distance(other, n_other, strings[k], n, places) <= allowed:
            return j
        if edit_distance(other, n_other, backwards, n, places) <= allowed:
            return j
    return -1


@kernel
def found_families(strings, lengths, tolerance, leader_of, leaders):
    """Leader clustering of strings [string, symbol] in their order; returns the number of leaders.

    A string that is close to no leader becomes one. Writes each string's leader, as a number in order of founding, to
    `leader_of`, and the strings that lead to `leaders`.
    """
    room = np.zeros(256, np.uint64), np.empty(strings.shape[1], np.uint8)
    n_leaders = 0
    for k in range(len(strings)):
        leader_of[k] = first_close(strings, lengths, k, leaders, n_leaders, tolerance, strings, lengths, room)
        if leader_of[k] < 0:
            leader_of[k] = n_leaders
            leaders[n_leaders] = k
            n_leaders += 1
    return n_leaders


@kernel
def join_families(strings, lengths, tolerance, leaders, strings_of_leaders, lengths_of_leaders, leader_of):
    """Writes for each of strings [string, symbol] the earliest leader it is close to, or -1, to `leader_of`."""
    room = np.zeros(256, np.uint64), np.empty(strings.shape[1], np.uint8)
    for k in range(len(strings)):
        leader_of[k] = first_close(
            strings, lengths, k, leaders, len(leaders), tolerance, strings_of_leaders, lengths_of_leaders, room
        )
