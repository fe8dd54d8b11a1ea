"""A model in a folder: the same bits come back, in a fresh process too; what is damaged or other is refused."""

import dataclasses
import functools
import json
import subprocess
import sys

import jax
import numpy as np
import pytest
import safetensors.numpy
from calling_minds import filled
from hypothesis import given, settings
from hypothesis import strategies as st

from primordia.core.errors import CheckpointError
from primordia.minds.models.disk import CONFIG, TOKENIZER, WEIGHTS, Saved, load, save
from primordia.minds.models.spec import ModelSpec
from primordia.minds.models.weights import named

SPEC = ModelSpec(11, 11, pattern="scalar-gla", n_blocks=2, width=8, n_heads=2, chunk=4)
ORIGIN = {"experiment": "minds/mesanet", "step": 12, "config": "0123abcd"}


@functools.lru_cache
def model():
    return filled(SPEC)


@pytest.fixture
def folder(tmp_path):
    return save(tmp_path / "kept", Saved(model(), {"kind": "bytes"}, "", ORIGIN))


def change_config(folder, **changes):
    values = json.loads((folder / CONFIG).read_text())
    values.update(changes)
    (folder / CONFIG).write_text(json.dumps(values))


def change_spec(folder, **changes):
    change_config(folder, spec={**dataclasses.asdict(SPEC), **changes})


def test_the_same_bits_come_back(folder):
    found = load(folder, SPEC)
    assert found.model.spec == SPEC
    assert (found.tokens, found.tokenizer, found.provenance) == ({"kind": "bytes"}, "", ORIGIN)
    assert named(found.model).keys() == named(model()).keys()
    for name, array in named(model()).items():
        np.testing.assert_array_equal(named(found.model)[name], array)
    assert sorted(path.name for path in folder.parent.iterdir()) == ["kept"]


def test_a_tokenizer_is_kept_as_text_beside_the_weights(tmp_path):
    kept = save(tmp_path / "kept", Saved(model(), {"kind": "bpe"}, '{"ü": 1}', {}))
    assert (kept / TOKENIZER).read_text(encoding="utf-8") == '{"ü": 1}'
    assert load(kept).tokenizer == '{"ü": 1}'


@pytest.mark.slow
def test_a_fresh_process_computes_the_same_logits(folder):
    code = (
        "import sys, pathlib, jax.numpy as jnp, numpy as np; from primordia.minds.models.disk import load;"
        "logits, _ = load(pathlib.Path(sys.argv[1])).model(jnp.arange(8)[None]);"
        "print(np.asarray(logits).tobytes().hex())"
    )
    there = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, check=True)
    here, _ = load(folder).model(jax.numpy.arange(8)[None])
    assert there.stdout.strip() == np.asarray(here).tobytes().hex()


def test_a_folder_in_use_is_left_alone(folder):
    before = (folder / CONFIG).read_bytes()
    with pytest.raises(CheckpointError, match="is there already"):
        save(folder, Saved(model(), {}, "", {}))
    with pytest.raises(CheckpointError, match=r"no folder .*nowhere to make kept in"):
        save(folder / "nowhere" / "kept", Saved(model(), {}, "", {}))
    assert (folder / CONFIG).read_bytes() == before


def test_other_settings_are_listed(folder):
    with pytest.raises(CheckpointError) as failure:
        load(folder, dataclasses.replace(SPEC, chunk=8, n_blocks=3))
    assert "n_blocks is 2 and not 3; chunk is 4 and not 8." in str(failure.value)


def test_missing_unknown_and_misshapen_tensors_are_named(folder):
    arrays = safetensors.numpy.load_file(folder / WEIGHTS)
    arrays["extra"] = arrays.pop("norm/scale")
    arrays["embedding"] = np.zeros((11, 9), np.float32)
    safetensors.numpy.save_file(arrays, folder / WEIGHTS)
    with pytest.raises(CheckpointError) as failure:
        load(folder)
    said = str(failure.value)
    assert all(part in said for part in (WEIGHTS, "norm/scale is missing", "extra is unknown", "embedding is (11, 9)"))


@settings(max_examples=25, deadline=None)
@given(share=st.floats(0, 0.999))
def test_a_file_cut_anywhere_is_refused(tmp_path_factory, share):
    kept = save(tmp_path_factory.mktemp("cut") / "kept", Saved(model(), {}, "", {}))
    whole = (kept / WEIGHTS).read_bytes()
    (kept / WEIGHTS).write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(CheckpointError, match=r"model\.safetensors is damaged or cut short"):
        load(kept)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda folder: (folder / WEIGHTS).unlink(), "There is no model.safetensors"),
        (lambda folder: (folder / CONFIG).unlink(), "There is no config.json"),
        (lambda folder: (folder / CONFIG).write_text('{"kind": '), "is no JSON from character 9"),
        (lambda folder: (folder / CONFIG).write_bytes(b'{"k": "\xff"}'), "is not UTF-8 from byte 7"),
        (lambda folder: (folder / CONFIG).write_text("[]"), "does not describe a model"),
        (lambda folder: change_config(folder, kind="else"), "does not describe a model"),
        (lambda folder: change_config(folder, version=99), "has version 99"),
        (lambda folder: change_config(folder, spec=3), "lacks the right kind of values"),
        (lambda folder: change_spec(folder, chunks=3), "chunks is unknown .did you mean chunk"),
        (lambda folder: change_config(folder, spec={"n_inputs": 1}), "pattern is missing"),
        (lambda folder: change_spec(folder, chunk="4"), "chunk='4' should be of the type int"),
        (lambda folder: change_spec(folder, chunk=0), "cannot be used: chunk=0 is out of range"),
        (lambda folder: change_spec(folder, pattern="nothing"), "There is no layer 'nothing'"),
    ],
)
def test_a_damaged_folder_is_refused_in_one_sentence(folder, damage, words):
    damage(folder)
    with pytest.raises(CheckpointError, match=words):
        load(folder)
