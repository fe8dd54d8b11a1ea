"""Forth soups: a language in which one byte can copy itself, and life follows soon (arXiv 2406.19108)."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, ClassVar, final

from primordia.core.config import Spec
from primordia.core.experiment import KnownResult, Preset
from primordia.life import pictures
from primordia.life.claims.forth import CLAIMS
from primordia.life.experiments import settings
from primordia.life.experiments.known import authors_evaluator
from primordia.life.experiments.paper import computational_life
from primordia.life.experiments.soups import SoupExperiment
from primordia.life.experiments.worlds import world_of
from primordia.life.lineage import pictures as provenance
from primordia.life.substrates import FAMILIES
from primordia.life.substrates.stack import LEGEND

LANGUAGES = FAMILIES["forth"]


@final
@dataclasses.dataclass(frozen=True)
class ForthConfig(settings.SoupConfig):
    """Settings of a soup of Forth programs."""

    language: Annotated[
        str,
        Spec(
            "the instruction set of the programs",
            choices=LANGUAGES,
            source="arXiv 2406.19108, section 3.1.1; its Forth is forthtrivial in the authors' code",
        ),
    ] = "forthtrivial"


PRESETS = {
    "small": Preset(
        "256 programs and a few epochs: for checks, not for life.",
        {"n_programs": 256},
        {"steps": 16, "every": 4},
    ),
    "quick": Preset(
        "Life in seconds: 8,192 programs with seed 1, chosen because it is taken over early, at epoch 36. Of the seeds "
        "0 to 11 nine are taken over within 2,000 epochs, two of them before epoch 41 (claim V23).",
        {"n_programs": 8192, "seed": 1},
        {"steps": 512, "every": 4, "stop": "takeover+128"},
    ),
    "demo": Preset(
        "The paper's scale: 131,072 random programs, nothing planted. Seed 5 was chosen because it is taken over at "
        "epoch 400, near the median; nearly every seed is within 1,100 epochs (Fig. 9, claims V22).",
        {"seed": 5},
        {"steps": 2048, "every": 16, "stop": "takeover+512"},
    ),
    "paper": Preset(
        "The paper's Fig. 9: 131,072 programs for 2,048 epochs.",
        {},
        {"steps": 2048, "every": 32},
    ),
}


@final
class Forth(SoupExperiment[ForthConfig]):
    """Pairs of programs for a stack machine are joined, run as one self-modifying tape, and split again."""

    name = "life/forth"
    version = 1
    summary = "A stack machine in which one byte can copy itself: life within a thousand epochs."
    Config = ForthConfig
    views = pictures.views(LEGEND) | provenance.views(world_of)
    presets = PRESETS
    claims = CLAIMS
    variants: ClassVar[dict[str, dict[str, Any]]] = {language: {"language": language} for language in LANGUAGES}
    source = computational_life(
        "The soup follows the authors' simulator bit for bit with the same seed; where the paper's table "
        "and their code disagree (the order of value and address in a store), the code is followed. Replicators are "
        "counted in a random sample. Program lengths other than 64 bytes are ours."
    )

    def known_result(self, config: ForthConfig) -> KnownResult:
        """The evaluator on 10,000 random tapes, against the operations and the hash of the authors' implementation."""
        return authors_evaluator(config.language)
