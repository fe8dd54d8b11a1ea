"""The questions to a run, on the command line: who came first, from what, what it needed, who displaced it."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from calling import Call

from primordia.cli.main import main
from primordia.engine import wrapping
from primordia.life.golden import FIG4_REPLICATOR
from primordia.life.substrates import substrate

pytestmark = pytest.mark.thorough

FIG4 = substrate("bff_noheads").format(FIG4_REPLICATOR)


def run(root: Path, *words: str) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wrapping, "wrap_up", lambda run, outcome: None)
        assert main(["run", "life/bff", *words, "--json", "--root", str(root)]) == 0
    return root


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """8,192 programs of the four-bit language, taken over at epoch 232 with nothing planted."""
    return run(tmp_path_factory.mktemp("soups") / "runs", "--preset", "quick", "--steps", "240", "--stop", "none")


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """256 programs, one of them the replicator of Fig. 4 from the start."""
    words = ["n_programs=256", "language=bff_noheads", f"organism={FIG4}", "--seed", "94", "--steps", "48"]
    return run(tmp_path_factory.mktemp("soups") / "runs", "--set", *words, "--every", "8")


def found(call: Call, word: str, root: Path, *words: object) -> list[dict]:
    ending = call("life", word, "latest", *words, "--root", root, "--json")
    assert ending.code == 0, ending.err
    return json.loads(ending.out)


def test_who_was_first_and_which_interaction_bore_it(call: Call, quick: Path) -> None:
    clocks, record, film, core = found(call, "born", quick, "--since", "205")
    assert len(film["pixels"][0]) == 4 * 128
    assert [row[:4] for row in clocks["rows"]] == [
        ["first replicator", 215, 2110, 6508],
        ["birth of the line", 215, 2110, 6508],
        ["takeover", 232, None, clocks["rows"][2][3]],
    ]
    assert "in epoch 214" in record["text"]
    assert "programs 3590 and 6508" in record["text"]
    assert "31 from the first, 33 from the second" in record["text"]
    marks = next(line for line in record["text"].splitlines() if line.startswith("from")).split()[1]
    assert (marks.count("1"), marks.count("2")) == (31, 33)
    assert 3 <= len(core["rows"]) < 32
    assert any(row[3] for row in core["rows"])


def test_its_line_is_told_generation_by_generation(call: Call, quick: Path) -> None:
    line, before = found(call, "ancestry", quick, "--beyond", "12")
    epochs = [row[0] for row in line["rows"]]
    assert epochs[0] <= 232
    assert epochs[-1] == 215
    assert epochs == sorted(epochs, reverse=True)
    for newer, older in itertools.pairwise(line["rows"]):
        assert newer[2] == older[1], "the parent of one is the program of the next"
    assert sum(row[4] for row in line["rows"]) == 232 - 215 + 1
    assert {row[0] for row in before["rows"]} <= {3590, 6508}


def test_which_mutation_and_which_interaction_it_needed(call: Call, quick: Path) -> None:
    options = "--window", "130", "--recent", "2", "--depth", "2", "--plays", "1"
    events, again = found(call, "necessity", quick, *options)
    rows = {(row[0], row[1]): row for row in events["rows"]}
    assert rows[214, 2110][2] == "the interaction"
    assert rows[214, 2110][-1] is True
    assert rows[87, 360][2].startswith("the mutation of byte 9 of program 6508, ")
    assert rows[87, 360][3] == "9, 29"
    assert [row[-1] for row in events["rows"] if "mutation" in row[2]] == [True, True]
    assert again["rows"] == [[214, 2110, "the interaction", "not by 240"]]
    assert "takeover is at: 232" in again["note"]


def test_one_event_of_ones_own_is_left_out(call: Call, quick: Path) -> None:
    (table,) = found(call, "without", quick, "87", "360", "--byte", "9")
    rows = {row[0]: row[1:] for row in table["rows"]}
    assert rows["programs that differ at once"] == [0, 1]
    assert rows["its score"] == [64, 0]
    assert rows["born at place 6508 after 215 epochs"][1].startswith("no replicator: ")
    assert rows["taken over"] == [232, "not by 240"]
    (table,) = found(call, "without", quick, "149", "372", "--byte", "23")
    rows = {row[0]: row[1:] for row in table["rows"]}
    assert rows["born at place 6508 after 215 epochs"][1] == "the same"
    assert rows["taken over"] == [232, 232]


def test_who_displaced_it_or_that_nobody_did(call: Call, quick: Path) -> None:
    shares, verdict = found(call, "displaced", quick, "--samples", "4")
    assert [row[0] for row in shares["rows"]] == [215, 223, 231, 240]
    assert shares["rows"][-1][1] > 0.1
    assert verdict["text"].startswith("Nobody so far")


def test_what_mirrors_itself_makes_its_mirror_image_and_is_made_by_it(call: Call, quick: Path) -> None:
    (sets,) = found(call, "cycles", quick, "--epochs", "4", "--least", "30")
    kinds, gain, alone, collective, members = sets["rows"][0]
    assert kinds >= 2
    assert gain > 1.0 >= alone
    assert collective
    first, second = members.split("  ")[:2]
    assert first == second[::-1]


def test_a_replicator_that_the_run_began_with_has_no_birth(call: Call, planted: Path) -> None:
    clocks, record, _ = found(call, "born", planted)
    assert clocks["rows"][0][:4] == ["first replicator", 0, None, 0]
    assert clocks["rows"][1][:4] == ["birth of the line", 0, None, 0]
    assert record["text"] == FIG4
    (line,) = found(call, "ancestry", planted)
    assert line["rows"][-1][:3] == [0, 0, None]
    (events,) = found(call, "necessity", planted)
    assert events["rows"] == []


def test_what_is_put_in_later_has_no_parent_and_its_line_ends_there(call: Call, tmp_path: Path) -> None:
    words = ["n_programs=256", "language=bff_noheads", f"organism={FIG4}", "organism_epoch=10", "organism_place=7"]
    root = run(tmp_path / "runs", "--set", *words, "--seed", "102", "--steps", "58", "--every", "8")
    clocks, line, _ = found(call, "born", root)
    assert clocks["rows"][0][:4] == ["birth of the line", 10, None, 7]
    assert "from 0 to 10. None copied itself" in clocks["note"]
    assert line["note"] == "It was put in from outside before epoch 10, at place 7."
    clocks, first, _, _ = found(call, "born", root, "--until", "11", "--since", "11", "--threshold", "64")[:4]
    assert clocks["rows"][0][:2] == ["first replicator", 11]
    assert "it may be older: give an earlier --since" in clocks["note"]
    assert "put in     program 7 came from outside just before" in first["text"]
    verdict = found(call, "displaced", root, "--samples", "4")[1]["text"]
    assert verdict.startswith("Nobody so far") or "descendant  yes" in verdict


def test_a_removal_after_the_takeover_does_not_bring_another(call: Call, quick: Path) -> None:
    (table,) = found(call, "without", quick, "235", "1")
    assert table["rows"][-1] == ["taken over", 232, "before then"]


def test_a_fork_of_a_soup_that_was_taken_over_says_so(call: Call, planted: Path) -> None:
    assert call("fork", "latest", "--at", "44", "--steps", "57", "--root", planted, "--quiet").code == 0
    (table,) = found(call, "without", planted, "46", "0")
    assert table["rows"][-1] == ["taken over", "before 44", "before then"]
    assert "8 epochs apart" in table["note"]
    ending = call("life", "born", "latest", "--since", "0", "--root", planted)
    assert ending.code == 2
    assert "it must be from 44, where the run begins, to 57" in " ".join(ending.err.split())


@pytest.mark.parametrize(
    ("word", "options", "says"),
    [
        ("ancestry", ("--epoch", "100"), "holds no replicator after 100 epochs"),
        ("ancestry", ("--epoch", "230", "--place", "9999"), "not 9999; the nearest is 8191"),
        ("ancestry", ("--epoch", "100", "--place", "3"), "does not copy itself"),
        ("displaced", ("--epoch", "999"), "the nearest is 240"),
        ("without", ("240", "0"), "the nearest is 239"),
        ("without", ("10", "0", "--byte", "128"), "has no mutation at byte 128"),
        ("without", ("87", "360", "--horizon", "50"), "--horizon 50 is out of range: it must be 88 or more"),
        ("born", ("--since", "230", "--until", "220"), "--since 230 is out of range: it must be from 0"),
        ("born", ("--until", "241"), "--until 241 is out of range: it must be from 0 to 240; the nearest is 240"),
        ("cycles", ("--epoch", "240"), "the epochs 0 to 239, not 240; the nearest is 239"),
        ("displaced", ("--until", "200"), "--until 200 is out of range: it must be from 215 to 240"),
    ],
)
def test_questions_without_an_answer_get_a_sentence(call: Call, quick: Path, word: str, options: tuple, says: str):
    ending = call("life", word, "latest", *options, "--root", quick)
    assert ending.code == 2
    assert says in " ".join(ending.err.split())


def test_a_soup_without_replicators_has_none_to_look_at_unless_a_place_is_named(call: Call, quick: Path) -> None:
    words = "life", "microscope", "--run", "latest", "--epoch", "100", "--root", quick
    ending = call(*words)
    assert ending.code == 2
    assert "No replicator was found after 100 epochs" in " ".join(ending.err.split())
    assert "It does not copy" in call(*words, "--place", "3").out


def test_a_run_without_meetings_is_refused(call: Call, finished: Path) -> None:
    ending = call("life", "born", finished, "--root", finished.parents[2])
    assert ending.code == 2
    assert "no soup of programs" in " ".join(ending.err.split())
