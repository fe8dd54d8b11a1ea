"""Errors, registry, claims, metrics, views and threads: the small parts that everybody else relies on."""

from __future__ import annotations

import importlib.metadata
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from primordia.core import registry, threads
from primordia.core.claims import Expected
from primordia.core.errors import (
    BadInputError,
    CheckpointError,
    ConfigError,
    ContractError,
    PrimordiaError,
    UnknownNameError,
    nearest,
)  # fmt: skip
from primordia.core.experiment import Experiment
from primordia.core.metrics import Transition, plain
from primordia.core.views import Colour, View
from walk import Walk


@pytest.mark.parametrize(
    ("name", "options", "found"),
    [
        ("takover", ["takeover", "appearance"], "takeover"),
        ("BFF", ["bff", "forth"], "bff"),
        ("bff", ["life/bff", "life/forth"], "life/bff"),
        ("life/bf", ["life/bff", "games/bff"], "life/bff"),
        ("--sed", ["--seed", "--set"], "--seed"),
        ("--name", ["--set", "--root"], None),
        ("zzz", ["takeover", "appearance"], None),
        ("", ["takeover"], None),
        ("x", [], None),
    ],
)
def test_the_nearest_name(name: str, options: list[str], found: str | None) -> None:
    assert nearest(name, options) == found


def test_an_unknown_name_says_the_nearest_and_all() -> None:
    assert str(UnknownNameError("preset", "qick", ["quick", "demo"])) == (
        "There is no preset 'qick'; did you mean 'quick'? Known: demo, quick."
    )
    assert str(UnknownNameError("preset", "xyz", ["quick", "demo"])) == "There is no preset 'xyz'; known: demo, quick."
    assert str(UnknownNameError("preset", "xyz", [])) == "There is no preset 'xyz'; known: none."


def test_a_long_list_of_names_is_cut_and_counted() -> None:
    few, many = [[f"name{i:02}" for i in range(n)] for n in (14, 31)]
    assert str(UnknownNameError("key", "zz", few)) == f"There is no key 'zz'; known: {', '.join(few)}."
    said = str(UnknownNameError("key", "nome30", many))
    assert said == f"There is no key 'nome30'; did you mean 'name30'? Known: {', '.join(many[:12])}, … (31 in all)."


def test_exit_codes_tell_bad_input_from_failure() -> None:
    assert [kind.exit_code for kind in (PrimordiaError, ContractError)] == [1, 1]
    assert [kind.exit_code for kind in (BadInputError, ConfigError, CheckpointError, UnknownNameError)] == [2] * 4


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_registered", {})


@pytest.mark.usefixtures("registered")
def test_the_decorator_registers_once_and_refuses_bad_and_taken_names() -> None:
    assert registry.register(Walk) is Walk
    assert registry.register(Walk) is Walk
    assert isinstance(registry.load("tests/walk"), Walk)
    assert "tests/walk" in registry.names()
    with pytest.raises(ContractError, match="'tests/walk' is already taken by walk:Walk"):
        registry.register(type("Stroll", (Walk,), {}))
    for bad in ("walk", "Tests/walk", "tests/walk/", "/walk", "tests/wa lk", "tests/2walk"):
        with pytest.raises(ContractError, match="must look like 'wing/experiment', in lower case"):
            registry.register(type("Bad", (Walk,), {"name": bad}))
    with pytest.raises(ContractError, match="The version of tests/walk is None; it must be a whole number from 1 on"):
        registry.register(type("Bad", (Walk,), {"version": None}))


def test_entry_points_are_found_by_name_and_typos_get_the_nearest() -> None:
    announced = {point.name for point in importlib.metadata.entry_points(group=registry.GROUP)}
    assert "life/bff" in announced <= set(registry.names())
    assert registry.load("life/bff").name == "life/bff"
    with pytest.raises(UnknownNameError, match=r"There is no experiment 'life/bfff'; did you mean 'life/bff'\?"):
        registry.load("life/bfff")
    with pytest.raises(UnknownNameError, match=r"did you mean 'life/bff'\?"):
        registry.load("bff")


WHOLE = "import dataclasses\nimport walk\nclass Walk(walk.Walk):\n    {}\n"
CONFIG = "@dataclasses.dataclass(frozen=True)\n    class Config:\n        {}"
BARE = """from primordia.core.experiment import Experiment
class Walk(Experiment):
    name, summary, determinism = "tests/bare", "Bare.", "bitwise"
    def init(self, config, streams): ...
    def step(self, config, state, streams, t): ...
    def known_result(self, config): ...
"""


