"""Attention and the linear family with scalar gates."""

from __future__ import annotations

from collections.abc import Callable

from jaxtyping import Array

from primordia.core.errors import ConfigError
from primordia.minds.layers.entry import Layer, LayerSizes
from primordia.minds.layers.heads import HeadMixer, HeadSizes
from primordia.minds.layers.rule import Rule
from primordia.minds.layers.rules.linear import MLSTM, GatedLinear, LinearAttention, Mamba2, RetNet
from primordia.minds.layers.rules.softmax import Sliding, Softmax


def head_sizes(sizes: LayerSizes) -> HeadSizes:
    """The sizes of a layer with shared projections."""
    return HeadSizes(sizes.width, sizes.n_heads, sizes.d_key, sizes.d_key, sizes.convolution)


def _linear(rule: Callable[[], Rule]) -> Callable[[Array, LayerSizes], HeadMixer]:
    return lambda key, sizes: HeadMixer(key, head_sizes(sizes), rule())


def _attention(key: Array, sizes: LayerSizes, rule: Rule) -> HeadMixer:
    """Queries and keys as they are projected: neither convolved, nor bent, nor scaled."""
    if sizes.d_key % 2:
        raise ConfigError(
            f"d_key={sizes.d_key} is odd; rotary positions turn channels in pairs: the nearest is {sizes.d_key + 1}."
        )
    plain = HeadSizes(sizes.width, sizes.n_heads, sizes.d_key, sizes.d_key, 0, unit_keys=False, bent_keys=False)
    return HeadMixer(key, plain, rule)


LAYERS: dict[str, Layer] = {
    "softmax": Layer(
        build=lambda key, sizes: _attention(key, sizes, Softmax(sizes.longest)),
        update="keep (k, v); o = V softmax(K'q / sqrt d)",
        loss="none: a smoother over all pairs kept",
        state="2dt",
        cost="4dt",
        source="arXiv 1706.03762; positions: arXiv 2104.09864",
        use="Exact recall over contexts that fit into memory; the line that the others are held against.",
    ),
    "sliding": Layer(
        build=lambda key, sizes: _attention(key, sizes, Sliding(sizes.window)),
        update="keep the last w pairs; o = V softmax(K'q / sqrt d)",
        loss="none: a smoother over the last w pairs",
        state="2dw",
        cost="4d(w + C)",
        source="arXiv 2004.05150, causal",
        use="Exact and cheap for what is near; beside a layer with a long memory in a hybrid.",
    ),
    "linear": Layer(
        build=_linear(LinearAttention),
        update="S = S + v k'",
        loss="-v'Sk",
        state="d^2",
        cost="4Cd + 4d^2",
        source="arXiv 2006.16236",
        use="The baseline without gates; one step of gradient descent on the pairs seen. Long texts overfill it.",
    ),
    "retnet": Layer(
        build=_linear(RetNet),
        update="S = g_h S + v k', g_h = 1 - 2^(-5-h)",
        loss="-v'Sk + (1 - g_h)/2 |S|^2",
        state="d^2",
        cost="4Cd + 4d^2",
        source="arXiv 2307.08621",
        use="Fixed horizons of 32, 64, 128, ... tokens, one for each head; nothing to train in the gate.",
    ),
    "mamba2": Layer(
        build=_linear(Mamba2),
        update="S = gamma S + v k'",
        loss="-v'Sk + (1 - gamma)/2 |S|^2",
        state="d^2",
        cost="4Cd + 4d^2",
        source="arXiv 2405.21060 as arXiv 2506.05233 compares it",
        use="Forgets by what it reads, writes everything.",
    ),
    "scalar-gla": Layer(
        build=_linear(GatedLinear),
        update="S = gamma S + beta v k'",
        loss="-v'Sk + (1 - gamma)/(2 beta) |S|^2",
        state="d^2",
        cost="4Cd + 4d^2",
        source="arXiv 2312.06635 with the gates of arXiv 2506.05233",
        use="The plain choice: cheap, forgets, learns associations that do not clash.",
    ),
    "mlstm": Layer(
        build=_linear(MLSTM),
        update="S = gamma S + beta v k', n = gamma n + beta k; o = Sq / max(1, |n'q|)",
        loss="-v'Sk + (1 - gamma)/(2 beta) |S|^2",
        state="d^2 + d",
        cost="4Cd + 4d^2",
        source="arXiv 2405.04517, sigmoid input gate",
        use="As scalar-gla where what is read must not grow with how much was written.",
    ),
}
