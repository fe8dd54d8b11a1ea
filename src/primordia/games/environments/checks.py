"""What every environment owes, as named checks that a third party can run on its own.

A test of yours may read ``for check in checks(MyGame()): check.run()``.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, final

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, UInt32

from primordia.core.errors import ContractError
from primordia.core.views import View
from primordia.games.environments.environment import Environment, Step

N_GAMES = 3


class Played(NamedTuple):
    """Whole episodes of `N_GAMES` games: what each reset and each step gave.

    Args:
        begun: states and observations after the reset, first axis [game].
        steps: of every step, first axes [game, step].
    """

    begun: Any
    steps: Step


@final
@dataclasses.dataclass(frozen=True)
class Check:
    """One thing that an environment owes.

    Args:
        name: what it is called.
        environment: the environment that is held to it.
        judge: raises `ContractError` where it does not hold.
    """

    name: str
    environment: Environment
    judge: Callable[[Environment], None]

    def run(self) -> None:
        """Raise `ContractError` with what is wrong, or return."""
        self.judge(self.environment)


def checks(environment: Environment) -> Iterator[Check]:
    """Every check, for one environment. Cost: one compilation of an episode, and a few episodes."""
    for judge in CHECKS:
        yield Check(judge.__name__, environment, judge)


@functools.partial(jax.jit, static_argnames="environment")
def played(
    environment: Environment, actions: Int[Array, "game step agent"], words: UInt32[Array, "game draw"]
) -> Played:
    """Episodes with given actions; each game's words are those of its reset, then those of each of its steps."""

    def episode(actions: Array, words: Array) -> Played:
        begun = environment.reset(words[: environment.n_reset_draws])
        draws = words[environment.n_reset_draws :].reshape(actions.shape[0], environment.n_draws)

        def one(state: Any, given: tuple[Array, Array]) -> tuple[Any, Step]:
            step = environment.step(state, *given)
            return step.state, step

        return Played(begun, jax.lax.scan(one, begun[0], (actions, draws))[1])

    return jax.vmap(episode)(actions, words)


