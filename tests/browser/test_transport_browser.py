"""A run in a real browser: played, steered, changed and begun again."""

from __future__ import annotations

from typing import Any

from browsing import Observatory, drawn, until, value

from primordia.engine import launch


def click(page: Any, name: str) -> None:
    page.get_by_role("toolbar").get_by_role("button", name=name, exact=True).click()


def test_a_run_is_stepped_played_paused_and_begun_with_another_seed(observatory: Observatory, paused: Any) -> None:
    page = paused  # by its buttons; its keys have a test of their own
    run = value(page, "primordia.run")
    for step in (1, 2):
        click(page, "One step")
        until(lambda step=step: drawn(page) == step, f"step {step}")
    click(page, "Play")
    until(lambda: value(page, "primordia.mode") == "playing" and value(page, "primordia.newest") > 10, "playing")
    click(page, "Pause")
    until(lambda: value(page, "primordia.mode") == "paused", "the pause")
    stands = value(page, "primordia.newest")
    until(lambda: drawn(page) == stands, "the picture of where it paused")
    click(page, "Again, another seed")
    page.get_by_label("seed of the new run").fill("7")
    page.keyboard.press("Enter")
    until(lambda: value(page, "primordia.run") not in (None, run), "the page of the new run")
    begun = value(page, "primordia.run")
    assert page.url.endswith(f"#/run/{begun}")
    assert observatory.opened(begun).config.seed == 7
    left = observatory.opened(run).folder
    until(lambda: left.record()["status"] == "interrupted", "the end of the first run")
    assert stands <= left.record()["step"] < 400


def test_a_rule_pauses_at_its_step_and_at_a_transition(observatory: Observatory, paused: Any) -> None:
    page = paused
    page.get_by_role("tab", name="Stop rules").click()
    panel = page.get_by_role("tabpanel", name="Stop rules")
    panel.get_by_label("step", exact=True).fill("23")
    panel.get_by_role("button", name="Add this rule").click()
    until(lambda: panel.locator(".rules li").all_inner_texts() == ["pause at step 23"], "the rule")
    panel.get_by_label("Pause when").select_option("transition")
    panel.get_by_label("transition", exact=True).select_option("half")
    panel.get_by_role("button", name="Add this rule").click()
    until(lambda: panel.locator(".rules li").count() == 2, "the second rule")
    seen = []
    for left in (1, 0):
        page.locator("h1").click()
        page.keyboard.press("Space")
        until(lambda left=left: panel.locator(".rules li").count() == left, "a rule that fired")
        assert value(page, "primordia.mode") == "paused"
        seen.append((value(page, "primordia.newest"), page.locator(".why").inner_text()))
    happened = observatory.opened(value(page, "primordia.run")).folder.events.read()
    (half,) = [event["step"] for event in happened if event["event"] == "transition" and event["name"] == "half"]
    assert sorted(step for step, _ in seen) == sorted([23, half])
    assert all(why for _, why in seen)


def test_settings_are_changed_while_a_run_stands_still(observatory: Observatory, paused: Any) -> None:
    page = paused
    page.keyboard.press(".")
    until(lambda: drawn(page) == 1, "the first step")
    page.get_by_role("tab", name="Change").click()
    form = page.locator("form", has_text="change settings")
    form.get_by_label("p move", exact=True).first.fill("1")
    form.get_by_role("button", name="change settings").click()
    mark = page.locator(".mark.intervention")
    until(lambda: mark.count() == 1, "the mark on the timeline")
    assert "set p move = 1" in mark.get_attribute("title")
    for step in (2, 3):
        page.locator("h1").click()
        page.keyboard.press(".")
        until(lambda step=step: drawn(page) == step, f"step {step}")
    run = observatory.opened(value(page, "primordia.run"))
    made = [event for event in run.folder.events.read() if event["event"] == "intervention"]
    assert [(event["name"], event["step"], event["arguments"]) for event in made] == [
        ("set", 1, {"settings": {"p_move": 1.0}})
    ]
    before, after = launch.moment_at(run, 1).state.crowd, launch.moment_at(run, 2).state.crowd
    assert launch.moment_at(run, 3).config.p_move == 1.0
    assert (before.positions != after.positions).all()
