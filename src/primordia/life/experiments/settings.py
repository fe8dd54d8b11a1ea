"""Settings that several soups have in common, each with its meaning, unit, range and source."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from primordia.core.config import Spec

Seed: TypeAlias = Annotated[
    int, Spec("the number that every random draw of the run follows from", ge=0, le=2**64 - 1, source="ours")
]
Programs: TypeAlias = Annotated[
    int,
    Spec("programs in the soup", "programs", ge=2, le=2**22, multiple_of=2, source="arXiv 2406.19108, section 2.1"),
]
TapeLength: TypeAlias = Annotated[
    int,
    Spec("bytes of one program", "bytes", ge=16, le=64, power_of_two=True, source="arXiv 2406.19108, section 2.1"),
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
