"""A store of run folders behind an fsspec URL, such as s3://bucket/runs: objects that are whole or absent.

fsspec, and what it needs for the URL (s3fs for s3://), are imported when a store is opened; the extra `s3` brings both.
Credentials and endpoint come from where that library looks for them, such as AWS_ENDPOINT_URL; none is in a URL.
"""

from __future__ import annotations

import contextlib
import datetime
import re
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, final

from primordia.core.errors import BadInputError, PrimordiaError, StoreError
from primordia.engine import durable

URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
WHOLE = {"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "oci", "memory"}
"""Stores whose objects appear whole; elsewhere a file is written aside and renamed."""
ONE_GO_BYTES = 8 * 2**20
"""Larger files are sent from the disk, in parts."""
BATCH = 256


def is_url(root: str | Path) -> bool:
    """Whether a root is a store and no folder of this machine."""
    return URL.match(str(root)) is not None


def name_of(url: str) -> str:
    """The last part of a URL, such as the name of its sweep."""
    return url.rstrip("/").rpartition("/")[2]


@final
class Store:
    """The objects under a URL, by names relative to it. Threads may use one together.

    Args:
        url: such as s3://bucket/runs; need not exist.

    Raises:
        BadInputError: no library for such URLs is installed; says which.
        StoreError: in any method, when the store cannot be reached or refuses.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        protocol = url.partition("://")[0]
        try:
            import fsspec

            # Listings are never remembered: others write there too.
            options: dict[str, Any] = {"use_listings_cache": False}
            self._files, self._root = fsspec.core.url_to_fs(self.url, **(options if protocol in WHOLE else {}))
        except ImportError as error:
            extra = "primordia[s3]" if protocol in ("s3", "s3a") else "fsspec and its library for such URLs"
            raise BadInputError(f"{url} needs a library that is missing ({error}); `pip install '{extra}'`.") from error
        except ValueError as error:
            raise BadInputError(f"{url} cannot be opened: {error}") from error
        self._root = self._root.rstrip("/")
        self._is_whole = protocol in WHOLE
        self.has_conditions = protocol in ("s3", "s3a")
        """Whether an object can be replaced on condition that it is still the one that was read."""

    def under(self, name: str) -> Store:
        """The part of the store below `name`."""
        return Store(f"{self.url}/{name}")

    def marks(self, under: str = "") -> dict[str, str]:
        """The names of all objects under a prefix, with a mark of each that changes when the object does."""
        with self._told("list"):
            self._files.invalidate_cache()
            found = self._files.find(self._path(under) if under else self._root, detail=True)
        prefix = len(self._root) + 1
        return {path[prefix:]: _mark(entry) for path, entry in found.items() if not _is_aside(path)}

    def read(self, name: str) -> tuple[bytes, str] | None:
        """An object and its mark, or None where there is none."""
        with self._told("read"):
            try:
                self._files.invalidate_cache()
                mark = _mark(self._files.info(self._path(name)))
                return bytes(self._files.cat_file(self._path(name))), mark
            except FileNotFoundError:
                return None

    def fetch(self, names: Iterable[str], into: Path) -> set[str]:
        """Write objects to files of the same names below `into`; many at a time, each whole.

        Returns:
            Those that were there; others write to a store too, and an object may go after it was listed.
        """
        wanted, there = list(names), set()
        for start in range(0, len(wanted), BATCH):
            batch = wanted[start : start + BATCH]
            with self._told("read"):
                # Told apart by hand: "omit" would hide what is no absence.
                contents = self._files.cat([self._path(name) for name in batch], on_error="return")
                for found in contents.values():
                    if isinstance(found, Exception) and not isinstance(found, FileNotFoundError):
                        raise found
            for name in batch:
                content = contents[self._path(name)]
                if isinstance(content, bytes):
                    file = into / name
                    file.parent.mkdir(parents=True, exist_ok=True)
                    durable.write(file, content, sync=False)
                    there.add(name)
        return there

    def send(self, files: Mapping[str, Path]) -> None:
        """Write files to objects, by name; many at a time, in no order, each whole."""
        small = {name: path for name, path in files.items() if path.stat().st_size <= ONE_GO_BYTES}
        self.write({name: path.read_bytes() for name, path in small.items()})
        for name in files.keys() - small.keys():
            with self._told("write"), self._aside(name) as path:
                self._files.put_file(str(files[name]), path)

    def write(self, contents: Mapping[str, bytes]) -> None:
        """Write objects, by name; many at a time, in no order, each whole."""
        if not contents:
            return
        with self._told("write"):
            if self._is_whole:
                self._files.pipe({self._path(name): content for name, content in contents.items()})
                return
            for name, content in contents.items():
                with self._aside(name) as path:
                    self._files.pipe_file(path, content)

    def remove(self, names: Collection[str]) -> None:
        """Delete objects, in no order; those that are gone already are no error."""
        if names:
            with self._told("delete"), contextlib.suppress(FileNotFoundError):
                self._files.rm([self._path(name) for name in names])

    def claim(self, name: str, content: bytes, replacing: str | None = None) -> bool:
        """Write an object only where there is none, or only in place of the one with the mark `replacing`.

        On S3 both are decided by the store, for one of all who ask at the same instant. Elsewhere the first is only as
        good as the library's exclusive creation, and the second is two steps with an instant between them.

        Returns:
            Whether it was written.
        """
        path = self._path(name)
        with self._told("write"):
            try:
                if replacing is None:
                    self._parent(path)
                    self._files.pipe_file(path, content, mode="create")
                elif self.has_conditions:
                    self._files.pipe_file(path, content, IfMatch=replacing)
                elif (there := self.read(name)) is None or there[1] != replacing:
                    return False
                else:
                    self.write({name: content})
            except Exception as error:
                if _is_taken(error):
                    return False
                raise
        return True

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _parent(self, path: str) -> None:
        if not self._is_whole:
            self._files.makedirs(path.rpartition("/")[0], exist_ok=True)

    @contextlib.contextmanager
    def _aside(self, name: str) -> Iterator[str]:
        """Where to write an object so that it appears whole under its name at the end."""
        path = self._path(name)
        if self._is_whole:
            yield path
            return
        self._parent(path)
        folder, _, last = path.rpartition("/")
        aside = f"{folder}/.{last}.{uuid.uuid4().hex[:12]}.part"
        yield aside
        self._files.mv(aside, path)

    @contextlib.contextmanager
    def _told(self, what: str) -> Iterator[None]:
        try:
            yield
        except PrimordiaError:
            raise
        except Exception as error:  # Every library has its own kinds.
            words = str(error).strip().splitlines() or [""]
            raise StoreError(f"{self.url} cannot be used ({what}): {type(error).__name__}: {words[0]}") from error


def _mark(entry: Mapping[str, Any]) -> str:
    """What changes when an object does: its ETag, else its size and the time it was written."""
    if entry.get("ETag"):
        return str(entry["ETag"])
    written = next((entry[key] for key in ("mtime", "LastModified", "created", "updated") if key in entry), "")
    if isinstance(written, datetime.datetime):
        written = written.timestamp()
    return f"{entry.get('size')} {written}"


def _is_aside(path: str) -> bool:
    return path.rpartition("/")[2].startswith(".")


def _is_taken(error: Exception) -> bool:
    """Whether a store refused because of a condition: somebody was first."""
    if isinstance(error, FileExistsError):
        return True
    told = f"{error} {error.__cause__ or ''}"
    return any(word in told for word in ("PreconditionFailed", "ConditionalRequestConflict", "pre-conditions", "412"))
