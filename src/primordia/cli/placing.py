"""--actors and --address: who holds the shards of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from primordia.cli import arguments
from primordia.core.errors import ConfigError
from primordia.core.experiment import Experiment

if TYPE_CHECKING:
    from primordia.engine.fleet.places import Place


def place(
    experiment: Experiment[Any, Any], actors: str | None, address: str | None, threads: str | None
) -> Place | None:
    """Where the shards of a run are to be held; None: by this process, as ever.

    Raises:
        BadInputError: the experiment has no shards; nothing was started.
        ConfigError: a number below 1, an address without actors, or no cluster there.
    """
    if actors is None:
        if address is not None:
            raise ConfigError(f"--address {address} is that of a Ray cluster; give --actors N too.")
        return None
    n = arguments.whole("actors", actors, 1)
    n_threads = None if threads is None else arguments.whole("threads", threads, 1)
    from primordia.engine.fleet.fleet import refuse_without_shards

    refuse_without_shards(experiment)
    from primordia.engine.fleet.actors import Actors

    return Actors(n, address, n_threads)
