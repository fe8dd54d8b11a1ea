"""Weight decay on two matrices that are multiplied makes their product low in rank (arXiv 2410.23819)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, NamedTuple, final

import numpy as np
import numpy.typing as npt

from primordia.core.config import Spec
from primordia.core.experiment import Experiment, KnownResult, Paper, Preset
from primordia.core.findings import Finding
from primordia.core.inspection import Inspected
from primordia.core.metrics import Metric, Row, Transition
from primordia.core.streams import Streams
from primordia.core.views import View
from primordia.minds import pictures, tiles
from primordia.minds.claims.low_rank import CLAIMS, begun, settled_values
from primordia.minds.experiments import low_rank_looks as looks
from primordia.minds.experiments.low_rank_looks import ORDINALS, WIDTH

PAPER = "arXiv 2410.23819"


@final
@dataclasses.dataclass(frozen=True)
class LowRankConfig:
    """Settings of descent with weight decay."""

    seed: Annotated[
        int, Spec("the number that every random draw of the run follows from", ge=0, le=2**64 - 1, source="ours")
    ] = 0
    factors: Annotated[
        bool,
        Spec(
            "whether two 5 x 5 factors alone are trained, where the outcome is known; otherwise an attention layer",
            source=f"{PAPER}, first figure and abstract",
        ),
    ] = True
    decay: Annotated[
        float,
        Spec(
            "weight decay lambda: of the factors lambda/2 times all squares is added to the loss; of attention every "
            "matrix loses this share times the learning rate in each update (decoupled decay)",
            ge=0.0,
            le=10.0,
            source=f"{PAPER}: 0.1 to 1 in the toy",
        ),
    ] = 0.3
    learning_rate: Annotated[float, Spec("step size of an update", ge=1e-6, le=0.2, source="ours")] = 0.02
    loss_written: Annotated[
        str,
        Spec(
            "the factors' loss as half the square of |AB' - D| or the whole of it; singular values lose lambda or "
            "lambda/2",
            choices=("half", "whole"),
            source=f"{PAPER}: only half the square agrees with the caption of its first figure",
        ),
    ] = "half"
    init_scale: Annotated[
        float, Spec("standard deviation of the factors' first values", ge=0.001, le=1.0, source="ours")
    ] = 0.3
    n_inputs: Annotated[int, Spec("inputs of the attention layer's task", "channels", ge=1, le=64, source="ours")] = 8
    n_context: Annotated[int, Spec("pairs that a sequence shows", "pairs", ge=1, le=256, source="ours")] = 16
    n_heads: Annotated[int, Spec("heads of the attention layer", "heads", ge=1, le=16, source="ours")] = 2
    narrowing: Annotated[
        float,
        Spec(
            "ratio of the standard deviations of an input and the one before it; 1: all alike",
            ge=0.1,
            le=1.0,
            source="ours: directions that differ in worth are given up one by one",
        ),
    ] = 0.7
    n_batch: Annotated[int, Spec("sequences in a batch", "sequences", ge=1, le=65_536, source="ours")] = 256


class LowRankState(NamedTuple):
    """All that the next update depends on.

    Args:
        learner: float64 factors (left, right), or the learner of an attention layer.
        balance: float64 []: |left' left - right' right| before the first update.
    """

    learner: Any
    balance: npt.NDArray[np.float64]


METRICS = {
    "loss": Metric(
        "squared error", "down", "The loss without the penalty; of attention that of the update's own batch."
    ),
    "decay_norm": Metric(
        "dimensionless", "down", "Half the sum of the squares of all factors: what weight decay charges for."
    ),
    "nuclear_norm": Metric(
        "dimensionless",
        "down",
        "The sum of the singular values of the products: the least that decay_norm can be for the same products.",
    ),
    "gap": Metric("dimensionless", "down", "decay_norm less nuclear_norm; with decay it goes to 0."),
    "balance": Metric(
        "dimensionless", "down", "Frobenius norm of A'A - B'B, summed over the products: how unlike two factors are."
    ),
    "balance_predicted": Metric(
        "dimensionless", "none", "The first balance times (1 - learning_rate decay)^2 for every update.", "factors"
    ),
    "effective_rank": Metric(
        "directions",
        "none",
        "The exponential of the entropy of the singular values, mean over the products (Roy and Vetterli 2007).",
    ),
    **{
        f"singular_{place}": Metric(
            "dimensionless", "none", f"The {ordinal} singular value of the products, mean over them."
        )
        for place, ordinal in enumerate(ORDINALS, 1)
    },
    **{
        f"predicted_{place}": Metric(
            "dimensionless",
            "none",
            f"The {ordinal} singular value of the target less the decay, at least 0.",
            "factors",
        )
        for place, ordinal in enumerate(ORDINALS, 1)
    },
}
TRANSITIONS = {
    "balanced": Transition(
        "gap",
        1e-3,
        "Weight decay charges as the nuclear norm does, within a thousandth (threshold ours).",
        rising=False,
        before="two penalties",
        after="one penalty",
    )
}
PRESETS = {
    "small": Preset("A few steps of the two factors: for checks.", {}, {"steps": 8, "every": 4}),
    "demo": Preset(
        "The toy with decay 0.3: of the singular values 1, 0.8, 0.6, 0.4, 0.2 there remain 0.7, 0.5, 0.3, 0.1 and 0. "
        "Seconds.",
        {},
        {"steps": 2000, "every": 20},
    ),
    "paper": Preset(
        "The toy of the first figure after its 1,000 updates, at one of its decays, 0.5: of five singular values three "
        "remain. First values and step size are ours.",
        {"decay": 0.5},
        {"steps": 1000, "every": 10},
    ),
    "no-decay": Preset(
        "The same without decay: the whole target is learned, and the two penalties stay apart.",
        {"decay": 0.0},
        {"steps": 2000, "every": 20},
    ),
    "attention": Preset(
        "A layer of softmax attention trained in context with decay 1: W_K'W_Q and PW_V lose direction after "
        "direction. About 20 seconds.",
        {"factors": False, "decay": 1.0, "learning_rate": 3e-3},
        {"steps": 2000, "every": 40},
    ),
}


def _fault(loss: float, weights: Mapping[str, Any]) -> str:
    """What to say of an update after which not everything is finite."""
    tensor = next((name for name, array in weights.items() if not np.isfinite(array).all()), "")
    said = [f"the loss is {loss:g}"] if not np.isfinite(loss) else []
    said += [f"the first tensor that is not finite is the new weight {tensor}"] if tensor else []
    return " and ".join(said) or "the norm of all gradients or weights overflows"


@final
class LowRankWeightDecay(Experiment[LowRankConfig, LowRankState]):
    """Gradient descent on a product of two matrices, with weight decay on both."""

    name = "minds/low-rank-weight-decay"
    version = 1
    step_word = "update"
    summary = "Weight decay on two matrices that are multiplied, as in attention, makes their product low in rank."
    Config = LowRankConfig
    metrics = METRICS
    transitions = TRANSITIONS
    panels: ClassVar[dict[str, tuple[str, ...]]] = {
        "Singular values": tuple(f"{kind}_{place}" for place in range(1, 6) for kind in ("singular", "predicted")),
        "Two penalties": ("decay_norm", "nuclear_norm"),
        "Balance of the factors": ("balance", "balance_predicted"),
    }
    views: ClassVar[dict[str, View]] = {
        "products": View(
            looks.draw_products,
            pictures.palette(),
            "The product beside its target; of attention W_K'W_Q of each head, and P W_V below.",
        )
    }
    presets = PRESETS
    claims = CLAIMS
    determinism = "bitwise-per-machine"
    source = Paper(
        title="Weight decay induces low-rank attention layers",
        authors="S. Kobayashi, Y. Akram, J. von Oswald",
        year=2024,
        arxiv="2410.23819",
        how_we_differ="The attention layer is one small layer on in-context regression; the paper's are language and "
        "vision models. The penalty has its half, with which the statement holds, and the loss has one too (a "
        "setting). The first values of the factors and the step size are ours.",
    )

    def init(self, config: LowRankConfig, streams: Streams) -> LowRankState:
        """Random factors, or random attention."""
        from primordia.minds.probes.rank import norms

        learner: Any
        if config.factors:
            learner = begun(streams, config.init_scale)
        else:
            from primordia.minds.training import decayed_attention

            learner = decayed_attention.begin(self.loss(config), self.recipe(config), streams.key("weights", 0))
        state = LowRankState(learner, np.zeros(()))
        balance = sum(norms(*pair).balance for pair in looks.products(config, state))
        return LowRankState(learner, np.asarray(balance, np.float64))

    def loss(self, config: LowRankConfig) -> Any:
        """The loss of the attention layer."""
        from primordia.minds.training.decayed_attention import ContextLoss

        return ContextLoss(config.n_inputs, config.n_context, config.n_heads, config.narrowing, config.n_batch)

    def recipe(self, config: LowRankConfig) -> Any:
        """How the attention layer is trained; its decay is applied apart."""
        from primordia.minds.training.recipe import Recipe

        return Recipe(peak=config.learning_rate)

    def step(self, config: LowRankConfig, state: LowRankState, streams: Streams, t: int) -> tuple[LowRankState, Row]:
        """One update.

        Raises:
            DivergedError: the loss, or something that it was computed from, is not finite.
        """
        from primordia.minds.training.diverged import DivergedError

        moved: Any
        if config.factors:
            from primordia.minds.training import factors

            wanted, written = factors.target(WIDTH), config.loss_written
            with np.errstate(over="ignore", invalid="ignore"):
                loss = factors.loss(state.learner, wanted, written)
                moved = factors.descended(state.learner, wanted, config.decay, config.learning_rate, written, 1)
                finite = bool(np.isfinite(loss) and np.isfinite(moved).all())
        else:
            from primordia.minds.training import decayed_attention

            moved, *found = decayed_attention.update(
                state.learner, streams.key("batch", t), config.decay, loss=self.loss(config), recipe=self.recipe(config)
            )
            loss, finite = float(found[0]), bool(found[1])
        if not finite:
            weights = moved._asdict() if config.factors else moved.weights
            raise DivergedError(t, _fault(loss, weights), self.recipe(config))
        return LowRankState(moved, state.balance), {"loss": loss}

    def measure(self, config: LowRankConfig, state: LowRankState, streams: Streams, t: int) -> Row:
        """Both penalties, the balance and the singular values."""
        from primordia.minds.probes.rank import effective_rank, norms, singular_values

        pairs = looks.products(config, state)
        each = [norms(*pair) for pair in pairs]
        decay, nuclear = sum(one.decay for one in each), sum(one.nuclear for one in each)
        made = [left @ right.swapaxes(-1, -2) for left, right in pairs]
        row: dict[str, float] = {
            "decay_norm": decay,
            "nuclear_norm": nuclear,
            "gap": decay - nuclear,
            "balance": sum(one.balance for one in each),
            "effective_rank": sum(effective_rank(product) for product in made) / len(made),
        }
        size = made[0].shape[-1]
        values = np.mean([singular_values(product).reshape(-1, size).mean(0) for product in made], axis=0)
        values = np.pad(values, (0, WIDTH))[:WIDTH]
        row |= {f"singular_{place}": float(value) for place, value in enumerate(values, 1)}
        if config.factors:
            from primordia.minds.training.factors import settled, target

            lines = settled(target(WIDTH), config.decay, config.loss_written)
            row |= {f"predicted_{place}": float(value) for place, value in enumerate(lines, 1)}
            row["balance_predicted"] = float(state.balance) * (1 - config.learning_rate * config.decay) ** (2 * t)
        return row

    def findings(self, config: LowRankConfig, state: LowRankState, streams: Streams, t: int) -> tuple[Finding, ...]:
        """Singular values beside predicted ones, products beside the predicted one; of attention head by head."""
        if not config.factors:
            return looks.attention_findings(config, state, self.loss(config), streams)
        return looks.toy_findings(config, state, self.measure(config, state, streams, t), streams, t)

    def inspect(
        self, config: LowRankConfig, state: LowRankState, streams: Streams, t: int, view: str, row: int, column: int
    ) -> tuple[Inspected, ...]:
        """The entry under a pixel; of the toy beside its prediction."""
        return tiles.inspected(looks.product_tiles(config, state), row, column)

    def known_result(self, config: LowRankConfig) -> KnownResult:
        """The singular values that descent ends with, to four digits."""
        return KnownResult(
            "Singular values of the 5 x 5 toy after 5000 steps with decay 0.1, 0.3 and 0.5.",
            f"soft thresholding of the target's values 1, 0.8, 0.6, 0.4, 0.2 ({PAPER}, first figure)",
            [[0.9, 0.7, 0.5, 0.3, 0.1], [0.7, 0.5, 0.3, 0.1, 0.0], [0.5, 0.3, 0.1, 0.0, 0.0]],
            lambda: [[round(value, 4) for value in settled_values(decay, "half")] for decay in (0.1, 0.3, 0.5)],
        )
