"""Conjugate gradients for many small systems at once.

Source: Hestenes and Stiefel 1952, as in arXiv 2506.05233, section 3, algorithm 1. We differ: nothing is added to the
denominators (a row whose residual is zero stays as it is), and a row that has converged stays as it is whatever rows
it shares a batch with.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from primordia.core.errors import ConfigError, UnknownNameError

Rows: TypeAlias = Float[Array, "*rest row key"]
Start: TypeAlias = Literal["diagonal", "query", "zero"]
STARTS = ("diagonal", "query", "zero")


@dataclasses.dataclass(frozen=True)
class Solver:
    """How a system (H + Lambda) x = q is solved.

    Args:
        steps: the most steps; 0 returns the start. The paper says both that no step leaves x = q, which is gated linear
            attention, and that the start is q / diag(H + Lambda); here that is a choice of `start`.
        tolerance: a row stops once its residual is at most this part of its first one; 0: never.
        start: "diagonal": q / diag(H + Lambda); "query": q; "zero": 0.

    Raises:
        ConfigError: a number is out of its range, or there are neither steps nor a start.
        UnknownNameError: there is no such start.
    """

    steps: int = 30
    tolerance: float = 0.0
    start: Start = "diagonal"

    def __post_init__(self) -> None:
        if self.steps < 0:
            raise ConfigError(f"solver_steps={self.steps} is out of range: it must be at least 0; the nearest is 0.")
        if not 0 <= self.tolerance < 1:
            raise ConfigError(f"solver_tolerance={self.tolerance} is out of range: it must be at least 0 and below 1.")
        if self.start not in STARTS:
            raise UnknownNameError("start of the solver", self.start, STARTS)
        if self.steps == 0 and self.start == "zero":
            raise ConfigError('solver_steps=0 from the start "zero" always gives 0: take a step or another start.')


class Solved(NamedTuple):
    """Solutions, and the steps that each row took."""

    rows: Rows
    steps: Int[Array, "*rest row"]


class _Search(NamedTuple):
    """Where the search for every row stands: solution, residual, direction, square of the residual, steps taken."""

    solution: Rows
    residual: Rows
    direction: Rows
    square: Float[Array, "*rest row 1"]
    steps: Int[Array, "*rest row"]


def first_guess(right: Rows, diagonal: Rows, solver: Solver) -> Rows:
    """Where the solver starts, given the diagonals of the systems."""
    if solver.start == "diagonal":
        return right / diagonal
    return right if solver.start == "query" else jnp.zeros_like(right)


def conjugate_gradient(product: Callable[[Rows], Rows], right: Rows, start: Rows, solver: Solver) -> Solved:
    """Solutions of the systems whose symmetric positive matrices `product` multiplies rows with.

    Args:
        product: multiplies each row with the matrix of its system.
        right: right sides, a row for each system.
        start: first guesses.
        solver: when to stop.

    Cost: one product for each step, and one for the first residual.
    """
    residual = right - product(start)
    square = _dot(residual, residual)
    begin = _Search(start, residual, residual, square, jnp.zeros(right.shape[:-1], jnp.int32))
    if not solver.tolerance:
        end = jax.lax.fori_loop(
            0, solver.steps, lambda _, search: _step(product, search, jnp.zeros_like(square)), begin
        )
        return Solved(end.solution, end.steps)
    enough = solver.tolerance**2 * square

    def goes_on(at: tuple[Array, _Search]) -> Array:
        return (at[0] < solver.steps) & jnp.any(at[1].square > enough)

    def move(at: tuple[Array, _Search]) -> tuple[Array, _Search]:
        return at[0] + 1, _step(product, at[1], enough)

    _, end = jax.lax.while_loop(goes_on, move, (jnp.zeros((), jnp.int32), begin))
    return Solved(end.solution, end.steps)


def _step(product: Callable[[Rows], Rows], search: _Search, enough: Float[Array, "*rest row 1"]) -> _Search:
    """One step of every row whose squared residual is above `enough`."""
    moved = product(search.direction)
    curvature = _dot(search.direction, moved)
    active = (search.square > enough) & (curvature > 0)
    length = jnp.where(active, search.square / jnp.where(active, curvature, 1), 0)
    residual = search.residual - length * moved
    square = _dot(residual, residual)
    kept = jnp.where(active, square / jnp.where(active, search.square, 1), 0)
    return _Search(
        search.solution + length * search.direction,
        residual,
        residual + kept * search.direction,
        square,
        search.steps + active[..., 0],
    )


def _dot(one: Rows, other: Rows) -> Float[Array, "*rest row 1"]:
    return jnp.sum(one * other, axis=-1, keepdims=True)
