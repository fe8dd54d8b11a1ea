"""Views of games under the glass: whose number lies under a pixel, what it gets, and policies planted by hand."""

from __future__ import annotations

import math

import jax
import numpy as np
import pytest

from primordia.core import config as configs
from primordia.core import findings, inspection, interventions, registry, tree
from primordia.core.errors import BadInputError, ConfigError
from primordia.core.findings import Graph, Matrix, Table
from primordia.core.inspection import Specimen
from primordia.core.streams import Streams
from primordia.games import pictures
from primordia.games.environments.payoffs import PRISONERS_DILEMMA
from primordia.games.exact.memory_one import values
from primordia.games.experiments import coplayer_rows, embedded_pictures, lola_findings
from primordia.games.experiments import memory_one_looks as looks
from primordia.games.experiments.coala_ipd_judging import method
from primordia.games.experiments.lola import arms
from primordia.games.tournaments import ratings

STREAMS = Streams(0)
SOME = {
    "games/lola": {"look_aheads": "1,2"},
    "games/coala-ipd": {},
    "games/tournament": {},
    "games/embedded-agents": {"n_horizons": 2},
    "games/coplayer-inference": {},
    "games/coala-cleanup": {},
}
COSTLY = ("games/coala-cleanup", "games/coala-ipd", "games/coplayer-inference")


def begun(name, steps=2, **changed):
    experiment = registry.load(name)
    config = configs.from_dict(experiment.Config, {**experiment.presets["small"].config, **changed})
    state = experiment.init(config, STREAMS)
    if steps:
        state, _ = experiment.advance(config, state, STREAMS, 0, steps)
    return experiment, config, state


def test_marks_travel_through_layouts():
    cells = pictures.heat([[0.0, 1.0], [0.5, np.nan]], 0, 1)
    laid_out = pictures.stack(
        [pictures.letters("AB"), pictures.enlarge(pictures.marked(cells, 10), 2, 3), pictures.marked(cells, 20)]
    )
    plain = pictures.stack([pictures.letters("AB"), pictures.enlarge(cells, 2, 3), cells])
    np.testing.assert_array_equal(pictures.seen(laid_out), plain)
    assert pictures.seen(laid_out).dtype == np.uint8
    top = pictures.TALL + 3
    assert [pictures.number_at(laid_out, top, column) for column in (0, 2, 3, 5, 6)] == [10, 10, 11, 11, None]
    assert pictures.number_at(laid_out, top + 3, 3) == 13
    assert pictures.number_at(laid_out, top + 8, 1) == 23
    assert pictures.number_at(laid_out, 0, 1) is None
    assert pictures.number_at(laid_out, -1, 0) is pictures.number_at(laid_out, 10**6, 0) is None


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name in COSTLY else ()) for name in SOME]
)
def test_every_view_of_games_can_be_asked_what_stands_where(name):
    experiment, config, state = begun(name, **SOME[name])
    for view, declared in experiment.views.items():
        drawn, answered = declared.pixels(config, state, view), 0
        rng = np.random.default_rng(0)
        for row, column in zip(*(rng.integers(0, size, 30) for size in drawn.shape), strict=True):
            found = experiment.inspect(config, state, STREAMS, 2, view, int(row), int(column))
            assert all(inspection.fault(experiment.interventions, one) is None for one in found)
            if found:
                here = found[0]
                assert isinstance(here, Table)
                assert drawn[row, column] in shades(name, view, dict(here.rows), drawn, row, column)
                answered += 1
        assert answered > 3
        assert experiment.inspect(config, state, STREAMS, 2, view, *drawn.shape) == ()


def shades(name, view, said, drawn, row, column):
    """The colours that what is said of a pixel allows there."""
    chance = next((said[key] for key in said if "cooperation" in key and isinstance(said[key], float)), None)
    if name in ("games/lola", "games/coala-ipd"):
        return pictures.heat([[chance]], 0, 1)
    if name == "games/coplayer-inference":
        return [round(chance * (coplayer_rows.N_SHADES - 1))]
    if name == "games/coala-cleanup":
        return pictures.heat([[said["share of all steps there"]]], 0, 0.25)
    if view == "outcomes":
        return ["CDC".index(said["the agent played"][-1]) * 2 + "CD".index(said["the other played"][-1])]
    if view == "phases":
        rounds = [said["first cooperation"], said["first cooperation by formula"]]
        return [embedded_pictures.NEVER if isinstance(one, str) else min(one, 5) for one in rounds]
    return [drawn[row, column]]


