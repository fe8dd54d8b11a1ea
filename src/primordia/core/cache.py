"""Where compiled kernels are kept between starts. Results never depend on it; only the time to the first step does.

Kept machine code is run without a question, so a folder that others may write to is never chosen unasked.
"""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path


def wanted() -> Path:
    """The folder by rule: PRIMORDIA_CACHE/kernels, else XDG_CACHE_HOME or ~/.cache, and primordia/kernels in it."""
    if chosen := os.environ.get("PRIMORDIA_CACHE"):
        return Path(chosen).absolute() / "kernels"
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    # The standard asks to ignore a relative one.
    return (base if base.is_absolute() else _home() / ".cache") / "primordia" / "kernels"


def folder() -> Path | None:
    """The folder that is used, made if need be: the wanted one, else a private temporary one; None: nothing is kept."""
    chosen = wanted()
    try:
        chosen.mkdir(parents=True, exist_ok=True)
    except OSError:
        return _private_folder()
    return chosen if _writable(chosen) else _private_folder()


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:  # a user without a home
        return Path(os.devnull)


def _private_folder() -> Path | None:
    """One in the temporary folder that is ours alone. Its name can be guessed, so another user may have made it."""
    path = Path(tempfile.gettempdir()) / f"primordia-kernels-{os.getuid()}"
    try:
        path.mkdir(mode=0o700, exist_ok=True)
        found = path.lstat()
    except OSError:
        return None
    ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077
    return path if ours and _writable(path) else None


def _writable(path: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=path):
            return True
    except OSError:
        return False
