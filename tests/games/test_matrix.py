"""Matrix games against published tables, the plain referee, and the checks that every environment owes."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles import plain_matrix
from primordia.core.errors import ConfigError, ContractError, UnknownNameError
from primordia.games.environments import payoffs, table
from primordia.games.environments.checks import CHECKS, checks, played
from primordia.games.environments.environment import Environment, Step
from primordia.games.environments.matrix import MatrixGame
from primordia.games.environments.public_goods import PublicGoods

PUBLISHED = {
    "matrix_pd": ("openspiel-dilemma", [[5, 0], [10, 1]], [[5, 10], [0, 1]]),
    "matrix_sh": ("stag-hunt", [[2, 0], [1, 1]], [[2, 1], [0, 1]]),
    "matrix_mp": ("matching-pennies", [[1, -1], [-1, 1]], [[-1, 1], [1, -1]]),
    "matrix_rps": (
        "rock-paper-scissors", [[0, -1, 1], [1, 0, -1], [-1, 1, 0]], [[0, 1, -1], [-1, 0, 1], [1, -1, 0]]
    ),
    "matrix_bos": ("battle-of-the-sexes", [[3, 0], [0, 2]], [[2, 0], [0, 3]]),
    "matrix_coordination": ("coordination", [[1, 0], [0, 1]], [[1, 0], [0, 1]]),
    "matrix_shapleys_game": ("shapley", [[0, 0, 1], [1, 0, 0], [0, 1, 0]], [[0, 1, 0], [0, 0, 1], [1, 0, 0]]),
}  # fmt: skip
"""As OpenSpiel 2.0.2 prints its tables: name -> (ours, row player, column player)."""


@pytest.mark.parametrize("published", PUBLISHED)
def test_named_games_pay_as_openspiel_prints(published):
    ours, row, column = PUBLISHED[published]
    assert np.array_equal(table.make(ours).payoffs, [row, column])


def test_chicken_is_openspiels_with_its_actions_the_other_way_round():
    row, column = np.asarray([[0, 4], [1, 3]]), np.asarray([[0, 1], [4, 3]])
    assert np.array_equal(table.make("chicken").payoffs, [row[::-1, ::-1], column[::-1, ::-1]])


@pytest.mark.parametrize(
    ("convention", "expected"),
    [("coala", (1, -1, 2, 0)), ("lola", (-1, -3, 0, -2)), ("mupi", (2, 0, 3, 1)), ("axelrod", (3, 0, 5, 1))],
)
def test_every_convention_of_the_dilemma(convention, expected):
    first, second = payoffs.CONVENTIONS[convention].table()
    assert (first[0][0], first[0][1], first[1][0], first[1][1]) == expected
    assert np.array_equal(second, np.transpose(first))


def test_payoffs_convert_where_games_are_the_same_up_to_a_constant():
    assert payoffs.convert(-1.06, "lola") == pytest.approx(0.94)
    assert payoffs.convert(1.0, "coala", "mupi") == 2.0
    with pytest.raises(Exception, match="'axelrod' has no counterpart in 'coala'"):
        payoffs.convert(3.0, "axelrod")
    with pytest.raises(UnknownNameError, match="did you mean 'lola'"):
        payoffs.convert(3.0, "lolla")


GAME = MatrixGame(payoffs.zero_sum([[0, -1, 1.5], [1, 0, -1], [-1, 2, 0]]), 5, ("a", "b", "c"))
GOODS = PublicGoods(n_agents=3, factor=1.5, contribution=2.0, n_steps=4)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=15, max_size=15))
def test_matrix_games_are_those_of_the_plain_referee(moves):
    actions = np.asarray(moves, np.int32).reshape(3, 5, 2)
    found = played(GAME, actions, np.zeros((3, 0), np.uint32))
    for game in range(3):
        paid, seen = plain_matrix.play(GAME.payoffs, actions[game].tolist())
        assert np.array_equal(found.steps.payoffs[game], np.asarray(paid, np.float32))
        shown = [[plain_matrix.one_hot(own, 3) for own in row] for row in seen]
        assert np.array_equal(found.steps.observations[game], shown)
        assert np.array_equal(found.begun[1][game], [plain_matrix.one_hot(None, 3)] * 2)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(0, 1), min_size=36, max_size=36))
def test_public_goods_are_those_of_the_plain_referee(moves):
    actions = np.asarray(moves, np.int32).reshape(3, 4, 3)
    found = played(GOODS, actions, np.zeros((3, 0), np.uint32))
    for game in range(3):
        paid = plain_matrix.public_goods(actions[game].tolist(), GOODS.contribution, GOODS.factor)
        assert np.allclose(found.steps.payoffs[game], paid, atol=1e-6)
        shown = [plain_matrix.public_seen(row) for row in actions[game].tolist()]
        assert np.array_equal(found.steps.observations[game], shown)


def test_public_goods_of_two_are_a_prisoners_dilemma():
    goods = PublicGoods(n_agents=2, factor=1.5, n_steps=1)
    state, _ = goods.reset(jnp.zeros(0, jnp.uint32))
    paid = [
        float(goods.step(state, jnp.asarray([own, other]), jnp.zeros(0, jnp.uint32)).payoffs[0])
        for own in (0, 1)
        for other in (0, 1)
    ]
    reward, sucker, temptation, punishment = paid
    assert temptation > reward > punishment > sucker
    assert paid == [0.5, -0.25, 0.75, 0.0]


SMALL = {name: table.make(name, n_steps=3) for name in ("chicken", "shapley", "public-goods")}


@pytest.mark.parametrize("name", SMALL)
def test_environments_keep_what_they_owe(name):
    for check in checks(SMALL[name]):
        check.run()


@dataclasses.dataclass(frozen=True)
class Broken(Environment):
    """An environment with one chosen fault."""

    fault: str = ""
    n_steps: int = 3
    name: ClassVar[str] = "broken"
    events: ClassVar[dict[str, str]] = {}
    n_agents: ClassVar[int] = 2
    n_observed: ClassVar[int] = 1
    n_draws: ClassVar[int] = 0
    n_reset_draws: ClassVar[int] = 0
    palette: ClassVar[Any] = MatrixGame().palette

    @property
    def actions(self):
        return ("a", "a") if self.fault == "declared" else ("a", "b")

    def reset(self, draws):
        return jnp.zeros((), jnp.int32), jnp.zeros((2, 1))

    def step(self, state, actions, draws):
        paid = jnp.where(actions == 1, jnp.nan, 0.0) if self.fault == "payoffs_finite" else jnp.zeros(2)
        seen = jnp.zeros((2, 2 if self.fault == "shapes" else 1))
        last = 2 if self.fault == "done_at_the_end" else 3
        return Step(state + 1, seen, paid.astype(jnp.float32), state + 1 >= last, {})

    def frame(self, state):
        return np.full((1, 1), 7 if self.fault == "frames_in_the_palette" else 0, np.uint8)


FAULTS = ("declared", "shapes", "payoffs_finite", "done_at_the_end", "frames_in_the_palette")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_by_its_check_alone(fault):
    failed = []
    for check in checks(Broken(fault)):
        try:
            check.run()
        except ContractError:
            failed.append(check.name)
    assert failed == [fault]
    assert {*FAULTS, "same_words_same_bits"} == {check.__name__ for check in CHECKS}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            lambda: payoffs.symmetric([[1, 2], [3]]),
            "payoffs of a symmetric game have 2 rows of 2, 1 numbers; .* square",
        ),
        (lambda: MatrixGame([[1, 2], [3, 4]]), "table is 2 x 2; for 2 actions it must be 2 x 2 x 2 .*symmetric"),
        (lambda: MatrixGame([[[1, 2], [3]], [[1, 2], [3, 4]]]), "table is ragged"),
        (lambda: MatrixGame(actions=("x", "y", "z")), "table is 2 x 2 x 2; for 3 actions it must be 2 x 3 x 3"),
        (
            lambda: MatrixGame([[[1, 2], [3, float("nan")]], [[1, 2], [3, 4]]]),
            r"payoff of agent 0 for \(defect, defect\) is nan; allowed: finite",
        ),
        (lambda: MatrixGame(n_steps=0), "has 0 rounds; it must be a whole number from 1 on"),
        (lambda: MatrixGame(n_steps=1.5), "has 1.5 rounds; it must be a whole number"),
        (lambda: MatrixGame(actions=("x", "x")), "each with its own name"),
        (lambda: PublicGoods(n_agents=1), "has 1 agents; it must have 2 or more"),
        (lambda: PublicGoods(factor=float("inf")), "The factor of a public-goods game is inf"),
        (lambda: table.make("[[1, 2], [3]]"), "payoffs of a symmetric game have 2 rows of 2, 1 numbers"),
        (lambda: table.make("[[[1, 2], [3, 4]]]"), "table is 1 x 2 x 2; for 2 actions it must be 2 x 2 x 2"),
        (lambda: table.make('[["x", 2], [3, 4]]'), "cannot be read .*; allowed: lists of numbers, such as"),
        (lambda: table.make("[1, 2]"), "The payoff table .* cannot be read"),
        (lambda: table.make("[]"), "The payoff table .* cannot be read"),
        (lambda: table.make("[[3, 0], [5, 1]"), "The payoff table .* cannot be read"),
        (lambda: table.make("stag-hnt"), "did you mean 'stag-hunt'"),
        (lambda: table.make("stag-hunt", n_step=2), "did you mean 'n_steps'"),
    ],
)
def test_bad_games_get_a_sentence(wrong, said):
    with pytest.raises((ConfigError, UnknownNameError), match=said):
        wrong()


def test_a_table_that_is_typed_in_is_the_game_of_that_table():
    assert table.make("[[3, 0], [5, 1]]").payoffs == table.make("axelrod").payoffs
    assert table.make("[[[3, 0], [5, 1]], [[3, 5], [0, 1]]]", n_steps=7) == MatrixGame(table.make("axelrod").payoffs, 7)
    assert table.make("[[0, -1, 1], [1, 0, -1], [-1, 1, 0]]").actions == ("action-0", "action-1", "action-2")
