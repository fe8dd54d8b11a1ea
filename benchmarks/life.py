"""How fast soups run: primordia beside a plain interpreter of the same semantics, and where an epoch's time goes.

    python benchmarks/life.py                                      # the first 1,024 epochs of the paper's BFF
    python benchmarks/life.py --epochs 4000 --seed 3               # a whole run
    python benchmarks/life.py --authors path/to/cubff/bin/main     # four languages beside the authors' program
    python benchmarks/life.py --scaling epoch-time.png             # epoch time from 2^10 to 2^22 programs

The soup is run once from its start. At evenly spread epochs both engines run the same few epochs from the same soup,
turn and turn about, and must end with the same bytes; the time of the whole run is the sum over those places.
"""

from __future__ import annotations

import argparse
import platform
import resource
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numba
import numpy as np

from primordia.core import threads
from primordia.life import counter, interact, soup
from primordia.life.compile import kernel
from primordia.life.primitives import fetch_ahead, put_row, take_row
from primordia.life.substrates import substrate
from primordia.life.tape import instruction_mask

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from authors import COURSES, beside
from oracles import plain_bff
from scaling import scaling

MUTATION_THRESHOLD = 1 << 18
MAX_STEPS = 8192
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}


def main() -> None:
    arguments = parse()
    threads.limit(arguments.threads)
    print(f"{machine_line()}; {threads.available()} threads")
    if arguments.authors:
        courses = [course for course in COURSES if course.language in arguments.courses]
        given = arguments.authors.resolve(), courses, arguments.programs
        beside(*given, arguments.places, arguments.repeats, arguments.seconds)
    elif arguments.scaling:
        scaling(arguments.language, arguments.seed, arguments.repeats, arguments.seconds, arguments.scaling)
    else:
        plainly(arguments)


def plainly(arguments: argparse.Namespace) -> None:
    """The comparison with the plain interpreter."""
    print(f"{arguments.language}, {arguments.programs:,} programs, seed {arguments.seed}, {arguments.epochs:,} epochs")
    print(f"times are {arguments.clock} times\n")
    compare(arguments)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
    print(f"\npeak memory of this process, compilers and both engines included: {memory:.0f} MB")


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--language", default="bff_noheads", choices=plain_bff.LANGUAGES)
    parser.add_argument("--programs", type=int, default=131_072, help="programs in the soup (even)")
    parser.add_argument("--seed", type=int, default=10_248)
    parser.add_argument("--epochs", type=int, default=1024, help="length of the run that is timed")
    parser.add_argument("--places", type=int, default=8, help="epochs along the run at which both engines are timed")
    parser.add_argument("--window", type=int, default=8, help="epochs that primordia runs at each place")
    parser.add_argument("--repeats", type=int, default=5, help="turns of each engine at each place")
    parser.add_argument("--threads", type=int, default=None, help="default: all cores")
    parser.add_argument(
        "--clock", default="wall", choices=CLOCKS, help="cpu: processor time of all threads, for a busy machine"
    )
    parser.add_argument("--authors", type=Path, default=None, help="their program, built for the CPU")
    parser.add_argument(
        "--courses", nargs="*", default=[course.language for course in COURSES], help="languages to run beside it"
    )
    parser.add_argument("--seconds", type=float, default=1.0, help="length of a stretch beside it, or of scaling")
    parser.add_argument("--scaling", type=Path, default=None, metavar="PNG", help="epoch time against soup size")
    arguments = parser.parse_args()
    if arguments.authors and not arguments.authors.is_file():
        parser.error(f"there is no program {arguments.authors}")
    if arguments.authors and arguments.places < 2:
        parser.error("beside the authors' program it takes at least 2 places, before and after the takeover")
    if unknown := set(arguments.courses) - {course.language for course in COURSES}:
        parser.error(f"no course for {', '.join(sorted(unknown))}")
    return arguments


def machine_line() -> str:
    """Processor, Python and library versions."""
    info = Path("/proc/cpuinfo")
    models = [line for line in info.read_text().splitlines() if "model name" in line] if info.exists() else []
    model = models[0].split(":")[1].strip() if models else platform.processor()
    versions = f"Python {platform.python_version()}, NumPy {np.__version__}, Numba {numba.__version__}"
    return f"{model}, {platform.system()}; {versions}"


def fast(arguments: argparse.Namespace, start: np.ndarray, epoch: int, n_epochs: int) -> tuple[np.ndarray, int]:
    """Epochs of primordia."""
    return soup.run_epochs(
        arguments.language,
        start,
        seed=arguments.seed,
        first_epoch=epoch,
        n_epochs=n_epochs,
        mutation_threshold=MUTATION_THRESHOLD,
        max_steps=MAX_STEPS,
    )


