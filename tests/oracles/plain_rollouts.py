"""A meta-episode of the prisoner's dilemma with tables, one game and one step at a time, in plain Python."""

from __future__ import annotations

import math

PAYOFFS = ((1.0, -1.0), (2.0, 0.0))


def softmax(row):
    powers = [math.exp(value - max(row)) for value in row]
    return [power / sum(powers) for power in powers]


def seen(last, player):
    """The row of a table: 0 before anything, then CC, CD, DC, DD with one's own first."""
    if last is None:
        return 0
    return 1 + 2 * last[player] + last[1 - player]


def drawn(chances, luck):
    """The first action whose cumulated probability is above the luck."""
    total = 0.0
    for action, chance in enumerate(chances[:-1]):
        total += chance
        if luck < total:
            return action
    return len(chances) - 1


def advantages(payoffs, discount):
    """payoffs[game][step]."""
    n_games, n_steps = len(payoffs), len(payoffs[0])
    ahead = [
        [sum(discount ** (later - step) * row[later] for later in range(step, n_steps)) for step in range(n_steps)]
        for row in payoffs
    ]
    for step in range(n_steps):
        mean = sum(row[step] for row in ahead) / n_games
        for row in ahead:
            row[step] -= mean
    flat = [value for row in ahead for value in row]
    mean = sum(flat) / len(flat)
    spread = math.sqrt(sum((value - mean) ** 2 for value in flat) / len(flat))
    return [[value / (spread + 1e-8) for value in row] for row in ahead]


def learned(table, rows, actions, payoffs, rate, discount):
    """One step of the naive policy gradient; rows, actions and payoffs [game][step]."""
    weights = advantages(payoffs, discount)
    n = len(rows) * len(rows[0])
    after = [list(row) for row in table]
    for game, steps in enumerate(rows):
        for step, row in enumerate(steps):
            chances = softmax(table[row])
            for action, chance in enumerate(chances):
                score = (actions[game][step] == action) - chance
                after[row][action] += rate * score * weights[game][step] / n
    return after


def meta_episode(ego, other, luck, rate, discount):
    """Actions [inner][step][game][agent] and the co-player's table before each inner episode.

    luck[inner][step][game][agent] are numbers from 0 to below 1.
    """
    actions, tables = [], []
    for inner in luck:
        tables.append([list(row) for row in other])
        n_games = len(inner[0])
        last = [None] * n_games
        episode, rows, payoffs = [], [[] for _ in range(n_games)], [[] for _ in range(n_games)]
        for step in inner:
            played = []
            for game in range(n_games):
                own = drawn(softmax(ego[seen(last[game], 0)]), step[game][0])
                row = seen(last[game], 1)
                theirs = drawn(softmax(other[row]), step[game][1])
                rows[game].append(row)
                payoffs[game].append(PAYOFFS[theirs][own])
                last[game] = (own, theirs)
                played.append((own, theirs))
            episode.append(played)
        actions.append(episode)
        taken = [[step[game][1] for step in episode] for game in range(n_games)]
        other = learned(other, rows, taken, payoffs, rate, discount)
    return actions, [*tables, other]
