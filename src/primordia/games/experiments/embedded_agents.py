"""Agents that are part of the universe they reason about: twins, strangers and what an action is evidence of."""

from __future__ import annotations

import dataclasses
import functools
from typing import Annotated, Any, ClassVar, NamedTuple, final

import numpy as np
import numpy.typing as npt

from primordia.core.config import Spec
from primordia.core.errors import ConfigError
from primordia.core.experiment import Experiment, KnownResult, Paper, Preset
from primordia.core.findings import Finding
from primordia.core.inspection import Inspected
from primordia.core.metrics import Metric, Row, Transition
from primordia.core.streams import Streams
from primordia.core.views import View
from primordia.games.claims.embedded_agents import CLAIMS
from primordia.games.experiments import embedded_pictures as pictures

PAPER = "arXiv 2511.22226"
DRAWS = 2**53
"""Whole numbers below this are doubles exactly."""
MOST_BELIEFS = 5 * 10**7
"""Policies that all agents together weigh, at most: two gigabytes of beliefs."""
BYTES_EACH = 40
"""Three weights and two places for each of them."""


@final
@dataclasses.dataclass(frozen=True)
class EmbeddedConfig:
    """Settings of many matches of embedded agents."""

    seed: Annotated[int, Spec("the number that the strangers are drawn from", ge=0, le=2**64 - 1, source="ours")] = 0
    policies: Annotated[
        str,
        Spec(
            "the hypotheses: delays before cooperating, deterministic memory-one policies, or Moore machines",
            choices=("delays", "memory-one", "machines"),
            source=f"delays: {PAPER}, example 4.13; the others: ours",
        ),
    ] = "delays"
    n_states: Annotated[
        int, Spec("states of the largest machine, if policies are machines", "states", ge=1, le=3, source="ours")
    ] = 2
    bits_per_state: Annotated[
        float,
        Spec("bits that tell a machine's size, for each state; more leave less mass to all", "bits", ge=0.5, le=16.0,
             source="ours"),
    ] = 1.0  # fmt: skip
    trembles: Annotated[
        str,
        Spec("whether a copy makes its mistakes with the agent or on its own", choices=("shared", "own"),
             source="ours: the paper asks for a grain of uncertainty and leaves open whose"),
    ] = "shared"  # fmt: skip
    floor: Annotated[
        float,
        Spec("probability of the action that a policy does not mean", "probability", ge=1e-9, le=0.1, source="ours"),
    ] = 1e-3
    n_alphas: Annotated[int, Spec("weights of copies, evenly spaced", "cells", ge=1, le=200, source="ours")] = 32
    alpha_low: Annotated[
        float, Spec("the least prior weight of copies, alpha", "probability", ge=0.0, le=1.0, source="ours")
    ] = 0.02
    alpha_high: Annotated[
        float, Spec("the greatest prior weight of copies, alpha", "probability", ge=0.0, le=0.999, source="ours")
    ] = 0.64
    n_masses: Annotated[
        int, Spec("masses on always defecting, evenly spaced from 0", "cells", ge=1, le=200, source="ours")
    ] = 20
    mass_high: Annotated[
        float, Spec("the greatest extra mass on always defecting, d", "probability", ge=0.0, le=1.0, source="ours")
    ] = 0.57
    n_horizons: Annotated[
        int, Spec("horizons: agents look 1 to so many rounds ahead", "rounds", ge=1, le=4, source="ours")
    ] = 1
    n_best: Annotated[
        int,
        Spec("rounds that agents mean to choose themselves, k; the self-model chooses the rest; 0: all",
             "rounds", ge=0, le=4, source=f"{PAPER}, section 3: k-step planners; 0 is the embedded best response"),
    ] = 0  # fmt: skip
    discount: Annotated[
        float, Spec("weight of a round over the one before it, within the horizon", ge=0.0, le=1.0, source="ours")
    ] = 1.0
    n_rounds: Annotated[int, Spec("rounds of every match", "rounds", ge=1, le=500, source="ours")] = 30


class EmbeddedState(NamedTuple):
    """All matches (`embedded.cells.Cells`) after some rounds."""

    cells: Any


