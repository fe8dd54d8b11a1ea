"""The protocol is pinned to the byte and the letter, and its JavaScript is made from the one definition."""

import json
import re
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primordia.core.errors import BadInputError, UnknownNameError
from primordia.observatory import frames, javascript, protocol
from primordia.observatory.frames import Frame

FRAME = Frame(7, 2, 4_294_967_297, 360, 364, 12, 300, 2, 3, 5, b"\x00\x01\x02\x03\x04\xff")
GOLDEN = (
    "5072"  # the letters "Pr", the least significant byte first
    "01" "01"  # version, kind
    "0700" "0200"  # channel, stride
    "0100000001000000"  # step
    "68010000" "6c010000"  # rows and columns of the view
    "0c000000" "2c010000"  # top, left
    "0200" "0300"  # rows and columns of the tile
    "05000000"  # revision
    "0001020304ff"
)  # fmt: skip
REQUESTS = """
{"kind": "Catalogue", "id": 1}
{"kind": "Describe", "id": 1, "experiment": "life/bff"}
{"kind": "Watch", "id": 1, "run": "R"}
{"kind": "Unwatch", "id": 1, "run": "R"}
{"kind": "Begin", "id": 1, "experiment": "life/bff", "preset": "", "settings": {"seed": 3}, "schedule": {}, "paused": true}
{"kind": "Resume", "id": 1, "run": "R", "paused": false}
{"kind": "Again", "id": 1, "run": "R", "seed": null, "paused": false}
{"kind": "Fork", "id": 1, "run": "R", "step": 3, "settings": {}, "schedule": {"steps": 9}, "paused": false}
{"kind": "Steer", "id": 1, "run": "R", "action": "pace", "n": 4, "pictures_per_second": 20.5}
{"kind": "Rules", "id": 1, "run": "R", "rules": [{"when": "step", "step": 9}]}
{"kind": "Look", "id": 1, "channel": 2, "run": "R", "view": "soup", "step": null, "top": 0, "left": 0, "rows": 8, "columns": 8, "stride": 1}
{"kind": "Ready", "channel": 2}
{"kind": "Close", "channel": 2}
{"kind": "Inspect", "id": 1, "run": "R", "step": 3, "view": "soup", "row": 1, "column": 2}
{"kind": "Findings", "id": 1, "run": "R", "step": null}
{"kind": "Intervene", "id": 1, "run": "R", "name": "set", "arguments": {"settings": {}}}
{"kind": "Bookmark", "id": 1, "run": "R", "step": 3, "note": "life"}
{"kind": "Shelf", "id": 1}
{"kind": "Freeze", "id": 1, "run": "R", "step": 3, "view": "soup", "name": "it", "specimen": null}
{"kind": "Thaw", "id": 1, "item": "it", "run": "R", "arguments": {}}
{"kind": "Discard", "id": 1, "item": "it"}
{"kind": "Export", "id": 1, "run": "R", "form": "gif", "views": ["soup"], "first": 0, "last": 9, "every": 3, "scale": 2, "pictures_per_second": 10}
{"kind": "Sweep", "id": 1, "of": "life/bff"}
"""  # noqa: E501
MESSAGES = """
{"kind": "Welcome", "version": 1, "primordia": "0.1.0", "read_only": false}
{"kind": "Answer", "id": 1, "value": {"run": "R"}}
{"kind": "Refusal", "id": 1, "sentence": "There is no run 'R'."}
{"kind": "Progress", "run": "R", "step": 3, "revision": 0, "steps_per_second": 12.5, "mode": "playing", "why": ""}
{"kind": "Rows", "run": "R", "rows": [{"step": 3, "loss": 0.5}]}
{"kind": "Happened", "run": "R", "event": {"step": 3, "event": "checkpoint"}}
{"kind": "Making", "id": 1, "share": 0.5, "what": "replaying"}
"""


def lines(text):
    return text.strip().splitlines()


def kinds(text):
    return [json.loads(line)["kind"] for line in lines(text)]


def test_a_picture_has_these_bytes():
    assert frames.to_bytes(FRAME).hex() == GOLDEN
    assert frames.from_bytes(bytes.fromhex(GOLDEN)) == FRAME


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        (b"", "at least 40 bytes, this message 0"),
        (bytes.fromhex(GOLDEN)[:39], "at least 40 bytes, this message 39"),
        (bytes.fromhex("0000" + GOLDEN[4:]), "begins with 00000101"),
        (bytes.fromhex(GOLDEN[:4] + "02" + GOLDEN[6:]), "no picture of version 1"),
        (bytes.fromhex(GOLDEN[:6] + "02" + GOLDEN[8:]), "no picture of version 1"),
    ],
)
def test_what_is_no_picture_is_refused(message, sentence):
    with pytest.raises(BadInputError, match=sentence):
        frames.from_bytes(message)


