"""Tournaments as a person would score them: loops over matches, over members, over states of a chain."""

import numpy as np


def match(payoffs, first, second, n_rounds):
    """Mean payoffs and shares of first actions of two memory-one players without chance.

    Players are five actions, at the start and after CC, CD, DC, DD with their own move first.
    """
    own = [first[0], second[0]]
    got, firsts = [0.0, 0.0], [0, 0]
    for _ in range(n_rounds):
        for seat in (0, 1):
            got[seat] += payoffs[seat][own[0]][own[1]]
            firsts[seat] += own[seat] == 0
        own = [first[1 + 2 * own[0] + own[1]], second[1 + 2 * own[1] + own[0]]]
    return [one / n_rounds for one in got], [one / n_rounds for one in firsts]


def round_robin(payoffs, players, n_rounds):
    """Mean payoff of each player against each, over both seats."""
    n = len(players)
    found = [[0.0] * n for _ in range(n)]
    for one in range(n):
        for other in range(n):
            found[one][other] += match(payoffs, players[one], players[other], n_rounds)[0][0] / 2
            found[one][other] += match(payoffs, players[other], players[one], n_rounds)[0][1] / 2
    return found


def generation(shares, payoffs, mutation):
    """Offspring in proportion to payoffs, counted from the least where that is negative."""
    n = len(shares)
    least = min(0.0, min(map(min, payoffs)))
    fitness = [sum(payoffs[i][j] * shares[j] for j in range(n)) - least for i in range(n)]
    total = sum(shares[i] * fitness[i] for i in range(n))
    return [(1 - mutation) * shares[i] * fitness[i] / total + mutation / n for i in range(n)]


def elo(ratings, wins, played, speed):
    """Each player's gain against everyone it met, all against the ratings before."""
    n = len(ratings)
    most = max(sum(played[i][j] for j in range(n) if j != i) for i in range(n))
    after = []
    for i in range(n):
        gain = 0.0
        for j in range(n):
            if j != i and played[i][j]:
                gain += wins[i][j] - 1 / (1 + 10 ** ((ratings[j] - ratings[i]) / 400))
        after.append(ratings[i] + speed * gain / most)
    return after


def alpha_rank(payoffs, alpha, population):
    """The left eigenvector of the chain of residents, with the fixation probability as a sum of products."""
    n = len(payoffs)
    chain = np.zeros((n, n))
    for now in range(n):
        for then in range(n):
            if then != now:
                ratio = np.exp(-alpha * (payoffs[then][now] - payoffs[now][then]))
                chain[now, then] = 1 / sum(ratio**k for k in range(population)) / (n - 1)
        chain[now, now] = 1 - chain[now].sum()
    values, vectors = np.linalg.eig(chain.T)
    found = np.real(vectors[:, np.argmax(np.real(values))])
    return found / found.sum()
