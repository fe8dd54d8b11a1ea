"""Pages and the server: requests, refusals, pictures shared and pictures lost, and nobody waits for anybody."""

import asyncio
import contextlib
import json
import time

import pytest
from serving import SECONDS, WALK, Served, serving_runs

import runs
from primordia.core.errors import BadInputError
from primordia.engine import launch, opening
from primordia.observatory import protocol
from primordia.observatory.serving import socket
from walk import Walk


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("talk") / "runs"
    runs.start(root, seed=5, views_every=20)
    return root


@pytest.fixture(scope="module")
def served(root):
    with serving_runs(root) as served:
        yield served


@pytest.fixture(autouse=True)
def _nothing_runs_on(served):
    """Runs that a test began end with it: there may only be so many."""
    yield
    for scene in served.observatory.company.live():
        scene.live.kill()
    until = time.monotonic() + SECONDS
    while served.observatory.company.live() and time.monotonic() < until:
        time.sleep(0.01)


@pytest.fixture(scope="module")
def recorded(root):
    (folder,) = (path for path in (root / "tests" / "walk").iterdir())
    return folder.name


def drawn(root, run, step):
    opened = opening.open_run(opening.find(root, run))
    return Walk().views["ring"].pixels(opened.config, launch.state_at(opened, step), "ring")


def test_the_list_has_runs_and_experiments(served, recorded):
    with served.page() as page:
        answer = page.ask("Catalogue")
    (entry,) = [entry for entry in answer["runs"] if entry["run"] == recorded]
    assert entry["status"] == "finished"
    assert (entry["experiment"], entry["metric"], entry["steps"], entry["step"]) == ("tests/walk", "coverage", 40, 40)
    assert entry["value"] == entry["history"][-1] > entry["history"][0]
    assert entry["settings"]["seed"] == 5
    assert served.get(entry["thumbnail"], cookie=served.cookie()).content.startswith(b"\x89PNG")
    (bff,) = [entry for entry in answer["experiments"] if entry["name"] == "life/bff"]
    assert bff["installed"] is True
    assert bff["wing"] == "life"
    assert bff["source"]["arxiv"] == "2406.19108"
    assert "demo" in bff["presets"]


def test_an_experiment_is_described_but_no_module_is_imported_for_a_page(served, recorded):
    with served.page("guest") as page:
        described = page.ask("Describe", experiment="tests/walk")
        assert described["metrics"]["coverage"] == {
            "unit": "share", "direction": "up", "meaning": "Share of the sites that some walker has stood on."
        }  # fmt: skip
        assert described["views"]["ring"]["palette"][2] == ["a walker stands here", "#ffcc00"]
        assert "'life/bff'" in page.refusal("Describe", experiment="life/bf")
        assert "There is no experiment" in page.refusal("Describe", experiment="this:that")
        assert "There is no experiment" in page.refusal("Sweep", of="../..")


def test_a_recorded_run_is_told_and_shown_at_any_step(served, root, recorded):
    with served.page() as page:
        told = page.ask("Watch", run=recorded)
        assert (told["status"], told["mode"], told["live"], told["step"]) == ("finished", "over", False, 40)
        assert [row["step"] for row in told["rows"]] == list(range(0, 41, 4))
        assert told["events"][0]["event"] == "started"
        assert told["checkpoints"][-1] == 40
        assert told["report"] is True
        for step in (17, 3, 40):
            page.look(recorded, step=step)
            frame = page.next("Frame", step=step)
            assert frame.pixels == drawn(root, recorded, step).tobytes()
            assert (frame.view_rows, frame.view_columns) == drawn(root, recorded, step).shape
            page.say("Ready", channel=1)
        asked = page.look(recorded, step=None, left=2, columns=3, stride=2)
        assert page.next("Frame", stride=2).pixels == drawn(root, recorded, 40)[::2, 2:8:2].tobytes()
        assert page.next("Answer", id=asked)["value"] == {}
        assert page.ask("Findings", run=recorded, step=12)["found"][0]["title"] == ("Most visited sites")