@pytest.mark.parametrize(
    ("content", "address", "sentence"),
    [
        (
            None,
            "no_such_module:Walk",
            "from no_such_module:Walk: ModuleNotFoundError: No module named",
        ),
        ("", "broken:Walk", "cannot be loaded from broken:Walk: AttributeError: module 'broken' has no attribute"),
        ("1/0", "broken:Walk", "cannot be loaded from broken:Walk: ZeroDivisionError: division by zero."),
        ("def f(:", "broken:Walk", "cannot be loaded from broken:Walk: SyntaxError: "),
        ("Walk = 3", "broken:Walk", "broken:Walk is not an experiment: it must be a class that extends"),
        ("class Walk: pass", "broken:Walk", "broken:Walk is not an experiment"),
        (
            "from primordia.core.experiment import Experiment\nclass Walk(Experiment): pass",
            "broken:Walk",
            "broken:Walk is not a whole experiment: Can't instantiate abstract class",
        ),
        (
            WHOLE.format("name = '../../escape/x'"),
            "broken:Walk",
            "name '../../escape/x' must look like 'wing/experiment'",
        ),
        (
            WHOLE.format("name = 'Voter'"),
            "broken:Walk",
            "name 'Voter' must look like 'wing/experiment', in lower case.",
        ),
        (WHOLE.format("name = 'a/b/c'"), "broken:Walk", "name 'a/b/c' must look like"),
        (WHOLE.format("name = 3"), "broken:Walk", "name 3 must look like"),
        (
            WHOLE.format("version = '1'"),
            "broken:Walk",
            "version of tests/walk is '1'; it must be a whole number from 1 on",
        ),
        (WHOLE.format("version = 0"), "broken:Walk", "version of tests/walk is 0; it must be"),
        (WHOLE.format("version = True"), "broken:Walk", "version of tests/walk is True; it must be"),
        (WHOLE.format("metrics = ()"), "broken:Walk", "The metrics of tests/walk must be a mapping from names."),
        (
            WHOLE.format("Config = 3"),
            "broken:Walk",
            "The Config of tests/walk cannot be used: 3 must be a frozen dataclass.",
        ),
        (
            WHOLE.format(CONFIG.format("seed: int = 0")),
            "broken:Walk",
            "cannot be used: Config.seed needs Annotated[..., Spec(...)].",
        ),
        (WHOLE.format(CONFIG.format("pass")), "broken:Walk", "The Config of tests/walk has no field 'seed'."),
        (BARE, "broken:Walk", "Walk is not a whole experiment: it lacks version, Config, metrics, source, presets."),
        (None, ":Walk", "cannot be loaded from :Walk: ValueError: Empty module name"),
    ],
)
def test_what_cannot_be_loaded_is_one_sentence(
    content: str | None, address: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "broken", raising=False)
    if content is not None:
        (tmp_path / "broken.py").write_text(content)
    with pytest.raises(BadInputError) as caught:
        registry.load(address)
    assert sentence in str(caught.value)
    assert caught.value.exit_code == 2
    sys.modules.pop("broken", None)


def test_a_module_of_the_current_folder_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_walk.py").write_text("from walk import Walk\nclass Mine(Walk): pass\n")
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.chdir(tmp_path)
    assert type(registry.load("my_walk:Mine")).__name__ == "Mine"


def test_an_acceptance_region_holds_its_ends_and_never_nan() -> None:
    region = Expected(0.25, 1, "because")
    assert [region.holds(value) for value in (0.25, 1, 0.2499999, 1.0000001, math.nan)] == [True, True] + [False] * 3
    assert region.text() == "0.25 to 1"
    assert Expected(7, 7, "exact").text() == "7"


def test_a_transition_is_crossed_at_its_line() -> None:
    rising, falling = Transition("x", 1.0, ""), Transition("x", 1.0, "", rising=False)
    assert [rising.crossed({"x": value}) for value in (0.999, 1.0, 2)] == [False, True, True]
    assert [falling.crossed({"x": value}) for value in (0.999, 1.0, 2)] == [True, True, False]
    assert not rising.crossed({})
    assert not rising.crossed({"x": math.nan})


def drawing(pixels: Any, **settings: Any) -> View:
    return View(lambda config, state: pixels, (Colour("a", "#000000"), Colour("b", "#ffffff")), "It.", **settings)


@pytest.mark.parametrize(
    ("pixels", "sentence"),
    [
        (np.zeros((2, 2)), r"View v drew float64\[2, 2\]; it must be uint8 \[row, column\]"),
        (np.zeros(4, np.uint8), r"View v drew uint8\[4\]; it must be"),
        (np.full((2, 2), 2, np.uint8), "View v drew index 2; its palette has 2 colours"),
        (np.zeros((3, 3), np.uint8), "View v drew 9 bytes; it declared at most 8"),
    ],
)
def test_a_view_is_held_to_its_declaration(pixels: Any, sentence: str) -> None:
    with pytest.raises(ContractError, match=sentence):
        drawing(pixels, max_bytes=8).pixels(None, None, "v")


def test_a_good_view_is_passed_through() -> None:
    for good in (np.ones((2, 4), np.uint8), np.zeros((0, 5), np.uint8)):
        assert drawing(good, max_bytes=8).pixels(None, None, "v") is good


def test_threads_can_be_limited_and_never_to_none() -> None:
    everything = threads.available()
    assert everything >= 1
    threads.limit(3)
    assert threads.available() == 3
    with pytest.raises(ConfigError, match="threads=0 is out of range: it must be at least 1; the nearest is 1"):
        threads.limit(0)
    assert threads.available() == 3
    threads.limit(None)
    assert threads.available() == everything


def test_the_defaults_of_an_experiment_are_what_its_docstring_says() -> None:
    assert Experiment.step_word == "step"
    assert dict(Experiment.variants) == {"default": {}}
    assert Experiment.claims == ()


@pytest.mark.parametrize("rgb", ["red", "#fff", "#12345g", "123456", "#1234567", "#123456\n", None])
def test_a_colour_is_written_as_six_hexadecimal_digits(rgb: Any) -> None:
    with pytest.raises(ContractError, match=r"The colour of 'empty' is .*; it must be written as #rrggbb\."):
        Colour("empty", rgb)


def test_a_number_of_a_row_is_a_plain_one() -> None:
    for value, kind in ((np.int64(3), int), (np.float32(0.5), float), (np.float64(0.5), float), (3, int), (0.5, float)):
        made = plain("x", value)
        assert (made, type(made)) == (value, kind)
    for value in (True, np.bool_(False), "3", None, np.zeros(1), 1j):
        with pytest.raises(ContractError, match=r"x is a (bool_?|str|NoneType|ndarray|complex); allowed are finite .*"):
            plain("x", value)
