"""States as trees of arrays: every leaf has a readable path, so a checkpoint stores names and not positions."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from primordia.core.errors import ContractError

SEPARATOR = "."


def leaves(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every (path, leaf) of nested dataclasses, dicts, tuples and lists; `None` holds no leaf.

    Raises:
        ContractError: a key that cannot stand in a path, or a leaf that is not an array or number.
    """
    if tree is None:
        return
    if dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        children: Any = [(field.name, getattr(tree, field.name)) for field in dataclasses.fields(tree)]
    elif isinstance(tree, Mapping):
        children = [(str(key), tree[key]) for key in sorted(tree, key=str)]
    elif isinstance(tree, tuple | list):
        children = [(str(index), child) for index, child in enumerate(tree)]
    elif isinstance(tree, bool | int | float | np.generic) or hasattr(tree, "__array__"):
        yield path or "value", tree
        return
    else:
        raise ContractError(
            f"The state holds a {type(tree).__name__} at {path or 'its root'}; allowed: arrays, numbers."
        )
    for name, child in children:
        if SEPARATOR in name:
            raise ContractError(f"The state key {name!r} contains {SEPARATOR!r}, which separates path parts.")
        yield from leaves(child, f"{path}{SEPARATOR}{name}" if path else name)


def to_arrays(tree: Any) -> dict[str, np.ndarray[Any, Any]]:
    """The leaves as C-ordered NumPy arrays by path. Numbers become 0-d arrays.

    C order matters: the checkpoint format writes memory as it lies.

    Raises:
        ContractError: two leaves share a path, or a leaf has a type that no checkpoint can hold.
    """
    found: dict[str, np.ndarray[Any, Any]] = {}
    for path, leaf in leaves(tree):
        array = np.require(np.asarray(leaf), requirements="C")
        if path in found:
            raise ContractError(f"Two parts of the state are both called {path}; their keys differ only in type.")
        if not _storable(array.dtype):
            raise ContractError(
                f"The state holds {array.dtype} at {path}; allowed: truth values, whole numbers up to 64 bits, floats "
                "up to 64 bits and complex64, in the machine's own byte order."
            )
        found[path] = array
    return found


def _storable(dtype: np.dtype[Any]) -> bool:
    if dtype.kind == "V":  # bfloat16 and its kin are numbers of one part; records have names.
        return dtype.names is None and dtype.subdtype is None and dtype.type is not np.void
    return dtype.isnative and dtype.kind in "biufc" and dtype.itemsize <= 8


def from_arrays(template: Any, arrays: Mapping[str, np.ndarray[Any, Any]]) -> Any:
    """A tree of the template's structure with the leaves taken from `arrays` by path.

    Raises:
        ContractError: a path is missing or left over, or a shape or dtype differs from the template's.
    """
    expected = to_arrays(template)
    missing, extra = sorted(expected.keys() - arrays.keys()), sorted(arrays.keys() - expected.keys())
    if missing or extra:
        raise ContractError(
            f"The stored state does not fit: missing {missing or 'nothing'}, unknown {extra or 'nothing'}."
        )
    for path, leaf in expected.items():
        found = arrays[path]
        if found.shape != leaf.shape or found.dtype != leaf.dtype:
            raise ContractError(
                f"The stored array {path} is {found.dtype}{list(found.shape)}; "
                f"the state needs {leaf.dtype}{list(leaf.shape)}."
            )
    return _rebuild(template, arrays, "")


def same_bits(first: Any, second: Any) -> bool:
    """Whether two trees have the same paths, shapes, dtypes and bytes (NaN equals NaN, 0.0 differs from -0.0)."""
    one, two = to_arrays(first), to_arrays(second)
    return one.keys() == two.keys() and all(
        one[path].dtype == two[path].dtype
        and one[path].shape == two[path].shape
        and one[path].tobytes() == two[path].tobytes()
        for path in one
    )


def _rebuild(template: Any, arrays: Mapping[str, np.ndarray[Any, Any]], path: str) -> Any:
    def child(name: str, value: Any) -> Any:
        return _rebuild(value, arrays, f"{path}{SEPARATOR}{name}" if path else name)

    if template is None:
        return None
    if dataclasses.is_dataclass(template) and not isinstance(template, type):
        names = [field.name for field in dataclasses.fields(template)]
        return dataclasses.replace(template, **{name: child(name, getattr(template, name)) for name in names})
    if isinstance(template, Mapping):
        return {key: child(str(key), value) for key, value in template.items()}
    if isinstance(template, tuple) and hasattr(template, "_fields"):
        return type(template)(*(child(str(index), value) for index, value in enumerate(template)))
    if isinstance(template, tuple | list):
        return type(template)(child(str(index), value) for index, value in enumerate(template))
    found = arrays[path or "value"]
    if isinstance(template, bool | int | float):
        return type(template)(found.item())
    if isinstance(template, np.ndarray):
        return found
    return _like(template, found)


def _like(template: Any, found: np.ndarray[Any, Any]) -> Any:
    if isinstance(template, np.generic):
        return found.dtype.type(found.item())
    import jax

    return jax.numpy.asarray(found, dtype=template.dtype)
