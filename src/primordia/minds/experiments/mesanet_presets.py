"""Settings of minds/mesanet worth starting from."""

from __future__ import annotations

from primordia.core.experiment import Preset

RECALL = {
    "layers": "mesa",
    "twin": "scalar-gla",
    "n_blocks": 1,
    "width": 64,
    "n_heads": 1,
    "d_key": 8,
    "expansion": 2.0,
    "chunk": 32,
    "solver_steps": 10,
    "n_symbols": 130,
    "n_time": 32,
    "n_pairs": 8,
    "n_batch": 64,
    "n_evaluation": 256,
    "warmup": 50,
}
"""As many pairs as the head has channels: a sum of outer products mixes them up, least squares need not."""

MAD = {
    "layers": "mesa",
    "twin": "scalar-gla",
    "n_blocks": 2,
    "width": 128,
    "n_heads": 8,
    "d_key": 16,
    "n_batch": 32,
    "n_examples": 12_800,
    "learning_rate": 1e-3,
    "weight_decay": 0.1,
}
"""The paper's sizes for MAD, and the size of its authors' training sets."""

PRESETS = {
    "small": Preset(
        "A model of one block without MLP and convolution, sequences of 16 tokens: for checks.",
        {
            "layers": "mesa",
            "n_blocks": 1,
            "width": 8,
            "n_heads": 1,
            "expansion": 0.0,
            "convolution": 0,
            "chunk": 16,
            "solver_steps": 2,
            "n_symbols": 18,
            "n_time": 16,
            "n_pairs": 2,
            "n_batch": 4,
            "n_evaluation": 4,
        },
        {"steps": 4, "every": 2},
    ),
    "demo": Preset(
        "Recall of 8 pairs with keys of 8 channels: the mesa layer beside gated linear attention on the same batches. "
        "One to two minutes on two quiet cores.",
        RECALL,
        {"steps": 1000, "every": 20},
    ),
    "mad": Preset(
        "In-context recall of MAD at the paper's sizes, a shortened course; --set task=mad-copy and so on for the "
        "others of its tasks.",
        {"task": "mad-recall", **MAD, "warmup": 100, "decay_until": 2000},
        {"steps": 2000, "every": 50},
    ),
    "parity": Preset(
        "Running parity of 40 bits, tested on 256: forget gates with signs beside those without. The paper trains a "
        "larger model longer: width 128, 4 heads of 128, batches of 256, 10,000 updates.",
        {
            "task": "parity",
            "layers": "mesa-signed",
            "twin": "mesa",
            "n_blocks": 2,
            "width": 64,
            "n_heads": 2,
            "d_key": 32,
            "expansion": 2.0,
            "solver_steps": 10,
            "n_batch": 64,
            "n_evaluation": 64,
            "learning_rate": 1e-3,
            "weight_decay": 0.03,
            "warmup": 100,
        },
        {"steps": 3000, "every": 100},
    ),
    "regbench": Preset(
        "Languages of random automata, new ones in the evaluation: how often the likeliest symbol is legal.",
        {
            "task": "regbench",
            "layers": "mesa",
            "twin": "scalar-gla",
            "width": 64,
            "n_heads": 2,
            "d_key": 32,
            "expansion": 2.0,
            "solver_steps": 15,
            "n_time": 256,
            "n_batch": 16,
            "n_evaluation": 32,
            "learning_rate": 1e-3,
            "warmup": 100,
        },
        {"steps": 2000, "every": 50},
    ),
    "text": Preset(
        "Bytes of the Python manual: seven minutes of processor time until it writes words and phrases of a manual. "
        '`primordia minds generate latest --prompt "The "` writes on.',
        {
            "task": "text",
            "corpus": "manual",
            "layers": "mesa",
            "n_blocks": 2,
            "width": 128,
            "n_heads": 4,
            "d_key": 32,
            "expansion": 2.0,
            "solver_steps": 10,
            "n_time": 128,
            "n_batch": 16,
            "n_evaluation": 32,
            "weight_decay": 0.1,
            "warmup": 50,
            "decay_until": 1200,
        },
        {"steps": 1200, "every": 50},
    ),
    "paper": Preset(
        "Fuzzy recall of MAD with the paper's model and course: 200 passes over 12,800 examples. Hours on a laptop; "
        "the paper reports 58.5 % for the MesaNet and 39.0 % for gated linear attention, the best of eight settings.",
        {"task": "mad-fuzzy", **MAD, "warmup": 750, "decay_until": 80_000, "floor": 0.01},
        {"steps": 80_000, "every": 400},
    ),
}
