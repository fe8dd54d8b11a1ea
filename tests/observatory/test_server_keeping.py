"""What a person keeps of a run, or takes away, through the server; and runs that another process runs."""

import pytest
from serving import WALK, Served, serving_runs

import runs
from primordia.engine import opening


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("keeping") / "runs"
    runs.start(root, seed=5)
    return root


@pytest.fixture(scope="module")
def served(root):
    with serving_runs(root) as served:
        yield served


@pytest.fixture(scope="module")
def recorded(served):
    (folder,) = (served.observatory.root / "tests" / "walk").iterdir()
    return folder.name


def test_a_whole_state_is_frozen_and_begins_a_new_run(served, root, recorded):
    with served.page() as page:
        item = page.ask("Freeze", run=recorded, step=17, view="ring", name="a walk", specimen=None)["item"]
        assert (item["kind"], item["name"], item["origin"]["step"]) == ("state", "a walk", 17)
        assert page.ask("Shelf")["items"] == [item]
        begun = page.ask("Thaw", item=item["item"], run="", arguments={})["run"]
        told = page.ask("Watch", run=begun)
        assert (told["begins_at"], told["live"]) == (17, True)
        assert told["parent"]["id"] == recorded
        assert page.ask("Discard", item=item["item"])["items"] == []
        assert "item of the freezer" in page.refusal("Thaw", item=item["item"], run="", arguments={})


def test_a_specimen_is_kept_with_its_origin_and_only_goes_into_a_run_of_its_kind(served, recorded):
    specimen = {"kind": "specimen", "title": "it", "note": "", "intervention": "put", "arguments": {}, "picture": None}
    with served.page() as page:
        item = page.ask("Freeze", run=recorded, step=None, view="ring", name="", specimen=specimen)["item"]
        assert (item["origin"]["run"], item["origin"]["step"]) == (recorded, 40)
        assert "does not run in this observatory" in page.refusal("Thaw", item=item["item"], run=recorded, arguments={})
        assert "is no specimen" in page.refusal(
            "Freeze", run=recorded, step=3, view="ring", name="", specimen={"kind": "text"}
        )


@pytest.mark.parametrize(("form", "beginning"), [("png", b"\x89PNG"), ("svg", b"<"), ("gif", b"GIF8")])
def test_an_export_is_made_and_fetched(served, recorded, form, beginning):
    export = {"form": form, "views": ["ring"], "first": 8, "last": 24, "every": 4, "scale": 4,
              "pictures_per_second": 8}  # fmt: skip
    with served.page("guest") as page:
        made = page.ask("Export", run=recorded, **export)
        answer = served.get(made["address"], cookie=served.cookie("guest"))
        assert answer.content.startswith(beginning)
        assert len(answer.content) == made["bytes"]
        assert "attachment" in answer.getheader("content-disposition")
        assert "allowed are whole numbers" in page.refusal("Export", run=recorded, **{**export, "first": 41})


def test_a_run_that_another_process_runs_is_followed(served, root):
    elsewhere = Served(root)
    try:
        with elsewhere.page() as theirs, served.page() as page:
            run = theirs.begin()
            told = page.ask("Watch", run=run)
            assert (told["live"], told["mode"]) == (False, "elsewhere")
            assert told["status"] in ("created", "running")
            newest = told["rows"][-1]["step"] if told["rows"] else -1
            assert page.next("Rows")["rows"][0]["step"] > newest
            while page.next("Progress", mode="elsewhere")["step"] == 0:
                pass  # It was told of before it had begun.
            assert "running on host" in page.refusal("Resume", run=run, paused=True)
            theirs.steer(run, "leave")
            assert page.next("Progress", mode="over")
    finally:
        elsewhere.stop()
    assert opening.find(root, run).record()["status"] == "interrupted"


def test_what_was_made_is_gone_with_the_server(root, recorded):
    served = Served(root)
    made = served.observatory.replies.made
    assert made.is_dir()
    served.stop()
    assert not made.exists()


def test_interventions_reach_a_live_run_and_are_events(served):
    with served.page() as page:
        run = page.begin(paused=True)
        page.ask("Watch", run=run)
        event = page.ask("Intervene", run=run, name="set", arguments={"settings": {"p_move": 0.125}})["event"]
        assert (event["event"], event["step"]) == ("intervention", 0)
        assert event["arguments"] == {"settings": {"p_move": 0.125}}
        while page.next("Happened")["event"] != event:
            pass
        assert page.next("Progress", revision=1)["step"] == 0
        assert "'p_move'" in page.refusal("Intervene", run=run, name="set", arguments={"settings": {"p_mov": 1}})
        page.ask("Rules", run=run, rules=[{"when": "step", "step": 12}])
        page.steer(run, "play")
        assert page.next("Progress", step=12, mode="paused")["why"]
        page.steer(run, "leave")
        page.next("Progress", mode="over")
        told = page.ask("Watch", run=run)
        assert (told["revision"], told["step"]) == (1, 12)
        assert event in told["events"]


def test_a_module_is_only_imported_for_whoever_opened_the_observatory(served):
    begin = {"experiment": WALK, "preset": "", "settings": {}, "schedule": {}, "paused": True}
    with served.page("guest") as page:
        assert "may only look" in page.refusal("Begin", **begin)
