"""Checkpoints: safetensors and JSON in a folder per step; complete or absent, verified when read, never executed.

A state lies in one file, or in one a shard, each written by who holds the shard. Either form is read by either kind of
reader.
"""

from __future__ import annotations

import abc
import dataclasses
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from primordia.core import tree
from primordia.core.errors import CheckpointError, ContractError
from primordia.engine import durable

FORMAT, SHARDS_FORMAT = 1, 2
STATE, META = "state.safetensors", "meta.json"
SHARD = re.compile(r"shard_\d{5}\.safetensors")
LONGEST = 120
KINDS = {
    "BOOL": "?",
    "C64": "c8",
    **{f"F{8 * size}": f"f{size}" for size in (2, 4, 8)},
    **{f"{letter}{8 * size}": f"{letter.lower()}{size}" for letter in "IU" for size in (1, 2, 4, 8)},
}
"""Types of safetensors -> types of NumPy."""


@dataclasses.dataclass(frozen=True)
class Stamp:
    """What a checkpoint belongs to: it is only ever loaded into exactly this.

    `settings` are those behind the hash; they only serve to say which of them differ.
    """

    experiment: str
    version: int
    config_hash: str
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict, compare=False)

    def identity(self) -> dict[str, Any]:
        """What has to be equal."""
        return {"experiment": self.experiment, "version": self.version, "config_hash": self.config_hash}


@dataclasses.dataclass(frozen=True)
class Cut:
    """How a state is cut into the parts of its shards, and put together again; see `core.shards.Sharding`."""

    split: Callable[[Any], list[Any]]
    join: Callable[[Sequence[Any]], Any]


class Scattered(abc.ABC):
    """A state that this process does not hold, since its shards lie elsewhere: it stores and fetches them there."""

    @abc.abstractmethod
    def write(self, folder: Path) -> dict[str, str]:
        """Write a file a shard into `folder`, each flushed to the disk; returns SHA-256 by file name."""

    @abc.abstractmethod
    def read(self, folder: Path, digests: Mapping[str, str]) -> Any:
        """The state in these files of `folder`, held where this one is.

        Raises:
            CheckpointError: as `load` does.
        """


def shard_file(shard: int) -> str:
    """The file of a shard."""
    return f"shard_{shard:05d}.safetensors"


def folder_of(checkpoints: Path, step: int) -> Path:
    """The folder of the checkpoint after `step` completed steps."""
    return checkpoints / f"step_{step:012d}"


def steps(checkpoints: Path) -> list[int]:
    """The completed steps of all whole checkpoints, ascending."""
    if not checkpoints.is_dir():
        return []
    named = [(path, int(path.name[5:])) for path in checkpoints.glob("step_*") if path.name[5:].isdecimal()]
    return sorted(step for path, step in named if path == folder_of(checkpoints, step))


def save(checkpoints: Path, step: int, state: Any, stamp: Stamp) -> Path:
    """Write the state aside, flush it, and give it its name in one rename.

    Args:
        checkpoints: the folder of all checkpoints.
        step: completed steps.
        state: a tree of arrays, or one that is `Scattered`, which writes itself.
        stamp: what it belongs to.
    """
    checkpoints.mkdir(exist_ok=True)
    sweep(checkpoints)
    final = folder_of(checkpoints, step)
    if final.exists():
        return final
    aside = checkpoints / f".writing_{step:012d}"
    try:
        aside.mkdir()
        if isinstance(state, Scattered):
            stored = {"format": SHARDS_FORMAT, "shards": state.write(aside)}
        else:
            stored = {"format": FORMAT, "state_sha256": write_tree(aside / STATE, state)}
        settings = {name: _short(value) for name, value in stamp.settings.items()}
        meta = {**stored, **stamp.identity(), "step": step, "settings": settings}
        durable.write_json(aside / META, {**meta, "meta_sha256": _meta_digest(meta)})
        os.rename(aside, final)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    durable.sync_folder(checkpoints)
    return final


