"""Every refusal of a configuration names the setting, the value, what is allowed and the nearest value that is."""

from __future__ import annotations

import dataclasses
import json
import math
import subprocess
import sys
from typing import Annotated, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primordia.core import config as configs
from primordia.core.config import Spec
from primordia.core.errors import ConfigError, UnknownNameError
from walk import WalkConfig


@dataclasses.dataclass(frozen=True)
class Everything:
    even: Annotated[int, Spec("an even count", ge=2, le=101, multiple_of=2)] = 4
    length: Annotated[int, Spec("a power of two", ge=2, le=60, power_of_two=True)] = 8
    thirds: Annotated[int, Spec("a multiple", multiple_of=3)] = 3
    rate: Annotated[float, Spec("a probability", ge=0.0, le=0.123456789)] = 0.1
    free: Annotated[float, Spec("any number")] = 0.0
    name: Annotated[str, Spec("a colour", choices=("red", "green"))] = "red"
    size: Annotated[int, Spec("a size", choices=(1, 10, 100))] = 1
    flag: Annotated[bool, Spec("a switch")] = False
    stop: Annotated[int | None, Spec("when to stop", ge=1)] = None
    label: Annotated[str, Spec("a word")] = ""
    word: Annotated[str | None, Spec("a word, or nothing")] = "so"


REFUSED: list[tuple[str, Any, str]] = [
    ("even", 7, "even=7 is out of range: it must be an even number from 2 to 101; the nearest is 6."),
    ("even", 0, "even=0 is out of range: it must be an even number from 2 to 101; the nearest is 2."),
    ("even", 500, "even=500 is out of range: it must be an even number from 2 to 101; the nearest is 100."),
    ("even", -3, "even=-3 is out of range: it must be an even number from 2 to 101; the nearest is 2."),
    ("even", "9", "even=9 is out of range: it must be an even number from 2 to 101; the nearest is 8."),
    ("even", "many", "even=many is not a whole number; allowed: an even number from 2 to 101."),
    ("even", 4.0, "even=4.0 is not a whole number; allowed: an even number from 2 to 101; the nearest is 4."),
    ("even", "4.5", "even=4.5 is not a whole number; allowed: an even number from 2 to 101; the nearest is 4."),
    ("even", "1e3", "even=1000 is out of range: it must be an even number from 2 to 101; the nearest is 100."),
    ("even", "1e-3", "even=1e-3 is not a whole number; allowed: an even number from 2 to 101; the nearest is 2."),
    (
        "even",
        "1e999999999",
        "even=1e999999999 is not a whole number; allowed: an even number from 2 to 101; the nearest is 100.",
    ),
    ("even", "nan", "even=nan is not a whole number; allowed: an even number from 2 to 101; the default is 4."),
    ("even", "none", "even=none is not a whole number; allowed: an even number from 2 to 101."),
    ("length", "24.5", "length=24.5 is not a whole number; allowed: a power of two from 2 to 60; the nearest is 32."),
    ("thirds", "-4.6", "thirds=-4.6 is not a whole number; allowed: a multiple of 3; the nearest is -6."),
    ("size", "12.5", "size=12.5 is not a whole number; allowed: one of 1, 10, 100; the nearest is 10."),
    ("rate", "none", "rate=none is not a number; allowed: from 0 to 0.123456789."),
    ("stop", "1.7", "stop=1.7 is not a whole number; allowed: at least 1; the nearest is 2."),
    ("name", 1.5, "name=1.5 is not text; allowed: one of red, green."),
    ("label", "a\udcff", "label='a\\udcff' holds characters that no file can hold; leave them out."),
    ("even", True, "even=True is not a whole number; allowed: an even number from 2 to 101."),
    ("even", None, "even=None is not a whole number; allowed: an even number from 2 to 101."),
    ("even", 10**400, f"even={10**400} is out of range: it must be an even number from 2 to 101; the nearest is 100."),
    ("length", 12, "length=12 is out of range: it must be a power of two from 2 to 60; the nearest is 8."),
    ("length", 13, "length=13 is out of range: it must be a power of two from 2 to 60; the nearest is 16."),
    ("length", 59, "length=59 is out of range: it must be a power of two from 2 to 60; the nearest is 32."),
    ("length", 0, "length=0 is out of range: it must be a power of two from 2 to 60; the nearest is 2."),
    ("thirds", -4, "thirds=-4 is out of range: it must be a multiple of 3; the nearest is -3."),
    ("rate", 1.5, "rate=1.5 is out of range: it must be from 0 to 0.123456789; the nearest is 0.123456789."),
    ("rate", -0.5, "rate=-0.5 is out of range: it must be from 0 to 0.123456789; the nearest is 0."),
    ("rate", "50%", "rate=0.5 is out of range: it must be from 0 to 0.123456789; the nearest is 0.123456789."),
    ("rate", math.nan, "rate=nan is out of range: it must be from 0 to 0.123456789; the default is 0.1."),
    ("rate", "inf", "rate=inf is out of range: it must be from 0 to 0.123456789; the nearest is 0.123456789."),
    ("rate", "-inf", "rate=-inf is out of range: it must be from 0 to 0.123456789; the nearest is 0."),
    ("rate", "often", "rate=often is not a number; allowed: from 0 to 0.123456789."),
    ("free", math.inf, "free=inf is out of range: it must be a finite number; the default is 0."),
    ("name", "grean", "name=grean is out of range: it must be one of red, green; the nearest is green."),
    ("name", "qqqqqq", "name=qqqqqq is out of range: it must be one of red, green."),
    ("name", 3, "name=3 is not text; allowed: one of red, green."),
    ("size", 60, "size=60 is out of range: it must be one of 1, 10, 100; the nearest is 100."),
    ("flag", "maybe", "flag=maybe is not true or false; allowed: anything of its type."),
    ("flag", 1, "flag=1 is not true or false; allowed: anything of its type."),
    ("stop", 0, "stop=0 is out of range: it must be at least 1; the nearest is 1."),
    ("stop", "never", "stop=never is not a whole number; allowed: at least 1."),
    ("label", None, "label=None is not text; allowed: anything of its type."),
]


