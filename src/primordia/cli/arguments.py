"""Reading command lines: tyro parses what `refusing` lets through, and never speaks to the user but for --help."""

from __future__ import annotations

import contextlib
import io
import os
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import tyro

from primordia.cli import refusing
from primordia.core import config as configs
from primordia.core.errors import BadInputError, ConfigError

if TYPE_CHECKING:
    from primordia.core.experiment import Experiment

A = TypeVar("A")

NAME_HELP = "an experiment, as `primordia list` prints it, or package.module:Class"
RUN_HELP = "a run: its folder, its id, the beginning of its id, or 'latest'"


_AS_TYPED = tyro.constructors.PrimitiveConstructorSpec(
    nargs=1,
    metavar="TEXT",
    instance_from_str=lambda words: words[0],
    is_instance=lambda value: value is None or isinstance(value, str),
    str_from_instance=lambda value: [str(value)],
)
"""Text as it was typed: tyro would read None as an option that was not given, and run without a word."""


def option(text: str, metavar: str | None = None) -> Any:
    """What `--help` says of an option; the default is told in the text where it matters."""
    return tyro.conf.arg(help=text, metavar=metavar, help_behavior_hint="")


Name = Annotated[tyro.conf.Positional[str], option(NAME_HELP, "NAME")]
RunName = Annotated[tyro.conf.Positional[str], option(RUN_HELP, "RUN")]
Root = Annotated[Path, option("where runs are kept (default: runs)", "FOLDER")]
Json = Annotated[bool, option("print one JSON value, for programs")]
Quiet = Annotated[bool, option("only the first and the last lines")]
Force = Annotated[bool, option("overwrite an existing file")]
Settings = Annotated[
    tyro.conf.UseAppendAction[tuple[str, ...]],
    option("a setting to change; repeat it, or give several: --set a=1 b=2", "KEY=VALUE"),
]


def number(text: str) -> Any:
    """The annotation of an option that takes a whole number, or nothing when it is not given.

    It is read as text, so that the engine's own sentences say what is allowed.
    """
    return words(text, "N")


def words(text: str, metavar: str) -> Any:
    """The annotation of an option that takes a word, or nothing when it is not given."""
    return Annotated[str | None, option(text, metavar), _AS_TYPED]


Preset = words("a named setting to start from; `primordia describe NAME` lists them", "PRESET")
Seed = number("the seed; the same as --set seed=N")
Steps = number("steps to perform at most")
Every = number("steps between rows of metrics")
CheckpointEvery = number("steps between checkpoints")
Keep = number("newest checkpoints to keep")
ViewsEvery = number("steps between saved views; 'none': at the start, at transitions and at the end")
Stop = words("stop at a transition, or some steps after it: takeover+512; 'none' to go on", "RULE")
Actors = number("hold the shards of its state in so many Ray actors; results do not depend on it")
Address = words("of a Ray cluster for the actors; without it one is started on this machine", "ADDRESS")
Threads = number("threads that kernels may use (default: all cores); results do not depend on it")


def parse(kind: type[A], argv: Sequence[str], verb: str) -> A:
    """The arguments of a verb as an instance of the dataclass `kind`.

    Raises:
        BadInputError: an unknown option (says the nearest), something missing, unreadable or too much.
    """
    spread = _spread_settings(argv)
    refusing.check(kind, spread, verb)
    complaint = io.StringIO()
    try:
        with contextlib.redirect_stderr(complaint):
            return tyro.cli(
                kind,
                args=spread,
                prog=f"primordia {verb}",
                config=(tyro.conf.FlagCreatePairsOff, tyro.conf.HelptextFromCommentsOff),
            )
    except SystemExit as ending:
        if not ending.code:
            raise
    raise BadInputError(f"{shlex.join(['primordia', verb, *argv])} cannot be read; see primordia {verb} --help.")


def flag(name: str) -> str:
    """The option that sets a field."""
    return "--" + name.replace("_", "-")


def settings(pairs: Iterable[str]) -> dict[str, str]:
    """The values of --set by key; a later one wins. A value that begins with @ is the text of that file.

    Raises:
        ConfigError: a word that is not key=value.
        BadInputError: there is no such file, or it holds no text.
    """
    found = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise ConfigError(f"--set {pair} cannot be read: write key=value, as in --set n_programs=4096.")
        found[key] = text(value)
    return found


def text(value: str) -> str:
    """What was typed or, where it begins with @, the text of that file without the line ends at its end.

    Raises:
        BadInputError: there is no such file, or it holds no text.
    """
    if not value.startswith("@"):
        return value
    path = Path(value[1:])
    if not path.is_file():
        raise BadInputError(f"{value} names the file {value[1:] or '(none)'}, and there is no such file; "
                            "check the path, or leave out the @ to give the text itself.")  # fmt: skip
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise BadInputError(f"{path} is not text: byte {error.start} is not UTF-8; save it as UTF-8.") from error


def given(**values: Any) -> dict[str, Any]:
    """The options that were given, as they were typed."""
    return {name: value for name, value in values.items() if value is not None}


def whole(name: str, text: str, least: int) -> int:
    """A whole number given as text.

    Raises:
        ConfigError: it is not one, or below `least`.
    """
    value: int = configs.read(configs.Field(name, int, False, None, configs.Spec(name, ge=least)), text)
    return value


def experiment(name: str) -> Experiment[Any, Any]:
    """The experiment that a person names.

    Raises:
        BadInputError: there is none of that name; of a file it says the module.
    """
    from primordia.core import registry

    path, _, kind = name.partition(":")
    if path.endswith(".py"):
        file = Path(path)
        away = file.is_absolute() or ".." in file.parts
        module = ".".join(file.with_suffix("").parts[-1 if away else 0 :])
        raise BadInputError(
            f"{name!r} names a file; {'go to its folder and ' if away else ''}name its module instead: "
            f"{module}:{kind or 'CLASS'}."
        )
    return registry.load(name)


def new_file(path: Path, force: bool) -> Path:
    """A file that may be written: its folder exists, and it does not, unless it is to be overwritten.

    Raises:
        BadInputError: one of the two is not so.
    """
    if not path.parent.is_dir():
        raise BadInputError(f"There is no folder {path.parent} to write {path.name} into; make it first.")
    if path.is_dir():
        raise BadInputError(f"{path} is a folder; name a file in it.")
    if path.exists() and not force:
        raise BadInputError(f"{path} exists; --force overwrites it.")
    return path


def limit_threads(text: str | None) -> None:
    """Apply --threads."""
    from primordia.core import threads

    if text is not None:
        threads.limit(n_threads := whole("threads", text, 1))
        # JAX sizes its pool by this when it starts; it cannot be told later.
        os.environ["NPROC"] = str(threads.pool(n_threads))


def command(verb: str, argv: Sequence[str]) -> str:
    """The command line as one would type it again."""
    return shlex.join(["primordia", verb, *argv])


def _spread_settings(argv: Sequence[str]) -> list[str]:
    """`--set a=1 b=2` as `--set a=1 --set b=2`."""
    words: list[str] = []
    following = False
    for word in argv:
        if following and "=" in word and not word.startswith("-"):
            words.append("--set")
        words.append(word)
        # The value right after --set belongs to it whatever it looks like.
        following = (following and "=" in word and not word.startswith("-")) or (
            len(words) > 1 and words[-2] == "--set"
        )
    return words