def test_what_cannot_be_seen_is_refused_in_a_sentence(served, recorded):
    with served.page() as page:
        asked = page.look(recorded, step=41)
        assert "40" in page.next("Refusal", id=asked)["sentence"]
        asked = page.look(recorded, stride=0)
        assert page.next("Refusal", id=asked)["sentence"] == "Look.stride is 0; it must be from 1 to 65535."
        asked = page.look("nothing")
        assert page.next("Refusal", id=asked)["sentence"].startswith("There is no run 'nothing'")
        assert "There is no run '../walk'" in page.refusal("Watch", run="../walk")
        assert "does not run in this observatory" in page.refusal(
            "Steer", run=recorded, action="play", n=0, pictures_per_second=0.0
        )


def test_nonsense_is_refused_and_the_page_stays(served):
    with served.page() as page:
        for text in ("", "[]", "{", '{"kind": 3}', '{"kind": "Watch", "id": 4, "run": 7}', "[" * 100_000, '"\\ud800"'):
            page.socket.send(text)
            assert page.next("Refusal")["sentence"]
        page.socket.send(json.dumps({"kind": "Wach", "id": 77, "run": "x"}))
        assert "did you mean 'Watch'" in page.next("Refusal", id=77)["sentence"]
        page.socket.send(b"\x00\x01")
        assert page.next("Refusal")["id"] == 0
        for run in ("\ud800", "\0", "a" * 5000, "../..", ""):
            assert "There is no run" in page.refusal("Watch", run=run)
        page.say("Ready", channel=40_000)
        page.say("Close", channel=-1)
        assert page.ask("Shelf")["items"] == []


def test_a_message_that_is_too_long_ends_the_page_and_only_that(served):
    with served.page() as other, served.page() as page:
        page.socket.send("x" * (2**20 + 1))
        with pytest.raises(Exception, match="1009"):
            page.receive()
        assert other.ask("Shelf")["items"] == []


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("Begin", {"experiment": WALK, "preset": "", "settings": {}, "schedule": {}, "paused": True}),
        ("Resume", {"run": "RUN", "paused": True}),
        ("Again", {"run": "RUN", "seed": None, "paused": True}),
        ("Fork", {"run": "RUN", "step": 3, "settings": {}, "schedule": {}, "paused": True}),
        ("Steer", {"run": "RUN", "action": "pause", "n": 0, "pictures_per_second": 0.0}),
        ("Rules", {"run": "RUN", "rules": []}),
        ("Intervene", {"run": "RUN", "name": "set", "arguments": {}}),
        ("Bookmark", {"run": "RUN", "step": 3, "note": "here"}),
        ("Freeze", {"run": "RUN", "step": 3, "view": "ring", "name": "a", "specimen": None}),
        ("Thaw", {"item": "a", "run": "RUN", "arguments": {}}),
        ("Discard", {"item": "a"}),
    ],
)
def test_whoever_may_only_look_changes_nothing(served, root, recorded, kind, fields):
    before = sorted(path for path in root.rglob("*") if path.name != "key")
    with served.page("guest") as page:
        assert page.welcome["read_only"] is True
        said = {name: recorded if value == "RUN" else value for name, value in fields.items()}
        assert page.refusal(kind, **said) == f"This page may only look; {kind} is for whoever opened the observatory."
        assert page.ask("Catalogue")["runs"]
    assert sorted(path for path in root.rglob("*") if path.name != "key") == before


def test_every_request_is_either_for_guests_or_refused_to_them():
    changing = {"Begin", "Resume", "Again", "Fork", "Steer", "Rules", "Intervene", "Bookmark", "Freeze", "Thaw",
                "Discard"}  # fmt: skip
    assert socket.FOR_GUESTS | changing == set(protocol.REQUESTS)
    assert not socket.FOR_GUESTS & changing


