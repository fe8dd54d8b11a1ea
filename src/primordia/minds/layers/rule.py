"""What an update rule is: the part of a layer that works on queries, keys, values and gates of each head."""

from __future__ import annotations

import abc
from typing import Any, ClassVar, Literal, NamedTuple, TypeAlias

import equinox as eqx
import jax
from jaxtyping import Array, Bool, Float

State: TypeAlias = Any
"""What a rule remembers: a pytree of arrays whose first axes are batch and head, of a size that never changes."""


class Signals(NamedTuple):
    """What the heads of a layer see of a stretch of tokens; one token (for `Rule.step`) has no time axis.

    Args:
        query: what is asked.
        key: where something is stored.
        value: what is stored.
        log_decay: logarithm of the forget gate, at most 0: one for each head, or for each channel of the key where
            the rule's `decay` is "channel"; None where it is "none".
        write: the input gate, or learning rate, of each token; None where the rule's `writes` is False.
        reset: whether a token begins a document: nothing before it may be seen from it on. None: no token does.
        sign: 1 or -1, by which the forget gate is multiplied; None: 1. Only rules that make it (`Rule.gated`) read it.
    """

    query: Float[Array, "batch head *time key"]
    key: Float[Array, "batch head *time key"]
    value: Float[Array, "batch head *time value"]
    log_decay: Float[Array, "batch head *time_channel"] | None = None
    write: Float[Array, "batch head *time"] | None = None
    reset: Bool[Array, "batch *time"] | None = None
    sign: Float[Array, "batch head *time"] | None = None


class Rule(eqx.Module):
    """An update rule. Subclasses are final; their array fields are parameters, the other fields are settings.

    All three faces start from a state, return the outputs [batch, head, time, value] and the state after the stretch,
    and agree with each other: in 32 bits within 1e-5 of the largest output, wherever a stretch is split into stretches.
    All sums run in 32 bits or more.

    Attributes:
        decay: whether heads forget: not at all, by a gate for each head, or by one for each channel of the key.
        writes: whether tokens have an input gate.
    """

    decay: ClassVar[Literal["none", "head", "channel"]] = "none"
    writes: ClassVar[bool] = False

    @abc.abstractmethod
    def init_state(self, n_batch: int, n_heads: int, d_key: int, d_value: int) -> State:
        """The state before the first token."""

    def gated(self, signals: Signals) -> Signals:
        """The signals with the gates as this rule means them; a layer calls it before any face does."""
        return signals

    def probes(self, signals: Signals, state: State) -> dict[str, Array]:
        """What can be seen inside, each with the axes [batch, head, time, …]; empty where there is nothing to see."""
        return {}

    @abc.abstractmethod
    def parallel(self, signals: Signals, state: State) -> tuple[Float[Array, "batch head time value"], State]:
        """The obvious definition, all tokens at once; may cost more than linear time and memory."""

    @abc.abstractmethod
    def chunkwise(
        self, signals: Signals, state: State, chunk: int
    ) -> tuple[Float[Array, "batch head time value"], State]:
        """The same in linear time: a scan over chunks of `chunk` tokens; the length need not be a multiple of it."""

    @abc.abstractmethod
    def step(self, signals: Signals, state: State) -> tuple[Float[Array, "batch head value"], State]:
        """The same for one token, in time and memory that do not depend on how many came before."""


def stepwise(rule: Rule, signals: Signals, state: State) -> tuple[Float[Array, "batch head time value"], State]:
    """A stretch by steps: the naive recurrence, a scan over tokens. The slow referee of the other faces."""

    def move(state: State, token: Signals) -> tuple[State, Array]:
        out, state = rule.step(token, state)
        return state, out

    state, outputs = jax.lax.scan(move, state, by_time(signals))
    return jax.numpy.moveaxis(outputs, 0, 2), state


def by_time(signals: Signals) -> Signals:
    """The same signals with time as their first axis, for a scan."""
    moved = {
        name: jax.numpy.moveaxis(part, 1 if name == "reset" else 2, 0)
        for name, part in signals._asdict().items()
        if part is not None
    }
    return Signals(**moved)


def part(signals: Signals, begin: int, end: int) -> Signals:
    """The tokens from `begin` up to and without `end`."""
    cut = {
        name: array[:, begin:end] if name == "reset" else array[:, :, begin:end]
        for name, array in signals._asdict().items()
        if array is not None
    }
    return Signals(**cut)
