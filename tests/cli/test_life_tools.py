"""The tools of the wing life from the command line, on a small soup with the program of Fig. 4 in it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from calling import Call

from primordia.cli.main import main
from primordia.core import tree
from primordia.engine import checkpoints, wrapping
from primordia.engine.moments import RunsUnder
from primordia.life.authors.files import read_checkpoint
from primordia.life.golden import FIG4_REPLICATOR
from primordia.life.substrates import substrate

FIG4 = substrate("bff_noheads").format(FIG4_REPLICATOR)
HEX = f"hex:{FIG4_REPLICATOR.hex()}"
NAME = "16niwoyuju"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A soup of 256 programs that was taken over; nobody writes here."""
    root = tmp_path_factory.mktemp("soups") / "runs"
    words = ["--set", "n_programs=256", "language=bff_noheads", f"organism={FIG4}", "--steps", "48", "--every", "8"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wrapping, "wrap_up", lambda run, outcome: None)
        assert main(["run", "life/bff", *words, "--seed", "94", "--json", "--root", str(root)]) == 0
    return root


def found(call: Call, *words: object) -> list[dict]:
    ending = call("life", *words, "--json")
    assert ending.code == 0, ending.err
    return json.loads(ending.out)


def soup_of(root: Path, t: int | None = None) -> np.ndarray:
    return RunsUnder(root).moment("latest", t).state.soup


@pytest.mark.parametrize(
    "text", [FIG4, HEX, "@program.txt", f"@freezer/{NAME}.json"], ids=["text", "hex", "file", "frozen"]
)
def test_a_program_may_be_typed_in_four_ways(call: Call, tmp_path: Path, text: str):
    (tmp_path / "program.txt").write_text(FIG4 + "\n")
    call("life", "freeze", "bff_noheads", HEX)
    (table,) = found(call, "disassemble", "bff_noheads", text)
    assert [row[2] for row in table["rows"]] == list(FIG4)
    assert table["rows"][2][4] == "head1 one left"


def test_the_most_frequent_program_of_a_run_is_disassembled(call: Call, root: Path):
    (table,) = found(call, "disassemble", "--run", "latest", "--root", root)
    assert bytes.fromhex("".join(row[1] for row in table["rows"])) == FIG4_REPLICATOR
    copies = int((soup_of(root) == np.frombuffer(FIG4_REPLICATOR, np.uint8)).all(axis=1).sum())
    assert f"one of {copies} that are alike" in table["title"]


def test_the_most_frequent_programs_and_bytes(call: Call, root: Path):
    programs, found_bytes, listing = found(call, "top", "latest", "--root", root)
    assert programs["rows"][0][3:] == [64, FIG4]
    assert found_bytes["rows"][0][:2] == ["0x20", "Ġ"]
    assert listing["text"].startswith("#1")
    assert found(call, "top", "latest", "--epoch", "0", "--root", root)[0]["rows"][0][1] == 1


def test_a_trace_shows_every_step_that_counts(call: Call):
    steps, tape, film = found(call, "trace", "bff_noheads", FIG4, "--steps", "9", "--start", "3")
    assert steps["columns"][-3:] == ["pointer", "head0", "head1"]
    assert [row[0] for row in steps["rows"]] == list(range(3, 12))
    assert steps["rows"][1][3:6] == [".", "copy the byte at head0 to head1", "127: ["]
    assert "it goes on after step 11" in tape["note"]
    assert len(film["pixels"]) == 18
    shown = found(call, "trace", "bff_noheads", "AAA[", "--steps", "8", "--partner", "random")[0]
    every = found(call, "trace", "bff_noheads", "AAA[", "--steps", "8", "--partner", "random", "--every")[0]
    assert len(every["rows"]) == 8 > len(shown["rows"])


def test_the_microscope_takes_typed_programs_and_those_of_a_run(call: Call, root: Path):
    typed = found(call, "microscope", "bff_noheads", FIG4)[0]["text"].splitlines()
    place = int(np.flatnonzero((soup_of(root) == np.frombuffer(FIG4_REPLICATOR, np.uint8)).all(axis=1))[0])
    of_run = found(call, "microscope", "--run", "latest", "--place", place, "--root", root)[0]["text"].splitlines()
    same = [line for line in typed if line.startswith(("score", "core", "essential", "program", "budget"))]
    assert set(same) <= set(of_run)
    assert found(call, "microscope", "--run", "latest", "--root", root)[0]["title"] == "The replicator"


