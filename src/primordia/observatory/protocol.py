"""What page and server say to each other: one definition, from which the constants of the page are written too.

One websocket. Pictures are binary (see `frames`). Everything else is JSON text, an object with "kind" and the fields
of one of the messages below. A request carries a number `id`, and its `Answer` or `Refusal` carries the same.

A channel is one picture on a page: a view of a run at a step, or live. After every picture the page says `Ready`; the
server sends no further picture of that channel before, and then only the newest, so a slow page loses pictures and
never holds up a run.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any, TypeAlias, get_type_hints

from primordia.core.errors import BadInputError, UnknownNameError

# Requests, from the page. `run` is a run's id; `step` None is the newest state.


@dataclasses.dataclass(frozen=True)
class Catalogue:
    """What runs and sweeps there are and what can be started. Answer: {runs: […], sweeps: […], experiments: […]}."""

    id: int


@dataclasses.dataclass(frozen=True)
class Describe:
    """One experiment with every setting, preset, metric, view and claim. Answer: the description."""

    id: int
    experiment: str


@dataclasses.dataclass(frozen=True)
class Watch:
    """Be told of a run from now on. Answer: {run, experiment, status, rows, events, bookmarks}."""

    id: int
    run: str


@dataclasses.dataclass(frozen=True)
class Unwatch:
    """Be told no more of a run; its channels close."""

    id: int
    run: str


@dataclasses.dataclass(frozen=True)
class Begin:
    """Start a run. Answer: {run}. `preset` "" is the plain defaults; `paused` waits before the first step."""

    id: int
    experiment: str
    preset: str
    settings: dict[str, Any]
    schedule: dict[str, Any]
    paused: bool


@dataclasses.dataclass(frozen=True)
class Resume:
    """Go on with a run that was interrupted or died. Answer: {run}."""

    id: int
    run: str
    paused: bool


@dataclasses.dataclass(frozen=True)
class Again:
    """A new run with the settings of this one, or with another seed; this one is interrupted. Answer: {run}."""

    id: int
    run: str
    seed: int | None
    paused: bool


@dataclasses.dataclass(frozen=True)
class Fork:
    """A new run from this one's state at a step. Answer: {run}."""

    id: int
    run: str
    step: int
    settings: dict[str, Any]
    schedule: dict[str, Any]
    paused: bool


@dataclasses.dataclass(frozen=True)
class Steer:
    """Play, pause, do `n` steps and pause, set the pace, or leave (checkpoint and end as interrupted).

    `action` "pace": `n` steps to a picture, or 0 for as many as the machine does between two pictures; and at most
    `pictures_per_second`, or 0 for none at all.
    """

    id: int
    run: str
    action: str
    n: int
    pictures_per_second: float


@dataclasses.dataclass(frozen=True)
class Rules:
    """When to pause, instead of the rules before.

    Each rule is one of {"when": "step", "step": N}, {"when": "metric", "metric": NAME, "above": LINE} (or "below"),
    {"when": "transition", "transition": NAME}, {"when": "extinction"}.
    """

    id: int
    run: str
    rules: list[Any]


@dataclasses.dataclass(frozen=True)
class Look:
    """Open a channel, or turn it elsewhere: a tile of a view, live (`step` None) or at a step.

    `rows` or `columns` 0 is as many as there are. Answered with {} when its first picture is on its way or when it was
    turned or closed before; refused when there can be no picture, which may take until the step was replayed.
    """

    id: int
    channel: int
    run: str
    view: str
    step: int | None
    top: int
    left: int
    rows: int
    columns: int
    stride: int


@dataclasses.dataclass(frozen=True)
class Ready:
    """The last picture of a channel was shown; the next may come. No answer."""

    channel: int


@dataclasses.dataclass(frozen=True)
class Close:
    """The page no longer shows this channel. No answer."""

    channel: int


@dataclasses.dataclass(frozen=True)
class Inspect:
    """What stands at a cell of a view. Answer: {step, found: [finding, …]}."""

    id: int
    run: str
    step: int | None
    view: str
    row: int
    column: int


@dataclasses.dataclass(frozen=True)
class Findings:
    """What the experiment finds in a state. Answer: {step, found: [finding, …]}."""

    id: int
    run: str
    step: int | None


@dataclasses.dataclass(frozen=True)
class Intervene:
    """Change the state of a live run between two steps; "set" changes settings. Answer: {event}."""

    id: int
    run: str
    name: str
    arguments: dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Bookmark:
    """Remember a step of a run; an empty `note` at a step that has a bookmark removes it. Answer: {bookmarks}."""

    id: int
    run: str
    step: int
    note: str


@dataclasses.dataclass(frozen=True)
class Shelf:
    """What the freezer holds. Answer: {items: […]}."""

    id: int


@dataclasses.dataclass(frozen=True)
class Freeze:
    """Keep a specimen that `Inspect` showed (its JSON), or with None the whole state at `step`. Answer: {item}."""

    id: int
    run: str
    step: int | None
    view: str
    name: str
    specimen: dict[str, Any] | None


