"""Updates per second of COALA-PG beside a plain PPO update on as many transitions, and how they grow.

    python benchmarks/games_updates.py                                     the table
    python benchmarks/games_updates.py --grow                              CPU time over games and over inner episodes
    python benchmarks/games_updates.py --grow --plot docs/images/games-updates.png

The iterated prisoner's dilemma, recurrent agents with 16 units, tabular co-players. Plain PPO is the same network on
the same number of games and steps against co-players that never learn: advantages of each game by itself, 4 passes in
2 minibatches. COALA-PG adds the co-players' learning and Algorithm 1; "reinforce" is the form without a critic, one
step on all games. Turns alternate in one run; what is printed is the median, the smallest and largest in brackets, and
the median of the turns' ratios, then the ratio of the smallest. The first turn, which compiles, is not counted. Every
update is one compiled program; the run fails where one needs a second, or where anything but the key comes from the
host.

Predictions, written before the first run: COALA-PG by PPO takes 1.0 to 1.15 times as long as plain PPO (learning of a
table is cheap beside four passes of a recurrent network), "reinforce" 0.3 times. Time grows linearly in inner episodes
(every one is a stretch of the same scan) and less than linearly in games up to about a thousand, where the costs of a
step that do not depend on them stop to count; from there on linearly.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
import statistics
import time
from pathlib import Path
from typing import Any

import jax

from primordia.games.learners import coala
from primordia.games.learners.recipe import Recipe
from primordia.games.learners.rule import Still

BASE = Recipe(n_games=16, n_episodes=10, n_naive=8, clip_norm=1.0, payoff_scale=0.05)
WAYS = {
    "plain PPO": dataclasses.replace(BASE, estimator="policy-gradient", algorithm="ppo", rule=Still()),
    "COALA-PG, PPO": dataclasses.replace(BASE, algorithm="ppo"),
    "COALA-PG, A2C": dataclasses.replace(BASE, algorithm="a2c"),
    "COALA-PG, reinforce": BASE,
}
SIZES = (8, 32, 128)
"""Co-players of an update; 16 games against each."""
GAMES = (1, 2, 4, 8, 16, 32, 64, 128)
EPISODES = (2, 4, 8, 16, 32, 64)


class Turns:
    """An update that can be timed again and again."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe, self.n_calls = recipe, 0
        self.seconds: list[float] = []
        self.busy: list[float] = []
        self.population = coala.begin(recipe, jax.random.key(0))
        before = coala.update._cache_size()
        self.once()
        self.once()
        if coala.update._cache_size() != before + 1:
            raise SystemExit("An update was compiled more than once.")
        self.seconds.clear()
        self.busy.clear()

    def once(self) -> None:
        """One update, from a key that is on the device to weights that are."""
        self.n_calls += 1
        key = jax.block_until_ready(jax.random.fold_in(jax.random.key(1), self.n_calls))
        begin, busy = time.perf_counter(), time.process_time()
        with jax.transfer_guard("disallow"):
            self.population, _ = coala.update(self.population, key, recipe=self.recipe)
            jax.block_until_ready(self.population)
        self.seconds.append(time.perf_counter() - begin)
        self.busy.append(time.process_time() - busy)

    def transitions(self) -> int:
        """Steps of single games in an update."""
        recipe = self.recipe
        return recipe.n_naive * recipe.n_games * recipe.n_episodes * recipe.environment.n_steps


def timed(recipes: list[Recipe], turns: int) -> list[Turns]:
    """All of them, in turns."""
    all_turns = [Turns(recipe) for recipe in recipes]
    for _ in range(turns):
        for one in all_turns:
            one.once()
    return all_turns


def table(turns: int) -> None:
    """Updates per second and ratios to plain PPO."""
    units = f"{'ms':>26} {'updates/s':>10} {'steps/s':>10}"
    print(f"{'co-players':>10} {'update':<20} {units} {'x plain PPO':>12} {'of least':>9}")
    for n_naive in SIZES:
        found = timed([dataclasses.replace(recipe, n_naive=n_naive) for recipe in WAYS.values()], turns)
        for name, one in zip(WAYS, found, strict=True):
            middle = statistics.median(one.seconds)
            ratio = statistics.median(a / b for a, b in zip(one.seconds, found[0].seconds, strict=True))
            least = min(one.seconds) / min(found[0].seconds)
            spread = f"{1e3 * middle:8.1f} [{1e3 * min(one.seconds):.1f}, {1e3 * max(one.seconds):.1f}]"
            speed = f"{1 / middle:>10.1f} {one.transitions() / middle:>10.3g}"
            print(f"{n_naive:>10} {name:<20} {spread:>26} {speed} {ratio:>12.2f} {least:>9.2f}", flush=True)


def grown(turns: int) -> dict[str, list[tuple[int, float]]]:
    """Seconds of CPU time of an update over games and over inner episodes."""
    found = {}
    for name, field, values in (("games", "n_games", GAMES), ("inner episodes", "n_episodes", EPISODES)):
        recipes = [dataclasses.replace(BASE, **{field: value}) for value in values]
        rows = timed(recipes, turns)
        # CPU time of all threads, the least of the turns: what else the machine does only adds.
        found[name] = [(value, min(one.busy)) for value, one in zip(values, rows, strict=True)]
        for (value, seconds), (half, before) in zip(found[name][1:], found[name], strict=False):
            slope = math.log(seconds / before) / math.log(value / half)
            print(f"{name:>15} {value:>5} {1e3 * seconds:8.1f} ms   exponent since {half}: {slope:.2f}", flush=True)
    return found


def plot(found: dict[str, list[tuple[int, float]]], path: Path) -> None:
    """Both curves beside lines of exponent 1."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, 2, figsize=(8, 3.2), sharey=True)
    fixed = {"games": "8 co-players, 10 inner episodes of 10 rounds", "inner episodes": "8 x 16 games of 10 rounds"}
    for panel, (name, rows) in zip(panels, found.items(), strict=True):
        places: Any = [place for place, _ in rows]
        last = rows[-1]
        panel.loglog(places, [1e3 * seconds for _, seconds in rows], "o-", color="#0072B2", label="COALA-PG update")
        panel.loglog(
            places, [1e3 * last[1] * place / last[0] for place in places], "--", color="#555555", label="linear"
        )
        panel.set_xticks(places, [str(place) for place in places])
        panel.set_xticks([], minor=True)
        panel.set_xlabel(f"{name} ({fixed[name]})")
        panel.legend(frameon=False)
    panels[0].set_ylabel("CPU time of an update (ms)")
    figure.tight_layout()
    figure.savefig(path, dpi=130)
    print(f"Drew {path}.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=15)
    parser.add_argument("--grow", action="store_true")
    parser.add_argument("--plot", type=Path)
    asked = parser.parse_args()
    if not asked.grow:
        table(asked.turns)
        return
    found = grown(asked.turns)
    if asked.plot:
        plot(found, asked.plot)


if __name__ == "__main__":
    main()
