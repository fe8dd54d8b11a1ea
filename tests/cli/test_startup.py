"""What starts quickly, imports little, and tells what it can do."""

import subprocess
import sys

import pytest
from calling import Call

import primordia
from primordia.cli.main import VERBS

HEAVY = {"jax", "numba", "matplotlib", "PIL", "duckdb"}


@pytest.mark.parametrize(
    ("words", "unwanted"),
    [
        (["--help"], {*HEAVY, "numpy", "tyro", "rich"}),
        (["list"], {*HEAVY, "tyro"}),
        (["list", "--json"], {*HEAVY, "tyro", "rich"}),
        (["describe", "life/bff"], HEAVY),
        (["describe", "minds/mesanet"], HEAVY),
        (["runs"], HEAVY),
        (["run", "life/bff", "--preset", "dmo"], HEAVY - {"PIL"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_quick_verb_imports_nothing_heavy(words, unwanted, tmp_path):
    program = (
        "import sys; from primordia.cli.main import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *words], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    imported = set(done.stderr.split())
    assert "primordia.cli.main" in imported
    assert imported & unwanted == set()


@pytest.mark.parametrize(("words", "most"), [(["--help"], 90), (["list"], 560)], ids=["--help", "list"])
def test_listing_imports_few_modules(words, most):
    # How long it takes is for benchmarks/startup.py: a clock, even of the processor, judges the machine as well.
    program = (
        "import sys; from primordia.cli.main import main; main(sys.argv[1:]); print(len(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=True)
    assert int(done.stderr) <= most


def test_help_names_every_verb_and_every_exit_code(call: Call):
    for words in ((), ("--help",), ("-h",)):
        ending = call(*words)
        assert ending.code == 0
        for verb, summary in VERBS.items():
            assert f"  {verb:<8}  {summary}" in ending.lines
        assert "exit codes: 0 done · 1 a run failed" in ending.out
        assert "130 interrupted" in ending.out


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_its_own_help(call: Call, verb):
    ending = call(verb, "--help")
    assert ending.code == 0
    assert ending.lines[0].startswith(f"usage: primordia {verb}")
    assert ending.err == ""


def test_version(call: Call):
    assert call("--version").lines == [f"primordia {primordia.__version__}"]


def test_the_package_itself_can_be_called():
    called = subprocess.run(
        [sys.executable, "-m", "primordia", "--version"], capture_output=True, text=True, check=True
    )
    assert called.stdout.startswith("primordia ")
    refused = subprocess.run([sys.executable, "-m", "primordia", "rnu"], capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "did you mean 'run'?" in refused.stderr
