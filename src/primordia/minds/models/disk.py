"""A model in a folder: `model.safetensors`, `config.json` beside it, and `tokenizer.json` where one was trained.

A folder is written aside and renamed, so it is whole or absent. Nothing in it can execute code.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import safetensors
import safetensors.numpy

import primordia
from primordia.core.errors import CheckpointError, PrimordiaError, nearest
from primordia.minds.models.model import Model, skeleton
from primordia.minds.models.spec import ModelSpec
from primordia.minds.models.weights import named, placed

KIND = "primordia model"
VERSION = 1
WEIGHTS, CONFIG, TOKENIZER = "model.safetensors", "config.json", "tokenizer.json"
KEYS = ("kind", "version", "spec", "tokens", "provenance", "primordia")


@dataclasses.dataclass(frozen=True)
class Saved:
    """What a folder holds.

    Args:
        model: the model with its weights.
        tokens: which tokens it reads, as `text.tokens` describes them ({"kind": "bytes"}); empty for a model of
            something else than text.
        tokenizer: the text of the trained tokenizer; empty where there is none.
        provenance: where the weights come from (run, experiment, step, config hash …), as it was given.
    """

    model: Model
    tokens: Mapping[str, Any]
    tokenizer: str
    provenance: Mapping[str, Any]


def save(folder: Path, saved: Saved) -> Path:
    """Writes a model; returns the folder.

    Raises:
        CheckpointError: the folder exists and is not empty, is a file, or its parent does not exist.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CheckpointError(f"{folder} is there already and is not an empty folder; give the name of a new one.")
    if not folder.absolute().parent.is_dir():
        raise CheckpointError(f"There is no folder {folder.parent} to make {folder.name} in; make it first.")
    aside = folder.absolute().with_name(f".{folder.name}.{os.getpid()}")
    aside.mkdir()
    try:
        arrays = {name: np.ascontiguousarray(array) for name, array in named(saved.model).items()}
        safetensors.numpy.save_file(arrays, aside / WEIGHTS)
        (aside / CONFIG).write_text(_to_json(saved), encoding="utf-8")
        # The weights' file is made for its owner alone; the folder's files shall be alike.
        (aside / WEIGHTS).chmod((aside / CONFIG).stat().st_mode)
        if saved.tokenizer:
            (aside / TOKENIZER).write_text(saved.tokenizer, encoding="utf-8")
        os.replace(aside, folder)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    return folder


def load(folder: Path, expected: ModelSpec | None = None) -> Saved:
    """Reads a model.

    Args:
        folder: what `save` wrote.
        expected: the settings that the model must have, if any are asked for.

    Raises:
        CheckpointError: there is no model, a file is damaged, tensors are missing, unknown or of another shape, or the
            settings differ from those expected; all differing keys are listed.
    """
    config = _config(folder / CONFIG)
    spec = _spec(folder / CONFIG, config["spec"])
    if expected is not None:
        _refuse_other(folder, spec, expected)
    tokenizer = ""
    if "tokenizer" in config["tokens"]:
        tokenizer = _read(folder / config["tokens"]["tokenizer"])
    try:
        model = placed(skeleton(spec), _arrays(folder / WEIGHTS))
    except CheckpointError as error:
        raise CheckpointError(f"{folder / WEIGHTS}: {error}") from error
    return Saved(model, config["tokens"], tokenizer, config["provenance"])


def _to_json(saved: Saved) -> str:
    values = {
        "kind": KIND,
        "version": VERSION,
        "spec": dataclasses.asdict(saved.model.spec),
        "tokens": {**saved.tokens, **({"tokenizer": TOKENIZER} if saved.tokenizer else {})},
        "provenance": dict(saved.provenance),
        "primordia": primordia.__version__,
    }
    return json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _read(path: Path) -> str:
    if not path.is_file():
        raise CheckpointError(f"There is no {path.name} in {path.parent}; name a folder that `minds save` wrote.")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise CheckpointError(f"{path} is damaged: it is not UTF-8 from byte {error.start} on.") from error


def _config(path: Path) -> dict[str, Any]:
    try:
        config = json.loads(_read(path))
    except json.JSONDecodeError as error:
        raise CheckpointError(f"{path} is damaged: it is no JSON from character {error.pos} on.") from error
    if not (isinstance(config, dict) and config.get("kind") == KIND):
        raise CheckpointError(f"{path} does not describe a model: its 'kind' is not {KIND!r}.")
    if config.get("version") != VERSION:
        raise CheckpointError(f"{path} has version {config.get('version')!r}; this primordia reads version {VERSION}.")
    missing = [key for key in KEYS if key not in config]
    if missing or not all(isinstance(config[key], dict) for key in ("spec", "tokens", "provenance")):
        raise CheckpointError(f"{path} is damaged: it lacks {', '.join(missing) or 'the right kind of values'}.")
    return config


def _spec(path: Path, values: Mapping[str, Any]) -> ModelSpec:
    fields = {field.name: field for field in dataclasses.fields(ModelSpec)}
    faults = [f"{name} is missing" for name in fields if name not in values]
    for name, value in values.items():
        if name not in fields:
            near = nearest(name, fields)
            faults.append(f"{name} is unknown" + (f" (did you mean {near}?)" if near else ""))
        elif type(value).__name__ != fields[name].type and not (type(value) is int and fields[name].type == "float"):
            faults.append(f"{name}={value!r} should be of the type {fields[name].type}")
    if faults:
        raise CheckpointError(f"The settings of the model in {path} cannot be read: {'; '.join(faults)}.")
    try:
        return ModelSpec(**values)
    except PrimordiaError as error:
        raise CheckpointError(f"The settings of the model in {path} cannot be used: {error}") from error


def _refuse_other(folder: Path, found: ModelSpec, expected: ModelSpec) -> None:
    ours, theirs = dataclasses.asdict(expected), dataclasses.asdict(found)
    differing = [f"{key} is {theirs[key]!r} and not {ours[key]!r}" for key in ours if ours[key] != theirs[key]]
    if differing:
        raise CheckpointError(f"The model in {folder} has other settings: {'; '.join(differing)}.")


def _arrays(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise CheckpointError(f"There is no {path.name} in {path.parent}; name a folder that `minds save` wrote.")
    try:
        return {name: jnp.asarray(array) for name, array in safetensors.numpy.load_file(path).items()}
    except safetensors.SafetensorError as error:
        raise CheckpointError(f"{path} is damaged or cut short: {error}.") from error
