"""A soup in shards: islands, each a well-mixed soup, that every k epochs bring a share of their programs together."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, ClassVar, final

from primordia.core.config import Spec
from primordia.core.errors import ConfigError
from primordia.core.experiment import KnownResult, Preset
from primordia.core.metrics import Metric, Row
from primordia.core.shards import Sharding
from primordia.core.streams import Streams
from primordia.core.views import View
from primordia.life import maps, pictures
from primordia.life.archipelago import islands
from primordia.life.archipelago.sharding import ArchipelagoSharding
from primordia.life.archipelago.tallies import METRICS, TRANSITIONS
from primordia.life.claims.archipelago import CLAIMS
from primordia.life.experiments import settings
from primordia.life.experiments.known import authors_soup
from primordia.life.experiments.paper import computational_life
from primordia.life.experiments.soups import METRICS as OF_SOUPS
from primordia.life.experiments.soups import SoupExperiment, SoupState, token_row
from primordia.life.experiments.spatial import LEGEND
from primordia.life.lineage import pictures as provenance
from primordia.life.worlds import World

IN_ONE_PROCESS = 2**22
"""Programs of the largest soup that one process runs; one that lies in shards may have more."""


@final
@dataclasses.dataclass(frozen=True)
class ArchipelagoConfig:
    """Settings of an archipelago: those of every soup but for its world, which has three of its own."""

    seed: settings.Seed = 0
    language: Annotated[
        str,
        Spec(
            "the instruction set of the programs: one of primordia's, or one that another package announces",
            source="the paper's BFF is bff_noheads (arXiv 2406.19108, section 2)",
        ),
    ] = "bff_noheads"
    n_programs: Annotated[
        int,
        Spec(
            "programs in the soup; more than 4,194,304 only where it lies in shards",
            "programs",
            ge=2,
            le=2**40,
            multiple_of=2,
            source="arXiv 2406.19108, section 2.1",
        ),
    ] = 131_072
    tape_length: settings.TapeLength = 64
    mutation_rate: settings.MutationRate = 2.0**-12
    max_steps: settings.MaxSteps = 8192
    n_islands: Annotated[
        int,
        Spec(
            "islands of equal size; where the soup lies in shards, each is one",
            "islands",
            ge=1,
            le=2**16,
            source="ours",
        ),
    ] = 8
    exchange_every: Annotated[
        int,
        Spec("epochs from one exchange to the next; the first is in epoch 0", "epochs", ge=1, le=2**40, source="ours"),
    ] = 16
    exchange_share: Annotated[
        float,
        Spec(
            "share of every island's programs, drawn at random and in whole pairs, that meet those of all islands in "
            "an exchange; with 1, and an exchange in every epoch, the soup is well mixed",
            ge=0.0,
            le=1.0,
            source="ours",
        ),
    ] = 2.0**-6
    zero_start: settings.ZeroStart = False
    organism: settings.Organism = ""
    organism_place: settings.OrganismPlace = 0
    organism_epoch: settings.OrganismEpoch = 0
    reset_every: settings.ResetEvery = 0
    tokens: settings.Tokens = False


FOUR_BIT = {"language": "bff_noheads_4bit", "exchange_every": 64, "exchange_share": 2.0**-6}
PRESETS = {
    "small": Preset(
        "256 programs on four islands and a few epochs: for checks, not for life.",
        {"n_programs": 256, "n_islands": 4, "exchange_every": 2, "exchange_share": 0.25},
        {"steps": 16, "every": 4},
    ),
    "quick": Preset(
        "Life goes from island to island in seconds: sixteen islands of 1,024 programs of the four-bit language, of "
        "each of which 16 travel every 64 epochs. The seeds 0 to 9 had a first island taken over by epoch 16 to 336 "
        "and all of them by 144 to 592 (looked at every 16); without exchange the seeds 0 to 3 had one to three "
        "islands after 768.",
        {**FOUR_BIT, "n_programs": 16_384, "n_islands": 16},
        {"steps": 1024, "every": 8, "stop": "takeover+64"},
    ),
    "demo": Preset(
        "The same with 64 islands. The seeds 0 to 3 had a first island taken over by epoch 16 to 48 and all of them by "
        "208 to 272 (looked at every 16).",
        {**FOUR_BIT, "n_programs": 65_536, "n_islands": 64},
        {"steps": 1024, "every": 16, "stop": "takeover+64", "views_every": 16},
    ),
}


@final
class ArchipelagoSoup(SoupExperiment[Any]):
    """Islands of programs that meet in pairs; in an exchange some travel, meet those of all islands and go home."""

    name = "life/archipelago"
    version = 1
    summary = "A soup in shards: well-mixed islands that exchange programs, on one machine or on many."
    Config = ArchipelagoConfig
    metrics: ClassVar[dict[str, Metric]] = {**METRICS, **{name: of for name, of in OF_SOUPS.items() if of.needs}}
    transitions = TRANSITIONS
    bands: ClassVar[dict[str, tuple[str, str]]] = {
        "high_order_complexity": ("lowest_island_complexity", "highest_island_complexity")
    }
    views: ClassVar[dict[str, View]] = {
        **maps.views(LEGEND, islands.world_of),
        **pictures.views(LEGEND),
        **provenance.views(islands.world_of),
    }
    sharding: ClassVar[Sharding[Any, SoupState] | None] = ArchipelagoSharding()
    presets = PRESETS
    claims = CLAIMS
    variants: ClassVar[dict[str, dict[str, Any]]] = {
        "archipelago": {},
        "well_mixed": {"exchange_every": 1, "exchange_share": 1.0},
    }
    source = computational_life(
        "Islands and exchanges are ours. With one island, or with an exchange of everybody in every epoch, the soup is "
        "the authors' bit for bit. Complexity is that of each island; programs are counted island by island, and "
        "replicators in a random sample."
    )

    def world(self, config: Any) -> World:
        """Who meets whom."""
        return islands.world_of(config)

    def check(self, config: Any) -> None:
        """See `SoupExperiment.check`; refuses a soup that is too large for one process."""
        islands.check(config)
        if config.n_programs > IN_ONE_PROCESS:
            raise ConfigError(
                f"n_programs={config.n_programs} is more than one process runs: take at most {IN_ONE_PROCESS}, or have "
                "actors hold its islands (--actors)."
            )

    def measure(self, config: Any, state: SoupState, streams: Streams, t: int) -> Row:
        """What the islands count, merged; and the tokens of all together if there are any."""
        shards = ArchipelagoSharding()
        parts = enumerate(shards.split(config, state))
        row = shards.merge_measures(config, [shards.measure(config, part, streams, k, t) for k, part in parts])
        return row if state.tokens is None else {**row, **token_row(state)}

    def known_result(self, config: Any) -> KnownResult:
        """A soup of the authors' simulator, which is an archipelago in which all travel in every epoch."""
        return authors_soup(self, "mixed", ArchipelagoConfig, n_islands=4, exchange_every=1, exchange_share=1.0)
