"""Soups of the authors' simulator in every one of its worlds, as hashes.

They are those of soups in checkpoints of cubff (commit f212e84, g++), made by

    main --num 480 --seed 71 --mutation_prob 0.01 --max_epochs 24 --print_interval 1 --save_interval 1
         --clear_interval 1 --checkpoint_dir DIR --disable_output --lang bff_noheads OPTIONS

after 1, 8 and 24 epochs: the first 16 digits of the sha256 of what follows the 24 bytes of the header. Ring, torus and
cross were given to it as interaction patterns with the neighbours in the order of docs/worlds.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

EPOCHS = (1, 8, 24)
SETTINGS: dict[str, Any] = {"language": "bff_noheads", "seed": 71, "n_programs": 480, "mutation_rate": 0.01}


class Soup(NamedTuple):
    """One run: their options, our settings beside `SETTINGS`, and the hashes after `EPOCHS`."""

    options: str
    settings: Mapping[str, Any]
    hashes: tuple[str, str, str]


GRID = {"width": 24, "height": 20}
SOUPS = {
    "mixed": Soup("", {}, ("5a9846ae6417633f", "7bd9af91113820b7", "263cf16a0c5694d2")),
    "cyclic": Soup(
        "--nopermute_programs",
        {"world": "cyclic"},
        ("6833ce3a51b87edc", "c37e29f2c26029bc", "c7ea3a6a9f5b1cf7"),
    ),
    "fixed": Soup(
        "--num 512 --fixed_shuffle",
        {"world": "fixed", "n_programs": 512},
        ("d6d7a0159c391325", "4257237d2297e7d0", "0264f9c5fc2f2719"),
    ),
    "grid": Soup(
        "--interaction_pattern, made by their make_2d_pattern.py 24 20",
        {"world": "grid", **GRID},
        ("9e7e4cdbcb1d1124", "c6d457869a805ae3", "64d5d9f0057397b4"),
    ),
    "cross": Soup(
        "--interaction_pattern",
        {"world": "grid", "neighbourhood": "cross", "radius": 3, **GRID},
        ("5aeff07c87ebe22a", "90edcf446ce8a051", "1004b24bc0c42947"),
    ),
    "torus": Soup(
        "--interaction_pattern",
        {"world": "torus", **GRID},
        ("301095894a9f4b77", "5ecc8b774c60f577", "0da5dd1d550dbd49"),
    ),
    "ring": Soup(
        "--interaction_pattern",
        {"world": "ring", "radius": 3},
        ("90dce483a25d0b65", "8b3b8c74df60bbaa", "6a8bb0c4faae23b8"),
    ),
    "zeros": Soup("--zero_init", {"zero_start": True}, ("c6d051c518752b44", "02f20b1742b403f5", "217ae4baf60bf3ec")),
    "an organism": Soup(
        "--initial_program '[[{.>]-]'",
        {"organism": "[[{.>]-]"},
        ("90e915e537821ddd", "d32c915ac8a786a4", "1a553336cf7267a8"),
    ),
    "fresh starts": Soup(
        "--reset_interval 5",
        {"reset_every": 5},
        ("5a9846ae6417633f", "32643c516176b85c", "71027397da7ab630"),
    ),
    "fresh zeros": Soup(
        "--reset_interval 1 --zero_init --initial_program '[[{.>]-]'",
        {"reset_every": 1, "zero_start": True, "organism": "[[{.>]-]"},
        ("7c3b1da7b29cbb2c", "092f81fb912b9067", "4f91ce768ec0f49b"),
    ),
}