def _given(environment: Environment) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Actions and words for `played`: anything that does not change from one call to the next."""
    drawn = np.random.default_rng(2024)
    shape = (N_GAMES, environment.n_steps, environment.n_agents)
    n_words = environment.n_reset_draws + environment.n_steps * environment.n_draws
    actions = drawn.integers(0, len(environment.actions), shape, dtype=np.int32)
    return actions, drawn.integers(0, 2**32, (N_GAMES, n_words), dtype=np.uint32)


def _require(holds: bool, said: str) -> None:
    if not holds:
        raise ContractError(said)


def declared(environment: Environment) -> None:
    """Names and numbers are there, and equal settings are one environment."""
    for name in ("n_agents", "n_steps", "n_observed"):
        _require(getattr(environment, name) >= 1, f"{name} is {getattr(environment, name)}; it must be at least 1.")
    for name in ("n_draws", "n_reset_draws"):
        _require(getattr(environment, name) >= 0, f"{name} is {getattr(environment, name)}; it must be at least 0.")
    actions = environment.actions
    _require(len(set(actions)) == len(actions) >= 1, f"The actions are {actions}; each needs a name of its own.")
    _require(all(environment.events.values()), "An event lacks the sentence that says what it counts.")
    copy = dataclasses.replace(environment)  # type: ignore[type-var]
    _require(copy == environment and hash(copy) == hash(environment), "Two environments with equal settings differ.")


def shapes(environment: Environment) -> None:
    """Observations, payoffs, events and `done` have the declared shapes, and the state keeps its own."""
    words = (jax.ShapeDtypeStruct((n,), jnp.uint32) for n in (environment.n_reset_draws, environment.n_draws))
    state, seen = jax.eval_shape(environment.reset, next(words))
    actions = jax.ShapeDtypeStruct((environment.n_agents,), jnp.int32)
    step = jax.eval_shape(environment.step, state, actions, next(words))
    n_agents, n_observed = environment.n_agents, environment.n_observed
    expected = {"observations": ((n_agents, n_observed), "float32"), "payoffs": ((n_agents,), "float32")}
    expected |= {"done": ((), "bool"), "the first observations": ((n_agents, n_observed), "float32")}
    expected |= {f"the event {name}": ((n_agents,), "float32") for name in environment.events}
    _require(
        set(step.events) == set(environment.events),
        f"A step tells of the events {sorted(step.events)}; declared are {sorted(environment.events)}.",
    )
    found = {"observations": step.observations, "payoffs": step.payoffs, "done": step.done}
    found |= {"the first observations": seen, **{f"the event {name}": step.events[name] for name in step.events}}
    for name, (shape, dtype) in expected.items():
        is_so = found[name].shape == shape and str(found[name].dtype) == dtype
        said = f"{name} must be {dtype}{list(shape)}, not {found[name].dtype}{list(found[name].shape)}."
        _require(is_so, said[0].upper() + said[1:])
    kept = jax.tree.map(lambda leaf: (leaf.shape, str(leaf.dtype)), (state, step.state))
    _require(kept[0] == kept[1], f"A step changes the form of the state: {kept[0]} became {kept[1]}.")


def payoffs_finite(environment: Environment) -> None:
    """No payoff, observation or event is NaN or infinite, whatever legal actions are played."""
    actions, words = _given(environment)
    for same in (None, *range(len(environment.actions))):
        chosen = actions if same is None else np.full_like(actions, same)
        steps = played(environment, chosen, words).steps
        for name, numbers in (("payoffs", steps.payoffs), ("observations", steps.observations), *steps.events.items()):
            bad = np.argwhere(~np.isfinite(np.asarray(numbers)))
            _require(not len(bad), f"The {name} of step {bad[0][1] if len(bad) else 0} are not finite.")


def done_at_the_end(environment: Environment) -> None:
    """An episode ends with step `n_steps`, not before."""
    done = np.asarray(played(environment, *_given(environment)).steps.done)
    first = [int(game.argmax()) + 1 if game.any() else None for game in done]
    _require(
        first == [environment.n_steps] * N_GAMES,
        f"Episodes end with the steps {first}; declared are {environment.n_steps} steps.",
    )


def same_words_same_bits(environment: Environment) -> None:
    """A game is a function of its words and actions: the same bits again, also beside other games."""
    actions, words = _given(environment)
    first = jax.tree.leaves(played(environment, actions, words))
    again = jax.tree.leaves(played(environment, actions, words))
    _require(all(map(_same, first, again)), "The same words and actions led elsewhere the second time.")
    alone = jax.tree.leaves(played(environment, np.stack([actions[1]] * N_GAMES), np.stack([words[1]] * N_GAMES)))
    _require(
        all(_same(one[1], lane) for one, leaf in zip(first, alone, strict=True) for lane in leaf),
        "A game depends on the games beside it.",
    )


def _same(one: Array, other: Array) -> bool:
    return np.asarray(one).tobytes() == np.asarray(other).tobytes()


def frames_in_the_palette(environment: Environment) -> None:
    """Frames are palette indices of one size, at the start and at every step."""
    found = played(environment, *_given(environment))
    states = [jax.tree.map(lambda leaf: np.asarray(leaf[0]), found.begun[0])]
    picked = sorted({0, environment.n_steps // 2, environment.n_steps - 1})
    for place in picked:
        states.append(jax.tree.map(lambda leaf, place=place: np.asarray(leaf[0, place]), found.steps.state))
    sizes = set()
    for state in states:
        view = View(lambda config, state: environment.frame(state), environment.palette, "")
        sizes.add(view.pixels(None, state, environment.name).shape)
    _require(len(sizes) == 1 and min(min(sizes)) > 0, f"Frames have the sizes {sorted(sizes)}; they need one size.")


CHECKS: tuple[Callable[[Environment], None], ...] = (
    declared, shapes, payoffs_finite, done_at_the_end, same_words_same_bits, frames_in_the_palette,
)  # fmt: skip
