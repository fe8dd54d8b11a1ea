"""What lies in static/: uPlot as its authors made it, and modules of ours that need nothing from elsewhere."""

import gzip
import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from primordia import observatory

STATIC = Path(observatory.__file__).parent / "static"
VENDORED = STATIC / "vendor"
# uPlot 1.6.32 as npm has it.
CHECKSUMS = {
    "uPlot.iife.min.js": "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f",
    "uPlot.min.css": "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
    "uPlot.LICENSE": "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd",
}
BUDGET = 300_000
SVG = "http://www.w3.org/2000/svg"  # the name of a vocabulary; nothing is fetched from it
FILE_LINES = 400


def ours(ending):
    return sorted(path for path in STATIC.rglob(f"*{ending}") if path.parent != VENDORED)


def node():
    found = shutil.which("node")
    if found:
        return found
    try:
        import playwright
    except ImportError:
        return None
    own = Path(playwright.__file__).parent / "driver" / "node"
    return str(own) if own.is_file() else None


def test_what_is_not_ours_is_as_its_authors_made_it_with_its_licence():
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in VENDORED.iterdir()}
    assert found == CHECKSUMS
    assert "MIT License" in (VENDORED / "uPlot.LICENSE").read_text()
    assert b"v1.6.32" in (VENDORED / "uPlot.iife.min.js").read_bytes()[:100]


def test_page_and_assets_are_small():
    # As a browser gets them when it asks for gzip: every file by itself.
    weights = {path.name: len(gzip.compress(path.read_bytes(), 6)) for path in STATIC.rglob("*") if path.is_file()}
    assert sum(weights.values()) < BUDGET, sorted(weights.items(), key=lambda item: -item[1])[:8]


@pytest.mark.parametrize(
    "path", [path for ending in (".js", ".css", ".html", ".svg") for path in ours(ending)], ids=lambda path: path.name
)
def test_our_files_name_no_other_host_and_stay_short(path):
    text = path.read_text().replace(SVG, "")
    assert re.findall(r"""(?:\b(?:https?|wss?):|["'`(])//[\w$][^\s"'`)]*""", text) == []
    assert len(text.splitlines()) <= FILE_LINES


def test_the_page_itself_holds_no_script_and_no_style():
    text = (STATIC / "index.html").read_text()
    assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", text) == []
    assert re.findall(r"\s(?:on\w+|style)\s*=", text) == []


@pytest.mark.parametrize("path", ours(".js"), ids=lambda path: path.name)
def test_what_a_module_imports_is_there(path):
    named = re.findall(r"""(?:from|import)\s*\(?\s*"(\.{1,2}/[^"]+)\"""", path.read_text())
    assert [name for name in named if not (path.parent / name).is_file()] == []


def test_every_module_can_be_read():
    # In one process: forty starts of node would take seconds.
    if node() is None:
        pytest.skip("neither node nor Playwright is installed; either can read JavaScript.")
    script = (
        "const vm = require('vm'), fs = require('fs');"
        "for (const file of process.argv.slice(1)) {"
        "  try { new vm.SourceTextModule(fs.readFileSync(file, 'utf8'), { identifier: file }); }"
        "  catch (error) { console.log(`${file}: ${error.message}`); } }"
    )
    files = [str(path) for path in ours(".js")]
    command = [node(), "--experimental-vm-modules", "--no-warnings", "-e", script, *files]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (ran.stdout, ran.returncode) == ("", 0)
