"""`primordia WING` and `primordia WING TOOL`: what a wing offers beside runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import tyro

from primordia.cli import arguments, printing, showing
from primordia.core import config as configs
from primordia.core import tools
from primordia.core.config import Field
from primordia.core.errors import BadInputError, PrimordiaError, UnknownNameError
from primordia.core.findings import Finding
from primordia.core.tools import Tool
from primordia.engine import looking
from primordia.engine.moments import RunsUnder

Save = Annotated[Path | None, arguments.option("a new or empty folder to keep what is found in", "FOLDER")]
COMMON: dict[str, tuple[Any, Any]] = {
    "save": (Save, None),
    "threads": (arguments.Threads, None),
    "root": (arguments.Root, Path("runs")),
    "json": (arguments.Json, False),
}
"""What every tool takes: name -> (annotation, default)."""


def main(wing: str, argv: list[str]) -> int:
    """List the tools of a wing, or use one."""
    if not argv or argv[0].startswith("-"):
        return _list(wing, argv)
    name, rest = argv[0], argv[1:]
    words = [known.partition("/")[2] for known in tools.names(wing)]
    if name not in words:
        raise UnknownNameError(f"tool of {wing}", name, words)
    return _use(tools.load(f"{wing}/{name}"), rest)


def _list(wing: str, argv: Sequence[str]) -> int:
    kind = dataclasses.make_dataclass(
        "ToolsOfAWing",
        [("json", arguments.Json, False)],
        namespace={"__doc__": f"The tools of the wing; primordia {wing} TOOL --help tells more about one."},
    )
    as_json = bool(arguments.parse(kind, argv, wing).json)
    entries = [_entry(name) for name in tools.names(wing)]
    if as_json:
        printing.show_json(entries)
        return 0
    rows = [(f"primordia {entry['name'].replace('/', ' ')}", entry["summary"]) for entry in entries]
    printing.show(printing.table(("tool", "what it does"), rows, whole=("tool",)))
    return 0


def _entry(name: str) -> dict[str, str]:
    """A tool in short; one that cannot be loaded says why instead of hiding the others."""
    try:
        return {"name": name, "summary": tools.load(name).summary}
    except PrimordiaError as error:
        return {"name": name, "summary": str(error)}


def _use(tool: Tool, argv: Sequence[str]) -> int:
    known = configs.fields(tool.Arguments)
    typed = arguments.parse(command_line(tool), argv, tool.name.replace("/", " "))
    wanted = tool.Arguments(**{name: _value(field, getattr(typed, name)) for name, field in known.items()})
    arguments.limit_threads(typed.threads)
    folder = None if typed.save is None else _new_folder(typed.save)
    found = _kept(tool.use(wanted, RunsUnder(typed.root)), folder)
    if typed.json:
        printing.show_json([showing.as_json(finding, entry) for finding, entry in found])
        return 0
    for finding, entry in found:
        showing.show(finding, None if entry is None or folder is None else folder / entry["file"])
    return 0


def command_line(tool: Tool) -> type:
    """The arguments of a tool as a dataclass of the kind that the verbs have: text by place, switches and options."""
    hints = get_type_hints(tool.Arguments, include_extras=True)
    made: list[tuple[str, Any, Any]] = []
    for name, field in configs.fields(tool.Arguments).items():
        required = field.default is dataclasses.MISSING
        by_place = required or tools.BY_PLACE in hints[name].__metadata__
        default: Any = dataclasses.field() if required else None
        if field.type is bool:
            made.append((name, Annotated[bool, arguments.option(_says(field))], bool(field.default)))
        elif by_place and required:
            made.append((name, Annotated[tyro.conf.Positional[str], _told(field)], default))
        elif by_place:
            made.append((name, Annotated[tyro.conf.Positional[str | None], _told(field)], default))
        else:
            made.append((name, arguments.words(_says(field), "N" if field.type is int else "VALUE"), default))
    made += [(name, *rest) for name, rest in COMMON.items()]
    return dataclasses.make_dataclass("ToolArguments", made, namespace={"__doc__": _summary(tool)}, kw_only=False)


def _summary(tool: Tool) -> str:
    return tool.summary if not type(tool).__doc__ else f"{tool.summary}\n\n{_unwrapped(str(type(tool).__doc__))}"


def _unwrapped(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def _told(field: Field) -> Any:
    return arguments.option(_says(field), field.name.upper())


def _says(field: Field) -> str:
    """What `--help` says of an argument: its meaning, what is allowed, and the default."""
    allowed = "" if field.type in (bool, str) and not field.spec.choices else field.spec.allowed()
    if allowed == configs.ANYTHING:
        allowed = ""
    unit = "" if field.spec.unit == "dimensionless" else f" ({field.spec.unit})"
    shown = field.default is not dataclasses.MISSING and field.default not in (None, "", False)
    default = f" (default: {field.default})" if shown else ""
    return field.spec.meaning + unit + (f"; {allowed}" if allowed else "") + default


def _value(field: Field, typed: Any) -> Any:
    """The value of an argument, read and checked as a setting is; text may come from a file."""
    if typed is None:
        return field.default
    if isinstance(typed, str):
        typed = arguments.text(typed) if field.type is str else typed
    return configs.read(field, typed)


def _new_folder(path: Path) -> Path:
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise BadInputError(f"{path} is there already and not an empty folder; give --save a new one.")
    if not path.parent.is_dir():
        raise BadInputError(f"There is no folder {path.parent} to make {path.name} in; make it first.")
    return path


def _kept(found: Iterable[Finding], folder: Path | None) -> Iterator[tuple[Finding, Mapping[str, Any] | None]]:
    """What is found, each with the entry of its file; the folder is made when there is something to keep.

    Where bad input shows only after the first finding, what was written is taken back.
    """
    if folder is None:
        yield from ((finding, None) for finding in found)
        return
    was_there, written = folder.exists(), []
    try:
        for number, finding in enumerate(found, 1):
            folder.mkdir(exist_ok=True)
            entry = looking.save(folder, number, finding)
            written.append(folder / entry["file"])
            yield finding, entry
    except BadInputError:
        for file in written:
            file.unlink(missing_ok=True)
        if written and not was_there:
            folder.rmdir()
        raise
