"""What an experiment offers so that the models of its runs can be kept and can write."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol, runtime_checkable

from primordia.minds.models.model import Model
from primordia.minds.text.tokens import Tokens


class TextModel(NamedTuple):
    """A model of text, and the tokens it reads."""

    model: Model
    tokens: Tokens


@runtime_checkable
class Speaker(Protocol):
    """An experiment that trains models of text."""

    def text_model(self, config: Any, state: Any) -> TextModel:
        """The model of a state, with the weights that evaluation uses.

        Raises:
            BadInputError: with these settings the experiment trains on something else than text.
        """
