"""Learning to be random: a memory too small for what it is shown, and an adversary who asks (arXiv 2408.10818)."""

from __future__ import annotations

import dataclasses
import math
from typing import Annotated, Any, ClassVar, NamedTuple, final

import numpy as np
import numpy.typing as npt

from primordia.core.config import Spec
from primordia.core.experiment import Experiment, KnownResult, Paper, Preset
from primordia.core.findings import Chart, Finding, Table
from primordia.core.inspection import Inspected
from primordia.core.metrics import Metric, Row, Transition
from primordia.core.streams import Streams
from primordia.core.views import View
from primordia.minds import pictures, tiles
from primordia.minds.claims.randomized import CLAIMS, N_VOTES
from primordia.minds.experiments import randomized_tiles as shown

PAPER = "arXiv 2408.10818"
VOTES = (1, 3, 5, 11, 21, 51)
N_POINTS = 101
"""Points of a curve over inputs."""


@final
@dataclasses.dataclass(frozen=True)
class RandomizedConfig:
    """Settings of recall with too small a memory."""

    seed: Annotated[
        int, Spec("the number that every random draw of the run follows from", ge=0, le=2**64 - 1, source="ours")
    ] = 0
    n_items: Annotated[
        int, Spec("items that are shown, N", "items", ge=2, le=64, source=f"{PAPER}: a figure has 20")
    ] = 20
    n_memory: Annotated[
        int,
        Spec("numbers that the memory holds, M; below n_items something must be given up", ge=1, le=64, source="ours"),
    ] = 10
    n_seed: Annotated[
        int, Spec("channels of the random seed; 0: there is none", "channels", ge=0, le=64, source="ours")
    ] = 8
    exponent: Annotated[
        float,
        Spec(
            "the exponent q of the loss: 1 is the mean over inputs, large q the worst input",
            ge=1.0,
            le=1000.0,
            source=f"form: {PAPER}; value: ours",
        ),
    ] = 20.0
    n_draws: Annotated[
        int, Spec("seeds that an input's expected loss is estimated with", "seeds", ge=1, le=1024, source="ours")
    ] = 32
    n_inputs: Annotated[int, Spec("inputs in a batch", "inputs", ge=1, le=65_536, source="ours")] = 512
    n_hidden: Annotated[
        int, Spec("hidden units of the networks that write keys and queries", "units", ge=1, le=1024, source="ours")
    ] = 64
    learning_rate: Annotated[float, Spec("learning rate of Adam", ge=1e-6, le=1.0, source="ours")] = 3e-3
    n_judged: Annotated[
        int, Spec("fresh inputs that a row judges the learners by", "inputs", ge=1, le=65_536, source="ours")
    ] = 2048


class RandomizedState(NamedTuple):
    """All that the next update depends on: the learner with a seed, and its deterministic twin."""

    learner: Any
    twin: Any


METRICS = {
    "loss": Metric("nats", "down", "L_q of the last batch of the learner with a seed."),
    "twin_loss": Metric("nats", "down", "Mean loss of the last batch of the twin without a seed (q = 1)."),
    "mean_success": Metric("share", "up", "Right answers, over inputs and seeds."),
    "twin_mean_success": Metric("share", "up", "The same of the twin, over inputs."),
    "low_success": Metric("share", "up", "The 5th percentile over inputs of the share of seeds with the right answer."),
    "twin_low_success": Metric("share", "up", "The same of the twin, whose success with an input is 0 or 1."),
    "least_success": Metric("share", "up", "The share of seeds that answer the worst of the judged inputs."),
    "loss_95": Metric("nats", "down", "The 95th percentile over inputs of the expected loss."),
    "twin_loss_95": Metric("nats", "down", "The same of the twin."),
    "majority_success": Metric(
        "share", "up", f"Inputs that most of {N_VOTES} seeds answer right; of the twin it is twin_mean_success."
    ),
    "attacked_success": Metric(
        "share", "up", "Success at the worst question, of values picked by an adversary who does not see the seed."
    ),
    "twin_attacked_success": Metric("share", "up", "The same of the twin."),
    "storing_line": Metric(
        "share", "none", "1/2 + M/(2N): the best success at the worst question; random storage attains it (derived)."
    ),
}
TRANSITIONS = {
    "randomised": Transition(
        "low_success",
        0.5,
        "Nineteen of twenty inputs are answered better than by a coin (threshold ours).",
        before="some inputs always fail",
        after="every input has its chance",
    )
}
PRESETS = {
    "small": Preset(
        "Four items and a memory of two: for checks.",
        {"n_items": 4, "n_memory": 2, "n_seed": 3, "n_draws": 4, "n_inputs": 16, "n_hidden": 8, "n_judged": 32},
        {"steps": 8, "every": 4},
    ),
    "demo": Preset(
        "Twenty items, a memory of ten: the learner with a seed gives every input a chance, its twin gives up one in "
        "five for ever. About a minute.",
        {},
        {"steps": 4000, "every": 100},
    ),
    "eight": Preset(
        "Eight items and a memory of four: the same in twenty seconds, and clearer.",
        {"n_items": 8, "n_memory": 4},
        {"steps": 2000, "every": 50},
    ),
    "mean": Preset(
        "A seed, but trained for the mean (q = 1): nothing asks for randomness and none appears.",
        {"n_items": 8, "n_memory": 4, "exponent": 1.0},
        {"steps": 2000, "every": 50},
    ),
    "paper": Preset(
        "The paper's 20 items, with memory for five, so that more must be given up than in the demo. Sizes apart, the "
        "settings are ours: the paper's were not at hand. Not yet run to its end.",
        {"n_memory": 5},
        {"steps": 10_000, "every": 200},
    ),
    "room": Preset(
        "Memory for all eight items: no need to be random, all is answered.",
        {"n_items": 8, "n_memory": 8},
        {"steps": 2000, "every": 50},
    ),
}


