"""Environment steps per second, with random and with recurrent agents, beside other libraries for the same games.

    python benchmarks/games.py                                          ours alone
    python benchmarks/games.py --peers PYTHON --socialjax FOLDER --pax FOLDER
    python benchmarks/games.py --games dilemma,coins --sizes 1,1024     only these
    python benchmarks/games.py --plot docs/images/games-steps.png     steps per second over parallel games

`--peers` is an interpreter that has JaxMARL, OpenSpiel, Axelrod and what SocialJax and Pax need; those two are read
from checkouts. Turns alternate between ours and the peer's in one run; what is printed is the median, the smallest and
largest in brackets, and the median of the turns' ratios. A step is one in which every agent acts. Observations are
worked out in every step, also for random agents, and ours are at least as large as those of JaxMARL, SocialJax and Pax.
Games of a row have the same number of agents; the rules differ in what the docstrings of the environments say.

Random agents of ours are those of `rolling.random_play`; those of a peer in JAX draw their actions from the key of the
step, as its own speed tests do. `--stirred` gives the peers our way of drawing, so that the games alone are compared.
A recurrent agent is the same program on both sides, and in a small game takes most of the time.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import statistics
import subprocess
from pathlib import Path
from typing import Any

from games_peers import Asked, Turn, length, repeated


@dataclasses.dataclass(frozen=True)
class Row:
    """A game of ours.

    Args:
        environment: its name.
        settings: those that differ from the default.
        peers: its counterparts, peer -> the peer's name of it.
        work: steps of single games in one call, about.
    """

    environment: str
    settings: dict[str, Any]
    peers: dict[str, str]
    work: int = 262_144


ROWS = {
    "dilemma": Row(
        "prisoners-dilemma",
        {"n_steps": 10},
        {"pax": "iterated_matrix_game", "openspiel": "dilemma", "axelrod": "dilemma"},
    ),
    "coins": Row("coins-two", {}, {"jaxmarl": "coins", "pax": "coin_game", "openspiel": "coins"}),
    "coins-large": Row("coins-two", {"size": 21, "n_steps": 1000}, {"socialjax": "coin_game"}, 1024),
    "harvest": Row("harvest-open", {"ahead": 15, "behind": 2, "side": 8}, {"socialjax": "harvest_common_open"}, 1024),
    "cleanup": Row("cleanup-world", {"ahead": 14, "behind": 2, "side": 8}, {"socialjax": "clean_up"}, 1024),
    "cleanup-small": Row("cleanup", {}, {}),
    "gathering": Row("gathering", {}, {}),
}


class Peers:
    """A process of another interpreter that plays on request."""

    def __init__(self, python: str, folders: list[str]) -> None:
        script = str(Path(__file__).with_name("games_peers.py"))
        words = [python, script, *folders]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def turn(self, asked: Asked) -> tuple[int, float] | None:
        """Steps and seconds of a turn there, or None where there is no such game."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        told = {name: kept for name, kept in dataclasses.asdict(asked).items() if name != "stirred"}
        self.process.stdin.write(json.dumps(told) + "\n")
        self.process.stdin.flush()
        found: list[Any] | None = json.loads(self.process.stdout.readline())
        return None if found is None else (found[0], found[1])


def ours(row: Row, n_games: int, policy: str) -> Turn:
    """Our turns: many steps in one program."""
    import functools

    import jax
    import jax.numpy as jnp

    from primordia.games.environments import rolling, table
    from primordia.games.environments.environment import unit
    from primordia.games.learners.rollouts import drawn_action
    from primordia.games.policies.gru import Gru

    environment = table.make(row.environment, **row.settings)
    gru = Gru(n_observed=environment.n_observed, n_actions=len(environment.actions))
    weights = gru.weights(jax.random.key(7))

    @functools.partial(jax.jit, static_argnames="n_steps")
    def recurrent_play(carried: Any, key: Any, *, n_steps: int) -> Any:
        def act(memory: Any, observations: Any, words: Any) -> Any:
            acting = jax.vmap(jax.vmap(gru.act, (None, 0, 0)), (None, 0, 0))(weights, memory, observations)
            return drawn_action(acting.logits, unit(words)), acting.memory

        return rolling.roll(environment, carried[0], act, carried[1], key, n_steps=n_steps)[:2]

    games = rolling.begin(environment, jax.random.key(0), n_games)
    memory = jnp.zeros((n_games, environment.n_agents, gru.n_units))
    kept: list[Any] = [(games, memory), jax.random.key(1)]
    n_steps = length(n_games, row.work)

    def call() -> None:
        kept[1], key = jax.random.split(kept[1])
        if policy == "random":
            played, _ = rolling.random_play(environment, kept[0][0], key, n_steps=n_steps)
            kept[0] = (jax.block_until_ready(played), memory)
        else:
            kept[0] = jax.block_until_ready(recurrent_play(kept[0], key, n_steps=n_steps))

    return repeated(call, n_steps * n_games)


