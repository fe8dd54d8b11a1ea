"""Matches as the Axelrod library plays them, recorded move for move with the odds of every move.

``python tests/oracles/axelrod_moves.py > tests/games/golden/axelrod_moves.txt`` writes the recording anew where the
library is installed. A line is: strategy, co-player, its own moves, the co-player's, its odds of cooperation. Moves are
hexadecimal, the first round the highest bit, 1 a defection; odds are 0, 1 or, where they are neither, in brackets.
"""

import random

N_ROUNDS = 200
NAMES = {
    "alternator": "Alternator", "anti-tit-for-tat": "AntiTitForTat", "bully": "Bully", "cooperator": "Cooperator",
    "cycler-dc": "CyclerDC", "cycler-ccd": "CyclerCCD", "defector": "Defector",
    "suspicious-tit-for-tat": "SuspiciousTitForTat", "tit-for-tat": "TitForTat",
    "win-shift-lose-stay": "WinShiftLoseStay", "win-stay-lose-shift": "WinStayLoseShift",
    "tideman-chieruzzi": "FirstByTidemanAndChieruzzi", "nydegger": "FirstByNydegger", "grofman": "FirstByGrofman",
    "shubik": "FirstByShubik", "stein-rapoport": "FirstBySteinAndRapoport", "grim": "Grudger",
    "davis": "FirstByDavis", "graaskamp": "FirstByGraaskamp", "downing": "FirstByDowning", "feld": "FirstByFeld",
    "joss": "FirstByJoss", "tullock": "FirstByTullock", "anonymous": "FirstByAnonymous", "random": "Random",
    "tit-for-two-tats": "TitFor2Tats", "two-tits-for-tat": "TwoTitsForTat", "hard-tit-for-tat": "HardTitForTat",
    "contrite-tit-for-tat": "ContriteTitForTat", "gradual": "Gradual", "omega-tit-for-tat": "OmegaTFT",
    "soft-majority": "GoByMajority", "hard-majority": "HardGoByMajority", "soft-grim": "SoftGrudger",
    "generous-tit-for-tat": "GTFT", "zd-extort-2": "ZDExtort2", "zd-extort-4": "ZDExtort4",
    "zd-generous-2": "ZDGTFT2", "zd-set-2": "ZDSet2",
}  # fmt: skip
"""Ours -> the library's class."""

COPLAYERS = {
    "even": (0.5, 0.0), "kind": (0.93, 0.0), "mean": (0.1, 0.0), "runs": (None, 0.0), "echo": ("TitForTat", 0.0),
    "noise": ("TitForTat", 0.08),
    "pavlov": ("WinStayLoseShift", 0.03), "twin": ("same", 0.0), "probing": ("CyclerDC", 0.05),
}  # fmt: skip
"""Name -> (probability of cooperation, None for long runs, or a class of the library; chance of a flipped move)."""


class Chance:
    """Stands for a player's random generator and notes the odds it is asked for."""

    def __init__(self, seed):
        self.drawn = random.Random(seed)
        self.odds = None

    def random_choice(self, p=0.5):
        import axelrod

        self.odds = p
        return axelrod.Action.C if self.drawn.random() < p else axelrod.Action.D

    def uniform(self, low, high):
        return (low + high) / 2

    def randint(self, low, high):
        return self.drawn.randrange(low, high)  # as NumPy's, without the upper end


def match(ours, coplayer):
    """Own moves, the co-player's moves and the odds of cooperation in each round; 1 is a defection."""
    import axelrod

    chance = random.Random(f"{ours} {coplayer}")
    kind, noise = COPLAYERS[coplayer]
    player = getattr(axelrod, NAMES[ours])()
    named = NAMES[ours] if kind == "same" else kind
    other = getattr(axelrod, named)() if isinstance(named, str) else axelrod.MockPlayer(_moves(kind, chance))
    for one in (player, other):
        one._random = Chance(chance.random())
        one.set_match_attributes(length=N_ROUNDS, game=axelrod.Game(), noise=noise)
    own_moves, other_moves, odds = [], [], []
    for _ in range(N_ROUNDS):
        player._random.odds = None
        pair = [player.strategy(other), other.strategy(player)]
        known = player._random.odds
        odds.append(known if known is not None else float(pair[0] == axelrod.Action.C))
        pair = [move.flip() if chance.random() < noise else move for move in pair]
        player.history.append(pair[0], pair[1])
        other.history.append(pair[1], pair[0])
        own_moves.append(int(pair[0] == axelrod.Action.D))
        other_moves.append(int(pair[1] == axelrod.Action.D))
    return own_moves, other_moves, odds


def _moves(p, chance):
    import axelrod

    if p is not None:
        return [axelrod.Action.C if chance.random() < p else axelrod.Action.D for _ in range(N_ROUNDS)]
    moves = []
    while len(moves) < N_ROUNDS:
        moves += [chance.choice([axelrod.Action.C, axelrod.Action.D])] * chance.randrange(1, 25)
    return moves[:N_ROUNDS]


def coded(moves):
    """Moves as hexadecimal digits."""
    return f"{int(''.join(map(str, moves)), 2):0{len(moves) // 4}x}"


def decoded(text):
    """Moves from hexadecimal digits."""
    return [int(bit) for bit in f"{int(text, 16):0{4 * len(text)}b}"]


def line(ours, coplayer):
    """One recorded match."""
    own, other, odds = match(ours, coplayer)
    told = "".join(str(int(p)) if p in (0, 1) else f"({p:.6g})" for p in odds)
    return f"{ours} {coplayer} {coded(own)} {coded(other)} {told}"


def read_odds(told):
    """Odds of cooperation from their text."""
    found, place = [], 0
    while place < len(told):
        end = told.index(")", place) if told[place] == "(" else place
        found.append(float(told[place + 1 : end]) if told[place] == "(" else float(told[place]))
        place = end + 1
    return found


if __name__ == "__main__":
    import warnings

    warnings.simplefilter("ignore")
    for name in NAMES:
        for coplayer in COPLAYERS:
            print(line(name, coplayer))
