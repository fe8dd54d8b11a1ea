"""Exports: what can be taken away is the view itself, cell by cell, or a sentence."""

import io
import re
import shutil
import xml.etree.ElementTree as ElementTree
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image, ImageSequence

import runs
from primordia.core.errors import BadInputError, NoRoomError, PrimordiaError, UnknownNameError
from primordia.core.views import Colour
from primordia.engine import durable, launch
from primordia.engine.folder import RunFolder
from primordia.engine.opening import open_run
from primordia.observatory.exports import exporting, moving, orders, svg
from primordia.observatory.exports.axes import Axis, around, written
from primordia.observatory.exports.ink import Inks
from walk import PALETTE, Walk


@pytest.fixture(scope="module")
def where(tmp_path_factory):
    """A finished run of 40 steps; it is only read."""
    return runs.start(tmp_path_factory.mktemp("runs")).folder


def request(**changes):
    usual = {"id": 1, "run": "r", "form": "png", "views": ["ring"], "first": 12, "last": 40, "every": 8, "scale": 3,
             "pictures_per_second": 10}  # fmt: skip
    return {**usual, **changes}


def ring(where, t):
    run = open_run(where)
    instant = launch.moment_at(run, t)
    return run.experiment.views["ring"].pixels(instant.config, instant.state, "ring")


def made(where, tmp_path, **changes):
    return exporting.make(where.path, request(**changes), tmp_path / "export", lambda share, what: None)


def test_a_png_holds_the_indices_of_the_view(where, tmp_path):
    file = made(where, tmp_path)
    drawn = Image.open(file)
    assert (file.name, drawn.mode) == ("export.png", "P")
    assert np.array_equal(np.asarray(drawn)[::3, ::3], ring(where, 12))
    assert np.asarray(drawn).shape == (24, 24)
    assert drawn.getpalette()[:9] == [0, 0, 0, 0x33, 0x66, 0xCC, 0xFF, 0xCC, 0x00]


def test_a_png_of_a_part_holds_every_other_cell_of_it(where, tmp_path):
    part = {"view": "ring", "top": 1, "left": 2, "rows": 2, "columns": 3, "stride": 2}
    drawn = np.asarray(Image.open(made(where, tmp_path, views=[part], scale=1)))
    assert np.array_equal(drawn, ring(where, 12)[1:5:2, 2:8:2])


def test_a_png_with_a_curve_holds_the_picture_too(where, tmp_path):
    drawn = np.asarray(Image.open(made(where, tmp_path, views=["ring", {"metric": "coverage"}], scale=20)))
    assert _contains(drawn, ring(where, 12).repeat(20, axis=0).repeat(20, axis=1))
    assert drawn.shape[0] % 2 == drawn.shape[1] % 2 == 0


def film_of(file):
    return Image.open(io.BytesIO(file.read_bytes()))


def _contains(page, picture):
    rows, columns = picture.shape
    return any(
        np.array_equal(page[top : top + rows, left : left + columns], picture)
        for top in range(page.shape[0] - rows + 1)
        for left in range(page.shape[1] - columns + 1)
        if page[top, left] == picture[0, 0]
    )


def _repainted(text, scale):
    """The cells of a drawing, painted again from its paths: rows of #rrggbb."""
    tree = ElementTree.fromstring(text)
    group = next(node for node in tree.iter() if node.get("shape-rendering") == "crispEdges")
    assert group.get("transform").endswith(f"scale({scale})")
    painted = {}
    for path in group:
        for column, row, columns, rows in re.findall(r"M(\d+) (\d+)h(\d+)v(\d+)h-\d+z", path.get("d")):
            for y in range(int(row), int(row) + int(rows)):
                for x in range(int(column), int(column) + int(columns)):
                    assert (y, x) not in painted
                    painted[y, x] = path.get("fill")
    return tree, painted


def test_the_rectangles_of_a_drawing_are_the_cells_of_the_view(where, tmp_path):
    file = made(where, tmp_path, form="svg", views=["ring", {"metric": "coverage"}])
    tree, painted = _repainted(file.read_text(), 3)
    cells = ring(where, 12)
    assert painted == {(y, x): PALETTE[cells[y, x]].rgb for y in range(8) for x in range(8)}
    words = [node.text for node in tree.iter() if node.tag.endswith("text")]
    assert {PALETTE[index].meaning for index in np.unique(cells)} <= set(words)
    assert any(where.path.name in word for word in words)
    assert "coverage, share" in words


def test_curves_alone_are_lines_through_every_row(where, tmp_path):
    file = made(where, tmp_path, form="svg", views=[{"metric": "coverage"}, {"metric": "moves"}])
    lines = [node for node in ElementTree.fromstring(file.read_text()).iter() if node.tag.endswith("polyline")]
    assert [len(line.get("points").split()) for line in lines] == [11, 11]
    values = [row["coverage"] for row in where.metrics.read()]
    heights = [-float(point.split(",")[1]) for point in lines[0].get("points").split()]
    assert np.argsort(heights, kind="stable").tolist() == np.argsort(values, kind="stable").tolist()


