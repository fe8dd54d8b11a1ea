"""Text: tokens that lose nothing, sources and what is refused, packing held against a slow twin, order, digests."""

import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primordia.core.errors import BadInputError, CheckpointError, ConfigError
from primordia.minds.text import corpora, rows, tokens
from primordia.minds.text.corpora import Corpus, corpus
from primordia.minds.text.rows import bits_per_byte, packed
from primordia.minds.text.tokens import BytePairs, Bytes

SMALL = Corpus("small", tuple(f"document {i} says {'x' * i}.\n".encode() for i in range(9)))
VERSES = "the cat sat on the mat, the rat sat on the cat, and naïve ☃ sat on the rat.\n" * 20


@pytest.fixture(scope="module")
def pairs():
    return tokens.train([VERSES.encode(), b"the mat and the rat"], 300)


# Tokens


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=60))
def test_no_text_is_lost(pairs, text):
    for kind in (Bytes(), pairs):
        found = kind.encode(text.encode())
        assert kind.decode(found) == text.encode()
        assert kind.n_bytes()[found].sum() == len(text.encode())
        assert kind.begin not in found
        assert kind.written(kind.document(text)) == text


def test_bytes_are_themselves():
    assert Bytes().encode(b"\x00a\xff").tolist() == [0, 97, 255]
    assert Bytes().document("é") == (256, 0xC3, 0xA9)
    assert Bytes().written([0xC3]) == "\N{REPLACEMENT CHARACTER}"
    assert Bytes().n_bytes()[Bytes().begin] == 0


def test_a_prompt_with_bytes_that_are_no_text_is_refused(pairs):
    """What a shell hands over of a byte that is not UTF-8."""
    for kind in (Bytes(), pairs):
        with pytest.raises(BadInputError, match=r"prompt is no text: character 2 .*0xff"):
            kind.document("ab\udcff")


def test_pairs_are_merged_where_they_are_frequent(pairs):
    found = pairs.encode(VERSES.encode())
    assert len(found) < 0.5 * len(VERSES.encode())
    assert pairs.n_tokens == len(pairs.n_bytes()) <= 300
    assert pairs.begin == pairs.n_tokens - 1


def test_words_that_look_like_marks_are_text(pairs):
    text = b"<|endoftext|> <s> [CLS] \x00"
    assert pairs.decode(pairs.encode(text)) == text


def test_a_tokenizer_comes_back_from_its_text(pairs):
    again = tokens.read(json.loads(json.dumps(pairs.settings())), pairs.tokenizer())
    assert isinstance(again, BytePairs)
    assert again.encode(VERSES.encode()).tolist() == pairs.encode(VERSES.encode()).tolist()
    assert tokens.read(Bytes().settings()).n_tokens == 257


def test_training_in_another_process_gives_the_same_tokenizer(pairs):
    code = (
        "import sys; from primordia.minds.text import tokens;"
        "print(tokens.train([sys.argv[1].encode(), b'the mat and the rat'], 300).tokenizer())"
    )
    there = subprocess.run([sys.executable, "-c", code, VERSES], capture_output=True, text=True, check=True)
    assert there.stdout.strip() == pairs.tokenizer()


def test_tokens_that_cannot_be_are_refused():
    with pytest.raises(ConfigError, match="vocabulary of 257 has no room"):
        tokens.train([b"text"], 257)
    with pytest.raises(BadInputError, match="no tokens of the kind 'words'"):
        tokens.read({"kind": "words"})
    with pytest.raises(BadInputError, match="not the text of a tokenizer"):
        tokens.read({"kind": "bpe"}, "{}")


# Sources


def test_the_manual_that_ships_with_python_is_text():
    found = corpus("manual")
    assert len(found.documents) > 50
    assert found.n_bytes > 300_000
    assert corpus("manual", 20_000).n_bytes < 60_000


def test_the_library_is_read_in_the_order_of_its_paths():
    found = corpus("library", 200_000)
    assert found.n_bytes >= 200_000
    assert found.documents[0].startswith(b'"""Record of phased-in incompatible language changes.')


