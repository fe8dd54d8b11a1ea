"""`primordia export` of what one sees: pictures, films, a page that plays by itself."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from primordia.engine import launch, opening
from primordia.engine.folder import RunFolder
from primordia.observatory.exports import moving


@pytest.fixture
def export(call, finished, tmp_path):
    """Call `primordia export` for the finished walk; returns how it ended and the bytes that it made, if any."""

    def run(*words):
        ending = call("export", finished.name, "--root", finished.parents[2], *words)
        named = tmp_path / ending.lines[-1] if ending.code == 0 else None
        return ending, named.read_bytes() if named else b""

    return run


def ring(finished, step):
    run = opening.open_run(RunFolder(finished))
    return run.experiment.views["ring"].pixels(run.config, launch.state_at(run, step), "ring")


def test_a_picture_shows_the_last_step_or_the_one_asked_for(export, finished):
    for words, step in (((), 40), (("--first", 12, "--force"), 12)):
        _, made = export("--to", "png", *words)
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(made))), ring(finished, step))


def test_a_film_shows_a_corner_at_the_steps_asked_for(export, finished):
    _, made = export("--to", "gif", "--corner", "4x8", "--first", 8, "--last", 20, "--every", 4, "--scale", 2)
    film = Image.open(io.BytesIO(made))
    assert (film.n_frames, film.size) == (4, (16, 8))
    film.seek(3)
    palette = np.array([[0, 0, 0], [0x33, 0x66, 0xCC], [0xFF, 0xCC, 0x00]])
    shown = palette[ring(finished, 20)[:4, :8]].repeat(2, axis=0).repeat(2, axis=1)
    assert np.array_equal(np.asarray(film.convert("RGB")), shown)


def test_curves_and_a_page_that_plays(export):
    _, drawn = export("--to", "svg", "--show", "ring,coverage")
    assert b"<svg" in drawn
    _, page = export("--to", "share", "--every", 10)
    assert page.startswith(b"<!doctype html>")


def test_without_ffmpeg_a_film_is_a_gif_and_that_is_said(export, monkeypatch):
    monkeypatch.setattr(moving, "can_write_mp4", lambda: False)
    ending, made = export("--to", "mp4", "--every", 20)
    assert made.startswith(b"GIF89a")
    assert "ffmpeg is not installed, so the film is a GIF." in ending.err
    again, _ = export("--to", "mp4", "--every", 20)
    assert again.code == 2
    assert "--force overwrites it" in again.err


def test_a_file_is_only_overwritten_where_that_is_asked_for(export, tmp_path):
    (tmp_path / "ring.png").write_bytes(b"mine")
    for words in (("--out", "ring.png"), ("--out", "ring.PNG"), ("--out", "ring")):
        ending, _ = export("--to", "png", *words)
        assert ending.code == 2
    assert (tmp_path / "ring.png").read_bytes() == b"mine"
    _, made = export("--to", "png", "--out", "ring.png", "--force")
    assert made == (tmp_path / "ring.png").read_bytes() != b"mine"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--to", "csv", "--scale", 2), "--scale is for png, svg, gif, mp4 and not for csv; leave it out"),
        (("--to", "csv", "--out", "-", "--show", "ring"), "and not for csv; leave it out"),
        (("--to", "png", "--every", 2), "--every is for gif, mp4, share, prim and not for png; leave it out"),
        (("--to", "svg", "--per-second", 2), "--per-second is for gif, mp4, share, prim and not for svg"),
        (("--to", "share", "--scale", 2), "and not for share; leave it out"),
        (("--to", "png", "--first", 4, "--last", 8), "A png shows one step: give --first or --last, not both"),
        (("--to", "png", "--out", "a.txt"), "a.txt does not end in .png: name it a.png"),
        (("--to", "share", "--out", "a.v1"), "a.v1 does not end in .html: name it a.v1.html"),
        (("--to", "gif", "--show", "rign"), "did you mean 'ring'?"),
        (("--to", "gif", "--corner", "8"), "write ROWSxCOLUMNS, as in 144x144"),
        (("--to", "gif", "--scale", 99), "allowed are whole numbers from 1 to 32"),
        (("--to", "gif", "--first", 41), "first is 41"),
        (("--to", "gif", "--every", 0), "every is 0"),
    ],
)
def test_what_cannot_be_made_is_refused_in_a_sentence(export, tmp_path, words, said):
    ending, _ = export(*words)
    assert (ending.code, ending.err.count("\n")) == (2, 1)
    assert said in ending.err
    assert list(tmp_path.iterdir()) == []