@pytest.mark.parametrize("line", lines(REQUESTS))
def test_a_request_is_written_so(line):
    assert protocol.to_text(protocol.read_request(line)) == line


@pytest.mark.parametrize("line", lines(MESSAGES))
def test_a_message_is_written_so(line):
    assert protocol.to_text(protocol.read_message(line)) == line


def test_every_kind_is_pinned():
    assert kinds(REQUESTS) == list(protocol.REQUESTS)
    assert kinds(MESSAGES) == list(protocol.MESSAGES)


@pytest.mark.parametrize(
    ("text", "error", "sentence"),
    [
        ("", BadInputError, "is not JSON"),
        ("[" * 100_000, BadInputError, "is not JSON"),
        ("3", BadInputError, "a JSON object with the text 'kind'"),
        ('{"id": 1}', BadInputError, "a JSON object with the text 'kind'"),
        ('{"kind": ["Watch"]}', BadInputError, "a JSON object with the text 'kind'"),
        ('{"kind": "Welcome"}', UnknownNameError, "There is no kind of message 'Welcome'"),
        ('{"kind": "Watch", "id": 1}', BadInputError, "Watch has the fields id, run; this message has id."),
        ('{"kind": "Ready", "channel": 1, "x": 2}', BadInputError, "Ready has the fields channel"),
        ('{"kind": "Ready", "channel": true}', BadInputError, "Ready.channel is True; it must be int."),
        ('{"kind": "Ready", "channel": 1.0}', BadInputError, "Ready.channel is 1.0; it must be int."),
        ('{"kind": "Watch", "id": 1, "run": null}', BadInputError, "Watch.run is None; it must be str."),
    ],
)
def test_nonsense_is_refused_in_a_sentence(text, error, sentence):
    with pytest.raises(error, match=re.escape(sentence)):
        protocol.read_request(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None)
@given(st.sampled_from(lines(REQUESTS)), st.data())
def test_whatever_a_page_sends_is_read_or_refused(line, data):
    values = json.loads(line)
    changed = data.draw(st.sampled_from(list(values)))
    values[changed] = data.draw(JSON)
    try:
        read = protocol.read_request(json.dumps(values))
    except BadInputError:
        return
    assert json.loads(protocol.to_text(read)) == values


def test_the_javascript_is_what_is_written_from_the_definition():
    assert javascript.FILE.read_text() == javascript.source(), "run python -m primordia.observatory.javascript"


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """Runs a script that may import the page's protocol; returns what it prints, as JSON."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("node is not installed; `apt-get install nodejs` brings it")
    folder = tmp_path_factory.mktemp("node")
    (folder / "protocol.mjs").write_text(javascript.source())

    def run(script):
        (folder / "script.mjs").write_text('import * as protocol from "./protocol.mjs";\n' + script)
        done = subprocess.run([program, folder / "script.mjs"], capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    return run


def test_the_page_reads_the_same_picture(node):
    broken = [GOLDEN[:78], "0000" + GOLDEN[4:], GOLDEN[:4] + "02" + GOLDEN[6:]]
    read, *refused = node(
        f"const messages = {json.dumps([GOLDEN, *broken])};"
        "const bytes = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16)).buffer;"
        "const plain = (frame) => frame && { ...frame, pixels: [...frame.pixels] };"
        "console.log(JSON.stringify(messages.map((hex) => plain(protocol.readFrame(bytes(hex))))));"
    )
    assert refused == [None, None, None]
    named = dict(zip(Frame._fields, FRAME, strict=True))
    assert {name: read[name] for name in Frame._fields} == {**named, "pixels": list(FRAME.pixels)}


def test_the_page_knows_the_same_kinds_and_fields(node):
    version, requests, messages = node(
        "console.log(JSON.stringify([protocol.VERSION, protocol.REQUESTS, protocol.MESSAGES]));"
    )
    assert version == frames.VERSION
    assert requests == {json.loads(line)["kind"]: list(json.loads(line))[1:] for line in lines(REQUESTS)}
    assert messages == {json.loads(line)["kind"]: list(json.loads(line))[1:] for line in lines(MESSAGES)}
