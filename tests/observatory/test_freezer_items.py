"""The freezer: what is kept comes back, nothing of it is executed, and a state goes on with the same bits."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

import runs
from primordia.core import tree
from primordia.core.errors import BadInputError, ConfigError, NoRoomError, UnknownNameError
from primordia.engine import catalogue, durable, launch
from primordia.engine.opening import open_run
from primordia.engine.ring import Instant
from primordia.observatory.keeping import freezer, shelf
from walk import PALETTE

PIXELS = np.arange(12, dtype=np.uint8).reshape(3, 4) % 3
PICTURE = {
    "kind": "picture",
    "rows": 3,
    "columns": 4,
    "pixels": base64.b64encode(PIXELS.tobytes()).decode(),
    "palette": [[colour.meaning, colour.rgb] for colour in PALETTE],
}
SPECIMEN = {
    "kind": "specimen",
    "title": "Örkan 7: a copier",
    "note": "It copies itself.",
    "intervention": "plant",
    "arguments": {"program": "hex:5b"},
    "picture": PICTURE,
}


@pytest.fixture(scope="module")
def where(tmp_path_factory):
    """A finished run; it is only read."""
    return runs.start(tmp_path_factory.mktemp("runs")).folder


def instant(where, t):
    opened = open_run(where)
    return opened, Instant(t, 0, opened.config, launch.state_at(opened, t))


def test_a_specimen_comes_back_with_picture_and_origin(root, where):
    kept = freezer.keep_specimen(root, where, 12, "", SPECIMEN)
    assert kept["item"] == "rkan-7-a-copier"
    assert kept["name"] == "Örkan 7: a copier"
    assert (kept["kind"], kept["intervention"], kept["arguments"]) == ("specimen", "plant", {"program": "hex:5b"})
    assert kept["damage"] is None
    origin = kept["origin"]
    assert (origin["run"], origin["experiment"], origin["step"]) == (where.path.name, "tests/walk", 12)
    assert origin["config"]["n_sites"] == 64
    drawn = Image.open(io.BytesIO(base64.b64decode(kept["thumbnail"].partition(",")[2])))
    assert np.array_equal(np.asarray(drawn), PIXELS)
    assert freezer.items(root) == [kept] == [freezer.item(root, kept["item"])]


def test_equal_names_get_slugs_of_their_own(root, where):
    slugs = [freezer.keep_specimen(root, where, 1, "../ a  B", SPECIMEN)["item"] for _ in range(3)]
    assert slugs == ["a-b", "a-b-2", "a-b-3"]
    assert freezer.keep_specimen(root, where, 1, "木", SPECIMEN)["item"] == "item"
    assert sorted(path.name for path in (root / "freezer").iterdir()) == ["a-b", "a-b-2", "a-b-3", "item"]


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "text"},
        {"title": 3},
        {"arguments": []},
        {"title": "x" * 81},
        {"note": "x" * 2**20},
        {"picture": {**PICTURE, "rows": 5}},
        {"picture": {**PICTURE, "palette": PICTURE["palette"][:2]}},
        {"picture": {**PICTURE, "pixels": "?"}},
        {"picture": {**PICTURE, "palette": [["a", "red"]] * 3}},
        {"picture": {**PICTURE, "rows": 0, "columns": 0, "pixels": ""}},
    ],
)
def test_what_is_no_specimen_is_refused_and_leaves_nothing(root, where, change):
    with pytest.raises(BadInputError):
        freezer.keep_specimen(root, where, 1, "", {**SPECIMEN, **change})
    assert freezer.items(root) == []


def test_a_kept_state_begins_a_run_with_the_bits_of_a_fork(root, where):
    opened, then = instant(where, 12)
    kept = freezer.keep_state(root, opened, then, "ring", "")
    assert (kept["name"], kept["kind"]) == ("tests/walk, step 12", "state")
    begun = freezer.begin(root, kept["item"], {})
    ours = launch.resume(begun)
    fork = launch.fork(where, 12, {}, {}, root=root)
    assert (ours.status, ours.step) == ("finished", 40)
    assert tree.same_bits(*(launch.state_at(open_run(done.folder), 40) for done in (ours, fork)))
    assert ours.folder.metrics.read() == fork.folder.metrics.read()
    assert ours.folder.record()["parent"]["id"] == where.path.name
    assert runs.transitions(ours.folder) == runs.transitions(fork.folder)


def test_a_state_from_the_end_of_a_run_goes_on_as_long_again(root, where):
    kept = freezer.keep_state(root, *instant(where, 40), "", "the end")
    assert open_run(freezer.begin(root, kept["item"], {})).schedule.steps == 80
    assert open_run(freezer.begin(root, kept["item"], {"steps": 44})).schedule.steps == 44
    with pytest.raises(ConfigError, match="nothing to do after step 40"):
        freezer.begin(root, kept["item"], {"steps": 40})


def test_a_stop_rule_that_fired_does_not_stop_the_new_run(root):
    where = runs.start(root, stop="half").folder
    at = where.record()["step"]
    kept = freezer.keep_state(root, *instant(where, at), "", "half")
    assert at < 40
    assert open_run(freezer.begin(root, kept["item"], {})).schedule.stop is None


def test_a_state_keeps_the_config_of_its_instant(root, where):
    opened, then = instant(where, 12)
    changed = then._replace(config=runs.configs.override(then.config, {"p_move": 1.0}))
    kept = freezer.keep_state(root, opened, changed, "ring", "fast")
    assert open_run(freezer.begin(root, kept["item"], {})).config.p_move == 1.0


def test_only_a_state_begins_a_run(root, where):
    slug = freezer.keep_specimen(root, where, 1, "", SPECIMEN)["item"]
    with pytest.raises(BadInputError, match="only a whole state"):
        freezer.begin(root, slug, {})


def test_a_large_view_has_a_small_thumbnail(root):
    where = runs.start(root, n_sites=4096).folder
    kept = freezer.keep_state(root, *instant(where, 8), "ring", "")
    drawn = Image.open(io.BytesIO(base64.b64decode(kept["thumbnail"].partition(",")[2])))
    opened, then = instant(where, 8)
    whole = opened.experiment.views["ring"].pixels(then.config, then.state, "ring")
    assert np.array_equal(np.asarray(drawn), whole[::4, ::4])


def rewrite(path, change):
    entry = json.loads(path.read_text())
    change(entry)
    path.write_text(json.dumps(entry))


ALTERATIONS = {
    "another argument": lambda item: rewrite(item / "item.json", lambda entry: entry["origin"].update(step=13)),
    "no JSON": lambda item: (item / "item.json").write_text("{"),
    "no object": lambda item: (item / "item.json").write_text("[]"),
    "no item.json": lambda item: (item / "item.json").unlink(),
    "a newer format": lambda item: rewrite(item / "item.json", lambda entry: entry.update(format=2)),
    "no origin": lambda item: rewrite(item / "item.json", lambda entry: entry.pop("origin")),
    "another kind": lambda item: rewrite(item / "item.json", lambda entry: entry.update(kind="program")),
    "a file elsewhere": lambda item: rewrite(item / "item.json", lambda entry: entry["files"].update({"../x": "0"})),
    "another bit": lambda item: (item / "state.safetensors").write_bytes(b"x" + (item / STATE).read_bytes()[1:]),
    "no state": lambda item: (item / "state.safetensors").unlink(),
    "a stranger's file": lambda item: (item / "state.pkl").write_bytes(b"cos\nsystem\n"),
}
STATE = "state.safetensors"


@pytest.mark.parametrize("name", ALTERATIONS)
def test_an_altered_item_is_refused_and_hides_no_other(root, where, name):
    good = freezer.keep_specimen(root, where, 1, "good", SPECIMEN)
    kept = freezer.keep_state(root, *instant(where, 12), "ring", "bad")
    ALTERATIONS[name](root / "freezer" / "bad")
    for refused in (lambda: freezer.item(root, "bad"), lambda: freezer.begin(root, "bad", {})):
        with pytest.raises(BadInputError):
            refused()
    shown = {item["item"]: item for item in freezer.items(root)}
    assert shown["good"] == good
    assert shown["bad"]["damage"]
    assert shown["bad"]["kind"] == "damaged"
    assert freezer.discard(root, kept["item"]) == [good]


def test_a_state_of_another_shape_or_version_is_refused_before_a_run_exists(root, where):
    opened, then = instant(where, 12)
    freezer.keep_state(root, opened, then, "ring", "state")
    before = len(catalogue.entries(root))
    entry, files = shelf.read(root, "state")
    for change in ({"config": {**entry["origin"]["config"], "n_sites": 128}}, {"version": 2}):
        slug = shelf.keep(root, {**entry, "origin": {**entry["origin"], **change}, "name": "altered"}, files)
        with pytest.raises(BadInputError):
            freezer.begin(root, slug, {})
    assert len(catalogue.entries(root)) == before


@pytest.mark.parametrize("slug", ["", "..", "../freezer", ".keeping-a-1", "A", "a/b", "nothing"])
def test_only_slugs_of_the_shelf_are_names(root, where, slug):
    freezer.keep_specimen(root, where, 1, "good", SPECIMEN)
    for refused in (freezer.item, freezer.discard):
        with pytest.raises(UnknownNameError):
            refused(root, slug)


def test_the_catalogue_takes_no_item_for_a_run(root, where):
    slug = freezer.keep_state(root, *instant(where, 12), "ring", "state")["item"]
    begun = freezer.begin(root, slug, {})
    assert [entry.id for entry in catalogue.entries(root)] == [begun.path.name]


def test_a_full_disk_leaves_nothing_half_kept(root, where, monkeypatch):
    def full(path, content, *, sync=True):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(durable, "write", full)
    with pytest.raises(NoRoomError, match="nothing was kept"):
        freezer.keep_specimen(root, where, 1, "good", SPECIMEN)
    assert list((root / "freezer").iterdir()) == []