@functools.lru_cache(maxsize=8)
def setting(config: EmbeddedConfig) -> Any:
    """What the matches of a configuration share.

    Raises:
        ConfigError: alpha_low lies above alpha_high, or there are more beliefs than fit into memory.
    """
    from primordia.games.embedded import machines, priors
    from primordia.games.embedded.belief import Mixture
    from primordia.games.embedded.cells import Setting
    from primordia.games.embedded.planning import Planner

    if config.alpha_low > config.alpha_high:
        raise ConfigError(
            f"alpha_low={config.alpha_low:g} lies above alpha_high={config.alpha_high:g}; allowed: at most that; the "
            f"nearest is {config.alpha_high:g}."
        )
    if config.policies == "delays":
        longest = config.n_rounds + config.n_horizons
        hypotheses, prior = machines.delays(longest), priors.over_delays(longest)
    elif config.policies == "memory-one":
        hypotheses = machines.memory_one()
        prior = np.full(len(hypotheses), 1 / len(hypotheses))
    else:
        hypotheses = machines.moore(config.n_states)
        prior = priors.occam(priors.bits(config.n_states, config.bits_per_state))
    _check_room(config, len(hypotheses))
    masses = np.linspace(0, config.mass_high, config.n_masses)
    return Setting(
        Mixture(hypotheses, config.floor, config.trembles),
        priors.with_defector(hypotheses, prior, masses),
        np.linspace(config.alpha_low, config.alpha_high, config.n_alphas),
        tuple(
            Planner(horizon, min(config.n_best, horizon) or None, config.discount)
            for horizon in range(1, config.n_horizons + 1)
        ),
    )


def _check_room(config: EmbeddedConfig, n_policies: int) -> None:
    from primordia.games.embedded.cells import SEATS

    n_cells = config.n_alphas * config.n_masses
    each = len(SEATS) * config.n_horizons * n_policies
    if n_cells * each > MOST_BELIEFS:
        raise ConfigError(
            f"n_alphas={config.n_alphas} times n_masses={config.n_masses} cells with {n_policies} policies and "
            f"n_horizons={config.n_horizons} are beliefs of {n_cells * each * BYTES_EACH / 1e9:.0f} GB; allowed: at "
            f"most {MOST_BELIEFS * BYTES_EACH / 1e9:g} GB, here {max(1, MOST_BELIEFS // each)} cells."
        )


def predicted(config: EmbeddedConfig) -> npt.NDArray[np.int64]:
    """The round from which myopic twins cooperate, by formula, axes [mass, alpha]; -1: not within the run."""
    from primordia.games.embedded.switching import defecting_mass, switch_rounds

    shared = setting(config)
    mass = defecting_mass(shared.mixture.machines, shared.priors, config.n_rounds)
    rows = [switch_rounds(np.tile(row, (len(shared.alphas), 1)), shared.alphas) for row in mass]
    return np.array(rows)


def draw_outcomes(config: EmbeddedConfig, state: EmbeddedState) -> npt.NDArray[np.uint8]:
    """The view "outcomes": the last round that was played."""
    played = (state.cells.joint[:, 0, 0, 0, 0] >= 0).sum()
    return pictures.outcomes(state.cells.joint[max(0, int(played) - 1)])


def draw_phases(config: EmbeddedConfig, state: EmbeddedState) -> npt.NDArray[np.uint8]:
    """The view "phases": the first cooperation of myopic embedded twins, played and predicted."""
    from primordia.games.embedded.cells import first_cooperation

    return pictures.switches([first_cooperation(state.cells)[0, 0], predicted(config)])


def _quartiles(prefix: str, unit: str, direction: Any, meaning: str) -> dict[str, Metric]:
    return {
        prefix: Metric(unit, direction, f"{meaning}: the median over cells."),
        f"{prefix}_low": Metric(unit, direction, f"{meaning}: the lower quartile."),
        f"{prefix}_high": Metric(unit, direction, f"{meaning}: the upper quartile."),
    }


