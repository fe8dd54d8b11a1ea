"""Modules of the page that need no browser, held to their promises in Node: geometry, palettes, playing."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from primordia.observatory.serving import files

NODE = shutil.which("node")


@pytest.mark.skipif(NODE is None, reason="Node is not installed; the tests in a browser use these modules too.")
def test_modules_keep_their_promises(tmp_path: Path) -> None:
    modules = tmp_path / "static"
    shutil.copytree(files.STATIC, modules)
    (modules / "package.json").write_text('{"type": "module"}')
    done = subprocess.run(
        [str(NODE), "--test", str(Path(__file__).with_name("page_checks.mjs"))],
        env={**os.environ, "PAGE_MODULES": str(modules)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout
