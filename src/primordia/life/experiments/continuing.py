"""A state from a checkpoint of the authors' simulator, and back."""

from __future__ import annotations

from typing import Any

from primordia.core.errors import BadInputError, ConfigError
from primordia.life.authors.files import Checkpoint, reset_index
from primordia.life.experiments.settings import SoupConfig
from primordia.life.experiments.soups import SoupState


def settings_of(checkpoint: Checkpoint) -> dict[str, Any]:
    """The settings that a checkpoint fixes; seed, language and rates are not stored in it."""
    n_programs, tape_length = checkpoint.soup.shape
    return {"n_programs": n_programs, "tape_length": tape_length}


def state_of(config: SoupConfig, checkpoint: Checkpoint) -> tuple[SoupState, int]:
    """The state that a run of `config` continues from, and its completed epochs.

    The authors' program forgets a fresh start that is due right after the checkpoint's epoch; here it takes place, as
    in a run that was never stopped.

    Raises:
        ConfigError: the number or length of programs differs, or the run wants tokens.
        BadInputError: the checkpoint was made with another interval of fresh starts.
    """
    for name, stored in settings_of(checkpoint).items():
        if getattr(config, name) != stored:
            raise ConfigError(f"The checkpoint has {name}={stored} and the run {getattr(config, name)}: give {stored}.")
    if config.tokens:
        raise ConfigError("A checkpoint of the authors' program carries no tokens: give tokens=false.")
    expected = reset_index(config.reset_every, checkpoint.epoch)
    if checkpoint.reset_index != expected:
        raise BadInputError(
            f"The checkpoint is one of a soup begun anew {checkpoint.reset_index - 1} times; with "
            f"reset_every={config.reset_every} it would be {expected - 1} after {checkpoint.epoch} epochs: give the "
            "interval that it was made with."
        )
    return SoupState(checkpoint.soup), checkpoint.epoch


def checkpoint_of(config: SoupConfig, state: SoupState, t: int) -> Checkpoint:
    """What the authors' program would store after `t` >= 1 epochs."""
    if t < 1:
        raise BadInputError("The authors' program stores no soup before its first epoch: take step 1 or later.")
    return Checkpoint(reset_index(config.reset_every, t), t, state.soup)
