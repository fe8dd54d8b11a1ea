"""Tournaments: strategies against one another, and what becomes of a population of them."""

from __future__ import annotations

import functools
from typing import Any, ClassVar, NamedTuple, final

import numpy as np
import numpy.typing as npt

from primordia.core.errors import ConfigError
from primordia.core.experiment import Experiment, KnownResult, Paper
from primordia.core.findings import Finding
from primordia.core.inspection import Inspected
from primordia.core.metrics import Row
from primordia.core.streams import Streams
from primordia.core.views import View
from primordia.games import pictures
from primordia.games.claims.tournament import CLAIMS
from primordia.games.experiments import tournament_findings as found
from primordia.games.experiments.tournament_settings import (
    BANDS,
    METRICS,
    PANELS,
    PRESETS,
    TRANSITIONS,
    TournamentConfig,
)

N_KEPT = 64
"""Repetitions over which quartiles are taken: the last ones."""
Floats = npt.NDArray[np.float64]


class TournamentState(NamedTuple):
    """A tournament between two repetitions; sums are over all repetitions.

    Args:
        payoffs: sum of mean payoffs per round, axes [player, co-player].
        wins: sum of the shares of matches won, axes [player, co-player].
        firsts: sum of the shares of first actions, axes [player, co-player].
        met: repetitions in which a pair met, axes [player, co-player].
        scores: mean payoff of each player in each of the last repetitions, axes [repetition mod 64, player].
        ratings: Elo, axis [player].
        shares: of the population, axis [player].
        moves: of the row player in the last repetition, axes [round, row, column].
    """

    payoffs: Floats
    wins: Floats
    firsts: Floats
    met: Floats
    scores: Floats
    ratings: Floats
    shares: Floats
    moves: npt.NDArray[np.uint8]


class Pool(NamedTuple):
    """Who plays what.

    Args:
        names: of the players.
        policies: of the players.
        environment: of ours, or None.
        foreign: a game of another package, or None.
        actions: what the actions are called.
    """

    names: tuple[str, ...]
    policies: tuple[Any, ...]
    environment: Any
    foreign: Any
    actions: tuple[str, ...]


@functools.lru_cache(maxsize=4)
def assembled(game: str, players: str, n_rounds: int, meetings: str) -> Pool:
    """The pool of a config; bad names and sizes are refused here, before anything is compiled."""
    from primordia.games.environments import table
    from primordia.games.tournaments import foreign, pool

    outside = foreign.load(game) if ":" in game else None
    environment = None if outside else table.make(game, n_steps=n_rounds)
    of = foreign.form(outside, n_rounds) if outside else pool.form(environment)
    n_agents = len(outside.agents) if outside else environment.n_agents
    if n_agents != 2:
        raise ConfigError(f"A tournament pairs two players; {game} is a game of {n_agents} agents.")
    names = pool.names(players, of)
    if meetings == "drawn-pairs" and len(names) % 2:
        raise ConfigError(
            f"meetings=drawn-pairs cannot pair off an odd pool of {len(names)} players in a two-player game; "
            f"allowed: an even number, such as {len(names) + 1}, or meetings=round-robin."
        )
    policies = tuple(pool.player(name, of) for name in names)
    return Pool(names, policies, environment, outside, of.actions)


def memory_one_tables(pool: Pool) -> dict[str, Floats]:
    """Probabilities of the first action at the start and after CC, CD, DC, DD, of players who have such a table."""
    from primordia.games.policies.strategies import Reactive

    return {
        name: np.array(policy.probabilities, np.float64)[:, 0]
        for name, policy in zip(pool.names, pool.policies, strict=True)
        if isinstance(policy, Reactive) and len(policy.probabilities) == 5
    }


def pool_of(config: TournamentConfig) -> Pool:
    """The pool that a config asks for."""
    return assembled(config.game, config.players, config.n_rounds, config.meetings)


def means(state: TournamentState) -> tuple[Floats, Floats, Floats]:
    """Payoffs, wins and first actions of each against each, over all repetitions; 0 where two have not met."""
    met = np.maximum(state.met, 1.0)
    return state.payoffs / met, state.wins / met, state.firsts / met


def of_each(config: TournamentConfig, matrix: Floats, met: Floats) -> Floats:
    """The mean over the co-players that each player met, itself only where that counts; shape [player]."""
    counts = (met > 0) * (1.0 if config.self_play else 1 - np.eye(len(matrix)))
    return np.asarray((matrix * counts).sum(1) / np.maximum(counts.sum(1), 1.0))


