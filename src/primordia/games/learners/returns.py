"""What is still to come at each step: discounted returns, TD(lambda) targets, returns that games of a batch share."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float


def discounted_returns(payoffs: Float[Array, "*batch time"], discount: float) -> Float[Array, "*batch time"]:
    """The payoff of each step and of all after it, each step later worth `discount` times as much."""

    def back(later: Array, now: Array) -> tuple[Array, Array]:
        total = now + discount * later
        return total, total

    return _backwards(back, jnp.zeros(payoffs.shape[:-1], payoffs.dtype), payoffs)


def batch_returns(
    terms: Float[Array, "*batch game time"],
    following: Float[Array, "*batch game time"],
    ends: Bool[Array, " time"],
    *,
    discount: float,
    mix: float,
    last: Float[Array, "*batch game"] | None = None,
    averaged: bool,
    divided: bool,
) -> Float[Array, "*batch game time"]:
    """Batch lambda returns (arXiv 2410.18636, Algorithm 1): returns in which games share what comes after an episode.

    With x the terms, v the values of the NEXT state, B games and going backwards in time,
    acc[b] <- ga where an inner episode ends (`averaged`);  acc[b] <- x[b] / B + d ((1 - l) v[b] + l acc[b]);
    ga <- mean over b of x[b] + d ((1 - l) v[b] + l ga);  out[b] = acc[b]. The first term is divided by B only with
    `divided`. Games share only within the axis "game": those of other meta-episodes have met another co-player.

    Args:
        terms: x: payoffs for the targets of a critic, TD errors for advantages.
        following: v, the value of the state AFTER the step; not looked at with `mix` 1.
        ends: whether a step is the last of an inner episode.
        discount: d.
        mix: l, the lambda of TD(lambda): 1 looks at what came, 0 at the next value only.
        last: acc and ga after the last step: a value for targets, 0 (the default) for advantages. Algorithm 1 as it
            is printed begins with a value in both uses, which is wrong for TD errors.
        averaged: whether what follows an inner episode is averaged over games.
        divided: whether a term is divided by the number of games (in `acc` only).
    """
    terms = jnp.asarray(terms)
    share = 1.0 / terms.shape[-2] if divided else 1.0
    begin = jnp.zeros(terms.shape[:-1], terms.dtype) if last is None else jnp.broadcast_to(last, terms.shape[:-1])
    marks = jnp.broadcast_to(ends, terms.shape)

    def back(carry: tuple[Array, Array], step: tuple[Array, Array, Array]) -> tuple[tuple[Array, Array], Array]:
        (own, shared), (now, value, end) = carry, step
        if averaged:
            own = jnp.where(end, shared[..., None], own)
        later = (1 - mix) * value
        total = share * now + discount * (later + mix * own)
        shared = (now + discount * (later + mix * shared[..., None])).mean(-1)
        return (total, shared), total

    return _backwards(back, (begin, begin.mean(-1)), (terms, following, marks))


def lambda_returns(
    payoffs: Float[Array, "*batch game time"],
    following: Float[Array, "*batch game time"],
    *,
    discount: float,
    mix: float,
    last: Float[Array, "*batch game"],
) -> Float[Array, "*batch game time"]:
    """TD(lambda) targets of a critic, each game for itself; inner ends do not count (Sutton and Barto 2018, 12.1).

    Args:
        payoffs: of each step.
        following: the value of the state after each step.
        discount: what a step later is worth.
        mix: lambda; 1 gives returns, 0 one-step targets.
        last: the value of the state after the last step.
    """
    ends = jnp.zeros(payoffs.shape[-1], bool)
    return batch_returns(payoffs, following, ends, discount=discount, mix=mix, last=last, averaged=False, divided=False)


def surprises(
    payoffs: Float[Array, "*batch time"],
    values: Float[Array, "*batch time"],
    following: Float[Array, "*batch time"],
    discount: float,
) -> Float[Array, "*batch time"]:
    """TD errors: what a step and the value after it say more than the value before it."""
    return payoffs + discount * following - values


def next_values(
    values: Float[Array, "*batch time"], last: Float[Array, "*batch"] | None = None
) -> Float[Array, "*batch time"]:
    """The value of the state after each step, from that before each; `last` is after the last step, 0 by default."""
    known = jnp.asarray(values)
    end = jnp.zeros(known.shape[:-1], known.dtype) if last is None else jnp.asarray(last)
    return jnp.concatenate([known[..., 1:], end[..., None]], axis=-1)


def inner_ends(n_episodes: int, n_steps: int) -> Bool[Array, " time"]:
    """Which steps of a meta-episode are the last of an inner episode."""
    return (jnp.arange(n_episodes * n_steps) + 1) % n_steps == 0


def _backwards(back, begin, rows):  # type: ignore[no-untyped-def]
    """A scan from the last step to the first over arrays whose last axis is time; its output likewise."""
    swapped = jax.tree.map(lambda row: jnp.moveaxis(row, -1, 0), rows)
    return jnp.moveaxis(jax.lax.scan(back, begin, swapped, reverse=True)[1], 0, -1)