def test_a_policy_is_met_with_its_pair_and_its_payoffs():
    experiment, config, state = begun("games/lola")
    laid_out, cells = lola_findings.sheet(arms(config, state))
    assert len({*cells}) == len(cells) == 2 * config.n_replicas * 2 * 5
    wanted = lola_findings.Cell(1, 2, 1, 3)
    row, column = np.argwhere(laid_out // pictures.MARK == 1 + cells.index(wanted))[7]
    here, pair, gets, specimen = experiment.inspect(config, state, STREAMS, 2, "policies", int(row), int(column))
    said, ahead = dict(here.rows), arms(config, state)[1]
    assert (said["learners"], said["pair"], said["agent"], said["situation"]) == ("K 1", 3, 2, "DC")
    assert said["probability of cooperation"] == ahead.policies[2, 1, 3]
    assert said["payoff per round"] == ahead.rewards[2, 1]
    np.testing.assert_array_equal(pair.values, ahead.policies[2, ::-1])
    assert dict((who, own) for who, own, _ in gets.rows)["the other of its pair"] == pytest.approx(
        ahead.rewards[2, 1], abs=1e-5
    )
    assert isinstance(specimen, Specimen)
    # What is kept and planted again is the same policy.
    arguments = interventions.arguments(
        experiment.interventions, "set-policy", {**specimen.arguments, "learners": 1, "pair": 4, "agent": 1}
    )
    after = experiment.interventions["set-policy"].apply(config, state, STREAMS, 2, arguments)
    planted = arms(config, after)
    np.testing.assert_allclose(planted[0].policies[3, 0], ahead.policies[2, 1], atol=looks.SURE)
    np.testing.assert_array_equal(planted[1].policies, ahead.policies)
    np.testing.assert_array_equal(planted[0].policies[:3], arms(config, state)[0].policies[:3])
    moved, _ = experiment.advance(config, after, STREAMS, 2, 1)
    shapes = [{path: (leaf.shape, leaf.dtype) for path, leaf in tree.to_arrays(one).items()} for one in (state, moved)]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("name", ["games/lola", "games/coala-ipd"])
def test_planting_refuses_whom_there_is_not(name):
    experiment, config, state = begun(name, steps=0)
    planting = experiment.interventions["set-policy"]
    for values_given in ({"pair": config.n_replicas + 1}, {"learners": 9}):
        arguments = interventions.arguments(experiment.interventions, "set-policy", values_given)
        with pytest.raises(BadInputError, match="the nearest is"):
            planting.apply(config, state, STREAMS, 0, arguments)
    with pytest.raises(ConfigError, match="strategy"):
        interventions.arguments(experiment.interventions, "set-policy", {"strategy": "tit for two tats"})


def test_a_policy_planted_among_learning_aware_agents_plays():
    experiment, config, state = begun("games/coala-ipd", steps=0)
    arguments = interventions.arguments(
        experiment.interventions, "set-policy", {"learners": 2, "pair": 1, "agent": 2, "strategy": "always defect"}
    )
    after = experiment.interventions["set-policy"].apply(config, state, STREAMS, 0, arguments)
    before, tables = (method(config).probabilities(config, one) for one in (state, after))
    np.testing.assert_allclose(tables[1, 0, 1], looks.SURE, rtol=1e-4)
    tables[1, 0, 1] = before[1, 0, 1]
    np.testing.assert_array_equal(tables, before)


def test_agents_without_tables_are_not_planted_in():
    experiment = registry.load("games/coala-ipd")
    config = configs.from_dict(experiment.Config, experiment.presets["sampled"].config)
    with pytest.raises(BadInputError, match="method=analytic"):
        experiment.interventions["set-policy"].apply(config, None, STREAMS, 0, looks.Planting())


def test_payoffs_among_policies_are_those_of_exact_play():
    rng = np.random.default_rng(0)
    policies = {name: rng.uniform(size=5) for name in "abc"}
    payoffs = looks.payoffs_among(policies, 0.9, PRISONERS_DILEMMA)
    for row, one in enumerate(policies.values()):
        for column, other in enumerate(policies.values()):
            wanted = jax.jit(values, static_argnums=2)(one, other, 0.9)[0]
            assert payoffs[row, column] == pytest.approx(float(wanted), abs=1e-5)
    assert looks.scale_of(PRISONERS_DILEMMA) == (-1.0, 2.0)


def test_arrows_lead_from_who_takes_to_who_gives():
    payoffs = np.array([[1.0, 2.0, 0.5], [-1.0, 0.0, 0.5], [0.5, 0.5, np.nan]])
    graph = looks.who_takes_from_whom("Who", ("a", "b", "c"), payoffs, 0.5)
    assert [(edge.source, edge.target, edge.weight) for edge in graph.edges] == [("a", "b", 3.0)]
    assert [node.kind for node in graph.nodes] == [0, 1, 2]
    assert findings.fault(graph) is None


def test_a_tournament_draws_the_chain_of_alpha_rank():
    experiment, config, state = begun("games/tournament", players="tit-for-tat,defector,cooperator,random")
    found = {one.title: one for one in experiment.findings(config, state, STREAMS, 2)}
    matrix, graph = found["Payoffs of each (row) from each (column)"], found["Who takes over from whom"]
    assert isinstance(matrix, Matrix)
    assert isinstance(graph, Graph)
    means = state.payoffs / state.met
    names = ["tit-for-tat", "defector", "cooperator", "random"]
    order = [names.index(name) for name in matrix.rows]
    np.testing.assert_array_equal(matrix.values, means[np.ix_(order, order)])
    size, strength = config.population, config.intensity
    for edge in graph.edges:
        here, there = names.index(edge.source), names.index(edge.target)
        u = strength * (means[there, here] - means[here, there])
        assert u > 0
        takes_over = (1 - math.exp(-u)) / (1 - math.exp(-size * u))
        assert edge.weight == pytest.approx(takes_over * size, rel=1e-5)
    assert ("cooperator", "defector") in {(edge.source, edge.target) for edge in graph.edges}
    assert ("defector", "cooperator") not in {(edge.source, edge.target) for edge in graph.edges}
    assert ratings.alpha_rank([means], alpha=strength, population=size).shape == (4,)
    tables = found["Probability of cooperation of players with a memory of one round"]
    assert dict(zip(tables.rows, tables.values.tolist(), strict=True))["tit-for-tat"] == [1, 1, 0, 1, 0]


def test_who_meets_whom_is_told_with_their_last_match():
    experiment, config, state = begun("games/tournament", players="tit-for-tat,defector,random", n_rounds=4)
    here, both, last, tables = experiment.inspect(config, state, STREAMS, 2, "payoffs", 0, 1)
    said = dict(here.rows)
    assert (said["the row's player"], said["the column's player"]) == ("tit-for-tat", "defector")
    assert said["payoff per round of tit-for-tat"] == state.payoffs[0, 1] / state.met[0, 1]
    assert last.text.splitlines() == ["tit-for-tat  CDDD", "defector     DDDD"]
    assert dict((what, (one, other)) for what, one, other in both.rows)["share of the action cooperate"] == (0.25, 0)
    assert tables.rows == ("tit-for-tat", "defector")
    fresh = experiment.init(config, STREAMS)
    assert len(experiment.inspect(config, fresh, STREAMS, 0, "payoffs", 0, 1)) == 2
    assert experiment.inspect(config, fresh, STREAMS, 0, "payoffs", 3, 0) == ()


@pytest.mark.parametrize(("n_phases", "t"), [(5, 3), (60, 60), (600, 5), (601, 333), (90, 90), (90, 95)])
def test_a_row_of_phases_says_which_phase_it_shows(n_phases, t):
    experiment = registry.load("games/coplayer-inference")
    config = configs.from_dict(experiment.Config, {**experiment.presets["small"].config, "n_phases": n_phases})
    shown, whole = {}, coplayer_rows.nothing_yet(config)
    for phase in range(t):
        before = whole
        whole = coplayer_rows.note(
            config, whole, [np.full(config.n_rounds, (phase + 1) / 1000)] * len(config.arms), phase
        )
        (line,) = {int(place) for place in np.argwhere((whole != before).any((0, 2)))[:, 0]}
        shown[line] = phase + 1
    assert {line: coplayer_rows.phase_of(config, line, t) for line in shown} == shown


def test_twins_believe_what_the_state_says():
    experiment, config, state = begun("games/embedded-agents", steps=4)
    (matrix,) = (one for one in experiment.findings(config, state, STREAMS, 4) if isinstance(one, Matrix))
    np.testing.assert_array_equal(matrix.values, state.cells.p_copy[3, 0, 0])
    assert matrix.values.shape == (config.n_masses, config.n_alphas)
