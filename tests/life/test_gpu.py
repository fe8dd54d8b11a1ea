"""Substrates translated for a graphics card: the same bits, in a CPU compiler's hands and in the CUDA simulator's."""

from __future__ import annotations

import os
import subprocess
import sys
from types import FunctionType
from typing import Any

import numba
import numpy as np
import pytest

from primordia.core.errors import BadInputError
from primordia.life import primitives
from primordia.life.gpu import forms, target
from primordia.life.gpu.translate import translate
from primordia.life.soup import evaluate, random_soup
from primordia.life.substrates import FAMILIES, OWN, substrate

FIRST = [family[0] for family in FAMILIES.values()]
QUICK = ("subleq",)
"""Substrates that compile in a second; the others are for the slow suite."""


def on_the_cpu(function: FunctionType) -> Any:
    return numba.njit(error_model="numpy")(function)


def translated(name: str) -> Any:
    """The device form of a substrate, compiled for the CPU: what a card would run, checked where there is none."""
    plain = (forms.byte_matches, forms.lowest_bit, forms.highest_bit, forms.fetch_ahead)
    rooms = (primitives.scratch, primitives.room, primitives.wide_room)
    return translate(substrate(name).execute, on_the_cpu, {form.__name__: on_the_cpu(form) for form in plain + rooms})


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in OWN]
)
def test_the_device_form_of_a_substrate_is_exact(name: str) -> None:
    tapes = random_soup(1, 300, 128)
    common = np.array([*range(16), *b"[]+-.,<>{}"], np.uint8)
    tapes[150:] = common[tapes[150:] % len(common)]
    execute = translated(name)
    wanted, wanted_operations = evaluate(name, tapes, 2000)
    operations = [execute(tape, 2000) for tape in tapes]
    assert np.array_equal(tapes, wanted)
    assert operations == wanted_operations.tolist()


def test_the_form_of_byte_matches_is_exact() -> None:
    """What the BFF languages find their brackets with, compiled, against the vector form of the CPU."""
    tape = random_soup(2, 1, 128)[0]
    tape[::3] = np.array([*b"[]{}<>"], np.uint8)[tape[::3] % 6]
    scalar = on_the_cpu(forms.byte_matches)
    for start in (0, 1, 63, 64, 90, 127):
        for keep, low, span in ((0xFF, 0x5B, 2), (0xFE, 0x3C, 0), (0x0F, 3, 5)):
            given = tape, start, np.uint8(keep), np.uint8(low), np.uint8(span)
            wanted = [(int(byte) & keep) - low & 0xFF <= span for byte in tape[start : start + 64]]
            assert scalar(*given) == sum(1 << i for i, found in enumerate(wanted) if found)


def test_bit_forms_agree_with_the_definitions() -> None:
    for word in (1, 6, 1 << 63, (1 << 63) | 8, 0xFFFF, 1 << 31, 1 << 32):
        assert forms.lowest_bit(np.uint64(word)) == (word & -word).bit_length() - 1
        assert forms.highest_bit(np.uint64(word)) == word.bit_length() - 1


IN_THE_SIMULATOR = """
import sys
import numpy as np
from primordia.core.errors import BadInputError
from primordia.life.gpu.soups import DeviceSoups
from primordia.life.soup import random_soup, run_epochs
from primordia.life.worlds import Ring

np.seterr(over="ignore")  # the simulator is Python: 64-bit words wrap around there with a warning
for language in sys.argv[1:]:
    seeds, rules = (3, 4), {"mutation_threshold": 2**26, "max_steps": 40}
    soups = np.stack([random_soup(seed, 8, 16) for seed in seeds])
    batch = DeviceSoups(language, soups, seeds, **rules)
    operations = [batch.run(0, 2), batch.run(2, 1)][1]
    for k, seed in enumerate(seeds):
        soup, wanted = run_epochs(language, soups[k], seed=seed, first_epoch=0, n_epochs=3, **rules)
        assert np.array_equal(batch.to_host()[k], soup), language
        assert operations[k] == wanted, language
        assert not np.array_equal(soup, soups[k])
for rules, soups, words in (
    ({}, soups, "2 soups were given with 1 seeds"),
    ({}, soups[:1, :7], "7 programs cannot meet in pairs"),
    ({"world": Ring(4)}, soups[:1], "ring of 8 programs is too small"),
    ({}, soups[:1, :, :9], "Bytes of the programs: 9"),
):
    try:
        DeviceSoups(sys.argv[1], soups, [1], mutation_threshold=0, max_steps=1, **rules)
    except BadInputError as error:
        assert words in str(error), error
    else:
        raise AssertionError(words)
"""


@pytest.mark.parametrize("languages", [["subleq"], pytest.param(FIRST, marks=pytest.mark.slow)], ids=["one", "all"])
def test_a_batch_of_soups_in_the_cuda_simulator(languages: list[str]) -> None:
    simulated = {**os.environ, "NUMBA_ENABLE_CUDASIM": "1"}
    run = subprocess.run(
        [sys.executable, "-c", IN_THE_SIMULATOR, *languages], env=simulated, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr[-2000:]


@pytest.mark.skipif(target.absent() is None, reason="there is a CUDA device here")
def test_without_a_card_one_is_told_so() -> None:
    from primordia.life.gpu.soups import DeviceSoups

    with pytest.raises(BadInputError, match="CUDA"):
        DeviceSoups("bff_noheads", random_soup(1, 4)[None], [1], mutation_threshold=0, max_steps=8)


@pytest.mark.skipif(target.absent() is not None, reason="no CUDA device and driver here")
@pytest.mark.parametrize("name", OWN)
def test_a_card_gives_the_bits_of_the_cpu(name: str) -> None:
    from primordia.life.gpu.soups import DeviceSoups
    from primordia.life.soup import run_epochs

    rules = {"mutation_threshold": 2**18, "max_steps": 8192}
    soup = random_soup(5, 4096)
    batch = DeviceSoups(name, soup[None], [5], **rules)
    operations = batch.run(0, 32)
    wanted, wanted_operations = run_epochs(name, soup, seed=5, first_epoch=0, n_epochs=32, **rules)
    assert np.array_equal(batch.to_host()[0], wanted)
    assert operations[0] == wanted_operations
