"""The entry point `primordia`: finds the verb, hands over, and turns every ending into an exit code."""

from __future__ import annotations

import contextlib
import errno
import importlib
import os
import sys
from collections.abc import Sequence

import primordia
from primordia.core.errors import EXIT_CODES, BadInputError, PrimordiaError, UnknownNameError

VERBS = {
    "list": "the experiments there are",
    "describe": "one experiment: settings, presets, metrics, claims, source",
    "run": "run an experiment and watch it",
    "watch": "a live page for any run, in a browser",
    "resume": "continue a run that was interrupted, with the same bits",
    "sweep": "many runs over seeds and settings, on this machine or on a Ray cluster",
    "fork": "start a new run from any step of another, with settings changed",
    "runs": "the runs there are",
    "show": "one run: settings, status, events, findings",
    "diff": "what differs between two runs",
    "plot": "figures of one run, or of several side by side",
    "export": "the rows of a run as CSV, Parquet, JSON or one HTML page",
    "check": "hold an experiment to the contract",
    "verify": "run the paper's claims: expected against measured",
    "doctor": "is this machine fit to run everything?",
}
"""Each verb is the module of that name in this package; it is only imported when it is called."""

HELP = """\
primordia {version}: run, watch, measure and verify systems in which intelligence emerges.

usage: primordia VERB [OPTIONS]      primordia VERB --help tells more

{verbs}

primordia WING lists the tools of a wing, primordia WING TOOL uses one; for instance primordia life.

A first run:  primordia run life/bff --preset quick
Most verbs take --json (for programs) and --root FOLDER (where runs are kept; default: runs).

exit codes: 0 done · 1 a run failed, or a claim or check did not hold
            2 bad input (one line on stderr, nothing written) · 130 interrupted"""

DONE, FAILED, BAD_INPUT, INTERRUPTED = 0, PrimordiaError.exit_code, BadInputError.exit_code, EXIT_CODES["interrupted"]
NOT_THEIR_FAULT = (errno.ENOSPC, errno.EDQUOT, errno.EIO)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    _never_fail_to_print()
    try:
        code = _dispatch(words)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # Whoever read our output has seen enough.
        _end_output()
        return DONE
    except SystemExit as ending:
        # `VERB --help` ends this way inside tyro.
        return int(ending.code or DONE)
    except PrimordiaError as error:
        return _complain(str(error), error.exit_code)
    except ModuleNotFoundError as error:
        from primordia.cli import missing

        return _complain(missing.sentence(error), BAD_INPUT)
    except KeyboardInterrupt:
        return _complain("interrupted by Ctrl-C.", INTERRUPTED)
    except OSError as error:
        _end_output()
        where = f"{error.filename}: " if error.filename else ""
        return _complain(f"{where}{error.strerror or error}.", FAILED if error.errno in NOT_THEIR_FAULT else BAD_INPUT)


def _dispatch(words: list[str]) -> int:
    if not words or words[0] in ("--help", "-h", "help"):
        width = max(map(len, VERBS))
        verbs = "\n".join(f"  {verb:<{width}}  {summary}" for verb, summary in VERBS.items())
        print(HELP.format(version=primordia.__version__, verbs=verbs))
        return DONE
    if words[0] in ("--version", "-V"):
        print(f"primordia {primordia.__version__}")
        return DONE
    verb, rest = words[0], words[1:]
    if verb.startswith("-"):
        raise BadInputError(f"The verb comes first: primordia VERB {verb} …; primordia --help lists the verbs.")
    if verb not in VERBS:
        from primordia.core import tools

        wings = {name.partition("/")[0] for name in tools.names()}
        if verb not in wings:
            raise UnknownNameError("verb", verb, [*VERBS, *wings])
        return int(importlib.import_module("primordia.cli.tools").main(verb, rest))
    code: int = importlib.import_module(f"primordia.cli.{verb}").main(rest)
    return code


def _end_output() -> None:
    """Let what cannot be written go: Python must not complain about it once more when it exits."""
    with contextlib.suppress(OSError, ValueError):
        try:
            sys.stdout.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(sentence: str, code: int) -> int:
    # An error is one line, whatever the text inside it was.
    print("error: " + " ".join(sentence.split()), file=sys.stderr)
    return code


def _never_fail_to_print() -> None:
    """Terminals without Unicode show a question mark where a block or an arrow would stand."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


if __name__ == "__main__":
    sys.exit(main())
