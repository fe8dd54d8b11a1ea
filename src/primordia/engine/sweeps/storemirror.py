"""Sweeps in a store, as this machine sees them: a copy of their small files, which every reader of sweeps can use.

The copy of a sweep is a sweep folder whose runs lack checkpoints, pictures and findings. It says where it comes from,
and may be deleted at any time. What is listed is compared by marks, so what did not change is not fetched again.
"""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import final

from primordia.core import cache, registry
from primordia.core.config import digest
from primordia.core.errors import RunFolderError, StoreError
from primordia.engine import durable
from primordia.engine.executors.executor import Executor
from primordia.engine.sweeps.cells import Ended, Work
from primordia.engine.sweeps.store import Store
from primordia.engine.sweeps.storelock import StoreLock, is_fresh

SWEEPS, PLAN, LOCK, HOLDERS = "sweeps", "plan.json", "lock.json", "holders"
ORIGIN = ".store.json"
SMALL = (PLAN, "run.json", "config.json", "env.json", "metrics.jsonl", "events.jsonl")
REFRESH_SECONDS = 5.0
SHARE_OF_REFRESHING = 0.05
# pathlib makes one slash of two, so that is how a URL looks which was taken for a path.
COLLAPSED = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/+(.*)", re.DOTALL)


def url_of(root: str | Path) -> str | None:
    """The URL that a root is, also where it was taken for a path; None where it is a folder."""
    match = COLLAPSED.fullmatch(str(root))
    if match is None or (isinstance(root, Path) and root.exists()):
        return None
    return f"{match[1]}://{'/' if match[1] == 'file' else ''}{match[2]}".rstrip("/")


def here(root: str | Path, name: str | None = None) -> Path:
    """Where the sweeps of a root can be read on this machine: the root itself, or for a URL a copy, brought up to date.

    Args:
        root: a folder or a URL.
        name: of the only sweep that matters, or its beginning; None: all of them.

    Raises:
        StoreError: the store cannot be reached.
    """
    url = url_of(root)
    if url is None:
        return Path(root)
    place, store = _place(url), Store(url)
    sweeps = {found.split("/")[1] for found in store.marks(SWEEPS) if found.endswith(f"/{PLAN}")}
    chosen = {found for found in sweeps if name and found.startswith(name)} or sweeps
    for found in sorted(chosen):
        Mirror(f"{url}/{SWEEPS}/{found}", place / SWEEPS / found).fetch()
    return place


def begin(root: str | Path, folder: Path) -> None:
    """Tell the folder of a sweep, just made under `here(root)`, that it belongs to a store, and write its plan there.

    Raises:
        RunFolderError: another process made a sweep of that name in the store meanwhile.
    """
    url = url_of(root)
    if url is not None and not (folder / ORIGIN).exists():
        mirror = Mirror(f"{url}/{SWEEPS}/{folder.name}", folder)
        mirror.publish(PLAN, (folder / PLAN).read_bytes())


def of(folder: Path) -> Mirror | None:
    """The store that a sweep's folder is a copy of, or None for one that is its own."""
    try:
        told = json.loads((folder / ORIGIN).read_bytes())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise RunFolderError(f"{folder / ORIGIN} was altered; remove {folder}, which is only a copy.") from error
    return Mirror(str(told["url"]), folder, {str(name): str(mark) for name, mark in told["marks"].items()})


def is_held(run_folder: Path) -> bool:
    """Whether a cell of such a copy is computed somewhere, as was known when it was fetched."""
    try:
        return is_fresh((run_folder.parents[2] / HOLDERS / f"{run_folder.name}.json").read_bytes())
    except (OSError, IndexError):
        return False


@contextlib.contextmanager
def driving(folder: Path, executor: Executor) -> Iterator[tuple[Executor, str | None]]:
    """What a driver uses for a sweep, and where the workers find it (None: in its folder), as a context.

    For a copy: it is locked in the store, and an executor fetches what the cells that end have left there.

    Raises:
        RunFolderError: another process, maybe on another machine, drives it.
    """
    mirror = of(folder)
    if mirror is None:
        yield executor, None
        return
    with StoreLock(mirror.store, LOCK):
        yield Mirrored(executor, mirror), mirror.store.url


