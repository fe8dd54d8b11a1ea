"""From settings to a world, and what a run does to its soup between epochs: organisms put in, and fresh starts."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from primordia.core.errors import BadInputError, ConfigError
from primordia.life.experiments.settings import SoupConfig
from primordia.life.substrates import substrate
from primordia.life.substrates.vouching import vouch
from primordia.life.worlds import Cyclic, Fixed, Grid, Islands, Mixed, Rationed, Ring, World
from primordia.life.worlds.neighbours import edges_of_text, from_edges

Bytes = npt.NDArray[np.uint8]
Tokens = npt.NDArray[np.uint64]

ALIKE = {"mixed": Mixed(), "fixed": Fixed(), "cyclic": Cyclic()}


def world_of(config: SoupConfig) -> World:
    """The world that the settings describe.

    Raises:
        BadInputError: it has no room for so many programs, or the edge list cannot be read.
    """
    world: World
    if config.world in ALIKE:
        world = ALIKE[config.world]
    elif config.world == "ring":
        world = Ring(config.radius)
    elif config.world == "islands":
        world = Islands(config.n_islands, config.migration_rate)
    elif config.world == "edges":
        world = _edge_list(config.edges, config.n_programs)
    else:
        width, height = grid_shape(config)
        world = Grid(width, height, config.radius, config.neighbourhood == "cross", config.world == "torus")
    world.check(config.n_programs)
    return world if config.interaction_rate == 1.0 else Rationed(world, config.interaction_rate)


def grid_shape(config: SoupConfig) -> tuple[int, int]:
    """Width and height of the grid or torus: those given, or what fits the number of programs best, width first."""
    n = config.n_programs
    width, height = config.width, config.height
    if not width and not height:
        height = next(k for k in range(int(n**0.5), 0, -1) if n % k == 0)
    return width or max(1, n // height), height or max(1, n // width)


@functools.lru_cache(maxsize=4)
def _edge_list(text: str, n_programs: int) -> World:
    edges = edges_of_text(text, n_programs)
    if not edges:
        raise ConfigError('world=edges needs an edge list: give edges, lines "a b" or pairs such as "0-1 1-0".')
    return from_edges(edges, n_programs)


def check(config: SoupConfig) -> None:
    """Refuses settings that do not go together.

    Raises:
        BadInputError: see `check_programs`; or the world has no room; or edges are given to a world that has no use for
            them.
    """
    check_programs(config)
    world_of(config)
    if config.edges and config.world != "edges":
        raise ConfigError(
            f"edges are given, but the world is {config.world}: give world=edges too, or leave out edges."
        )


def check_programs(config: SoupConfig) -> None:
    """Refuses settings that do not go together in any world.

    Raises:
        BadInputError: the language is another package's and not fit for a soup, has no programs of this length or
            carries no tokens; or the organism cannot be read or has no place.
    """
    vouch(config.language)
    language = substrate(config.language)
    if config.tokens and language.follow is None:
        raise ConfigError(
            f"A soup of {config.language} carries no tokens: it declares no `follow` (docs/your-own-substrate.md); "
            "leave tokens out."
        )
    allowed = language.tape_lengths
    if config.tape_length not in allowed:
        near = min(allowed, key=lambda other: abs(other - config.tape_length))
        raise ConfigError(
            f"tape_length={config.tape_length} is not for {config.language}: its programs have "
            f"{', '.join(map(str, allowed))} bytes; the nearest is {near}."
        )
    organism(config)


def organism(config: SoupConfig) -> Bytes:
    """The bytes of the organism: uint8 [byte], empty if there is none."""
    if not config.organism:
        return np.empty(0, np.uint8)
    program = np.frombuffer(substrate(config.language).parse(config.organism), np.uint8)
    if not len(program):
        raise BadInputError(f"The organism {config.organism!r} has no bytes: write a program, or leave it out.")
    if len(program) > config.tape_length:
        raise BadInputError(
            f"The organism has {len(program)} bytes and a program of this soup {config.tape_length}: shorten it, or "
            f"give a tape_length that holds it."
        )
    if config.organism_place >= config.n_programs:
        raise ConfigError(
            f"organism_place={config.organism_place} is no program of this soup: it has 0 to {config.n_programs - 1}; "
            f"the nearest is {config.n_programs - 1}."
        )
    return program


def first_soup(config: SoupConfig, seed: int) -> Bytes:
    """The soup before epoch 0: uint8 [program, byte]."""
    soup = _fresh(config, seed, 0)
    return _with_organism(config, soup) if config.organism and config.organism_epoch == 0 else soup


def touched(config: SoupConfig, t: int) -> bool:
    """Whether the soup is changed from outside between epoch t - 1 and epoch t."""
    return reset_before(config, t) or planted_before(config, t)


def soup_before(config: SoupConfig, soup: Bytes, seed: int, t: int) -> Bytes:
    """The soup that epoch t starts from, given that after epoch t - 1; the same array if nothing is done to it.

    A fresh start comes first, the organism second. The authors' reset rule: after epoch e, when e is a multiple of
    the interval, the soup of index 1 + e / interval begins (docs/worlds.md, section 9).
    """
    if reset_before(config, t):
        soup = _fresh(config, seed, fresh_index(config, t))
    return _with_organism(config, soup) if planted_before(config, t) else soup


def tokens_before(config: SoupConfig, tokens: Tokens, t: int) -> Tokens:
    """The tokens uint64 [program, byte] that go with `soup_before`: what is put in before epoch t enters with it."""
    entered = np.arange(tokens.size, dtype=np.uint64).reshape(tokens.shape) | np.uint64((t + 1) << 32)
    if reset_before(config, t):
        return entered
    if planted_before(config, t):
        planted = config.organism_place, slice(len(organism(config)))
        tokens = tokens.copy()
        tokens[planted] = entered[planted]
    return tokens


def next_touch(config: SoupConfig, t: int, end: int) -> int:
    """The first epoch after t before which the soup is changed from outside, or `end` if none comes earlier."""
    if config.organism and t < config.organism_epoch < end:
        end = config.organism_epoch
    if config.reset_every:
        end = min(end, -(-t // config.reset_every) * config.reset_every + 1)
    return end


def reset_before(config: SoupConfig, t: int) -> bool:
    """Whether a fresh start takes place between epoch t - 1 and epoch t."""
    return bool(config.reset_every) and t > 0 and (t - 1) % config.reset_every == 0


def fresh_index(config: SoupConfig, t: int) -> int:
    """The index of the random soup that a fresh start before epoch t begins with."""
    return 1 + (t - 1) // config.reset_every


def planted_before(config: SoupConfig, t: int) -> bool:
    """Whether the organism is put in between epoch t - 1 and epoch t; at the start it is there already."""
    return bool(config.organism) and t > 0 and t == config.organism_epoch


def _fresh(config: SoupConfig, seed: int, index: int) -> Bytes:
    from primordia.life.soup import random_soup

    if config.zero_start:
        return np.zeros((config.n_programs, config.tape_length), np.uint8)
    return random_soup(seed, config.n_programs, config.tape_length, index)


def _with_organism(config: SoupConfig, soup: Bytes) -> Bytes:
    program = organism(config)
    changed = soup.copy()
    changed[config.organism_place, : len(program)] = program
    return changed
