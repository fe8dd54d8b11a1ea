"""A stage that makes one file of a run, and ends."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from primordia.observatory.pipe import Pipe
from primordia.observatory.stages.painter import sentence

TELL_SECONDS = 0.2


def run(pipe: Pipe, message: Mapping[str, Any]) -> None:
    """Make what the first message asks for; answers {path, bytes}, or refuses with a sentence."""
    from primordia.observatory.exports import exporting

    request = message["request"]
    whom, told = {"id": request.get("id", 0)}, 0.0

    def progress(share: float, what: str) -> None:
        nonlocal told
        if time.monotonic() - told > TELL_SECONDS:
            told = time.monotonic()
            # A server that is gone ends the export here, with nothing half made left behind.
            pipe.send({"say": "making", **whom, "share": share, "what": what})

    try:
        made = exporting.make(Path(message["folder"]), request, Path(message["out"]), progress)
        pipe.send({"say": "answer", **whom, "value": {"path": str(made), "bytes": made.stat().st_size}})
    except EOFError:
        return
    except Exception as error:  # Views are the experiment's own code, and raise what they like.
        pipe.send({"say": "refusal", **whom, "sentence": sentence(error, "Making this file")})
