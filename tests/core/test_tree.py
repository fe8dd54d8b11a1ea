"""States become named arrays and come back with the same bits; what cannot come back is refused."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from safetensors.numpy import save

from primordia.core import tree
from primordia.core.errors import ContractError
from primordia.engine import checkpoints


class Pair(NamedTuple):
    left: Any
    right: Any


@dataclasses.dataclass(frozen=True)
class Nest:
    inner: Any
    table: dict[Any, Any]
    none: None = None


def example() -> Nest:
    return Nest(
        Pair(np.arange(6.0).reshape(2, 3), [np.array(True), 7]),
        {"b": np.float32(1.5), "a": (np.zeros((0, 3), np.int16), True, 0.1), 3: {"deep": np.array(5, np.uint64)}},
    )


def test_paths_name_every_leaf() -> None:
    assert list(tree.to_arrays(example())) == [
        "inner.0", "inner.1.0", "inner.1.1", "table.3.deep", "table.a.0", "table.a.1", "table.a.2", "table.b",
    ]  # fmt: skip
    assert list(tree.to_arrays(np.arange(3))) == ["value"]
    assert tree.to_arrays(None) == {}


@pytest.mark.parametrize(
    "state",
    [
        example(),
        {"b": np.float32(1.5), "a": (np.zeros((0, 3), np.int16), True, 0.1)},
        np.array(3.5),
        np.asfortranarray(np.arange(12.0).reshape(3, 4)),
        np.arange(20)[::3],
        np.arange(24).reshape(2, 3, 4).transpose(2, 0, 1),
        {"f": np.float16([np.nan, -0.0, np.inf]), "c": np.complex64([1j])},
        [np.bool_(True), np.uint8(255), 12, -0.0, False],
    ],
    ids=["nested", "numbers", "0-d", "fortran", "strided", "transposed", "floats", "scalars"],
)
def test_a_state_survives_its_stored_form(state: Any) -> None:
    stored = checkpoints.arrays(save(tree.to_arrays(state)))
    back = tree.from_arrays(state, stored)
    assert tree.same_bits(state, back)
    originals, returned = dict(tree.leaves(state)), dict(tree.leaves(back))
    assert [type(leaf) for leaf in originals.values()] == [type(leaf) for leaf in returned.values()]
    for leaf in returned.values():
        if isinstance(leaf, np.ndarray):
            # A kernel compiled for writable, aligned arrays must not meet another kind after a resume.
            assert leaf.flags.writeable
            assert leaf.flags.aligned
            assert leaf.flags.c_contiguous


@given(
    arrays.arrays(
        st.sampled_from(["?", "u1", "i1", "u2", "i4", "u8", "i8", "f2", "f4", "f8", "c8"]).map(np.dtype),
        arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
    ),
    st.sampled_from(["C", "F"]),
    st.booleans(),
)
def test_any_array_survives(array: np.ndarray[Any, Any], order: Any, flipped: bool) -> None:
    array = np.array(array, order=order)
    array = array[..., ::-1] if flipped and array.ndim else array
    assert tree.same_bits(
        {"x": array}, tree.from_arrays({"x": array}, checkpoints.arrays(save(tree.to_arrays({"x": array}))))
    )


def test_bfloat16_survives() -> None:
    kinds = pytest.importorskip("ml_dtypes", reason="ml_dtypes comes with JAX (the extra 'minds')")
    state = {"w": np.array([1.5, -0.0, 3e38], dtype=kinds.bfloat16)}
    assert tree.same_bits(state, tree.from_arrays(state, checkpoints.arrays(save(tree.to_arrays(state)))))


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ({"a": "text"}, "The state holds a str at a; allowed: arrays, numbers."),
        (object(), "The state holds a object at its root"),
        ({"a.b": 1}, r"The state key 'a\.b' contains '\.'"),
        ({"a": np.array(["x"], object)}, "The state holds object at a"),
        ({"a": np.array(["x"])}, "The state holds <U1 at a"),
        ({"a": np.zeros(1, np.complex128)}, "The state holds complex128 at a"),
        ({"a": np.zeros(1, np.longdouble)}, "The state holds float128 at a"),
        ({"a": np.zeros(1, ">i4")}, "The state holds >i4 at a"),
        ({"a": np.zeros(1, [("x", "i4")])}, r"The state holds \[\('x', '<i4'\)\] at a"),
        ({"a": np.zeros(1, "M8[s]")}, r"The state holds datetime64\[s\] at a"),
        ({"a": 2**70}, "The state holds object at a"),
        ({"": 1, "value": 2}, "Two parts of the state are both called value"),
        ({1: 1, "1": 2}, "Two parts of the state are both called 1"),
    ],
    ids=lambda part: part[:40] if isinstance(part, str) else "",
)
def test_what_no_checkpoint_can_hold_is_refused(state: Any, sentence: str) -> None:
    with pytest.raises(ContractError, match=sentence):
        tree.to_arrays(state)


@pytest.mark.parametrize(
    ("stored", "sentence"),
    [
        ({}, r"missing \['a', 'b'\], unknown nothing"),
        ({"a": np.zeros(2), "b": np.zeros(1), "c": np.zeros(1)}, r"missing nothing, unknown \['c'\]"),
        ({"a": np.zeros(3), "b": np.zeros(1)}, r"The stored array a is float64\[3\]; the state needs float64\[2\]"),
        ({"a": np.zeros((1, 2)), "b": np.zeros(1)}, r"float64\[1, 2\]; the state needs float64\[2\]"),
        ({"a": np.zeros(2), "b": np.zeros(1, np.float32)}, r"array b is float32\[1\]; the state needs float64\[1\]"),
    ],
    ids=str,
)
def test_stored_arrays_of_another_shape_are_refused(stored: Any, sentence: str) -> None:
    with pytest.raises(ContractError, match=sentence):
        tree.from_arrays({"a": np.zeros(2), "b": np.zeros(1)}, stored)


def test_same_bits_sees_every_difference_and_only_those() -> None:
    assert tree.same_bits({"x": np.array([np.nan])}, {"x": np.array([np.nan])})
    assert tree.same_bits({"x": np.eye(3)}, {"x": np.asfortranarray(np.eye(3))})
    for other in (
        {"x": np.array([-0.0])}, {"x": np.array([0.0], np.float32)}, {"x": np.array([[0.0]])}, {"y": np.array([0.0])},
        {"x": np.array([0.0]), "y": np.array([0.0])},
    ):  # fmt: skip
        assert not tree.same_bits({"x": np.array([0.0])}, other)
