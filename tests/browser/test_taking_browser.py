"""What is taken away in a browser: pictures, films, a page that plays without a server, specimens, whole states."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import Observatory, drawn, until, value
from gallery import SIDE, Gallery
from PIL import Image, ImageSequence

from primordia.engine import launch
from walk import PALETTE

STEPS = 6
RGB = np.array([[int(colour.rgb[at : at + 2], 16) for at in (1, 3, 5)] for colour in PALETTE], dtype=np.uint8)


@pytest.fixture(scope="module")
def run(observatory: Observatory) -> str:
    """A run that came to its end."""
    begun = observatory.begin("gallery:Gallery", steps=STEPS, n_sites=256, paused=False)
    until(lambda: observatory.opened(begun).folder.record()["status"] == "finished", "its end")
    return begun


@pytest.fixture
def page(observatory: Observatory, run: str, visit: Callable[..., Any]) -> Any:
    opened = visit(observatory, f"#/run/{run}").page
    until(lambda: drawn(opened) == STEPS, "a picture of the end")
    return opened


def indices(observatory: Observatory, run: str, step: int) -> np.ndarray[Any, Any]:
    config, state = launch.moment_at(observatory.opened(run), step)[2:]
    return Gallery.views["square"].pixels(config, state, "square")


def exported(page: Any, form: str, folder: Path, **fields: str) -> Path:
    """The file of an export that is asked for and saved as a person does."""
    page.keyboard.press("e")
    box = page.get_by_role("dialog", name="Export")
    box.get_by_text(form, exact=True).click()
    if form == "GIF":
        box.get_by_label("curve beside it").select_option("")
    for label, text in fields.items():
        box.get_by_label(label.replace("_", " ")).fill(text)
    box.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        box.get_by_role("link", name=f"Save {form}").click()
    saved = folder / download.value.suggested_filename
    download.value.save_as(saved)
    box.get_by_role("button", name="Close").first.click()
    return saved


def test_a_picture_and_a_film_hold_the_colours_of_every_cell(
    observatory: Observatory, run: str, page: Any, tmp_path: Path
) -> None:
    saved = exported(page, "PNG", tmp_path, at_step="3", pixels_to_a_cell="2")
    assert saved.name.startswith(run)
    with Image.open(saved) as picture:
        assert_cells(picture, indices(observatory, run, 3), 2)
    asked = {"first_step": "0", "last_step": str(STEPS), "steps_to_a_picture": "2", "pixels_to_a_cell": "2"}
    saved = exported(page, "GIF", tmp_path, **asked)
    with Image.open(saved) as pictures:
        frames = [frame.copy() for frame in ImageSequence.Iterator(pictures)]
    assert len(frames) == STEPS // 2 + 1
    for number, frame in enumerate(frames):
        assert_cells(frame, indices(observatory, run, 2 * number), 2)


def assert_cells(picture: Any, cells: np.ndarray[Any, Any], scale: int) -> None:
    """The picture of a view stands in an exported one, `scale` pixels to a cell."""
    found = np.asarray(picture.convert("RGB"))
    wanted = RGB[np.kron(cells, np.ones((scale, scale), dtype=np.uint8))]
    assert found.shape == wanted.shape
    assert (found == wanted).all()


def test_a_shared_page_plays_without_a_server(
    observatory: Observatory, run: str, page: Any, visit: Callable[..., Any], tmp_path: Path
) -> None:
    saved = exported(page, "HTML", tmp_path, steps_to_a_picture="1")
    watched = visit("about:blank", offline=True)
    requests: list[str] = []
    watched.page.on("request", lambda request: requests.append(request.url.split(":")[0]))
    watched.page.goto(saved.as_uri())
    shared = watched.page
    until(lambda: drawn(shared) == STEPS, "the last picture")
    for step in (2, 0, 5):
        shared.get_by_role("slider", name="step shown").fill(str(step))
        until(lambda step=step: drawn(shared) == step, f"step {step}")
        pixels = value(shared, "[...primordia.lastFrame().pixels]")
        assert pixels == indices(observatory, run, step).ravel().tolist(), step
    shared.get_by_role("slider", name="step shown").fill("0")
    until(lambda: drawn(shared) == 0, "the first picture")
    shared.locator("h1").click()
    shared.keyboard.press("Space")
    until(lambda: drawn(shared) == STEPS and value(shared, "primordia.live"), "the end of the recording")
    assert [value(shared, f"primordia.pixel(...[{at}])") for at in points(shared)] == shades(observatory, run, STEPS)
    assert shared.get_by_role("button", name="Bookmark").count() == 0
    assert set(requests) <= {"file", "data", "blob"}
    assert requests.count("file") == 1


def points(page: Any) -> list[str]:
    """The middles of the cells along a diagonal, in CSS pixels of the picture."""
    x, y, scale = page.evaluate("(({ x, y, scale }) => [x, y, scale])(primordia.lens())")
    return [f"{x + (at + 0.5) * scale}, {y + (at + 0.5) * scale}" for at in range(SIDE)]


def shades(observatory: Observatory, run: str, step: int) -> list[list[int]]:
    return [RGB[cell].tolist() for cell in indices(observatory, run, step).diagonal()]


def clicked(page: Any, row: int, column: int) -> None:
    """A click into the middle of a cell."""
    x, y, scale = page.evaluate("(({ x, y, scale }) => [x, y, scale])(primordia.lens())")
    canvas = page.locator("canvas.picture")
    canvas.click(position={"x": x + (column + 0.5) * scale, "y": y + (row + 0.5) * scale})


def kept(page: Any, button: Any, name: str) -> None:
    button.click()
    page.get_by_role("dialog").get_by_label("name", exact=True).fill(name)
    page.keyboard.press("Enter")
    until(lambda: page.get_by_text(f"{name} is in the freezer.").is_visible(), "the word that it is kept")


def test_a_specimen_is_kept_and_put_into_another_run(observatory: Observatory, run: str, page: Any) -> None:
    clicked(page, 2, 5)
    until(lambda: page.get_by_text("Site 37", exact=True).is_visible(), "what stands there")
    kept(page, page.locator("#panel-place").get_by_role("button", name="freeze"), "a wanderer")
    other = observatory.begin("gallery:Gallery", n_sites=256)
    page.get_by_role("link", name="Freezer").click()
    card = page.get_by_role("article", name="a wanderer")
    until(card.is_visible, "its card")
    assert run in card.inner_text()
    until(lambda: card.locator("img").evaluate("image => image.complete && image.naturalWidth") == SIDE, "its picture")
    card.get_by_role("button", name="Put into a run").click()
    box = page.get_by_role("dialog")
    box.get_by_label("run", exact=True).select_option(other)
    box.get_by_label("site (sites)").fill("11")
    box.get_by_role("button", name="Put it there").click()
    until(lambda: value(page, "primordia.run") == other, "the page of the other run")
    made = [event for event in observatory.opened(other).folder.events.read() if event["event"] == "intervention"]
    (put,) = made
    assert (put["name"], put["step"], put["arguments"]["walker"], put["arguments"]["site"]) == ("put", 0, 3, 11)
    until(lambda: page.locator(".mark.intervention").count() == 1, "the mark on its timeline")
    until(lambda: value(page, "primordia.lastFrame()?.pixels[11]") == 2, "the walker")
    discarded(page, "a wanderer")


def discarded(page: Any, name: str) -> None:
    page.get_by_role("link", name="Freezer").click()
    page.get_by_role("button", name=f"Discard: {name}").click()
    page.get_by_role("dialog").get_by_role("button", name="Discard").click()
    until(lambda: page.get_by_role("article").count() == 0, "an empty freezer")


def test_a_whole_state_is_kept_and_begins_a_new_run(observatory: Observatory, run: str, page: Any) -> None:
    page.get_by_role("slider", name="step shown").fill("4")
    until(lambda: drawn(page) == 4, "step 4")
    kept(page, page.get_by_role("button", name="Keep this state in the freezer"), "the fourth")
    page.get_by_role("link", name="Freezer").click()
    page.get_by_role("button", name="Begin a new run: the fourth").click()
    until(lambda: value(page, "primordia.run") not in (None, run), "the page of the new run")
    until(lambda: drawn(page) is not None, "its picture")
    begun = value(page, "primordia.run")
    page.keyboard.press("g")
    page.keyboard.type("4")
    page.keyboard.press("Enter")
    until(lambda: drawn(page) == 4, "step 4")
    pixels = value(page, "[...primordia.lastFrame().pixels]")
    assert pixels == indices(observatory, run, 4).ravel().tolist()
    assert observatory.opened(begun).folder.record()["begins_at"] == 4
    discarded(page, "the fourth")
