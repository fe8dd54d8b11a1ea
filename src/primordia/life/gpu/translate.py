"""The same kernels for another target: every kernel that one names is translated along with it.

A kernel of this house is a plain function (see `primordia.life.compile`). Its translation is the same code object whose
global names mean something else: kernels become device functions, and the primitives become their forms on the device.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

from primordia.life import primitives
from primordia.life.compile import Kernel

Compile = Callable[[FunctionType], Any]


def translate(kernel: Kernel, compile_function: Compile, forms: Mapping[str, Any]) -> Any:
    """A kernel and all that it calls, compiled by `compile_function`.

    Args:
        kernel: where to begin.
        compile_function: makes a device function of a plain one.
        forms: name of a primitive -> its compiled form on the device.
    """
    done: dict[Kernel, Any] = {}

    def translated(source: Kernel) -> Any:
        if source not in done:
            function = source.function
            names = function.__globals__ | {name: meaning(function.__globals__[name]) for name in _named(function)}
            done[source] = compile_function(_with_globals(function, names))
        return done[source]

    def meaning(value: Any) -> Any:
        if isinstance(value, Kernel):
            return translated(value)
        if isinstance(value, FunctionType) and value.__module__ == primitives.__name__:
            return forms[value.__name__]
        return value

    return translated(kernel)


def _named(function: FunctionType) -> list[str]:
    """The global names that a function reads."""
    return [name for name in function.__code__.co_names if name in function.__globals__]


def _with_globals(function: FunctionType, names: dict[str, Any]) -> FunctionType:
    """The function, reading its global names in `names`."""
    made = FunctionType(function.__code__, names, function.__name__, function.__defaults__, function.__closure__)
    made.__module__ = function.__module__
    return made
