"""What minds/mesa-optimization is put together from; nothing here imports JAX before it is called."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from primordia.core.streams import Streams
from primordia.minds.experiments.mesa_settings import MesaConfig

Curve = npt.NDArray[np.float64]


class Beside(NamedTuple):
    """What a model is held against: the run's own judging sequences, and other learners on them.

    Args:
        batch: the sequences (`tasks.batch.Vectors`).
        lines: `probes.lines.Lines`.
    """

    batch: Any
    lines: Any


def task(config: MesaConfig) -> Any:
    """The dynamical system."""
    from primordia.minds.tasks.dynamics import Dynamics

    return Dynamics(
        config.kind, config.n_hidden, config.n_observed, config.n_time, config.noise, config.observation_noise
    )


def model(config: MesaConfig) -> Any:
    """The model.

    Raises:
        UnknownNameError: a kind of layer that does not exist.
        ConfigError: a softmax layer after another kind.
    """
    from primordia.minds.models.autoregressor import Autoregressor

    return Autoregressor(
        config.n_observed,
        tuple(name.strip() for name in config.layers.split(",")),
        config.n_position,
        config.n_heads,
        config.d_key,
        config.n_mlp,
        config.token_clip,
        config.init_variance,
    )


def loss(config: MesaConfig) -> Any:
    """What is made small.

    Raises:
        PrimordiaError: settings that do not fit together.
    """
    from primordia.minds.training.next_vector import NextVector

    if config.n_stacked > config.n_time:
        from primordia.minds.tasks.task import refuse

        raise refuse("n_stacked", config.n_stacked, f"at most n_time={config.n_time}", config.n_time)
    return NextVector(model(config), task(config), config.n_batch)


def beside(config: MesaConfig) -> Beside:
    """What the model of a run is held against; computed once in a process."""
    return _beside(task(config), config.seed, config.n_judged, config.n_stacked, len(model(config).layers))


def error(config: MesaConfig, weights: Any, batch: Any) -> Curve:
    """The model's error of a channel by position."""
    from primordia.minds.training.next_vector import errors

    return np.asarray(errors(weights, batch, model=model(config)), np.float64)


@functools.lru_cache(maxsize=16)
def _beside(system: Any, seed: int, n_judged: int, n_stacked: int, n_steps: int) -> Beside:
    from primordia.minds.probes.lines import lines
    from primordia.minds.tasks.task import drawn

    batch = drawn(system, Streams(seed).key("evaluation", 0), n_judged)
    return Beside(batch, lines(batch, n_stacked, n_steps))