def test_a_run_is_begun_steered_and_forked(served, root):
    with served.page() as page:
        run = page.begin(paused=True)
        told = page.ask("Watch", run=run)
        assert (told["live"], told["status"]) == (True, "running")
        assert told["mode"] in ("waiting", "paused")
        page.steer(run, "step", 30)
        assert page.next("Progress", step=30)["run"] == run
        page.steer(run, "step", 31)
        assert page.next("Progress", step=61, mode="paused")
        rows = told["rows"]
        while rows[-1:] == [] or rows[-1]["step"] < 50:
            rows += page.next("Rows", run=run)["rows"]
        # Each once, whether it was there when the page came or was told later.
        assert [row["step"] for row in rows] == [0, 50]
        child = page.ask("Fork", run=run, step=20, settings={"p_move": 0.25}, schedule={"steps": 500}, paused=True)
        told = page.ask("Watch", run=child["run"])
        assert (told["begins_at"], told["parent"]["id"], told["config"]["p_move"]) == (20, run, 0.25)
        assert "leaves nothing to do" in page.refusal(
            "Fork", run=run, step=20, settings={}, schedule={"steps": 20}, paused=True
        )
        again = page.ask("Again", run=run, seed=9, paused=True)["run"]
        # The old one was ended in order first; the new one has its settings and the other seed.
        assert page.next("Progress", run=run, mode="over")["step"] == 61
        told = page.ask("Watch", run=again)
        assert (told["seed"], told["config"]["microseconds"], told["step"]) == (9, 1000, 0)
        assert page.ask("Watch", run=run)["status"] == "interrupted"
        assert page.ask("Resume", run=run, paused=True)["run"] == run
        assert page.ask("Watch", run=run)["step"] == 61
        assert "already" in page.refusal("Resume", run=run, paused=True)
        for one in (run, child["run"], again):
            page.steer(one, "leave")


def test_a_start_that_cannot_be_is_refused_and_leaves_nothing(served, root):
    before = sorted((root / "tests" / "walk").iterdir())
    with served.page() as page:
        begin = {"preset": "", "settings": {}, "schedule": {}, "paused": False}
        assert "'small'" in page.refusal("Begin", experiment=WALK, **{**begin, "preset": "smal"})
        assert "n_walkers" in page.refusal("Begin", experiment=WALK, **{**begin, "settings": {"n_walkers": 3}})
        assert "There is no experiment" in page.refusal("Begin", experiment="walk", **begin)
    assert sorted((root / "tests" / "walk").iterdir()) == before


def test_a_slow_page_gets_one_picture_and_slows_nobody(served):
    with served.page() as slow, served.page() as quick:
        run = quick.begin()
        slow.look(run)
        quick.look(run)
        steps = []
        for _ in range(8):
            steps.append(quick.next("Frame").step)
            quick.say("Ready", channel=1)
        assert steps == sorted(set(steps))
        first = slow.next("Frame").step
        assert slow.quiet_for(0.3)
        slow.say("Ready", channel=1)
        # What comes next is the newest there is, not what it missed.
        assert slow.next("Frame").step >= steps[-1] > first
        quick.steer(run, "leave")


def test_equal_looks_of_many_pages_are_one_sight(served):
    with served.page() as one, served.page() as two:
        run = one.begin(paused=True)
        one.look(run)
        two.look(run, channel=9)
        first, second = one.next("Frame"), two.next("Frame")
        assert (first.channel, second.channel) == (1, 9)
        assert first.pixels == second.pixels
        scene = served.observatory.company.known(run)
        assert len(scene._sights) == 1
        two.look(run, channel=9, left=1)
        assert two.next("Frame", left=1).columns == first.columns - 1
        assert len(scene._sights) == 2
        two.say("Close", channel=9)
        one.ask("Unwatch", run=run)
        two.ask("Shelf")
        assert scene._sights == {}
        one.steer(run, "leave")