def plain(arguments: argparse.Namespace, start: np.ndarray, epoch: int) -> tuple[np.ndarray, int]:
    """One epoch of the plain interpreter, its pairs shared among as many threads."""
    referee, n_pairs = plain_bff.compiled(), len(start) // 2
    final = start.copy()
    seed, at = np.uint64(arguments.seed), np.uint64(epoch)
    order = referee.shuffled(seed, at, len(final))
    given = final, order, seed, at, np.uint64(MUTATION_THRESHOLD), MAX_STEPS, *plain_bff.rules(arguments.language)
    share = -(-n_pairs // (8 * threads.available()))
    with ThreadPoolExecutor(threads.available()) as pool:
        counts = pool.map(lambda lo: referee.interact(*given, lo, min(n_pairs, lo + share)), range(0, n_pairs, share))
        return final, sum(counts)


def timed(work, *given, clock=time.perf_counter):
    """Seconds by a clock, and the result."""
    start = clock()
    result = work(*given)
    return clock() - start, result


def compare(arguments: argparse.Namespace) -> None:
    """Prints the table of places along the run, the totals, and where an epoch's time goes at both ends."""
    places = np.linspace(0, max(0, arguments.epochs - arguments.window), arguments.places).astype(int)
    fast(arguments, soup.random_soup(0, 64), 0, 1)
    plain(arguments, soup.random_soup(0, 64), 0)
    now, at, ratios_of_places, seconds = soup.random_soup(arguments.seed, arguments.programs), 0, [], []
    profiles = {}
    print(" epoch | pairs/s plain | pairs/s primordia | epochs/s | operations/s | ratio: median (least to most)")
    for place in places:
        now, _ = fast(arguments, now, at, place - at)
        at = place
        turns = [turn(arguments, now, place) for _ in range(arguments.repeats)]
        slow, quick, operations = (statistics.median(column) for column in zip(*turns, strict=True))
        ratios = sorted(plain_time / fast_time for plain_time, fast_time, _ in turns)
        ratios_of_places.append(ratios)
        seconds.append((slow, quick))
        pairs = arguments.programs // 2
        print(
            f"{place:6,} | {pairs / slow:13,.0f} | {pairs / quick:17,.0f} | {1 / quick:8.1f} | "
            f"{operations / quick:12.3g} | {statistics.median(ratios):5.1f} ({ratios[0]:.1f} to {ratios[-1]:.1f})"
        )
        profiles[place] = now
    slow, quick = (sum(column) / len(seconds) for column in zip(*seconds, strict=True))
    print(f" whole | {pairs / slow:13,.0f} | {pairs / quick:17,.0f} | {1 / quick:8.1f} | {'':12} | {slow / quick:5.1f}")
    for place in (places[0], places[-1]):
        profile(arguments, profiles[place], place)


def turn(arguments: argparse.Namespace, start: np.ndarray, epoch: int) -> tuple[float, float, int]:
    """Seconds per epoch of the plain interpreter and of primordia from the same soup, and operations per epoch."""
    clock = CLOCKS[arguments.clock]
    slow, (wanted, wanted_operations) = timed(plain, arguments, start, epoch, clock=clock)
    got, operations = fast(arguments, start, epoch, 1)
    assert got.tobytes() == wanted.tobytes(), f"the engines disagree in epoch {epoch}"
    assert operations == wanted_operations
    quick, _ = timed(fast, arguments, start, epoch, arguments.window, clock=clock)
    return slow, quick / arguments.window, operations


@kernel
def draw_mutations(seed, epoch, n_programs, span, threshold):
    """Only the mutation draws of an epoch."""
    base, hits = counter.mutation_base(seed, epoch, n_programs, np.uint64(0), span), 0
    for pair in range(n_programs // np.uint64(2)):
        hits += counter.block_mutates(base + np.uint64(pair) * span, span, threshold)
    return hits


@kernel
def join_and_part(programs, order, tests, with_masks):
    """Only the way of an epoch's pairs to the tape and back; on request also the search for instructions."""
    length = programs.shape[1]
    tape, found = np.empty(2 * length, np.uint8), np.uint64(0)
    n_pairs = order.size // 2
    for pair in range(n_pairs):
        ahead = 2 * min(pair + interact.AHEAD, n_pairs - 1)
        fetch_ahead(programs, order[ahead])
        fetch_ahead(programs, order[ahead + 1])
        take_row(programs, order[2 * pair], tape, 0)
        take_row(programs, order[2 * pair + 1], tape, length)
        if with_masks:
            found ^= instruction_mask(tape, 0, tests)
            found ^= instruction_mask(tape, length, tests)
        put_row(programs, order[2 * pair], tape, 0)
        put_row(programs, order[2 * pair + 1], tape, length)
    return found


def profile(arguments: argparse.Namespace, start: np.ndarray, epoch: int) -> None:
    """Prints the nanoseconds per pair, on one thread, of each part of an epoch."""
    seed, at, threshold = np.uint64(arguments.seed), np.uint64(epoch), np.uint64(MUTATION_THRESHOLD)
    n_programs, length = start.shape
    swaps, order = np.empty((2, n_programs), np.int32)
    language = substrate(arguments.language)
    tests = sys.modules[language.execute.__module__].TESTS
    copy = start.copy()

    def clocked(work, *given):
        return timed(work, *given, clock=time.thread_time)[0]

    def whole():
        np.copyto(copy, start)
        execute = language.execute.dispatcher
        given = execute, copy, order, seed, at, threshold, MAX_STEPS
        return clocked(interact.interact_pairs, *given, 0, n_programs // 2)

    span = np.uint64(2 * length)
    parts = {
        "draw the shuffle": lambda: clocked(counter.draw_swaps, seed, at, swaps),
        "swap": lambda: clocked(counter.apply_swaps, swaps, order),
        "draw mutations": lambda: clocked(draw_mutations, seed, at, np.uint64(n_programs), span, threshold),
        "join and part": lambda: clocked(join_and_part, copy, order, tests, False),
        "with masks": lambda: clocked(join_and_part, copy, order, tests, True),
        "all interactions": whole,
    }
    cost = {name: min(part() for _ in range(7)) * 2e9 / n_programs for name, part in parts.items()}
    cost["find instructions"] = cost.pop("with masks") - cost["join and part"]
    total = cost.pop("all interactions")
    cost["execute, and what overlaps"] = total - sum(
        cost[name] for name in ("draw mutations", "join and part", "find instructions")
    )
    print(f"\nepoch {epoch:,}, ns per pair on one thread: {total + cost['draw the shuffle'] + cost['swap']:.0f}")
    for name, value in cost.items():
        print(f"  {name:28} {value:6.1f}")


if __name__ == "__main__":
    main()
