"""The answers to what pages ask, other than pictures."""

from __future__ import annotations

import asyncio
import dataclasses
import re
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeAlias, final

from primordia.core import registry
from primordia.core.errors import BadInputError
from primordia.observatory import protocol as ask
from primordia.observatory.keeping import bookmarks, freezer
from primordia.observatory.serving import describing, sweeps
from primordia.observatory.serving.catalogue import Catalogue, experiment
from primordia.observatory.serving.company import Company
from primordia.observatory.serving.scene import Scene

Making: TypeAlias = Callable[[float, str], None]
COMMAND = "in the observatory"
"""How a run was started, for its record, where a page did it."""
LEAVING_SECONDS = 30.0


@final
class Replies:
    """Answers for the pages of one server.

    Args:
        root: the folder of all runs.
        company: its stages.
    """

    def __init__(self, root: Path, company: Company) -> None:
        self.root, self.company = root, company
        self.made = Path(tempfile.mkdtemp(prefix="primordia-made-"))
        """Where exported files lie until the server ends."""
        self._catalogue = Catalogue(root)
        # One thread, because the catalogue remembers what it read.
        self._reader = ThreadPoolExecutor(1, "catalogue")
        self._n_made = 0
        self._kinds: Mapping[type, Callable[[Any, Making], Awaitable[dict[str, Any]]]] = {
            ask.Catalogue: self._list, ask.Describe: self._describe, ask.Sweep: self._sweep,
            ask.Begin: self._begin, ask.Resume: self._resume, ask.Again: self._again, ask.Fork: self._fork,
            ask.Steer: self._steer, ask.Rules: self._pass_on, ask.Intervene: self._pass_on,
            ask.Inspect: self._pass_on, ask.Findings: self._pass_on,
            ask.Bookmark: self._bookmark, ask.Shelf: self._shelf, ask.Discard: self._discard,
            ask.Freeze: self._freeze, ask.Thaw: self._thaw, ask.Export: self._export,
        }  # fmt: skip

    def close(self) -> None:
        """Let what was exported go."""
        self._reader.shutdown(wait=False, cancel_futures=True)
        shutil.rmtree(self.made, ignore_errors=True)

    async def answer(self, request: Any, making: Making) -> dict[str, Any]:
        """The value that answers a request; `making` is told how far one has come that takes long.

        Raises:
            PrimordiaError: it cannot be done; says why.
        """
        return await self._kinds[type(request)](request, making)

    async def watch(self, scene: Scene) -> dict[str, Any]:
        """What the files of a run say, and where it stands now."""
        value = {**await asyncio.to_thread(describing.run, scene.folder), "run": scene.run}
        if scene.live is not None:
            value |= {"live": True, "mode": "waiting", "why": "", "status": "running", **_stands(scene)}
        elif value["mode"] == "elsewhere":
            scene.begin_replay()
        return value

    # Reading.

    async def _list(self, request: ask.Catalogue, making: Making) -> dict[str, Any]:
        answer = await asyncio.get_running_loop().run_in_executor(self._reader, self._catalogue.answer)
        live = {scene.run: scene for scene in self.company.live()}
        runs = [
            {**entry, "status": "running", "mode": "waiting", **_stands(live[entry["run"]])}
            if entry["run"] in live
            else entry
            for entry in answer["runs"]
        ]
        return {**answer, "runs": runs}

    async def _describe(self, request: ask.Describe, making: Making) -> dict[str, Any]:
        return await asyncio.to_thread(lambda: describing.experiment(experiment(self.root, request.experiment)))

    async def _sweep(self, request: ask.Sweep, making: Making) -> dict[str, Any]:
        return await asyncio.to_thread(sweeps.answer, self.root, request.of)

    # Runs.

    async def _begin(self, request: ask.Begin, making: Making) -> dict[str, Any]:
        return await self._start(
            request.experiment, request.preset, request.settings, request.schedule, paused=request.paused
        )

    async def _resume(self, request: ask.Resume, making: Making) -> dict[str, Any]:
        scene = self.company.scene(request.run)
        if scene.live is not None:
            raise BadInputError(f"{scene.run} is running here already.")
        first = {"do": "resume", "folder": str(scene.folder.path), "paused": request.paused}
        return {"run": (await self.company.begin(first)).run}

    async def _again(self, request: ask.Again, making: Making) -> dict[str, Any]:
        scene = self.company.scene(request.run)
        settings, record = scene.folder.config(), scene.folder.record()
        config = {**settings["config"], **({} if request.seed is None else {"seed": request.seed})}
        found = await asyncio.to_thread(registry.load, settings["experiment"])
        preset = record["preset"] if record["preset"] in found.presets else ""
        if scene.live is not None:
            await self._end(scene)
        return await self._start(settings["experiment"], preset, config, settings["schedule"], paused=request.paused)

    async def _fork(self, request: ask.Fork, making: Making) -> dict[str, Any]:
        scene = self.company.scene(request.run)
        first = {
            "do": "fork",
            "folder": str(scene.folder.path),
            **{key: getattr(request, key) for key in ("step", "settings", "schedule", "paused")},
            "root": str(self.root),
            "command": COMMAND,
        }
        return {"run": (await self.company.begin(first)).run}

    async def _start(
        self, name: str, preset: str, settings: Mapping[str, Any], schedule: Mapping[str, Any], *, paused: bool
    ) -> dict[str, Any]:
        first = {
            "do": "start",
            "experiment": name,
            "preset": preset,
            "settings": dict(settings),
            "schedule": dict(schedule),
            "root": str(self.root),
            "paused": paused,
            "command": COMMAND,
        }
        return {"run": (await self.company.begin(first)).run}

    async def _end(self, scene: Scene) -> None:
        """Have a run that runs here leave in order, and wait until it has."""
        live = scene.live
        assert live is not None
        await self._steer(ask.Steer(0, scene.run, "leave", 0, 0.0), lambda share, what: None)
        try:
            await asyncio.wait_for(live.wait(), LEAVING_SECONDS)
        except TimeoutError:
            raise BadInputError(f"{scene.run} is still finishing its last steps; try again in a while.") from None

    async def _steer(self, request: ask.Steer, making: Making) -> dict[str, Any]:
        live = self.company.scene(request.run).live
        try:
            return await self._pass_on(request, making)
        except BadInputError:
            # A run that leaves may be gone before it has answered.
            if request.action == "leave" and live is not None and live.is_gone:
                return {}
            raise

    async def _pass_on(self, request: Any, making: Making) -> dict[str, Any]:
        scene = self.company.scene(request.run)
        fields = {"kind": type(request).__name__, **dataclasses.asdict(request)}
        return await scene.ask(fields, _heard(making))

    # Keeping and taking away.

    async def _bookmark(self, request: ask.Bookmark, making: Making) -> dict[str, Any]:
        folder = self.company.scene(request.run).folder.path
        return {"bookmarks": await asyncio.to_thread(bookmarks.put, folder, request.step, request.note)}

    async def _shelf(self, request: ask.Shelf, making: Making) -> dict[str, Any]:
        return {"items": await asyncio.to_thread(freezer.items, self.root)}

    async def _discard(self, request: ask.Discard, making: Making) -> dict[str, Any]:
        return {"items": await asyncio.to_thread(freezer.discard, self.root, request.item)}

    async def _freeze(self, request: ask.Freeze, making: Making) -> dict[str, Any]:
        scene = self.company.scene(request.run)
        if request.specimen is None:
            fields = {"kind": "Freeze", **dataclasses.asdict(request), "out": str(self.root)}
            return await scene.ask(fields, _heard(making))
        step = request.step
        if step is None:
            step = int(_stands(scene).get("step", scene.folder.record()["step"]))
        kept = await asyncio.to_thread(
            freezer.keep_specimen, self.root, scene.folder, step, request.name, request.specimen
        )
        return {"item": kept}

    async def _thaw(self, request: ask.Thaw, making: Making) -> dict[str, Any]:
        item = await asyncio.to_thread(freezer.item, self.root, request.item)
        if item["kind"] == "state":
            first = {"do": "thaw", "root": str(self.root), "item": request.item, "schedule": {}, "paused": False,
                     "command": COMMAND}  # fmt: skip
            return {"run": (await self.company.begin(first)).run}
        scene = self.company.scene(request.run)
        here, there = scene.folder.record()["experiment"], item["origin"]["experiment"]
        if here != there:
            raise BadInputError(f"{item['name']} comes from {there}; {scene.run} is a run of {here}.")
        arguments = {**item["arguments"], **request.arguments}
        fields = {"kind": "Intervene", "run": scene.run, "name": item["intervention"], "arguments": arguments}
        return {**await scene.ask(fields), "run": scene.run}

    async def _export(self, request: ask.Export, making: Making) -> dict[str, Any]:
        scene = self.company.scene(request.run)
        self._n_made += 1
        title = re.sub(r"[^A-Za-z0-9.-]+", "-", scene.run)
        out = self.made / f"{title}-{self._n_made}.{re.sub(r'[^a-z0-9]', '', request.form) or 'file'}"
        first = {"do": "export", "folder": str(scene.folder.path), "request": dataclasses.asdict(request),
                 "out": str(out)}  # fmt: skip
        answer = await self.company.make(first, making)
        # Where one form cannot be made here, another was: its ending says so.
        file = Path(str(answer["path"]))
        told = {key: value for key, value in answer.items() if key != "path"}
        return {**told, "address": f"/made/{file.name}", "bytes": file.stat().st_size}


def _stands(scene: Scene) -> dict[str, Any]:
    """Where a run stands that runs here or is replayed, as it was last told."""
    kept = scene.progress or {}
    return {key: kept[key] for key in ("step", "revision", "mode", "why") if key in kept}


def _heard(making: Making) -> Callable[[dict[str, Any], bytes], None]:
    return lambda message, payload: making(float(message["share"]), str(message["what"]))
