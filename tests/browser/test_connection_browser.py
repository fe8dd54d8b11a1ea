"""Coming in, losing the server and finding it again, and going from page to page faster than pages open."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

import pytest
from browsing import Observatory, drawn, until, value

SHUT = "This address is no longer good. Open the one that the terminal shows."


def test_a_page_survives_its_server_and_shows_the_present_state(
    observe: Callable[..., Any], visit: Callable[..., Any]
) -> None:
    observatory = observe()
    run = observatory.begin("gallery:Gallery", n_sites=256, microseconds=2000)
    watched = visit(observatory, f"#/run/{run}")
    page = watched.page
    watched.forgiven = ("ERR_CONNECTION_REFUSED",)  # a browser says so of every attempt
    until(lambda: drawn(page) == 0, "a picture")
    for step in (1, 2, 3):
        page.keyboard.press(".")
        until(lambda step=step: drawn(page) == step, f"step {step}")
    shown = page.evaluate("[...primordia.lastFrame().pixels]")
    observatory.stop()
    banner = page.locator(".banner")
    until(banner.is_visible, "the word that it is lost")
    assert "cannot be reached" in banner.inner_text()
    observatory.start()
    until(lambda: not banner.is_visible(), "the connection")
    until(lambda: page.locator(".status").first.inner_text() == "interrupted", "the present state")
    until(lambda: drawn(page) == 3 and page.evaluate("[...primordia.lastFrame().pixels]") == shown, "the same picture")
    page.keyboard.press("Space")  # goes on with the run
    until(lambda: value(page, "primordia.newest") > 5 and value(page, "primordia.mode") == "playing", "going on")
    assert page.url.endswith(f"#/run/{run}")
    page.keyboard.press("Space")
    until(lambda: value(page, "primordia.mode") == "paused", "the pause")
    page.keyboard.press(",")
    until(lambda: not value(page, "primordia.live"), "a step back")
    page.keyboard.press("g")
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    until(lambda: drawn(page) == 3 and page.evaluate("[...primordia.lastFrame().pixels]") == shown, "the same picture")


def test_a_page_whose_cookie_is_worth_nothing_says_so(observe: Callable[..., Any], visit: Callable[..., Any]) -> None:
    observatory = observe()
    watched = visit(observatory)
    watched.forgiven = ("ERR_CONNECTION_REFUSED", "403")
    page = watched.page
    until(lambda: page.locator("h2").first.is_visible(), "the page of runs")
    observatory.stop(signal.SIGKILL)
    (observatory.root / ".observatory" / "key").unlink()
    observatory.start()
    until(lambda: page.locator(".banner").inner_text() == SHUT, "the sentence")


def test_a_token_is_good_once_and_leaves_the_address(observe: Callable[..., Any], visit: Callable[..., Any]) -> None:
    observatory: Observatory = observe()
    first, stranger = visit(observatory.address), visit("about:blank")
    until(lambda: first.page.url == observatory.home, "an address without the token")
    first.page.reload()
    until(lambda: first.page.locator("h2").first.is_visible(), "the page of runs")
    stranger.forgiven = ("403",)
    answers: list[Any] = []
    stranger.page.on("response", lambda answer: answers.append((answer.url, answer.status)))
    with pytest.raises(Exception, match="ERR_HTTP_RESPONSE_CODE_FAILURE"):  # a browser's word for 403 and no page
        stranger.page.goto(observatory.address)
    assert answers == [(observatory.address, 403)]
    assert stranger.page.context.cookies() == []
    again = first.page.goto(observatory.address)  # whoever came in with it has its cookie
    assert again.status == 200
    assert first.page.context.cookies()[0]["httpOnly"]


def test_a_guest_may_look_and_nothing_else(observe: Callable[..., Any], visit: Callable[..., Any]) -> None:
    observatory = observe("--read-only")
    run = observatory.begin("gallery:Gallery", n_sites=256)
    for guest in (visit(observatory.guests).page, visit(observatory.guests).page):
        until(lambda guest=guest: guest.locator(".runs tbody tr").count() == 1, "the run")
        assert guest.get_by_role("button", name="Start").count() == 0
    guest.evaluate("run => { location.hash = `#/run/${run}`; }", run)
    until(lambda: drawn(guest) == 0, "a picture")
    for key in (".", "Space", "s", "r", "b", "Shift+B", "]"):
        guest.keyboard.press(key)
    bar = guest.get_by_role("toolbar")
    assert bar.get_by_role("button", name="Export").is_visible()
    assert bar.get_by_role("button", name="Again").count() == 0
    assert guest.get_by_role("tab", name="Change").count() == guest.locator("dialog").count() == 0
    observatory.ask("Steer", run=run, action="step", n=2, pictures_per_second=0)
    until(lambda: drawn(guest) == 2 == value(guest, "primordia.newest"), "what its owner did, and nothing more")


def test_a_page_of_another_origin_gets_nothing(
    observatory: Observatory, observe: Callable[..., Any], visit: Callable[..., Any]
) -> None:
    watched = visit(observe())
    watched.forgiven = ("403", "ERR_FAILED", "CORS policy", "WebSocket connection")
    page = watched.page
    name, _, kept = observatory.cookie.partition("=")
    page.context.add_cookies([{"name": name, "value": kept, "url": observatory.home}])
    theirs = {"status": 200, "content_type": "text/html", "body": "<p>mine"}
    page.route("**/theirs", lambda route: route.fulfill(**theirs))  # a page that forbids itself nothing
    page.goto(page.url + "theirs")
    said = page.evaluate(
        """async (home) => {
          const fetched = await fetch(home, { credentials: "include" }).then(() => "read", () => "refused");
          const talked = await new Promise((resolve) => {
            const socket = new WebSocket(home.replace("http", "ws") + "socket");
            socket.onopen = () => resolve("open");
            socket.onclose = () => resolve("refused");
          });
          return [fetched, talked];
        }""",
        observatory.home,
    )
    assert said == ["refused", "refused"]


def test_a_page_that_comes_late_does_not_write_into_the_next(
    observatory: Observatory, visit: Callable[..., Any]
) -> None:
    run = observatory.begin("gallery:Gallery", n_sites=256)
    page = visit(observatory, "#/freezer").page
    until(lambda: page.locator("h1").is_visible(), "the freezer")
    late: list[Any] = []
    page.route("**/pages/runs_page.js", lambda route: late.append(route))
    with page.expect_request("**/pages/runs_page.js"):
        page.evaluate("location.hash = '#/'")
    page.evaluate("run => { location.hash = `#/run/${run}`; }", run)
    until(lambda: drawn(page) == 0, "the page of the run")
    late[0].continue_()
    page.evaluate("import('/static/pages/runs_page.js').then(() => 0)")
    page.wait_for_timeout(300)  # for what must not happen there is nothing to wait for
    assert page.locator("main > *").count() == 1
    assert page.locator("h1").all_inner_texts() == ["tests/gallery"]
    assert page.locator("#start").count() == 0
    page.evaluate("location.hash = '#/'")
    until(lambda: page.locator("#start").count() == 1 and not page.locator(".run").count(), "the page of runs")


def test_an_address_that_leads_nowhere_says_why_and_shows_the_way_back(
    observatory: Observatory, visit: Callable[..., Any]
) -> None:
    page = visit(observatory, "#/run/nobody").page
    until(lambda: "nobody" in page.get_by_role("alert").inner_text(), "the sentence")
    page.get_by_role("button", name="All runs").click()
    until(lambda: page.locator("#start").is_visible(), "the page of runs")
    page.evaluate("location.hash = '#/run/%E0%A4%A'")
    until(lambda: "%E0%A4%A" in page.get_by_role("alert").inner_text(), "a sentence about what is no address")
