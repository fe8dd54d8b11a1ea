"""Slow, obvious twins of the grid worlds: one game in plain Python, cell by cell, fed the same random words.

Each twin has `reset(words)` and `step(actions, words)`, and tells `state()`, `seen()`, and of a step its payoffs,
events and whether it was the last.
"""

import numpy as np

WORD = 2**32
NOBODY = None


def unit(word):
    return (int(word) >> 8) / 2**24


def choice(word, n):
    return ((int(word) >> 16) * n) >> 16


def mixed(word):
    word = ((word ^ (word >> 16)) * 0x85EBCA6B) % WORD
    word = ((word ^ (word >> 13)) * 0xC2B2AE35) % WORD
    return word ^ (word >> 16)


def spread(word, n):
    return [mixed((int(word) + i * 0x9E3779B9) % WORD) for i in range(1, n + 1)]


def moved(places, wanted, word):
    """Where everybody ends; None stands for nobody (away)."""
    n = len(places)
    first = choice(word, n)
    order = [(first + i) % n for i in range(n)]
    ended, won = list(places), set()
    for agent in order:
        goal = wanted[agent]
        if places[agent] is None or goal == places[agent]:
            continue
        if goal in places or goal in won:
            continue
        won.add(goal)
        ended[agent] = goal
    return ended


class Coins:
    def __init__(self, size=3, n_coins=1, n_steps=150):
        self.size, self.n_coins, self.n_steps = size, n_coins, n_steps

    def cell(self, number):
        return divmod(number, self.size)

    def without(self, places, word):
        free = [i for i in range(self.size**2) if self.cell(i) not in places]
        return self.cell(free[choice(word, len(free))])

    def reset(self, words):
        first = self.cell(choice(words[0], self.size**2))
        self.places = [first, self.without([first], words[1])]
        self.coins = [None, None]
        if self.n_coins == 2:
            self.coins = [self.cell(choice(word, self.size**2)) for word in words[2:4]]
        else:
            self.coins[choice(words[4], 2)] = self.without(self.places, words[2])
        self.played = 0

    def step(self, actions, words):
        moves = [(0, 1), (0, -1), (-1, 0), (1, 0), (0, 0)]
        for agent in (0, 1):
            row, column = self.places[agent]
            along, across = moves[actions[agent]]
            self.places[agent] = ((row + along) % self.size, (column + across) % self.size)
        payoffs, own, other, fresh = [0.0, 0.0], [0.0, 0.0], [0.0, 0.0], []
        for colour in (0, 1):
            takers = [agent for agent in (0, 1) if self.places[agent] == self.coins[colour]]
            for agent in takers:
                payoffs[agent] += 1
                if agent == colour:
                    own[agent] = 1.0
                else:
                    other[agent] = 1.0
                    payoffs[colour] -= 2
            if takers:
                fresh.append(colour)
        for colour in fresh:
            if self.n_coins == 2:
                self.coins[colour] = self.cell(choice(words[colour], self.size**2))
            else:
                self.coins[colour] = None
                self.coins[1 - colour] = self.without(self.places, words[0])
        self.played += 1
        return payoffs, {"own": own, "other": other}, self.played == self.n_steps

    def seen(self):
        views = []
        for me in (0, 1):
            view = np.zeros((4, self.size, self.size))
            for plane, place in enumerate((self.places[me], self.places[1 - me], self.coins[me], self.coins[1 - me])):
                if place is not None:
                    view[plane][place] = 1
            views.append(view.ravel())
        return views

    def state(self):
        def number(place):
            return -1 if place is None else place[0] * self.size + place[1]

        return {"cells": [*map(number, self.places)], "coins": [*map(number, self.coins)], "step": self.played}


