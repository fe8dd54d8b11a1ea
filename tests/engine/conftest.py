"""Most tests of the engine need no figures; those that do ask for them by the marker fixture `wrapped`."""

from __future__ import annotations

import pytest

from primordia.engine import wrapping


@pytest.fixture
def wrapped() -> None:
    """Ask for figures and report at the end of a run."""


@pytest.fixture(autouse=True)
def _no_figures(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "wrapped" not in request.fixturenames:
        monkeypatch.setattr(wrapping, "wrap_up", lambda run, outcome: None)
