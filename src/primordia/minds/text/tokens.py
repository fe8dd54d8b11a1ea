"""Tokens of text: bytes, or byte pairs merged by a trained tokenizer; and one more that begins every document.

Both read any text without loss, and both know how many bytes a token stands for, so that losses per byte compare.
"""

from __future__ import annotations

import abc
import functools
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, final

import numpy as np
from jaxtyping import Int

from primordia.core.errors import BadInputError, ConfigError

N_BYTES = 256
LEAST_PAIRS = 257
"""The smallest vocabulary of byte pairs: all bytes and one merge."""


class Tokens(abc.ABC):
    """A way to write text as whole numbers. Subclasses are final and never change.

    Attributes:
        n_tokens: how many numbers there are, the one that begins a document included.
        begin: the number that begins a document; it stands for no byte, and no text contains it.
    """

    n_tokens: int
    begin: int

    @abc.abstractmethod
    def encode(self, text: bytes) -> Int[np.ndarray, " token"]:
        """The tokens int32 of a text in UTF-8, without a beginning."""

    @abc.abstractmethod
    def decode(self, tokens: Iterable[int]) -> bytes:
        """The bytes that tokens stand for; beginnings of documents stand for none."""

    @abc.abstractmethod
    def n_bytes(self) -> Int[np.ndarray, " token"]:
        """How many bytes each token stands for."""

    @abc.abstractmethod
    def settings(self) -> Mapping[str, Any]:
        """What `read` needs beside the tokenizer's text, for a file of settings."""

    def tokenizer(self) -> str:
        """The text of the trained tokenizer; empty where nothing was trained."""
        return ""

    def document(self, text: str) -> tuple[int, ...]:
        """A text as the beginning of a document, for a prompt.

        Raises:
            BadInputError: it holds a byte that was not UTF-8.
        """
        try:
            content = text.encode()
        except UnicodeEncodeError as error:
            found = text[error.start].encode(errors="surrogateescape")
            raise BadInputError(
                f"The prompt is no text: character {error.start} is the byte 0x{found.hex()}, which is not UTF-8; "
                "type it in UTF-8, or give it as @FILE."
            ) from error
        return (self.begin, *map(int, self.encode(content)))

    def written(self, tokens: Iterable[int]) -> str:
        """Tokens as text; bytes that are no UTF-8, such as a character cut in two, show as the replacement sign."""
        return self.decode(tokens).decode(errors="replace")


@final
class Bytes(Tokens):
    """A token for each byte."""

    n_tokens = N_BYTES + 1
    begin = N_BYTES

    def encode(self, text: bytes) -> Int[np.ndarray, " token"]:
        """The bytes themselves."""
        return np.frombuffer(text, np.uint8).astype(np.int32)

    def decode(self, tokens: Iterable[int]) -> bytes:
        """The bytes themselves."""
        return bytes(token for token in tokens if token != self.begin)

    def n_bytes(self) -> Int[np.ndarray, " token"]:
        """One for each byte."""
        return np.append(np.ones(N_BYTES, np.int32), np.int32(0))

    def settings(self) -> Mapping[str, Any]:
        """Nothing but the kind."""
        return {"kind": "bytes"}


@final
class BytePairs(Tokens):
    """Frequent neighbours merged, again and again (byte-level BPE), by the package `tokenizers`.

    Source: Sennrich et al., arXiv 1508.07909; over bytes as in GPT-2, with its cut into words.

    Args:
        text: the tokenizer as `train` gives it.

    Raises:
        BadInputError: the text is no tokenizer.
    """

    def __init__(self, text: str) -> None:
        import tokenizers

        try:
            self._pairs = tokenizers.Tokenizer.from_str(text)
        except Exception as error:  # The package raises plain exceptions.
            raise BadInputError(f"This is not the text of a tokenizer: {str(error).rstrip('.')}.") from error
        self._text = text
        self.begin = self._pairs.get_vocab_size()
        self.n_tokens = self.begin + 1

    def encode(self, text: bytes) -> Int[np.ndarray, " token"]:
        """Merged pairs of bytes."""
        return np.asarray(self._pairs.encode(text.decode()).ids, np.int32)

    def decode(self, tokens: Iterable[int]) -> bytes:
        """The bytes of each token, one after the other."""
        spelled = _bytes_of(self._text)
        return b"".join(spelled[token] for token in tokens if token != self.begin)

    def n_bytes(self) -> Int[np.ndarray, " token"]:
        """The length of each token."""
        return np.asarray([*map(len, _bytes_of(self._text)), 0], np.int32)

    def settings(self) -> Mapping[str, Any]:
        """The kind, and the size for people."""
        return {"kind": "bpe", "n_tokens": self.n_tokens}

    def tokenizer(self) -> str:
        """The trained tokenizer."""
        return self._text


def train(texts: Sequence[bytes], n_tokens: int) -> BytePairs:
    """Byte pairs learned from texts in UTF-8; the same texts give the same tokens.

    Args:
        texts: what to learn from.
        n_tokens: how many tokens there shall be, the beginning of a document included; fewer if the texts have not
            enough different pairs.

    Raises:
        ConfigError: `n_tokens` leaves no room for a merge.
    """
    import tokenizers
    from tokenizers import decoders, models, pre_tokenizers, trainers

    if n_tokens <= LEAST_PAIRS:
        raise ConfigError(
            f"A vocabulary of {n_tokens} has no room for merged pairs beside all bytes; give {LEAST_PAIRS + 1} or more."
        )
    pairs = tokenizers.Tokenizer(models.BPE())
    pairs.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    pairs.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=n_tokens - 1,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
        special_tokens=[],
    )
    pairs.train_from_iterator((text.decode() for text in texts), trainer)
    return BytePairs(pairs.to_str())


def read(settings: Mapping[str, Any], tokenizer: str = "") -> Tokens:
    """The tokens of a file of settings.

    Raises:
        BadInputError: the settings name no tokens that we know, or the tokenizer cannot be read.
    """
    kind = settings.get("kind")
    if kind == "bytes":
        return Bytes()
    if kind == "bpe":
        return BytePairs(tokenizer)
    raise BadInputError(f"There are no tokens of the kind {kind!r}; known: bpe, bytes.")


@functools.lru_cache(maxsize=8)
def _bytes_of(tokenizer: str) -> tuple[bytes, ...]:
    """The bytes of each token, by number. The tokenizer spells each byte as a printable character."""
    spelling = {letter: byte for byte, letter in _letters().items()}
    vocabulary = json.loads(tokenizer)["model"]["vocab"]
    found = [b""] * len(vocabulary)
    for spelled, number in vocabulary.items():
        found[number] = bytes(spelling[letter] for letter in spelled)
    return tuple(found)


@functools.lru_cache(maxsize=1)
def _letters() -> Mapping[int, str]:
    """Byte -> the character that byte-level tokenizers write for it.

    Printable characters of Latin-1 stand for themselves, the others for those from U+0100 on, in order.
    """
    shown = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    hidden = [byte for byte in range(N_BYTES) if byte not in shown]
    return {**{byte: chr(byte) for byte in shown}, **{byte: chr(0x100 + place) for place, byte in enumerate(hidden)}}
