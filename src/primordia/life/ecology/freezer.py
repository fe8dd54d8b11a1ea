"""A shelf of specimens: programs with name and provenance, a file each, that any tool can take in again.

A freezer is a folder of JSON files. A file is written aside and renamed, so it is whole or absent; it is named after
the program, so freezing the same program twice leaves one specimen, with the provenance of the first time.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import primordia
from primordia.core.errors import BadInputError, UnknownNameError
from primordia.life.ecology import names
from primordia.life.substrates import substrate

Bytes = npt.NDArray[np.uint8]

KIND = "primordia specimen"
VERSION = 1


@dataclasses.dataclass(frozen=True)
class Specimen:
    """A program and where it comes from.

    Args:
        language: the substrate's name.
        program: its bytes.
        note: what somebody wanted to remember of it.
        found: run, experiment, seed, epoch and place; empty for a program that was typed in.
        primordia: the version that froze it.
    """

    language: str
    program: bytes
    note: str = ""
    found: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    primordia: str = primordia.__version__

    @property
    def name(self) -> str:
        """Its automatic name."""
        return names.name(self.language, self.bytes_of())

    def bytes_of(self) -> Bytes:
        """The program uint8 [byte]."""
        return np.frombuffer(self.program, np.uint8)

    def of(self, language: str) -> Bytes:
        """The program uint8 [byte], for a soup or tool of this language.

        Raises:
            BadInputError: it is one of another language.
        """
        if language != self.language:
            raise BadInputError(
                f"The specimen {self.name} is a program of {self.language}, not of {language}; in another language its "
                f"bytes mean something else. Use {self.language}, or give the bytes as hex:{self.program.hex()[:8]}…"
            )
        return self.bytes_of()


def freeze(folder: Path, specimen: Specimen) -> tuple[Path, bool]:
    """Put a specimen on the shelf; returns its file, and whether it is new.

    Raises:
        BadInputError: the folder cannot be made because its parent does not exist, or is a file; or another program
            has the same name.
    """
    if folder.exists() and not folder.is_dir():
        raise BadInputError(f"{folder} is a file; name a folder for the freezer.")
    if not folder.parent.is_dir():
        raise BadInputError(f"There is no folder {folder.parent} to make the freezer {folder.name} in; make it first.")
    path = folder / f"{specimen.name}.json"
    if path.exists():
        kept = read(path)
        if (kept.language, kept.program) != (specimen.language, specimen.program):
            raise BadInputError(f"{path} holds another program whose name happens to be the same; use another freezer.")
        return path, False
    folder.mkdir(exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_text(to_json(specimen), encoding="utf-8")
    os.replace(aside, path)
    return path, True


def to_json(specimen: Specimen) -> str:
    """The text of a specimen's file."""
    values = {
        "kind": KIND,
        "version": VERSION,
        "name": specimen.name,
        "language": specimen.language,
        "text": substrate(specimen.language).format(specimen.program),
        "bytes": specimen.program.hex(),
        "note": specimen.note,
        "found": dict(specimen.found),
        "primordia": specimen.primordia,
    }
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"


def from_json(text: str, where: str) -> Specimen:
    """The specimen that a file's text holds; `where` names the file in complaints.

    Raises:
        BadInputError: it is no specimen, one of a later version, or it was altered.
    """
    try:
        values = json.loads(text)
        if values["kind"] != KIND or values["version"] != VERSION:
            raise BadInputError(
                f"{where} holds {values['kind']!r} version {values['version']}; this primordia reads {KIND!r} version "
                f"{VERSION}."
            )
        specimen = Specimen(
            str(values["language"]),
            bytes.fromhex(values["bytes"]),
            str(values["note"]),
            dict(values["found"]),
            str(values["primordia"]),
        )
        name = str(values["name"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadInputError(f"{where} is no specimen ({type(error).__name__}: {error}); freeze it again.") from error
    if specimen.name != name:
        raise BadInputError(f"{where} was altered: it says {name}, and its bytes are those of {specimen.name}.")
    return specimen


def read(path: Path) -> Specimen:
    """The specimen of a file; raises as `from_json` does."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadInputError(f"{path} is no specimen: it is not text.") from error
    return from_json(text, str(path))


def shelf(folder: Path) -> list[Specimen]:
    """Every specimen of a freezer, by name.

    Raises:
        BadInputError: there is no such folder, or a file in it is no specimen.
    """
    if not folder.is_dir():
        raise BadInputError(f"There is no freezer {folder}; `primordia life freeze` makes one.")
    return [read(path) for path in sorted(folder.glob("[!.]*.json"))]


def thaw(folder: Path, name: str) -> Specimen:
    """A specimen by its name, or by the beginning of it.

    Raises:
        BadInputError: there is no such freezer, or several names begin so.
        UnknownNameError: none does; says the nearest.
    """
    kept = {specimen.name: specimen for specimen in shelf(folder)}
    if name in kept:
        return kept[name]
    fitting = [known for known in kept if name and known.startswith(name)]
    if len(fitting) == 1:
        return kept[fitting[0]]
    if fitting:
        raise BadInputError(f"{name!r} could be any of {', '.join(fitting[:4])}; give more of the name.")
    raise UnknownNameError("specimen", name, kept)
