"""`primordia verify`: the claims of a paper, measured here."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from primordia.cli import arguments, printing
from primordia.core import registry
from primordia.core.errors import BadInputError
from primordia.core.experiment import Experiment
from primordia.engine import durable, verify
from primordia.engine.verify import Verdict


@dataclasses.dataclass(frozen=True)
class Verify:
    """Measure the claims of a paper on this machine: paper | expected | measured | pass or fail, kept as JSON.

    Exit codes: 0 every claim holds, 1 one does not, 2 bad input.
    """

    name: Annotated[
        tyro.conf.Positional[str], arguments.option("an experiment, or a wing ('life') for all of its own", "NAME")
    ]
    tier: Annotated[
        Literal["quick", "full"], arguments.option("quick: minutes (the default); full: may take hours")
    ] = "quick"
    claim: Annotated[
        tyro.conf.UseAppendAction[tuple[str, ...]],
        arguments.option("measure only this claim, of any tier; repeat it, or give several: --claim A B", "ID"),
    ] = ()
    out: Annotated[Path | None, arguments.option("also write the verdicts to this file as JSON", "FILE")] = None
    force: arguments.Force = False
    root: arguments.Root = Path("runs")
    json: arguments.Json = False


def main(argv: list[str]) -> int:
    """Measure and tell."""
    wanted = arguments.parse(Verify, _each_claim_flagged(argv), "verify")
    experiments = _experiments(wanted.name)
    for experiment in experiments:
        verify.choose(experiment, wanted.tier, wanted.claim)
    if wanted.out:
        arguments.new_file(wanted.out, wanted.force)
    found: list[dict[str, Any]] = []
    for experiment in experiments:
        verdicts, file = _measure(experiment, wanted)
        found.append({**verify.as_json(experiment, wanted.tier, verdicts), "file": str(file)})
        if not wanted.json:
            _table(experiment, verdicts, file)
    if wanted.out:
        durable.write_json(wanted.out, found[0] if len(found) == 1 else found)
    if wanted.json:
        printing.show_json(found[0] if len(found) == 1 else found)
    return 1 if any(entry["failed"] for entry in found) else 0


def _each_claim_flagged(argv: list[str]) -> list[str]:
    """`--claim A B` as `--claim A --claim B`; the experiment may stand before or after them."""
    words: list[str] = []
    following, own, places = False, 0, 0
    for index, word in enumerate(argv):
        before = argv[index - 1] if index else ""
        if word.startswith("-"):
            following = word.startswith("--claim")
        elif before == "--claim":
            pass
        elif following and not set("/:") & set(word):
            words.append("--claim")
            own = len(words)
        else:
            following = False
            places += not (before.startswith("--") and "=" not in before and before not in ("--json", "--force"))
        words.append(word)
    # A wing has no stroke in its name: where nothing else can be what is verified, the last word is.
    if own and not places:
        del words[own - 1]
    return words


def _measure(experiment: Experiment[Any, Any], wanted: Verify) -> tuple[list[Verdict], Path]:
    """The verdicts and the file that keeps them, which is written after each."""
    file = verify.new_file(experiment, wanted.root)
    verdicts: list[Verdict] = []

    def keep(verdict: Verdict) -> None:
        verdicts.append(verdict)
        verify.save(experiment, wanted.tier, verdicts, file)
        if not wanted.json:
            _tell(verdict)

    try:
        verify.run(experiment, wanted.tier, wanted.claim, keep)
    except KeyboardInterrupt:
        if verdicts:
            print(f"{len(verdicts)} verdicts so far are kept in {file}", file=sys.stderr)
        raise
    finally:
        if not verdicts:
            file.unlink()
    return verdicts, file


def _experiments(name: str) -> list[Experiment[Any, Any]]:
    """The experiment of that name, or all of a wing that make claims."""
    members = [member for member in registry.names() if member.startswith(f"{name}/")]
    if not members:
        return [arguments.experiment(name)]
    found = [experiment for experiment in map(registry.load, members) if experiment.claims]
    if not found:
        raise BadInputError(f"No experiment of the wing {name!r} makes a claim.")
    return found


def _tell(verdict: Verdict) -> None:
    """One line as soon as a claim is measured, since the next may take minutes."""
    if printing.on_terminal():
        print(f"{'pass' if verdict.passed else 'FAIL'}  {verdict.claim.id} in {verdict.seconds:.1f} s", flush=True)


def _table(experiment: Experiment[Any, Any], verdicts: list[Verdict], file: Path) -> None:
    from rich.text import Text

    rows = []
    for verdict in verdicts:
        measured = verdict.error or printing.number(verdict.measurement.value if verdict.measurement else None)
        passed = Text("pass", style="green") if verdict.passed else Text("FAIL", style="bold red")
        rows.append(
            (verdict.claim.id, verdict.claim.statement, printing.region(verdict.claim.expected), measured, passed)
        )
    source = experiment.source
    printing.show(
        printing.heading(f"{experiment.name} against {source.title} (arXiv {source.arxiv})"),
        printing.table(("claim", "paper says", "expected", "measured", ""), rows, right=("expected", "measured")),
    )
    passed = sum(verdict.passed for verdict in verdicts)
    print(f"kept in {file}")
    print(f"{passed} of {len(verdicts)} claims hold on this machine")
