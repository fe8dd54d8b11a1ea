"""The sequence model, planning inside it, and the actor with a critic, against loops and closed forms."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from primordia.core.errors import ConfigError
from primordia.games.prediction import a2c, pool, ppi
from primordia.games.prediction.meetings import Meetings
from primordia.games.prediction.model import Model

MODEL = Model(4, 3)
WEIGHTS = jax.jit(MODEL.weights)(jax.random.key(0))


def plain_losses(weights, own, other, names):
    """One episode, element by element, in 64 bits."""
    w = {name: np.asarray(one, np.float64) for name, one in weights.items()}

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    def hear(state, element):
        seen, kept = np.split(element @ w["into"] + w["bias"], 3), np.split(state @ w["within"], 3)
        reset, update = sigmoid(seen[0] + kept[0]), sigmoid(seen[1] + kept[1])
        return update * state + (1 - update) * np.tanh(seen[2] + reset * kept[2])

    def read(state, name):
        return (state * sigmoid(state)) @ w[f"to_{name}"] + w[f"at_{name}"]

    def nats(logits, chosen):
        return np.log(np.exp(logits).sum()) - logits[chosen]

    state = hear(np.zeros(MODEL.n_units), names @ w["name"])
    state = hear(hear(state, w["observation"][0]), 0 * w["payoff"][0])
    found = np.zeros(3)
    for mine, theirs in zip(own, other, strict=True):
        seen = 1 + 2 * mine + theirs
        paid = {1: 1.0, 2: -1.0, 3: 2.0, 4: 0.0}[seen]
        found[2] += nats(read(state, "action"), mine)
        state = hear(state, w["action"][mine])
        found[0] += nats(read(state, "observation"), seen)
        state = hear(state, w["observation"][seen])
        found[1] += (read(state, "payoff")[0] - paid) ** 2
        state = hear(state, paid * w["payoff"][0])
    return found / len(own)


def test_losses_are_those_of_a_stream_heard_element_by_element():
    generator = np.random.Generator(np.random.Philox(1))
    own, other = generator.integers(0, 2, (2, 4, 5))
    names = generator.normal(size=(4, 5))
    found = jax.jit(MODEL.losses)(WEIGHTS, jnp.asarray(own), jnp.asarray(other), jnp.asarray(names, jnp.float32))
    wanted = np.mean([plain_losses(WEIGHTS, *one) for one in zip(own, other, names, strict=True)], axis=0)
    assert np.asarray(found) == pytest.approx(wanted, abs=1e-5)


def told(outcome):
    """A model without memory that is sure of the opponent, plays both actions alike and knows the payoffs."""
    weights = {name: jnp.zeros_like(one) for name, one in WEIGHTS.items()}
    at = np.full(5, -50.0)
    at[[1 + outcome, 3 + outcome]] = 0.0
    return {**weights, "at_observation": jnp.asarray(at, jnp.float32), "at_payoff": jnp.asarray([0.5])}


def test_rollouts_of_a_model_without_memory_are_worth_its_payoff_for_each_round_ahead():
    state = jnp.zeros((2, MODEL.n_units))
    found = ppi.foresee(jax.random.key(1), told(1), state, MODEL, ppi.Planning(2, 3))
    assert np.asarray(found) == pytest.approx(np.full((2, 2), 1.5))


def test_partners_meet_each_other_and_nobody_else():
    for shared in (Meetings(16, "mixed"), Meetings(16, "identified"), Meetings(6, "learners-only")):
        met = np.asarray(shared.partners())
        assert np.array_equal(met[met], np.arange(shared.n_rows))
        assert np.array_equal(met == np.arange(shared.n_rows), np.arange(shared.n_rows) < shared.n_pool)


def test_names_say_who_is_met_only_where_they_should():
    for kind in ("mixed", "identified"):
        opponents = Meetings(8, kind).opponents(jax.random.key(2))
        names = np.asarray(opponents.names)
        assert (names[4:] == 0).all()
        assert (names[:4] != 0).any() == (kind == "identified")
    assert np.exp(names[:4]) == pytest.approx(np.maximum(np.asarray(opponents.tables[:4]), 1e-3), abs=1e-6)


def test_a_row_plays_the_table_it_was_given_and_sees_its_partner_mirrored():
    shared = Meetings(8, "mixed")
    opponents = shared.opponents(jax.random.key(3))
    sure = opponents._replace(tables=jnp.tile(jnp.asarray(pool.FIXED["tit for tat"]), (8, 1)))
    actions = jnp.asarray([0, 1, 0, 1, 0, 1, 1, 0])
    # What tit for tat does in answer to CC, CD, DC, DD, seen from the learner's side.
    found = shared.replies(jax.random.key(4), sure, jnp.asarray([1, 2, 3, 4, 0, 0, 0, 0]), actions)
    assert found.tolist() == [0, 0, 1, 1, 1, 0, 0, 1]


def test_played_pairs_are_each_others_mirror():
    """Sizes are those of the preset for checks, so that one compilation serves both."""
    shared = Meetings(8, "mixed")
    played = ppi.play(
        jax.random.key(6), WEIGHTS, shared.opponents(jax.random.key(7)), jnp.float32(100.0), meetings=shared,
        model=MODEL, planning=ppi.Planning(2, 2), n_rounds=3,
    )  # fmt: skip
    own, other = np.asarray(played.episodes.own), np.asarray(played.episodes.other)
    assert np.array_equal(own[4:], other[np.asarray(shared.partners())[4:]])


def test_training_learns_what_everybody_does():
    held = ppi.Episodes(jnp.ones((84, 3), jnp.uint8), jnp.ones((84, 3), jnp.uint8), jnp.zeros((84, 5)))
    trained = ppi.train(jax.random.key(5), held, jnp.int32(40), model=MODEL, recipe=ppi.Recipe(0.05, 4, 100))
    assert bool(trained.finite)
    assert max(float(one) for one in trained.losses) < 0.1


@pytest.mark.slow
def test_weights_that_leave_the_numbers_with_the_last_update_are_told():
    held = ppi.Episodes(jnp.ones((84, 3), jnp.uint8), jnp.ones((84, 3), jnp.uint8), jnp.zeros((84, 5)))
    trained = ppi.train(jax.random.key(5), held, jnp.int32(4), model=MODEL, recipe=ppi.Recipe(3e38, 4, 1, 10.0))
    assert not np.isfinite(np.asarray(trained.weights["into"])).all()
    assert np.isfinite(np.asarray(trained.losses)).all()
    assert not bool(trained.finite)


def test_the_actor_learns_to_defect_on_those_who_cannot_answer():
    """Against the pool alone nearly all there is to learn is to defect; some updates already lean towards it."""
    recipe, shared = a2c.Recipe(learning_rate=0.05, entropy=0.0, rescale=0.1), Meetings(64, "mixed")
    learner = a2c.begin(jax.random.key(8), n_units=4, recipe=recipe)
    for place in range(12):
        key = jax.random.fold_in(jax.random.key(9), place)
        after = a2c.update(key, learner, meetings=shared, recipe=recipe, n_units=4, n_rounds=4)
        if place == 0:
            assert float(after.entropy) == pytest.approx(np.log(2), abs=1e-5)
            assert bool(after.finite)
        learner = after.learner
    assert float(np.asarray(after.episodes.own).mean()) > 0.6


@pytest.mark.parametrize(("n", "kind"), [(6, "mixed"), (2, "identified"), (3, "learners-only")])
def test_rows_that_cannot_be_paired_are_refused(n, kind):
    with pytest.raises(ConfigError, match=f"n_episodes={n} cannot be shared out"):
        Meetings(n, kind)
