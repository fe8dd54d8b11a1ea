"""Time as a place: what is shown again of a step is bit for bit what was shown of it live, and what Python draws."""

from __future__ import annotations

from typing import Any

from browsing import Observatory, until, value

from primordia.engine import launch

HERE = 4  # the step at which somebody intervenes
LAST = 8
FRAME = "(({ step, revision, pixels }) => ({ step, revision, pixels: [...pixels] }))(primordia.lastFrame())"


def frame(page: Any, step: int, revision: int) -> list[int]:
    """The palette indices that are shown, once they are those of this step."""

    def there() -> Any:
        shown = value(page, f"primordia.lastFrame() && {FRAME}")
        return shown if shown and (shown["step"], shown["revision"]) == (step, revision) else None

    return list(until(there, f"the picture of step {step} after {revision} interventions")["pixels"])


def put_a_walker(page: Any) -> None:
    """Walker 0 is taken to site 7."""
    page.get_by_role("tab", name="Change").click()
    form = page.locator("form", has_text="A walker is put at a site.")
    form.get_by_label("site (sites)").fill("7")
    form.get_by_role("button", name="put").click()
    page.locator("h1").click()


def shown_live(page: Any) -> dict[int, list[int]]:
    """Every picture of a run of some steps; somebody intervenes on the way."""
    shown = {0: frame(page, 0, 0)}
    for step in range(1, LAST + 1):
        page.keyboard.press(".")
        shown[step] = frame(page, step, int(step > HERE))
        if step == HERE:
            before = shown[step]
            put_a_walker(page)
            shown[step] = frame(page, step, 1)
            assert before != shown[step]
    return shown


def scrub(page: Any, step: int) -> None:
    page.get_by_role("slider", name="step shown").fill(str(step))


def test_a_step_shown_again_equals_what_was_shown_live_and_what_python_draws(
    observatory: Observatory, paused: Any
) -> None:
    page, live = paused, shown_live(paused)
    run = observatory.opened(value(page, "primordia.run"))
    for step in (HERE, 1, HERE + 1, 0, HERE - 1, LAST, 2):
        scrub(page, step)
        again = frame(page, step, int(step >= HERE))
        assert again == live[step], step
        config, state = launch.moment_at(run, step)[2:]
        assert again == run.experiment.views["square"].pixels(config, state, "square").ravel().tolist()
        assert value(page, "primordia.live") == (step == LAST)
    assert len({str(pixels) for pixels in live.values()}) == LAST + 1
    page.goto(f"{observatory.home}#/run/{value(page, 'primordia.run')}/3")
    assert frame(page, 3, 0) == live[3]


def test_time_is_played_both_ways(paused: Any) -> None:
    page = paused
    live = shown_live(page)
    page.evaluate(
        """() => {
          window.seen = [];
          const look = () => {
            const frame = primordia.lastFrame();
            if (frame && frame.step !== seen.at(-1)?.[0]) seen.push([frame.step, [...frame.pixels]]);
            requestAnimationFrame(look);
          };
          look();
        }"""
    )
    page.keyboard.press("]")  # with a number of steps to a picture a replay shows just those
    page.keyboard.press("[")
    page.keyboard.press("Shift+Space")
    until(
        lambda: page.evaluate("seen.at(-1)?.[0]") == 0 and value(page, "primordia.mode") == "paused", "the first step"
    )
    back = page.evaluate("seen.splice(0)")
    assert [step for step, _ in back] == list(range(LAST, -1, -1))
    page.get_by_role("button", name="Play", exact=True).click()
    until(lambda: value(page, "primordia.live") and value(page, "primordia.newest") > LAST, "the run itself to go on")
    page.keyboard.press("Space")
    forwards = [entry for entry in page.evaluate("seen") if entry[0] < LAST]
    assert [step for step, _ in forwards] == list(range(LAST))
    assert all(pixels == live[step] for step, pixels in (*back, *forwards))
