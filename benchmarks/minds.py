"""Token-heads per second of every layer: in chunks, by the naive scan over tokens, and in PyTorch.

    python benchmarks/minds.py                              every layer, d 32, 64, 128, T 512 and 4,096, forward
    python benchmarks/minds.py --backward                   forward and backward
    python benchmarks/minds.py --torch path/to/python       beside flash-linear-attention's PyTorch references, run by
                                                            an interpreter that has torch and fla
    python benchmarks/minds.py --long                       cost over lengths up to 65,536, and decoding
    python benchmarks/minds.py --card                       on a graphics card, with the share of its ceiling

One batch row, four heads. Turns alternate between the ways, in one run, with the same number of threads; what is
printed is the median, and the smallest and largest in brackets. Signals are what a fresh layer makes of random input.
The first turn of each, which compiles, is not counted.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

N_HEADS = 4
SOLVER_STEPS = 15
MOST_STATES = 2**31
"""Bytes of states that the scan over tokens would keep for its backward pass, above which it is left out."""


@dataclasses.dataclass(frozen=True)
class Case:
    """What is timed: a layer, its key size, and how many tokens."""

    layer: str
    d: int
    n_time: int
    chunk: int
    backward: bool


def calls(case: Case) -> dict[str, Callable[[], Any]]:
    """Ours in chunks, and the naive scan; each call waits for its result."""
    import jax
    import jax.numpy as jnp

    from primordia.minds.layers import mixer, rule, table
    from primordia.minds.layers.entry import LayerSizes
    from primordia.minds.layers.heads import HeadMixer

    sizes = LayerSizes(N_HEADS * case.d, N_HEADS, case.d, longest=case.n_time, solver_steps=SOLVER_STEPS)
    layer = table.build(case.layer, jax.random.key(0), sizes)
    x = jax.random.normal(jax.random.key(1), (1, case.n_time, N_HEADS * case.d))
    fresh = layer.init_state(1)
    if isinstance(layer, HeadMixer):
        given, _ = layer.signals(x, fresh, None)
        ways = {
            "chunks": lambda part, given: part.chunkwise(given, fresh.memory, case.chunk)[0],
            "scan": lambda part, given: rule.stepwise(part, given, fresh.memory)[0],
        }
        part: Any = layer.rule
    else:
        given, part = x, layer
        ways = {
            "chunks": lambda part, given: part.chunkwise(given, fresh, chunk=case.chunk)[0],
            "scan": lambda part, given: mixer.stepwise(part, given, fresh)[0],
        }
    made = {}
    for name, way in ways.items():
        if case.backward:
            run = jax.jit(jax.grad(lambda given, way=way: jnp.sum(way(part, given) ** 2)))
        else:
            run = jax.jit(lambda given, way=way: way(part, given))
        made[name] = lambda run=run: jax.block_until_ready(run(given))
    if case.backward and case.n_time * N_HEADS * case.d**2 * 4 > MOST_STATES:
        del made["scan"]
    return made


def seconds(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


class Torch:
    """A process of another interpreter that times PyTorch's layers on request."""

    def __init__(self, python: str) -> None:
        script = str(Path(__file__).with_name("torch_layers.py"))
        words = [python, script, str(len(os.sched_getaffinity(0)))]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def turn(self, case: Case) -> float | None:
        """Seconds of one call there, or None where there is no such layer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        asked = {"layer": case.layer, "d": case.d, "time": case.n_time, "heads": N_HEADS, "chunk": case.chunk}
        asked |= {"solver_steps": SOLVER_STEPS, "backward": case.backward}
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        found: float | None = json.loads(self.process.stdout.readline())
        return found


def measure(case: Case, n_turns: int, torch: Torch | None) -> dict[str, list[float]]:
    """Seconds of each turn, by way."""
    ways: dict[str, Callable[[], float | None]] = {
        name: (lambda call=call: seconds(call)) for name, call in calls(case).items()
    }
    if torch is not None:
        ways["torch"] = lambda: torch.turn(case)
    found: dict[str, list[float]] = {name: [] for name, turn in ways.items() if turn() is not None}
    for _ in range(n_turns):
        for name, kept in found.items():
            spent = ways[name]()
            assert spent is not None
            kept.append(spent)
    return found


def told(case: Case, spent: list[float]) -> str:
    """Thousands of token-heads per second: median (smallest to largest)."""
    rates = sorted(case.n_time * N_HEADS / one / 1e3 for one in spent)
    return f"{statistics.median(rates):,.0f} ({rates[0]:,.0f}–{rates[-1]:,.0f})"


def faster(found: dict[str, list[float]], other: str) -> str:
    """How many times faster chunks are than another way: the median of the turns' ratios."""
    if other not in found:
        return "–"
    return f"{statistics.median(b / a for a, b in zip(found['chunks'], found[other], strict=True)):.1f}"


def table_of(cases: list[Case], n_turns: int, torch: Torch | None) -> None:
    """Print a Markdown table, line by line as it is measured."""
    ways = ["chunks", "scan", *(["torch"] if torch else [])]
    print(
        "| layer | d | T | "
        + " | ".join(f"{way}, thousand/s" for way in ways)
        + " | x scan |"
        + " x torch |" * bool(torch)
    )
    print("| --- |" + " --: |" * (len(ways) + 3 + bool(torch)))
    for case in cases:
        found = measure(case, n_turns, torch)
        cells = [told(case, found[way]) if way in found else "–" for way in ways]
        ratios = [faster(found, way) for way in ways[1:]]
        print(f"| {case.layer} | {case.d} | {case.n_time:,} | " + " | ".join([*cells, *ratios]) + " |", flush=True)