def losses(config: RandomizedConfig) -> tuple[Any, Any]:
    """What each of the two makes small."""
    from primordia.minds.training.worst_case import WorstCase

    seeded, plain = shown.models(config)
    return (
        WorstCase(seeded, config.exponent, config.n_draws, config.n_inputs),
        WorstCase(plain, 1.0, 1, config.n_inputs),
    )


@final
class RandomizedTransformers(Experiment[RandomizedConfig, RandomizedState]):
    """A linear attention layer with a random seed learns against the worst input; its twin has no seed."""

    name = "minds/randomized-transformers"
    version = 1
    step_word = "update"
    summary = "Trained against the worst input, a layer with too small a memory learns to store at random."
    Config = RandomizedConfig
    metrics = METRICS
    transitions = TRANSITIONS
    panels: ClassVar[dict[str, tuple[str, ...]]] = {
        "Success": ("majority_success", "mean_success", "low_success", "twin_mean_success", "twin_low_success"),
        "Under an adversary": ("attacked_success", "twin_attacked_success", "storing_line"),
        "Loss of the 95th percentile of inputs": ("loss_95", "twin_loss_95"),
    }
    views: ClassVar[dict[str, View]] = {
        "maps": View(
            shown.draw_maps,
            pictures.palette(),
            "Answers over items shown, for each question a row: first the twin, then five seeds. A red diagonal is an "
            "item that is stored.",
        )
    }
    presets = PRESETS
    claims = CLAIMS
    determinism = "bitwise-per-machine"
    source = Paper(
        title="Learning randomized algorithms with Transformers",
        authors="J. von Oswald, S. Kobayashi, Y. Akram, A. Steger",
        year=2024,
        arxiv="2408.10818",
        how_we_differ="Only abstract, captions and reviews of the paper could be had: sizes, networks, exponent, seeds "
        "for each input and recipe are ours. One layer of linear attention whose keys and queries are written by small "
        "networks of name and seed; values are single bits. Graph colouring and the grid world are not here. All "
        "inputs of a batch share their seeds.",
    )

    def init(self, config: RandomizedConfig, streams: Streams) -> RandomizedState:
        """Two fresh layers."""
        from primordia.minds.models.seeded_recall import begin as drawn
        from primordia.minds.training.update import begin

        made = [
            begin(drawn(model, streams.key("weights", place)), self.recipe(config))
            for place, model in enumerate(shown.models(config))
        ]
        return RandomizedState(*made)

    def recipe(self, config: RandomizedConfig) -> Any:
        """Adam at a constant learning rate."""
        from primordia.minds.training.recipe import Recipe

        return Recipe(peak=config.learning_rate, clip=1.0)

    def step(
        self, config: RandomizedConfig, state: RandomizedState, streams: Streams, t: int
    ) -> tuple[RandomizedState, Row]:
        """One update of each."""
        return self.advance(config, state, streams, t, 1)

    def advance(
        self, config: RandomizedConfig, state: RandomizedState, streams: Streams, t: int, n: int
    ) -> tuple[RandomizedState, Row]:
        """`n` updates of each, from the same keys.

        Raises:
            DivergedError: a loss, gradient or weight is not finite.
        """
        import jax

        from primordia.minds.training.course import course

        keys = {place: streams.key("batch", place) for place in range(t, t + n)}

        def same(place: int) -> Any:
            return jax.random.clone(keys[place])

        after, rows = [], []
        for learner, loss in zip(state, losses(config), strict=True):
            learner, row = course(
                learner, same, t, n, loss=loss, recipe=self.recipe(config), order=learner.weights.keys
            )
            after.append(learner)
            rows.append(row["loss"])
        return RandomizedState(*after), {"loss": rows[0], "twin_loss": rows[1]}

    def measure(self, config: RandomizedConfig, state: RandomizedState, streams: Streams, t: int) -> Row:
        """Both learners on inputs and seeds that never change, and against the adversary."""
        from primordia.minds.probes import adversary

        row: dict[str, float] = {"storing_line": 0.5 + min(1.0, config.n_memory / config.n_items) / 2}
        for name, learner, model in zip(("", "twin_"), state, shown.models(config), strict=True):
            found = self.answers(config, learner, model, streams)
            success, right = np.asarray(found.success, np.float64), np.asarray(found.right)
            row |= {
                f"{name}mean_success": float(success.mean()),
                f"{name}low_success": float(np.percentile(success, 5)),
                f"{name}loss_95": float(np.percentile(np.asarray(found.loss, np.float64), 95)),
                f"{name}attacked_success": float(adversary.attacked(*self.maps(learner, model, streams)).min()),
            }
            if not name:
                row["least_success"] = float(success.min())
                row["majority_success"] = adversary.majority(right, N_VOTES if model.n_seed else 1)
        return row

    def answers(self, config: RandomizedConfig, learner: Any, model: Any, streams: Streams) -> Any:
        """What becomes of the judged inputs."""
        from primordia.minds.claims.randomized import N_SEEDS
        from primordia.minds.probes import adversary

        key = streams.key("evaluation", 0)
        n_draws = N_SEEDS if model.n_seed else 1
        return adversary.answers(learner.weights, key, model=model, n_inputs=config.n_judged, n_draws=n_draws)

    def maps(self, learner: Any, model: Any, streams: Streams) -> tuple[Any, Any]:
        """Maps that an adversary knows, and others."""
        from primordia.minds.claims.randomized import N_SEEDS
        from primordia.minds.probes.adversary import drawn_maps

        n_draws = N_SEEDS if model.n_seed else 1
        return tuple(
            np.asarray(drawn_maps(learner.weights, streams.key("evaluation", place), model=model, n_draws=n_draws))
            for place in (1, 2)
        )

    def findings(
        self, config: RandomizedConfig, state: RandomizedState, streams: Streams, t: int
    ) -> tuple[Finding, ...]:
        """Success of every input, success by votes, what is stored, and the maps of the twin and of two seeds."""
        from primordia.minds.probes import adversary

        found = [
            self.answers(config, learner, model, streams)
            for learner, model in zip(state, shown.models(config), strict=True)
        ]
        return (
            self.safety(config, state, streams),
            _over_inputs([np.asarray(one.success) for one in found]),
            Chart(
                "Success of a majority",
                "votes (seeds)",
                "share of inputs answered right",
                {
                    "with a seed": tuple(
                        (votes, adversary.majority(np.asarray(found[0].right), votes)) for votes in VOTES
                    )
                    if config.n_seed
                    else ((1, float(found[0].success.mean())),),
                    "without": tuple((votes, float(found[1].success.mean())) for votes in VOTES),
                    "random storage": tuple((votes, _storing(config, votes)) for votes in VOTES),
                },
                "Random storage keeps M of N items, each as often as the others, and guesses the rest (derived).",
                log_x=True,
            ),
            *(tile.matrix() for tile in shown.map_tiles(config, state)[0]),
        )

    def inspect(
        self,
        config: RandomizedConfig,
        state: RandomizedState,
        streams: Streams,
        t: int,
        view: str,
        row: int,
        column: int,
    ) -> tuple[Inspected, ...]:
        """What an item adds to an answer: the entry under a pixel, its question, its item and the whole map."""
        return tiles.inspected(shown.map_tiles(config, state), row, column)

    def safety(self, config: RandomizedConfig, state: RandomizedState, streams: Streams) -> Table:
        """How often each question is answered right whatever the values, and what an adversary leaves."""
        from primordia.minds.probes import adversary

        columns = []
        for learner, model in zip(state, shown.models(config), strict=True):
            known, fresh = self.maps(learner, model, streams)
            columns += [adversary.safe(fresh), adversary.attacked(known, fresh)]
        rows = tuple((question, *(float(column[question]) for column in columns)) for question in range(config.n_items))
        return Table(
            "Questions",
            ("item", "stored", "success under attack", "twin: stored", "twin: success under attack"),
            rows,
            "Stored: the share of seeds with which the answer is right whatever the values are; no memory of M numbers "
            "can have more than M/N in the mean.",
        )

    def known_result(self, config: RandomizedConfig) -> KnownResult:
        """The majority of random storage, by its closed form."""
        return KnownResult(
            "Success of 1, 3, 11 and 51 votes when 10 of 20 items are stored at random, to four digits.",
            "the binomial distribution with 1/2 + M/(2N) = 3/4",
            [0.75, 0.8438, 0.9657, 0.9999],
            lambda: [round(_storing(RandomizedConfig(), votes), 4) for votes in (1, 3, 11, 51)],
        )


def _over_inputs(success: list[npt.NDArray[Any]]) -> Chart:
    shares = np.linspace(0, 1, N_POINTS)
    lines = {
        name: tuple(zip(shares.tolist(), np.quantile(one.astype(np.float64), shares).tolist(), strict=True))
        for name, one in zip(("with a seed", "without"), success, strict=True)
    }
    return Chart(
        "Success of every input",
        "inputs, the worst first (share)",
        "share of seeds with the right answer",
        lines,
        "A learner without a seed answers an input always or never.",
    )


def _storing(config: RandomizedConfig, votes: int) -> float:
    """Success of a majority where M of N items are stored at random and the others guessed."""
    one = 0.5 + min(1.0, config.n_memory / config.n_items) / 2
    return sum(math.comb(votes, k) * one**k * (1 - one) ** (votes - k) for k in range(votes // 2 + 1, votes + 1))
