"""Epochs per second beside other Python programs for the same soups, each at the places of a run given below.

    python benchmarks/peers.py --soderstrom path/to/gustavsoderstrom/computational-life --pybff path/to/PyBFF

Both peers are read from a checkout; nothing of them is kept here. What is timed of a peer is its own epoch: shuffle,
interactions and, where it has them, mutations, without its logging and without its measures. All start from the same
soup; turns alternate. PyBFF is so much slower that it gets 2,048 programs, and its time is scaled to the full number.
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import statistics
import sys
import time
from collections.abc import Callable
from multiprocessing import Pool, cpu_count
from pathlib import Path
from types import ModuleType

import numpy as np

from primordia.life.soup import random_soup, run_epochs

N_PROGRAMS, SEED = 131_072, 38
PLACES = (0, 2_000)
N_PYBFF = 2_048


def module(path: Path, folder: Path) -> ModuleType:
    sys.path.insert(0, str(folder))
    found = importlib.util.spec_from_file_location(path.stem, path)
    assert found is not None, path
    assert found.loader is not None, path
    made = importlib.util.module_from_spec(found)
    sys.modules[path.stem] = made
    found.loader.exec_module(made)
    return made


def ours(soup: np.ndarray, epoch: int, n_epochs: int) -> float:
    start = time.perf_counter()
    run_epochs(
        "bff_noheads",
        soup,
        seed=SEED,
        first_epoch=epoch,
        n_epochs=n_epochs,
        mutation_threshold=2**18,
        max_steps=8192,
    )
    return (time.perf_counter() - start) / n_epochs


def soderstrom(folder: Path) -> Callable[[np.ndarray], float]:
    peer = module(folder / "bff_soup.py", folder)
    peer.run_epoch_parallel(np.zeros((4, 64), np.uint8), 2)

    def turn(soup: np.ndarray) -> float:
        indices, n_epochs = np.arange(len(soup)), 3
        start = time.perf_counter()
        for _ in range(n_epochs):
            np.random.shuffle(indices)  # noqa: NPY002  (what the peer does)
            soup = soup[indices]
            peer.run_epoch_parallel(soup, len(soup) // 2)
        return (time.perf_counter() - start) / n_epochs

    return turn


def pybff(folder: Path) -> Callable[[np.ndarray], float]:
    emulate = module(folder / "emulator.py", folder).emulate
    mutate = sys.modules["utils"].mutate

    def turn(soup: np.ndarray) -> float:
        programs = [bytearray(row.tobytes()) for row in soup[:N_PYBFF]]
        start = time.perf_counter()
        order = random.sample(range(N_PYBFF), N_PYBFF)
        pairs = [(order[i], order[i + 1]) for i in range(0, N_PYBFF, 2)]
        with Pool(cpu_count()) as pool:
            ends = pool.starmap(emulate, [(programs[i] + programs[j], 0, 64) for i, j in pairs])
        for (i, j), (tape, *_) in zip(pairs, ends, strict=True):
            programs[i], programs[j] = (mutate(half, mutation_rate=0.00012) for half in (tape[:64], tape[64:]))
        return (time.perf_counter() - start) * len(soup) / N_PYBFF

    return turn


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--soderstrom", type=Path)
    parser.add_argument("--pybff", type=Path)
    parser.add_argument("--repeats", type=int, default=5)
    wanted = parser.parse_args()
    peers = {"gustavsoderstrom/computational-life (Numba)": soderstrom(wanted.soderstrom)} if wanted.soderstrom else {}
    peers |= {"TheDevilWillBeBee/PyBFF (multiprocessing)": pybff(wanted.pybff)} if wanted.pybff else {}
    soup, epoch = random_soup(SEED, N_PROGRAMS), 0
    print("| epoch | peer | peer, epochs/s | primordia, epochs/s | ratio: median (least to most) |")
    print("| ---: | --- | ---: | ---: | ---: |")
    for place in PLACES:
        rules = {"mutation_threshold": 2**18, "max_steps": 8192}
        soup, _ = run_epochs("bff_noheads", soup, seed=SEED, first_epoch=epoch, n_epochs=place - epoch, **rules)
        epoch = place
        for name, turn in peers.items():
            theirs, own = [], []
            for _ in range(wanted.repeats):
                own.append(ours(soup, place, 16))
                theirs.append(turn(soup))
            ratios = [a / b for a, b in zip(theirs, own, strict=True)]
            print(
                f"| {place:,} | {name} | {1 / statistics.median(theirs):.3g} | {1 / statistics.median(own):.3g} "
                f"| {statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f}) |",
                flush=True,
            )


if __name__ == "__main__":
    main()