def test_families_and_tree_of_a_run(call: Call, root: Path):
    families, shares = found(call, "families", "latest", "--samples", "7", "--root", root)
    assert families["rows"][0][0].startswith("16")
    assert [row[0] for row in shares["rows"]] == [0, 8, 16, 24, 32, 40, 48]
    assert shares["rows"][-1][1] == pytest.approx(families["rows"][0][2], abs=1e-4)
    assert shares["rows"][-1][1] > 0.4
    text, newick, picture = found(call, "tree", "latest", "--samples", "7", "--dominant", "0.2", "--root", root)
    assert families["rows"][0][0] in text["text"]
    assert newick["text"].endswith("soup;")
    assert np.shape(picture["pixels"]) == (256, 56)
    born = found(call, "tree", "latest", "--samples", "7", "--dominant", "0.2", "--parents", "births", "--root", root)
    assert "Parents are told by births" in born[0]["note"]
    assert families["rows"][0][0] in born[1]["text"]
    (none,) = found(call, "tree", "latest", "--samples", "3", "--end", "8", "--dominant", "1", "--root", root)
    assert none["text"] == "None found."


def test_outcomes_of_a_run_and_of_typed_programs(call: Call, root: Path, tmp_path: Path):
    who, matrix, forecast = found(call, "outcomes", "--run", "latest", "--families", "3", "--root", root)
    assert len(who["rows"]) == len(matrix["rows"]) == 3
    assert [sum(row[column] for row in forecast["rows"]) for column in (1, 2, 3)] == pytest.approx([1, 1, 1], abs=1e-4)
    assert {row[2] for row in who["rows"]} <= {"replicator", "host", "parasite", "defender", "inert"}
    (tmp_path / "programs.txt").write_text(f"{FIG4}\n{'0' * 64}\n")
    who, matrix = found(call, "outcomes", "--language", "bff_noheads", "--programs", "@programs.txt")
    assert [row[1:3] for row in who["rows"]] == [[NAME, "replicator"], ["00" + who["rows"][1][1][2:], "inert"]]
    assert matrix["rows"] == [["A", "A A", "A A"], ["B", "B A", "B B"]]
    forth = found(call, "outcomes", "--language", "forth", "--programs", "0C 08, 20 20")[0]
    assert len(forth["rows"]) == 2


def test_two_programs_breed_in_both_orders(call: Call):
    first, second = found(call, "breed", "bff_noheads", FIG4, "random", "--generations", "2")
    assert [row[0] for row in first["rows"]] == [0, 1, 2]
    assert [row[2] for row in first["rows"]] == [NAME] * 3
    assert first["rows"][1][6:9] == [NAME, 64, first["rows"][1][8]]
    assert second["rows"][0][6] == NAME
    assert second["rows"][0][7] == 64


def test_specimens_are_frozen_with_provenance_and_thawed(call: Call, root: Path, tmp_path: Path):
    ending = call("life", "freeze", "--run", "latest", "--epoch", "12", "--note", "first", "--root", root)
    assert ending.code == 0, ending.err
    (file,) = (tmp_path / "freezer").iterdir()
    kept = json.loads(file.read_text())
    assert kept["found"]["epoch"] == 12
    assert soup_of(root, 12)[kept["found"]["place"]].tobytes().hex() == kept["bytes"]
    assert "was there already" in call("life", "freeze", "bff_noheads", f"hex:{kept['bytes']}").out
    (table,) = found(call, "thaw")
    assert table["rows"][0][0] == kept["name"]
    (one,) = found(call, "thaw", kept["name"][:6])
    assert f"@freezer/{kept['name']}.json" in one["note"]
    assert "note       first" in one["text"]
    assert call("life", "thaw", kept["name"], "--out", "organism.txt").code == 0
    assert substrate("bff_noheads").parse((tmp_path / "organism.txt").read_text().rstrip()).hex() == kept["bytes"]
    assert "organism.txt is there already" in call("life", "thaw", kept["name"], "--out", "organism.txt").err
    assert "There is no folder no" in call("life", "thaw", kept["name"], "--out", "no/organism.txt").err


