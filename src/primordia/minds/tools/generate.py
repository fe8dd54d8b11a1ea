"""`primordia minds generate`: a model of text writes on."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, final

from primordia.core.config import Spec
from primordia.core.errors import BadInputError
from primordia.core.findings import Finding, Text
from primordia.core.streams import Streams
from primordia.core.tools import Runs, Tool
from primordia.minds.tools import asking

if TYPE_CHECKING:
    from primordia.minds.text.speaking import TextModel

TITLE_SIZE = 40


@dataclasses.dataclass(frozen=True)
class GenerateArguments:
    """A model, and how it shall go on."""

    model: Annotated[str, Spec("a run of a model of text, or a folder that `minds save` wrote")]
    prompt: Annotated[str, Spec("the text to go on from, or @FILE; none: from the beginning of a document")] = ""
    tokens: Annotated[int, Spec("tokens to write; a text may end before", "tokens", ge=1, le=2**20)] = 200
    temperature: Annotated[float, Spec("logits are divided by it; 0: always the likeliest token", ge=0)] = 0.8
    top_k: Annotated[int, Spec("draw from so many of the likeliest tokens; 0: from all", "tokens", ge=0)] = 0
    top_p: Annotated[float, Spec("draw from the likeliest tokens that have this probability together", le=1)] = 1.0
    samples: Annotated[int, Spec("texts to write", "texts", ge=1, le=1024)] = 1
    seed: Annotated[int, Spec("the number that all draws follow from", ge=0, le=2**64 - 1)] = 0
    step: asking.Step = None


@final
class Generate(Tool):
    """The prompt is read as the beginning of a document; a text ends where the model begins another one.

    The same seed gives the same text. Memory does not grow with the text, except for layers that keep all tokens.
    """

    name = "minds/generate"
    summary = "A model of text goes on from a prompt: of a run, or saved in a folder."
    Arguments = GenerateArguments

    def use(self, arguments: GenerateArguments, runs: Runs) -> Iterator[Finding]:
        """One text after the other."""
        import jax.numpy as jnp

        from primordia.minds.models.generate import generate
        from primordia.minds.models.sampling import Sampling

        sampling = Sampling(arguments.temperature, arguments.top_k, arguments.top_p)
        found = speaker(arguments, runs)
        streams = Streams(arguments.seed)
        keys = jnp.stack([streams.key("generate", sample) for sample in range(arguments.samples)])
        prompts = [found.tokens.document(arguments.prompt)] * arguments.samples
        written = generate(found.model, prompts, arguments.tokens, keys, sampling, end=found.tokens.begin)
        for sample, row in enumerate(written):
            ended = ", where the text ends" if len(row) < arguments.tokens else ""
            yield Text(
                _title(arguments.prompt) + (f" ({sample + 1})" if arguments.samples > 1 else ""),
                arguments.prompt + found.tokens.written(row),
                f"{len(row)} tokens written{ended}",
            )


def speaker(arguments: GenerateArguments, runs: Runs) -> TextModel:
    """The model and its tokens, from a folder or a run.

    Raises:
        BadInputError: the folder's model is none of text, or `step` is given with a folder.
    """
    if not asking.holds_a_model(arguments.model):
        return asking.text_model(runs, arguments.model, arguments.step)[0]
    from primordia.minds.models.disk import load
    from primordia.minds.text import tokens
    from primordia.minds.text.speaking import TextModel

    if arguments.step is not None:
        raise BadInputError(f"{arguments.model} is a saved model and has one step only; --step goes with a run.")
    saved = load(Path(arguments.model))
    if not saved.tokens:
        raise BadInputError(f"The model in {arguments.model} does not read text; name one that was trained on text.")
    return TextModel(saved.model, tokens.read(saved.tokens, saved.tokenizer))


def _title(prompt: str) -> str:
    """The first words of the prompt."""
    line = " ".join(prompt.split())
    if not line:
        return "From the beginning"
    return f"After {line!r}" if len(line) <= TITLE_SIZE else f"After {line[:TITLE_SIZE]!r}…"
