"""A soup of any language in any world, also of languages that other packages bring."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, ClassVar, final

from primordia.core.claims import Claim, Expected
from primordia.core.config import Spec
from primordia.core.experiment import KnownResult, Preset
from primordia.core.views import View
from primordia.life import maps, pictures
from primordia.life.authors.soups import EPOCHS, SOUPS
from primordia.life.experiments import settings
from primordia.life.experiments.known import agreeing_soups, authors_soup
from primordia.life.experiments.paper import computational_life
from primordia.life.experiments.soups import SoupExperiment
from primordia.life.experiments.spatial import LEGEND
from primordia.life.experiments.worlds import world_of
from primordia.life.lineage import pictures as provenance


@final
@dataclasses.dataclass(frozen=True)
class SoupSettings(settings.SoupConfig):
    """Settings of a soup of any language."""

    language: Annotated[
        str,
        Spec(
            "the instruction set of the programs: one of primordia's, or one that another package announces",
            source="the paper's BFF is bff_noheads (arXiv 2406.19108, section 2)",
        ),
    ] = "bff_noheads"


PRESETS = {
    "small": Preset(
        "256 programs and a few epochs: for checks, not for life.",
        {"n_programs": 256},
        {"steps": 16, "every": 4},
    ),
    "archipelago": Preset(
        "Sixteen islands of 1,024 programs of the four-bit language; now and then a program is a guest next door. The "
        "seeds 0 to 3 were taken over island after island: the first by epoch 32 to 352, the last 96 to 160 epochs "
        "later (seen every 32 epochs).",
        {"language": "bff_noheads_4bit", "n_programs": 16_384, "world": "islands", "n_islands": 16},
        {"steps": 512, "every": 8},
    ),
}

CLAIMS = (
    Claim(
        "W01",
        "In every world and with every option that it has, the authors' simulator writes these soups.",
        "the authors' simulator (paradigms-of-intelligence/cubff, commit f212e84), run for this",
        {"soups": tuple(SOUPS), "epochs": EPOCHS},
        lambda setup: agreeing_soups(AnySoup()),
        Expected(3 * len(SOUPS), 3 * len(SOUPS), "integer machines agree exactly: three moments of each"),
        "quick",
        "seconds",
    ),
)


@final
class AnySoup(SoupExperiment[SoupSettings]):
    """The workbench: every setting that soups have, and every language that is installed."""

    name = "life/soup"
    version = 1
    summary = "A soup of any installed language, your own included, in any world."
    Config = SoupSettings
    views: ClassVar[dict[str, View]] = {
        **maps.views(LEGEND, world_of),
        **pictures.views(LEGEND),
        **provenance.views(world_of),
    }
    presets = PRESETS
    claims = CLAIMS
    variants: ClassVar[dict[str, dict[str, Any]]] = {
        "mixed": {},
        "islands": {"world": "islands", "reset_every": 2, "organism": "[[{.>]-]", "organism_epoch": 1},
    }
    source = computational_life(
        "Worlds and options that the authors' simulator has give its soups bit for bit. Islands, limits "
        "on interactions, organisms that come later or elsewhere, and tape lengths other than 64 are ours."
    )

    def known_result(self, config: SoupSettings) -> KnownResult:
        """A soup of the authors' simulator in the same world; a single island is well mixed."""
        if config.world == "islands":
            return authors_soup(self, "mixed", world="islands", n_islands=1)
        return authors_soup(self, config.world if config.world in SOUPS else "mixed")
