"""The tasks of minds/mesanet, made from its settings. Everything that imports JAX does so inside functions."""

from __future__ import annotations

from typing import Any

from primordia.core.errors import ConfigError
from primordia.minds.experiments.mesanet_settings import MesaNetConfig


def task(config: MesaNetConfig) -> Any:
    """What rows are drawn from, a `tasks.task.Task`; None for text.

    Raises:
        ConfigError: the settings do not fit the task.
    """
    if (config.task == "text") != bool(config.corpus):
        raise ConfigError(
            f"task={config.task} and corpus={config.corpus!r} do not go together: task=text needs a corpus, such as "
            "manual, and no other task takes one."
        )
    if config.task == "text":
        return None
    given = {"n_symbols": config.n_symbols, "n_time": config.n_time}
    sizes = {name: value for name, value in given.items() if value}
    if config.task == "recall":
        from primordia.minds.tasks.recall import Recall

        return Recall(**{"n_symbols": 256, **sizes}, n_pairs=config.n_pairs)
    if config.task == "parity":
        from primordia.minds.tasks.parity import Parity

        if config.n_symbols not in (0, 2):
            raise ConfigError(f"n_symbols={config.n_symbols} does not fit task=parity: bits are 2 symbols; give 0.")
        return Parity(**({"n_time": config.n_time} if config.n_time else {}))
    raise NotImplementedError(config.task)


def n_symbols(config: MesaNetConfig) -> int:
    """Size of the vocabulary."""
    return int(task(config).n_symbols)


def chance(config: MesaNetConfig) -> float:
    """The accuracy of a guess among the answers that a sequence leaves open."""
    return 1 / (config.n_pairs if config.task == "recall" else n_symbols(config))
