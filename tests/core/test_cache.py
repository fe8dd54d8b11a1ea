"""Where compiled kernels are kept, and that nobody else's folder is ever trusted."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from primordia.core import cache


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The wanted folder cannot be made; the temporary folder is the one that is returned."""
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    monkeypatch.setenv("PRIMORDIA_CACHE", str(tmp_path / "file"))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    return temporary


def test_the_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PRIMORDIA_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache.wanted() == tmp_path / "home" / ".cache" / "primordia" / "kernels"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache.wanted() == tmp_path / "home" / ".cache" / "primordia" / "kernels"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache.wanted() == tmp_path / "xdg" / "primordia" / "kernels"
    monkeypatch.setenv("PRIMORDIA_CACHE", str(tmp_path / "own"))
    assert cache.wanted() == tmp_path / "own" / "kernels"
    assert not (tmp_path / "own").exists()
    assert cache.folder() == tmp_path / "own" / "kernels"
    assert (tmp_path / "own" / "kernels").is_dir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRIMORDIA_CACHE", "here")
    assert cache.wanted() == tmp_path / "here" / "kernels"


def test_without_the_wanted_folder_a_private_one_is_made_and_found_again(nowhere: Path) -> None:
    found = cache.folder()
    assert found is not None
    assert found.parent == nowhere
    assert found.stat().st_mode & 0o777 == 0o700
    assert cache.folder() == found


@pytest.mark.parametrize("trap", ["open to others", "of another user", "link", "file"])
def test_a_folder_that_others_could_have_filled_is_not_used(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch, trap: str
) -> None:
    path = nowhere / f"primordia-kernels-{os.getuid()}"
    if trap == "open to others":
        path.mkdir()
        path.chmod(0o777)
    elif trap == "of another user":
        path.mkdir(mode=0o700)
        mine = os.getuid()
        path.rename(nowhere / f"primordia-kernels-{mine + 1}")
        monkeypatch.setattr(os, "getuid", lambda: mine + 1)
    elif trap == "link":
        (nowhere / "theirs").mkdir(mode=0o700)
        path.symlink_to(nowhere / "theirs")
    else:
        path.write_text("", encoding="utf-8")
    assert cache.folder() is None
