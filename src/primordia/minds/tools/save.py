"""`primordia minds save`: the model of a run in a folder of its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, final

from primordia.core.config import Spec
from primordia.core.findings import Finding, Text
from primordia.core.tools import Runs, Tool
from primordia.minds.tools import asking


@dataclasses.dataclass(frozen=True)
class SaveArguments:
    """A run, and where to put its model."""

    run: asking.Run
    folder: Annotated[str, Spec("the folder to write; it must not exist, or be empty")]
    step: asking.Step = None


@final
class Save(Tool):
    """Weights as `model.safetensors`, settings, tokens and provenance as `config.json`, a trained tokenizer as JSON."""

    name = "minds/save"
    summary = "Keep the model of text that a run trained in a folder: weights, settings, tokenizer, provenance."
    Arguments = SaveArguments

    def use(self, arguments: SaveArguments, runs: Runs) -> Iterator[Finding]:
        """Writes the folder and tells of it."""
        from primordia.minds.models.disk import Saved, save
        from primordia.minds.models.sizes import n_parameters

        found, origin = asking.text_model(runs, arguments.run, arguments.step)
        kept = Saved(found.model, found.tokens.settings(), found.tokens.tokenizer(), origin)
        folder = save(Path(arguments.folder), kept)
        yield Text(
            "Saved",
            f"{n_parameters(found.model.spec):,} weights after {origin['step']:,} updates to {folder}",
            f"`primordia minds generate {folder}` lets it write.",
        )
