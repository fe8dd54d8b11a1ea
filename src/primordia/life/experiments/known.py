"""Known results that experiments on soups share."""

from __future__ import annotations

import hashlib
from typing import Any

from primordia.core.experiment import KnownResult
from primordia.core.streams import Streams
from primordia.life.authors.soups import EPOCHS, SETTINGS, SOUPS
from primordia.life.experiments.settings import SoupConfig
from primordia.life.experiments.soups import SoupExperiment


def authors_soup(experiment: SoupExperiment[Any], name: str, **changes: Any) -> KnownResult:
    """The soup of the authors' simulator in the world of that name (see `authors.soups`), by this experiment.

    `changes` are settings that must make no difference.
    """
    authors = SOUPS[name]
    config = SoupConfig(**{**SETTINGS, **authors.settings, **changes})

    def measured() -> tuple[str, ...]:
        streams, found, at = Streams(config.seed), [], 0
        state = experiment.init(config, streams)
        for epoch in EPOCHS:
            state, _ = experiment.advance(config, state, streams, at, epoch - at)
            at = epoch
            found.append(hashlib.sha256(state.soup.tobytes()).hexdigest()[:16])
        return tuple(found)

    return KnownResult(
        f"A soup of {config.n_programs} bff_noheads programs ({name}): its hashes after 1, 8 and 24 epochs",
        f"checkpoints of the authors' simulator (cubff, commit f212e84) {authors.options}".strip(),
        authors.hashes,
        measured,
    )
