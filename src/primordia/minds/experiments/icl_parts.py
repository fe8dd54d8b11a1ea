"""What the settings of minds/icl-regression stand for: model, task, loss, and the descent on the problems compared on.

JAX is imported inside functions only.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, Any

from primordia.core.errors import ConfigError
from primordia.core.streams import Streams
from primordia.minds.experiments.icl_settings import IclConfig

if TYPE_CHECKING:
    from primordia.minds.tasks.oracles.regression import Best
    from primordia.minds.tasks.regression import Episode, Regression
    from primordia.minds.training.query_loss import Answerer, QueryLoss


N_CURVE = 2000
"""Problems that curves are taken over, at most."""


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Problems to compare on, and the descents with their best settings.

    Args:
        problems: pairs and queries.
        plain: gradient descent.
        corrected: GD++; the same where there is one step only.
        other: how either is asked.
        weights: of the one that the learner is held against.
        best: its settings.
        losses: of both on these problems.
    """

    problems: Episode
    plain: Best
    corrected: Best
    other: Answerer
    weights: Any
    best: Best
    losses: tuple[float, float]


def task(config: IclConfig, **changed: Any) -> Regression:
    """The problems; `changed` replaces settings of the task."""
    from primordia.minds.tasks.regression import Regression

    settings = {name: getattr(config, name) for name in ("n_inputs", "n_context", "half_width", "tokens")}
    return Regression(**{**settings, **changed})


def answerer(config: IclConfig) -> Answerer:
    """The model and how it is asked.

    Raises:
        ConfigError: there are fewer layers than softmax layers, or layers that share weights are of two kinds.
    """
    from primordia.minds.models.self_attention import SelfAttention
    from primordia.minds.training.query_loss import Answerer

    if config.n_softmax > config.n_layers:
        raise ConfigError(
            f"n_softmax={config.n_softmax} of n_layers={config.n_layers}: it must be at most the number of layers; "
            f"the nearest is {config.n_layers}."
        )
    model = SelfAttention(
        task(config).n_channels,
        n_layers=config.n_layers,
        tied=config.tied,
        n_heads=config.n_heads,
        n_softmax=config.n_softmax,
        hidden=config.hidden,
        clip=config.clip_tokens,
        variance=config.variance / config.n_layers,
    )
    return Answerer(model, config.tokens)


def query_loss(config: IclConfig) -> QueryLoss:
    """What is made small."""
    from primordia.minds.training.query_loss import QueryLoss

    # The fixed set belongs to the run, not to an update; its seed is one of the run's words.
    set_seed = Streams(config.seed).words("problems", 0)[0] & 0x7FFFFFFF
    return QueryLoss(answerer(config), task(config), config.n_batch, config.n_problems, set_seed)


def problems(config: IclConfig, place: int, n: int | None = None, **changed: Any) -> Episode:
    """Problems that are never trained on; each `place` has its own. `changed` replaces settings of the task."""
    from primordia.minds.tasks.regression import drawn_episodes

    key = Streams(config.seed).key("evaluation", place)
    return drawn_episodes(task(config, **changed), key, n or config.n_evaluation)


@functools.lru_cache(maxsize=8)
def comparison(config: IclConfig) -> Comparison:
    """The descents, tuned to the spectra of the contexts that they are compared on."""
    from primordia.minds.probes.regression import descending, descent_weights
    from primordia.minds.tasks.oracles import regression as oracles
    from primordia.minds.training.query_loss import answered

    shown = problems(config, 0)
    spectra = oracles.eigenvalues(shown.x[:, :-1])
    best = [
        oracles.best_descent(
            spectra, config.n_context, config.n_steps, corrected=corrected, half_width=config.half_width
        )
        for corrected in ((False, True) if config.several_steps else (False, False))
    ]
    # Where the learner has the very shape of the descent, both go through one compiled function.
    same = config.interpolates
    other = answerer(config) if same else descending(config.n_inputs, config.n_steps, config.clip_tokens)
    made = [descent_weights(config.n_inputs, config.n_context, found.rate, found.correction) for found in best]
    losses = [float(answered(weights, shown, answerer=other)) for weights in made]
    chosen = int(config.reference == "gd++")
    return Comparison(shown, best[0], best[1], other, made[chosen], best[chosen], (losses[0], losses[1]))
