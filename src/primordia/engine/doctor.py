"""Whether this machine can run everything, and what to do where it cannot."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Literal

import primordia
from primordia.core import cache, threads

NEEDED = ("numpy", "numba", "brotli", "safetensors", "rich", "tyro", "matplotlib")
EXTRAS: Mapping[str, tuple[str, ...]] = {
    "query": ("duckdb",),
    "minds": ("jax", "equinox", "optax", "jaxtyping"),
    "observatory": ("starlette", "uvicorn", "websockets"),
    "sweep": ("ray",),
    "s3": ("fsspec", "s3fs"),
}
LITTLE_ROOM = 2**30
NO_ROOM = 64 * 2**20


@dataclasses.dataclass(frozen=True)
class Diagnosis:
    """One thing that was looked at.

    Args:
        name: what it is.
        state: "ok", "info" (an extra is missing, which no experiment needs), "warn" (something is slower or missing) or
            "fail" (runs will not work).
        finding: what was found, in a sentence or a value.
        remedy: what to do about it; empty when nothing is wrong.
    """

    name: str
    state: Literal["ok", "info", "warn", "fail"]
    finding: str
    remedy: str = ""


def examine(root: Path) -> Iterator[Diagnosis]:
    """Every diagnosis, one after the other; `root` is where runs would be kept."""
    yield _python()
    yield from (_package(name) for name in NEEDED)
    yield Diagnosis("cores", "ok", f"{threads.available()} for this process, {os.cpu_count()} in the machine")
    yield _guarded("numba compiles", _compiles)
    yield _guarded("numba cache", _caches)
    yield _guarded("disk", lambda: _room(root))
    yield _terminal()
    yield from (_extra(name, packages) for name, packages in EXTRAS.items())


def _python() -> Diagnosis:
    found = (
        f"{platform.python_version()} on {platform.system()} {platform.machine()}, primordia {primordia.__version__}"
    )
    return Diagnosis("python", "ok", found)


def _package(name: str) -> Diagnosis:
    try:
        return Diagnosis(name, "ok", importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return Diagnosis(name, "fail", "not installed", f"pip install {name}")


def _extra(extra: str, packages: tuple[str, ...]) -> Diagnosis:
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        return Diagnosis(
            f"extra {extra}", "info", f"{', '.join(missing)} not installed", f"pip install 'primordia[{extra}]'"
        )
    return Diagnosis(
        f"extra {extra}", "ok", ", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages)
    )


def _guarded(name: str, look: Callable[[], Diagnosis]) -> Diagnosis:
    """A diagnosis that itself breaks is a failure with its reason, not the end of the examination."""
    try:
        return look()
    except Exception as error:
        return Diagnosis(name, "fail", f"{type(error).__name__}: {error}", "reinstall the package that this names")


def _compiles() -> Diagnosis:
    """Compile and call a kernel of one line."""
    import numba

    if os.environ.get("NUMBA_DISABLE_JIT", "0") != "0":
        return Diagnosis("numba compiles", "warn", "compilation is switched off", "unset NUMBA_DISABLE_JIT")
    twice = numba.njit("int64(int64)")(lambda x: 2 * x)
    if twice(21) != 42:
        return Diagnosis("numba compiles", "fail", f"twice 21 gave {twice(21)}", "pip install --force-reinstall numba")
    return Diagnosis("numba compiles", "ok", f"numba {numba.__version__}, checked on a kernel of one line")


def _caches() -> Diagnosis:
    """Whether compiled kernels can be kept for the next start."""
    wanted, used = cache.wanted(), cache.folder()
    if used == wanted:
        return Diagnosis("numba cache", "ok", f"compiled kernels are kept under {used}")
    instead = f"they are kept under {used}, until that is emptied" if used else "every start compiles anew"
    remedy = "set PRIMORDIA_CACHE to a folder that you may write to"
    return Diagnosis("numba cache", "warn", f"compiled kernels cannot be kept under {wanted}: {instead}", remedy)


def _room(root: Path) -> Diagnosis:
    """Free space where runs would be kept; nothing is created."""
    existing = next(path for path in (root.absolute(), *root.absolute().parents) if path.is_dir())
    free = shutil.disk_usage(existing).free
    said = f"{free / 2**30:.1f} GiB free under {existing}"
    if not os.access(existing, os.W_OK):
        return Diagnosis("disk", "fail", f"{existing} cannot be written to", "choose another --root")
    if free < NO_ROOM:
        return Diagnosis("disk", "fail", said, "free some room or choose another --root")
    if free < LITTLE_ROOM:
        return Diagnosis("disk", "warn", said, "free some room or choose another --root")
    return Diagnosis("disk", "ok", said)


def _terminal() -> Diagnosis:
    if not sys.stdout.isatty():
        return Diagnosis("terminal", "ok", "output goes to a file or a pipe: runs print plain lines")
    encoding = (sys.stdout.encoding or "ascii").lower().replace("-", "")
    size = shutil.get_terminal_size()
    said = f"{size.columns} columns, {size.lines} lines, {encoding}"
    if encoding != "utf8":
        return Diagnosis("terminal", "warn", said, "choose a UTF-8 locale to see sparklines, e.g. LC_ALL=C.UTF-8")
    if size.columns < 80:
        return Diagnosis("terminal", "warn", said, "widen it to 80 columns for the live panel")
    return Diagnosis("terminal", "ok", said)