class Cleanup:
    def __init__(self, n_rows=5, n_columns=4, n_steps=64, n_dirty=3, dirt_rate=0.35, zap_rate=0.9, n_frozen=5):
        self.n_rows, self.n_columns, self.n_steps, self.n_dirty = n_rows, n_columns, n_steps, n_dirty
        self.dirt_rate, self.zap_rate, self.n_frozen = np.float32(dirt_rate), np.float32(zap_rate), n_frozen

    def reset(self, words):
        cells = [(row, column) for row in range(self.n_rows) for column in range(self.n_columns)]
        first = cells[choice(words[0], len(cells))]
        rest = [cell for cell in cells if cell != first]
        self.places = [first, rest[choice(words[1], len(rest))]]
        self.frozen, self.apples, self.dirt, self.played = [0, 0], set(), set(), 0
        for i in range(self.n_dirty):
            self.dirt.add(self.clean()[choice(words[2 + i], len(self.clean()))])

    def clean(self):
        column = self.n_columns - 1
        return [(row, column) for row in range(self.n_rows) if (row, column) not in self.dirt]

    def bare(self):
        return [(row, 0) for row in range(self.n_rows) if (row, 0) not in self.apples]

    def step(self, actions, words):
        if self.clean() and unit(words[0]) < self.dirt_rate:
            self.dirt.add(self.clean()[choice(words[1], len(self.clean()))])
        rate = np.float32(1) - min(np.float32(len(self.dirt)) / np.float32(3), np.float32(1))
        if self.bare() and unit(words[2]) < rate:
            self.apples.add(self.bare()[choice(words[3], len(self.bare()))])
        payoffs, cleaned, zapped = [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]
        free = [wait == 0 for wait in self.frozen]
        for me in (0, 1):
            if free[me] and self.places[me] in self.apples:
                self.apples.remove(self.places[me])
                payoffs[me] = 1.0
            if free[me] and self.places[me] in self.dirt:
                self.dirt.remove(self.places[me])
                cleaned[me] = 1.0
        apart = sum(abs(a - b) for a, b in zip(*self.places, strict=True))
        for me in (0, 1):
            if free[me] and free[1 - me] and actions[me] == 4 and apart <= 2 and unit(words[4 + me]) < self.zap_rate:
                zapped[me] = 1.0
        self.frozen = [self.n_frozen if zapped[1 - me] else max(self.frozen[me] - 1, 0) for me in (0, 1)]
        wanted = []
        for me in (0, 1):
            row, column = self.places[me]
            if free[me] and not zapped[1 - me]:
                row, column = {
                    0: (row, column + 1),
                    1: (row, column - 1),
                    2: (row - 1, column),
                    3: (row + 1, column),
                }.get(actions[me], (row, column))
            wanted.append((min(max(row, 0), self.n_rows - 1), min(max(column, 0), self.n_columns - 1)))
        self.places = moved(self.places, wanted, words[6])
        self.played += 1
        events = {"apples": payoffs, "cleaned": cleaned, "zapped": zapped}
        return payoffs, events, self.played == self.n_steps

    def seen(self):
        cells = [(row, column) for row in range(self.n_rows) for column in range(self.n_columns)]
        views = []
        for me in (0, 1):
            view = [float(cell == self.places[me]) for cell in cells]
            view += [float(cell == self.places[1 - me]) for cell in cells]
            for cell in cells:
                apple, dirt = cell in self.apples, cell in self.dirt
                view += [float(apple), float(dirt), float(not apple and not dirt)]
            view += [float(self.frozen[me] > 0), float(self.frozen[1 - me] > 0)]
            views.append(np.array(view))
        return views

    def state(self):
        cells = [(row, column) for row in range(self.n_rows) for column in range(self.n_columns)]
        return {
            "cells": [cells.index(place) for place in self.places],
            "frozen": self.frozen,
            "apples": [cell in self.apples for cell in cells],
            "dirt": [cell in self.dirt for cell in cells],
            "step": self.played,
        }


