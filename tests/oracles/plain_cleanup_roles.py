"""CleanUp for two with written-down roles, in plain Python with a random generator of its own: nothing clever.

`python tests/oracles/plain_cleanup_roles.py EPISODES SEED` prints the mean apples of an episode and their standard
errors, which the claims of games/coala-cleanup take as their expected values.
"""

import math
import random
import sys

MOVES = {"right": (0, 1), "left": (0, -1), "up": (-1, 0), "down": (1, 0)}
ACTIONS = (*MOVES, "zap", "noop")
PAIRS = (("eater", "eater"), ("eater", "cleaner"), ("balancer", "balancer"), ("eater", "balancer"),
         ("zapper", "cleaner"), ("zapper", "zapper"), ("zapper", "balancer"))  # fmt: skip


class Game:
    """A grid with an orchard on the left and a river on the right."""

    def __init__(self, rng, rows=5, columns=4, dirty=3):
        self.rng, self.rows, self.columns = rng, rows, columns
        cells = [(row, column) for row in range(rows) for column in range(columns)]
        self.places = rng.sample(cells, 2)
        self.frozen = [0, 0]
        self.apples = set()
        self.dirt = set(rng.sample([(row, columns - 1) for row in range(rows)], dirty))

    def step(self, actions):
        """Apples of both; the order of events is that of the paper."""
        rng = self.rng
        clean = [(row, self.columns - 1) for row in range(self.rows) if (row, self.columns - 1) not in self.dirt]
        if clean and rng.random() < 0.35:
            self.dirt.add(rng.choice(clean))
        bare = [(row, 0) for row in range(self.rows) if (row, 0) not in self.apples]
        if bare and rng.random() < 1 - min(1, len(self.dirt) / 3):
            self.apples.add(rng.choice(bare))
        free = [left == 0 for left in self.frozen]
        got, cleaned = [0, 0], [0, 0]
        for agent in (0, 1):
            if free[agent] and self.places[agent] in self.apples:
                self.apples.remove(self.places[agent])
                got[agent] = 1
            if free[agent] and self.places[agent] in self.dirt:
                self.dirt.remove(self.places[agent])
                cleaned[agent] = 1
        hit = [False, False]
        for agent in (0, 1):
            other = 1 - agent
            near = sum(abs(a - b) for a, b in zip(*self.places, strict=True)) <= 2
            if free[agent] and actions[agent] == "zap" and near and free[other] and rng.random() < 0.9:
                hit[other] = True
        wanted = []
        for agent in (0, 1):
            place = self.places[agent]
            if free[agent] and not hit[agent] and actions[agent] in MOVES:
                row, column = (a + b for a, b in zip(place, MOVES[actions[agent]], strict=True))
                if 0 <= row < self.rows and 0 <= column < self.columns:
                    place = (row, column)
            wanted.append(place)
        before = list(self.places)
        first = rng.randrange(2)
        for agent in (first, 1 - first):
            other = 1 - agent
            beaten = agent != first and wanted[agent] == wanted[other]
            if wanted[agent] != before[other] and not beaten:
                self.places[agent] = wanted[agent]
        self.frozen = [5 if hit[agent] else max(0, self.frozen[agent] - 1) for agent in (0, 1)]
        return got, cleaned, [hit[1], hit[0]]


def chosen(role, game, agent, slip=0.05):
    """What a role does."""
    if game.rng.random() < slip:
        return game.rng.choice(ACTIONS)
    place, other = game.places[agent], game.places[1 - agent]
    near = abs(place[0] - other[0]) + abs(place[1] - other[1]) <= 2
    if role == "zapper" and near and not game.frozen[1 - agent]:
        return "zap"
    wanted = {"cleaner": game.dirt, "idler": set()}.get(role, game.apples)
    if role == "balancer" and len(game.dirt) >= 2:
        wanted = game.dirt
    if not wanted:
        return "noop"
    best = min(sorted(wanted), key=lambda cell: abs(cell[0] - place[0]) + abs(cell[1] - place[1]))
    if best[1] != place[1]:
        return "right" if best[1] > place[1] else "left"
    if best[0] != place[0]:
        return "down" if best[0] > place[0] else "up"
    return "noop"


def episode(roles, rng, steps=64):
    """Apples, cleaned cells and successful zaps of both in one episode."""
    game, totals = Game(rng), [[0, 0], [0, 0], [0, 0]]
    for _ in range(steps):
        happened = game.step([chosen(role, game, agent) for agent, role in enumerate(roles)])
        for total, one in zip(totals, happened, strict=True):
            total[0] += one[0]
            total[1] += one[1]
    return totals


def means(roles, n_episodes, seed):
    """Mean apples of both and their standard errors."""
    rng = random.Random(seed)
    found = [episode(roles, rng)[0] for _ in range(n_episodes)]
    centre = [sum(one[agent] for one in found) / n_episodes for agent in (0, 1)]
    spread = [sum((one[agent] - centre[agent]) ** 2 for one in found) / (n_episodes - 1) for agent in (0, 1)]
    return centre, [math.sqrt(one / n_episodes) for one in spread]


if __name__ == "__main__":
    for pair in PAIRS:
        centre, errors = means(pair, int(sys.argv[1]), int(sys.argv[2]))
        print(*pair, *(f"{value:.3f} ± {error:.3f}" for value, error in zip(centre, errors, strict=True)))
