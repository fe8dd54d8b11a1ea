"""Rules of the repeated dilemma that need more than the last round, as one small function each.

A rule gets the match so far, its own notes and the terms of the match, and returns its probability of cooperation
with its new notes. What each rule does is taken from the Axelrod library 4.14.0, against which they are tested move
for move; those of Axelrod's first tournament (1980) are that library's readings of the published descriptions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from primordia.games.environments.payoffs import Dilemma

N_NOTES = 4
REMEMBERED = (1 << 16) - 1
"""The last sixteen actions of each player are kept as bits."""
CHI_SQUARED = 3.841458820694124
"""95 % of the chi-squared distribution with one degree of freedom lies below."""


class Match(NamedTuple):
    """A match as one of its players saw it; whole numbers.

    Args:
        round: rounds played.
        own: own last actions as bits, the latest lowest; 1 is a defection.
        other: those of the co-player.
        own_defections: of all rounds.
        other_defections: of all rounds.
    """

    round: Int[Array, ""]
    own: Int[Array, ""]
    other: Int[Array, ""]
    own_defections: Int[Array, ""]
    other_defections: Int[Array, ""]

    @property
    def began(self) -> Bool[Array, ""]:
        """Whether a round has been played."""
        return self.round > 0

    @property
    def defected(self) -> Bool[Array, ""]:
        """Whether the co-player's last action was a defection."""
        return (self.other & 1) == 1

    @property
    def i_defected(self) -> Bool[Array, ""]:
        """Whether one's own last action was."""
        return (self.own & 1) == 1

    @property
    def seems_random(self) -> Bool[Array, ""]:
        """Whether a chi-squared test at 5 % lets pass that the co-player cooperates half the time."""
        excess = (self.round - 2 * self.other_defections).astype(jnp.float32)
        return excess**2 <= CHI_SQUARED * self.round


class Terms(NamedTuple):
    """What the players are told of the match.

    Args:
        dilemma: its payoffs.
        n_rounds: its rounds, or 0.
    """

    dilemma: Dilemma
    n_rounds: int


Notes: TypeAlias = Int[Array, " note"]
Odds: TypeAlias = Bool[Array, ""] | Float[Array, ""]
"""Whether to cooperate, or with what probability."""
Rule: TypeAlias = Callable[[Match, Notes, Terms], tuple[Odds, Notes]]


def watched(match: Match, place: Int[Array, ""]) -> Match:
    """The match with the round that an observation tells of: 0 none, then CC, CD, DC, DD."""
    own, other, played = (place - 1) >> 1, (place - 1) & 1, place > 0
    after = Match(
        match.round + 1,
        ((match.own << 1) | own) & REMEMBERED,
        ((match.other << 1) | other) & REMEMBERED,
        match.own_defections + own,
        match.other_defections + other,
    )
    return Match(*(jnp.where(played, new, old) for new, old in zip(after, match, strict=True)))


def _notes(*values: Array | int) -> Notes:
    padded = [*values, *[0] * (N_NOTES - len(values))]
    return jnp.stack([jnp.asarray(value, jnp.int32) for value in padded])


def _unless_defected_in(window: int) -> Rule:
    """Cooperates unless the co-player defected in the last rounds."""

    def rule(match: Match, notes: Notes, terms: Terms) -> tuple[Odds, Notes]:
        return (match.other & ((1 << window) - 1)) == 0, notes

    return rule


def _tit_for_two_tats(match: Match, notes: Notes, terms: Terms) -> tuple[Odds, Notes]:
    return (match.other & 3) != 3, notes


def _grim(match: Match, notes: Notes, terms: Terms) -> tuple[Odds, Notes]:
    return match.other_defections == 0, notes


def _davis(match: Match, notes: Notes, terms: Terms) -> tuple[Odds, Notes]:
    """Grim, after ten rounds of cooperation."""
    return (match.round < 10) | (match.other_defections == 0), notes


def _soft_majority(match: Match, notes: Notes, terms: Terms) -> tuple[Odds, Notes]:
    return 2 * match.other_defections <= match.round, notes


def _hard_majority(match: Match, notes: Notes, terms: Terms) -> tuple[Odds, Notes]:
    return 2 * match.other_defections < match.round, notes


def _shubik(match: Match, notes: Notes, terms: Terms) -> tuple[Odds, Notes]:
    """Punishes with one defection more each time. Notes: defections still to come, length of the last punishment."""
    left, length = notes[0], notes[1]
    provoked = (left == 0) & match.began & match.defected & ~match.i_defected
    length = length + provoked
    left = jnp.where(provoked, length, left)
    return left == 0, _notes(jnp.maximum(left - 1, 0), length)


