"""Most tests of the engine need no figures, and none can cut the power, so neither is paid for unless asked."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest

from primordia.engine import wrapping


@pytest.fixture
def wrapped() -> None:
    """Ask for figures and report at the end of a run."""


@pytest.fixture(autouse=True)
def _no_figures(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "wrapped" not in request.fixturenames:
        monkeypatch.setattr(wrapping, "wrap_up", lambda run, outcome: None)


@pytest.fixture
def synced() -> None:
    """Ask for files that are really flushed to the disk."""


@pytest.fixture(autouse=True)
def _no_waiting_for_disks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "synced" not in request.fixturenames:
        monkeypatch.setattr(os, "fsync", lambda handle: None)


@pytest.fixture
def ray_draws_ports() -> Iterator[None]:
    """From the global generator, in the process of a driver; put back what it was."""
    before = random.getstate()
    yield
    random.setstate(before)
