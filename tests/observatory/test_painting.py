"""Tiles, sights, the reel, and a painter that takes little of anybody's time."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primordia.core.errors import BadInputError
from primordia.core.views import Colour, View
from primordia.engine.ring import Instant, Ring
from primordia.observatory.pipe import Pipe
from primordia.observatory.stages.painter import Canvas, Painter
from primordia.observatory.stages.painting import Look, Sights, Tile, cut, read_look
from primordia.observatory.stages.reel import OVERHEAD, Reel

numbers = st.integers(-5, 30)


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 20), st.integers(1, 20), numbers, numbers, numbers, numbers, st.integers(-1, 9))
def test_a_tile_is_a_slice_and_stays_inside(height, width, top, left, rows, columns, stride):
    pixels = np.arange(height * width, dtype=np.uint8).reshape(height, width)
    tile, shown = cut(pixels, Tile(top, left, rows, columns, stride))
    step = max(1, stride)
    top, left = min(max(top, 0), height - 1), min(max(left, 0), width - 1)
    expected = pixels[top::step, left::step]
    expected = expected[: rows if rows > 0 else None, : columns if columns > 0 else None]
    assert np.array_equal(shown, expected)
    assert tile == (top, left, *expected.shape, step)
    assert shown.flags.c_contiguous


def test_a_tile_of_nothing_is_nothing():
    assert cut(np.zeros((0, 0), np.uint8), Tile())[0] == Tile()


def test_a_look_that_is_none_is_refused():
    with pytest.raises(BadInputError, match="'step'"):
        read_look({"sight": 1, "view": "ring", "top": 0, "left": 0, "rows": 0, "columns": 0, "stride": 1})


def test_credits_of_sights():
    sights, look = Sights(), Look(1, "ring", None, Tile())
    sights.look(look)
    assert sights.waiting() == [(look, None)]
    assert sights.take(look, "a")
    assert not sights.take(look, "b")
    assert sights.waiting() == []
    sights.ready(1)
    assert sights.waiting() == [(look, "a")]
    turned = Look(1, "ring", 3, Tile())
    sights.look(turned)
    assert not sights.take(look, "c")
    assert not sights.wanted(look)
    assert sights.wanted(turned)
    sights.close(1)
    sights.ready(1)
    assert sights.waiting() == []
    assert sights.views() == set()


def noise(step, side=16):
    return np.random.default_rng(step).integers(0, 256, (side, side), np.uint8)


def test_the_reel_is_bounded_and_covers_the_whole_run():
    room = 40 * (16 * 16 + OVERHEAD)
    reel = Reel(room)
    for step in range(0, 3000, 3):
        reel.put(step, 0, noise(step))
        assert reel.size() <= room
    kept = reel.steps()
    assert len(kept) >= 20
    assert kept[0] == 0
    assert set(range(2970, 3000, 3)) <= set(kept)
    coarse = [step for step in kept if step < 2500]
    gaps = np.diff(coarse)
    assert len(coarse) >= 5
    assert gaps.max() <= 2 * gaps.min()
    for step in kept:
        revision, pixels = reel.at(step)
        assert revision == 0
        assert np.array_equal(pixels, noise(step))
    assert reel.at(1) is None


def test_the_reel_forgets_what_was_changed():
    reel = Reel()
    for step in range(10):
        reel.put(step, 0, noise(step))
    reel.put(4, 1, noise(40))
    assert reel.at(4)[0] == 1
    reel.forget_from(5)
    assert reel.steps() == [0, 1, 2, 3, 4]
    reel.forget_from(0)
    assert reel.size() == 0


def test_a_picture_too_large_for_the_reel_is_not_kept():
    reel = Reel(1000)
    reel.put(0, 0, noise(0, 64))
    assert reel.steps() == []
    assert reel.size() == 0


class Easel:
    """A painter over a ring, with a view whose drawing takes as long as it is told; counts drawings."""

    def __init__(self):
        self.seconds, self.n_drawn, self.playing = 0.0, 0, True
        self.ring, self.sights = Ring(), Sights()
        self.ours, theirs = Pipe.pair()
        self.theirs = Pipe(theirs)
        view = View(self._draw, (Colour("low", "#000000"), Colour("high", "#ffffff")), "A number.")
        self.painter = Painter(self.theirs, {"one": view}, self.ring, self.sights, lambda: not self.playing)
        self.painter.begin()

    def _draw(self, config, state):
        self.n_drawn += 1
        time.sleep(self.seconds)
        return np.full((4, 4), state % 2, np.uint8)

    def put(self, t, revision=0):
        self.ring.put(Instant(t, revision, None, t))

    def next(self):
        message, payload = self.ours.receive()
        return message["step"], payload

    def close(self):
        self.painter.end()
        self.ours.close()
        self.theirs.close()


@pytest.fixture
def easel():
    made = Easel()
    yield made
    made.close()


def test_painting_takes_a_small_share_of_the_time_while_the_run_plays_and_nothing_is_lost_when_it_stops(easel):
    easel.seconds = 0.004
    easel.sights.look(Look(1, "one", None, Tile()))
    began, t = time.process_time(), 0
    reader_over = threading.Event()

    def read():
        while not reader_over.is_set():
            step, _ = easel.next()
            seen.append(step)
            easel.sights.ready(1)
            if step == 10**6:
                return

    seen, clock = [], time.monotonic()
    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    while time.process_time() - began < 0.6:
        t += 1
        easel.put(t)
        sum(range(50_000))
    # Each drawing but the first is followed by a rest of 0.24 s of work, or of 0.4 s by the clock.
    assert 2 <= easel.n_drawn <= (time.process_time() - began) / 0.24 + (time.monotonic() - clock) / 0.4 + 3
    easel.playing = False
    easel.put(10**6)
    reader.join(5.0)
    assert seen[-1] == 10**6


def test_a_turned_sight_gets_its_tile_of_the_last_drawing_while_the_painter_rests(easel):
    easel.seconds = 0.02
    for t, playing in ((1, False), (2, True)):
        easel.playing = playing
        easel.put(t)
        easel.sights.look(Look(1, "one", None, Tile()))
        assert easel.next() == (t, bytes([t % 2] * 16))
    easel.put(3)
    drawn = easel.n_drawn
    easel.sights.look(Look(1, "one", None, Tile(rows=1)))
    assert easel.next() == (2, bytes(4))
    assert easel.n_drawn == drawn


def test_what_was_drawn_while_the_run_stood_still_is_not_rested_for_when_it_plays(easel):
    easel.seconds, easel.playing = 0.02, False
    easel.sights.look(Look(1, "one", None, Tile()))
    for t in range(10):
        easel.put(t)
        assert easel.next()[0] == t
        easel.sights.ready(1)
    easel.playing, began = True, time.monotonic()
    easel.put(10)
    assert easel.next()[0] == 10
    assert time.monotonic() - began < 2.0


def test_nobody_looks_and_nothing_is_drawn(easel):
    for t in range(50):
        easel.put(t)
    easel.sights.look(Look(1, "one", None, Tile()))
    assert easel.next()[0] == 49
    easel.sights.close(1)
    for t in range(50, 60):
        easel.put(t)
    easel.sights.look(Look(2, "one", None, Tile()))
    easel.playing = False
    while easel.next()[0] != 59:
        easel.sights.ready(2)
    assert easel.n_drawn <= 2


def test_the_canvas_lets_go_of_states_that_nobody_looks_at():
    view = View(lambda config, state: np.zeros((1, 1), np.uint8), (Colour("a", "#000000"),), "Nothing.")
    canvas, instant = Canvas({"one": view}), Instant(1, 0, None, None)
    canvas.picture("one", instant)
    assert canvas.last("one") is instant
    canvas.keep_only(set())
    assert canvas.last("one") is None
