"""`primordia verify`: the claims of a paper, measured here."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from primordia.cli import arguments, printing
from primordia.core import registry
from primordia.core.claims import Frequency
from primordia.core.errors import BadInputError, ConfigError
from primordia.core.experiment import Experiment
from primordia.core.intervals import clopper_pearson
from primordia.engine import durable, frequency_sweep, verify
from primordia.engine.executors.executor import Executor
from primordia.engine.executors.local import Local
from primordia.engine.frequency_sweep import Count, Frequencies
from primordia.engine.verify import Verdict

BACK = "\r\x1b[K"
"""Takes back what stands on the terminal's last line."""
FLAGS = ("--json", "--force", "--anew")


@dataclasses.dataclass(frozen=True)
class Verify:
    """Measure the claims of a paper on this machine: paper | expected | measured | pass or fail, kept as JSON.

    A claim that is a frequency over seeds is a sweep under ROOT/sweeps: a run per seed, several at a time, no more of
    them than the verdict needs. Stopped at any time, the same command goes on with the runs that there are.

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
    on: Annotated[
        Literal["local", "ray"],
        arguments.option("what computes the runs of a frequency: processes of this machine (the default), or ray"),
    ] = "local"
    address: arguments.words("of a Ray cluster; without it one is started on this machine", "ADDRESS") = None
    jobs: arguments.number("runs at a time of a frequency (default: one for each core)") = None
    threads: arguments.number("threads of one such run (default: the cores are shared out)") = None
    anew: Annotated[bool, arguments.option("run every seed of a frequency again, whatever was run before")] = False
    out: Annotated[Path | None, arguments.option("also write the verdicts to this file as JSON", "FILE")] = None
    force: arguments.Force = False
    root: arguments.Root = Path("runs")
    json: arguments.Json = False


def main(argv: list[str]) -> int:
    """Measure and tell."""
    wanted = arguments.parse(Verify, _each_claim_flagged(argv), "verify")
    experiments = _experiments(wanted.name)
    chosen = [claim for one in experiments for claim in verify.choose(one, wanted.tier, wanted.claim)]
    n_seeds = [len(claim.measure.seeds) for claim in chosen if isinstance(claim.measure, Frequency)]
    if wanted.out:
        arguments.new_file(wanted.out, wanted.force)
    found: list[dict[str, Any]] = []
    with Frequencies(
        wanted.root,
        _lending(wanted),
        _count if printing.on_terminal() and not wanted.json else lambda count: None,
        anew=wanted.anew,
        command=arguments.command("verify", argv),
    ) as over_seeds:
        if n_seeds:
            over_seeds.prepare(n_seeds[0])
        for experiment in experiments:
            verdicts, file = _measure(experiment, wanted, over_seeds)
            found.append({**verify.as_json(experiment, wanted.tier, verdicts), "file": str(file)})
            if not wanted.json:
                _table(experiment, verdicts, file)
    if wanted.out:
        durable.write_json(wanted.out, found[0] if len(found) == 1 else found)
    if wanted.json:
        printing.show_json(found[0] if len(found) == 1 else found)
    return 1 if any(entry["failed"] for entry in found) else 0


def _lending(wanted: Verify) -> Callable[[int], Executor]:
    """What makes the executor for the runs of a frequency."""
    n_slots, n_threads = (
        None if text is None else arguments.whole(name, text, 1)
        for name, text in (("jobs", wanted.jobs), ("threads", wanted.threads))
    )
    if wanted.on == "ray":
        from primordia.engine.executors.cluster import Cluster

        return lambda n_cells: Cluster(wanted.address, n_slots, n_threads, notice=_notice)
    if wanted.address:
        raise ConfigError(f"--address {wanted.address} is that of a Ray cluster; give --on ray too.")
    if n_slots is None:
        return lambda n_cells: frequency_sweep.on_this_machine(n_cells, n_threads)
    return lambda n_cells: Local(n_slots, n_threads)


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
            places += not (before.startswith("--") and "=" not in before and before not in FLAGS)
        words.append(word)
    # A wing has no stroke in its name: where nothing else can be what is verified, the last word is.
    if own and not places:
        del words[own - 1]
    return words


def _measure(experiment: Experiment[Any, Any], wanted: Verify, over_seeds: Frequencies) -> tuple[list[Verdict], Path]:
    """The verdicts and the file that keeps them, which is written after each."""
    file = verify.new_file(experiment, wanted.root)
    verdicts: list[Verdict] = []

    def keep(verdict: Verdict) -> None:
        verdicts.append(verdict)
        verify.save(experiment, wanted.tier, verdicts, file)
        if not wanted.json:
            _tell(verdict)

    try:
        address = wanted.name if ":" in wanted.name else experiment.name
        verify.run(experiment, wanted.tier, wanted.claim, keep, over_seeds=over_seeds, address=address)
    except KeyboardInterrupt:
        if verdicts:
            print(f"{len(verdicts)} verdicts so far are kept in {file}", file=sys.stderr)
        claim = verify.choose(experiment, wanted.tier, wanted.claim)[len(verdicts)]
        if isinstance(claim.measure, Frequency):
            without = " without --anew" if wanted.anew else ""
            print(f"the same command{without} goes on with the runs of {claim.id}", file=sys.stderr)
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
        outcome = "pass" if verdict.passed else "FAIL"
        print(f"{BACK}{outcome}  {verdict.claim.id} in {verdict.seconds:.1f} s", flush=True)


def _count(count: Count) -> None:
    """How far a frequency is, on a line of its own that the next one replaces."""
    low, high = clopper_pearson(count.n_hits, count.n) if count.n else (0.0, 1.0)
    said = f"{count.claim.id}  {count.n_hits} of {count.n} seeds ({low:.3g} to {high:.3g}), {count.n_seeds} at most"
    print(f"{BACK}{said}", end="", flush=True)


def _notice(sentence: str) -> None:
    """Why something is not used; in place of how far a frequency is, which the next count tells again."""
    if printing.on_terminal():
        print(BACK, end="", flush=True)
    printing.notice(sentence)


def _measured(verdict: Verdict) -> str:
    """What the table says was measured: of a frequency also the counts and the exact 95 % interval."""
    if verdict.error or verdict.measurement is None:
        return verdict.error or printing.number(None)
    said, told = printing.number(verdict.measurement.value), verdict.measurement.evidence
    if not isinstance(verdict.claim.measure, Frequency):
        return said
    low, high = told["interval_95"]
    return f"{said}: {told['n_hits']} of {told['n_run']} ({low:.3g} to {high:.3g})"


def _table(experiment: Experiment[Any, Any], verdicts: list[Verdict], file: Path) -> None:
    from rich.text import Text

    rows = []
    for verdict in verdicts:
        passed = Text("pass", style="green") if verdict.passed else Text("FAIL", style="bold red")
        rows.append(
            (
                verdict.claim.id,
                verdict.claim.statement,
                printing.region(verdict.claim.expected),
                _measured(verdict),
                passed,
            )
        )
    source = experiment.source
    printing.show(
        printing.heading(f"{experiment.name} against {source.title} (arXiv {source.arxiv})"),
        printing.table(("claim", "paper says", "expected", "measured", ""), rows, right=("expected", "measured")),
    )
    passed = sum(verdict.passed for verdict in verdicts)
    print(f"kept in {file}")
    print(f"{passed} of {len(verdicts)} claims hold on this machine")
