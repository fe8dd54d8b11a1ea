"""The settings of minds/mesanet: a task, a model, perhaps a twin, and how they are trained."""

from __future__ import annotations

import dataclasses
from typing import Annotated, final

from primordia.core.config import Spec

PAPER = "arXiv 2506.05233"
MAD = ("mad-recall", "mad-noisy", "mad-fuzzy", "mad-memorise", "mad-copy", "mad-compress")
TASKS = ("recall", *MAD, "regbench", "parity", "text")


@final
@dataclasses.dataclass(frozen=True)
class MesaNetConfig:
    """Settings of a model, its task and its training."""

    seed: Annotated[
        int, Spec("the number that every random draw of the run follows from", ge=0, le=2**64 - 1, source="ours")
    ] = 0
    task: Annotated[
        str,
        Spec(
            "what is learned: multi-query recall, one of the six MAD tasks, random automata (RegBench), parity, text",
            choices=TASKS,
            source=f"{PAPER}, synthetic studies; recall: arXiv 2312.04927",
        ),
    ] = "recall"
    layers: Annotated[
        str,
        Spec("the layer of each block, separated by commas and repeated until every block has one", source=PAPER),
    ] = "mesa"
    twin: Annotated[
        str,
        Spec("layers of a second model trained on the same batches, so that the gap shows; empty: none", source="ours"),
    ] = ""
    n_blocks: Annotated[int, Spec("blocks", "blocks", ge=1, le=64, source=f"{PAPER}: 2 on synthetic tasks")] = 2
    width: Annotated[int, Spec("channels of the residual stream", "channels", ge=1, le=4096, source="ours")] = 64
    n_heads: Annotated[int, Spec("heads of a layer", "heads", ge=1, le=64, source="ours")] = 2
    d_key: Annotated[
        int,
        Spec("channels of a key of a head; 0: the width divided among heads", "channels", ge=0, le=512, source="ours"),
    ] = 0
    expansion: Annotated[
        float, Spec("channels of a branch of the MLP, in widths; 0: no MLP", ge=0.0, le=8.0, source=PAPER)
    ] = 3.0
    convolution: Annotated[
        int, Spec("width of the short convolution; 0: none", "tokens", ge=0, le=16, source=PAPER)
    ] = 4
    chunk: Annotated[
        int, Spec("tokens of a chunk of the layers' chunkwise face", "tokens", ge=1, le=1024, source="ours")
    ] = 32
    cap: Annotated[
        float, Spec("size at which logits are capped softly; 0: not at all", ge=0.0, le=1e6, source=f"{PAPER}: 30")
    ] = 30.0
    solver_steps: Annotated[
        int, Spec("steps of the mesa layer's solver", "steps", ge=0, le=256, source=f"{PAPER}: 30 in training")
    ] = 30
    solver_tolerance: Annotated[
        float,
        Spec("residual, relative to the first, at which the solver stops; 0: never", ge=0.0, le=1.0, source=PAPER),
    ] = 0.0
    watch_solver: Annotated[
        bool, Spec("whether rows say what the solver of the mesa layers left over", source="ours")
    ] = False
    n_symbols: Annotated[
        int, Spec("size of the task's vocabulary; 0: its own", "symbols", ge=0, le=65_536, source="the task's authors")
    ] = 0
    n_time: Annotated[
        int,
        Spec("length of a sequence of the task; 0: its own", "tokens", ge=0, le=65_536, source="the task's authors"),
    ] = 0
    n_pairs: Annotated[
        int, Spec("keys with a value, of the task recall", "pairs", ge=1, le=4096, source="arXiv 2312.04927: 4 to 64")
    ] = 8
    n_automata: Annotated[
        int, Spec("automata to train on, of the task regbench", "automata", ge=1, le=100_000, source="arXiv 2401.12973")
    ] = 5000
    corpus: Annotated[
        str,
        Spec(
            "the text, of the task text: manual, library, a file, a folder, or hf:dataset:split:column; "
            "empty for every other task",
            source="ours",
        ),
    ] = ""
    tokens: Annotated[
        str, Spec("how text becomes tokens", choices=("bytes", "bpe"), source=f"{PAPER}: byte pairs (GPT-2's)")
    ] = "bytes"
    n_batch: Annotated[
        int, Spec("sequences of a batch, in all its parts", "sequences", ge=1, le=65_536, source=f"{PAPER}: 32 to 256")
    ] = 32
    n_examples: Annotated[
        int,
        Spec(
            "size of a finite training set; 0: every example is fresh", "sequences", ge=0, le=2**31 - 1, source="ours"
        ),
    ] = 0
    n_evaluation: Annotated[int, Spec("sequences of the evaluation", "sequences", ge=1, le=65_536, source="ours")] = 128
    learning_rate: Annotated[
        float, Spec("largest learning rate", ge=0.0, le=1.0, source=f"{PAPER}: 1e-4 to 3e-3 on synthetic tasks")
    ] = 3e-3
    warmup: Annotated[
        int, Spec("updates over which the learning rate rises", "updates", ge=0, le=10**9, source=PAPER)
    ] = 0
    decay_until: Annotated[
        int,
        Spec(
            "update at which the cosine of the learning rate ends; 0: no decay", "updates", ge=0, le=10**9, source=PAPER
        ),
    ] = 0
    floor: Annotated[
        float, Spec("learning rate at the end, as a share of the largest", ge=0.0, le=1.0, source=f"{PAPER}: 0.1")
    ] = 0.1
    weight_decay: Annotated[
        float, Spec("weight decay of matrices", ge=0.0, le=10.0, source=f"{PAPER}: 0.01 to 0.1")
    ] = 0.01
    beta2: Annotated[
        float, Spec("decay of the mean of squared gradients", ge=0.0, le=0.999999, source=f"{PAPER}: 0.98")
    ] = 0.98
    clip: Annotated[
        float, Spec("largest norm of all gradients; 0: not clipped", ge=0.0, le=1e6, source=f"{PAPER}: 1")
    ] = 1.0
    accumulate: Annotated[
        int, Spec("parts that a batch is computed in to save memory", "parts", ge=1, le=4096, source="ours")
    ] = 1
    average: Annotated[
        float,
        Spec(
            "decay of the running average of weights, which is then evaluated; 0: none",
            ge=0.0,
            le=0.999999,
            source="ours",
        ),
    ] = 0.0
    n_devices: Annotated[int, Spec("devices that share a batch", "devices", ge=1, le=1024, source="ours")] = 1
    half: Annotated[bool, Spec("whether activations have 16 bits; solver, gates and weights keep 32", source=PAPER)] = (
        False
    )
    remat: Annotated[
        bool, Spec("whether activations of a block are computed again backwards, to save memory", source="ours")
    ] = False
