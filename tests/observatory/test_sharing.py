"""Recordings and the one file that plays them: every picture comes back, and nothing in it leads outside."""

import base64
import hashlib
import json
import re
import shutil
import subprocess

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import runs
from primordia.core.errors import BadInputError, PrimordiaError
from primordia.engine import launch
from primordia.engine.opening import open_run
from primordia.observatory.exports import bundle, exporting, recording, sharing
from primordia.observatory.exports.recording import CHANGE, WHOLE, WHOLE_EVERY, Picture, Spool

# Names of namespaces, and where the vendored library comes from, in its licence comment; nothing is fetched from them.
NAMES = re.compile(r"http://www\.w3\.org/\S+?[\"']|/\*! https://github\.com/leeoniya/uPlot")
NODE = shutil.which("node")


@pytest.fixture(scope="module")
def where(tmp_path_factory):
    """A finished run of 40 steps; it is only read."""
    return runs.start(tmp_path_factory.mktemp("runs")).folder


@pytest.fixture(scope="module")
def shared(where, tmp_path_factory):
    """The page of steps 8 to 40, and its recording."""
    folder = tmp_path_factory.mktemp("shared")
    for form in ("html", "prim"):
        exporting.make(where.path, order(form=form), folder / "run", lambda share, what: None)
    return (folder / "run.html").read_text(), (folder / "run.prim").read_bytes()


def order(**changes):
    usual = {"id": 1, "run": "r", "form": "prim", "views": ["ring"], "first": 8, "last": 40, "every": 3, "scale": 1,
             "pictures_per_second": 10}  # fmt: skip
    return {**usual, **changes}


def packed(pictures, room=10**9, spool_room=10**9):
    spool = Spool(spool_room)
    for picture in pictures:
        spool.put(picture)
    return recording.pack({"run": {}}, {"view": spool}, room)


def noise(n, side=32):
    draws = np.random.default_rng(3)
    return [Picture(step, 0, draws.integers(0, 8, (side, side)).astype(np.uint8)) for step in range(n)]


