"""Computational Life: self-replicating programs arise in a soup of random bytes (arXiv 2406.19108)."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, ClassVar, final

from primordia.core.config import Spec
from primordia.core.experiment import KnownResult, Preset
from primordia.core.views import View
from primordia.life import maps, pictures
from primordia.life.claims import tokens
from primordia.life.claims.bff import CLAIMS
from primordia.life.experiments import settings
from primordia.life.experiments.known import authors_evaluator
from primordia.life.experiments.paper import computational_life
from primordia.life.experiments.soups import SoupExperiment
from primordia.life.experiments.worlds import world_of
from primordia.life.lineage import pictures as provenance
from primordia.life.substrates import FAMILIES, heads

LANGUAGES = FAMILIES["bff"]


@final
@dataclasses.dataclass(frozen=True)
class BffConfig(settings.SoupConfig):
    """Settings of a soup of BFF programs."""

    language: Annotated[
        str,
        Spec(
            "the instruction set of the programs",
            choices=LANGUAGES,
            source="the paper's BFF is bff_noheads (arXiv 2406.19108, section 2)",
        ),
    ] = "bff_noheads"


PRESETS = {
    "small": Preset(
        "256 programs and a few epochs: for checks, not for life.",
        {"n_programs": 256, "language": "bff_noheads"},
        {"steps": 16, "every": 4},
    ),
    "quick": Preset(
        "Life in seconds: 8,192 programs of the four-bit language, in which ten of every sixteen byte values are "
        "instructions. The seeds 0 to 9 were all taken over, after 64 to 496 epochs (claim V25); seed 0 after 232.",
        {"n_programs": 8192, "language": "bff_noheads_4bit"},
        {"steps": 1024, "every": 8, "stop": "takeover+256"},
    ),
    "demo": Preset(
        "The paper's own scale and language: 131,072 random programs of bff_noheads, nothing planted. Seed 38 was "
        "chosen by a sweep over the seeds 0 to 63: seven of them (11 %, 95 % interval 4 to 21 %) are taken over within "
        "2,048 epochs, seed 38 at 832 (docs/takeover.md). With another seed, expect to wait.",
        {"seed": 38},
        {"steps": 4096, "every": 32, "stop": "takeover+1024"},
    ),
    "paper": Preset(
        "The paper's long run (Figs. 5 to 7): 131,072 programs for 16,384 epochs; 40 % of the seeds transition.",
        {},
        {"steps": 16_384, "every": 64},
    ),
}


@final
class Bff(SoupExperiment[BffConfig]):
    """Random pairs of programs are joined, run as one self-modifying tape, and split again."""

    name = "life/bff"
    version = 1
    summary = "Self-replicating programs emerge from random bytes that run on each other."
    Config = BffConfig
    views: ClassVar[dict[str, View]] = {
        **pictures.views(heads.LEGEND),
        **maps.views(heads.LEGEND, world_of),
        **provenance.views(world_of),
    }
    presets = PRESETS
    claims = CLAIMS + tokens.CLAIMS
    variants: ClassVar[dict[str, dict[str, Any]]] = {
        **{language: {"language": language} for language in LANGUAGES},
        "tokens": {"tokens": True},
    }
    source = computational_life(
        "The soup follows the authors' simulator bit for bit with the same seed. The compressor is the "
        "Python binding of brotli, whose output is sometimes one byte longer. Replicators are counted in a random "
        "sample. Programs of other lengths than 64 bytes are ours."
    )

    def known_result(self, config: BffConfig) -> KnownResult:
        """The evaluator on 10,000 random tapes, against the operations and the hash of the authors' implementation."""
        return authors_evaluator(config.language)
