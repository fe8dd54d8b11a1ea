"""The pipe between server and stage: whole messages, whatever pieces they come in, and nothing but JSON and bytes."""

from __future__ import annotations

import contextlib
import os
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primordia.core.errors import BadInputError
from primordia.observatory import pipe
from primordia.observatory.pipe import Decoder, Pipe

messages = st.lists(
    st.tuples(
        st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=3), st.binary(max_size=9)
    ),
    max_size=4,
)


@settings(max_examples=50, deadline=None)
@given(messages, st.integers(1, 40))
def test_messages_come_out_as_they_went_in_for_any_pieces(sent, size):
    content = b"".join(pipe.encode(*message) for message in sent)
    decoder = Decoder()
    found = [message for at in range(0, len(content), size) for message in decoder.feed(content[at : at + size])]
    assert found == sent


def test_the_form_of_a_message_is_fixed():
    assert pipe.encode({"say": "frame", "sight": 1}, b"\x00\x07") == (
        b'\x1a\x00\x00\x00\x02\x00\x00\x00{"say":"frame","sight":1}\x00\x07'.replace(b"\x1a", b"\x19", 1)
    )


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (pipe.LENGTHS.pack(2, 0) + b"[]", "JSON object"),
        (pipe.LENGTHS.pack(4, 0) + b"{1:}", "not JSON"),
        (pipe.LENGTHS.pack(2, 2**31), "announces 2147483648 bytes"),
    ],
)
def test_what_is_no_message_is_refused(content, part):
    with pytest.raises(BadInputError, match=part):
        Decoder().feed(content)


def test_numbers_that_json_lacks_are_not_sent():
    with pytest.raises(BadInputError, match="not JSON"):
        pipe.encode({"value": float("nan")})


@contextlib.contextmanager
def both_ends():
    ours, theirs = Pipe.pair()
    other = Pipe(theirs)
    try:
        yield ours, other
    finally:
        ours.close()
        other.close()


def test_threads_may_send_at_the_same_time():
    with both_ends() as (ours, other):
        payload = os.urandom(200_000)
        senders = [
            threading.Thread(target=lambda k=k: [ours.send({"k": k, "n": n}, payload) for n in range(10)])
            for k in range(4)
        ]
        for sender in senders:
            sender.start()
        got = [other.receive() for _ in range(40)]
        for sender in senders:
            sender.join()
    assert all(content == payload for _, content in got)
    assert all([message["n"] for message, _ in got if message["k"] == k] == list(range(10)) for k in range(4))


def test_an_end_that_is_gone_is_told_of():
    with both_ends() as (ours, other):
        other.send({"last": "words"})
        other.close()
        assert ours.receive() == ({"last": "words"}, b"")
        with pytest.raises(EOFError):
            ours.receive()
        with pytest.raises(EOFError):
            ours.send({"anybody": "there"}, bytes(2**22))
