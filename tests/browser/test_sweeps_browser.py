"""Sweeps on the page of runs, the page of one, and the way to a cell, in a real browser on a real observatory."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from primordia.core import config as configs
from primordia.engine import launch, schedule
from primordia.engine.sweeps import axes, sweepfolder
from primordia.engine.sweeps import plan as plans
from primordia.engine.sweeps.designs import Design
from runs import SHORT
from walk import Walk

PATIENCE_MILLISECONDS = 60_000


@pytest.fixture
def swept(tmp_path: Path) -> Path:
    """A root with a sweep of two points by two seeds, three of whose cells are done."""
    fields = configs.fields(Walk.Config)
    design = Design(axes=(axes.read(fields["p_move"], "0.25,1"),), seeds=(0, 1))
    plan = plans.make(Walk(), design, address="walk:Walk", schedule=SHORT)
    sweep = sweepfolder.create(tmp_path, plan, "rates")
    for cell in plan.cells[:3]:
        config = configs.from_dict(Walk.Config, plans.config_of(plan, cell))
        where: dict[str, Any] = {"root": sweep.path, "name": plans.name_of(plan, cell), "address": plan.address}
        launch.start(Walk(), config, schedule.make(Walk(), plan.schedule), **where, wrap=False)
    return tmp_path


def test_a_sweep_is_listed_opened_and_its_cells_are_runs(swept: Path, observe: Any, visit: Any) -> None:
    from playwright.sync_api import expect

    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    page = visit(observe(root=swept).address).page
    row = page.locator(".sweeps tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_have_text(re.compile("rates.*tests/walk.*4.*3.*0.*1"))
    page.get_by_role("link", name="rates").click()
    expect(page.locator("h1")).to_have_text("Sweep rates of tests/walk")
    cells = page.locator("button.sweep-cell")
    expect(cells).to_have_count(2)
    cells.nth(1).click()
    expect(page).to_have_url(re.compile("#/run/rates:00002-"))
    expect(page.locator("#panel-about")).to_contain_text("rates:00002-")
