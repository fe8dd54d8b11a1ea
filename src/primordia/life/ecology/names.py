"""Names for organisms: the same program always has the same name, on any machine and in any run.

The idea is Tierra's (T. Ray, 1991), whose genotypes are called by their size and three letters, 0080aaa. There letters
are given in order of appearance; here the word is made of the bytes, so names of different runs can be compared.
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from primordia.life.ecology.symbols import symbols_of

CONSONANTS = "bdfghjklmnprstvwyz"
VOWELS = "aeiou"
SYLLABLES = 4
"""90 syllables four times: among 1,000 programs two share a word about once in a hundred soups."""


def name(language: str, program: npt.NDArray[np.uint8]) -> str:
    """The name of a program uint8 [byte]: how many of its bytes are instructions, and a word made of its bytes."""
    digest = int.from_bytes(hashlib.sha256(f"{language}\0".encode() + program.tobytes()).digest(), "big")
    word = ""
    for _ in range(SYLLABLES):
        digest, consonant = divmod(digest, len(CONSONANTS))
        digest, vowel = divmod(digest, len(VOWELS))
        word += CONSONANTS[consonant] + VOWELS[vowel]
    return f"{len(symbols_of(language, program)):02d}{word}"