METRICS = {
    "joint_payoff": Metric("payoff", "up", "Mean of the first players' payoffs in this round, over all matches."),
    "twin_cooperation": Metric("share", "up", "Cells in which embedded twins cooperated in the last round."),
    "decoupled_cooperation": Metric("share", "up", "Cells in which decoupled twins did, who take alpha for 0."),
    "stranger_cooperation": Metric("share", "none", "Cells in which the embedded agent cooperated with a stranger."),
    "ever_cooperated": Metric("share", "up", "Cells in which embedded twins have cooperated at least once."),
    "switch_agreement": Metric(
        "share", "up", "Cells of myopic embedded twins whose first cooperation so far is where the formula has it."
    ),
    **_quartiles("twin_belief", "probability", "none", "P(copy) of embedded twins before the last round"),
    **_quartiles("stranger_belief", "probability", "none", "P(copy) of embedded agents that meet a stranger"),
    **_quartiles("twin_payoff", "payoff", "up", "Payoff per round of embedded twins"),
    **_quartiles("twin_regret", "payoff", "down", "Missed per round by embedded twins, against R in every round"),
    "decoupled_twin_regret": Metric("payoff", "down", "The same of decoupled twins: the median over cells."),
    **_quartiles(
        "stranger_regret", "payoff", "down", "Missed per round with a stranger, against the best response to it"
    ),
    "decoupled_stranger_regret": Metric("payoff", "down", "The same of decoupled agents: the median over cells."),
    "always_defect": Metric("payoff", "none", "P, what twins earn per round that always defect."),
}  # fmt: skip
PRESETS = {
    "small": Preset(
        "A few cells and ten rounds: for checks.",
        {"n_alphas": 4, "alpha_low": 0.1, "n_masses": 3, "n_rounds": 10},
        {"steps": 10, "every": 2},
    ),
    "demo": Preset(
        "Weights of copies by masses on always defecting: twins begin to cooperate where the formula says, and "
        "decoupled agents never do. Seconds.",
        {"floor": 1e-6},
        {"steps": 30, "every": 1},
    ),
    "twins": Preset(
        "The 32 memory-one policies, which hold no policy like the agents' own, and copies that tremble alone: "
        "cooperation comes and goes in cycles.",
        {"policies": "memory-one", "trembles": "own", "n_horizons": 2, "alpha_high": 0.98},
        {"steps": 30, "every": 1},
    ),
    "machines": Preset(
        "All 66 Moore machines of up to two states under Occam's prior.",
        {"policies": "machines", "n_horizons": 2, "alpha_high": 0.98, "n_masses": 12},
        {"steps": 30, "every": 1},
    ),
    "similarity": Preset(
        "What it is worth to be embedded, with twins and with strangers, over horizons of 1 to 3 rounds. Seconds.",
        {"policies": "memory-one", "n_horizons": 3, "n_masses": 8, "alpha_low": 0.0, "alpha_high": 0.96,
         "n_alphas": 25},
        {"steps": 30, "every": 1},
    ),
    "paper": Preset(
        "Example 4.13 on a fine grid: 100 weights of copies by 50 masses on always defecting, 60 rounds.",
        {"n_alphas": 100, "n_masses": 50, "n_rounds": 60, "floor": 1e-6, "mass_high": 0.98, "alpha_low": 0.01,
         "alpha_high": 0.6},
        {"steps": 60, "every": 2},
    ),
}  # fmt: skip
TRANSITIONS = {
    "cooperation": Transition(
        "twin_cooperation",
        0.5,
        "In half of the cells embedded twins cooperate (threshold ours).",
        before="most twins defect",
        after="most twins cooperate",
    )
}


