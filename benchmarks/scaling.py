"""Time of an epoch against the number of programs, as a table and a picture; called by benchmarks/life.py."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import numpy as np

from primordia.life import soup

SIZES = tuple(2**power for power in range(10, 23))


def scaling(language: str, seed: int, repeats: int, seconds: float, out: Path | None) -> None:
    """Prints seconds per epoch of young soups of 2^10 to 2^22 programs, the sizes in turns; `out` is for a picture.

    A stretch of epochs takes at least so many seconds, or is a single epoch.
    """
    soups = {n: soup.random_soup(seed, n) for n in SIZES}
    windows = {n: max(1, round(seconds / max(epochs(language, soups[n], seed, 2), 1e-6))) for n in SIZES}
    turns: dict[int, list[float]] = {n: [] for n in SIZES}
    for _ in range(repeats):
        for n in SIZES:
            turns[n].append(epochs(language, soups[n], seed, windows[n]))
    medians = np.array([statistics.median(turns[n]) for n in SIZES])
    print(f"\n{language}, young soups, seed {seed}\nprograms  | ms per epoch | ns per pair: median (least to most)")
    for n, median in zip(SIZES, medians, strict=True):
        low, high = (extreme(turns[n]) * 2e9 / n for extreme in (min, max))
        print(f"{n:9,} | {median * 1e3:12.3f} | {median * 2e9 / n:8.1f} ({low:.1f} to {high:.1f})")
    slope = np.polyfit(np.log(SIZES), np.log(medians), 1)[0]
    print(f"slope of log time against log programs: {slope:.3f} (1 is linear)")
    if out:
        draw(language, medians, slope, out)


def epochs(language: str, start: np.ndarray, seed: int, n_epochs: int) -> float:
    """Seconds per epoch."""
    begin = time.perf_counter()
    soup.run_epochs(
        language, start, seed=seed, first_epoch=0, n_epochs=n_epochs, mutation_threshold=1 << 18, max_steps=8192
    )
    return (time.perf_counter() - begin) / n_epochs


def draw(language: str, medians: np.ndarray, slope: float, out: Path) -> None:
    """The picture: both axes logarithmic, with a straight line through the largest soup."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.add_subplot()
    line = medians[-1] * np.array(SIZES) / SIZES[-1]
    axes.loglog(SIZES, line * 1e3, color="0.7", label="linear in the number of programs")
    axes.loglog(SIZES, medians * 1e3, "o", color="#1f6fd0", label=f"measured, slope {slope:.3f}")
    axes.set_xlabel("programs in the soup")
    axes.set_ylabel("ms per epoch")
    axes.set_title(f"{language}, young soups")
    axes.legend(frameon=False)
    figure.savefig(out, dpi=110)