@pytest.mark.parametrize(("name", "value", "sentence"), REFUSED, ids=lambda part: str(part)[:24])
def test_a_bad_value_is_refused_with_what_is_allowed_and_the_nearest(name: str, value: Any, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        configs.override(Everything(), {name: value})
    assert str(caught.value) == sentence
    assert caught.value.exit_code == 2


def test_an_unknown_key_is_refused_with_the_nearest() -> None:
    with pytest.raises(
        UnknownNameError, match=r"There is no setting 'n_walker'; did you mean 'n_walkers'\? Known: .*n_sites"
    ):
        configs.from_dict(WalkConfig, {"n_walker": 3})


READ: list[tuple[str, Any, Any]] = [
    ("even", "0x10", 16), ("even", "1_0", 10), ("even", "010", 10), ("even", "+4", 4), ("rate", "12%", 0.12),
    ("rate", 0, 0.0), ("free", 10**300, 1e300), ("free", "1e3", 1000.0), ("flag", "Yes", True), ("flag", "0", False),
    ("even", "4.0", 4), ("thirds", "1.2e1", 12), ("thirds", "3e30", 3 * 10**30), ("word", "none", None),
    ("word", "None", None), ("label", "none", "none"), ("stop", "none", None), ("stop", "null", None),
    ("stop", "7", 7), ("name", "green", "green"), ("label", "1", "1"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "value"), READ, ids=str)
def test_text_is_read_as_the_type_of_its_field(name: str, text: Any, value: Any) -> None:
    found = getattr(configs.override(Everything(), {name: text}), name)
    assert found == value
    assert type(found) is type(value)


@given(st.integers(-(10**9), 10**9), st.integers(1, 40), st.integers(0, 10**6), st.integers(0, 10**6))
def test_the_nearest_value_named_is_allowed_and_no_other_is_nearer(value: int, step: int, low: int, width: int) -> None:
    spec = Spec("a count", ge=low, le=low + width, multiple_of=step)
    near = configs._nearest_value(configs.Field("x", int, False, 0, spec), value)
    allowed_below = [n for n in range(max(low, min(value, low + width) - step), low + width + 1)[: 2 * step + 1]]
    allowed = [n for n in allowed_below if n % step == 0]
    if near is None:
        assert not allowed
    else:
        assert configs._fits(spec, int(near))
        assert all(abs(int(near) - value) <= abs(other - value) for other in allowed)


everything = st.builds(
    Everything,
    even=st.integers(1, 50).map(lambda n: 2 * n),
    length=st.sampled_from([2, 4, 8, 16, 32]),
    thirds=st.integers().map(lambda n: 3 * n),
    rate=st.floats(0.0, 0.123456789),
    free=st.floats(allow_nan=False, allow_infinity=False),
    name=st.sampled_from(["red", "green"]),
    size=st.sampled_from([1, 10, 100]),
    flag=st.booleans(),
    stop=st.none() | st.integers(1),
    label=st.text(),
)


@given(everything)
def test_every_configuration_survives_json_and_keeps_its_digest(config: Everything) -> None:
    stored = json.loads(json.dumps(configs.to_dict(config)))
    again = configs.from_dict(Everything, stored)
    assert again == config
    assert configs.digest(configs.to_dict(again)) == configs.digest(configs.to_dict(config))


@given(everything, everything)
@settings(max_examples=50)
def test_two_configurations_share_a_digest_exactly_when_they_are_equal(one: Everything, two: Everything) -> None:
    first, second = configs.to_dict(one), configs.to_dict(two)
    same = json.dumps(first) == json.dumps(second)
    assert (configs.digest(first) == configs.digest(second)) == same


def test_the_digest_is_the_same_in_another_process_and_forever() -> None:
    program = "from primordia.core.config import digest; print(digest('walk', 3, {'b': 0.1, 'a': [1, None, 'ü']}))"
    found = set()
    for seed in ("0", "1"):
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed}
        )
        found.add(done.stdout.strip())
    # Typed in: a change of this value orphans every run folder that exists.
    assert found == {configs.digest("walk", 3, {"a": [1, None, "ü"], "b": 0.1})} == {"036455cf"}