class World:
    """A world on a map; what grows, and what is left of a taken apple, is told by the heirs."""

    seen_kinds = ("wall", "apple")
    ahead_of = ((-1, 0), (0, 1), (1, 0), (0, -1))

    def __init__(self, game):
        self.game, self.plan = game, game.plan
        self.rows, self.columns = len(game.plan), len(game.plan[0])
        self.cells = [(row, column) for row in range(self.rows) for column in range(self.columns)]
        self.sign = {cell: game.plan[cell[0]][cell[1]] for cell in self.cells}

    def reset(self, words):
        kinds = {"#": "wall", "A": "apple", "~": "water", "d": "water", "D": "dirt"}
        self.field = {cell: kinds.get(self.sign[cell], "sand") for cell in self.cells}
        self.waits = {}
        n = self.game.n_agents
        self.places, self.away, self.hits, self.played = [None] * n, [0] * n, [0] * n, 0
        self.places = self.starts(words[0])
        self.headings = self.turned(words[1])

    def starts(self, word):
        """A starting place for each agent: free ones first, in an order of chance."""
        places = [cell for cell in self.cells if self.sign[cell] == "P"]
        scores = spread(word, len(places))
        ordered = sorted(range(len(places)), key=lambda i: (places[i] in self.places, scores[i] >> 1, i))
        return [places[i] for i in ordered[: self.game.n_agents]]

    def turned(self, word):
        return [choice(each, 4) for each in spread(word, self.game.n_agents)]

    def step(self, actions, words):
        game, n = self.game, self.game.n_agents
        self.grow(words)
        back = [agent for agent in range(n) if self.away[agent] == 1]
        wanted = []
        for agent in range(n):
            wanted.append(self.places[agent])
            if self.places[agent] is None:
                self.headings[agent] = (self.headings[agent] + (actions[agent] == 6) - (actions[agent] == 5)) % 4
                continue
            turn = {1: 0, 4: 1, 2: 2, 3: 3}.get(actions[agent])
            if turn is not None:
                along, across = self.ahead_of[(self.headings[agent] + turn) % 4]
                goal = (self.places[agent][0] + along, self.places[agent][1] + across)
                if goal in self.field and self.field[goal] != "wall":
                    wanted[agent] = goal
            self.headings[agent] = (self.headings[agent] + (actions[agent] == 6) - (actions[agent] == 5)) % 4
        self.places = moved(self.places, wanted, words[2])
        payoffs = [0.0] * n
        for agent in range(n):
            if self.places[agent] is not None and self.field[self.places[agent]] == "apple":
                payoffs[agent] = 1.0
                self.bite(self.places[agent])
        events = {"apples": payoffs, **self.sweep(actions)}
        zapped, struck = [0.0] * n, [0] * n
        for agent in range(n):
            if actions[agent] == 7:
                for other in range(n):
                    if other != agent and self.places[other] in self.beam(agent):
                        zapped[agent] += 1
                        struck[other] += 1
        for agent in range(n):
            self.hits[agent] += struck[agent]
            if self.hits[agent] >= game.n_hits:
                self.hits[agent], self.away[agent], self.places[agent] = 0, game.n_away, None
            elif self.away[agent]:
                self.away[agent] -= 1
        starts, headings = self.starts(words[3]), self.turned(words[4])
        for agent in back:
            self.places[agent], self.headings[agent] = starts[agent], headings[agent]
        self.played += 1
        events |= {"zapped": zapped, "away": [float(wait > 0) for wait in self.away]}
        return payoffs, events, self.played == game.n_steps

    def beam(self, agent):
        """The cells that an agent's beam reaches; none for one who is away."""
        if self.places[agent] is None:
            return set()
        (row, column), (along, across) = self.places[agent], self.ahead_of[self.headings[agent]]
        return {
            (row + far * along + aside * across, column + far * across - aside * along)
            for far in range(1, self.game.length + 1)
            for aside in range(-self.game.width, self.game.width + 1)
        }

    def bite(self, cell):
        self.field[cell] = "sand"

    def sweep(self, actions):
        return {}

    def seen(self):
        game, views = self.game, []
        for agent in range(game.n_agents):
            view = []
            for before in range(game.ahead, -game.behind - 1, -1):
                for aside in range(-game.side, game.side + 1):
                    view += self.shown(agent, before, aside)
            views.append(np.array(view))
        return views

    def shown(self, agent, before, aside):
        told = [0.0] * (len(self.seen_kinds) + 4)
        if self.places[agent] is None:
            return told
        (row, column), (along, across) = self.places[agent], self.ahead_of[self.headings[agent]]
        cell = (row + before * along + aside * across, column + before * across - aside * along)
        kind = self.field.get(cell, "wall")
        if kind in self.seen_kinds:
            told[self.seen_kinds.index(kind)] = 1.0
        if cell in self.places and self.places.index(cell) != agent:
            other = self.places.index(cell)
            told[len(self.seen_kinds) + (self.headings[other] - self.headings[agent]) % 4] = 1.0
        return told

    def state(self):
        codes = {"sand": 0, "wall": 1, "apple": 2, "water": 3, "dirt": 4}
        field = [
            [-self.waits.get((r, c), -codes[self.field[r, c]]) for c in range(self.columns)] for r in range(self.rows)
        ]
        return {
            "cells": [-1 if place is None else self.cells.index(place) for place in self.places],
            "headings": self.headings,
            "away": self.away,
            "hits": self.hits,
            "field": field,
            "step": self.played,
        }


