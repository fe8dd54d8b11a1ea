"""Settings of minds/mesanet worth starting from."""

from __future__ import annotations

from primordia.core.experiment import Preset

PRESETS = {
    "small": Preset(
        "A model and its twin of one block each, sequences of 16 tokens: for checks.",
        {
            "layers": "mesa",
            "twin": "scalar-gla",
            "n_blocks": 1,
            "width": 8,
            "n_heads": 1,
            "expansion": 1.0,
            "chunk": 16,
            "solver_steps": 2,
            "n_symbols": 18,
            "n_time": 16,
            "n_pairs": 2,
            "n_batch": 4,
            "n_evaluation": 8,
        },
        {"steps": 4, "every": 2},
    ),
}
