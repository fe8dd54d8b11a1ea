"""Z80 machine code on a grid: programs of 16 bytes meet their neighbours (arXiv 2406.19108, section 3.3)."""

from __future__ import annotations

import dataclasses
from typing import Annotated, final

from primordia.core.config import Spec
from primordia.core.experiment import KnownResult, Preset
from primordia.core.findings import Finding, Table
from primordia.core.metrics import Metric, Row, Transition
from primordia.core.streams import Streams
from primordia.life import maps, pictures
from primordia.life.claims.z80 import BLOCK_COPIER, CLAIMS, ENOUGH, SAMPLE, copied_after, sampled_replicators, ways
from primordia.life.experiments import settings
from primordia.life.experiments.paper import computational_life
from primordia.life.experiments.soups import METRICS, SoupExperiment, SoupState
from primordia.life.experiments.worlds import world_of
from primordia.life.lineage import pictures as provenance
from primordia.life.substrates import FAMILIES
from primordia.life.substrates.z80 import LEGEND

LABORATORY = "the authors' browser laboratory (znah/zff)"


@dataclasses.dataclass(frozen=True)
class Z80Config(settings.SoupConfig):
    """Settings of a soup of Z80 programs."""

    language: Annotated[str, Spec("the processor", choices=FAMILIES["z80"], source="arXiv 2406.19108, section 3.3")] = (
        "z80"
    )
    n_programs: Annotated[
        int,
        Spec("programs in the soup", "programs", ge=2, le=2**22, multiple_of=2, source=f"200 x 200: {LABORATORY}"),
    ] = 40_000
    tape_length: Annotated[
        int, Spec("bytes of one program", "bytes", ge=16, le=1024, power_of_two=True, source="16: section 3.3")
    ] = 16
    mutation_rate: Annotated[
        float,
        Spec(
            "probability that a byte is replaced by a random one before an interaction, in steps of 2^-30",
            ge=0.0,
            le=1.0,
            source=f"2^-9, one in the 32 bytes of every 16th pair: {LABORATORY}",
        ),
    ] = 2.0**-9
    max_steps: Annotated[
        int,
        Spec(
            "instructions after which an interaction is cut off",
            "instructions",
            ge=1,
            le=2**20,
            source=f"{LABORATORY}; 256 in section 3.3",
        ),
    ] = 128
    world: settings.World = "grid"
    radius: settings.Radius = 1
    neighbourhood: settings.Neighbourhood = "cross"


STRICT = {
    "strict_replicator_share": Metric(
        "share",
        "up",
        f"Share of {SAMPLE} programs drawn at random that pass on three quarters of their bytes or more. What any "
        "program leaves behind, as the addresses that RST pushes, gives scores of up to half the bytes.",
    ),
}
TRANSITIONS = {
    "appearance": Transition(
        "strict_replicator_share",
        ENOUGH / SAMPLE,
        f"The first row in which {ENOUGH} of {SAMPLE} programs drawn at random pass on three quarters of their bytes.",
        before="pre-life",
        after="replicators",
    ),
    "takeover": Transition(
        "strict_replicator_share",
        0.05,
        "One program in twenty is a strict replicator; their relatives are everywhere on the grid. High-order "
        "complexity does not tell: addresses that RST smears over the soup raise it above 1 within 20 epochs.",
        before="before takeover",
        after="life",
    ),
}

PRESETS = {
    "small": Preset(
        "256 programs and a few epochs: for checks, not for life.",
        {"n_programs": 256},
        {"steps": 16, "every": 4},
    ),
    "quick": Preset(
        "The whole grid, 200 x 200, seed 0: programs that push their own bytes are there after 80 epochs and spread as "
        "fronts. The seed was chosen; others may take thousands of epochs (claim V32).",
        {"seed": 0},
        {"steps": 1000, "every": 20, "stop": "takeover+400"},
    ),
    "demo": Preset(
        "The same grid for 5,000 epochs, seed 2: first pushers of several kinds; after about 3,500 epochs a program "
        "that uses its own bytes as a chain of return addresses displaces them. The seed was chosen.",
        {"seed": 2},
        {"steps": 5000, "every": 40},
    ),
    "paper": Preset(
        "The step limit of the paper, 256, for as long as the authors' laboratory describes: 10,000 of its batches.",
        {"max_steps": 256},
        {"steps": 5240, "every": 40},
    ),
}


@final
class Z80(SoupExperiment[Z80Config]):
    """Neighbours on a grid are joined to a memory of 32 bytes, on which a Z80 runs from power-up."""

    name = "life/z80"
    version = 1
    summary = "Self-replicating machine code on a grid of Z80 programs: those that push their own bytes come first."
    Config = Z80Config
    metrics = METRICS | STRICT
    transitions = TRANSITIONS
    views = maps.views(LEGEND, world_of) | pictures.views(LEGEND) | provenance.views(world_of)
    presets = PRESETS
    claims = CLAIMS
    source = computational_life(
        "Every epoch pairs neighbours that are still free, all over the grid, and any byte may mutate; "
        "the authors' laboratory draws batches of up to 8,192 pairs and then replaces random bytes of the grid, one "
        "for 16 pairs. The limit of 128 steps is the laboratory's; section 3.3 has 256."
    )

    def measure(self, config: Z80Config, state: SoupState, streams: Streams, t: int) -> Row:
        """What all soups are measured by, and the share of strict replicators."""
        strict = sampled_replicators(state.soup, streams, t, config.max_steps)
        return {**super().measure(config, state, streams, t), "strict_replicator_share": len(strict) / SAMPLE}

    def findings(self, config: Z80Config, state: SoupState, streams: Streams, t: int) -> tuple[Finding, ...]:
        """What all soups show, and how the replicators copy: through the stack, in blocks, or byte by byte."""
        found = ways(state.soup, streams, t, config.max_steps)
        table = Table(
            "How the replicators copy",
            ("way", "programs", "most frequent", "written by"),
            tuple(found),
            f"Distinct strict replicators among {SAMPLE} programs drawn at random. The way is that of most bytes that "
            "arrive in 16 random partners: stack (PUSH, EX (SP), CALL, RST), block (LDI, LDD, LDIR, LDDR) or single "
            "loads.",
        )
        return (*super().findings(config, state, streams, t), table)

    def known_result(self, config: Z80Config) -> KnownResult:
        """A block copy on the processor, against its manual."""
        setup = {"program": BLOCK_COPIER.hex(), "partners": (0x00, 0xAA, 0xFF), "steps": 18}
        return KnownResult(
            "LD DE,0010; LD BC,0010; LDIR copies 16 bytes in 18 steps, whatever stands there",
            "Zilog Z80 CPU User Manual, LDIR",
            16,
            lambda: copied_after(setup).value,
        )