@dataclasses.dataclass(frozen=True)
class Thaw:
    """Put an item into a live run, by its intervention; a whole state begins a new run instead. Answer: {run}."""

    id: int
    item: str
    run: str
    arguments: dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Discard:
    """Throw an item of the freezer away. Answer: {items}."""

    id: int
    item: str


@dataclasses.dataclass(frozen=True)
class Export:
    """Make a file. Answer: {address, bytes}: where the page can get it.

    `form` is "png", "svg", "gif", "mp4", "html" or "prim" (a recording alone); the last four show the steps first,
    first + every … last. Each of `views` is {"view": name}, with "top", "left", "rows", "columns" and "stride" for a
    part as in `Look`, or {"metric": name} for a curve beside the picture.
    """

    id: int
    run: str
    form: str
    views: list[Any]
    first: int
    last: int
    every: int
    scale: int
    pictures_per_second: int


@dataclasses.dataclass(frozen=True)
class Sweep:
    """All runs `of` an experiment, or of the sweep with this name, as points.

    Answer: {experiment, settings: […], metrics: […], runs: [{run, settings, row}, …]}.
    """

    id: int
    of: str


Request: TypeAlias = (
    Catalogue | Describe | Watch | Unwatch | Begin | Resume | Again | Fork | Steer | Rules | Look | Ready | Close
    | Inspect | Findings | Intervene | Bookmark | Shelf | Freeze | Thaw | Discard | Export | Sweep
)  # fmt: skip


# Messages, from the server.


@dataclasses.dataclass(frozen=True)
class Welcome:
    """The first message. `read_only`: this page may look and export, and changes nothing."""

    version: int
    primordia: str
    read_only: bool


@dataclasses.dataclass(frozen=True)
class Answer:
    """The answer to the request of this id."""

    id: int
    value: dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Refusal:
    """Why the request of this id was refused, in a sentence."""

    id: int
    sentence: str


@dataclasses.dataclass(frozen=True)
class Progress:
    """Where a run stands; at most ten times a second.

    `mode` is "playing", "pausing" (told to pause, in the middle of its last step), "paused" (all of that step is on
    disk), "waiting" (not begun: compiling, say), "elsewhere" (run by another process) or "over"; `why` says why it
    pauses or ended.
    """

    run: str
    step: int
    revision: int
    steps_per_second: float
    mode: str
    why: str


@dataclasses.dataclass(frozen=True)
class Rows:
    """New rows of metrics."""

    run: str
    rows: list[Any]


@dataclasses.dataclass(frozen=True)
class Happened:
    """A new event of a run, as in events.jsonl."""

    run: str
    event: dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Making:
    """How far a request has come that takes long: replaying, rendering."""

    id: int
    share: float
    what: str


Message: TypeAlias = Welcome | Answer | Refusal | Progress | Rows | Happened | Making

REQUESTS: Mapping[str, type[Any]] = {kind.__name__: kind for kind in Request.__args__}
MESSAGES: Mapping[str, type[Any]] = {kind.__name__: kind for kind in Message.__args__}


def to_text(message: Any) -> str:
    """A request or message as JSON."""
    return json.dumps({"kind": type(message).__name__, **vars(message)}, allow_nan=False)


def read_request(text: str) -> Any:
    """The request of a text.

    Raises:
        BadInputError: it is no JSON object, or a field is missing, unknown or of another type.
        UnknownNameError: no such kind of request.
    """
    return _read(text, REQUESTS)


def read_message(text: str) -> Any:
    """The message of a text; raises as `read_request` does."""
    return _read(text, MESSAGES)


def _read(text: str, kinds: Mapping[str, type[Any]]) -> Any:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"This message is not JSON: {error}.") from error
    if not isinstance(values, dict) or not isinstance(values.get("kind"), str):
        raise BadInputError("A message is a JSON object with the text 'kind'.")
    name = values.pop("kind")
    if name not in kinds:
        raise UnknownNameError("kind of message", name, kinds)
    hints = get_type_hints(kinds[name])
    if values.keys() != hints.keys():
        raise BadInputError(f"{name} has the fields {', '.join(hints)}; this message has {', '.join(values)}.")
    for key, hint in hints.items():
        allowed = _types(hint)
        if type(values[key]) not in allowed:
            names = " or ".join(kind.__name__ for kind in allowed)
            raise BadInputError(f"{name}.{key} is {values[key]!r}; it must be {names}.")
    return kinds[name](**values)


def _types(hint: Any) -> tuple[type, ...]:
    """The types of JSON values that a field takes; a whole number is also a number."""
    found: list[type] = []
    for part in getattr(hint, "__args__", (hint,)) if not hasattr(hint, "__origin__") else (hint.__origin__,):
        plain = getattr(part, "__origin__", part)
        found += [float, int] if plain is float else [plain]
    return tuple(found)
