"""Settings that soups have in common, each with its meaning, unit, range and source."""

from __future__ import annotations

import abc
import dataclasses
from typing import Annotated, TypeAlias

from primordia.core.config import Spec

WORLDS = ("mixed", "fixed", "cyclic", "ring", "grid", "torus", "islands", "edges")
NEIGHBOURHOODS = ("square", "cross")
CUBFF = "the authors' simulator (cubff)"

Seed: TypeAlias = Annotated[
    int, Spec("the number that every random draw of the run follows from", ge=0, le=2**64 - 1, source="ours")
]
Language: TypeAlias = Annotated[
    str, Spec("the instruction set of the programs", source="the paper's BFF is bff_noheads (section 2)")
]
Programs: TypeAlias = Annotated[
    int,
    Spec("programs in the soup", "programs", ge=2, le=2**22, multiple_of=2, source="arXiv 2406.19108, section 2.1"),
]
TapeLength: TypeAlias = Annotated[
    int,
    Spec(
        "bytes of one program; a language may allow fewer lengths",
        "bytes",
        ge=16,
        le=1024,
        power_of_two=True,
        source="arXiv 2406.19108, section 2.1",
    ),
]
MutationRate: TypeAlias = Annotated[
    float,
    Spec(
        "probability that a byte is replaced by a random one before an interaction, in steps of 2^-30",
        ge=0.0,
        le=1.0,
        source="arXiv 2406.19108, section 2.1: 2^-12, given as 0.024 %",
    ),
]
MaxSteps: TypeAlias = Annotated[
    int,
    Spec("steps after which an interaction is cut off", "steps", ge=1, le=2**20, source="section 2.1: 2^13"),
]
World: TypeAlias = Annotated[
    str,
    Spec(
        "who meets whom (docs/worlds.md)",
        choices=WORLDS,
        source="arXiv 2406.19108: well mixed in section 2.1, a grid in sections 2.2 and 3.3",
    ),
]
Width: TypeAlias = Annotated[
    int,
    Spec(
        "programs in a row of a grid or torus; 0: what height leaves, or as square as n_programs allows",
        "programs",
        ge=0,
        le=2**22,
        source="ours",
    ),
]
Height: TypeAlias = Annotated[
    int, Spec("rows of a grid or torus; 0: what width leaves", "programs", ge=0, le=2**22, source="ours")
]
Radius: TypeAlias = Annotated[
    int,
    Spec(
        "how far away a neighbour may be on a ring, grid or torus",
        "programs",
        ge=1,
        le=64,
        source="2: arXiv 2406.19108, section 2.2; 1: the authors' browser laboratory (znah/zff)",
    ),
]
Neighbourhood: TypeAlias = Annotated[
    str,
    Spec(
        "what radius bounds on a grid or torus: the larger of the two distances (square) or their sum (cross)",
        choices=NEIGHBOURHOODS,
        source="square: arXiv 2406.19108, section 2.2; cross: the authors' browser laboratory (znah/zff)",
    ),
]
IslandCount: TypeAlias = Annotated[
    int, Spec("islands of the world islands, of equal size", "islands", ge=1, le=2**20, source="ours")
]
MigrationRate: TypeAlias = Annotated[
    float,
    Spec(
        "probability per epoch that a program and that in its place on the next island are each other's guests",
        ge=0.0,
        le=1.0,
        source="ours",
    ),
]
Edges: TypeAlias = Annotated[
    str,
    Spec(
        'who may act on whom in the world edges: lines "a b", or "a-b" pairs with blanks between',
        source=f"interaction_pattern of {CUBFF}",
    ),
]
InteractionRate: TypeAlias = Annotated[
    float,
    Spec("probability that a pair that meets is executed, and not mutated only", ge=0.0, le=1.0, source="1: no limit"),
]
ZeroStart: TypeAlias = Annotated[
    bool, Spec("whether the soup starts as zeros and not as random bytes", source=f"zero_init of {CUBFF}")
]
Organism: TypeAlias = Annotated[
    str,
    Spec(
        "a program, written in its language, that is put into the soup; empty: none",
        source=f"initial_program of {CUBFF}",
    ),
]
OrganismPlace: TypeAlias = Annotated[
    int,
    Spec(
        "the program of the soup whose first bytes the organism replaces",
        "index of a program",
        ge=0,
        le=2**22 - 1,
        source=f"initial_program of {CUBFF}: program 0",
    ),
]
OrganismEpoch: TypeAlias = Annotated[
    int, Spec("the epoch before which the organism is put in", "epochs", ge=0, le=2**40, source="0: the start")
]
ResetEvery: TypeAlias = Annotated[
    int,
    Spec(
        "all programs start anew after epoch 0 and then whenever so many epochs have passed; 0: never",
        "epochs",
        ge=0,
        le=2**40,
        source=f"reset_interval of {CUBFF}",
    ),
]
Tokens: TypeAlias = Annotated[
    bool,
    Spec(
        "whether every byte carries a tracer token, which says where it entered the soup (docs/tokens.md)",
        source="arXiv 2406.19108, section 2.1; off, because it costs time and eight bytes for every byte of the soup",
    ),
]


@dataclasses.dataclass(frozen=True)
class SoupConfig(abc.ABC):  # noqa: B024 (nothing to call: its subclasses differ in fields)
    """What every soup of programs can be told. A subclass says which languages it has, and other defaults if any.

    A field of the same name in a subclass takes the place of the one here.
    """

    seed: Seed = 0
    language: Language = "bff_noheads"
    n_programs: Programs = 131_072
    tape_length: TapeLength = 64
    mutation_rate: MutationRate = 2.0**-12
    max_steps: MaxSteps = 8192
    world: World = "mixed"
    width: Width = 0
    height: Height = 0
    radius: Radius = 2
    neighbourhood: Neighbourhood = "square"
    n_islands: IslandCount = 8
    migration_rate: MigrationRate = 0.001
    edges: Edges = ""
    interaction_rate: InteractionRate = 1.0
    zero_start: ZeroStart = False
    organism: Organism = ""
    organism_place: OrganismPlace = 0
    organism_epoch: OrganismEpoch = 0
    reset_every: ResetEvery = 0
    tokens: Tokens = False