def test_order_of_keys_does_not_change_the_digest_but_order_of_parts_does() -> None:
    assert configs.digest({"a": 1, "b": 2}) == configs.digest({"b": 2, "a": 1})
    assert configs.digest(1, 2) != configs.digest(2, 1)


def test_a_configuration_class_must_say_what_its_fields_mean() -> None:
    @dataclasses.dataclass
    class Loose:
        seed: Annotated[int, Spec("a seed")] = 0

    class Plain:
        pass

    silent = dataclasses.make_dataclass("Silent", [("seed", int, 0)], frozen=True)
    listed = dataclasses.make_dataclass("Listed", [("sizes", Annotated[list[int], Spec("sizes")], 0)], frozen=True)
    mixed = dataclasses.make_dataclass("Mixed", [("size", Annotated[int | str, Spec("size")], 0)], frozen=True)
    for wrong, sentence in [
        (Loose, "Loose must be a frozen dataclass"),
        (Plain, "must be a frozen dataclass"),
        (silent, r"Silent.seed needs Annotated\[..., Spec\(...\)\]"),
        (listed, "Listed.sizes must be one of bool, int, float, str or None"),
        (mixed, "Mixed.size must be one of bool, int, float, str or None"),
    ]:
        with pytest.raises(TypeError, match=sentence):
            configs.fields(wrong)


def test_fields_keep_order_default_and_optionality() -> None:
    found = configs.fields(Everything)
    assert list(found) == [field.name for field in dataclasses.fields(Everything)]
    assert [name for name, field in found.items() if field.optional] == ["stop", "word"]
    assert found["rate"].default == 0.1
    assert found["stop"].type is int
