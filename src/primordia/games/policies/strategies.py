"""Strategies of repeated games that are written down, not learnt: fixed tables, patterns, rules with a memory.

All are policies without weights, so that they play in every rollout and tournament. In a dilemma an observation is
(start, CC, CD, DC, DD), one's own action first.
"""

from __future__ import annotations

import dataclasses
from typing import final

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from primordia.core.errors import ConfigError, UnknownNameError
from primordia.games.environments.payoffs import CONVENTIONS, Dilemma
from primordia.games.policies.policy import Acting, Policy
from primordia.games.policies.strategy_rules import N_NOTES, RULES, Match, Terms, watched

NEVER = 1e-30
"""What stands for a probability of 0 in logits, which are finite so; a 32-bit draw never falls on it."""


def as_logits(probabilities: Float[Array, "*batch action"]) -> Float[Array, "*batch action"]:
    """Logits of given probabilities."""
    return jnp.log(jnp.maximum(probabilities, NEVER))


class Weightless(Policy):
    """A policy that has nothing to learn: no weights, no value."""

    def weights(self, key: Array) -> dict[str, Array]:
        """None."""
        return {}


@final
@dataclasses.dataclass(frozen=True)
class Reactive(Weightless):
    """A fixed table: the probability of each action for each one-hot observation. In a dilemma, memory-one.

    Args:
        probabilities: axes [observation, action]; rows sum to 1.

    Raises:
        ConfigError: a row is no probability distribution, or rows differ in length.
    """

    probabilities: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        if not self.probabilities or len({len(row) for row in self.probabilities}) != 1:
            raise ConfigError("A reactive strategy needs rows of equal length, one for each observation.")
        for place, row in enumerate(self.probabilities):
            if not (all(0 <= chance <= 1 for chance in row) and abs(sum(row) - 1) < 1e-6):
                raise ConfigError(f"Row {place} of a reactive strategy is {row}; it must be from 0 to 1 and sum to 1.")

    @property
    def n_observed(self) -> int:  # type: ignore[override]
        """Rows of the table."""
        return len(self.probabilities)

    @property
    def n_actions(self) -> int:  # type: ignore[override]
        """Columns of the table."""
        return len(self.probabilities[0])

    def begin(self) -> tuple[()]:
        """Nothing is remembered."""
        return ()

    def act(self, weights: dict[str, Array], memory: tuple[()], observation: Float[Array, " observation"]) -> Acting:
        """The row of the observation."""
        row = jnp.asarray(self.probabilities, jnp.float32)[jnp.argmax(observation)]
        return Acting(as_logits(row), jnp.zeros(()), ())


@final
@dataclasses.dataclass(frozen=True)
class Unmoved(Weightless):
    """The same odds in every round of any game, whatever is observed.

    Args:
        probabilities: of each action, summing to 1.
        n_observed: numbers in an observation.
    """

    probabilities: tuple[float, ...]
    n_observed: int

    @property
    def n_actions(self) -> int:  # type: ignore[override]
        """As many as there are probabilities."""
        return len(self.probabilities)

    def begin(self) -> tuple[()]:
        """Nothing is remembered."""
        return ()

    def act(self, weights: dict[str, Array], memory: tuple[()], observation: Float[Array, " observation"]) -> Acting:
        """The given odds."""
        return Acting(as_logits(jnp.asarray(self.probabilities, jnp.float32)), jnp.zeros(()), ())


@final
@dataclasses.dataclass(frozen=True)
class Pattern(Weightless):
    """The same actions over and over, whatever is observed.

    Args:
        pattern: actions in order, such as (1, 0).
        n_observed: numbers in an observation.
        n_actions: actions of the game.
    """

    pattern: tuple[int, ...]
    n_observed: int
    n_actions: int

    def begin(self) -> Int[Array, ""]:
        """No round has been played."""
        return jnp.zeros((), jnp.int32)

    def act(
        self, weights: dict[str, Array], memory: Int[Array, ""], observation: Float[Array, " observation"]
    ) -> Acting:
        """The next action of the pattern."""
        action = jnp.asarray(self.pattern, jnp.int32)[memory % len(self.pattern)]
        return Acting(as_logits((jnp.arange(self.n_actions) == action) * 1.0), jnp.zeros(()), memory + 1)


@final
@dataclasses.dataclass(frozen=True)
class Strategy(Weightless):
    """A rule of `strategy_rules.RULES`: what it does depends on the match so far and on a few notes that it keeps.

    Args:
        rule: its name.
        dilemma: the payoffs that it reckons with, if it reckons.
        n_rounds: rounds of a match, for rules that know when it ends; 0 where they are not told.

    Raises:
        UnknownNameError: there is no such rule.
    """

    rule: str
    dilemma: Dilemma = CONVENTIONS["axelrod"]
    n_rounds: int = 0
    n_observed: int = 5
    n_actions: int = 2

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise UnknownNameError("rule", self.rule, RULES)

    def begin(self) -> tuple[Match, Int[Array, " note"]]:
        """A match without rounds, and empty notes."""
        zero = jnp.zeros((), jnp.int32)
        return Match(*[zero] * len(Match._fields)), jnp.zeros(N_NOTES, jnp.int32)

    def act(
        self,
        weights: dict[str, Array],
        memory: tuple[Match, Int[Array, " note"]],
        observation: Float[Array, " observation"],
    ) -> Acting:
        """Takes in the last round, then asks the rule."""
        match = watched(memory[0], jnp.argmax(observation).astype(jnp.int32))
        cooperates, notes = RULES[self.rule](match, memory[1], Terms(self.dilemma, self.n_rounds))
        chance = jnp.asarray(cooperates, jnp.float32)
        return Acting(as_logits(jnp.stack([chance, 1 - chance])), jnp.zeros(()), (match, notes))


def memory_one(start: float, *after: float) -> Reactive:
    """A memory-one strategy from its probabilities of cooperation: at the start, then after CC, CD, DC and DD."""
    return Reactive(tuple((float(chance), 1.0 - chance) for chance in (start, *after)))


def zero_determinant(dilemma: Dilemma, phi: float, slope: float, baseline: float) -> Reactive:
    """A strategy that enforces slope · (own payoff - baseline) = co-player's - baseline, without discount.

    Press and Dyson 2012 (PNAS 109, 10409), in the form of Stewart and Plotkin 2012: probabilities of cooperation are
    phi · (slope · (own - baseline) - (other's - baseline)), plus 1 after own cooperation. slope = 1 / chi and
    baseline P extort by the factor chi; baseline R is generous; slope 0 sets the co-player's payoff.

    Raises:
        ConfigError: phi is too large, or the baseline does not lie from P to R, so that a value is no probability.
    """
    own = (dilemma.reward, dilemma.sucker, dilemma.temptation, dilemma.punishment)
    other = (dilemma.reward, dilemma.temptation, dilemma.sucker, dilemma.punishment)
    kept = (1.0, 1.0, 0.0, 0.0)
    found = [
        stay + phi * (slope * (mine - baseline) - (theirs - baseline))
        for stay, mine, theirs in zip(kept, own, other, strict=True)
    ]
    if not all(-1e-9 <= chance <= 1 + 1e-9 for chance in found):
        raise ConfigError(
            f"No zero-determinant strategy has phi={phi:g}, slope={slope:g}, baseline={baseline:g} in this dilemma: it "
            f"would cooperate with probability {min(found):.3g} to {max(found):.3g}; a smaller phi may do."
        )
    return memory_one(1.0, *(min(1.0, max(0.0, chance)) for chance in found))