def write_tree(file: Path, state: Any) -> str:
    """Write a tree of arrays, flushed to the disk; returns the SHA-256 of the file."""
    from safetensors.numpy import save as to_bytes

    content = to_bytes(tree.to_arrays(state))
    durable.write(file, content, sync="file")
    return _sha256(content)


def read_tree(file: Path, digest: object, template: Any) -> Any:
    """The tree in a file of a checkpoint, in the structure of `template`.

    Raises:
        CheckpointError: missing, altered, or of another structure.
    """
    try:
        content = file.read_bytes()
    except FileNotFoundError as error:
        raise CheckpointError(f"{file.parent} was deleted while it was being read; try again.") from error
    if _sha256(content) != digest:
        raise CheckpointError(
            f"{file} was truncated or altered: its checksum does not match."
            f"{_alternative(file.parent.parent, int(file.parent.name[5:]))}"
        )
    try:
        return tree.from_arrays(template, arrays(content))
    except (ContractError, ValueError, KeyError) as error:
        raise CheckpointError(f"{file.parent} cannot be used: {error}") from error


def load(checkpoints: Path, step: int, template: Any, stamp: Stamp, cut: Cut | None = None) -> Any:
    """The state after `step` steps, in the structure of `template`.

    Args:
        checkpoints: the folder of all checkpoints.
        step: completed steps.
        template: any state of the run, such as its first; one that is `Scattered` reads the files itself.
        stamp: what it must belong to.
        cut: for a checkpoint in shards, how they make a state.

    Raises:
        CheckpointError: missing, truncated, altered by a single bit, of another run, from a newer version, or holding
            anything that is not numbers. Nothing in it is ever executed.
    """
    folder = folder_of(checkpoints, step)
    digests = _digests(folder, stamp, step)
    if isinstance(template, Scattered):
        return template.read(folder, digests)
    if STATE in digests:
        return read_tree(folder / STATE, digests[STATE], template)
    parts = cut.split(template) if cut else []
    if cut is None or len(parts) != len(digests):
        raise CheckpointError(f"{folder} holds {len(digests)} shards; this experiment's state has {len(parts)}.")
    files = [(shard_file(shard), part) for shard, part in enumerate(parts)]
    return cut.join([read_tree(folder / name, digests[name], part) for name, part in files])


def _digests(folder: Path, stamp: Stamp, step: int) -> dict[str, str]:
    """The files of a checkpoint that is this run's, with their checksums, which are not checked yet."""
    _only_known_files(folder)
    _none_missing(folder, [META])
    meta = _read_meta(folder)
    if meta.get("format") not in (FORMAT, SHARDS_FORMAT):
        raise CheckpointError(
            f"{folder} has format {meta.get('format')}; this version of primordia reads up to format {SHARDS_FORMAT}."
        )
    if meta.get("meta_sha256") != _meta_digest({key: meta[key] for key in meta if key != "meta_sha256"}):
        raise CheckpointError(
            f"{folder / META} was altered: its checksum does not match.{_alternative(folder.parent, step)}"
        )
    for key, wanted in {**stamp.identity(), "step": step}.items():
        if meta.get(key) != wanted:
            raise CheckpointError(
                f"{folder} belongs to {key}={meta.get(key)!r}, this run has {key}={wanted!r}{_difference(meta, stamp)}."
            )
    digests = meta.get("shards") if meta["format"] == SHARDS_FORMAT else {STATE: meta.get("state_sha256")}
    if not isinstance(digests, dict) or (meta["format"] == SHARDS_FORMAT and not _are_shards(digests)):
        raise CheckpointError(f"{folder / META} does not name its shards; it was altered.")
    _none_missing(folder, list(digests))
    return digests


def _are_shards(digests: Mapping[str, Any]) -> bool:
    return len(digests) > 0 and sorted(digests) == [shard_file(shard) for shard in range(len(digests))]


