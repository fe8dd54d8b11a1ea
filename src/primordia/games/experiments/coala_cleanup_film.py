"""games/coala-cleanup: two inner episodes to watch side by side, before and after a naive learner has learned."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from primordia.core.findings import Animation
from primordia.core.streams import Streams
from primordia.core.views import Colour
from primordia.games import pictures
from primordia.games.experiments import coala_cleanup_parts as parts
from primordia.games.experiments.coala_cleanup_parts import Judged
from primordia.games.experiments.coala_cleanup_settings import CoalaCleanupConfig

SCALE = 4
"""Pixels of the screen for one of a frame."""
MOST_FRAMES = 128
"""Steps that are shown, so that long episodes do not fill a report."""


@functools.lru_cache(maxsize=16)
def _replayed(arena: Any) -> Any:
    """A compiled function: the states of one game through a meta-episode, axes [inner, step], and what happened.

    The naive learner takes weights that it learned in other games, axis [inner] first; the agent's memory goes on.
    """
    import jax
    import jax.numpy as jnp

    from primordia.games.environments.environment import unit
    from primordia.games.learners.rollouts import drawn_action

    game = arena.environment

    def one(ego: Any, taught: Any, key: Any) -> Any:
        def inner(memory: Any, given: Any) -> Any:
            theirs, key = given
            resetting, stepping = jax.random.split(key)
            state, seen = game.reset(jax.random.bits(resetting, (game.n_reset_draws,), jnp.uint32))

            def step(carry: Any, words: Any) -> Any:
                before, seen, own, other = carry
                acts = arena.ego.act(ego, own, seen[0]), arena.other.act(theirs, other, seen[1])
                actions = jnp.stack([drawn_action(act.logits, unit(words[i])) for i, act in enumerate(acts)])
                done = game.step(before, actions, words[2:])
                return (done.state, done.observations, acts[0].memory, acts[1].memory), (before, done.events)

            words = jax.random.bits(stepping, (game.n_steps, 2 + game.n_draws), jnp.uint32)
            end, shown = jax.lax.scan(step, (state, seen, memory, arena.other.begin()), words)
            return end[2], shown

        return jax.lax.scan(inner, arena.ego.begin(), (taught, jax.random.split(key, arena.n_episodes)))[1]

    return jax.jit(one)


def replay(config: CoalaCleanupConfig, state: Any, found: Judged, streams: Streams) -> Animation:
    """The typical replica's agent with a naive learner: first inner episode on the left, last on the right."""
    import jax

    arena, place = parts.recipe(config).against_naive, parts.typical(found)
    own = jax.tree.map(lambda rows: rows[place, 0], state.weights)
    taught = jax.tree.map(lambda rows: rows[place], found.taught)
    states, events = jax.device_get(_replayed(arena)(own, taught, streams.key("film", 0)))
    game = arena.environment
    paper, ink = len(game.palette), len(game.palette) + 1
    films = [_film(game, states, events, inner, paper, ink) for inner in (0, config.n_episodes - 1)]
    frames = [pictures.beside(pair, paper, 16) for pair in zip(*films, strict=True)]
    return Animation(
        "An agent and a naive learner clean up, or do not",
        np.stack([np.pad(frame, 6, constant_values=paper) for frame in frames]),
        (*game.palette, Colour("ground", "#ffffff"), Colour("letters", "#202124")),
        f"Blue is the agent, orange the naive learner; inner episode 1 on the left, {config.n_episodes} on the right. "
        "Apples grow in the left column while the river in the right column is clean. A black middle: frozen. Below: "
        "what each did so far, first the agent, then the naive learner.",
        per_second=6,
    )


def _film(game: Any, states: Any, events: Any, inner: int, paper: int, ink: int) -> list[pictures.Pixels]:
    """One inner episode, a frame for each step, with the score below."""
    frames = []
    for t in range(min(game.n_steps, MOST_FRAMES)):
        board = pictures.enlarge(game.frame(_at(states, inner, t)), SCALE)
        score = {name: events[name][inner, :t].sum(0) for name in parts.COUNTS}
        lines = [
            f"INNER EPISODE {inner + 1}  STEP {t:02d}",
            *(
                f"{name} {int(score[one][0]):3d}  {int(score[one][1]):3d}"
                for name, one in (("APPLES ", "apples"), ("CLEANED", "cleaned"), ("ZAPS   ", "zapped"))
            ),
        ]
        text = [pictures.letters(line, ink, paper) for line in lines]
        frames.append(pictures.stack([text[0], board, *text[1:]], paper, 4))
    return frames


def _at(states: Any, inner: int, t: int) -> Any:
    return type(states)(*(array[inner, t] for array in states))
