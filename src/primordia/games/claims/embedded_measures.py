"""What the claims about embedded agents measure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from primordia.core.claims import Measurement

Setup = Mapping[str, Any]


def switches(mass: float, alpha: float, n_rounds: int) -> tuple[int, int, bool, float]:
    """Twins of example 4.13: the switch by formula and as played, whether they stay, the distance from a tie."""
    from primordia.games.embedded import machines, priors, switching, twins
    from primordia.games.embedded.belief import Mixture
    from primordia.games.embedded.planning import Planner

    hypotheses = machines.delays(n_rounds + 1)
    prior = priors.with_defector(hypotheses, priors.over_delays(n_rounds + 1), np.array([mass]))
    masses = switching.defecting_mass(hypotheses, prior, n_rounds)
    expected = int(switching.switch_rounds(masses, np.array([alpha]))[0])
    played = twins.play(Mixture(hypotheses, 1e-6, "shared"), Planner(1), prior, np.array([alpha]), n_rounds).text()
    margin = float(abs(alpha - masses / (1 + masses)).min())
    first = played.find("C")
    return expected, first, "D" not in played[max(first, 0) :] or first < 0, margin


def switch_times(setup: Setup) -> Measurement:
    """Cells, of those at no tie, in which play differs from the formula or twins fall back."""
    found = {}
    for mass in setup["masses"]:
        for alpha in setup["alphas"]:
            found[f"d {mass:g}, alpha {alpha:g}"] = switches(mass, alpha, setup["rounds"])
    ties = [name for name, cell in found.items() if cell[3] < 1e-9]
    wrong = [name for name, cell in found.items() if name not in ties and (cell[0] != cell[1] or not cell[2])]
    return Measurement(
        len(wrong),
        f"{len(found)} cells, {len(ties)} at an exact tie",
        {"differ": wrong, "ties": ties, "switches": {name: list(cell[:2]) for name, cell in found.items()}},
    )


def _losses(setup: Setup, place: int) -> Any:
    from primordia.core.streams import Streams
    from primordia.games.embedded.coupling import losses

    n = setup["n_policies"]
    draws = (Streams(setup["seed"]).integers("universe", place, 4 * n + n * n, 98) + 1) / 100
    weights = draws[4 * n :].reshape(n, n)
    return losses(
        draws[: 2 * n].reshape(n, 2), draws[2 * n : 4 * n].reshape(n, 2), weights / weights.sum(), setup["rounds"]
    )


def prediction_gap(setup: Setup) -> Measurement:
    """The largest difference between the weighted gap of losses and KL(rho || rho_d)."""
    found = [_losses(setup, place) for place in range(setup["classes"])]
    return Measurement(
        max(abs(one.gap - one.divergence) for one in found),
        "over all classes",
        {
            "gap": [one.gap for one in found],
            "KL(rho || rho_d)": [one.divergence for one in found],
            "KL(rho_d || rho), as printed": [one.reversed for one in found],
        },
    )


def solomonoff_bound(setup: Setup) -> Measurement:
    """The largest of L_n(rho, lambda) + log w(lambda), which must not pass 0."""
    found = [_losses(setup, place) for place in range(setup["classes"])]
    return Measurement(
        max(float((one.coupled - one.bound).max()) for one in found),
        "over all classes and universes, in nats",
        {"least gap": min(one.gap for one in found)},
    )


def circle(setup: Setup) -> Measurement:
    """The largest distance of matching pennies from 1/2 in the second half of the iterations."""
    from primordia.games.embedded import reflection

    n = setup["iterations"]
    course = abs(reflection.averaged(reflection.MATCHING_PENNIES, n) - 0.5).max(-1)
    radii = {f"{n // share} iterations": float(course[n // share // 2 : n // share + 1].max()) for share in (20, 4, 1)}
    return Measurement(float(course[n // 2 :].max()), "it shrinks as one over the root of their number", radii)


def fixed_points(setup: Setup) -> Measurement:
    """The largest distance from 1/2 among the liar and both players of matching pennies."""
    from primordia.games.embedded import reflection

    ends = {
        name: reflection.averaged(programs, setup["iterations"])[-1].tolist()
        for name, programs in (("liar", reflection.LIAR), ("matching pennies", reflection.MATCHING_PENNIES))
    }
    return Measurement(max(abs(value - 0.5) for values in ends.values() for value in values), "after averaging", ends)


def without_coins(setup: Setup) -> Measurement:
    """Consistent predictions of 0 and 1 only, for the liar and matching pennies together."""
    from primordia.games.embedded import reflection

    liar, pennies, coordination = (
        len(reflection.certain_answers(programs))
        for programs in (reflection.LIAR, reflection.MATCHING_PENNIES, reflection.COORDINATION)
    )
    return Measurement(liar + pennies, f"by trying all; coordination, which has some, has {coordination}")


def memory_one_twins(setup: Setup, change: str = "") -> dict[str, str]:
    """What twins play over the 32 memory-one policies, by "horizon, alpha"; with the class changed as said."""
    from primordia.games.embedded import machines, twins
    from primordia.games.embedded.belief import Mixture
    from primordia.games.embedded.planning import Planner

    trembles = "shared" if change == "shared" else "own"
    found = {}
    for horizon in setup["horizons"]:
        for alpha in setup["alphas"]:
            mixture = Mixture(machines.memory_one(), setup["floor"], trembles)
            if change == "closed":
                mixture = twins.closed(mixture, setup["rounds"])
            match = twins.enlarged(mixture, Planner(horizon), alpha, setup["rounds"], int(change == "realised"))[-1]
            found[f"H {horizon}, alpha {alpha:g}"] = match.text()
    return found


def decoupled_defects(setup: Setup) -> Measurement:
    """Rounds of cooperation between decoupled agents."""
    found = memory_one_twins(setup)
    return Measurement(sum(text.count("C") for text in found.values()), "all horizons", {"play": found})


def opens(setup: Setup) -> Measurement:
    """The share of weights of copies from 0.6 on at which myopic embedded twins open with cooperation."""
    found = memory_one_twins(setup)
    return Measurement(
        float(np.mean([text.startswith("C") for text in found.values()])), "all weights", {"play": found}
    )


def cooperation_late(setup: Setup) -> Measurement:
    """The least share of cooperation after the first two rounds, over all weights of copies."""
    found = memory_one_twins(setup, setup.get("change", ""))
    return Measurement(
        min(text[2:].count("C") / len(text[2:]) for text in found.values()), "the least of all", {"play": found}
    )


def effective_alphas(setup: Setup) -> Measurement:
    """The weight of copies that Occam's prior over Moore machines gives."""
    from primordia.games.embedded import priors

    total = priors.kraft(priors.bits(setup["states"], setup["bits_per_state"]))
    return Measurement(priors.effective_alpha(total), f"S = {total:.6g}", {"S": total})


