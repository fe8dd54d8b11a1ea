"""The one door to Numba: kernels that compile on first use and keep their machine code on disk.

A kernel is a plain function under `@kernel`. Importing a module of kernels does not import Numba; the first call does.
Kernels call each other by name, as ordinary functions do.

Numba's own disk cache looks only at the file of the function that is called. An edit in a second file, where a called
kernel lives, would leave stale machine code, and stale machine code means wrong bits. So each kernel is cached in a
folder named by a digest of everything its result can depend on: the sources of all the kernels it reaches, the
constants they name, and the compiler's version.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import hashlib
import inspect
import os
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np

from primordia.core import cache

__all__ = ["Kernel", "kernel"]

UNUSED = 30 * 24 * 3600.0
"""Seconds after which machine code that nobody used is removed; an edit or a new compiler leaves some behind."""

DIGEST = re.compile("[0-9a-f]{20}")
GONE = "gone-"

RECENT = 24 * 3600.0
"""Seconds within which use is not noted again."""


class Kernel:
    """A function that Numba compiles when it is first called, or first reached from another kernel."""

    def __init__(self, function: FunctionType, signature: str | None, options: dict[str, Any]) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.signature = signature
        self.options = options
        self._dispatcher: Any = None

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

    @property
    def dispatcher(self) -> Any:
        """Numba's own object for this function, compiled per argument types; made once, whoever comes first."""
        if self._dispatcher is None:
            self._make_dispatcher()
        return self._dispatcher

    def _make_dispatcher(self) -> None:
        import numba
        from numba.core.compiler_lock import global_compiler_lock

        from primordia.life import primitives_cpu  # noqa: F401  (registers the machine forms of the primitives)

        # Numba's own lock and no second one: a thread that compiles holds it while it reaches the kernels that its
        # kernel names, so a lock of ours would be taken in both orders.
        with global_compiler_lock:
            if self._dispatcher is not None:
                return
            options = {"cache": True, "nogil": True, "error_model": "numpy"} | self.options
            root = cache.folder()
            if root is None:
                options["cache"] = False
                self._dispatcher = numba.njit(self.signature, **options)(self.function)
                return
            # Numba fixes a function's cache folder when it is decorated, so the setting is ours only for that moment.
            before = numba.config.CACHE_DIR
            numba.config.CACHE_DIR = str(shelf(root, self.digest))
            try:
                self._dispatcher = numba.njit(self.signature, **options)(self.function)
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


def shelf(root: Path, digest: str) -> Path:
    """The folder of one digest in the folder of compiled kernels, marked as used; a new one drives out forgotten ones.

    Whoever marks or removes holds the lock file, so no process removes what another has just begun to use.
    """
    path = root / digest
    try:
        if time.time() - path.stat().st_mtime < RECENT:
            return path
    except OSError:
        pass
    gone: list[Path] = []
    with contextlib.suppress(OSError), open(root / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if path.exists():
            os.utime(path)
        else:
            path.mkdir()
            gone = _set_aside_forgotten(root)
    for folder in gone:
        shutil.rmtree(folder, ignore_errors=True)
    return path


def _set_aside_forgotten(root: Path) -> list[Path]:
    """Renames the digests that nobody used for long; returns these and what an earlier removal did not finish."""
    forgotten = time.time() - UNUSED
    for path in root.iterdir():
        if DIGEST.fullmatch(path.name) and path.is_dir() and path.stat().st_mtime < forgotten:
            path.rename(path.with_name(f"{GONE}{path.name}"))
    return list(root.glob(f"{GONE}*"))


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
