"""What waits for a page keeps its order, stays small, and is dropped with a word when it does not."""

import asyncio
import json

from primordia.observatory.protocol import Answer, Happened, Progress, Rows
from primordia.observatory.serving import outgoing
from primordia.observatory.serving.outgoing import Outgoing
from primordia.observatory.serving.sights import Allowance


def drained(waiting):
    """Everything that waits, in the order in which it is sent."""

    async def drain():
        found = []
        while True:
            try:
                found.append(await asyncio.wait_for(waiting.next(), 0.01))
            except TimeoutError:
                return [sent if isinstance(sent, bytes) else json.loads(sent) for sent in found]

    return asyncio.run(drain())


def rows(*steps, run="R"):
    return Rows(run, [{"step": step} for step in steps])


def test_of_progress_and_pictures_only_the_newest_waits():
    waiting = Outgoing()
    for step in range(5):
        waiting.put(Progress("R", step, 0, 1.0, "playing", ""))
        waiting.put(Progress("Q", 10 * step, 0, 1.0, "playing", ""))
        waiting.picture(1, bytes([step]))
        waiting.picture(2, bytes([100 + step]))
    waiting.picture(3, b"gone")
    waiting.drop(3)
    sent = drained(waiting)
    assert [message for message in sent if isinstance(message, bytes)] == [b"\x04", b"\x68"]
    assert [(message["run"], message["step"]) for message in sent if isinstance(message, dict)] == [("R", 4), ("Q", 40)]


def test_words_keep_their_order_and_rows_that_follow_each_other_go_together():
    waiting = Outgoing()
    waiting.put(Answer(1, {}))
    waiting.put(rows(1))
    waiting.put(rows(2, 3))
    waiting.put(rows(9, run="Q"))
    waiting.put(Happened("R", {"step": 3}))
    waiting.put(rows(4))
    sent = drained(waiting)
    assert [message["kind"] for message in sent] == ["Answer", "Rows", "Rows", "Happened", "Rows"]
    assert [[row["step"] for row in message["rows"]] for message in sent if "rows" in message] == [[1, 2, 3], [9], [4]]


def test_rows_are_copied_so_that_pages_do_not_share_them():
    one, two, told = Outgoing(), Outgoing(), rows(1)
    for waiting in (one, two):
        waiting.put(told)
        waiting.put(rows(2))
    assert told == rows(1)
    assert drained(one) == drained(two)


def test_words_are_not_starved_by_pictures_nor_pictures_by_words():
    waiting, order = Outgoing(), []

    async def send():
        for number in range(40):
            waiting.put(Answer(number, {}))
        for _ in range(40):
            waiting.picture(1, b"picture")
            order.append(isinstance(await waiting.next(), bytes))

    asyncio.run(send())
    assert 8 <= order.count(False) <= 20


def test_a_page_that_does_not_read_loses_its_queue_and_only_then(monkeypatch):
    monkeypatch.setattr(outgoing, "MOST_CHARACTERS", 1000)
    waiting = Outgoing()
    for step in range(30):
        waiting.put(rows(step))
    assert not waiting.overflown.is_set()
    assert len(drained(waiting)) == 1
    # What was sent no longer counts.
    for step in range(30):
        waiting.put(rows(step))
    assert not waiting.overflown.is_set()
    for step in range(30):
        waiting.put(rows(step))
    assert waiting.overflown.is_set()
    waiting.put(Answer(1, {}))
    assert not waiting._texts


def test_one_long_answer_alone_is_not_too_much(monkeypatch):
    monkeypatch.setattr(outgoing, "MOST_CHARACTERS", 1000)
    waiting = Outgoing()
    waiting.text("x" * 5000)
    assert not waiting.overflown.is_set()


def test_an_allowance_is_used_up_and_comes_back_with_time():
    at = [100.0]
    allowance = Allowance(1000.0, lambda: at[0])
    assert allowance.wait() == 0.0
    allowance.spend(500)
    allowance.spend(1500)
    assert allowance.wait() == 2.0
    at[0] += 1.5
    assert allowance.wait() == 0.5
    at[0] += 10
    assert allowance.wait() == 0.0
    # What was not used is not saved up.
    allowance.spend(1000)
    assert allowance.wait() == 1.0
