"""Layers that solve for the best memory of all pairs so far."""

from __future__ import annotations

from jaxtyping import Array

from primordia.minds.layers.entry import Layer, LayerSizes
from primordia.minds.layers.families.attention import head_sizes
from primordia.minds.layers.heads import HeadMixer
from primordia.minds.layers.mesa.rule import Mesa, Regulariser
from primordia.minds.layers.mesa.solver import Solver
from primordia.minds.layers.rules.recursive import RecursiveMesa


def _mesa(key: Array, sizes: LayerSizes) -> HeadMixer:
    solver = Solver(sizes.solver_steps, sizes.solver_tolerance)
    return HeadMixer(key, head_sizes(sizes), Mesa(sizes.n_heads, sizes.d_key, solver=solver))


def _signed(key: Array, sizes: LayerSizes) -> HeadMixer:
    solver = Solver(sizes.solver_steps, sizes.solver_tolerance)
    rule = Mesa(sizes.n_heads, sizes.d_key, Regulariser(bound=49.0, init=50.0), solver, signed=True)
    return HeadMixer(key, head_sizes(sizes), rule)


def _recursive(key: Array, sizes: LayerSizes) -> HeadMixer:
    return HeadMixer(key, head_sizes(sizes), RecursiveMesa(sizes.n_heads))


LAYERS: dict[str, Layer] = {
    "mesa": Layer(
        build=_mesa,
        update="G = gamma G + beta v k', H = gamma H + beta k k', S = G (H + Lambda)^-1",
        loss="all pairs so far: sum of zeta beta |v - Sk|^2 / 2 + Tr(S Lambda S') / 2",
        state="2d^2",
        cost="k (4Cd + 2d^2) + 4Cd + 6d^2",
        source="arXiv 2506.05233",
        use="Recall from a constant state, the best in the tests of arXiv 2506.05233; costs its solver's k steps.",
    ),
    "mesa-signed": Layer(
        build=_signed,
        update="as mesa, with gamma in (-1, 1) and Lambda from 50, never below 49",
        loss="as mesa, with signs: sum of zeta beta |v - Sk|^2 / 2 + Tr(S Lambda S') / 2",
        state="2d^2",
        cost="as mesa",
        source="arXiv 2506.05233, the study of parity",
        use="Tracks states that change sign, such as parity; with so large a Lambda it is close to signed scalar-gla.",
    ),
    "mesa-recursive": Layer(
        build=_recursive,
        update="R = R - R k k' R / (1 + k' R k), S = V R with V = V + v k'",
        loss="all pairs so far: sum of |v - Sk|^2 / 2 + |S|^2 / (2 lambda)",
        state="2d^2",
        cost="10d^2, token after token",
        source="arXiv 2309.05858",
        use="The layer of 2023, exact without a solver; slow to train, and forgetting breaks it.",
    ),
}