def occam_cooperates(setup: Setup) -> Measurement:
    """The share of cooperation of twins under Occam's prior, the least of two codes."""
    from primordia.games.embedded import machines, priors, twins
    from primordia.games.embedded.belief import Mixture
    from primordia.games.embedded.planning import Planner

    found = {}
    for per_state in setup["bits_per_state"]:
        lengths = priors.bits(setup["states"], per_state)
        alpha = priors.effective_alpha(priors.kraft(lengths))
        mixture = Mixture(machines.moore(setup["states"]), 1e-3, setup["trembles"])
        match = twins.play(mixture, Planner(1), priors.occam(lengths)[None], np.array([alpha]), setup["rounds"])
        found[f"{per_state:g} bits per state"] = match.text()
    return Measurement(
        min(text.count("C") / len(text) for text in found.values()), "the least of the codes", {"play": found}
    )


def dogma_lasts(setup: Setup) -> Measurement:
    """The share of deterministic profiles that nobody leaves."""
    from primordia.games.embedded.dogma import never_deviates
    from primordia.games.embedded.machines import memory_one

    shares = {
        f"{p_dogma:g}": float(never_deviates(memory_one(), setup["rounds"], setup["horizon"], p_dogma).mean())
        for p_dogma in setup["p_dogma"]
    }
    return Measurement(shares["1"], "1024 profiles of memory-one policies", {"by belief in the dogma": shares})


def sampling_escapes(setup: Setup) -> Measurement:
    """The share of Thompson samplers that leave a dogma they hold for nearly certain."""
    from primordia.core.streams import Streams
    from primordia.games.embedded import dogma

    n, n_rounds = setup["agents"], setup["rounds"]
    draws = (Streams(setup["seed"]).integers("sampler", 0, n * n_rounds, 2**53) / 2**53).reshape(n, n_rounds)
    free, hell = (dogma.thompson(draws, setup["p_dogma"], where) for where in (False, True))
    return Measurement(
        float((free.left < n_rounds).mean()),
        f"expected 1 - {setup['p_dogma']:g}^{n_rounds} = {1 - setup['p_dogma'] ** n_rounds:.4f}",
        {"payoff": float(free.payoff.mean()), "payoff in hell": float(hell.payoff.mean()), "payoff of staying": 1.0},
    )


def _worth(setup: Setup) -> Any:
    """The setting, the cells at their end, and the regret per round, axes [kind, horizon, mass, alpha]."""
    from primordia.core import config as configs
    from primordia.core.streams import Streams
    from primordia.games.embedded.cells import regrets
    from primordia.games.experiments.embedded_agents import EmbeddedAgents, EmbeddedConfig, setting

    config = configs.from_dict(EmbeddedConfig, setup["config"])
    experiment = EmbeddedAgents()
    streams = Streams(config.seed)
    state = experiment.init(config, streams)
    state, _ = experiment.advance(config, state, streams, 0, config.n_rounds)
    missed = regrets(setting(config), state.cells, config.n_rounds)[-1] / config.n_rounds
    return setting(config), state.cells, missed


def gain_with_twins(setup: Setup) -> Measurement:
    """Regret per round that being embedded saves with a twin."""
    embedded, decoupled, _, _ = _worth(setup)[2]
    return _difference(decoupled - embedded)


def loss_with_strangers(setup: Setup) -> Measurement:
    """Payoff that being embedded costs in a whole match with a stranger that always defects."""
    shared, cells, (_, _, embedded, decoupled) = _worth(setup)
    machines = shared.mixture.machines
    defects = (machines.actions == 1).all(-1)[cells.strangers]
    everyone = {"embedded": float(embedded.mean()), "decoupled": float(decoupled.mean())}
    lost = (embedded - decoupled)[:, defects] * len(cells.joint)
    return _difference(lost, {"regret per round with all strangers": everyone})


def _difference(by_cell: Any, also: Mapping[str, Any] | None = None) -> Measurement:
    low, middle, high = np.quantile(by_cell, (0.25, 0.5, 0.75)).tolist()
    return Measurement(
        float(by_cell.mean()),
        f"mean over {by_cell.size} cells; quartiles {low:.3f}, {middle:.3f}, {high:.3f}",
        {
            "share of cells above 0": float((by_cell > 0).mean()),
            "share below 0": float((by_cell < 0).mean()),
            **(also or {}),
        },
    )