def test_a_folder_is_read_in_the_order_of_its_paths_and_empty_files_are_passed_over(tmp_path):
    (tmp_path / "b").mkdir()
    for name, content in (("b/a.txt", b"two"), ("a.txt", b"one"), ("c.md", b""), ("d.bin", b"\xff"), ("e.txt", b"5")):
        (tmp_path / name).write_bytes(content)
    assert corpus(str(tmp_path)).documents == (b"one", b"two", b"5")


def test_a_long_file_is_cut_into_documents_at_ends_of_lines(tmp_path):
    text = b"".join(f"line {i} of a long text\n".encode() for i in range(3000))
    (tmp_path / "long.txt").write_bytes(text)
    found = corpus(str(tmp_path / "long.txt")).documents
    assert b"".join(found) == text
    assert len(found) == 5
    assert all(part.endswith(b"\n") and 1000 < len(part) < corpora.PART + 100 for part in found)


def test_no_more_of_a_file_is_read_than_was_asked_for(tmp_path):
    (tmp_path / "long.txt").write_bytes(b"one line of a long text\n" * 9000)
    found = corpus(str(tmp_path / "long.txt"), 3 * corpora.PART)
    assert 3 * corpora.PART <= found.n_bytes < 4 * corpora.PART + 100
    (tmp_path / "line.txt").write_bytes(b"one line without an end " * 9000)
    assert corpus(str(tmp_path / "line.txt"), corpora.PART).n_bytes == 24 * 9000


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("bad.txt", "größe".encode("latin-1"), r"bad\.txt is not UTF-8: byte 2 \(0xf6\)"),
        ("empty.txt", b"", r"empty\.txt' is empty"),
        ("nowhere", None, "There is no text .*nowhere"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path, name, content, words):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInputError, match=words):
        corpus(str(tmp_path / name))


def test_a_folder_names_the_file_that_is_not_utf8(tmp_path):
    (tmp_path / "a.txt").write_text("good")
    (tmp_path / "b.txt").write_bytes(b"bad \xe2\x82")
    with pytest.raises(BadInputError, match=r"b\.txt is not UTF-8: byte 4"):
        corpus(str(tmp_path))


def test_a_missing_package_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(BadInputError, match=r"pip install 'primordia\[text\]'"):
        corpus("hf:somebody/something")


def test_a_data_set_is_streamed(tmp_path):
    pytest.importorskip("datasets")
    (tmp_path / "texts.jsonl").write_text('{"text": "one", "label": 1}\n{"text": "twö", "label": 2}\n')
    assert corpus(f"hf:{tmp_path}").documents == (b"one", "twö".encode())
    assert corpus(f"hf:{tmp_path}:train:label").documents == (b"1", b"2")
    with pytest.raises(BadInputError, match="no column 'body'; it has label, text"):
        corpus(f"hf:{tmp_path}:train:body")
    with pytest.raises(BadInputError, match="cannot be read"):
        corpus(f"hf:{tmp_path}/nowhere")


class FakeSets:
    """Stands in for the package `datasets`, so that what is asked of it is tested where it is not installed."""

    def __init__(self):
        self.asked = []

    def load_dataset(self, name, split, streaming):
        self.asked.append((name, split, streaming))
        if name == "broken":
            raise RuntimeError("no such thing\nand more")
        return self.rows(breaks=name == "breaking")

    def rows(self, breaks):
        yield {"text": "one", "body": "eins"}
        if breaks:
            raise OSError("the line went dead")
        yield {"text": "two", "body": "zwei"}


def test_a_data_set_is_asked_for_as_it_was_named(monkeypatch):
    fake = FakeSets()
    monkeypatch.setitem(sys.modules, "datasets", fake)
    assert list(corpora._streamed("hf:owner/set")) == [b"one", b"two"]
    assert list(corpora._streamed("hf:owner/set:test:body")) == [b"eins", b"zwei"]
    assert fake.asked == [("owner/set", "train", True), ("owner/set", "test", True)]
    with pytest.raises(BadInputError, match=r"no column 'x'; it has body, text\. Write hf:owner/set:train:COLUMN"):
        list(corpora._streamed("hf:owner/set::x"))
    with pytest.raises(BadInputError, match=r"'broken' cannot be read: no such thing\.$"):
        list(corpora._streamed("hf:broken"))
    with pytest.raises(BadInputError, match=r"'breaking' cannot be read: the line went dead\.$"):
        list(corpora._streamed("hf:breaking"))


