"""What the pages promise is there: no placeholder, no dead link, and every command can be typed as it stands."""

from __future__ import annotations

import importlib
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from primordia.cli import arguments
from primordia.cli import tools as tool_verbs
from primordia.cli.main import VERBS
from primordia.core import checks, registry, tools
from primordia.core import config as configs
from primordia.engine import launch
from primordia.engine import schedule as schedules

ROOT = Path(__file__).parents[1]
FENCED = re.compile(r"^ *```[^\n]*\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`(primordia [^`]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PLACEHOLDER = re.compile(r"@[A-Z][A-Z_]*@|\bTODO\b|\bFIXME\b|\bTBD\b|\bXXX\b")
WINGS = {name.partition("/")[0] for name in tools.names()}
# Names that stand for the reader's own, in examples of which they are the point.
STANDS_FOR = ("my.package:MyExperiment", "voter:Voter", "NAME")


@pytest.fixture(autouse=True)
def _nothing_global_changes() -> None:
    """In place of the house's fixture of this name: tyro empties its caches at random, from the global generator."""


def pages() -> list[Path]:
    """Every tracked page."""
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        return [ROOT / name for name in listed.stdout.split()]
    return [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]


def commands() -> list[tuple[str, str]]:
    """Every command of README and docs that can be typed, with its page."""
    found: dict[tuple[str, str], None] = {}
    for page in pages():
        if page.name != "README.md" and page.parent.name != "docs":
            continue
        text = page.read_text(encoding="utf-8")
        name = str(page.relative_to(ROOT))
        for block in FENCED.findall(text):
            for line in block.splitlines():
                for part in re.split(r"&&|\|", line):
                    # What stands after two spaces or a hash explains the command.
                    typed = re.split(r"\s{2,}|\s#", part.strip().removeprefix("$ "))[0]
                    if re.match(r"(\S*/)?primordia\s", typed):
                        found[name, "primordia " + typed.split(maxsplit=1)[1]] = None
        for typed in INLINE.findall(FENCED.sub("", text)):
            # `primordia resume` alone speaks of a verb, and `primordia VERB --help` of all.
            if len(typed.split()) > 2 and not typed.startswith(("primordia VERB", "primordia WING")):
                found[name, typed] = None
            else:
                assert typed.split()[1] in (*VERBS, *WINGS, "VERB", "WING", "--help", "--version"), f"{name}: {typed}"
    return list(found)


class Parsed(Exception):  # noqa: N818  (it is no error)
    """What the parser of a verb returned, instead of what the verb would have done with it."""


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_has_no_placeholder(page: Path) -> None:
    assert PLACEHOLDER.findall(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    dead = []
    for target in LINK.findall(FENCED.sub("", page.read_text(encoding="utf-8"))):
        path, _, heading = target.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        there = (page.parent / path) if path else page
        if not there.exists() or (heading and heading not in headings(there)):
            dead.append(target)
    assert dead == []


def headings(page: Path) -> set[str]:
    """The anchors of a page, as they are made of its headings."""
    found = re.findall(r"^#+ (.*)$", FENCED.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in found}


def test_commands_are_found() -> None:
    pages_with_commands = {page for page, _ in commands()}
    assert {"README.md", "docs/command-line.md", "docs/life-bff.md"} <= pages_with_commands


@pytest.mark.parametrize(("page", "command"), commands(), ids=lambda part: part)
def test_every_command_of_a_page_can_be_typed(monkeypatch: pytest.MonkeyPatch, page: str, command: str) -> None:
    _, verb, *words = shlex.split(command)
    assert verb in VERBS or verb in WINGS or verb in ("--help", "--version")
    if (verb not in VERBS and verb not in WINGS) or "--help" in words:
        return
    real = arguments.parse

    def parse(*given: Any) -> Any:
        raise Parsed(real(*given))

    monkeypatch.setattr(arguments, "parse", parse)
    if verb in WINGS:
        # Every word of a tool's command is read, its files and programs apart; what it then finds is its own test.
        with pytest.raises(Parsed):
            tool_verbs.main(verb, words)
        return
    try:
        importlib.import_module(f"primordia.cli.{verb}").main(words)
    except Parsed as ending:
        hold_to_the_experiment(ending.args[0])
    else:
        assert verb == "list", f"{verb} read its command line without the parser"


def hold_to_the_experiment(wanted: Any) -> None:
    """The names in a command exist: experiment, preset, settings, schedule, claims."""
    name = getattr(wanted, "name", None)
    if name in STANDS_FOR or (name is None and not hasattr(wanted, "at")):
        return
    wings = {member.partition("/")[0] for member in registry.names()}
    experiment = registry.load("life/bff" if name is None or name in wings else name)
    if hasattr(wanted, "set"):
        # A file that a page names is the reader's own: that its setting exists is all there is to hold.
        of_files = [pair.partition("=")[0] for pair in wanted.set if "=@" in pair]
        assert set(of_files) <= set(configs.fields(experiment.Config))
        typed = tuple(pair for pair in wanted.set if "=@" not in pair)
        settings = {**arguments.settings(typed), **arguments.given(seed=wanted.seed)}
        schedule = arguments.given(
            steps=wanted.steps, every=wanted.every, checkpoint_every=wanted.checkpoint_every, stop=wanted.stop
        )
        launch.resolve(experiment, getattr(wanted, "preset", None), settings, schedule)
        schedules.make(experiment, schedule)
    if hasattr(wanted, "claim"):
        assert set(wanted.claim) <= {claim.id for claim in experiment.claims}


def test_the_readme_lists_every_experiment_with_its_paper_and_page() -> None:
    rows = [line for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines() if line.startswith("| [`")]
    listed = {re.match(r"\| \[`([^`]+)`\]\(docs/", row)[1]: row for row in rows}
    ours = [name for name in registry.names() if type(registry.load(name)).__module__.startswith("primordia.")]
    assert sorted(listed) == sorted(ours)
    for name, row in listed.items():
        assert registry.load(name).source.arxiv in row


def python_blocks() -> list[str]:
    text = (ROOT / "docs" / "your-own-experiment.md").read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def test_the_example_experiment_fulfils_the_contract_and_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "voter.py").write_text(python_blocks()[0], encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))  # for the check that asks another process
    experiment = registry.load("voter:Voter")
    for check in checks.checks(experiment):
        check.run()
    config, schedule = launch.resolve(experiment, None, {}, {"every": 1, "steps": 5000})
    outcome = launch.start(experiment, config, schedule, root=tmp_path / "runs", address="voter:Voter")
    assert (outcome.status, outcome.reason) == ("finished", "all agree")
    assert (outcome.folder.path / "report.html").exists()


@pytest.mark.thorough
def test_the_lines_of_python_run_as_they_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(python_blocks()[1], "your-own-experiment.md", "exec"), {})
    assert capsys.readouterr().out.startswith("finished ")
