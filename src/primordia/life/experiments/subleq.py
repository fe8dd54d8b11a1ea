"""SUBLEQ soups: life that does not arise by itself, and spreads at once where it is planted (arXiv 2406.19108)."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, ClassVar, final

from primordia.core.config import Spec
from primordia.core.experiment import KnownResult, Preset
from primordia.life import pictures
from primordia.life.claims.subleq import CLAIMS
from primordia.life.experiments import settings
from primordia.life.experiments.known import authors_evaluator
from primordia.life.experiments.paper import computational_life
from primordia.life.experiments.soups import SoupExperiment
from primordia.life.experiments.worlds import world_of
from primordia.life.golden import RSUBLEQ4_REPLICATOR
from primordia.life.lineage import pictures as provenance
from primordia.life.substrates import FAMILIES
from primordia.life.substrates.operands import LEGEND

LANGUAGES = FAMILIES["subleq"]
ORGANISM = RSUBLEQ4_REPLICATOR.hex(" ").upper()


@final
@dataclasses.dataclass(frozen=True)
class SubleqConfig(settings.SoupConfig):
    """Settings of a soup of SUBLEQ programs."""

    language: Annotated[
        str,
        Spec(
            "the instruction set of the programs",
            choices=LANGUAGES,
            source="arXiv 2406.19108, section 3.2: the replicator of 25 bytes is written in rsubleq4",
        ),
    ] = "rsubleq4"


PRESETS = {
    "small": Preset(
        "256 programs and a few epochs: for checks, not for life.",
        {"n_programs": 256},
        {"steps": 16, "every": 4},
    ),
    "quick": Preset(
        "A planted replicator takes over in seconds: 8,192 random programs, the first of which begins with the 25 "
        "bytes of the paper. Of the seeds 0 to 29, 19 were taken over, all within 40 epochs (claim V27); seed 0 after "
        "36. In the others the one copy was lost.",
        {"n_programs": 8192, "organism": ORGANISM},
        {"steps": 256, "every": 4, "stop": "takeover+128"},
    ),
    "planted": Preset(
        "The same at the paper's scale of 131,072 programs; with seed 0 it takes about 48 epochs.",
        {"organism": ORGANISM},
        {"steps": 512, "every": 8, "stop": "takeover+256"},
    ),
    "random": Preset(
        "Nothing planted, and nothing happens: 131,072 random programs stay uniform noise for as long as anyone has "
        "looked (claim V26).",
        {},
        {"steps": 1024, "every": 64},
    ),
}


@final
class Subleq(SoupExperiment[SubleqConfig]):
    """Pairs of programs with a single instruction are joined, run as one self-modifying tape, and split again."""

    name = "life/subleq"
    version = 1
    summary = "One instruction only: random soups stay noise, a planted replicator takes over at once."
    Config = SubleqConfig
    views = pictures.views(LEGEND) | provenance.views(world_of)
    presets = PRESETS
    claims = CLAIMS
    variants: ClassVar[dict[str, dict[str, Any]]] = {language: {"language": language} for language in LANGUAGES}
    source = computational_life(
        "The soup follows the authors' simulator bit for bit with the same seed. Replicators are "
        "counted in a random sample. Program lengths other than 64 bytes are ours. The paper's SUBLEQ replicator of "
        "60 bytes is not published, so only rsubleq4 is planted."
    )

    def known_result(self, config: SubleqConfig) -> KnownResult:
        """The evaluator on 10,000 random tapes, against the operations and the hash of the authors' implementation."""
        return authors_evaluator(config.language)
