"""Matrix games and the public-goods game as a person would referee them, in plain Python."""


def play(payoffs, moves):
    """The payoffs of each round, [round][agent], and what each agent sees after it: (own last, other's last)."""
    paid, seen = [], []
    for first, second in moves:
        paid.append((payoffs[0][first][second], payoffs[1][first][second]))
        seen.append(((first, second), (second, first)))
    return paid, seen


def one_hot(last, n_actions):
    """The observation for what was last seen; None before the first round."""
    place = 0 if last is None else 1 + last[0] * n_actions + last[1]
    return [1.0 if here == place else 0.0 for here in range(1 + n_actions**2)]


def public_goods(moves, contribution, factor):
    """The payoffs of each round, [round][agent]; 0 gives, 1 keeps."""
    rounds = []
    for actions in moves:
        pot = sum(contribution for action in actions if action == 0)
        share = pot * factor / len(actions)
        rounds.append([share - contribution if action == 0 else share for action in actions])
    return rounds


def public_seen(actions):
    """The observation of each agent after a round: own action, number of other givers."""
    n = len(actions)
    found = []
    for place, action in enumerate(actions):
        others = sum(1 for other, given in enumerate(actions) if given == 0 and other != place)
        row = [0.0] * (1 + 2 * n)
        row[1 + (0 if action == 0 else n) + (n - 1 - others)] = 1.0
        found.append(row)
    return found
