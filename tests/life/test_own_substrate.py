"""A substrate from somebody else's package: found by its entry point, tried before it runs, at home in life/soup."""

from __future__ import annotations

import dataclasses
import importlib
import shutil
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from primordia.core import config as configs
from primordia.core.errors import BadInputError, UnknownNameError
from primordia.core.streams import Streams
from primordia.life.experiments.soup import AnySoup, SoupSettings
from primordia.life.soup import evaluate
from primordia.life.substrates import names, substrate, vouching
from primordia.life.substrates.notation import Line, Notation

EXAMPLE = Path(__file__).parents[1] / "plugin_substrate"
SOUP = AnySoup()

BAD = """
from primordia.life.compile import kernel
from primordia.life.substrates import CLASSES, Substrate
from primordia.life.substrates.notation import Glyphs

@kernel(allocates=False)
def execute(tape, max_steps):
{body}

SUBSTRATE = Substrate("bad", "-", Glyphs("bad", {{1: "x"}}, {{"x": "-"}}, brackets=None),
                      dict.fromkeys(range(256), "other"), dict.fromkeys(CLASSES, "-"), "-", execute,
                      tape_lengths=(16, 32))

class Shelf:
    SUBSTRATE = SUBSTRATE
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder in which packages can be installed for one test, as pip would do it; nothing is remembered as tried."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(vouching, "notes", lambda: tmp_path)
    yield tmp_path
    for name in ("turtle_substrate", "bad_substrate"):
        sys.modules.pop(name, None)


def install(site: Path, name: str, module: Path | str) -> None:
    if isinstance(module, Path):
        shutil.copy(module, site)
        module_name, attribute = module.stem, "SUBSTRATE"
    else:
        module_name, attribute = f"{name}_substrate", "Shelf.SUBSTRATE"
        (site / f"{module_name}.py").write_text(module)
    metadata = site / f"{module_name}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module_name}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[primordia.substrates]\n{name} = {module_name}:{attribute}\n")
    importlib.invalidate_caches()


def config_of(**changes: Any) -> SoupSettings:
    return configs.override(SoupSettings(n_programs=256), changes)


def test_the_example_is_short() -> None:
    assert len((EXAMPLE / "turtle_substrate.py").read_text().splitlines()) < 60


@pytest.mark.thorough
def test_a_language_of_another_package_lives_in_a_soup(site: Path) -> None:
    """Found by name, tried, run; its replicator copies itself and is found by the detector."""
    with pytest.raises(UnknownNameError, match="no substrate 'turtle'"):
        SOUP.init(config_of(language="turtle"), Streams(1))
    install(site, "turtle", EXAMPLE / "turtle_substrate.py")
    assert names()[-1] == "turtle"
    config = config_of(language="turtle", organism="tprb", organism_place=7, n_programs=64, max_steps=400)
    streams = Streams(1)
    state = SOUP.init(config, streams)
    assert [path.name[:15] for path in site.glob("vouched-*")] == ["vouched-turtle-"]
    assert state.soup[7, :4].tobytes() == b"tprb"
    after, row = SOUP.advance(config, state, streams, 0, 20)
    one_by_one = state
    for t in range(20):
        one_by_one, last = SOUP.step(config, one_by_one, streams, t)
    assert np.array_equal(after.soup, one_by_one.soup)
    assert row == last
    assert SOUP.measure(config, after, streams, 20)["replicator_share"] > 0.05
    assert SOUP.findings(config, after, streams, 20)
    with pytest.raises(BadInputError, match="turtle carries no tokens: it declares no `follow`"):
        SOUP.init(config_of(language="turtle", tokens=True), streams)
    tape = np.arange(128, dtype=np.uint8)[None].copy()
    tape[0, :4] = list(b"tprb")
    final, _ = evaluate("turtle", tape, 8192)
    assert final[0, 64:].tobytes() == tape[0, :64].tobytes()
    for name, view in SOUP.views.items():
        assert view.pixels(config, after, name).size


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("while tape[0] == tape[0]:\n    tape[1] += 1\nreturn 0", "did not end within 1 seconds on tapes of 32 bytes"),
        ("tape[tape.size + 3] = 9\nreturn 0", "writes to place 35 on the tape .* places 0 to 31"),
        pytest.param(
            "if max_steps:\n    tape[-5 - tape.size] = 9\nreturn 0", "writes to place -5", marks=pytest.mark.slow
        ),
        pytest.param(
            "if max_steps:\n    tape[0] = tape[tape.size]\nreturn 0",
            "gives two results .* lies beside the tape",
            marks=pytest.mark.slow,
        ),
        (
            "if max_steps and tape[tape.size + 7] == 98:\n    tape[0] += 1\nreturn 0",
            "gives two results .* lies beside the tape",
        ),
        (
            "if max_steps:\n    tape[10**13] = 1\nreturn 0",
            r"crashed \(SIG(SEGV|BUS)\) on tapes of 32 bytes with max_steps=1",
        ),
        pytest.param(
            "return max_steps + 1", "says 1 operations .* there are 0 at least and 0 at most", marks=pytest.mark.slow
        ),
        pytest.param(
            "tape[0] += 1\nreturn 0", "changes the tape .* without steps nothing may happen", marks=pytest.mark.slow
        ),
        pytest.param("return nothing", "cannot be compiled or run", marks=pytest.mark.slow),
    ],
)
def test_substrates_that_no_soup_may_run(site: Path, body: str, words: str) -> None:
    install(site, "bad", BAD.format(body=textwrap.indent(body, "    ")))
    with pytest.raises(BadInputError, match=f"The substrate bad is not fit for a soup: .*{words}"):
        vouching.vouch("bad", 1.0)
    assert not list(site.glob("vouched-*"))


def test_a_notation_that_cannot_read_itself_is_named() -> None:
    whole = substrate("bff")
    deaf = dataclasses.replace(whole.notation, opcodes={}, zero_bytes=frozenset())
    stubborn = dataclasses.replace(whole, notation=dataclasses.replace(deaf, opcodes={1: "§§"}, meanings={"§§": "-"}))
    assert "cannot read what it writes: bff has no glyph '§'" in next(vouching.declared(stubborn))


@pytest.mark.slow
@pytest.mark.parametrize("name", names())
def test_our_own_languages_are_fit_too(name: str) -> None:
    assert list(vouching.declared(substrate(name))) == []
    assert len(vouching.tried(name)) == 2 * len(vouching.LIMITS)


def test_a_follow_that_goes_its_own_way_is_named() -> None:
    whole = substrate("forthtrivial")
    tapes = vouching._tapes(64)
    assert all(not list(vouching._wrong_following(whole, tape, 512)) for tape in tapes[:40])

    def shorter(tape: Any, origins: Any, registers: Any, max_steps: int) -> int:
        return whole.follow(tape, origins, registers, max_steps // 2)

    def lost(tape: Any, origins: Any, registers: Any, max_steps: int) -> int:
        operations = whole.follow(tape, origins, registers, max_steps)
        origins[3] = 64
        return operations

    for wrong, words in ((shorter, "must be the same run"), (lost, "came from place 64 on the tape")):
        odd = dataclasses.replace(whole, follow=wrong)
        found = [sentence for tape in tapes for sentence in vouching._wrong_following(odd, tape, 512)]
        assert any(words in sentence for sentence in found)


@pytest.mark.parametrize(("words", "room"), [("tape", 0), ("origins", 1), ("registers", 2)])
def test_a_follow_that_writes_beside_what_it_was_given_is_named(words: str, room: int) -> None:
    whole = substrate("forthtrivial")

    def greedy(tape: Any, origins: Any, registers: Any, max_steps: int) -> int:
        given = (tape, origins, registers)[room]
        given.base[given.base.size // 2 + given.size] = 1  # what compiled code does at a place of its own choice
        return whole.follow(tape, origins, registers, max_steps)

    odd = dataclasses.replace(whole, follow=greedy)
    found = list(vouching._wrong_following(odd, np.arange(64, dtype=np.uint8), 512))
    assert [f"its follow writes beside the {words}" in sentence for sentence in found] == [True]


def test_a_soup_refuses_what_is_not_fit(site: Path) -> None:
    install(site, "bad", BAD.format(body="    tape[tape.size + 3] = 9\n    return 0"))
    with pytest.raises(BadInputError, match="not fit for a soup: its execute writes to place"):
        SOUP.init(config_of(language="bad", tape_length=16), Streams(1))
    with pytest.raises(BadInputError, match="not fit for a soup: its execute writes to place"):
        evaluate("bad", np.zeros((2, 32), np.uint8), 10)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"execute": len}, "its execute is no kernel: put @kernel"),
        ({"tape_lengths": (16, 48)}, "programs of 48 bytes; a length is a power of two"),
        ({"tape_lengths": ()}, "no program length"),
        ({"classes": {}}, "byte 0 has the class None; give one of other, null"),
        ({"legend": {"other": "-"}}, "does not say what null means"),
    ],
)
def test_declarations_that_are_not_whole(changes: dict[str, Any], words: str) -> None:
    whole = substrate("bff")
    assert list(vouching.declared(whole)) == []
    assert any(words in sentence for sentence in vouching.declared(dataclasses.replace(whole, **changes)))


class Forgetful(Notation):
    """Writes characters and reads zeros."""

    width = 1

    def glyph(self, byte: int) -> str:
        return chr(0x100 + byte)

    def format(self, program: bytes) -> str:
        return "".join(map(self.glyph, program))

    def parse(self, text: str) -> bytes:
        return bytes(len(text))

    def disassemble(self, program: bytes, classes: Any) -> list[Line]:
        return []


def test_a_notation_that_loses_bytes_is_named() -> None:
    lossy = dataclasses.replace(substrate("bff"), notation=Forgetful())
    assert list(vouching.declared(lossy)) == [
        "byte 1 written as 'ā' is read back as something that is written otherwise."
    ]
    assert list(vouching.declared(substrate("bff_noheads_4bit"))) == []


def test_the_page_shows_the_example_as_it_is() -> None:
    page = (Path(__file__).parents[2] / "docs" / "your-own-substrate.md").read_text()
    assert page.split("```python\n")[1].split("\n```")[0] == (EXAMPLE / "turtle_substrate.py").read_text().rstrip()
