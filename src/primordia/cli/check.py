"""`primordia check`: hold an experiment to the contract."""

from __future__ import annotations

import dataclasses
from typing import Any

from primordia.cli import arguments, printing
from primordia.core import checks
from primordia.core.checks import Check


@dataclasses.dataclass(frozen=True)
class CheckArguments:
    """Hold an experiment to the contract: purity, exact resume, chunk and thread invariance, known result and more.

    Works on anybody's experiment, as package.module:Class. Exit codes: 0 all hold, 1 one failed, 2 no such experiment.
    """

    name: arguments.Name
    json: arguments.Json = False


def main(argv: list[str]) -> int:
    """Run every check of every variant."""
    wanted = arguments.parse(CheckArguments, argv, "check")
    results = []
    for check in checks.checks(arguments.experiment(wanted.name)):
        result = _result(check)
        results.append(result)
        if not wanted.json:
            print(f"{'ok    ' if result['ok'] else 'FAILED'}  {result['check']}" + (
                f": {result['sentence']}" if result["sentence"] else ""), flush=True)  # fmt: skip
    failed = sum(not result["ok"] for result in results)
    if wanted.json:
        printing.show_json({"experiment": wanted.name, "failed": failed, "checks": results})
    else:
        print(f"{len(results) - failed} of {len(results)} checks hold")
    return 1 if failed else 0


def _result(check: Check) -> dict[str, Any]:
    """The check's outcome; whatever it raises, the others still run."""
    try:
        check.run()
    except Exception as error:
        said = " ".join(str(error).split())
        kind = "" if type(error).__name__ == "ContractError" else f"{type(error).__name__}: "
        return {"check": check.name, "ok": False, "sentence": kind + said}
    return {"check": check.name, "ok": True, "sentence": ""}
