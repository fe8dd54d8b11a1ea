"""Soups in space: programs on a grid meet their neighbours only (arXiv 2406.19108, section 2.2)."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, ClassVar, final

from primordia.core.config import Spec
from primordia.core.experiment import KnownResult, Preset
from primordia.core.views import View
from primordia.life import maps, pictures
from primordia.life.authors.soups import SOUPS
from primordia.life.claims.spatial import CLAIMS, DEMO_REPLICATOR
from primordia.life.experiments import settings
from primordia.life.experiments.known import authors_soup
from primordia.life.experiments.paper import computational_life
from primordia.life.experiments.soups import SoupExperiment
from primordia.life.experiments.worlds import world_of
from primordia.life.lineage import pictures as provenance
from primordia.life.substrates import OWN
from primordia.life.substrates.bff_noheads import SUBSTRATE as BFF_NOHEADS

SECTION = "arXiv 2406.19108, section 2.2"
ORGANISM = BFF_NOHEADS.format(bytes.fromhex(DEMO_REPLICATOR))

LEGEND = {
    "other": "not an instruction",
    "null": "null byte",
    "loop": "loops and jumps",
    "head0": "moves head 0; pushes or loads a number",
    "head1": "moves head 1; works on stack or registers",
    "write": "changes a byte",
    "copy": "copies a byte",
}
"""For all languages at once; each has words of its own (`primordia life disassemble`)."""


@final
@dataclasses.dataclass(frozen=True)
class SpatialConfig(settings.SoupConfig):
    """Settings of a soup on a grid."""

    language: Annotated[
        str, Spec("the instruction set of the programs", choices=OWN, source="bff_noheads: section 2.1")
    ] = "bff_noheads"
    n_programs: Annotated[
        int, Spec("programs in the soup", "programs", ge=2, le=2**22, multiple_of=2, source=f"240 x 135: {SECTION}")
    ] = 32_400
    world: Annotated[
        str, Spec("who meets whom (docs/worlds.md)", choices=settings.WORLDS, source=f"bounded grid: {SECTION}")
    ] = "grid"
    width: Annotated[
        int,
        Spec(
            "programs in a row of a grid or torus; 0: what height leaves, or as square as n_programs allows",
            "programs",
            ge=0,
            le=2**22,
            source=f"240 x 135: {SECTION}",
        ),
    ] = 240


PRESETS = {
    "small": Preset(
        "16 x 16 programs and a few epochs: for checks, not for life.",
        {"n_programs": 256, "width": 0},
        {"steps": 16, "every": 4},
    ),
    "quick": Preset(
        "A front in seconds: 64 x 64 random programs, one replicator in the middle (the one that arose in the demo of "
        "life/bff). Seed 0 crosses the line of takeover at 96 epochs and half the grid is kin of it after 400. Of the "
        "seeds 0 to 19 three were taken over within 640 epochs; in the others the one copy was lost.",
        {"n_programs": 4096, "width": 0, "organism": ORGANISM, "organism_place": 2080},
        {"steps": 640, "every": 16},
    ),
    "demo": Preset(
        "Life on the paper's grid out of noise: 240 x 135 programs of the four-bit language, nothing planted. The "
        "seeds 0 to 9 were all taken over, after 80 to 1,296 epochs (median 224), seed 0 after 384.",
        {"language": "bff_noheads_4bit"},
        {"steps": 1024, "every": 16, "views_every": 64},
    ),
    "paper": Preset(
        "The paper's grid with nothing planted, for as long as its well-mixed runs. It gives neither times nor rates "
        "for the grid; expect to wait longer than well mixed, or in vain.",
        {},
        {"steps": 16_384, "every": 64},
    ),
}


@final
class Spatial(SoupExperiment[SpatialConfig]):
    """Programs on a grid name a neighbour within two places; pairs run as one tape. Life spreads as a front."""

    name = "life/spatial"
    version = 1
    summary = "Programs on a grid: replicators spread as fronts, and several families live side by side."
    Config = SpatialConfig
    views: ClassVar[dict[str, View]] = {
        **maps.views(LEGEND, world_of),
        **pictures.views(LEGEND),
        **provenance.views(world_of),
    }
    presets = PRESETS
    claims = CLAIMS
    variants: ClassVar[dict[str, dict[str, Any]]] = {
        "grid": {},
        "torus": {"world": "torus"},
    }
    source = computational_life(
        "The soup follows the authors' simulator bit for bit when that is given the same neighbours as "
        "an interaction pattern; here no pattern is stored. Torus, ring, cross-shaped neighbourhoods and radii "
        "other than 2 are ours. The paper states no mutation rate for its grid; the default is the well-mixed one."
    )

    def known_result(self, config: SpatialConfig) -> KnownResult:
        """A soup of the authors' simulator in the same world."""
        named = "cross" if config.neighbourhood == "cross" else config.world
        return authors_soup(self, named if named in SOUPS else "mixed")
