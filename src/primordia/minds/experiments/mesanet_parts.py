"""Models, losses and batches of minds/mesanet, made from its settings. JAX is imported inside functions."""

from __future__ import annotations

import math
from typing import Any

from primordia.core.errors import ConfigError
from primordia.core.streams import Streams
from primordia.minds.experiments import mesanet_tasks
from primordia.minds.experiments.mesanet_settings import MesaNetConfig

SOLVING = {"mesa", "mesa-signed"}
"""Layers with a solver."""


def spec(config: MesaNetConfig, layers: str) -> Any:
    """The model's `ModelSpec` with these layers.

    Raises:
        ConfigError: the sizes do not fit together.
        UnknownNameError: a layer that does not exist; says the nearest.
    """
    from primordia.minds.models.spec import ModelSpec

    n_symbols = mesanet_tasks.n_symbols(config)
    return ModelSpec(
        n_symbols,
        n_symbols,
        pattern=layers,
        n_blocks=config.n_blocks,
        width=config.width,
        n_heads=config.n_heads,
        d_key=config.d_key,
        expansion=config.expansion,
        convolution=config.convolution,
        # Room for what the task asks for: layers that keep every token would refuse it otherwise.
        longest=max(ModelSpec.longest, mesanet_tasks.longest(config)),
        chunk=config.chunk,
        cap=config.cap,
        solver_steps=config.solver_steps,
        solver_tolerance=config.solver_tolerance,
        half=config.half,
        remat=config.remat,
    )


def checked(config: MesaNetConfig) -> Any:
    """The recipe, once everything else fits too; nothing is compiled.

    Raises:
        BadInputError: there is no such text, it is not UTF-8, or too short to hold some of it back.
        ConfigError: settings that do not fit together.
        UnknownNameError: a layer that does not exist; says the nearest.
    """
    mesanet_tasks.task(config)
    if config.task == "text":
        for part in ("train", "validation"):
            mesanet_tasks.text_rows(config, part)
    spec(config, config.layers)
    if config.twin:
        spec(config, config.twin)
    if config.watch_solver and not SOLVING & {name.strip() for name in config.layers.split(",")}:
        raise ConfigError(f"watch_solver=true needs a mesa layer, and layers={config.layers!r} has none; give false.")
    if config.n_batch % (config.accumulate * config.n_devices):
        raise ConfigError(
            f"n_batch={config.n_batch} cannot be divided into accumulate={config.accumulate} parts for n_devices="
            f"{config.n_devices}; give a multiple of {config.accumulate * config.n_devices}."
        )
    return recipe(config)


def recipe(config: MesaNetConfig) -> Any:
    """How it is trained."""
    from primordia.minds.training.recipe import Recipe

    return Recipe(
        peak=config.learning_rate,
        warmup=config.warmup,
        decay=config.decay_until,
        start=config.learning_rate / 1000,
        floor=config.floor,
        beta2=config.beta2,
        weight_decay=config.weight_decay,
        clip=config.clip,
        accumulate=config.accumulate,
        average=config.average,
        n_devices=config.n_devices,
    )


def first_weights(config: MesaNetConfig, layers: str, streams: Streams, stream: str) -> Any:
    """Weights before the first update, by name, from a stream."""
    from primordia.minds.training.token_loss import first

    n_decoded = mesanet_tasks.task(config).n_time if mesanet_tasks.decodes(config) else 0
    return first(streams.key(stream, 0), spec=spec(config, layers), n_decoded=n_decoded)


def order(config: MesaNetConfig, layers: str) -> tuple[str, ...]:
    """The names of the weights, in the order of the model."""
    from primordia.minds.models.model import skeleton
    from primordia.minds.models.weights import shapes

    return tuple(shapes(skeleton(spec(config, layers))))


def loss(config: MesaNetConfig, layers: str) -> Any:
    """Cross-entropy of the model with these layers."""
    from primordia.minds.training.token_loss import TokenLoss

    return TokenLoss(spec(config, layers), mesanet_tasks.decodes(config))


def batch(config: MesaNetConfig, streams: Streams, t: int) -> Any:
    """What update `t` learns from."""
    if config.task == "text":
        return text(mesanet_tasks.text_rows(config, "train").batch(t, config.n_batch))
    return rows(config, mesanet_tasks.task(config), streams.key("batch", t), config.n_batch, config.n_examples)


def evaluation_rows(config: MesaNetConfig, streams: Streams) -> Any:
    """The evaluation sequences: the task as it is tested or text held back, the same rows at every step."""
    if config.task == "text":
        held = mesanet_tasks.text_rows(config, "validation")
        return text(held.batch(0, min(config.n_evaluation, held.n_rows)))
    return rows(config, mesanet_tasks.task(config).for_test(), streams.key("evaluation", 0), config.n_evaluation)


def text(batch: Any) -> Any:
    """Packed rows as a loss takes them."""
    import jax.numpy as jnp

    from primordia.minds.tasks.batch import Tokens
    from primordia.minds.training.token_loss import Rows

    tokens = jnp.asarray(batch.tokens)
    return Rows(Tokens(tokens[:, :-1], tokens[:, 1:]), jnp.asarray(batch.reset))


def text_digest(config: MesaNetConfig) -> Any:
    """What tells whether the text has changed; None where there is none."""
    if config.task != "text":
        return None
    from primordia.minds.text.corpora import corpus

    return corpus(config.corpus).digest


def refuse_other_text(config: MesaNetConfig, digest: Any) -> None:
    """`CheckpointError` if the text is another than when the run began."""
    if config.task == "text":
        from primordia.minds.text.corpora import corpus

        corpus(config.corpus).refuse_another(digest)


def rows(config: MesaNetConfig, task: Any, key: Any, n_rows: int, n_examples: int = 0) -> Any:
    """Rows of a task; a finite training set is the same for the whole run."""
    from primordia.minds.training.token_loss import fresh

    examples = Streams(config.seed).key("examples", 0)
    return fresh(key, examples, task=task, n_rows=n_rows, n_examples=n_examples)


def matrices_of_the_small_model() -> int:
    """Numbers in the embedding and in the projections and MLPs of the blocks of the 140M model, from its shapes."""
    from primordia.minds.models.model import skeleton
    from primordia.minds.models.sizes import sized
    from primordia.minds.models.weights import shapes

    ends = ("embedding", "query_key", "value", "out", "up", "down")
    found = shapes(skeleton(sized("140M")))
    return sum(math.prod(shape) for name, shape in found.items() if name.rpartition("/")[2] in ends)
