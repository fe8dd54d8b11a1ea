"""Plans of sweeps: which cells a design has, and that a cell keeps its number for ever."""

import dataclasses
import itertools
import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import qmc

from primordia.core import config as configs
from primordia.core.errors import BadInputError, ConfigError, RunFolderError
from primordia.engine.sweeps import asked, axes, designs
from primordia.engine.sweeps import plan as plans
from primordia.engine.sweeps.asked import Asked
from primordia.engine.sweeps.cells import Budget
from primordia.engine.sweeps.designs import Design
from walk import Walk, WalkConfig

FIELDS = configs.fields(WalkConfig)
LISTED = {
    "p_move": st.lists(st.sampled_from([0, 0.1, 0.25, "0.5", 1.0]), min_size=1, unique_by=float),
    "n_sites": st.lists(st.sampled_from([8, 16, "32", 64]), min_size=1, unique_by=int),
    "rule": st.lists(st.sampled_from(["drift", "diffuse"]), min_size=1, unique=True),
}
RANGED = {
    "p_move": st.sampled_from(["0..1", "log:0.001..0.5", "0.25,0.75"]),
    "n_walkers": st.sampled_from(["2..4096", "log:2..4096", "3.0e2..500", "4,8"]),
    "n_sites": st.sampled_from(["8..4096", "log:16..64"]),
    "microseconds": st.sampled_from(["0..7", "log:1..1000"]),
}
GRIDS = st.fixed_dictionaries({}, optional=LISTED)
SEEDS = st.lists(st.integers(0, 40), min_size=1, max_size=6, unique=True)


def plan_of(**asked_for):
    return asked.plan_of(Walk(), Asked(**asked_for), address="walk:Walk")


def configs_of(plan):
    return [plans.config_of(plan, cell) for cell in plan.cells]


