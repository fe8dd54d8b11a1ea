"""Small experiments about embedded agents that need no run: each a table or a chart."""

from __future__ import annotations

import functools

import numpy as np

from primordia.core.findings import Chart, Finding, Table
from primordia.games.embedded import dogma, machines, priors, reflection, similarity, twins
from primordia.games.embedded.belief import Mixture
from primordia.games.embedded.planning import Planner

ALPHAS = (0.3, 0.6, 0.9)
N_ROUNDS = 24
N_ITERATIONS = 2000
DOGMAS = (1.0, 0.999, 0.9, 0.5, 0.0)


@functools.cache
def tables() -> tuple[Finding, ...]:
    """The same for every run; under a second, once in a process."""
    return grain_of_truth(), occam(), reflective(), dogmatic()


def grain_of_truth() -> Table:
    """M2: myopic twins whose class does not hold what they do, and four changes to it."""
    plain = Mixture(machines.memory_one(), 1e-3, "own")
    rows = []
    for alpha in ALPHAS:
        planner = Planner(1)
        enlarged = twins.enlarged(plain, planner, alpha, N_ROUNDS, 4)
        closed = twins.closed(plain, N_ROUNDS)
        shared = Mixture(machines.memory_one(), 1e-3, "shared")
        for name, match in (
            ("32 memory-one policies", enlarged[0]),
            ("and the realised policy", enlarged[1]),
            ("and so four times", enlarged[4]),
            ("and all that leave cooperation", twins.enlarged(closed, planner, alpha, N_ROUNDS, 0)[0]),
            ("copies tremble together", twins.enlarged(shared, planner, alpha, N_ROUNDS, 0)[0]),
        ):
            settled = int(twins.settled(match, 0.05)[0])
            rows.append((alpha, name, match.text(), settled if 0 <= settled <= N_ROUNDS // 2 else None))
    return Table(
        "Twins with and without a grain of truth",
        ("alpha", "class", "play", "equilibrium from round"),
        tuple(rows),
        "Equilibrium: from this round on, no later than the middle, every action is a best response and every "
        "forecast of the next round right to 0.05. A realised policy that is added explains one more round; "
        "cooperation lasts when every way to leave it is somebody's policy, or when a copy trembles with the agent.",
    )


def occam() -> Table:
    """M4: what Occam's prior makes of copies."""
    rows = []
    for n_states, per_state in ((1, 1.0), (2, 1.0), (3, 1.0), (3, 2.0)):
        lengths = priors.bits(n_states, per_state)
        total = priors.kraft(lengths)
        alpha = priors.effective_alpha(total)
        prior = priors.occam(lengths)
        mixture = Mixture(machines.moore(n_states), 1e-3, "shared")
        match = twins.play(mixture, Planner(1), prior[None], np.array([alpha]), 8)
        shared = round(similarity.of_copies(prior, alpha), 3)
        rows.append((n_states, per_state, len(lengths), round(total, 4), round(alpha, 4), shared, match.text()))
    return Table(
        "Occam's prior and copies",
        ("states", "bits per state", "machines", "Kraft sum S", "alpha = 1/(1+S)", "information (bits)", "play"),
        tuple(rows),
        "A pair of copies is described once, a pair of strangers twice; so copies weigh 1/(1+S). Information: between "
        "the policies of the two players.",
    )


def reflective() -> Chart:
    """M5: predictions of programs that ask about each other."""
    lines = {
        "the liar": reflection.averaged(reflection.LIAR, N_ITERATIONS)[:, 0],
        "matching pennies, first": reflection.averaged(reflection.MATCHING_PENNIES, N_ITERATIONS)[:, 0],
        "matching pennies, second": reflection.averaged(reflection.MATCHING_PENNIES, N_ITERATIONS)[:, 1],
        "coordination": reflection.averaged(reflection.COORDINATION, N_ITERATIONS)[:, 0],
        "the liar, damped": reflection.damped(reflection.LIAR, N_ITERATIONS, 0.1)[:, 0],
    }
    places = np.unique(np.geomspace(1, N_ITERATIONS, 160).astype(int))
    return Chart(
        "Programs that predict each other",
        "iteration",
        "predicted probability of output 1",
        {name: tuple((int(place), float(values[place])) for place in places) for name, values in lines.items()},
        "Averaged best responses come to rest at 1/2, where a coin is the only consistent answer; without coins the "
        "liar and matching pennies have none. Coordination has two, and keeps one.",
        log_x=True,
    )


def dogmatic() -> Table:
    """M6: who stays in its profile, and what it costs to look."""
    uniform_draws = (np.arange(400 * 20).reshape(400, 20) * 0.6180339887498949) % 1.0
    rows = []
    for p_dogma in DOGMAS:
        stays = dogma.never_deviates(machines.memory_one(), 20, 10, p_dogma).mean()
        free, hell = (dogma.thompson(uniform_draws, p_dogma, where) for where in (False, True))
        leaving = float((free.left < 20).mean())
        rows.append((p_dogma, float(stays), leaving, float(free.payoff.mean()), float(hell.payoff.mean())))
    return Table(
        "Dogmatic beliefs",
        ("belief in the dogma", "profiles that last", "samplers that leave", "their payoff", "their payoff in hell"),
        tuple(rows),
        "Dogma: whoever deviates gets the least payoff for ever. Profiles: all 1024 pairs of memory-one policies, 20 "
        "rounds, horizon 10. Samplers (Thompson) start in mutual cooperation, worth 1 a round, with a victim that "
        "always cooperates; in hell the dogma is true.",
    )