@final
class EmbeddedAgents(Experiment[EmbeddedConfig, EmbeddedState]):
    """Bayesian agents whose own actions are evidence about the other, in the prisoner's dilemma."""

    name = "games/embedded-agents"
    version = 1
    step_word = "round"
    summary = "Agents that may be copies of each other cooperate, once their own defection is evidence of the other's."
    Config = EmbeddedConfig
    metrics = METRICS
    transitions = TRANSITIONS
    panels: ClassVar[dict[str, tuple[str, ...]]] = {
        "Cooperation": ("twin_cooperation", "decoupled_cooperation", "stranger_cooperation"),
        "P(copy)": ("twin_belief", "stranger_belief"),
        "Payoff of embedded twins": ("twin_payoff", "always_defect"),
        "Regret with twins": ("twin_regret", "decoupled_twin_regret"),
        "Regret with strangers": ("stranger_regret", "decoupled_stranger_regret"),
    }
    bands: ClassVar[dict[str, tuple[str, str]]] = {
        name: (f"{name}_low", f"{name}_high")
        for name in ("twin_belief", "stranger_belief", "twin_payoff", "twin_regret", "stranger_regret")
    }
    views: ClassVar[dict[str, View]] = {
        "phases": View(
            draw_phases,
            pictures.SWITCHES,
            "When myopic embedded twins began to cooperate: played (above) and by formula (below). Columns are alpha, "
            "the prior weight of copies, rows the mass on always defecting, from 0 at the top.",
        ),
        "outcomes": View(
            draw_outcomes,
            pictures.OUTCOMES,
            "The last round. Twins left, strangers right; embedded agents above, decoupled ones below; further "
            "horizons below them. Inside a tile columns are alpha, rows the mass on always defecting.",
        ),
    }
    presets = PRESETS
    claims = CLAIMS
    determinism = "bitwise-per-machine"
    source = Paper(
        title="Embedded universal predictive intelligence: a coherent framework for multi-agent learning",
        authors="A. Meulemans, R. Nasser, M. Wołczyk, M. A. Weis, S. Kobayashi, B. Richards, G. Lajoie, A. Steger, "
        "M. Hutter, J. Manyika, R. A. Saurous, J. Sacramento, B. Agüera y Arcas",
        year=2025,
        arxiv="2511.22226",
        how_we_differ="Finite analogues: classes of at most 5898 machines in place of all programs, exact Bayes in "
        "place of approximations, horizons of at most four rounds, and fixed points of a few programs in place of an "
        "oracle. Nothing here is universal, and no limit theorem can be run. The payoffs are the paper's less one.",
    )

    def init(self, config: EmbeddedConfig, streams: Streams) -> EmbeddedState:
        """Every agent at its prior; a stranger drawn for every cell."""
        from primordia.games.embedded.cells import opened

        draws = streams.integers("stranger", 0, config.n_masses * config.n_alphas, DRAWS) / DRAWS
        return EmbeddedState(opened(setting(config), draws.reshape(config.n_masses, -1), config.n_rounds))

    def step(self, config: EmbeddedConfig, state: EmbeddedState, streams: Streams, t: int) -> tuple[EmbeddedState, Row]:
        """One round of every match."""
        from primordia.games.embedded.cells import next_round, payoffs

        cells = next_round(setting(config), state.cells, t)
        paid = payoffs(setting(config), cells, min(t + 1, config.n_rounds))[-1]
        return EmbeddedState(cells), {"joint_payoff": float(paid.mean())}

    def measure(self, config: EmbeddedConfig, state: EmbeddedState, streams: Streams, t: int) -> Row:
        """Cooperation, beliefs and regrets, over cells."""
        from primordia.games.experiments.embedded_findings import measured

        return measured(config, state.cells, min(t, config.n_rounds))

    def finished(self, config: EmbeddedConfig, state: EmbeddedState, row: Row) -> str | None:
        """The matches are over."""
        over = int(state.cells.joint[-1, 0, 0, 0, 0]) >= 0
        return f"all {config.n_rounds} rounds are played" if over else None

    def findings(self, config: EmbeddedConfig, state: EmbeddedState, streams: Streams, t: int) -> tuple[Finding, ...]:
        """The phase diagram, courses of belief and regret, and the small experiments of the laboratory."""
        from primordia.games.experiments.embedded_findings import of_run
        from primordia.games.experiments.embedded_laboratory import tables

        n_played = min(t, config.n_rounds)
        return (of_run(config, state.cells, n_played) if n_played else ()) + tables()

    def inspect(
        self, config: EmbeddedConfig, state: EmbeddedState, streams: Streams, t: int, view: str, row: int, column: int
    ) -> tuple[Inspected, ...]:
        """Which match it is, what was played in it, and how belief and payoff went."""
        from primordia.games.experiments.embedded_looks import found_at

        return found_at(config, state.cells, view, row, column)

    def known_result(self, config: EmbeddedConfig) -> KnownResult:
        """The rounds in which twins begin to cooperate."""
        from primordia.games.claims.embedded_measures import switches

        return KnownResult(
            "Twins with a mass of 0.2 on always defecting switch at these rounds for alpha .1, .25, .34, .4, .51.",
            f"{PAPER}, example 4.13: the first k with alpha > m / (1 + m), m = d + (1 - d) / 2^k; -1 is never",
            [-1, 3, 2, 1, 0],
            lambda: [switches(0.2, alpha, 12)[0] for alpha in (0.1, 0.25, 0.34, 0.4, 0.51)],
        )
