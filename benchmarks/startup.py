"""How long the listing verbs take, beside what NumPy alone takes to be imported.

Prints the processor time of whole processes, in turn: least, median and most of so many.

    python benchmarks/startup.py --turns 9
"""

import argparse
import resource
import statistics
import subprocess
import sys

COMMANDS = {
    "import numpy": ("-c", "import numpy"),
    "primordia --help": ("-m", "primordia", "--help"),
    "primordia list": ("-m", "primordia", "list"),
    "primordia describe life/bff": ("-m", "primordia", "describe", "life/bff"),
    "primordia describe minds/mesanet": ("-m", "primordia", "describe", "minds/mesanet"),
}


def processor_seconds(*words):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *words], capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=9)
    turns = parser.parse_args().turns
    spent = {name: [] for name in COMMANDS}
    for _ in range(turns):
        for name, words in COMMANDS.items():
            spent[name].append(processor_seconds(*words))
    print(f"processor seconds of a process, {turns} turns: least, median, most")
    for name, seconds in spent.items():
        print(f"  {name:<34} {min(seconds):.3f}  {statistics.median(seconds):.3f}  {max(seconds):.3f}")


if __name__ == "__main__":
    main()