def lengths(names: list[str], d: int, n_turns: int, plot: str | None) -> None:
    """Time per token over lengths: flat where the cost is linear. Then the bytes that decoding keeps."""
    import jax

    from primordia.minds.layers import table
    from primordia.minds.layers.entry import LayerSizes

    steps = (1024, 4096, 16_384, 65_536)
    print("| layer | " + " | ".join(f"T = {n:,}: µs/token" for n in steps) + " | state, bytes |")
    print("| --- |" + " --: |" * (len(steps) + 1))
    lines: dict[str, list[float]] = {}
    for name in names:
        lines[name] = []
        for n_time in steps:
            call = calls(Case(name, d, n_time, 64, backward=False))["chunks"]
            call()
            spent = [seconds(call) for _ in range(n_turns)]
            lines[name].append(1e6 * statistics.median(spent) / n_time)
        layer = table.build(name, jax.random.key(0), LayerSizes(N_HEADS * d, N_HEADS, d, longest=steps[-1]))
        size = sum(leaf.nbytes for leaf in jax.tree.leaves(layer.init_state(1)))
        cells = " | ".join(f"{spent:.2f}" for spent in lines[name])
        print(f"| {name} | {cells} | {size:,} |", flush=True)
    if plot:
        drawn(lines, steps, plot)


def drawn(lines: dict[str, list[float]], steps: tuple[int, ...], plot: str) -> None:
    """Save time per token over lengths as a picture."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.0, 3.6), layout="constrained")
    axis = figure.subplots()
    for name, spent in lines.items():
        axis.plot(steps, spent, marker="o", ms=4, label=name)
    axis.set_xscale("log", base=2)
    axis.set_xticks(steps, [f"{n:,}" for n in steps])
    axis.set_ylim(bottom=0)
    axis.set_xlabel("T, tokens")
    axis.set_ylabel("microseconds per token")
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(True, lw=0.3, alpha=0.6)
    axis.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    figure.savefig(plot, dpi=130)


CARDS = {"H100": (989e12, 3.35e12), "H200": (989e12, 4.8e12)}
"""Card -> half-precision operations and bytes per second, as their makers state them."""


def ceiling(name: str, d: int, chunk: int, solver_steps: int, card: str) -> float | None:
    """The most token-heads per second that a card allows: its arithmetic or its memory, whichever ends first."""
    known = next((limits for part, limits in CARDS.items() if part in card), None)
    if known is None:
        return None
    pass_flops = 4 * chunk * d + 4 * d * d
    flops = {"mesa": solver_steps * (4 * chunk * d + 2 * d * d) + 4 * chunk * d + 6 * d * d}.get(name, pass_flops)
    if "delta" in name:
        flops = 10 * chunk * d + 6 * d * d
    moved = 8 * d + (2 if name == "mesa" else 1) * 8 * d * d // chunk
    return min(known[0] / flops, known[1] / moved)


def card(names: list[str], sizes: list[int], n_turns: int, chunk: int) -> None:
    """Forward on the card: token-heads per second and the share of its ceiling."""
    import jax

    kind = jax.devices()[0].device_kind
    print(f"Device: {kind}")
    print("| layer | d | million token-heads/s | share of the ceiling |\n| --- | --: | --: | --: |")
    for name in names:
        for d in sizes:
            case = Case(name, d, 16_384, chunk, backward=False)
            call = calls(case)["chunks"]
            call()
            rate = case.n_time * N_HEADS / statistics.median(seconds(call) for _ in range(n_turns))
            most = ceiling(name, d, chunk, SOLVER_STEPS, kind)
            share = "no ceiling known" if most is None else f"{100 * rate / most:.2g} %"
            print(f"| {name} | {d} | {rate / 1e6:,.1f} | {share} |", flush=True)


def numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--layers", help="names, separated by commas; all if left out")
    asked.add_argument("--sizes", type=numbers, default=[32, 64, 128])
    asked.add_argument("--lengths", type=numbers, default=[512, 4096])
    asked.add_argument("--chunk", type=int, default=64)
    asked.add_argument("--turns", type=int, default=7)
    asked.add_argument("--torch", help="an interpreter that has torch and flash-linear-attention")
    asked.add_argument("--backward", action="store_true")
    asked.add_argument("--long", action="store_true")
    asked.add_argument("--plot", help="with --long: where to save a picture")
    asked.add_argument("--card", action="store_true")
    given = asked.parse_args()
    from primordia.minds.layers.table import LAYERS

    names = given.layers.split(",") if given.layers else list(LAYERS)
    if given.long:
        lengths(names, given.sizes[0], given.turns, given.plot)
    elif given.card:
        card(names, given.sizes, given.turns, given.chunk)
    else:
        cases = [
            Case(name, d, n_time, given.chunk, given.backward)
            for name in names
            for d in given.sizes
            for n_time in given.lengths
        ]
        table_of(cases, given.turns, Torch(given.torch) if given.torch else None)


if __name__ == "__main__":
    main()