def test_documents_are_held_back_whole_and_whatever_their_order():
    train, held = SMALL.part("train", 0.3), SMALL.part("validation", 0.3)
    assert len(held.documents) == 3
    assert sorted(train.documents + held.documents) == sorted(SMALL.documents)
    turned = Corpus("turned", SMALL.documents[::-1])
    assert set(turned.part("validation", 0.3).documents) == set(held.documents)
    with pytest.raises(BadInputError, match="single document"):
        Corpus("one", (b"text",)).part("train")


def test_changed_text_is_noticed():
    SMALL.refuse_another(Corpus("same", SMALL.documents).digest)
    for other in (SMALL.documents[:-1], (b"", *SMALL.documents), (b"".join(SMALL.documents),)):
        with pytest.raises(CheckpointError, match="'small' has changed since the run began"):
            SMALL.refuse_another(Corpus("other", other).digest)


# Rows


def test_rows_say_every_document_once_and_whole():
    """The slow twin: rows put back in the order of the text are its documents, each after its beginning."""
    found = packed(SMALL, Bytes(), 7, seed=3)
    by_place = {}
    for t in range(found.n_rows):
        batch = found.batch(t, 1)
        by_place[found._place(t)] = batch.tokens[0]
        assert batch.reset[0].tolist() == [token == 256 for token in batch.tokens[0, :-1]]
    assert sorted(by_place) == list(range(found.n_rows))
    text = [by_place[0][0]]
    for place in range(found.n_rows):
        assert by_place[place][0] == text[-1]
        text += by_place[place][1:].tolist()
    documents = "".join(map(chr, text)).split(chr(Bytes.begin))[1:]
    *whole, last = documents
    known = [document.decode() for document in SMALL.documents]
    assert len(set(whole)) == len(whole) >= len(known) - 1
    assert set(whole) <= set(known)
    assert any(document.startswith(last) for document in set(known) - set(whole))


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**40), t=st.integers(0, 50), n=st.integers(1, 5), n_time=st.integers(1, 40))
def test_a_batch_is_a_function_of_seed_and_place_alone(seed, t, n, n_time):
    found, again = packed(SMALL, Bytes(), n_time, seed), packed(SMALL, Bytes(), n_time, seed)
    batch = found.batch(t, n)
    assert batch.tokens.shape == (n, n_time + 1)
    assert batch.tokens.dtype == np.int32
    one_by_one = np.concatenate([again.batch(index, 1).tokens for index in reversed(range(t * n, t * n + n))])[::-1]
    np.testing.assert_array_equal(batch.tokens, one_by_one)


def test_every_pass_has_an_order_of_its_own_and_so_has_every_seed():
    found = packed(SMALL, Bytes(), 7, seed=0)
    orders = [[found._place(turn * found.n_rows + i) for i in range(found.n_rows)] for turn in (0, 1)]
    assert sorted(orders[0]) == sorted(orders[1])
    assert orders[0] != orders[1]
    assert packed(SMALL, Bytes(), 7, seed=1).stream.tolist() != found.stream.tolist()


def test_rows_that_cannot_be_are_refused():
    with pytest.raises(ConfigError, match="n_time=0"):
        packed(SMALL, Bytes(), 0, seed=0)
    with pytest.raises(BadInputError, match="too few for a row of 1000"):
        packed(SMALL, Bytes(), 1000, seed=0)


def test_bits_per_byte_of_a_uniform_guess_are_those_of_its_tokens(pairs):
    for kind in (Bytes(), pairs):
        batch = packed(SMALL, kind, 20, seed=0).batch(0, 2)
        targets = batch.tokens[:, 1:]
        losses = np.full(targets.shape, np.log(kind.n_tokens))
        n = sum(len(kind.decode(row)) for row in targets)
        assert bits_per_byte(losses, targets, kind.n_bytes()) == pytest.approx(40 * np.log2(kind.n_tokens) / n)


def test_the_order_of_rows_is_made_once_for_a_pass():
    rows._order.cache_clear()
    found = packed(SMALL, Bytes(), 7, seed=5)
    for t in range(4):
        found.batch(t, 2)
    assert rows._order.cache_info().misses == 1
