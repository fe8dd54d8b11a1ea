"""The paper that the soups of this wing come from."""

from __future__ import annotations

from primordia.core.experiment import Paper


def computational_life(how_we_differ: str) -> Paper:
    """The paper arXiv 2406.19108, with what an experiment of ours does otherwise."""
    return Paper(
        title="Computational Life: How Well-formed, Self-replicating Programs Emerge from Simple Interaction",
        authors="B. Agüera y Arcas, J. Alakuijala, J. Evans, B. Laurie, A. Mordvintsev, E. Niklasson, E. Randazzo, "
        "L. Versari",
        year=2024,
        arxiv="2406.19108",
        how_we_differ=how_we_differ,
    )