class Harvest(World):
    def grow(self, words):
        before, chances = dict(self.field), spread(words[0], len(self.cells))
        for cell, chance in zip(self.cells, chances, strict=True):
            if self.sign[cell] in "aA" and cell not in self.places:
                near = sum(
                    before[other] == "apple"
                    for other in self.cells
                    if 0 < (other[0] - cell[0]) ** 2 + (other[1] - cell[1]) ** 2 <= 4
                )
                if unit(chance) < np.float32(self.game.regrowth[min(near, 3)]):
                    self.field[cell] = "apple"


class Gathering(World):
    def grow(self, words):
        for cell in [*self.waits]:
            if self.waits[cell] > 1:
                self.waits[cell] -= 1
            elif cell not in self.places:
                del self.waits[cell]
                self.field[cell] = "apple"

    def bite(self, cell):
        self.field[cell] = "sand"
        self.waits[cell] = self.game.n_regrow


class CleanupWorld(World):
    seen_kinds = ("wall", "apple", "water", "dirt")

    def grow(self, words):
        game = self.game
        water = [cell for cell in self.cells if self.sign[cell] in "~dD"]
        dirty = np.float32(sum(self.field[cell] == "dirt" for cell in water))
        share = dirty / np.float32(len(water))
        rate = np.float32(game.growth) * (np.float32(1) - share / np.float32(game.depletion))
        for cell, chance in zip(self.cells, spread(words[0], len(self.cells)), strict=True):
            if self.sign[cell] in "aA" and cell not in self.places and unit(chance) < rate:
                self.field[cell] = "apple"
        clean = [
            cell
            for cell in self.cells
            if self.sign[cell] in "dD" and self.field[cell] == "water" and cell not in self.places
        ]
        if clean and unit(words[1]) < np.float32(game.dirt_rate) and self.played >= game.n_calm:
            self.field[clean[choice(mixed(int(words[1])), len(clean))]] = "dirt"

    def sweep(self, actions):
        dirty = {cell for cell in self.cells if self.field[cell] == "dirt"}
        cleaned = []
        for agent, action in enumerate(actions):
            reached = dirty & self.beam(agent) if action == 8 else set()
            cleaned.append(float(len(reached)))
            for cell in reached:
                self.field[cell] = "water"
        return {"cleaned": cleaned}