def _gradual(match: Match, notes: Notes, terms: Terms) -> tuple[Odds, Notes]:
    """Punishes with as many defections as it has suffered, then calms down. Notes: defections, calm rounds to come."""
    punish, calm = notes[0], notes[1]
    provoked = (punish == 0) & (calm == 0) & match.defected
    defects = (punish > 0) | provoked
    still = jnp.where(provoked, 2, jnp.where(defects, calm, jnp.maximum(calm - 1, 0)))
    return ~defects, _notes(jnp.where(provoked, match.other_defections - 1, jnp.maximum(punish - 1, 0)), still)


def _soft_grim(match: Match, notes: Notes, terms: Terms) -> tuple[Odds, Notes]:
    """Answers a defection with D, D, D, D, C, C. Notes: which of the last five comes next, from 1; 0 none."""
    place = notes[0]
    provoked = (place == 0) & match.defected
    after = jnp.where(place > 0, (place + 1) % 6, provoked)
    return jnp.where(place > 0, place > 3, ~provoked), _notes(after)


def _contrite(match: Match, notes: Notes, terms: Terms) -> tuple[Odds, Notes]:
    """Tit-for-tat that accepts the answer to a defection it did not mean. Notes: contrite; meant to defect."""
    contrite, meant = notes[0] == 1, notes[1] == 1
    atoned = contrite & ~match.i_defected
    slipped = match.i_defected & ~meant & ~match.defected
    cooperates = atoned | ~match.defected
    return cooperates, _notes((contrite & ~atoned) | (slipped & ~atoned), ~cooperates)


def _omega(match: Match, notes: Notes, terms: Terms) -> tuple[Odds, Notes]:
    """Tit-for-tat that breaks deadlocks and gives up on the random. Notes: signs of deadlock, of randomness."""
    deadlock, randomness = notes[0], notes[1]
    last, before, own = match.other & 1, (match.other >> 1) & 1, match.own & 1
    breaking = deadlock >= 3
    suspicion = randomness - ((last + before) == 0) + (last != before) + (own != last)
    gives_up = suspicion >= 8
    turned = jnp.where(gives_up, deadlock, jnp.where(last != before, deadlock + 1, 0))
    known = match.round >= 2
    after = _notes(
        jnp.where(known, jnp.where(breaking, jnp.where(deadlock == 3, 4, 0), turned), 0),
        jnp.where(known & ~breaking, suspicion, randomness),
    )
    return jnp.where(known, breaking | (~gives_up & (last == 0)), last == 0), after


def _nydegger(match: Match, notes: Notes, terms: Terms) -> tuple[Odds, Notes]:
    """Adds up the last three rounds, 1 for its own defection and 2 for the other's, weighed 16, 4 and 1."""
    own, other = match.own, match.other
    score = sum(weight * (((own >> ago) & 1) + 2 * ((other >> ago) & 1)) for ago, weight in enumerate((16, 4, 1)))
    defects = jnp.zeros(64, bool).at[jnp.asarray(NYDEGGER)].set(True)[score]
    early = match.defected | ((match.round == 2) & ((other & 3) == 2))
    return ~jnp.where(match.round < 3, early, defects), notes


NYDEGGER = (1, 6, 7, 17, 22, 23, 26, 29, 30, 31, 33, 38, 39, 45, 49, 54, 55, 58, 61)
"""Sums at which Nydegger's entry defects (Axelrod 1980)."""


def _feld(match: Match, notes: Notes, terms: Terms) -> tuple[Odds, Notes]:
    """Tit-for-tat whose cooperation becomes less likely, down to one half at round 200."""
    return jnp.where(match.defected, 0.0, jnp.maximum(1 - match.round / 400, 0.5)), notes


def _tullock(match: Match, notes: Notes, terms: Terms) -> tuple[Odds, Notes]:
    """Eleven times cooperation, then a tenth less than the co-player in its last ten actions."""
    defections = sum((match.other >> ago) & 1 for ago in range(10))
    return jnp.where(match.round < 11, 1.0, jnp.maximum((9 - defections) / 10, 0.0)), notes


def _downing(match: Match, notes: Notes, terms: Terms) -> tuple[Odds, Notes]:
    """Plays what pays if answers to C and D are as likely as so far. Notes: cooperations that followed its C, its D.

    A tie is decided exactly here; it turns on the rounding of 64-bit numbers in the Axelrod library.
    """
    game = terms.dilemma
    answered = match.began & ~match.defected
    after_defection = ((match.own >> 1) & 1) == 1
    to_c = notes[0] + (answered & (~after_defection | (match.round == 1)))
    to_d = notes[1] + (answered & after_defection & (match.round > 1))
    n_c, n_d = match.round - match.own_defections + 1, jnp.maximum(match.own_defections, 2)
    gain_c = n_d * (to_c * (game.reward - game.sucker) + n_c * game.sucker)
    gain_d = n_c * (to_d * (game.temptation - game.punishment) + n_d * game.punishment)
    cooperates = jnp.where(gain_c == gain_d, match.i_defected, gain_c > gain_d)
    return cooperates & (match.round >= 2), _notes(to_c, to_d)


