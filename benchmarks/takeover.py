"""How often and when life takes over: a line per seed of a preset of life/bff, and fractions with exact intervals.

Example:
    python benchmarks/takeover.py --preset demo --seeds 0:64 --epochs 2000 --out docs/takeover.jsonl

Seeds are independent and each line is written when its seed is done; the same command continues an unfinished file.
"""

import argparse
import json
import multiprocessing
from pathlib import Path

from primordia.core import config, registry, threads
from primordia.core.intervals import clopper_pearson
from primordia.core.streams import Streams
from primordia.life.measures import high_order_complexity

LINES = (1.0, 3.0)


def follow(task):
    """The first measured epoch at which high-order complexity reaches each line, for one seed."""
    preset, seed, epochs, every = task
    threads.limit(1)
    experiment = registry.load("life/bff")
    settings = config.from_dict(experiment.Config, {**experiment.presets[preset].config, "seed": seed})
    streams = Streams(seed)
    state = experiment.init(settings, streams)
    crossed, complexity = {}, 0.0
    for t in range(0, epochs, every):
        n = min(every, epochs - t)
        state, _ = experiment.advance(settings, state, streams, t, n)
        complexity = high_order_complexity(state.soup)
        for line in LINES:
            if complexity >= line:
                crossed.setdefault(f"epoch_at_{line:g}", t + n)
        if len(crossed) == len(LINES):
            break
    none = {f"epoch_at_{line:g}": None for line in LINES}
    return {"seed": seed, **none, **crossed, "complexity": round(complexity, 4), "epochs": t + n}


def summarise(rows, epochs):
    """Fractions of seeds that reached each line, with 95 % Clopper-Pearson intervals, and the median epoch."""
    for line in LINES:
        times = sorted(row[f"epoch_at_{line:g}"] for row in rows if row[f"epoch_at_{line:g}"])
        low, high = clopper_pearson(len(times), len(rows))
        print(
            f"complexity >= {line:g} within {epochs} epochs: {len(times)} of {len(rows)} seeds = "
            f"{len(times) / len(rows):.1%} (95 % {low:.1%} to {high:.1%}); epochs {times}"
        )


def main():
    """Follow the seeds that the file lacks, two at a time or as many as there are cores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="demo")
    parser.add_argument("--seeds", default="0:64", help="first:last, the last excluded")
    parser.add_argument("--epochs", type=int, default=2000)
    parser.add_argument("--every", type=int, default=32, help="epochs between measurements")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    first, last = (int(part) for part in options.seeds.split(":"))
    rows = [json.loads(line) for line in options.out.read_text().splitlines()] if options.out.exists() else []
    done = {row["seed"] for row in rows}
    tasks = [(options.preset, seed, options.epochs, options.every) for seed in range(first, last) if seed not in done]
    with multiprocessing.get_context("spawn").Pool(threads.available()) as pool:
        for row in pool.imap_unordered(follow, tasks, chunksize=1):
            rows.append(row)
            with options.out.open("a") as file:
                file.write(json.dumps(row) + "\n")
            print(row, flush=True)
    summarise(rows, options.epochs)


if __name__ == "__main__":
    main()
