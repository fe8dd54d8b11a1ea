"""Tiny dilemmas by recursion over what happens, and returns by loops: plain Python, one number at a time."""

from __future__ import annotations

import itertools
import math

PAYOFFS = {(0, 0): 1.0, (0, 1): -1.0, (1, 0): 2.0, (1, 1): 0.0}
START = 4


def chance_of_cooperating(logit):
    return 1 / (1 + math.exp(-logit))


def seen(history, player):
    """0 to 3: CC, CD, DC, DD with one's own action first; 4 before anything."""
    if not history:
        return START
    own, theirs = history[-1][player], history[-1][1 - player]
    return 2 * own + theirs


def reinforced(logits, batch, step_size):
    """The co-player's logits after a batch of inner episodes, each a list of joint actions."""
    slope = [0.0] * 5
    for episode in batch:
        for time, (_, second) in enumerate(episode):
            row = seen(episode[:time], 1)
            ahead = sum(PAYOFFS[b, a] for a, b in episode[time:])
            slope[row] += ((second == 0) - chance_of_cooperating(logits[row])) * ahead / len(batch)
    return [logit + step_size * one for logit, one in zip(logits, slope, strict=True)]


def episodes(n_steps):
    joint = list(itertools.product((0, 1), repeat=2))
    return list(itertools.product(joint, repeat=n_steps))


def all_meta_episodes(size, ego, other, step_size, remembers):
    """(probability, games) of every meta-episode; games[b][m] is a list of joint actions."""
    n_games, n_steps, n_episodes = size

    def going_on(so_far, logits):
        if len(so_far) == n_episodes:
            yield 1.0, [[batch[game] for batch in so_far] for game in range(n_games)]
            return
        for batch in itertools.product(episodes(n_steps), repeat=n_games):
            chance = 1.0
            for game, episode in enumerate(batch):
                past = [one[game] for one in so_far] if remembers else []
                for time, joint in enumerate(episode):
                    for player, table in ((0, ego_rows(ego, past)), (1, logits)):
                        cooperating = chance_of_cooperating(table[seen(episode[:time], player)])
                        chance *= cooperating if joint[player] == 0 else 1 - cooperating
            after = reinforced(logits, batch, step_size)
            for rest, games in going_on([*so_far, batch], after):
                yield chance * rest, games

    yield from going_on([], list(other))


def ego_rows(ego, past):
    """The five logits that the ego uses after these inner episodes of its game."""
    place = past_number(past)
    return ego[5 * place : 5 * place + 5]


def past_number(past):
    if not past:
        return 0
    return 1 + sum((2 * a + b) * 4**time for time, (a, b) in enumerate(past[-1]))


def weight(name, games, game, episode, time):
    """What a choice is weighted with, from the definition."""
    n_games = len(games)
    current = sum(PAYOFFS[joint] for joint in games[game][episode][time:])
    own = sum(PAYOFFS[joint] for one in games[game][episode + 1 :] for joint in one)
    mean = sum(PAYOFFS[joint] for each in games for one in each[episode + 1 :] for joint in one) / n_games
    return {
        "coala": current / n_games + mean,
        "m-fos": current + mean,
        "batch-unaware": (current + own) / n_games,
        "policy-gradient": (current + own) / n_games,
    }[name]


def gradient(name, size, ego, other, step_size=5.0, remembers=False):
    """The expectation of an estimator."""
    out = [0.0] * len(ego)
    for chance, games in all_meta_episodes(size, ego, other, step_size, remembers):
        for game, played in enumerate(games):
            for episode, rounds in enumerate(played):
                place = past_number(played[:episode]) if remembers else 0
                for time, (own, _) in enumerate(rounds):
                    row = 5 * place + seen(rounds[:time], 0)
                    score = (own == 0) - chance_of_cooperating(ego[row])
                    out[row] += chance * score * weight(name, games, game, episode, time)
    return out


def objective(size, ego, other, step_size=5.0, remembers=False):
    """The expected return, in the mean over games."""
    return sum(
        chance * sum(PAYOFFS[joint] for played in games for rounds in played for joint in rounds) / size[0]
        for chance, games in all_meta_episodes(size, ego, other, step_size, remembers)
    )


def batch_returns(terms, following, ends, discount, mix, last, averaged, divided):
    """Algorithm 1 by its words; terms and following [game][time]."""
    n_games, n_time = len(terms), len(terms[0])
    own, shared = list(last), sum(last) / n_games
    out = [[0.0] * n_time for _ in range(n_games)]
    for time in reversed(range(n_time)):
        if averaged and ends[time]:
            own = [shared] * n_games
        fresh = 0.0
        for game in range(n_games):
            later = (1 - mix) * following[game][time]
            fresh += (terms[game][time] + discount * (later + mix * shared)) / n_games
            first = terms[game][time] / (n_games if divided else 1)
            own[game] = first + discount * (later + mix * own[game])
            out[game][time] = own[game]
        shared = fresh
    return out


def lambda_return(payoffs, following, discount, mix, time):
    """The definition: n-step returns weighted with (1 - mix) mix^(n-1), the rest on the longest."""
    total, weight_left, gathered = 0.0, 1.0, 0.0
    for ahead in range(time, len(payoffs)):
        gathered += discount ** (ahead - time) * payoffs[ahead]
        n_step = gathered + discount ** (ahead - time + 1) * following[ahead]
        share = weight_left if ahead == len(payoffs) - 1 else weight_left * (1 - mix)
        total += share * n_step
        weight_left -= share
    return total