def told(rates: list[float]) -> str:
    """Thousands of steps per second: median (smallest to largest)."""
    low, middle, high = (rate / 1e3 for rate in (min(rates), statistics.median(rates), max(rates)))
    return f"{middle:,.1f} ({low:,.1f} to {high:,.1f})"


def measure(name: str, n_games: int, policy: str, n_turns: int, peers: Peers | None) -> list[str]:
    """The lines of one game, size and kind of agent: one for each peer, or one of ours alone."""
    row, turn = ROWS[name], ours(ROWS[name], n_games, policy)
    lines = []
    for peer, theirs in (row.peers if peers else {}).items():
        assert peers is not None
        asked = Asked(peer, theirs, n_games, policy, row.work)
        if peers.turn(asked) is None:
            continue
        found: list[tuple[float, float]] = []
        for _ in range(n_turns):
            mine, other = turn(), peers.turn(asked)
            assert other is not None
            found.append((mine[0] / mine[1], other[0] / other[1]))
        ratios = [mine / other for mine, other in found]
        ratio = f"{statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f})"
        cells = [told([mine for mine, _ in found]), peer, told([other for _, other in found]), ratio]
        lines.append(" | ".join(cells))
    if not lines:
        rates = [steps / spent for steps, spent in (turn() for _ in range(n_turns))]
        lines.append(f"{told(rates)} | – | – | –")
    return [f"| {name} | {policy} | {n_games:,} | {line} |" for line in lines]


def drawn(rates: dict[str, list[float]], sizes: list[int], path: str) -> None:
    """Save our steps per second over parallel games as a picture."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.0, 3.8), layout="constrained")
    axis = figure.subplots()
    for name, line in rates.items():
        axis.plot(sizes, line, marker="o", ms=4, label=name)
    axis.set_xscale("log", base=2)
    axis.set_yscale("log")
    axis.set_xticks(sizes, [f"{n:,}" for n in sizes])
    axis.set_xlabel("parallel games")
    axis.set_ylabel("steps per second, random agents")
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(True, lw=0.3, alpha=0.6)
    axis.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    figure.savefig(path, dpi=130)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--games", help="names, separated by commas; all if left out")
    asked.add_argument("--sizes", default="1,64,1024,4096", help="parallel games, separated by commas")
    asked.add_argument("--policies", default="random,gru")
    asked.add_argument("--turns", type=int, default=7)
    asked.add_argument("--peers", help="an interpreter that has the peers")
    asked.add_argument("--socialjax", help="a checkout of SocialJax")
    asked.add_argument("--pax", help="a checkout of Pax")
    asked.add_argument("--stirred", action="store_true", help="peers draw random actions as we do")
    asked.add_argument("--plot", help="where to save a picture of ours over parallel games")
    given = asked.parse_args()
    names = given.games.split(",") if given.games else list(ROWS)
    sizes = [int(size) for size in given.sizes.split(",")]
    if given.plot:
        rates: dict[str, list[float]] = {}
        for name in names:
            turns = [ours(ROWS[name], size, "random") for size in sizes]
            found = [[turn() for _ in range(given.turns)] for turn in turns]
            rates[name] = [statistics.median(steps / spent for steps, spent in line) for line in found]
        drawn(rates, sizes, given.plot)
        return
    folders = [word for name in ("socialjax", "pax") if (path := getattr(given, name)) for word in (f"--{name}", path)]
    folders += ["--stirred"] * given.stirred
    peers = Peers(given.peers, folders) if given.peers else None
    print("| game | agents | games | primordia, thousand/s | peer | peer, thousand/s | ratio |")
    print("| --- | --- | --: | --: | --- | --: | --: |")
    for name in names:
        for policy in given.policies.split(","):
            for size in sizes:
                for line in measure(name, size, policy, given.turns, peers):
                    print(line, flush=True)


if __name__ == "__main__":
    main()
