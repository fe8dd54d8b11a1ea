"""The one door to Numba: kernels that compile on first use and keep their machine code on disk.

A kernel is a plain function under `@kernel`. Importing a module of kernels does not import Numba; the first call does.
Kernels call each other by name, as ordinary functions do.

Numba's own disk cache looks only at the file of the function that is called. An edit in a second file, where a called
kernel lives, would leave stale machine code, and stale machine code means wrong bits. So each kernel is cached in a
folder named by a digest of everything its result can depend on: the sources of all the kernels it reaches, the
constants they name, and the compiler's version.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np

__all__ = ["Kernel", "cache_folder", "kernel"]


def cache_folder() -> Path:
    """The folder of compiled kernels: PRIMORDIA_CACHE, else the user's cache folder, else a temporary one."""
    if chosen := os.environ.get("PRIMORDIA_CACHE"):
        root = Path(chosen)
    elif base := os.environ.get("XDG_CACHE_HOME"):
        root = Path(base) / "primordia"
    else:
        root = Path.home() / ".cache" / "primordia"
    folder = root / "kernels"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        user = getattr(os, "getuid", lambda: "any")()
        return Path(tempfile.gettempdir()) / f"primordia-kernels-{user}"


class Kernel:
    """A function that Numba compiles when it is first called, or first reached from another kernel."""

    def __init__(self, function: FunctionType, signature: str | None, options: dict[str, Any]) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.signature = signature
        self.options = options

    @functools.cached_property
    def digest(self) -> str:
        """Hash of the sources and constants that this kernel's machine code can depend on."""
        import llvmlite
        import numba

        seen: dict[str, bytes] = {}
        _reach(self.function, seen)
        seen["primitives_cpu"] = Path(__file__).with_name("primitives_cpu.py").read_bytes()
        text = hashlib.sha256(f"numba {numba.__version__} llvmlite {llvmlite.__version__}".encode())
        for key in sorted(seen):
            text.update(key.encode() + b"\0" + seen[key] + b"\0")
        return text.hexdigest()[:20]

    @functools.cached_property
    def dispatcher(self) -> Any:
        """Numba's own object for this function, compiled per argument types."""
        import numba

        from primordia.life import primitives_cpu  # noqa: F401  (registers the machine forms of the primitives)

        # Numba fixes a function's cache folder when it is decorated, so the setting is ours only for that moment.
        before = numba.config.CACHE_DIR
        numba.config.CACHE_DIR = str(cache_folder() / self.digest)
        try:
            options = {"cache": True, "nogil": True, "error_model": "numpy"} | self.options
            return numba.njit(self.signature, **options)(self.function)
        finally:
            numba.config.CACHE_DIR = before

    @property
    def _numba_type_(self) -> Any:
        """What Numba reads when another kernel names this one."""
        return self.dispatcher._numba_type_

    def __call__(self, *arguments: Any) -> Any:
        """Runs the compiled function."""
        return self.dispatcher(*arguments)


def kernel(
    function: Callable[..., Any] | None = None,
    /,
    signature: str | None = None,
    *,
    allocates: bool = True,
    **options: Any,
) -> Any:
    """Makes a kernel of a function written in Numba's subset.

    Args:
        function: the function.
        signature: its only argument types, as Numba writes them; by default those of each call. A kernel that is
            handed other kernels must say so: `FunctionType(...)` takes any of that type, compiled once for all.
        allocates: whether the kernel makes arrays. One that does not need not count who holds the arrays it is given,
            which is an atomic addition at every call and costs a short interaction a tenth of its time.
        options: for `numba.njit`.
    """
    if function is None:
        return functools.partial(kernel, signature=signature, allocates=allocates, **options)
    assert isinstance(function, FunctionType), function
    return Kernel(function, signature, options if allocates else options | {"_nrt": False})


@functools.cache
def _source(module_file: str) -> bytes:
    return Path(module_file).read_bytes()


def _reach(function: FunctionType, seen: dict[str, bytes]) -> None:
    """Adds to `seen` the file of a function, of every function that it names, and the constants they name."""
    file = inspect.getsourcefile(function) or function.__code__.co_filename
    here = f"{function.__module__}.{function.__qualname__}"
    if here in seen:
        return
    seen[here] = function.__code__.co_code + repr(function.__code__.co_consts).encode()
    if os.path.exists(file):  # a function typed into a notebook has no file
        seen[f"file {function.__module__}"] = _source(file)
    for name in function.__code__.co_names:
        value = function.__globals__.get(name)
        if isinstance(value, Kernel):
            _reach(value.function, seen)
        elif isinstance(value, FunctionType):
            _reach(value, seen)
        elif isinstance(value, np.ndarray):
            seen[f"{here} names {name}"] = f"{value.dtype} {value.shape}".encode() + value.tobytes()
        elif isinstance(value, bool | int | float | str | bytes | tuple | np.generic):
            seen[f"{here} names {name}"] = repr(value).encode()
