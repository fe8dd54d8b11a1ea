"""The page of runs, comparisons and sweeps, in a real browser on a real observatory."""

import re

import pytest

import runs
from primordia.core.registry import load
from primordia.engine import launch, schedule

WALKS = ((0, 0.5), (1, 0.5), (0, 1.0))
PATIENCE_MILLISECONDS = 60_000


@pytest.fixture
def expect(browser):
    """Playwright's own; imported late, where it may be missing."""
    from playwright.sync_api import expect

    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    return expect


def go(page, address):
    """To another page of the same observatory."""
    page.evaluate("address => { location.hash = address }", address)


def test_runs_are_found_compared_at_one_step_and_their_numbers_explained(tmp_path, observe, visit, expect):
    known = [runs.start(tmp_path, seed=seed, p_move=p).folder.path.name for seed, p in WALKS]
    page = visit(observe(root=tmp_path).address).page
    found_sorted_and_chosen(page, known, expect)
    locked_to_one_step(page, expect)
    explained(page, known, expect)
    swept(page, known, expect)


def found_sorted_and_chosen(page, known, expect):
    rows = page.locator(".runs tbody tr")
    expect(rows).to_have_count(3)
    page.get_by_label("find a run").fill("p_move=1")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(known[2])
    page.get_by_label("find a run").fill("")
    for seed in ("0", "1"):
        page.get_by_role("button", name="seed").click()
        expect(rows.first.locator(".entry-seed")).to_have_text(seed)
    rows.first.locator("a").focus()
    page.keyboard.press("ArrowDown")
    focused = page.evaluate("document.activeElement.getAttribute('href')")
    assert focused == rows.nth(1).locator("a").get_attribute("href")
    for run in known[:2]:
        page.get_by_label(f"compare {run}").check()
    page.get_by_role("button", name="Compare 2").click()


def locked_to_one_step(page, expect):
    steps = page.locator(".compared > output")
    expect(steps).to_have_text(["step 40", "step 40"])
    differing = page.locator(".differences tbody tr")
    expect(differing).to_have_count(1)
    expect(differing).to_contain_text("seed")
    page.get_by_label("step of all runs").fill("12")
    expect(steps).to_have_text(["step 12", "step 12"])
    page.locator("h2").first.click()
    page.keyboard.press(".")
    expect(steps).to_have_text(["step 16", "step 16"])
    page.keyboard.press(" ")
    expect(steps).to_have_text(["step 40", "step 40"])
    page.locator(".series-mark").first.click()
    expect(page.get_by_label("step of all runs")).not_to_have_value("40")


def explained(page, known, expect):
    go(page, f"#/run/{known[0]}")
    title = page.locator(".series-title", has_text="coverage").first
    title.hover()
    card = page.get_by_role("tooltip")
    expect(card).to_contain_text("Share of the sites that some walker has stood on.")
    expect(card).to_contain_text("more is better")
    named, told = title.bounding_box(), card.bounding_box()
    assert told["y"] >= named["y"] + named["height"] or told["y"] + told["height"] <= named["y"]
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()


def swept(page, known, expect):
    go(page, "#/sweep/tests/walk")
    cells = page.locator("button.sweep-cell")
    expect(cells).to_have_count(2)
    cells.nth(1).click()
    expect(page).to_have_url(re.compile(f"#/run/{known[2]}"))
    expect(page.locator("#panel-about")).to_contain_text(known[2])


@pytest.mark.slow  # a soup is run here and another in a process of its own
def test_a_sweep_goes_to_its_runs_and_a_form_starts_what_it_says(tmp_path, observe, visit, expect):
    known = [soup(tmp_path, seed, rate) for seed, rate in ((0, 0.0), (1, 0.0), (0, 0.5))]
    page = visit(observe(root=tmp_path).address).page
    averaged(page, known, expect)
    go(page, "#/")
    refused_and_started(page, expect)


def soup(root, seed, mutation_rate):
    """The id of a small soup after four epochs."""
    experiment = load("life/bff")
    config = experiment.Config(n_programs=64, max_steps=64, seed=seed, mutation_rate=mutation_rate)
    plan = schedule.make(experiment, {"steps": 4, "every": 2})
    return launch.start(experiment, config, plan, root=root, address="life/bff").folder.path.name


def averaged(page, known, expect):
    go(page, "#/sweep/life/bff")
    cells = page.locator("button.sweep-cell")
    expect(cells).to_have_count(2)
    expect(cells.first).to_contain_text("2 runs")
    cells.first.click()
    expect(page.locator(".sweep-list li")).to_have_count(2)
    page.get_by_role("button", name="over steps").click()
    expect(page.locator(".series-panel:visible")).to_have_count(2)
    page.get_by_role("button", name="heat map").click()
    cells.nth(1).click()
    expect(page).to_have_url(re.compile(f"#/run/{known[2]}"))


def refused_and_started(page, expect):
    page.locator("summary", has_text="Self-replicating programs emerge").click()
    page.locator(".experiment[open]").get_by_role("button", name="Choose every setting").click()
    form = page.get_by_role("dialog")
    form.get_by_label("preset").select_option("small")
    programs = form.locator(".field", has_text="n programs")
    programs.locator("input").fill("5")
    form.get_by_role("button", name="Start", exact=True).click()
    expect(programs.get_by_role("alert")).to_contain_text("n_programs=5")
    programs.locator("input").fill("64")
    form.get_by_role("button", name="Start", exact=True).click()
    expect(page).to_have_url(re.compile("#/run/"))
    expect(page.locator(".series-panel:visible").first).to_be_visible()
