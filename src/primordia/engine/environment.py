"""What a run ran on: versions, machine, and the state of the source."""

from __future__ import annotations

import functools
import importlib.metadata
import os
import platform
import socket
import subprocess
from pathlib import Path
from typing import Any

import primordia
from primordia.core import threads

PACKAGES = ("numpy", "numba", "llvmlite", "brotli", "safetensors", "jax", "jaxlib", "equinox", "optax")


def host() -> str:
    """The name of this machine, as run folders record it."""
    return socket.gethostname()


def describe() -> dict[str, Any]:
    """Everything that could explain a difference between two runs; what cannot change is looked up once in a process.

    The state of the source is that of the first run of the process: what was imported by then is what computes.
    """
    lasting = _lasting()
    return {
        **{key: lasting[key] for key in ("primordia", "python", "platform", "processor", "cores")},
        "threads": threads.available(),
        **{key: lasting[key] for key in ("packages", "source")},
    }


@functools.cache
def _lasting() -> dict[str, Any]:
    return {
        "primordia": primordia.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "packages": {name: version for name in PACKAGES if (version := _version(name))},
        "source": _source(),
    }


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _source() -> dict[str, Any] | None:
    """Commit and cleanliness of the checkout that primordia is imported from; None when it is installed."""
    folder = Path(primordia.__file__).parent
    if not any((parent / ".git").exists() for parent in folder.parents):
        return None
    commit = _git(folder, "rev-parse", "HEAD")
    return {"commit": commit, "dirty": bool(_git(folder, "status", "--porcelain"))} if commit else None


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False, timeout=5
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