def _graaskamp(match: Match, notes: Notes, terms: Terms) -> tuple[Odds, Notes]:
    """Tit-for-tat with a probe in round 51; later defects on the random, copies copiers, and now and then defects.

    It spaces those defections 5 to 14 rounds apart, all alike, as the Axelrod library does (the description says up
    to 15); the chance to defect after a gap without one is what that amounts to. Notes: found random, not answering
    like tit-for-tat, unlike itself, gap since the last such defection (0 before the first).
    """
    late = match.round >= 56
    random = (notes[0] == 1) | (late & match.seems_random)
    unlike_mirror = (notes[1] == 1) | ((match.round >= 2) & ((match.other & 1) != ((match.own >> 1) & 1)))
    unlike_twin = (notes[2] == 1) | (match.began & ((match.other & 1) != (match.own & 1)))
    trusting = late & ~random & unlike_mirror & unlike_twin
    gap = jnp.where((notes[3] > 1) & match.i_defected, 1, notes[3])
    hazard = jnp.where(gap >= 5, 1 / jnp.maximum(15 - gap, 1), 0.0)
    copies = jnp.where(match.defected | (match.round == 50), 0.0, 1.0)
    odds = jnp.where(trusting, 1 - hazard, jnp.where(random, 0.0, copies))
    return odds, _notes(random, unlike_mirror, unlike_twin, jnp.where(trusting, gap + 1, 0))


def _near_the_end(match: Match, terms: Terms) -> Bool[Array, ""] | bool:
    """Whether this round or the next is the last."""
    return (match.round >= terms.n_rounds - 2) if terms.n_rounds else False


def _stein_rapoport(match: Match, notes: Notes, terms: Terms) -> tuple[Odds, Notes]:
    """Tit-for-tat that asks every 15 rounds whether the other is random; two last defections. Notes: random."""
    tested = (match.round >= 14) & ((match.round + 1) % 15 == 0)
    random = jnp.where(tested, match.seems_random, notes[0] == 1)
    cooperates = (match.round < 4) | (~match.defected & ~random)
    return cooperates & ~jnp.asarray(_near_the_end(match, terms)), _notes(random)


def _tideman_chieruzzi(match: Match, notes: Notes, terms: Terms) -> tuple[Odds, Notes]:
    """Longer punishments each time, and now and then a fresh start.

    Notes: defections still to come; length of the last punishment; round of the last fresh start, negative in the
    round after it; defections of the co-player before it.
    """
    game = terms.dilemma
    left, length, started, forgotten = notes[0], notes[1], jnp.abs(notes[2]), notes[3]
    remembered, now = match.other_defections - forgotten, match.round + 1
    ahead = (game.temptation - game.sucker) * (match.own_defections - match.other_defections) >= 10
    early = terms.n_rounds - now >= 10 if terms.n_rounds else jnp.asarray(True)
    unlike_chance = (2 * remembered - match.round) ** 2 >= 9 * match.round
    starting = notes[2] < 0
    due = (started == 0) | (now - started >= 20)
    fresh = match.began & ~starting & due & ahead & early & ~match.defected & unlike_chance
    provoked = ~starting & ~fresh & (left == 0) & match.defected
    length = jnp.where(fresh, 0, length + provoked)
    left = jnp.where(fresh, 0, jnp.where(provoked, length, left))
    punishes = ~starting & (left > 0)
    after = _notes(
        jnp.where(punishes, left - 1, left),
        length,
        jnp.where(fresh, -now, started),
        jnp.where(fresh, match.other_defections, forgotten),
    )
    return ~punishes & ~jnp.asarray(_near_the_end(match, terms)), after


RULES: Mapping[str, Rule] = {
    "tit-for-two-tats": _tit_for_two_tats,
    "two-tits-for-tat": _unless_defected_in(2),
    "hard-tit-for-tat": _unless_defected_in(3),
    "grim": _grim,
    "soft-majority": _soft_majority,
    "hard-majority": _hard_majority,
    "gradual": _gradual,
    "soft-grim": _soft_grim,
    "contrite-tit-for-tat": _contrite,
    "omega-tit-for-tat": _omega,
    "tideman-chieruzzi": _tideman_chieruzzi,
    "nydegger": _nydegger,
    "shubik": _shubik,
    "stein-rapoport": _stein_rapoport,
    "davis": _davis,
    "graaskamp": _graaskamp,
    "downing": _downing,
    "feld": _feld,
    "tullock": _tullock,
}
"""Rules by name."""
