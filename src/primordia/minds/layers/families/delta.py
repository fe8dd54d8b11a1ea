"""Layers that write what their memory got wrong, and gates for each channel."""

from __future__ import annotations

import jax
from jaxtyping import Array

from primordia.minds.layers.entry import Layer, LayerSizes
from primordia.minds.layers.families.attention import head_sizes
from primordia.minds.layers.hawk import Hawk
from primordia.minds.layers.heads import HeadMixer
from primordia.minds.layers.rules.delta import DeltaNet, GatedDelta, Longhorn
from primordia.minds.layers.rules.gla import ChannelGatedLinear
from primordia.minds.layers.rules.ttt import TTTLinear


def _deltanet(key: Array, sizes: LayerSizes) -> HeadMixer:
    return HeadMixer(key, head_sizes(sizes), DeltaNet())


def _gated_deltanet(key: Array, sizes: LayerSizes) -> HeadMixer:
    return HeadMixer(key, head_sizes(sizes), GatedDelta())


def _longhorn(key: Array, sizes: LayerSizes) -> HeadMixer:
    return HeadMixer(key, head_sizes(sizes), Longhorn())


def _gla(key: Array, sizes: LayerSizes) -> HeadMixer:
    return HeadMixer(key, head_sizes(sizes), ChannelGatedLinear())


def _ttt(key: Array, sizes: LayerSizes) -> HeadMixer:
    around, within = jax.random.split(key)
    return HeadMixer(around, head_sizes(sizes), TTTLinear(within, sizes.n_heads, sizes.d_key))


def _hawk(key: Array, sizes: LayerSizes) -> Hawk:
    return Hawk(key, sizes.width, sizes.n_heads, sizes.d_key, sizes.convolution)


LAYERS: dict[str, Layer] = {
    "gla": Layer(
        build=_gla,
        update="S = S diag(alpha) + v k'",
        loss="-v'Sk + |S diag(1 - alpha)^(1/2)|^2 / 2",
        state="d^2",
        cost="3Cd + 4d^2, and d log2 C exponentials",
        source="Yang et al. 2024, arXiv 2312.06635",
        use="Some channels of a key should be kept for long and others not.",
    ),
    "deltanet": Layer(
        build=_deltanet,
        update="S += beta (v - S k) k'",
        loss="|v - Sk|^2 / 2 of the newest pair, a step of size beta",
        state="d^2",
        cost="8Cd + 6d^2 + C^2",
        source="Yang et al. 2024, arXiv 2406.06484",
        use="Values are replaced under keys that come back: recall with overwriting.",
    ),
    "gated-deltanet": Layer(
        build=_gated_deltanet,
        update="S = gamma S, then S += beta (v - S k) k'",
        loss="|v - Sk|^2 / 2 of the newest pair, a step of size beta, after decay",
        state="d^2",
        cost="8Cd + 6d^2 + C^2",
        source="Yang et al. 2024, arXiv 2412.06464",
        use="The same where old things should also fade; the lowest perplexity with one state in arXiv 2506.05233.",
    ),
    "longhorn": Layer(
        build=_longhorn,
        update="S += eps (v - S k) k', eps = beta / (1 + beta k'k)",
        loss="|S - S_old|^2 + beta |v - Sk|^2 of the newest pair, solved",
        state="d^2",
        cost="8Cd + 6d^2 + C^2",
        source="Liu et al. 2024, arXiv 2407.14207",
        use="As deltanet, with a step that cannot be too long however long the keys are.",
    ),
    "ttt": Layer(
        build=_ttt,
        update="W -= eta d loss / dW, from the weights where the mini-batch began",
        loss="|LN(Wk + b) - (v - k)|^2 / 2 of each pair",
        state="2d^2 + 2d",
        cost="8bd + 10d^2 with mini-batches of b = 16",
        source="Sun et al. 2024, arXiv 2407.04620",
        use="To study a memory that is trained; slower than the delta rules, as mini-batches wait for each other.",
    ),
    "hawk": Layer(
        build=_hawk,
        update="h = a h + (1 - a^2)^(1/2) i x, channel by channel",
        loss="none",
        state="d",
        cost="4d^2 for the gates, 6d for the sums",
        source="De et al. 2024, arXiv 2402.19427",
        use="Local patterns at almost no cost; it stores no associations, so mix it with a layer that does.",
    ),
}