@given(
    st.lists(
        arrays.arrays(np.uint8, st.sampled_from([(3, 4), (5, 2)]), elements=st.integers(0, 3)), min_size=1, max_size=40
    )
)
def test_every_picture_comes_back(films):
    pictures = [Picture(3 * step, step // 2, pixels) for step, pixels in enumerate(films)]
    _, views = recording.unpack(packed(pictures))
    assert len(views["view"]) == len(pictures)
    for kept, given_one in zip(views["view"], pictures, strict=True):
        assert (kept.step, kept.revision) == (given_one.step, given_one.revision)
        assert np.array_equal(kept.pixels, given_one.pixels)


def test_what_changes_little_is_kept_as_changes_and_some_pictures_stand_by_themselves():
    still = noise(1)[0].pixels
    pictures = []
    for step in range(40):
        still = still.copy()
        still[step % 32, 3] ^= 1
        pictures.append(Picture(step, 0, still))
    content = packed(pictures)
    entries = recording.unpack(content)[0]["views"]["view"]
    kinds = [entry[4] for entry in entries]
    assert [number for number, kind in enumerate(kinds) if kind == WHOLE] == [0, WHOLE_EVERY, 2 * WHOLE_EVERY]
    assert len(content) < 0.3 * len(packed(noise(40)))


def test_a_recording_keeps_within_its_room_and_keeps_both_ends():
    pictures = noise(50)
    whole = len(packed(pictures))
    content = packed(pictures, room=whole // 3)
    assert len(content) <= whole // 3
    steps = [picture.step for picture in recording.unpack(content)[1]["view"]]
    assert (steps[0], steps[-1]) == (0, 49)
    assert len(steps) > 10
    assert set(np.diff(steps[:-1])) == {steps[1]}
    with pytest.raises(BadInputError, match="at least"):
        packed(pictures, room=500)


def test_a_spool_is_thinned_by_halves():
    spool = Spool(room=6000)
    for picture in noise(64):
        spool.put(picture)
    steps = [picture.step for picture in spool.pictures()]
    assert len(steps) <= 16
    assert (steps[0], steps[-1]) == (0, 63)


@pytest.mark.parametrize("content", [b"", b"primrec", b"primrec\n", b"primrec\n\xff\xff\xff\xff{", b"GIF89a"])
def test_what_is_no_recording_is_a_sentence(content):
    with pytest.raises(BadInputError):
        recording.unpack(content)


def test_a_truncated_recording_is_a_sentence():
    content = packed(noise(4))
    for length in (len(content) - 1, len(content) // 2, 20):
        with pytest.raises(BadInputError, match="truncated or altered"):
            recording.unpack(content[:length])


def test_a_recording_tells_what_a_page_needs_and_no_place_of_this_machine(where, shared):
    header, views = recording.unpack(shared[1])
    run = open_run(where)
    assert [picture.step for picture in views["ring"]] == [*range(8, 39, 3), 40]
    for picture in views["ring"]:
        instant = launch.moment_at(run, picture.step)
        drawn = run.experiment.views["ring"].pixels(instant.config, instant.state, "ring")
        assert np.array_equal(picture.pixels, drawn)
    told = header["run"]
    assert (told["begins_at"], told["step"], told["mode"], told["live"]) == (8, 40, "over", False)
    assert [row["step"] for row in told["rows"]] == list(range(8, 41, 4))
    assert all(8 <= event["step"] <= 40 for event in told["events"])
    assert [found["title"] for found in header["findings"]["found"]] == ["Most visited sites", "The clock", "The ring"]
    assert str(where.path.parent) not in json.dumps(header)


def test_a_page_that_would_be_too_large_has_fewer_pictures(where, tmp_path, monkeypatch):
    monkeypatch.setattr(sharing, "MOST_BYTES", sharing.OVERHEAD + 20_000)
    file = exporting.make(where.path, order(first=0, every=1), tmp_path / "run", lambda share, what: None)
    assert file.stat().st_size <= 15_000
    assert len(recording.unpack(file.read_bytes())[1]["ring"]) == 41
    monkeypatch.setattr(sharing, "MOST_BYTES", sharing.OVERHEAD + 100)
    with pytest.raises(BadInputError, match="Record a part"):
        exporting.make(where.path, order(), tmp_path / "run", lambda share, what: None)


def imports_of(page):
    found = json.loads(re.search(r'<script type="importmap">(.*?)</script>', page)[1])["imports"]
    return {name: base64.b64decode(address.partition(",")[2]).decode() for name, address in found.items()}


def test_the_page_holds_its_recording(shared):
    page, content = shared
    assert base64.b64decode(re.search(r'id="recording">([^<]*)</script>', page)[1]) == content
    assert len(page) < sharing.OVERHEAD + 4 * len(content) / 3


def test_nothing_in_the_page_leads_outside(shared):
    page, _ = shared
    for text in (page, *imports_of(page).values()):
        assert "://" not in NAMES.sub("", text)
        assert not re.search(r"(src|href)=[\"']?/", text)
    assert not re.search(r"<link rel=\"stylesheet\"|\bsrc=", page)
    assert "@import" not in page
    assert not re.search(r"url\((?![\"']?(data:|#))", page)


def test_every_module_finds_what_it_imports_and_the_link_is_that_of_recordings(shared):
    modules = imports_of(shared[0])
    named = {found for text in modules.values() for found in re.findall(r"[\"'](primordia/[^\"']+\.js)[\"']", text)}
    assert named <= modules.keys()
    assert "primordia/main.js" in modules
    assert "recorded: true" in modules["primordia/link/link.js"]
    assert "new WebSocket" not in "".join(modules.values())
    assert not any(re.search(r"\b(from|import)\s*\(?\s*[\"']\.", text) for text in modules.values())


def test_the_policy_allows_what_is_inside_and_no_connection(shared):
    page, _ = shared
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1]
    rules = {rule.split()[0]: rule.split()[1:] for rule in policy.split("; ")}
    assert rules["default-src"] == ["'none'"]
    assert "connect-src" not in rules
    inside = {
        "script-src": re.findall(r"<script(?! type=\"application)[^>]*>(.*?)</script>", page, re.DOTALL),
        "style-src": re.findall(r"<style>(.*?)</style>", page, re.DOTALL),
    }
    for rule, contents in inside.items():
        digests = {f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in contents}
        assert digests == set(rules[rule]) - {"data:"}
        assert digests
    assert page.index("Content-Security-Policy") < page.index("<style>")
    assert not re.search(r"<[^>]+ (style|on\w+)=", re.sub(r"<(script|style).*?</\1>", "", page, flags=re.DOTALL))


def test_a_page_that_lacks_a_file_says_which(tmp_path):
    (tmp_path / "index.html").write_text('<script type="module" src="/static/main.js"></script>')
    (tmp_path / "main.js").write_text('import { a } from "./a.js";')
    with pytest.raises(PrimordiaError, match=r"lacks its file a\.js"):
        bundle.page(b"", "", tmp_path)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('import { a } from "./a.js";', 'import { a } from "primordia/a.js";'),
        ('import"./a.js"', 'import"primordia/a.js"'),
        ('const page = await import("./a.js");', 'const page = await import("primordia/a.js");'),
        ('export * from "./vendor/b.js"', 'export * from "primordia/vendor/b.js"'),
        ('import { a } from "./link/link.js";', 'import { a } from "primordia/link/link.js";'),
        ('say("./a.js");', 'say("./a.js");'),
    ],
)
def test_imports_are_renamed_and_nothing_else(tmp_path, source, expected):
    (tmp_path / "main.js").write_text(source)
    for folder in ("vendor", "link"):
        (tmp_path / folder).mkdir()
    (tmp_path / "vendor" / "b.js").write_text('import "../a.js";')
    for name in ("a.js", "link/recording_link.js"):
        (tmp_path / name).write_text("// here")
    found = bundle.modules(tmp_path)
    assert found["main.js"] == expected
    assert found.get("vendor/b.js", 'import "primordia/a.js";') == 'import "primordia/a.js";'


READER = """
import {{ readFileSync }} from "node:fs";
import {{ createHash }} from "node:crypto";
import {{ Recording }} from "{module}";
const recording = new Recording(new Uint8Array(readFileSync("{file}")));
const entries = recording.header.views.view;
const told = [];
for (const number of {order}) {{
  const {{ step, pixels }} = await recording.frame("view", entries[number][0]);
  told.push([step, createHash("sha256").update(pixels).digest("hex")]);
}}
console.log(JSON.stringify([told, recording.along(4), recording.along(5, 1), recording.along(0, -1)]));
"""


@pytest.mark.skipif(NODE is None, reason="node is not installed")
def test_the_page_reads_recordings_as_we_do(tmp_path):
    still = noise(1)[0].pixels
    pictures = [
        Picture(3 * step, 0, noise(40)[step].pixels if step % 5 == 0 else still ^ (step % 2)) for step in range(40)
    ]
    content = packed(pictures)
    assert CHANGE in [entry[4] for entry in recording.unpack(content)[0]["views"]["view"]]
    (tmp_path / "a.prim").write_bytes(content)
    visited = [39, 0, 17, 18, 5, 4, 3, 20, 38, 39]
    text = READER.format(module=bundle.STATIC / "link" / "recording.js", file=tmp_path / "a.prim", order=visited)
    (tmp_path / "read.mjs").write_text(text)
    done = subprocess.run([NODE, tmp_path / "read.mjs"], capture_output=True, text=True, check=True, timeout=60)
    told, *along = json.loads(done.stdout)
    expected = [pictures[number] for number in visited]
    assert told == [[picture.step, hashlib.sha256(picture.pixels.tobytes()).hexdigest()] for picture in expected]
    assert along == [3, 6, 0]