def test_alarms_and_the_walk_beside_a_run(call: Call, root: Path):
    alarms, walk = found(call, "alarms", "latest", "--samples", "3", "--root", root)
    assert {row[0]: row[3] for row in alarms["rows"]}["offset of a small soup"] is True
    assert [row[0] for row in walk["rows"]] == [0, 24, 48]
    assert walk["rows"][-1][4] > 64 > walk["rows"][-1][5]


def test_the_authors_checkpoints_are_written_and_taken_over_with_the_same_bits(
    call: Call, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(wrapping, "wrap_up", lambda run, outcome: None)
    assert call("life", "checkpoint", "--run", "latest", "--epoch", 12, "--out", "c.dat", "--root", root).code == 0
    stored = read_checkpoint(tmp_path / "c.dat")
    assert (stored.epoch, stored.reset_index) == (12, 1)
    assert np.array_equal(stored.soup, soup_of(root, 12))
    (told,) = found(call, "checkpoint", "c.dat")
    assert told["text"] == "256 programs of 64 bytes after 12 epochs, 0 fresh starts"
    given = "seed=94 language=bff_noheads"
    (taken,) = found(call, "checkpoint", "c.dat", "--experiment", "life/bff", "--settings", given, "--steps", 48)
    run = taken["note"].split("`")[1].split()[-1]
    assert call("resume", run, "--json").code == 0
    ours, theirs = (RunsUnder(where).moment(name).state for where, name in ((Path("runs"), run), (root, "latest")))
    assert tree.same_bits(ours, theirs)
    assert checkpoints.steps(next(Path("runs").glob("*/*/*/checkpoints")))[0] == 12
    elsewhere = ["--experiment", "life/bff", "--settings", given, "--steps", 48, "--root", "else where"]
    assert "--root 'else where'` goes on from it." in call("life", "checkpoint", "c.dat", *elsewhere).out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["disassemble", "bff", "ab#"], "bff has no glyph 'a' (character 0 of the program text)"),
        (["disassemble", "bff", "[]?"], "bff has no glyph '?' (character 2 of the program text)"),
        (["disassemble", "forth", "0C 8"], "'8' (from character 3 of the program text on) has 1 digits"),
        (["disassemble", "bff", "hex:5g"], "'g' (digit 1 after hex:) is no hexadecimal digit"),
        (["disassemble", "bff", "hex:5b5"], "The number of digits after hex: is odd, 3; write two for each byte."),
        (["disassemble", "bff", "+", "--epoch", "3"], "--epoch does nothing without --run; leave it out."),
        (["disassemble", "--run", "ROOT", "--place", "256"], "has the places 0 to 255, not 256; take one of these."),
        (["trace", "bff", ""], "The program is empty: write one byte or more"),
        (["breed", "bff", "+", "hex:"], "The program is empty: write one byte or more"),
        (["disassemble", "bfff", "[]"], "There is no substrate 'bfff'; did you mean 'bff'?"),
        (["disassemble"], "The language and the program to look at are missing: give LANGUAGE PROGRAM, or --run RUN"),
        (["trace", "bff", "+" * 65], "The program has 65 bytes and the tape room for 64; give --length 128."),
        (
            ["trace", "bff", "+", "--length", "48"],
            "length=48 is out of range: it must be a power of two from 16 to 1024",
        ),
        (["trace", "bff", "+", "--partner", "nobody"], "bff has no glyph 'n'"),
        (["trace", "forth", "0C", "--out", "t.bff"], "The authors' trace files hold a pointer, two heads"),
        (["trace", "bff", "+", "--out", "c.dat"], "c.dat is there already; give --out a new file."),
        (["trace", "bff", "+", "--out", "no/t.bff"], "There is no folder no to write t.bff into; make it first."),
        (["trace", "bff", "+", "--fill", "noop"], "it must be one of no-op, zeros; the nearest is no-op."),
        (["microscope", "bff"], "The program to look at is missing: give LANGUAGE PROGRAM, or --run RUN"),
        (["microscope", "bff", "+", "--run", "latest"], "'bff' and --run are both given; leave out one"),
        (["microscope", "--run", "ROOT", "--max-steps", "5"], "--max-steps does nothing with --run; leave it out."),
        (["freeze", "--run", "ROOT", "--fill", "zeros"], "--fill does nothing with --run; leave it out."),
        (["microscope", "--run", "nobody"], "There is no run 'nobody' under runs"),
        (["microscope", "--run", "ROOT", "--epoch", "49"], "has the epochs 0 to 48, not 49; the nearest is 48."),
        (["microscope", "--run", "ROOT", "--place", "256"], "has the places 0 to 255, not 256; take one of these."),
        (["families", "ROOT", "--start", "9"], "--start does nothing with one sample"),
        (["tree", "ROOT", "--start", "40", "--end", "8"], "--start 40 is behind --end 8; exchange the two."),
        (["families", "ROOT", "--start", "50", "--samples", "2"], "has no row from epoch 50 to its last; its rows go"),
        (["microscope", "--run", "WALK"], "is one of tests/walk, which has no soup of programs."),
        (["outcomes"], "are missing: give --language and --programs, or --run RUN"),
        (["outcomes", "--language", "bff", "--programs", ";".join("+" * 65)], "65 programs were given; pair from 1 to"),
        (["outcomes", "--language", "bff", "--programs", " "], "0 programs were given; pair from 1 to 64 of them."),
        (["outcomes", "--run", "ROOT", "--families", "0"], "families=0 is out of range"),
        (["breed", "bff", "+"], "primordia life breed needs SECOND"),
        (["thaw", "nobody"], "There is no freezer freezer; `primordia life freeze` makes one."),
        (["freeze", "bff", "+", "--freezer", "no/where"], "There is no folder no to make the freezer where in"),
        (["microscope", "forth", "@frozen.json"], "is a program of bff_noheads, not of forth"),
        (["checkpoint"], "Give either FILE, a checkpoint to read, or --run RUN --out FILE to write one."),
        (["checkpoint", "short.dat"], "is no checkpoint of the authors': it has 9 bytes"),
        (["checkpoint", "--run", "ROOT"], "--run needs --out FILE, the checkpoint to write."),
        (["checkpoint", "c.dat", "--experiment", "life/bff", "--settings", "seed"], "--settings seed cannot be read"),
        (
            ["checkpoint", "c.dat", "--experiment", "life/bff", "--steps", "3"],
            "steps=3 leaves nothing to do after step 3",
        ),
        (
            ["checkpoint", "c.dat", "--experiment", "life/bff", "--settings", "n_programs=64"],
            "has n_programs=2 and the",
        ),
        (["checkpoint", "--run", "ROOT", "--steps", "9"], "--steps does nothing with --run; leave it out."),
        (["checkpoint", "c.dat", "--experiment", "life/bff", "--settings", "speed=3"], "There is no setting 'speed'"),
    ],
)
def test_bad_input_is_one_sentence_and_leaves_nothing(
    call: Call, root: Path, finished: Path, tmp_path: Path, words: list[str], sentence: str
):
    from primordia.life.ecology.freezer import Specimen, to_json

    (tmp_path / "short.dat").write_bytes(b"too short")
    (tmp_path / "frozen.json").write_text(to_json(Specimen("bff_noheads", FIG4_REPLICATOR)))
    header = np.array([1, 2, 3], "<i8").tobytes()
    (tmp_path / "c.dat").write_bytes(header + bytes(128))
    (soup,) = root.glob("*/*/*/")
    places = {"ROOT": str(soup), "WALK": str(finished)}
    before = sorted(tmp_path.rglob("*"))
    ending = call("life", *(places.get(word, word) for word in words))
    assert ending.code == 2, ending.out
    assert ending.err.startswith("error: ")
    assert ending.err.count("\n") == 1
    assert sentence in ending.err
    assert sorted(tmp_path.rglob("*")) == before
