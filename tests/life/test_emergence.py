"""Life arises in a run as a user starts it, and the run folder shows it: nothing is planted."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from primordia.core.registry import load
from primordia.engine import launch, report
from primordia.engine.observer import Outcome
from primordia.engine.opening import open_run

pytestmark = pytest.mark.thorough


def run_preset(root: Path, preset: str) -> Outcome:
    experiment = load("life/bff")
    config, schedule = launch.resolve(experiment, preset, {}, {})
    return launch.start(experiment, config, schedule, root=root, slug=preset)


def transitions(outcome: Outcome) -> dict[str, int]:
    events = outcome.folder.events.read()
    return {event["name"]: event["step"] for event in events if event["event"] == "transition"}


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return run_preset(tmp_path_factory.mktemp("runs"), "quick")


def test_random_bytes_come_alive_at_the_epoch_that_the_page_states(quick: Outcome) -> None:
    # Bits are the same everywhere, so these are the only possible epochs (docs/life-bff.md).
    assert transitions(quick) == {"appearance": 224, "takeover": 232}
    assert (quick.status, quick.step) == ("finished", 232 + 256)


def test_the_soup_is_pictured_at_the_start_the_transitions_and_the_end(quick: Outcome) -> None:
    for view in ("soup", "whole_soup", "positions"):
        pictures = sorted((quick.folder.views / view).glob("*.png"))
        assert [int(path.stem[5:]) for path in pictures] == [0, 224, 232, 488]
        assert all(path.read_bytes().startswith(b"\x89PNG") for path in pictures)
    start, *_, end = sorted((quick.folder.views / "soup").glob("*.png"))
    # Order compresses: a soup of relatives makes a much smaller picture than noise.
    assert end.stat().st_size < start.stat().st_size / 2


def test_the_replicator_is_found_scored_and_reduced_to_a_core_that_still_copies(quick: Outcome) -> None:
    found = json.loads((quick.folder.artefacts / "step_000000000488-end" / "findings.json").read_text())
    texts = {entry["title"]: entry.get("text", "") for entry in found["findings"]}
    portrait = texts["The replicator"]
    assert int(re.search(r"score +(\d+) of 64", portrait)[1]) >= 48
    core = int(re.search(r"core +(\d+) bytes", portrait)[1])
    assert 3 <= core < 32
    assert int(re.search(r"alone it scores (\d+)", portrait)[1]) >= 48
    assert any("isassembled" in title and text.strip() for title, text in texts.items())


def test_the_report_holds_all_of_it_in_one_page_that_loads_nothing(quick: Outcome) -> None:
    page = (quick.folder.path / "report.html").read_text()
    assert page.count("data:image/png;base64,") >= 12
    for words in ("takeover", "epoch 232", "The replicator", "Most frequent programs", "high order complexity"):
        assert words in page
    assert not re.search(r"""(?:src|href)=['"]https?:""", page)
    assert (quick.folder.artefacts / "high_order_complexity.png").exists()
    assert (quick.folder.artefacts / "poster.png").exists()


def test_large_pictures_are_linked_in_the_folder_and_inside_a_page_that_is_taken_away(
    quick: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "EMBED_LIMIT_BYTES", 100_000)
    run = open_run(quick.folder)
    links = re.findall("<a href='([^']+)'>open it", report.render(run))
    assert links
    assert all((quick.folder.path / link).is_file() for link in links)
    page = report.standalone(run)
    assert "open it" not in page
    assert page.count("data:image/png") == report.render(run).count("data:image/png") + len(links)


@pytest.mark.slow
def test_the_demo_is_taken_over_at_the_epoch_that_its_text_states(tmp_path: Path) -> None:
    outcome = run_preset(tmp_path, "demo")
    assert transitions(outcome)["takeover"] == 832
    assert outcome.status == "finished"
