"""Known results that experiments on soups share."""

from __future__ import annotations

import hashlib
from typing import Any

from primordia.core.claims import Measurement
from primordia.core.experiment import KnownResult
from primordia.core.streams import Streams
from primordia.life.authors.soups import EPOCHS, SETTINGS, SOUPS
from primordia.life.experiments.settings import SoupConfig
from primordia.life.experiments.soups import SoupExperiment


def authors_evaluator(language: str) -> KnownResult:
    """What the authors' simulator makes of 10,000 random tapes, by a language of ours."""
    from primordia.life.claims.measuring import evaluate_vector
    from primordia.life.golden import EVALUATOR_VECTORS

    operations, digest = EVALUATOR_VECTORS[language]["U"]
    return KnownResult(
        f"10,000 uniform random tapes of 128 bytes run by {language}: operations and hash of the outcome",
        "output of the authors' simulator (cubff, commit f212e84)",
        {"operations": operations, "sha256": digest},
        lambda: evaluate_vector(language, "U"),
    )


def authors_soup(
    experiment: SoupExperiment[Any], name: str, config_class: type[Any] = SoupConfig, **changes: Any
) -> KnownResult:
    """The soup of the authors' simulator in the world of that name (see `authors.soups`), by this experiment.

    `changes` are settings of its `config_class` that must make no difference.
    """
    authors = SOUPS[name]
    return KnownResult(
        f"A soup of {_config(name).n_programs} bff_noheads programs ({name}): its hashes after 1, 8 and 24 epochs",
        f"checkpoints of the authors' simulator (cubff, commit f212e84) {authors.options}".strip(),
        authors.hashes,
        lambda: hashes(experiment, _config(name, config_class, **changes)),
    )


def agreeing_soups(experiment: SoupExperiment[Any]) -> Measurement:
    """How many soups of the authors' simulator this experiment gives, of all worlds and options: three for each."""
    found = {name: hashes(experiment, _config(name)) for name in SOUPS}
    agreeing = {name: sum(map(str.__eq__, found[name], SOUPS[name].hashes)) for name in SOUPS}
    return Measurement(sum(agreeing.values()), f"of {3 * len(SOUPS)} soups", {"agreeing": agreeing})


def hashes(experiment: SoupExperiment[Any], config: Any) -> tuple[str, ...]:
    """The first 16 digits of the sha256 of the soup after each of `EPOCHS`."""
    streams, found, at = Streams(config.seed), [], 0
    state = experiment.init(config, streams)
    for epoch in EPOCHS:
        state, _ = experiment.advance(config, state, streams, at, epoch - at)
        at = epoch
        found.append(hashlib.sha256(state.soup.tobytes()).hexdigest()[:16])
    return tuple(found)


def _config(name: str, config_class: type[Any] = SoupConfig, **changes: Any) -> Any:
    return config_class(**{**SETTINGS, **SOUPS[name].settings, **changes})
