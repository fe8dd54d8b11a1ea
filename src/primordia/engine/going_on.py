"""How a run goes on from where it is: the commands to type, for the terminal and for the report alike."""

from __future__ import annotations

import shlex
from pathlib import Path

from primordia.engine.folder import RunFolder


def named(folder: RunFolder, root: Path) -> tuple[str, str]:
    """How a command names this run, and the option that goes with it (empty where the default serves)."""
    if folder.path.parent.parent.parent != root:
        return shlex.quote(str(folder.path)), ""
    return folder.path.name, f" --root {shlex.quote(str(root))}" if str(root) != "runs" else ""


def go_on(folder: RunFolder, status: str, step: int, root: Path) -> str:
    """The command that continues a run: a fork at its end when it is finished, without the stop rule that ended it."""
    name, where = named(folder, root)
    if status != "finished":
        return f"primordia resume {name}{where}"
    ruled = " --stop none" if folder.config()["schedule"].get("stop") else ""
    return f"primordia fork {name} --at {step} --steps {2 * max(step, 1)}{ruled}{where}"