def _short(value: Any) -> Any:
    """A setting as a checkpoint keeps it: of a long text only a digest."""
    return value if len(str(value)) <= LONGEST else f"text {_sha256(str(value).encode())[:8]}"


def _difference(meta: Mapping[str, Any], stamp: Stamp) -> str:
    """The settings that a checkpoint and a run do not share, as the end of a sentence."""
    theirs = meta.get("settings") or {}
    ours = {name: _short(value) for name, value in stamp.settings.items()}
    names = [name for name in {**theirs, **ours} if theirs.get(name) != ours.get(name)] if theirs and ours else []
    told = [f"{name} (there {theirs.get(name)!r}, here {ours.get(name)!r})" for name in names]
    return f"; they differ in {', '.join(told)}" if told else ""


def prune(checkpoints: Path, keep: int, pinned: set[int]) -> None:
    """Delete all but the newest `keep` checkpoints and the pinned steps."""
    for step in steps(checkpoints)[:-keep]:
        if step not in pinned:
            # Renamed first: a half-deleted folder must not look like a checkpoint.
            doomed = checkpoints / f".writing_{step:012d}_old"
            os.rename(folder_of(checkpoints, step), doomed)
            shutil.rmtree(doomed, ignore_errors=True)


def sweep(checkpoints: Path) -> None:
    """Remove what a killed process was writing or deleting; only for the folder's writer."""
    for stale in checkpoints.glob(".writing_*"):
        shutil.rmtree(stale, ignore_errors=True)


def _only_known_files(folder: Path) -> None:
    if not folder.is_dir():
        raise CheckpointError(f"There is no checkpoint {folder}.")
    for path in sorted(folder.iterdir()):
        if path.name not in (STATE, META) and not SHARD.fullmatch(path.name):
            raise CheckpointError(
                f"{folder} holds {path.name}, which is no part of a checkpoint; nothing in it was opened."
            )


def _none_missing(folder: Path, names: Sequence[str]) -> None:
    for name in names:
        if not (folder / name).is_file():
            raise CheckpointError(f"{folder} is incomplete: {name} is missing.")


def _read_meta(folder: Path) -> dict[str, Any]:
    try:
        meta = json.loads((folder / META).read_bytes())
    except FileNotFoundError as error:
        raise CheckpointError(f"{folder} was deleted while it was being read; try again.") from error
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{folder / META} is not JSON: it was truncated or altered.") from error
    if not isinstance(meta, dict):
        raise CheckpointError(f"{folder / META} is not a JSON object.")
    return meta


def arrays(content: bytes) -> dict[str, np.ndarray[Any, Any]]:
    """The arrays of a safetensors file, by name; half floats (bfloat16) too, which safetensors' own reader lacks.

    Raises:
        CheckpointError: it is no such file, or holds a kind of number that no state has.
    """
    from safetensors import SafetensorError, deserialize

    try:
        stored = deserialize(content)  # type: ignore[no-untyped-call]
    except SafetensorError as error:
        raise CheckpointError(f"{STATE} is not a safetensors file ({error}); nothing in it was executed.") from error
    return {name: np.frombuffer(entry["data"], _kind(entry["dtype"])).reshape(entry["shape"]) for name, entry in stored}


def _kind(name: str) -> np.dtype[Any]:
    """The NumPy type of a safetensors type name, such as "F32"."""
    if name == "BF16":
        import ml_dtypes

        half: np.dtype[Any] = np.dtype(ml_dtypes.bfloat16)
        return half
    if name not in KINDS:
        raise CheckpointError(f"{STATE} holds numbers of the kind {name}, which no state has.")
    return np.dtype(KINDS[name])


def _alternative(checkpoints: Path, step: int) -> str:
    earlier = [other for other in steps(checkpoints) if other < step]
    start = f"step {earlier[-1]}" if earlier else "the beginning"
    return f" Delete that folder to resume from {start}, with the same bits."


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _meta_digest(meta: dict[str, Any]) -> str:
    return _sha256(json.dumps(meta, sort_keys=True).encode())
