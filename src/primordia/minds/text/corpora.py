"""Texts to learn from: what ships with Python, files and folders, data sets of Hugging Face.

A corpus is a tuple of documents in UTF-8; their order never depends on the machine, and a digest changes with them.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import math
import os
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import UInt8

from primordia.core.errors import BadInputError, CheckpointError

HUB = "hf:"
MOST_BYTES = 2**28
"""What is read of a stream that has no end of its own, unless told otherwise: 256 MiB."""
PART = 2**14
"""A single file is cut into documents of about so many bytes, at ends of lines."""
NOT_LIBRARY = ("site-packages", "dist-packages", "test", "tests", "idle_test", "__pycache__")
SUFFIXES = (".txt", ".md", ".rst", ".py", ".jsonl", ".tex", ".org")


@dataclasses.dataclass(frozen=True)
class Corpus:
    """Documents.

    Args:
        name: how it was asked for.
        documents: in UTF-8, none of them empty.
    """

    name: str
    documents: tuple[bytes, ...]

    @property
    def n_bytes(self) -> int:
        """Bytes of all documents."""
        return sum(map(len, self.documents))

    @functools.cached_property
    def digest(self) -> UInt8[np.ndarray, "32"]:
        """SHA-256 over the documents, each with its length, as bytes; for the state of a run."""
        found = hashlib.sha256()
        for document in self.documents:
            found.update(len(document).to_bytes(8, "little") + document)
        return np.frombuffer(found.digest(), np.uint8)

    def refuse_another(self, digest: UInt8[np.ndarray, "32"]) -> None:
        """`CheckpointError` if a run that learned from a corpus of this digest would go on with other text."""
        if not np.array_equal(self.digest, np.asarray(digest)):
            now, then = (np.asarray(one).tobytes().hex()[:16] for one in (self.digest, digest))
            raise CheckpointError(
                f"The text {self.name!r} has changed since the run began: its SHA-256 is {now}… and was {then}…; "
                "put the old text back, or begin a new run."
            )

    def part(self, which: Literal["train", "validation"], share: float = 0.05) -> Corpus:
        """The documents to learn from, or those held back: a `share` of them, at least one, chosen by their SHA-256.

        Raises:
            BadInputError: there is only one document.
        """
        if len(self.documents) < 2:
            raise BadInputError(f"The text {self.name!r} is a single document, so none can be held back; give more.")
        n_held = min(len(self.documents) - 1, max(1, math.ceil(share * len(self.documents))))
        order = sorted(range(len(self.documents)), key=lambda i: (hashlib.sha256(self.documents[i]).digest(), i))
        held = set(order[:n_held])
        kept = tuple(text for i, text in enumerate(self.documents) if (i in held) == (which == "validation"))
        return Corpus(f"{self.name} ({which})", kept)


@functools.lru_cache(maxsize=4)
def corpus(source: str, most_bytes: int = MOST_BYTES) -> Corpus:
    """The documents of a source.

    Args:
        source: "manual": the help texts that ship with Python. "library": the sources of its standard library. A path
            of a file, or of a folder whose text files are read in the order of their names. "hf:DATASET", and if need
            be ":SPLIT" and ":COLUMN" behind it (train, text): streamed by the package `datasets`.
        most_bytes: documents are read until there are so many bytes.

    Raises:
        BadInputError: there is no such source, it holds no text, or a file is not UTF-8; names file and byte.
    """
    if source == "manual":
        found = _manual()
    elif source == "library":
        found = _files(Path(sysconfig.get_path("stdlib")), (".py",), NOT_LIBRARY)
    elif source.startswith(HUB):
        found = _streamed(source)
    else:
        found = _local(Path(source))
    documents = _first(found, most_bytes)
    if not documents:
        raise BadInputError(f"The text {source!r} is empty; name one that holds some.")
    if len(documents) == 1:
        documents = _first(iter(_parts(documents[0])), most_bytes)
    return Corpus(source, tuple(documents))


def _first(found: Iterator[bytes], most_bytes: int) -> list[bytes]:
    """Documents that are not empty, until there are so many bytes."""
    documents, n_bytes = [], 0
    for document in found:
        if document:
            documents.append(document)
            n_bytes += len(document)
        if n_bytes >= most_bytes:
            break
    return documents


def _manual() -> Iterator[bytes]:
    """The topics of `help()`: the reference manual of the language in plain text, half a megabyte."""
    from pydoc_data import topics

    for topic in sorted(topics.topics):
        yield topics.topics[topic].encode()


def _local(path: Path) -> Iterator[bytes]:
    if path.is_dir():
        return _files(path, SUFFIXES)
    if not path.is_file():
        raise BadInputError(f"There is no text {str(path)!r}: name a file, a folder, manual, library or hf:DATASET.")
    return iter((_utf8(path),))


def _files(folder: Path, suffixes: tuple[str, ...], without: tuple[str, ...] = ()) -> Iterator[bytes]:
    """The texts of a folder and those below it, in the order of their paths; none of folders named in `without`."""
    found = {}
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in without]
        for path in (Path(place, name) for name in names):
            if path.suffix in suffixes:
                found[path.relative_to(folder).as_posix()] = path
    for name in sorted(found):
        yield _utf8(found[name])


def _utf8(path: Path) -> bytes:
    """The bytes of a file.

    Raises:
        BadInputError: it cannot be read, or is not UTF-8.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInputError(f"{path} cannot be read: {error.strerror}.") from error
    try:
        content.decode()
    except UnicodeDecodeError as error:
        raise BadInputError(
            f"{path} is not UTF-8: byte {error.start} (0x{content[error.start]:02x}) belongs to no character; "
            "convert the file first."
        ) from error
    return content


def _parts(text: bytes) -> list[bytes]:
    """A long text as documents that end with a line."""
    found, begin = [], 0
    while len(text) - begin > PART:
        end = text.find(b"\n", begin + PART) + 1
        if not end or end == len(text):
            break
        found.append(text[begin:end])
        begin = end
    return [*found, text[begin:]]


def _streamed(source: str) -> Iterator[bytes]:
    """The documents of a data set, as they come."""
    try:
        import datasets
    except ImportError as error:
        raise BadInputError(
            f"{source} needs the package `datasets`; install it with: pip install 'primordia[text]'."
        ) from error
    name, split, column = (*source[len(HUB) :].split(":"), "", "")[:3]
    split, column = split or "train", column or "text"
    try:
        for row in datasets.load_dataset(name, split=split, streaming=True):
            if column not in row:
                raise BadInputError(
                    f"The data set {name!r} has no column {column!r}; it has {', '.join(sorted(row))}. "
                    f"Write {HUB}{name}:{split}:COLUMN."
                )
            yield str(row[column]).encode()
    except BadInputError:
        raise
    except Exception as error:  # The package passes on what its many formats and the network raise, also on the way.
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        raise BadInputError(f"The data set {name!r} cannot be read: {reason}.") from error
