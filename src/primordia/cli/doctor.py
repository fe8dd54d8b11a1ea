"""`primordia doctor`: is this machine fit to run everything?"""

from __future__ import annotations

import dataclasses
from pathlib import Path

from primordia.cli import arguments, printing
from primordia.engine import doctor


@dataclasses.dataclass(frozen=True)
class Doctor:
    """Look at Python, packages, cores, compiler, cache, disk, terminal and optional extras.

    Exit codes: 0 runs will work (warnings included), 1 something is broken.
    """

    root: arguments.Root = Path("runs")
    json: arguments.Json = False


def main(argv: list[str]) -> int:
    """Examine, and say what to do."""
    wanted = arguments.parse(Doctor, argv, "doctor")
    found = []
    for diagnosis in doctor.examine(wanted.root):
        found.append(diagnosis)
        if not wanted.json:
            remedy = f"; {diagnosis.remedy}" if diagnosis.remedy else ""
            print(f"{diagnosis.state:<4}  {diagnosis.name:<18} {diagnosis.finding}{remedy}", flush=True)
    if wanted.json:
        printing.show_json([dataclasses.asdict(diagnosis) for diagnosis in found])
    return 1 if any(diagnosis.state == "fail" for diagnosis in found) else 0