@final
class Tournament(Experiment[TournamentConfig, TournamentState]):
    """Strategies play round robins; shares of a population follow what they get."""

    name = "games/tournament"
    version = 1
    summary = "Strategies against one another: who scores, who wins, who takes over a population."
    step_word = "repetition"
    Config = TournamentConfig
    metrics = METRICS
    panels = PANELS
    bands = BANDS
    transitions = TRANSITIONS
    presets = PRESETS
    claims = CLAIMS
    views: ClassVar[dict[str, View]] = {
        "payoffs": View(
            lambda config, state: found.payoff_pixels(np.where(state.met > 0, means(state)[0], np.nan)),
            pictures.palette("least", "most"),
            "What each player (row) got from each (column) so far, from the least of the pool to the most.",
        )
    }
    source = Paper(
        title="An open reproducible framework for the study of the iterated prisoner's dilemma",
        authors="V. Knight, O. Campbell, M. Harper, K. Langner, J. Campbell, T. Campbell, A. Carney and others",
        year=2016,
        arxiv="1604.00896",
        how_we_differ="Thirty-nine strategies of the library's, checked move for move, as pure functions; all matches "
        "run as one compiled program, every pair in both seats. Any matrix game, any environment of two agents and "
        "games of other packages can be played. Elo rates a repetition at once; alpha-rank is arXiv 1903.01373.",
    )
    determinism = "bitwise-per-machine"

    def init(self, config: TournamentConfig, streams: Streams) -> TournamentState:
        """No match has been played; every strategy has the same share."""
        n = len(pool_of(config).names)
        shares = np.full(n, 1 / n)
        if config.ecology == "moran":
            counts = np.full(n, config.population // n) + (np.arange(n) < config.population % n)
            shares = counts / config.population
        square = np.zeros((n, n))
        return TournamentState(
            *(square.copy() for _ in range(4)),
            np.zeros((N_KEPT, n)),
            np.zeros(n),
            shares,
            np.full((config.n_rounds, n, n), 255, np.uint8),
        )

    def step(
        self, config: TournamentConfig, state: TournamentState, streams: Streams, t: int
    ) -> tuple[TournamentState, Row]:
        """One repetition, the ratings after it, and generations under the payoffs so far."""
        from primordia.games.tournaments import ratings, round_robin

        matches = played(config, streams, t)
        payoffs, wins, firsts = (
            reduced(matches)
            for reduced in (round_robin.payoff_matrix, round_robin.win_matrix, round_robin.first_action_matrix)
        )
        met = meetings(config, streams, t)
        scores = state.scores.copy()
        scores[t % N_KEPT] = of_each(config, payoffs, met)
        after = TournamentState(
            state.payoffs + met * payoffs,
            state.wins + met * wins,
            state.firsts + met * firsts,
            state.met + met,
            scores,
            ratings.elo(state.ratings, wins, met, speed=config.elo_speed),
            state.shares,
            np.array(matches.moves, np.uint8),
        )
        trail = evolved(config, means(after)[0], state.shares, streams, "generations", t, config.n_generations)
        counted = met * (1.0 if config.self_play else 1 - np.eye(len(met)))
        row = {
            "cooperation": float((firsts * counted).sum() / counted.sum()),
            "mean_payoff": round(float((payoffs * counted).sum() / counted.sum()), 12) + 0.0,
        }
        return after._replace(shares=trail[-1]), row

    def measure(self, config: TournamentConfig, state: TournamentState, streams: Streams, t: int) -> Row:
        """Who leads, how the population is made up, and what alpha-rank says."""
        from primordia.games.tournaments import ratings

        payoffs = means(state)[0]
        score = of_each(config, payoffs, state.met)
        kept = state.scores[: max(1, min(t, N_KEPT))]
        low, high = np.quantile(kept[:, score.argmax()], [0.25, 0.75])
        shares = state.shares[state.shares > 0]
        masses = ratings.alpha_rank([payoffs], alpha=config.intensity, population=config.population)
        return {
            "best_payoff": float(score.max()),
            "best_low": float(low),
            "best_high": float(high),
            "worst_payoff": float(score.min()),
            "largest_share": float(shares.max()),
            "entropy": float(max(0.0, -(shares * np.log2(shares)).sum())),
            "survivors": int((shares > 1e-3).sum()),
            "top_rating": float(state.ratings.max()),
            "top_mass": float(masses.max()),
        }

    def findings(
        self, config: TournamentConfig, state: TournamentState, streams: Streams, t: int
    ) -> tuple[Finding, ...]:
        """Ranking, payoffs of each against each, who takes over from whom, the population, tables, and a film."""
        if t == 0:
            return ()
        from primordia.games.tournaments import ratings

        pool, (payoffs, wins, firsts) = pool_of(config), means(state)
        standing = found.Standing(
            pool.names,
            of_each(config, payoffs, state.met),
            state.scores[: min(t, N_KEPT)],
            of_each(config, firsts, state.met),
            of_each(config, wins, state.met),
            state.ratings,
            state.shares,
            ratings.alpha_rank([payoffs], alpha=config.intensity, population=config.population),
        )
        begun = self.init(config, streams).shares
        n_shown = found.N_SHOWN if config.ecology != "moran" else 1 + found.N_EVENTS // config.population
        trail = evolved(config, payoffs, begun, streams, "trail", 0, min(found.N_SHOWN, n_shown))
        return (
            found.ranking(standing),
            found.population(standing, trail),
            found.payoff_matrix(standing, payoffs),
            found.invasions(standing, payoffs, intensity=config.intensity, population=config.population),
            found.masses(standing),
            *found.policies(pool.names, memory_one_tables(pool)),
            found.film(standing, state.moves, pool.actions),
        )

    def inspect(
        self,
        config: TournamentConfig,
        state: TournamentState,
        streams: Streams,
        t: int,
        view: str,
        row: int,
        column: int,
    ) -> tuple[Inspected, ...]:
        """Who meets whom there, what both got, how they stand, their last match, and their tables if they have any."""
        pool, (payoffs, wins, firsts) = pool_of(config), means(state)
        if not (0 <= row < len(pool.names) and 0 <= column < len(pool.names)):
            return ()
        two = (row, column), (column, row)
        standing = {
            "payoff against all": of_each(config, payoffs, state.met),
            "Elo": state.ratings,
            "share of the population": state.shares,
        }
        seen = found.Meeting(
            row,
            column,
            int(state.met[row, column]),
            (float(payoffs[two[0]]), float(payoffs[two[1]])),
            float(wins[row, column]),
            (float(firsts[two[0]]), float(firsts[two[1]])),
            np.stack([state.moves[:, one, other] for one, other in two], axis=1),
        )
        names = tuple(dict.fromkeys((pool.names[row], pool.names[column])))
        shown = found.meeting(pool.names, pool.actions, seen, standing)
        return (*shown, *found.policies(names, memory_one_tables(pool)))

    def known_result(self, config: TournamentConfig) -> KnownResult:
        """Tit-for-tat against the defector."""
        return KnownResult(
            "Mean payoffs of ten rounds of tit-for-tat and the defector in Axelrod's dilemma, and the defector's "
            "against itself.",
            "by hand: 0 + 9 · 1, 5 + 9 · 1, and 1",
            [0.9, 1.4, 1.0],
            first_round_payoffs,
        )


def played(config: TournamentConfig, streams: Streams, t: int) -> Any:
    """The matches of a repetition."""
    from primordia.games.tournaments import foreign, round_robin

    pool = pool_of(config)
    if pool.foreign is None:
        weights = ({},) * len(pool.policies)
        key = streams.key("matches", t)
        return round_robin.play(
            pool.environment, pool.policies, weights, key, n_games=config.n_games, noise=config.noise
        )
    shape = (len(pool.names), len(pool.names), config.n_games, 1 + 6 * config.n_rounds)
    words = streams.integers("matches", t, int(np.prod(shape)), 2**32).astype(np.uint32).reshape(shape)
    players = [foreign.PolicyPlayer(policy, {}) for policy in pool.policies]
    return foreign.play(pool.foreign, players, words, n_rounds=config.n_rounds, noise=config.noise)


def meetings(config: TournamentConfig, streams: Streams, t: int) -> Floats:
    """1 where a pair's matches count in a repetition, axes [player, co-player]."""
    n = len(pool_of(config).names)
    if config.meetings == "round-robin":
        return np.ones((n, n))
    order = np.argsort(streams.integers("pairs", t, n, 2**62), kind="stable")
    met = np.zeros((n, n))
    met[order[::2], order[1::2]] = met[order[1::2], order[::2]] = 1.0
    return met


def evolved(
    config: TournamentConfig, payoffs: Floats, shares: Floats, streams: Streams, stream: str, t: int, n: int
) -> Floats:
    """Shares over n generations, the ones given first; axes [generation, player]."""
    from primordia.games.tournaments import evolution

    trail = [shares]
    if config.ecology == "moran" and n:
        size = config.population
        draws = streams.integers(stream, t, n * size * 4, 2**52).reshape(n, size, 4) / 2.0**52
        counts = np.rint(shares * size).astype(np.int64)
        for events in draws:
            counts = evolution.moran(counts, payoffs, events, intensity=config.intensity, mutation=config.mutation)
            trail.append(counts / size)
    for _ in range(0 if config.ecology == "moran" else n):
        if config.ecology == "replicator":
            trail.append(evolution.flow(trail[-1], payoffs))
        else:
            trail.append(evolution.generation(trail[-1], payoffs, config.mutation))
    return np.stack(trail)


def first_round_payoffs() -> list[float]:
    """What `known_result` asks of a round robin."""
    config = TournamentConfig(players="tit-for-tat,defector", n_rounds=10)
    from primordia.games.tournaments import round_robin

    paid = round_robin.payoff_matrix(played(config, Streams(0), 0))
    return [round(float(paid[row, column]), 6) for row, column in ((0, 1), (1, 0), (1, 1))]
