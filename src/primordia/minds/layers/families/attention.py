"""Attention and the linear family with scalar gates."""

from __future__ import annotations

from jaxtyping import Array

from primordia.minds.layers.entry import Layer, LayerSizes
from primordia.minds.layers.heads import HeadMixer, HeadSizes
from primordia.minds.layers.rules.linear import GatedLinear


def head_sizes(sizes: LayerSizes) -> HeadSizes:
    """The sizes of a layer with shared projections."""
    return HeadSizes(sizes.width, sizes.n_heads, sizes.d_key, sizes.d_key, sizes.convolution)


def _scalar_gla(key: Array, sizes: LayerSizes) -> HeadMixer:
    return HeadMixer(key, head_sizes(sizes), GatedLinear())


LAYERS: dict[str, Layer] = {
    "scalar-gla": Layer(
        build=_scalar_gla,
        update="S = gamma S + beta v k'",
        loss="-v'Sk + (1 - gamma)/(2 beta) |S|^2",
        state="d^2",
        cost="4Cd + 4d^2",
        source="arXiv 2506.05233, section 2.8",
        use="The plain choice: cheap, forgets, learns associations that do not clash.",
    ),
}