@given(GRIDS, SEEDS)
@settings(max_examples=20, deadline=None)
def test_a_grid_is_the_product_of_its_lists_and_seeds_with_the_seeds_innermost(listed, seeds):
    plan = plan_of(settings=listed, seeds=seeds)
    read = [[configs.read(FIELDS[key], value) for value in values] for key, values in listed.items()]
    wanted = [(*values, seed) for values in itertools.product(*read) for seed in seeds]
    assert [(*(config[key] for key in listed), config["seed"]) for config in configs_of(plan)] == wanted
    assert [cell.index for cell in plan.cells] == list(range(len(wanted)))
    assert [cell.point for cell in plan.cells] == [index // len(seeds) for index in range(len(wanted))]
    assert plan.axes == tuple(key for key, values in listed.items() if len(values) > 1)


@given(st.fixed_dictionaries({}, optional=RANGED), st.sampled_from(["random", "sobol"]), st.integers(0, 2**63 - 1))
@settings(max_examples=20, deadline=None)
def test_every_drawn_cell_is_allowed_and_within_its_ranges(ranged, kind, design_seed):
    ranged = {"n_sites": "8..64", **ranged}
    plan = plan_of(settings=ranged, seeds="0:2", design=kind, samples=9, design_seed=design_seed)
    for config in configs_of(plan):
        configs.from_dict(WalkConfig, config)
        for key, text in ranged.items():
            axis = axes.read(FIELDS[key], text)
            assert axis.low <= config[key] <= axis.high if axis.is_range else config[key] in axis.values
    assert all(len(list(cells)) == 2 for _, cells in itertools.groupby(plan.cells, key=lambda cell: cell.point))


@pytest.mark.parametrize("kind", ["random", "sobol"])
def test_more_samples_keep_the_first_ones(kind):
    ranged = {"p_move": "log:1e-3..1", "microseconds": "0..1000000"}
    few, many = (plan_of(settings=ranged, design=kind, samples=n, design_seed=5).cells for n in (5, 21))
    assert many[:5] == few
    assert len(many) == 21


def test_a_random_axis_depends_on_its_name_and_the_seed_alone():
    one = plan_of(settings={"p_move": "0..1"}, design="random", samples=4)
    two = plan_of(settings={"n_sites": "8..64", "p_move": "0..1"}, design="random", samples=4)
    other = plan_of(settings={"p_move": "0..1"}, design="random", samples=4, design_seed=1)
    drawn = [[config["p_move"] for config in configs_of(plan)] for plan in (one, two, other)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_a_sobol_design_is_that_of_scipy():
    plan = plan_of(settings={"p_move": "0..0.5", "microseconds": "0..9"}, design="sobol", samples=11, design_seed=7)
    points = qmc.Sobol(2, scramble=True, rng=7).random_base2(4)[:11]
    assert [config["p_move"] for config in configs_of(plan)] == [0.5 * u for u, _ in points.tolist()]
    assert [config["microseconds"] for config in configs_of(plan)] == [math.floor(10 * v) for _, v in points.tolist()]


@pytest.mark.parametrize(
    ("key", "text", "share"),
    [
        ("p_move", "log:0.0001..1", lambda values: sum(value < 0.01 for value in values)),
        ("microseconds", "log:1..1000000", lambda values: sum(value < 1000 for value in values)),
        ("n_sites", "8..4096", lambda values: sum(value < 181 for value in values)),
        ("n_walkers", "2..100", lambda values: sum(value <= 50 for value in values)),
    ],
)
def test_half_of_the_draws_lie_below_the_middle(key, text, share):
    values = [axes.read(FIELDS[key], text).at(FIELDS[key], (index + 0.5) / 1000) for index in range(1000)]
    assert abs(share(values) - 500) <= 10
    assert values == sorted(values)


def test_whole_numbers_of_a_range_are_equally_likely_with_both_ends():
    drawn = [axes.read(FIELDS["n_walkers"], "4..12").at(FIELDS["n_walkers"], index / 500) for index in range(500)]
    assert {value: drawn.count(value) for value in drawn} == {4: 100, 6: 100, 8: 100, 10: 100, 12: 100}


@given(SEEDS)
@settings(max_examples=20, deadline=None)
def test_seeds_are_said_as_they_are_read(seeds):
    assert designs.read_seeds(designs.said(seeds)) == tuple(seeds)


def test_a_range_over_listed_numbers_is_refused():
    field = configs.Field("n_bits", int, False, 8, configs.Spec("bits", choices=(8, 16)))
    assert axes.read(field, "8,16").values == (8, 16)
    with pytest.raises(ConfigError, match=r"n_bits=8..16 is a range, but not every number in it is allowed; list"):
        axes.read(field, "8..16")


def test_seeds_as_people_write_them():
    assert designs.read_seeds("0:64") == tuple(range(64))
    assert designs.read_seeds("0, 3,5:7") == (0, 3, 5, 6)
    assert designs.read_seeds(7) == designs.read_seeds("7") == designs.read_seeds([7]) == (7,)
    assert plan_of(repeats=3).digest == plan_of(seeds="0:3").digest == plan_of(settings={"seed": "0,1,2"}).digest
    assert [cell.seed for cell in plan_of().cells] == [0]
    assert [cell.seed for cell in plan_of(settings={"seed": "9"}).cells] == [9]


def test_one_value_is_a_setting_of_all_cells_and_no_axis():
    plan = plan_of(settings={"p_move": "0.25", "rule": "drift"}, preset="small", schedule={"steps": "80"})
    assert (plan.config["p_move"], plan.config["rule"], plan.axes) == (0.25, "drift", ())
    assert (plan.schedule["steps"], plan.schedule["every"], plan.slug) == (80, 4, "small")


@given(GRIDS, SEEDS, GRIDS, SEEDS)
@settings(max_examples=20, deadline=None)
def test_the_same_words_make_the_same_plan_and_others_another(listed, seeds, others, other_seeds):
    one, again, two = (
        plan_of(settings=listed, seeds=seeds),
        plan_of(settings=json.loads(json.dumps(listed)), seeds=designs.said(seeds)),
        plan_of(settings=others, seeds=other_seeds),
    )
    assert one == again
    assert one.digest == again.digest
    alike = one.design == two.design and one.config == two.config
    assert (one.digest == two.digest) == alike == (plans.difference(one, two) == "")


@given(GRIDS, SEEDS, st.sampled_from([Budget(), Budget(2.5, 512)]))
@settings(max_examples=20, deadline=None)
def test_a_plan_survives_its_file(listed, seeds, budget):
    plan = plan_of(settings=listed, seeds=seeds, cell_seconds=budget.seconds, cell_memory=budget.mebibytes)
    assert plans.from_json(json.loads(plans.text(plan)), "plan.json") == plan
    assert plan.budget == budget


@given(GRIDS, SEEDS, st.lists(st.tuples(GRIDS, st.none() | SEEDS), max_size=3))
@settings(max_examples=20, deadline=None)
def test_what_is_added_neither_doubles_a_cell_nor_renumbers_one(listed, seeds, additions):
    plan = plan_of(settings=listed, seeds=seeds)
    first = plan.digest
    for more, with_seeds in additions:
        if not more and with_seeds is None:
            continue
        before = plan
        plan = plans.extended(plan, Walk(), asked.further(Walk(), plan, Asked(settings=more, seeds=with_seeds)))
        assert plan.cells[: len(before.cells)] == before.cells
        for seed in with_seeds or seeds:
            assert any(cell.seed == seed for cell in plan.cells)
    found = [json.dumps(config, sort_keys=True) for config in configs_of(plan)]
    assert len(set(found)) == len(found)
    assert [cell.index for cell in plan.cells] == list(range(len(found)))
    points = {cell.point: {**plans.config_of(plan, cell), "seed": None} for cell in plan.cells}
    assert len(points) == len({json.dumps(point, sort_keys=True) for point in points.values()})
    assert all({**plans.config_of(plan, cell), "seed": None} == points[cell.point] for cell in plan.cells)
    assert plan.digest == first
    assert plans.from_json(json.loads(plans.text(plan)), "plan.json") == plan


def added(plan, **asked_for):
    more = plans.extended(plan, Walk(), asked.further(Walk(), plan, Asked(**asked_for)))
    return [
        {key: plans.config_of(more, cell)[key] for key in ("p_move", "n_sites", "seed")}
        for cell in more.cells[len(plan.cells) :]
    ], more


def test_seeds_are_added_to_every_point_and_values_with_all_seeds():
    plan = plan_of(settings={"p_move": "0.1,0.2"}, seeds="0:2")
    cells, plan = added(plan, settings={"p_move": "0.3"})
    assert cells == [{"p_move": 0.3, "n_sites": 64, "seed": seed} for seed in (0, 1)]
    cells, plan = added(plan, seeds="1:3")
    assert cells == [{"p_move": p, "n_sites": 64, "seed": 2} for p in (0.1, 0.2, 0.3)]
    cells, plan = added(plan, settings={"n_sites": "128"})
    assert cells == [{"p_move": p, "n_sites": 128, "seed": s} for p in (0.1, 0.2, 0.3) for s in (0, 1, 2)]
    assert plan.axes == ("p_move", "n_sites")


def test_more_samples_are_added_behind_the_first():
    plan = plan_of(settings={"p_move": "0..1"}, design="sobol", samples=4)
    more = plans.extended(plan, Walk(), asked.further(Walk(), plan, Asked(samples=8)))
    whole = plan_of(settings={"p_move": "0..1"}, design="sobol", samples=8)
    assert more.cells == whole.cells


BAD = [
    ({"settings": {"p_moves": "0.1,0.2"}}, "There is no setting 'p_moves'; did you mean 'p_move'?"),
    ({"settings": {"steps": "10,20"}}, "steps is part of the schedule; give --steps 10,20."),
    ({"settings": {"p_move": "0,0.1,1.5"}}, "p_move=1.5 is out of range: it must be from 0 to 1; the nearest is 1."),
    ({"settings": {"p_move": "0.1,,0.2"}}, "p_move= is not a number"),
    ({"settings": {"p_move": "0.1,0.10"}}, "p_move=0.1 stands twice in its list; leave one out."),
    ({"settings": {"p_move": []}}, "p_move has an empty list of values"),
    ({"settings": {"n_sites": "64,100"}}, "n_sites=100 is out of range: it must be a power of two"),
    ({"settings": {"rule": "drift,difuse"}}, "it must be one of drift, diffuse; the nearest is diffuse"),
    ({"settings": {"p_move": "0..1"}}, "p_move=0.0..1.0 is a range, and a grid needs listed values; list them, or"),
    ({"settings": {"p_move": "0..1"}, "design": "random"}, "A random design needs to know how many points to draw"),
    ({"settings": {"p_move": "0.1,0.2"}, "samples": 4}, "samples=4 is for --design random and sobol"),
    ({"settings": {"p_move": "0.5"}, "design": "sobol", "samples": 4}, "A sobol design has nothing to draw"),
    ({"settings": {"p_move": "1..0"}, "design": "random", "samples": 4}, "p_move=1..0 is no range: 1.0 is not below"),
    ({"settings": {"p_move": "0..2"}, "design": "random", "samples": 4}, "p_move=2.0 is out of range"),
    ({"settings": {"p_move": "log:0..1"}, "design": "random", "samples": 4}, "p_move=log:0..1 has no logarithm at 0"),
    ({"settings": {"rule": "drift..diffuse"}, "design": "random", "samples": 4}, "rule is not a number; list its"),
    ({"settings": {"p_move": "0.1,0.2"}, "design": "gird"}, "There is no design 'gird'; did you mean 'grid'?"),
    ({"seeds": "0-64"}, "seeds=0-64 cannot be read; write FROM:TO as in 0:64"),
    ({"seeds": "64:0"}, "seeds=64:0 holds no seed: 0 is not above 64"),
    ({"seeds": "0:4,3"}, "seeds=0:4,3 names 3 twice"),
    ({"seeds": True}, "seeds=True cannot be read"),
    ({"seeds": "0:1000000000000"}, "are more than 100,000 seeds"),
    ({"seeds": str(2**63)}, "seed=9223372036854775808 is out of range"),
    ({"seeds": "0:4", "repeats": 4}, "Seeds are given twice: --seeds 0:4 and --repeats 4; leave one out."),
    ({"settings": {"seed": "0..9"}}, "seed=0..9 would draw seeds; give --seeds FROM:TO"),
    ({"repeats": 0}, "repeats=0 is out of range: it must be from 1 to 100000; the nearest is 1."),
    ({"settings": {"microseconds": list(range(1000))}, "repeats": 101}, "has 101,000 cells; a sweep has at most"),
    ({"cell_seconds": "0"}, "cell-seconds=0.0 is out of range"),
    ({"cell_memory": "1.5"}, "cell-memory=1.5 is not a whole number"),
    ({"preset": "smal"}, "There is no preset 'smal'; did you mean 'small'?"),
    ({"schedule": {"stop": "haf"}}, "There is no transition 'haf'; did you mean 'half'?"),
    ({"schedule": {"steps": "0"}}, "steps=0 is out of range"),
]


@pytest.mark.parametrize(("asked_for", "sentence"), BAD, ids=lambda value: str(value)[:50])
def test_what_cannot_be_planned_is_refused_with_the_value_named(asked_for, sentence):
    with pytest.raises(BadInputError) as caught:
        plan_of(**asked_for)
    assert sentence in str(caught.value)


def test_nothing_to_add_is_refused():
    with pytest.raises(ConfigError, match="Nothing is asked to be added; give --seeds"):
        asked.further(Walk(), plan_of(), Asked())


def test_a_budget_must_allow_something():
    with pytest.raises(ConfigError, match="cell-seconds=-1 is out of range"):
        plans.make(Walk(), Design(), budget=Budget(seconds=-1))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda told: [], "does not state its format"),
        (lambda told: {**told, "format": 2}, "from a newer primordia"),
        (lambda told: {**told, "config": {**told["config"], "p_move": 0.9}}, "was altered"),
        (lambda told: {**told, "schedule": {**told["schedule"], "steps": 9}}, "was altered"),
        (lambda told: {**told, "cells": told["cells"][1:]}, "was altered"),
        (lambda told: {**told, "cells": [{**told["cells"][0], "settings": {"seed": 9}}]}, "was altered"),
        (lambda told: {**told, "cells": [{"index": 0}]}, "lacks or garbles something"),
        (lambda told: {**told, "design": {**told["design"], "seeds": "x"}}, "lacks or garbles something"),
        (lambda told: {key: told[key] for key in told if key != "budget"}, "lacks or garbles something"),
    ],
)
def test_a_damaged_plan_is_refused(change, sentence):
    told = json.loads(plans.text(plan_of(settings={"p_move": "0.1,0.2"}, seeds="0:2")))
    with pytest.raises(RunFolderError, match=sentence):
        plans.from_json(change(told), "plan.json")


def test_neither_the_budget_nor_what_was_added_makes_another_sweep():
    plan = plan_of(seeds="0:2")
    more = plans.extended(plan, Walk(), [Design(seeds=(5,))])
    assert len(more.cells) == 3
    assert dataclasses.replace(more, budget=Budget(3.0)).digest == plan.digest