def test_a_run_that_ends_is_looked_at_on_from_its_record(served, root):
    with served.page() as page:
        run = page.begin()
        page.ask("Watch", run=run)
        page.look(run)
        page.next("Frame")
        page.steer(run, "leave")
        over = page.next("Progress", mode="over")
        page.say("Ready", channel=1)
        last = page.next("Frame", step=over["step"])
        assert last.pixels == drawn(root, run, over["step"]).tobytes()
        page.look(run, step=2)
        assert page.next("Frame", step=2).pixels == drawn(root, run, 2).tobytes()


def test_a_stage_that_dies_is_told_in_a_sentence(served):
    with served.page() as page:
        run = page.begin()
        page.ask("Watch", run=run)
        actor = served.observatory.company.known(run).live
        actor._process.kill()
        assert page.next("Progress", run=run, mode="over")["why"] == "The process of this run ended with signal 9."
        assert page.ask("Watch", run=run)["status"] == "died"


def test_a_run_that_leaves_before_it_answers_has_left(served, monkeypatch):
    with served.page() as page:
        run = page.begin(paused=True)
        actor = served.observatory.company.known(run).live
        real = actor.send
        # As if the process were gone before its answer is read.
        monkeypatch.setattr(actor, "send", lambda message: actor.leave() if "request" in message else real(message))
        page.steer(run, "leave")


def test_a_stage_that_is_leaving_is_told_nothing_more(served):
    async def leave_and_speak(actor):
        actor.leave()
        actor.send({"do": "ready", "sight": 1})
        with pytest.raises(BadInputError, match="has ended"):
            await actor.ask({"kind": "Findings"})

    with served.page() as page:
        run = page.begin(paused=True)
        actor = served.observatory.company.known(run).live
        asyncio.run_coroutine_threadsafe(leave_and_speak(actor), served._loop).result(SECONDS)


def test_bookmarks_stay_with_the_run(served, recorded):
    with served.page() as page:
        assert page.ask("Bookmark", run=recorded, step=7, note="life")["bookmarks"] == [{"step": 7, "note": "life"}]
        assert page.ask("Watch", run=recorded)["bookmarks"] == [{"step": 7, "note": "life"}]
        assert page.ask("Bookmark", run=recorded, step=7, note="")["bookmarks"] == []


def test_a_page_that_goes_leaves_nothing_behind(served):
    with served.page() as page:
        run = page.begin(paused=True)
        page.ask("Watch", run=run)
        page.look(run)
        page.next("Frame")
    scene = served.observatory.company.known(run)
    until = time.monotonic() + SECONDS
    while (scene.watchers or scene.looked_at) and time.monotonic() < until:
        time.sleep(0.01)
    assert not scene.watchers
    assert not scene.looked_at
    with served.page() as page:
        assert page.ask("Watch", run=run)["live"] is True
        page.steer(run, "leave")


def test_a_page_may_show_so_many_pictures_and_no_more(served, recorded):
    with served.page() as page:
        for channel in range(1, 65):
            page.look(recorded, channel, step=2)
            page.next("Frame", channel=channel)
        asked = page.look(recorded, 65, step=2)
        assert "64 pictures" in page.next("Refusal", id=asked)["sentence"]
        page.say("Close", channel=64)
        page.look(recorded, 65, step=2)
        assert page.next("Frame", channel=65)


def test_when_the_server_ends_its_runs_end_in_order_and_can_go_on(root):
    served = Served(root)
    with served.page() as page:
        run = page.begin()
        page.ask("Watch", run=run)
        page.next("Rows")
    served.stop()
    assert [path.name for path in served.ended] == [run]
    assert opening.find(root, run).record()["status"] == "interrupted"


def test_twenty_pages_come_and_look_and_go(served, recorded):
    with contextlib.ExitStack() as opened:
        pages = [opened.enter_context(served.page()) for _ in range(20)]
        for page in pages:
            page.look(recorded, step=9)
        assert len({page.next("Frame").pixels for page in pages}) == 1
        assert len(served.observatory.company.known(recorded)._sights) == 1
