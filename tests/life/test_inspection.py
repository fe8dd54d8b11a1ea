"""What a click on a soup shows: the program that is drawn there, and executions that are those of the machine."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles import plain_bff
from primordia.core import config as configs
from primordia.core import findings, inspection
from primordia.core.errors import BadInputError, UnknownNameError
from primordia.core.findings import Table, Text
from primordia.core.inspection import Execution, Specimen
from primordia.core.registry import load
from primordia.core.streams import Streams
from primordia.life import stepping
from primordia.life.experiments.bff import Bff, BffConfig
from primordia.life.experiments.soup import AnySoup, SoupSettings
from primordia.life.experiments.soups import SoupExperiment, SoupState
from primordia.life.experiments.worlds import world_of
from primordia.life.glass import soups
from primordia.life.glass.executions import MOST_STEPS, execution
from primordia.life.glass.listing import listing
from primordia.life.glass.meetings import coming
from primordia.life.glass.places import VIEWS
from primordia.life.golden import FIG4_REPLICATOR
from primordia.life.lineage import pictures as provenance
from primordia.life.lineage.tokens import first_tokens
from primordia.life.long_tape.languages import LANGUAGES
from primordia.life.maps import places
from primordia.life.pictures import MAX_TILES
from primordia.life.soup import evaluate, random_soup
from primordia.life.substrates import OWN, substrate
from primordia.life.tools.disassemble import Disassemble, DisassembleArguments
from primordia.life.worlds import Grid, Islands, Mixed

SOUP = AnySoup()


def at(experiment: SoupExperiment[Any], config: Any, state: SoupState, t: int, *cell: Any) -> tuple[Any, ...]:
    return experiment.inspect(config, state, Streams(config.seed), t, *cell)


def moment(t: int = 0, **values: Any) -> tuple[SoupSettings, SoupState]:
    config = configs.override(SoupSettings(), {"n_programs": 96, "language": "bff_noheads_4bit", **values})
    state = SOUP.init(config, Streams(config.seed))
    return config, SOUP.advance(config, state, Streams(config.seed), 0, t)[0] if t else state


def replayed(run: Execution) -> np.ndarray:
    tape = run.tape.copy()
    for step in run.steps:
        for cell, value in step.changes:
            tape[cell] = value
    return tape


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"world": "grid", "tape_length": 32},
        {"world": "islands", "n_islands": 3, "tape_length": 16},
        {"n_programs": 6, "tape_length": 1024},
    ],
)
def test_every_cell_shows_the_byte_that_is_drawn_there(values: dict[str, Any]) -> None:
    config, state = moment(**values, tokens=True)
    where = places(world_of(config), config.n_programs)
    generator = np.random.default_rng(1)
    seen = set()
    for view in ("soup", "whole_soup", "map"):
        drawn = SOUP.views[view].pixels(config, state, view)
        classes = SOUP.views["map"].palette
        for row, column in generator.integers(0, drawn.shape, (64, 2)).tolist():
            found = soups.spot(view, row, column, *state.soup.shape, where)
            if found is None:
                assert classes[drawn[row, column]].meaning == "outside the soup"
                continue
            byte = int(state.soup[found.program, found.byte])
            assert drawn[row, column] == soups.class_table(config.language)[byte]
            seen.add(found.program)
    assert len(seen) > min(20, config.n_programs - 1)


def test_whoever_stands_where_has_a_kin_pixel() -> None:
    config, _ = moment(world="grid")
    where = places(world_of(config), 96)
    assert [soups.spot("kin", *divmod(k, where.shape[1]), 96, 64, where) for k in range(96)] == [
        (int(where.flat[k]), None) for k in range(96)
    ]


def test_a_map_of_pixels_is_read_as_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("primordia.life.glass.places.MAX_PIXELS", 100)
    where = places(Mixed(), 96)
    assert soups.spot("map", 1, 2, 96, 64, where) == (int(where[1, 2]), None)
    assert soups.spot("soup", 1, 2, 96, 64, where) == (0, 10)


def test_a_click_beside_the_soup_says_so_and_one_beside_the_picture_is_refused() -> None:
    config, state = moment(n_programs=6)
    (nobody,) = at(SOUP, config, state, 0, "soup", 15, 31)
    assert (nobody.title, nobody.text) == ("Outside the soup", "No program stands here.")
    with pytest.raises(BadInputError, match="no cell at row 16, column 0: its rows are 0 to 15, its columns 0 to 31"):
        at(SOUP, config, state, 0, "soup", 16, 0)
    with pytest.raises(BadInputError, match="its rows are 0 to 127, its columns 0 to 255"):
        at(SOUP, config, state, 0, "positions", 0, 256)
    with pytest.raises(UnknownNameError, match="There is no view 'mapp'; did you mean 'map'"):
        at(SOUP, config, state, 0, "mapp", 0, 0)


def test_every_view_of_every_soup_can_be_pointed_at() -> None:
    for name in ("life/bff", "life/forth", "life/subleq", "life/spatial", "life/z80", "life/soup"):
        assert set(load(name).views) <= set(VIEWS)


def test_a_column_of_positions_counts_what_stands_there() -> None:
    config, state = moment()
    (table,) = at(SOUP, config, state, 0, "positions", 5, 13)
    assert table.title == "Byte 3 of the programs"
    values = state.soup[:MAX_TILES, 3].tolist()
    shown = [(int(byte, 16), count) for byte, _, _, count, _ in table.rows]
    assert shown == sorted(shown, key=lambda row: (-row[1], row[0]))
    assert all(values.count(byte) == count for byte, count in shown)


def test_a_click_tells_who_stands_there() -> None:
    config, state = moment(t=3, tokens=True)
    found = at(SOUP, config, state, 3, "map", 9, 17)  # the second row of tiles, the third program of it, its byte 9
    kinds = [type(one) for one in found]
    assert kinds == [Table, Specimen, Execution, Execution, Table]
    assert not [sentence for one in found if isinstance(one, Table) and (sentence := findings.fault(one))]
    place = int(places(Mixed(), 96)[1, 2])
    program = state.soup[place]
    facts = dict(found[0].rows)
    assert facts["place"] == str(place)
    assert facts["program"] == substrate(config.language).format(program.tobytes())
    assert facts["copies"] == "1 of 96 programs are equal to it"
    assert "byte 9" in facts
    assert f"of program {place}" in facts["bytes of the first soup"]
    assert found[2].tape[:64].tobytes() == program.tobytes()
    hexadecimal = f"hex:{program.tobytes().hex()}"
    assert found[1].arguments == {"program": hexadecimal, "language": "bff_noheads_4bit", "place": place}
    assert found[1].picture.pixels.shape == (8, 8)
    assert found[0].title == found[1].title


def test_the_listing_is_that_of_the_tool() -> None:
    config, state = moment()
    table = next(
        one for one in at(SOUP, config, state, 0, "map", 0, 0) if isinstance(one, Table) and one.columns[0] == "offset"
    )
    hexadecimal = f"hex:{state.soup[0].tobytes().hex()}"
    (of_tool,) = Disassemble().use(DisassembleArguments(config.language, hexadecimal), None)  # type: ignore[arg-type]
    assert table.rows == of_tool.rows
    assert table.columns == of_tool.columns
    assert listing(substrate(config.language), state.soup[0], "x").rows == of_tool.rows


def test_a_replicator_shows_its_core() -> None:
    config, state = moment(language="bff_noheads")
    soup = state.soup.copy()
    soup[5] = np.frombuffer(FIG4_REPLICATOR, np.uint8)
    found = at(SOUP, config, SoupState(soup), 0, "kin", 0, 5)
    text = next(one for one in found if isinstance(one, Text))
    assert text.title.startswith("Its core: ")
    assert "^" in text.text
    assert "replicator" in dict(found[0].rows)["score"]
    idle = np.zeros(64, np.uint8)
    assert soups.core("bff_noheads", idle, 64).text.startswith("None found")


@pytest.mark.parametrize("name", ["bff_noheads", "bff", "bff8", "bff_selfmove"])
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_an_execution_is_the_oracles_step_by_step(name: str, seed: int) -> None:
    generator = np.random.default_rng(seed)
    tape = generator.choice(np.frombuffer(b"+-,.<>[]{}\0abc\1\2\3\4\5\6\7", np.uint8), 128)
    run = execution(name, tape, 60, "a", "a")
    step_of, *rest = plain_bff.rules(name)
    ran, before = tape.copy(), [0, 0, 0]
    for number, step in enumerate(run.steps, start=1):
        after, now = bytearray(tape.tobytes()), [0, 0, 0]
        plain_bff.execute(after, number, step_of.tolist(), *rest, registers=now)
        for cell, value in step.changes:
            assert ran[cell] != value
            ran[cell] = value
        assert ran.tobytes() == bytes(after)
        assert list(step.registers) == now
        if number > 1:
            assert step.at == before[0]
        before = now
    assert run.registers == run.pointers == ("pointer", "head0", "head1")
    depth = {place: other for pair in run.matches for place, other in (pair, pair[::-1])}
    for place, other in depth.items():
        direction = 1 if step_of[tape[place]] == 8 else -1
        assert plain_bff.partner(tape, step_of, place, direction) == other


@pytest.mark.parametrize("name", OWN)
def test_the_changes_of_an_execution_lead_to_the_end_of_the_kernels(name: str) -> None:
    found = substrate(name)
    length = found.tape_lengths[0]
    for tape in random_soup(7, 12, 2 * length):
        run = execution(name, tape, 200, "a", "a")
        after, operations = evaluate(name, tape[None], 200)
        assert replayed(run).tobytes() == after[0].tobytes()
        assert operations[0] == stepping.follow_steps(name, tape, 1, 200).operations
        assert all(0 <= a < 2 * length and 0 <= b < 2 * length for a, b in run.matches)
        assert len(run.glyphs) == len(run.classes) == 256
        assert max(run.classes) < len(run.palette)
        assert run.tape.tobytes() == tape.tobytes()
        assert sum(cells for _, cells in run.parts) == len(tape)
        assert set(run.pointers) <= set(run.registers)


def test_a_long_execution_shows_its_beginning_and_says_so() -> None:
    tape = np.concatenate((np.frombuffer(b"+[" + b"a" * 61 + b"]", np.uint8), np.zeros(64, np.uint8)))
    run = execution("bff_noheads", tape, 8192, "a", "a", "A note.")
    assert (len(run.steps), run.stopped) == (MOST_STEPS, False)
    assert run.note == "A note. These are the first 1,024 of at most 8,192 steps."
    assert execution("bff_noheads", tape, 100, "a", "a").note == "The interaction is cut off after 100 steps."
    stopped = execution("bff_noheads", np.zeros(128, np.uint8), 8192, "a", "a")
    assert (stopped.stopped, stopped.note) == (True, "The machine stops after 128 steps.")


@pytest.mark.parametrize("name", ["bff_noheads", "z80", "forth", "subleq"])
def test_the_copied_test_passes_and_can_fail(name: str) -> None:
    for tape in random_soup(3, 4, 2 * substrate(name).tape_lengths[0]):
        text = execution(name, tape, 4000, "a", "of_a_tape").test
        room: dict[str, Any] = {}
        exec(compile(text, "copied", "exec"), room)
        room["test_of_a_tape"]()
        assert len(text.splitlines()) < 20
        wrong = text.replace("operations[0] == ", "operations[0] == 1")
        exec(compile(wrong, "copied", "exec"), room)
        with pytest.raises(AssertionError):
            room["test_of_a_tape"]()


def test_the_copied_test_runs_under_pytest(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    run = execution("bff_noheads", np.frombuffer(FIG4_REPLICATOR * 2, np.uint8), 64, "a", "fig_4")
    file = tmp_path / "test_copied.py"
    file.write_text(run.test)
    assert pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:randomly", str(file)]) == 0


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"world": "grid", "mutation_rate": 0.01},
        {"interaction_rate": 0.5},
        {"language": "z80", "tape_length": 16, "max_steps": 128},
        {"reset_every": 2},
        {"organism": "[[{.>]-]", "organism_epoch": 3, "language": "bff_noheads"},
    ],
)
def test_the_meeting_of_the_next_epoch_is_the_one_that_the_epoch_runs(values: dict[str, Any]) -> None:
    config, state = moment(t=3, **{"mutation_rate": 2.0**-6, **values})
    after, _ = SOUP.step(config, state, Streams(0), 3)
    ran = lonely = mutated = 0
    for place in range(0, 96, 5):
        met = coming(config, state.soup, world_of(config), 0, 3, place)
        assert place in (met.first, met.second)
        mutated += met.mutated
        final = evaluate(config.language, met.tape[None], config.max_steps)[0][0] if met.executed else met.tape
        halves = final.reshape(2, -1)
        assert halves[0].tobytes() == after.soup[met.first].tobytes()
        assert halves[1].tobytes() == after.soup[met.second].tobytes()
        ran, lonely = ran + met.executed, lonely + (not met.executed)
    assert ran
    assert mutated
    assert bool(lonely) == ("interaction_rate" in values or values.get("world") == "grid")


def test_who_runs_with_nobody_is_told_so() -> None:
    config, state = moment(interaction_rate=0.0)
    found = at(SOUP, config, state, 0, "kin", 0, 0)
    text = next(one for one in found if isinstance(one, Text))
    assert text.text == "Program 0 runs with nobody; its bytes may mutate."


def test_a_machine_that_cannot_be_watched_gives_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    blind = dataclasses.replace(substrate("bff_noheads_4bit"), follow=None)
    monkeypatch.setattr(stepping, "substrate", lambda name: blind)
    config, state = moment()
    found = at(SOUP, config, state, 0, "kin", 0, 0)
    texts = [one.text for one in found if isinstance(one, Text)]
    assert len(texts) == 2
    assert all("declares no `follow` kernel" in text for text in texts)


def test_the_first_epoch_of_frequent_programs_is_told_by_their_tokens() -> None:
    config = BffConfig(n_programs=64, tokens=True)
    state = Bff().init(config, Streams(0))
    soup, tokens = state.soup.copy(), first_tokens(64, 64)
    soup[:4] = soup[0]
    tokens[0, 3], tokens[1, 9], tokens[2:4, 5] = 7 << 32, 5 << 32, 9 << 32
    found = Bff().findings(config, SoupState(soup, tokens), Streams(0), 10)
    table = next(one for one in found if one.title == "Most frequent programs")
    assert table.columns[-2:] == ("first epoch", "program")
    assert table.rows[0][1] == 4
    assert table.rows[0][-2] == 5
    assert table.rows[1][-2] == 0
    plain = Bff().findings(config, SoupState(soup), Streams(0), 10)
    assert "first epoch" not in next(one for one in plain if one.title == "Most frequent programs").columns


def meaning(name: str, index: int) -> str:
    palette = {"age": provenance.AGE, "lineage": provenance.LINEAGE}[name]
    return palette[index].meaning


def test_ages_are_counted_from_the_youngest_byte() -> None:
    tokens = first_tokens(4, 16)
    for byte, epoch in enumerate((4200, 4199, 4197, 4196, 4185, 4184, 104, 103)):
        tokens[2, byte] |= np.uint64(epoch << 32)
    drawn = provenance.age_picture(tokens, places(Mixed(), 4))
    tile = drawn[4:8, :4].reshape(-1)
    assert [meaning("age", index) for index in tile[:9]] == [
        "of the newest epoch",
        "1 to 3 epochs old",
        "1 to 3 epochs old",
        "4 to 15 epochs old",
        "4 to 15 epochs old",
        "16 to 63 epochs old",
        "4,096 epochs old or older",
        "4,096 epochs old or older",
        "of the first soup",
    ]
    assert {meaning("age", index) for index in drawn[:4].flat} == {"of the first soup"}


def test_lineage_colours_the_founders_that_were_copied() -> None:
    tokens = first_tokens(8, 16)
    planted = np.arange(5 * 16, 6 * 16, dtype=np.uint64) | np.uint64(3 << 32)
    tokens[2] = tokens[3] = tokens[0]
    tokens[4] = tokens[5] = planted
    tokens[6, 0] |= np.uint64(2 << 32)
    drawn = provenance.lineage_picture(tokens, places(Mixed(), 8))
    tiles = [drawn[4 * (k // 4) : 4 * (k // 4) + 4, 4 * (k % 4) : 4 * (k % 4) + 4].reshape(-1) for k in range(8)]
    told = [[meaning("lineage", index) for index in tile] for tile in tiles]
    assert set(told[0]) == set(told[2]) == set(told[3]) == {"of the most frequent founder"}
    assert set(told[4]) == set(told[5]) == {"of the second"}
    assert told[6] == ["of other bytes that came in later", *["of other programs of the first soup"] * 15]
    assert set(told[1]) == set(told[7]) == {"of other programs of the first soup"}


def test_founders_of_a_large_soup_are_counted_in_whole_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = first_tokens(64, 16)
    tokens[:40] = tokens[7]
    assert provenance.frequent_founders(tokens).tolist() == [7]
    monkeypatch.setattr(provenance, "COUNTED", 128)
    assert provenance.frequent_founders(tokens).tolist() == [7]
    monkeypatch.setattr(provenance, "MAX_PIXELS", 100)
    where = places(Grid(8, 8), 64)
    assert provenance.lineage_picture(tokens, where).shape == provenance.age_picture(tokens, where).shape == (8, 8)


@pytest.mark.parametrize("name", ["age", "lineage"])
@pytest.mark.parametrize(("n_programs", "world"), [(96, Islands(3)), (6, Mixed())])
def test_views_of_tokens_are_blank_without_them(name: str, n_programs: int, world: Any) -> None:
    values: dict[str, Any] = {"world": "islands", "n_islands": 3} if isinstance(world, Islands) else {}
    view = SOUP.views[name]
    assert view.needs == "tokens"
    config, state = moment(n_programs=n_programs, **values)
    blank = view.pixels(config, state, name)
    assert {view.palette[index].meaning for index in blank.flat} == {provenance.NO_TOKENS}
    config, state = moment(n_programs=n_programs, **values, t=2, tokens=True)
    drawn = view.pixels(config, state, name)
    assert blank.shape == drawn.shape  # A cell of either is of the same program: whoever points at it is told so.
    assert drawn.shape == SOUP.views["map"].pixels(config, state, "map").shape
    outside = (places(world, n_programs) < 0).mean()
    assert (drawn == len(view.palette) - 2).mean() == outside


@pytest.mark.parametrize("language", ["i8080", "bff_long", "forth2"])
def test_a_byte_of_a_long_tape_tells_what_begins_there(language: str) -> None:
    experiment: Any = load("life/i8080-long-tape")
    config = configs.from_dict(experiment.Config, {"language": language, "tape_length": 256, "first_tape": "bytes"})
    state = experiment.init(config, Streams(0))
    unit = np.frombuffer(b"\x01\xc5\x02", np.uint8)
    tape = state.tape.copy()
    tape[-9:], tape[:6] = np.tile(unit, 3), np.tile(unit, 2)
    state = dataclasses.replace(state, tape=tape)
    facts, kept, start, listed = at(experiment, config, state, 0, "tape", 15, 7)  # place 247, nine bytes before the end
    assert facts.title == "Place 247 of the tape"
    said = dict(facts.rows)
    assert said["repeats"].startswith("with period 3: ")
    assert said["copies"] == "5 end to end from here on, 5 on the tape"
    assert kept.arguments["program"] == f"hex:{np.roll(tape, -247)[:16].tobytes().hex()}"
    assert kept.arguments["place"] == 247
    after = tape.copy()
    LANGUAGES[language].run_at(after, 247, config.own("limit"), config.head_offset, np.zeros(3, np.int64))
    assert dict(start.rows)["bytes changed"] == str(np.count_nonzero(after != tape))
    assert listed.rows[0][0] == 0
    assert dict(at(experiment, config, state, 0, "repeats", 8, 8)[0].rows)["repeats"].startswith("no: ")
    with pytest.raises(BadInputError, match="its rows are 0 to 15, its columns 0 to 15"):
        at(experiment, config, state, 0, "tape", 16, 0)


def test_a_find_of_a_search_is_shown_from_its_line() -> None:
    experiment: Any = load("life/random-search")
    config = configs.from_dict(experiment.Config, {"n_programs": 2, "language": "bff_noheads"})
    state = experiment.init(config, Streams(0))
    state.shelf[0], state.shelf_steps[0], state.shelf_scores[0] = np.frombuffer(FIG4_REPLICATOR, np.uint8), 7, 60
    state.counts[2] = 1
    found = at(experiment, config, state, 9, "found", 7, 511)
    assert [type(one) for one in found] == [Table, Execution, Table, Text]
    assert dict(found[0].rows)["found"] == "number 1, in batch 7"
    assert found[1].tape[:64].tobytes() == FIG4_REPLICATOR
    (nothing,) = at(experiment, config, state, 9, "found", 8, 0)
    assert nothing.text == "Programs found so far: 1."
    with pytest.raises(BadInputError, match="its rows are 0 to 511, its columns 0 to 511"):
        at(experiment, config, state, 9, "found", 512, 0)


def test_what_is_found_has_words_that_can_be_read() -> None:
    assert inspection.fault((), Text("a title", "text", note="a note")) is None
    for broken in (Text("a title", "text", note=3), Text(None, "text"), Specimen("a title", "plant", {}, note=b"")):  # type: ignore[arg-type]
        assert "both must be text" in str(inspection.fault(("plant",), broken))
