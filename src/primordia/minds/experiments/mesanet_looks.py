"""What minds/mesanet shows of its models: scores, pictures, tables. JAX is imported inside functions."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from primordia.core.errors import BadInputError
from primordia.core.findings import Chart, Finding, Table, Text
from primordia.core.streams import Streams
from primordia.minds.experiments import mesanet_parts, mesanet_tasks
from primordia.minds.experiments.mesanet_settings import MesaNetConfig

SHOWN = 64
"""Tokens of a sequence that are looked into; longer ones are cut."""
STRETCHES = 32
"""Points of a curve over positions; where there are more positions, neighbours are taken together."""
SAMPLE = 400
"""Tokens of a sample of text."""


def models(config: MesaNetConfig, state: Any) -> dict[str, tuple[str, Any]]:
    """Title -> (layers, weights that are evaluated) of the model and of its twin, where there is one."""
    both = {"model": (config.layers, state.learner), "twin": (config.twin, state.twin)}
    return {
        f"{title} ({layers})": (layers, learner.weights if learner.average is None else learner.average)
        for title, (layers, learner) in both.items()
        if learner is not None
    }


def exam(config: MesaNetConfig, layers: str, weights: Any, rows: Any) -> dict[str, Any]:
    """Loss and scores of a model on given rows (see `training.token_loss.TokenExam`)."""
    from primordia.minds.training.evaluation import evaluate
    from primordia.minds.training.token_loss import TokenExam

    return evaluate(weights, [rows], loss=TokenExam(mesanet_parts.spec(config, layers), mesanet_tasks.decodes(config)))


def bits_per_byte(config: MesaNetConfig, score: dict[str, Any], rows: Any) -> float:
    """What the held-out text costs, for each of its bytes."""
    from primordia.minds.text.rows import bits_per_byte as bits

    return bits(score["losses"], rows.tokens.targets, mesanet_tasks.text_tokens(config).n_bytes())


def insides(config: MesaNetConfig, layers: str, weights: Any) -> tuple[Any, ...]:
    """What every block does with the first evaluation sequence (see `probes.inside.Inside`)."""
    from primordia.minds.probes.inside import inside
    from primordia.minds.training.token_loss import of_model

    rows = mesanet_parts.evaluation_rows(config, Streams(config.seed))
    return inside(of_model(weights), rows.tokens.inputs[:1, :SHOWN], spec=mesanet_parts.spec(config, layers))


def residual(config: MesaNetConfig, state: Any) -> float:
    """The largest relative residual of the solvers in the model, on one evaluation sequence."""
    layers, weights = next(iter(models(config, state).values()))
    found = [block.shown["residual"] for block in insides(config, layers, weights) if "residual" in block.shown]
    return max(float(np.max(one)) for one in found)


def findings(config: MesaNetConfig, state: Any, streams: Streams, t: int) -> tuple[Finding, ...]:
    """Everything that is said about a state."""
    from primordia.minds.experiments.mesanet_tiles import read_matrices

    rows = mesanet_parts.evaluation_rows(config, streams)
    scores = {title: exam(config, layers, weights, rows) for title, (layers, weights) in models(config, state).items()}
    found: list[Finding] = [by_position(config, scores)]
    if config.task == "recall":
        found.append(by_pairs(config, state, streams))
    if config.task == "regbench":
        found.append(legality(config, state, streams))
    if config.task == "text":
        found.append(sample(config, state, streams))
    looked = {title: insides(config, *model) for title, model in models(config, state).items()}
    return (*found, heads(config, looked), *read_matrices(config, looked))


def by_position(config: MesaNetConfig, scores: dict[str, dict[str, Any]]) -> Chart:
    """Accuracy at each position that is scored, of text the loss; neighbours together where there are many."""
    n_answers, text = mesanet_tasks.n_answers(config), config.task == "text"
    lines = {}
    for title, score in scores.items():
        counts, values = np.asarray(score["counts"]), np.asarray(score["losses" if text else "hits"])
        places = np.flatnonzero(counts)
        stretches = np.array_split(places, min(len(places), STRETCHES))
        lines[title] = tuple((float(one.mean()) + 1, float(values[one].sum() / counts[one].sum())) for one in stretches)
    ends = [place for line in lines.values() for place, _ in (line[0], line[-1])]
    guess = math.log(n_answers) if text else 1 / n_answers
    lines["guess"] = tuple((place, guess) for place in (min(ends), max(ends)))
    return Chart(
        "Loss by position" if text else "Accuracy by position",
        "position in the sequence (tokens)",
        "nats" if text else "accuracy (share)",
        lines,
        f"Over {config.n_evaluation} evaluation sequences.",
    )


def by_pairs(config: MesaNetConfig, state: Any, streams: Streams) -> Table:
    """Accuracy for other numbers of pairs in sequences of the same length."""
    task = mesanet_tasks.task(config)
    most = min(task.n_time // 4, task.n_symbols // 2 - 1)
    numbers = sorted({n for n in (config.n_pairs // 4, config.n_pairs // 2, config.n_pairs, 2 * config.n_pairs) if n})
    kept = [n for n in numbers if n <= most]
    lines = []
    for n in kept:
        other = dataclasses.replace(task, n_pairs=n)
        rows = mesanet_parts.rows(config, other, streams.key("pairs", n), config.n_evaluation)
        found = [exam(config, *model, rows)["accuracy"] for model in models(config, state).values()]
        lines.append((n, *(float(accuracy) for accuracy in found), 1 / n))
    return Table(
        "Accuracy by number of pairs",
        ("pairs", *models(config, state), "guess"),
        tuple(lines),
        f"Trained with {config.n_pairs}; other sequences than those of the evaluation.",
    )


def legality(config: MesaNetConfig, state: Any, streams: Streams) -> Table:
    """How often the likeliest symbol is one that the held-out automaton allows, beside who knows the automaton."""
    import jax.numpy as jnp

    from primordia.minds.tasks.oracles import automata
    from primordia.minds.training.token_loss import Rows, predicted

    task = mesanet_tasks.task(config).for_test()
    told = task.told(streams.key("automata", 0), min(config.n_evaluation, 32))
    tables = jnp.asarray(np.asarray(task.tables())[np.asarray(told.automata)])
    lines = [("the automaton itself", 1.0, 0.0)]
    for title, (layers, weights) in models(config, state).items():
        logits = predicted(weights, Rows(told.tokens), mesanet_parts.spec(config, layers), decoded=False)
        scores = (score(logits, tables, told.tokens) for score in (automata.legal_share, automata.total_variation))
        lines.append((title, *map(float, scores)))
    return Table(
        "Languages never seen in training",
        ("who predicts", "legal symbols (share)", "total variation"),
        tuple(lines),
        "Legal: the likeliest symbol is one that the automaton allows. Total variation to the right probabilities.",
    )


def sample(config: MesaNetConfig, state: Any, streams: Streams) -> Text:
    """Text that the model writes from the beginning of a document."""
    from primordia.minds.models.generate import generate
    from primordia.minds.models.sampling import Sampling

    speaks = text_model(config, state)
    prompts, keys = [(speaks.tokens.begin,)], streams.key("sample", 0)[None]
    (written,) = generate(speaks.model, prompts, SAMPLE, keys, Sampling(0.7))
    return Text("Text that the model writes", speaks.tokens.written(written), "From the beginning; temperature 0.7.")


def text_model(config: MesaNetConfig, state: Any) -> Any:
    """The model of text, with the weights that are evaluated (`text.speaking.TextModel`).

    Raises:
        BadInputError: the run learns something else than text.
    """
    from primordia.minds.models.model import skeleton
    from primordia.minds.models.weights import placed
    from primordia.minds.text.speaking import TextModel

    if config.task != "text":
        raise BadInputError(f"The run learns task={config.task}, so it cannot write; name one with task=text.")
    layers, weights = next(iter(models(config, state).values()))
    model = placed(skeleton(mesanet_parts.spec(config, layers)), weights)
    return TextModel(model, mesanet_tasks.text_tokens(config))


def heads(config: MesaNetConfig, looked: Mapping[str, tuple[Any, ...]]) -> Table:
    """Gates of every head and what its solver says, over one evaluation sequence; `looked` has models' blocks."""
    lines: list[tuple[Any, ...]] = []
    for (title, blocks), layers in zip(looked.items(), (config.layers, config.twin), strict=False):
        names = [name.strip() for name in layers.split(",")]
        for place, block in enumerate(blocks):
            for head in range(config.n_heads):
                lines.append(
                    (
                        title,
                        place + 1,
                        names[place % len(names)],
                        head + 1,
                        _mean(block.forget, head),
                        _mean(block.write, head),
                        _mean(block.shown.get("steps"), head),
                        _largest(block.shown.get("residual"), head),
                        _largest(block.shown.get("condition"), head),
                    )
                )
    return Table(
        "Heads",
        (
            "model",
            "block",
            "layer",
            "head",
            "forget gate",
            "input gate",
            "solver steps",
            "residual",
            "condition number",
        ),
        tuple(lines),
        "Means over the tokens of one evaluation sequence; residual and condition number are the largest. Steps: until "
        "the residual is below the layer's tolerance, or 1e-4 where it has none.",
    )


def _mean(values: Any, head: int) -> float | None:
    return None if values is None else float(np.mean(np.asarray(values)[0, head]))


def _largest(values: Any, head: int) -> float | None:
    return None if values is None else float(np.max(np.asarray(values)[0, head]))