@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 7), st.integers(1, 7)), elements=st.integers(0, 2)))
def test_rectangles_cover_every_cell_once(pixels):
    seen = np.full(pixels.shape, -1)
    for index, row, column, rows, columns in svg.rectangles(pixels):
        assert (seen[row : row + rows, column : column + columns] == -1).all()
        seen[row : row + rows, column : column + columns] = index
    assert np.array_equal(seen, pixels)


def test_a_drawing_of_noise_is_refused_before_it_is_huge(monkeypatch):
    monkeypatch.setattr(svg, "MOST_RECTANGLES", 10)
    noise = np.indices((8, 8)).sum(0).astype(np.uint8) % 2
    with pytest.raises(BadInputError, match="64 rectangles; allowed are 10"):
        svg.picture(noise, PALETTE, 1, title="", source="")


def test_a_gif_has_a_frame_for_each_step_and_the_last(where, tmp_path):
    film = film_of(made(where, tmp_path, form="gif", first=3, last=38, every=8))
    steps = [3, 11, 19, 27, 35, 38]
    assert film.n_frames == 6
    assert film.info["loop"] == 0
    times = []
    for t, frame in zip(steps, ImageSequence.Iterator(film), strict=True):
        times.append(frame.info["duration"])
        colours = np.array([[int(colour.rgb[at : at + 2], 16) for at in (1, 3, 5)] for colour in PALETTE])
        assert np.array_equal(np.asarray(frame.convert("RGB"))[::3, ::3], colours[ring(where, t)])
    assert times == [100] * 5 + [100 + moving.REST]


def test_the_curve_of_a_film_grows_and_says_where_it_is(where, tmp_path):
    film = film_of(made(where, tmp_path, form="gif", views=["ring", {"metric": "coverage"}], first=0, every=20))
    frames = [np.asarray(frame.convert("RGB")).astype(int) for frame in ImageSequence.Iterator(film)]
    blue = [int(((frame[..., 2] > 200) & (frame[..., 0] < 130)).sum()) for frame in frames]
    assert len(frames) == 3
    assert blue[0] < blue[1] < blue[2]


def test_no_stretch_is_stepped_through_twice(where, tmp_path, monkeypatch):
    taken = []
    advance = Walk.advance

    def counted(self, config, state, streams, t, n):
        taken.extend(range(t, t + n))
        return advance(self, config, state, streams, t, n)

    copy = tmp_path / "run"
    shutil.copytree(where.path, copy)
    shutil.rmtree(copy / "checkpoints")
    monkeypatch.setattr(Walk, "advance", counted)
    made(RunFolder(copy), tmp_path, form="gif", first=3, last=38, every=5)
    assert taken == list(range(38))


def test_interventions_are_in_the_film(where, tmp_path):
    copy = tmp_path / "run"
    shutil.copytree(where.path, copy)
    changed = RunFolder(copy)
    changed.note("intervention", 8, name="set", arguments={"settings": {"p_move": 0.0}})
    made(changed, tmp_path, form="png", first=9)
    still = ring(changed, 8)
    assert np.array_equal(np.asarray(Image.open(tmp_path / "export.png"))[::3, ::3], still)
    assert not np.array_equal(ring(where, 9), still)


def test_progress_only_grows_and_ends_at_one(where, tmp_path):
    heard = []
    exporting.make(where.path, request(form="gif"), tmp_path / "a", lambda share, what: heard.append((share, what)))
    shares = [share for share, _ in heard]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert all(what for _, what in heard)


@pytest.mark.skipif(not moving.can_write_mp4(), reason="ffmpeg is not installed")
def test_an_mp4_has_even_sides_and_the_frames_in_order(where, tmp_path):
    file = made(where, tmp_path, form="mp4", scale=5, views=[{"view": "ring", "rows": 7, "columns": 7}])
    assert file.suffix == ".mp4"
    content = file.read_bytes()
    assert content[4:8] == b"ftyp"
    at = content.index(b"tkhd")
    size = [Fraction(int.from_bytes(content[at + 80 + 4 * n : at + 84 + 4 * n], "big"), 2**16) for n in (0, 1)]
    assert size == [36, 36]
    assert [path.name for path in tmp_path.iterdir()] == ["export.mp4"]


def test_without_ffmpeg_a_film_is_a_gif(where, tmp_path, monkeypatch):
    monkeypatch.setattr(moving, "can_write_mp4", lambda: False)
    assert made(where, tmp_path, form="mp4").suffix == ".gif"


