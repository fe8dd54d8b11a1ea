"""Arrows point one way: cli, observatory -> engine -> core <- wings; and the project speaks of itself alone."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "primordia"
MAY_IMPORT = {
    "core": {"core"},
    "engine": {"engine", "core"},
    "life": {"life", "core"},
    "minds": {"minds", "core"},
    "games": {"games", "core"},
    "observatory": {"observatory", "engine", "core"},
    "cli": {"cli", "observatory", "engine", "core"},
}
# 1,500, raised for tools, charts, films, layers, interventions, inspection, shards, exact intervals (CHANGELOG.md).
CORE_LINES = 2300
FILE_LINES = 400


def sources():
    return sorted(SOURCE.rglob("*.py"))


def imported_rooms(path):
    """The packages directly under primordia that a file imports from anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the arrows"
            names = [node.module]
            if node.module == "primordia":
                names = [f"primordia.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "primordia" and len(parts) > 1 and (SOURCE / parts[1]).is_dir():
                yield parts[1]


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_room_imports_only_what_lies_below_it(path):
    room = path.relative_to(SOURCE).parts[0]
    if room in MAY_IMPORT:
        assert set(imported_rooms(path)) <= MAY_IMPORT[room]


def test_every_room_has_its_arrows_stated():
    rooms = {path.name for path in SOURCE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert rooms == set(MAY_IMPORT)


def test_the_core_stays_small():
    assert sum(len(path.read_text().splitlines()) for path in (SOURCE / "core").glob("*.py")) < CORE_LINES


def test_no_file_outgrows_its_reader():
    long = {str(path): n for path in sources() if (n := len(path.read_text().splitlines())) > FILE_LINES}
    assert long == {}


def test_the_ci_script_runs_the_test_command_of_the_readme_word_for_word():
    commands = re.findall(r"```\n(python3 -m venv .*pytest -n auto)\n```", (ROOT / "README.md").read_text())
    assert len(commands) == 1
    assert (ROOT / ".ci" / "run").read_text().rstrip().endswith(commands[0])


LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", "Pipfile.lock", "package-lock.json", "yarn.lock")
INDEX = re.compile(r"(?:index-url|registry|find-links)\s*[=: ]\s*\S*//", re.IGNORECASE)
MACHINE = re.compile(r"(?<![\w.])/(?:home|Users|root|work|mnt)/[\w.-]+|(?<![\w.])/tmp/[\w.-]+/[\w.-]+")


def tracked_texts():
    """Every tracked file that is text, by name."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    found = {}
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.is_file() and b"\0" not in (content := path.read_bytes()):
            found[name] = content.decode()
    return found


def lines_with(pattern, text):
    return [line.strip() for line in text.splitlines() if pattern.search(line)]


def test_no_committed_file_names_an_index_or_a_lock_that_does():
    texts = tracked_texts()
    assert [name for name in texts if Path(name).name in LOCKS] == []
    assert {name: lines for name, text in texts.items() if (lines := lines_with(INDEX, text))} == {}
    lock = texts["requirements.lock"]
    assert "://" not in lock
    assert all(re.fullmatch(r"#.*|[a-z0-9-]+==[\w.]+", line) for line in lock.splitlines())


def test_no_committed_file_names_a_place_on_somebodys_machine():
    # This file holds the patterns themselves; they do not match.
    assert {name: lines for name, text in tracked_texts().items() if (lines := lines_with(MACHINE, text))} == {}


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (INDEX, "--index" + "-url https://packages.example/simple"),
        (INDEX, "index" + "-url=https://packages.example/simple"),
        (INDEX, "registry" + ' = "https://packages.example"'),
        (MACHINE, "cd /" + "home/someone/project"),
        (MACHINE, 'path = "/' + 'root/.cache"'),
    ],
)
def test_the_patterns_would_notice(pattern, line):
    assert pattern.search(line)
