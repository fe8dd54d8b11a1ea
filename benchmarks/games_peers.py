"""The other side of benchmarks/games.py: an interpreter that has the peers plays on request, one JSON line a turn.

    python benchmarks/games_peers.py [--socialjax FOLDER] [--pax FOLDER] [--stirred]

What is timed of a peer is its own batched step with its own auto-reset, with random or recurrent agents; the recurrent
agent is ours (`primordia.games.policies.gru`), read from this checkout. Nothing of the peers is kept here.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
sys.path.insert(0, str(Path(__file__).resolve().parent))
LEAST = 0.2
"""Seconds that a turn lasts at least."""
Turn = Callable[[], tuple[int, float]]


@dataclasses.dataclass(frozen=True)
class Asked:
    """What is to be played.

    Args:
        peer: which library.
        name: its name of the game.
        n_games: parallel games.
        policy: "random" or "gru".
        work: steps of single games in one call, about.
        stirred: whether random agents draw as ours do.
    """

    peer: str
    name: str
    n_games: int
    policy: str
    work: int
    stirred: bool = False


def repeated(call: Callable[[], Any], n_steps: int) -> Turn:
    """Turns that repeat a call of so many steps; the first call, which compiles, is done here."""
    call()

    def turn() -> tuple[int, float]:
        start, n = time.perf_counter(), 0
        while time.perf_counter() - start < LEAST:
            call()
            n += n_steps
        return n, time.perf_counter() - start

    return turn


def length(n_games: int, work: int) -> int:
    """Batched steps of a call, a multiple of 32, the same for us and for peers: about `work` steps of single games."""
    return min(4096, max(32, work // n_games // 32 * 32))


def compiled(begin: Callable[[Any], Any], step: Callable[..., Any], sizes: tuple[int, int, int], asked: Asked) -> Turn:
    """Turns of a peer in JAX, many steps in one program.

    Args:
        begin: key -> what is carried and observations [game, agent, …], of all games.
        step: (carried, actions [game, agent], key) -> the same, after a step.
        sizes: agents, numbers observed, actions.
        asked: what is to be played.
    """
    import jax
    import jax.numpy as jnp

    from primordia.games.environments.environment import choice
    from primordia.games.environments.grid import spread
    from primordia.games.policies.gru import Gru

    n_agents, n_observed, n_actions = sizes
    n_games, n_steps = asked.n_games, length(asked.n_games, asked.work)
    shape = (n_games, n_agents)
    gru = Gru(n_observed=n_observed, n_actions=n_actions)
    weights = gru.weights(jax.random.key(7))

    def chosen(memory: Any, observations: Any, key: Any) -> tuple[Any, Any]:
        if asked.policy == "random":
            if asked.stirred:
                words = spread(jax.random.bits(key, ()), n_games * n_agents).reshape(shape)
            else:
                words = jax.random.bits(key, shape)
            return memory, choice(words, n_actions)
        seen = observations.reshape(*shape, -1).astype(jnp.float32)
        acting = jax.vmap(jax.vmap(gru.act, (None, 0, 0)), (None, 0, 0))(weights, memory, seen)
        return acting.memory, jax.random.categorical(key, acting.logits)

    @jax.jit
    def many(carried: Any, key: Any) -> Any:
        def one(carried: Any, key: Any) -> tuple[Any, None]:
            games, observations, memory = carried
            choosing, moving = jax.random.split(key)
            memory, actions = chosen(memory, observations, choosing)
            return (*step(games, actions, moving), memory), None

        return jax.lax.scan(one, carried, jax.random.split(key, n_steps))[0]

    games, observations = begin(jax.random.key(0))
    kept = [(games, observations, jnp.zeros((*shape, gru.n_units))), jax.random.key(1)]

    def call() -> None:
        kept[1], key = jax.random.split(kept[1])
        kept[0] = jax.block_until_ready(many(kept[0], key))

    return repeated(call, n_steps * n_games)


def legacy(keys: Any) -> Any:
    """Keys as older code wants them: plain words."""
    import jax

    return jax.random.key_data(keys)


def jaxmarl(asked: Asked) -> Turn:
    import jax
    import jax.numpy as jnp
    from jaxmarl.environments.coin_game.coin_game import CoinGame

    env, n_games = CoinGame(num_inner_steps=150, num_outer_steps=1), asked.n_games

    def begin(key: Any) -> Any:
        seen, state = jax.vmap(env.reset)(legacy(jax.random.split(key, n_games)))
        return state, jnp.stack([seen["0"], seen["1"]], axis=1)

    def step(state: Any, actions: Any, key: Any) -> Any:
        given = {"0": actions[:, 0], "1": actions[:, 1]}
        seen, state, *_ = jax.vmap(env.step)(legacy(jax.random.split(key, n_games)), state, given)
        return state, jnp.stack([seen["0"], seen["1"]], axis=1)

    return compiled(begin, step, (2, 36, 5), asked)


def socialjax(folder: Path, asked: Asked) -> Turn:
    import jax
    import numpy as np

    sys.path.insert(0, str(folder))
    import socialjax as peer

    env, n_games = peer.make(asked.name), asked.n_games
    n_agents = env.num_agents
    n_actions = env.action_space(0).n

    def begin(key: Any) -> Any:
        seen, state = jax.vmap(env.reset)(legacy(jax.random.split(key, n_games)))
        return state, seen

    def step(state: Any, actions: Any, key: Any) -> Any:
        given = [actions[:, i] for i in range(n_agents)]
        seen, state, *_ = jax.vmap(env.step)(legacy(jax.random.split(key, n_games)), state, given)
        return state, seen

    n_observed = int(np.prod(env.observation_space()[1]))
    return compiled(begin, step, (n_agents, n_observed, n_actions), asked)


def pax(folder: Path, asked: Asked) -> Turn:
    import jax
    import jax.numpy as jnp

    n_games, path = asked.n_games, folder / "pax" / "envs" / f"{asked.name}.py"
    found = importlib.util.spec_from_file_location(asked.name, path)
    assert found is not None, folder
    assert found.loader is not None, folder
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    if asked.name == "coin_game":
        env = module.CoinGame(num_inner_steps=150, num_outer_steps=10, cnn=False, egocentric=False)
        params = module.EnvParams(payoff_matrix=jnp.array([[1, 1, -2], [1, 1, -2]]))
        sizes = (2, 36, 5)
    else:
        env = module.IteratedMatrixGame(num_inner_steps=10, num_outer_steps=10)
        params = module.EnvParams(payoff_matrix=jnp.array([[1, 1], [-1, 2], [2, -1], [0, 0]]))
        sizes = (2, 5, 2)

    def begin(key: Any) -> Any:
        seen, state = jax.vmap(env.reset, (0, None))(legacy(jax.random.split(key, n_games)), params)
        return state, jnp.stack(seen, axis=1).astype(jnp.int8)

    def step(state: Any, actions: Any, key: Any) -> Any:
        keys = legacy(jax.random.split(key, n_games))
        given = tuple(actions.astype(jnp.int8).T)
        seen, after, *_ = jax.vmap(env.step, (0, 0, 0, None))(keys, state, given, params)
        after = jax.tree.map(lambda new, old: new.astype(old.dtype), after, state)
        return after, jnp.stack(seen, axis=1).astype(jnp.int8)

    return compiled(begin, step, sizes, asked)


def openspiel(asked: Asked) -> Turn | None:
    """One game move by move in Python for the coin game, a batch in NumPy for the dilemma; random agents only."""
    if asked.policy != "random":
        return None
    import numpy as np

    drawn = np.random.default_rng(0)
    n_games, n_steps = asked.n_games, length(asked.n_games, asked.work)
    if asked.name == "dilemma":
        from open_spiel.python.environments import iterated_matrix_game as peer

        env = peer.IteratedPrisonersDilemma(iterations=10, batch_size=n_games)
        env.reset()

        def batch() -> None:
            for _ in range(n_steps):
                if env.step(drawn.integers(0, 2, (n_games, 2))).last():
                    env.reset()

        return repeated(batch, n_steps * n_games)
    if n_games > 1:
        return None
    import pyspiel

    game = pyspiel.load_game("coin_game")
    kept = [game.new_initial_state()]

    def call() -> None:
        n_moves = 0
        while n_moves < 2 * 256:
            if kept[0].is_terminal():
                kept[0] = game.new_initial_state()
            legal = kept[0].legal_actions()
            n_moves += not kept[0].is_chance_node()
            kept[0].apply_action(legal[int(drawn.integers(len(legal)))])

    return repeated(call, 256)


def axelrod(asked: Asked) -> Turn | None:
    if asked.policy != "random" or asked.n_games > 1:
        return None
    import axelrod as peer

    match = peer.Match((peer.Random(0.5), peer.Random(0.5)), turns=200, seed=1)
    return repeated(match.play, 200)


def made(asked: Asked, given: argparse.Namespace) -> Turn | None:
    """The turns of a peer, or None where it has no such game."""
    if asked.peer == "jaxmarl":
        return jaxmarl(asked)
    if asked.peer == "socialjax":
        return socialjax(given.socialjax, asked) if given.socialjax else None
    if asked.peer == "pax":
        return pax(given.pax, asked) if given.pax else None
    return openspiel(asked) if asked.peer == "openspiel" else axelrod(asked)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--socialjax", type=Path)
    parser.add_argument("--pax", type=Path)
    parser.add_argument("--stirred", action="store_true")
    given = parser.parse_args()
    # Whatever a peer prints goes elsewhere, also what its compiled code prints.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    ready: dict[str, Turn | None] = {}
    for line in sys.stdin:
        asked = Asked(**json.loads(line), stirred=given.stirred)
        if line not in ready:
            try:
                ready = {line: made(asked, given)}
            except ImportError as error:
                print(f"{asked.peer} is left out: {error}", file=sys.stderr)
                ready = {line: None}
        turn = ready[line]
        answers.write(json.dumps(None if turn is None else turn()) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