def test_an_ffmpeg_that_fails_leaves_nothing(where, tmp_path, monkeypatch):
    bad = tmp_path / "bin" / "ffmpeg"
    bad.parent.mkdir()
    bad.write_text("#!/bin/sh\necho 'no such codec' >&2\nexit 1\n")
    bad.chmod(0o755)
    monkeypatch.setenv("PATH", f"{bad.parent}:/bin:/usr/bin")
    (tmp_path / "made").mkdir()
    with pytest.raises(PrimordiaError, match="ffmpeg failed: no such codec"):
        made(where, tmp_path / "made", form="mp4")
    assert list((tmp_path / "made").iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"form": "jpg"}, "png"),
        ({"views": ["rign"]}, "ring"),
        ({"views": [{"metric": "coverag"}]}, "coverage"),
        ({"views": [3]}, "name of a view"),
        ({"views": [{}]}, "name of a view"),
        ({"views": [{"view": "ring", "top": -1}]}, "top is -1"),
        ({"views": [{"view": "ring", "stride": 0}]}, "stride is 0"),
        ({"views": ["ring", "ring"]}, "one view"),
        ({"form": "html", "views": ["ring", "ring"]}, "twice"),
        ({"form": "gif", "views": [{"metric": "coverage"}]}, "a view is needed"),
        ({"scale": 0}, "from 1 to 32"),
        ({"scale": 2.0}, "from 1 to 32"),
        ({"pictures_per_second": 51}, "from 1 to 50"),
        ({"first": 41}, "from 0 to 40"),
        ({"first": -1}, "from 0 to 40"),
        ({"form": "gif", "last": 41}, "from 12 to 40"),
        ({"form": "gif", "last": 3}, "from 12 to 40"),
        ({"form": "gif", "every": 0}, "every is 0"),
        ({"form": "gif", "every": True}, "every is True"),
    ],
)
def test_bad_orders_are_refused_in_a_sentence_and_leave_nothing(where, tmp_path, changes, said):
    with pytest.raises(BadInputError, match=re.escape(said)):
        made(where, tmp_path, **changes)
    assert list(tmp_path.iterdir()) == []


def test_films_and_pictures_have_bounds(where, tmp_path, monkeypatch):
    monkeypatch.setattr(orders, "MOST_STEPS", 7)
    with pytest.raises(BadInputError, match="These are 10 pictures; allowed are 7: take every 6 steps"):
        made(where, tmp_path, form="gif", first=0, last=39, every=4)
    assert film_of(made(where, tmp_path, form="gif", first=0, last=39, every=6)).n_frames == 7
    monkeypatch.setitem(exporting.MOST_PIXELS, "gif", 2000)
    with pytest.raises(BadInputError, match="are 2,880 in all; as gif 2,000 are allowed"):
        made(where, tmp_path, form="gif", first=0, last=32, every=8)


@pytest.mark.parametrize("form", ["png", "svg", "gif", "html", "prim"])
def test_a_full_disk_leaves_no_half_file(where, tmp_path, monkeypatch, form):
    def full(path, content, *, sync=True):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(durable, "write", full)
    with pytest.raises(NoRoomError, match="nothing was exported"):
        made(where, tmp_path, form=form)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_form_names_the_nearest(where, tmp_path):
    with pytest.raises(UnknownNameError, match="'html'"):
        made(where, tmp_path, form="htm")


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(2, 9))
def test_ticks_lie_on_the_axis_and_are_few(low, spread, most):
    axis = Axis(low, low + spread)
    ticks = axis.ticks(most)
    assert len(ticks) <= most
    assert ticks == sorted(ticks)
    assert all(-1e-6 <= axis.place(tick) <= 1 + 1e-6 for tick in ticks)
    assert len(ticks) >= 1 or most < 4


def test_axes_hold_what_they_show():
    assert around([3.0, 4.0]).low == pytest.approx(2.95)
    assert around([0.5, 4.0]).low == 0.0
    steep = around([1.0, 1000.0], direction="down")
    assert steep.log
    assert steep.ticks(9) == [1.0, 10.0, 100.0, 1000.0]
    assert around([5.0, 5.0]).low < 5.0 < around([5.0, 5.0]).high
    assert (around([0.0, 0.0]).low, around([0, 0]).high) == (0.0, 1.0)
    assert around([0.0, 0.0]).ticks(4)[0] == 0.0
    assert [written(value) for value in (0.0, 12.0, 1234.0, 0.12345, 4.5678)] == ["0", "12", "1,234", "0.123", "4.568"]


def test_a_palette_without_room_for_words_is_refused():
    full = tuple(Colour(str(index), "#123456") for index in range(250))
    with pytest.raises(BadInputError, match="250 colours"):
        Inks(full)
    assert len(Inks(full[:245]).colours) == 256
