"""A stage on which a run is run: the loop in this thread, and beside it who draws it, asks it and tells of it."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, final

from primordia.core import registry
from primordia.core.errors import BadInputError, PrimordiaError, UnknownNameError
from primordia.core.experiment import Experiment
from primordia.engine import launch
from primordia.engine.folder import RunFolder
from primordia.engine.helm import Helm
from primordia.engine.observer import Outcome
from primordia.engine.opening import open_run
from primordia.engine.ring import Instant, Ring
from primordia.observatory.pipe import Pipe
from primordia.observatory.stages import answering
from primordia.observatory.stages.outbox import Outbox
from primordia.observatory.stages.painter import Painter, sentence
from primordia.observatory.stages.painting import Sights

STEERING = ("Steer", "Rules")
LEFT = "interrupted because the observatory was closed; resume continues with the same bits"
LEFT_BY_HAND = "interrupted in the observatory; resume continues with the same bits"
N_ANSWERING = 4

Call = Callable[[Outbox, Helm], Outcome]


def run(pipe: Pipe, message: Mapping[str, Any]) -> None:
    """Start, resume, fork or thaw what the first message of the server says, and serve until it is over."""
    try:
        experiment, call = _plan(message)
        stage = Live(pipe, experiment, paused=bool(message["paused"]))
    except Exception as error:
        _refuse(pipe, error)
        return
    stage.perform(call)


def _plan(message: Mapping[str, Any]) -> tuple[Experiment[Any, Any], Call]:
    """What is run, and the call of the engine that runs it."""
    do = message["do"]
    if do == "start":
        experiment, preset = registry.load(message["experiment"]), message["preset"] or None
        config, schedule = launch.resolve(experiment, preset, message["settings"], message["schedule"])
        return experiment, lambda outbox, helm: launch.start(
            experiment,
            config,
            schedule,
            root=Path(message["root"]),
            slug=preset or "custom",
            address=message["experiment"],
            observer=outbox,
            helm=helm,
            command=message["command"],
        )
    where = _thawed(message) if do == "thaw" else RunFolder(Path(message["folder"]))
    experiment = open_run(where).experiment
    if do in ("resume", "thaw"):
        return experiment, lambda outbox, helm: launch.resume(where, observer=outbox, helm=helm)
    return experiment, lambda outbox, helm: launch.fork(
        where,
        int(message["step"]),
        message["settings"],
        message["schedule"],
        root=Path(message["root"]),
        observer=outbox,
        helm=helm,
        command=message.get("command", ""),
    )


def _thawed(message: Mapping[str, Any]) -> RunFolder:
    """A new run from a state of the freezer, ready to be resumed."""
    from primordia.observatory.keeping import freezer

    return freezer.begin(Path(message["root"]), message["item"], message["schedule"], message["command"])


def _refuse(pipe: Pipe, error: Exception) -> None:
    if not isinstance(error, PrimordiaError | OSError):
        # The author of an experiment needs to see where it broke.
        traceback.print_exception(error)
    try:
        pipe.send({"say": "refused", "sentence": sentence(error, "Starting this run")})
    except EOFError:
        return


@final
class Live:
    """A run that is run here.

    Args:
        pipe: to the server.
        experiment: what is run.
        paused: whether to wait before the first step.
    """

    def __init__(self, pipe: Pipe, experiment: Experiment[Any, Any], *, paused: bool) -> None:
        self.pipe, self.experiment = pipe, experiment
        # One state is enough to draw from; each that is kept is memory that the run cannot use again at once.
        self.helm = Helm(paused=paused, ring=Ring(1))
        self.outbox = Outbox(pipe, self.helm)
        self.sights = Sights()
        self.painter = Painter(pipe, experiment.views, self.helm.ring, self.sights, self._unhurried)
        self._paced = False
        self._answering = ThreadPoolExecutor(N_ANSWERING, "answering")

    def perform(self, call: Call) -> None:
        """Run until it ends, fails, is interrupted or the server goes away; then say which."""
        threading.Thread(target=self._listen, name="listener", daemon=True).start()
        self.painter.begin()
        try:
            outcome = call(self.outbox, self.helm)
            ending = {"status": outcome.status, "reason": outcome.reason}
        except KeyboardInterrupt:
            ending = self._recorded("interrupted", "stopped at once by a second signal")
        except Exception as error:
            if self.outbox.run is None:
                _refuse(self.pipe, error)
            elif not isinstance(error, PrimordiaError):
                traceback.print_exception(error)
            ending = self._recorded("failed", sentence(error, "The run"))
        self._close(ending)

    def _recorded(self, status: str, reason: str) -> dict[str, Any]:
        """How the run ended by its own record, which knows better where it is whole."""
        try:
            assert self.outbox.run is not None
            record = self.outbox.run.folder.record()
        except (AssertionError, PrimordiaError, OSError):
            return {"status": status, "reason": reason}
        return {"status": record["status"], "reason": record["reason"] or reason}

    def _close(self, ending: Mapping[str, Any]) -> None:
        self.painter.end()
        self.outbox.close()
        self._answering.shutdown(wait=False, cancel_futures=True)
        if self.outbox.run is not None:
            try:
                self.pipe.send({"say": "over", **ending})
            except EOFError:
                return

    def _listen(self) -> None:
        """Hear what the server wants until it goes away, which ends the run in order."""
        try:
            while True:
                self._hear(self.pipe.receive()[0])
        except (EOFError, BadInputError):
            self.helm.leave(LEFT)

    def _hear(self, message: Mapping[str, Any]) -> None:
        self.sights.hear(message)
        if message.get("do") == "request":
            request = message["request"]
            if request["kind"] in STEERING:
                self._answer(request)
            else:
                self._answering.submit(self._answer, request)

    def _answer(self, request: Mapping[str, Any]) -> None:
        try:
            reply = {"say": "answer", "id": request["id"], "value": self._value(request)}
        except Exception as error:  # Experiments raise what they like; whoever asked is told, and the run goes on.
            reply = {"say": "refusal", "id": request["id"], "sentence": sentence(error, f"{request['kind']}")}
        try:
            self.pipe.send(reply)
        except EOFError:
            return

    def _value(self, request: Mapping[str, Any]) -> dict[str, Any]:
        kind = request["kind"]
        if kind == "Steer":
            return self._steer(request)
        if kind == "Rules":
            self.helm.rules(request["rules"])
            return {}
        if kind == "Intervene":
            event = self.helm.intervene(request["name"], request["arguments"])
            self.painter.forget_from(int(event["step"]))
            return {"event": event}
        if kind not in answering.QUESTIONS or self.outbox.run is None:
            raise BadInputError(f"A run that is run here cannot answer {kind!r} now.")
        return answering.answer(self.outbox.run, self._instant(request["step"]), self.painter.canvas.size, request)

    def _steer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        actions: dict[str, Callable[[], None]] = {
            "play": self.helm.play,
            "pause": self.helm.pause,
            "step": lambda: self.helm.step(request["n"]),
            "pace": lambda: self._pace(request["n"], request["pictures_per_second"]),
            "leave": lambda: self.helm.leave(LEFT_BY_HAND),
        }
        if request["action"] not in actions:
            raise UnknownNameError("action", request["action"], actions)
        actions[request["action"]]()
        return {}

    def _pace(self, n: int, pictures_per_second: float) -> None:
        self.helm.pace(n, pictures_per_second)
        self._paced = n > 0 and pictures_per_second > 0

    def _unhurried(self) -> bool:
        return self._paced or self.helm.mode != "playing"

    def _instant(self, step: int | None) -> Instant:
        instant = self.helm.ring.newest() if step is None else self.helm.ring.at(step)
        if instant is None:
            where = "has not begun yet" if step is None else f"no longer has step {step}"
            raise BadInputError(f"The running process {where}.")
        return instant