@final
class Mirror:
    """A sweep in a store and its copy.

    Args:
        url: of the sweep.
        folder: of its copy.
        marks: of the objects that were fetched, by name.
    """

    def __init__(self, url: str, folder: Path, marks: dict[str, str] | None = None) -> None:
        self.store, self.folder = Store(url), folder
        if marks is None and (known := of(folder)):
            marks = known.marks
        self.marks: dict[str, str] = marks or {}

    def fetch(self, under: str = "") -> None:
        """Bring the copy up to date, or only what lies under a folder of it."""
        found = {name: mark for name, mark in self.store.marks(under).items() if _is_small(name)}
        changed = [name for name, mark in found.items() if self.marks.get(name) != mark]
        # What makes a run or a sweep count comes last.
        changed.sort(key=lambda name: name.endswith(("run.json", PLAN)))
        there = self.store.fetch(changed, self.folder)
        found = {name: mark for name, mark in found.items() if name in there or self.marks.get(name) == mark}
        gone = [name for name in self.marks if name not in found and (not under or name.startswith(f"{under}/"))]
        for name in gone:
            (self.folder / name).unlink(missing_ok=True)
            del self.marks[name]
        self.marks.update(found)
        if changed or gone:
            self._keep()

    def fetch_run(self, work: Work) -> None:
        """Take what a cell that ended has left."""
        self.fetch(f"{registry.load(work.address).name}/{work.name}")
        holder = f"{HOLDERS}/{work.name}.json"
        (self.folder / holder).unlink(missing_ok=True)
        self.marks.pop(holder, None)

    def publish(self, name: str, content: bytes) -> None:
        """Write a small file of the copy to the store, if nobody else changed it there since it was fetched.

        Raises:
            RunFolderError: somebody did; nothing was written.
        """
        if not self.store.claim(name, content, self.marks.get(name)):
            raise RunFolderError(
                f"{self.store.url}/{name} was changed by another process meanwhile; give the command again."
            )
        written = self.store.read(name)
        if written is not None and written[0] == content:
            self.marks[name] = written[1]
        self._keep()

    def publish_run(self, path: Path) -> None:
        """Write the events and the record of a run, which were changed in the copy; raises like `publish`."""
        where = path.relative_to(self.folder).as_posix()
        for name in ("events.jsonl", "run.json"):
            self.publish(f"{where}/{name}", (path / name).read_bytes())

    def _keep(self) -> None:
        durable.write_json(self.folder / ORIGIN, {"url": self.store.url, "marks": self.marks}, sync=False)


@final
class Mirrored:
    """An executor of a sweep in a store: what a cell has left there is fetched before its end is told.

    Args:
        executor: computes the cells.
        mirror: the sweep and its copy.
    """

    def __init__(self, executor: Executor, mirror: Mirror) -> None:
        self._executor, self._mirror = executor, mirror
        self._under_way: dict[int, Work] = {}
        self._due = time.monotonic() + REFRESH_SECONDS

    @property
    def n_slots(self) -> int:
        """See `Executor.n_slots`."""
        return self._executor.n_slots

    @property
    def n_threads(self) -> int:
        """See `Executor.n_threads`."""
        return self._executor.n_threads

    def begin(self, work: Work) -> None:
        """See `Executor.begin`."""
        self._under_way[work.index] = work
        self._executor.begin(work)

    def wait(self, seconds: float) -> list[Ended]:
        """See `Executor.wait`; takes a moment longer for what is fetched."""
        ended = self._executor.wait(seconds)
        for one in ended:
            self._fetch_run(self._under_way.pop(one.index))
        self._refresh()
        return ended

    def interrupt(self) -> None:
        """See `Executor.interrupt`."""
        self._executor.interrupt()

    def renew(self) -> None:
        """See `Executor.renew`."""
        self._executor.renew()

    def close(self) -> None:
        """See `Executor.close`."""
        self._executor.close()

    def _fetch_run(self, work: Work) -> None:
        # Its end is known without the copy, which the next refresh completes.
        with contextlib.suppress(StoreError):
            self._mirror.fetch_run(work)

    def _refresh(self) -> None:
        """How far the others are, and what was added to the plan; seldom where listing takes long."""
        began = time.monotonic()
        if began < self._due:
            return
        with contextlib.suppress(StoreError):
            self._mirror.fetch()
        over = time.monotonic()
        self._due = over + max(REFRESH_SECONDS, (over - began) / SHARE_OF_REFRESHING)


def _is_small(name: str) -> bool:
    return name.rpartition("/")[2] in SMALL or name.startswith(f"{HOLDERS}/")


def _place(url: str) -> Path:
    """Where the copy of a root lies: below the folder of what can be made again."""
    readable = re.sub(r"[^A-Za-z0-9.]+", "-", url).strip("-")[-60:]
    return cache.wanted().parent / "stores" / f"{readable}-{digest(url)}"
