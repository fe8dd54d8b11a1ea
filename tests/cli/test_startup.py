"""What starts quickly, imports little, and tells what it can do."""

import resource
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


def processor_seconds(*words):
    """Processor time of a process, not the clock: other tests run beside this one. The best of five."""
    spent = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *words], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(spent)


@pytest.mark.parametrize("words", [["--help"], ["list"]], ids=" ".join)
def test_listing_takes_a_fraction_of_a_second(words):
    # 0.4 seconds, or on a machine that is slow today four times what NumPy alone takes to be imported.
    allowed = max(0.4, 4 * processor_seconds("-c", "import numpy"))
    assert processor_seconds("-m", "primordia.cli.main", *words) < allowed


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
