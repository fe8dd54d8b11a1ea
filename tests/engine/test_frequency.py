"""Frequencies over seeds: when the verdict is decided, and the sweeps that measure them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primordia.core import threads
from primordia.core.claims import Claim, Expected, Frequency, Measurement
from primordia.core.errors import PrimordiaError
from primordia.core.intervals import anytime_interval
from primordia.engine import frequency as frequencies
from primordia.engine import verify
from primordia.engine.executors import attempt
from primordia.engine.executors.local import Local
from primordia.engine.folder import RunFolder
from primordia.engine.frequency_sweep import Count, Frequencies
from primordia.engine.helm import Helm
from primordia.engine.ring import Ring
from primordia.engine.sweeps.cells import Ended, Work
from walk import Walk, WalkConfig, WalkState

WITHIN, N = 16, 8


class Stumbling(Walk):
    """A walk that fails with seed 3."""

    name = "tests/stumbling"

    def init(self, config: WalkConfig, streams: Any) -> WalkState:
        if config.seed == 3:
            raise RuntimeError("it stumbled")
        return super().init(config, streams)


class Here:
    """An executor that computes in this process, and reports the cells under way in an order of its own.

    Args:
        n_slots: cells at a time.
        order: seeds the order; None: the last begun first.
        most: interrupts itself after so many cells, as Ctrl-C would.

    After `interrupt` and after `close` it computes nothing; after `renew` it does, unless it is closed.
    """

    n_threads = 1

    def __init__(self, n_slots: int = 1, order: int | None = 0, most: int | None = None) -> None:
        self.n_slots, self.most = n_slots, most
        self.random = None if order is None else random.Random(order)
        self.under_way: list[Work] = []
        self.computed: list[int] = []
        self.is_interrupted = self.is_closed = False

    def begin(self, work: Work) -> None:
        assert len(self.under_way) < self.n_slots
        self.under_way.append(work)

    def wait(self, seconds: float) -> list[Ended]:
        if not self.under_way:
            return []
        work = self.under_way.pop(self.random.randrange(len(self.under_way)) if self.random else -1)
        if self.is_interrupted or self.is_closed:
            return [Ended(work.index, "interrupted", "it was asked to", -1, 0.0)]
        if self.most is not None and len(self.computed) >= self.most:
            raise KeyboardInterrupt
        self.computed.append(work.index)
        try:
            return [attempt.run(work, Helm(ring=Ring(0)))]
        finally:
            threads.limit(None)

    def interrupt(self) -> None:
        self.is_interrupted = True

    def renew(self) -> None:
        assert not self.under_way
        self.is_interrupted = False

    def close(self) -> None:
        self.is_closed = True


def claim(expected: Expected, seeds: Sequence[int] = range(N), **changes: Any) -> Claim:
    frequency = Frequency(
        "half",
        tuple(seeds),
        preset="small",
        config={"n_walkers": 8, **changes},
        schedule={"steps": WITHIN, "every": 4, "checkpoint_every": 64},
    )
    return Claim("F1", "Half is seen often.", "nowhere", {}, frequency, expected, "quick", "nothing")


def measure(root: Path, of: Claim, executor: Any, kind: type[Walk] = Walk, **more: Any) -> Measurement:
    with Frequencies(root, lambda n_cells: executor, **more) as over_seeds:
        return over_seeds.measure(kind(), f"{kind.__module__}:{kind.__qualname__}", of)


def crossing(seed: int) -> int | None:
    """Referee: the first look at which half of the sites were visited, without the engine."""
    from primordia.core.streams import Streams

    walk, config = Walk(), WalkConfig(seed=seed, n_walkers=8)
    state = walk.init(config, Streams(seed))
    for t in range(0, WITHIN + 1, 4):
        if walk.measure(config, state, Streams(seed), t)["coverage"] >= 0.5:
            return t
        state, _ = walk.advance(config, state, Streams(seed), t, 4)
    return None


ANY = Expected(0.0, 0.999, "all but always")
OUTCOMES = [crossing(seed) for seed in range(N)]
HITS = [step is not None for step in OUTCOMES]


def test_the_toy_crosses_with_some_seeds_and_not_with_others() -> None:
    assert 2 <= sum(HITS) <= N - 2


regions = st.tuples(st.integers(0, 40), st.integers(0, 40)).map(
    lambda ends: Expected(min(ends) / 40, max(ends) / 40, "x")
)


@given(st.integers(1, 40), regions, st.integers(0, 2**40 - 1), st.floats(0.0, 1.0))
def test_decided_as_soon_as_counting_or_the_interval_decides_and_not_before(
    n_seeds: int, expected: Expected, outcomes: int, share: float
) -> None:
    bits = [bool(outcomes >> k & 1) for k in range(n_seeds)] if share > 0.5 else [share > 0.3] * n_seeds
    found = None
    for n in range(1, n_seeds + 1):
        k = sum(bits[:n])
        verdicts = {expected.holds((k + more) / n_seeds) for more in range(n_seeds - n + 1)}
        low, high = anytime_interval(k, n, 0.99)
        inside = expected.low <= low and high <= expected.high
        outside = high < expected.low or low > expected.high
        decided = frequencies.decide(bits[:n], n_seeds, expected)
        # A region between two counts is missed by all of them, however many seeds are left.
        assert (decided is not None) == (len(verdicts) == 1 or inside or outside), (k, n)
        if decided is not None:
            found = decided
            assert (decided.n, decided.n_hits) == (n, k)
            assert expected.holds(k / n) == (verdicts == {True} or inside)
            break
    assert found is not None
    assert frequencies.decide(bits, n_seeds, expected) == found


def test_the_interval_decides_what_counting_leaves_open() -> None:
    decided = frequencies.decide([True, False] * 500, 1000, Expected(0.25, 0.75, "x"))
    assert decided is not None
    assert decided.n < 60
    assert "inside" in decided.why
    decided = frequencies.decide([True, False] * 500, 1000, Expected(0.0, 0.2, "x"))
    assert decided is not None
    assert decided.n < 60
    assert "outside" in decided.why
    assert frequencies.decide([True] * 9, 1000, Expected(0.9, 1.0, "x")) is None


@pytest.mark.parametrize(("n_slots", "order"), [(1, 0), (3, None), (N, 1)])
def test_the_share_is_that_of_the_referee_for_any_workers_in_any_order(
    tmp_path: Path, n_slots: int, order: int | None
) -> None:
    expected = Expected(sum(HITS) / N, sum(HITS) / N, "exactly so")
    measured = measure(tmp_path, claim(expected), Here(n_slots, order))
    decided = frequencies.decide(HITS, N, expected)
    assert decided is not None
    assert measured.value == decided.n_hits / decided.n
    assert [one["crossed_at"] for one in measured.evidence["per_seed"]] == OUTCOMES[: decided.n]
    assert [one["seed"] for one in measured.evidence["per_seed"]] == list(range(decided.n))


def test_the_same_is_measured_whatever_is_over_first(tmp_path: Path) -> None:
    expected = Expected(0.0, (sum(HITS) - 1) / N, "one too few")
    found = []
    for place, (n_slots, order) in enumerate([(1, 0), (2, None), (5, 1)]):
        measured = measure(tmp_path / str(place), claim(expected), Here(n_slots, order))
        evidence = {key: value for key, value in measured.evidence.items() if key != "sweep"}
        found.append((measured.value, measured.note, evidence))
    assert all(one == found[0] for one in found)
    assert not expected.holds(found[0][0])


def test_seeds_that_are_not_needed_are_not_run(tmp_path: Path) -> None:
    executor = Here()
    first = HITS.index(True)
    measured = measure(tmp_path, claim(Expected(1 / N, 1.0, "at least one")), executor)
    assert executor.computed == list(range(first + 1))
    assert measured.evidence["n_run"] == first + 1
    assert measured.evidence["stopped_early"] == f"the {N - 1 - first} seeds left cannot change the verdict"
    assert str(measured.evidence["stopped_early"]) in measured.note


def test_a_call_that_was_interrupted_goes_on_and_runs_nothing_twice(tmp_path: Path) -> None:
    of, counts = claim(Expected(sum(HITS) / N, 1.0, "x"), seeds=range(N)), []
    first = Here(2, most=3)
    with pytest.raises(KeyboardInterrupt):
        measure(tmp_path, of, first)
    second = Here(2)
    measured = measure(tmp_path, of, second, on_count=counts.append)
    assert not set(first.computed) & set(second.computed)
    assert measured.evidence["ran_before"] == 3
    assert "3 of the runs were there before" in measured.note
    assert [one["crossed_at"] for one in measured.evidence["per_seed"]] == OUTCOMES[: measured.evidence["n_run"]]
    assert all(isinstance(count, Count) and count.n_hits == sum(HITS[: count.n]) for count in counts)
    third = Here(2)
    assert measure(tmp_path, of, third).value == measured.value
    assert third.computed == []


def test_a_sweep_for_each_way_of_asking_and_a_new_one_when_that_is_wanted(tmp_path: Path) -> None:
    def sweeps() -> list[str]:
        return sorted(path.name for path in (tmp_path / "sweeps").iterdir())

    measure(tmp_path, claim(ANY), Here())
    assert sweeps() == ["verify-tests-walk-F1"]
    other = Here()
    measure(tmp_path, claim(ANY, n_walkers=16), other)
    assert other.computed
    assert sweeps() == ["verify-tests-walk-F1", "verify-tests-walk-F1-2"]
    again = Here()
    measure(tmp_path, claim(ANY), again)
    assert not again.computed
    measure(tmp_path, claim(ANY), again, anew=True)
    assert again.computed
    assert len(sweeps()) == 3
    latest = Here()
    assert measure(tmp_path, claim(ANY), latest).evidence["sweep"].endswith("F1-3")
    assert not latest.computed


def test_runs_that_were_counted_keep_their_rows_and_not_their_states(tmp_path: Path) -> None:
    measured = measure(tmp_path, claim(ANY), Here())
    folders = [RunFolder(path) for path in (Path(measured.evidence["sweep"]) / "tests" / "walk").iterdir()]
    assert len(folders) >= measured.evidence["n_run"]
    for folder in folders:
        assert folder.record()["status"] == "finished"
        assert folder.metrics.read()
        assert not folder.checkpoints.exists()
        assert not folder.views.exists()
        assert not list(folder.path.glob("*.png"))


def test_a_seed_that_fails_is_named_when_it_is_needed(tmp_path: Path) -> None:
    executor = Here(2)
    with pytest.raises(PrimordiaError, match=r"Seed 3 of F1 failed: RuntimeError: it stumbled.*sweep retry .*F1"):
        measure(tmp_path, claim(Expected(0.5, 0.5, "half"), seeds=[9, 3, 4, 5, 6, 7]), executor, Stumbling)
    assert len(executor.computed) < 5
    first = HITS.index(True)
    late = [first, *(seed for seed in range(N) if seed not in (3, first)), 3]
    assert measure(tmp_path, claim(Expected(1 / N, 1.0, "x"), seeds=late), Here(N), Stumbling).value == 1.0


def test_verify_measures_both_kinds_and_a_failure_is_one_claim_s_own(tmp_path: Path, monkeypatch: Any) -> None:
    failing = claim(ANY, seeds=[3])
    monkeypatch.setattr(Stumbling, "claims", (*Walk.claims, failing))
    with Frequencies(tmp_path, lambda n_cells: Here()) as over_seeds:
        found = verify.run(Stumbling(), "quick", over_seeds=over_seeds, address=f"{__name__}:Stumbling")
    assert [verdict.passed for verdict in found] == [True, False]
    assert "Seed 3 of F1 failed" in str(found[1].error)
    told = verify.as_json(Stumbling(), "quick", found)["claims"][1]
    assert told["setup"]["seeds"] == [3]
    assert told["setup"]["transition"] == "half"


def test_local_workers_measure_the_same(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    of = claim(Expected(sum(HITS) / N, sum(HITS) / N, "exactly so"))
    measured, same = measure(tmp_path / "one", of, Local(2, 1)), measure(tmp_path / "other", of, Here())
    assert measured.note == same.note
    assert measured.evidence["per_seed"] == same.evidence["per_seed"]


def test_an_executor_is_kept_for_the_next_claim_unless_another_one_suits_it_better(tmp_path: Path) -> None:
    lent: list[int] = []

    def lend(n_cells: int) -> Here:
        lent.append(n_cells)
        return Here(min(4, n_cells))

    with Frequencies(tmp_path, lend) as over_seeds:
        for n_seeds in (8, 6, 4, 2, 2, 8):
            over_seeds.prepare(n_seeds)
    assert lent == [8, 2, 8]
    # One whose size does not follow the claim's, such as a cluster, stays.
    with Frequencies(tmp_path, lambda n_cells: lent.append(n_cells) or Here(64)) as over_seeds:
        for n_seeds in (40, 3, 50):
            over_seeds.prepare(n_seeds)
    assert lent == [8, 2, 8, 40]


def test_a_claim_that_is_decided_early_leaves_its_executor_to_the_next_one(tmp_path: Path) -> None:
    lent: list[Here] = []

    def lend(n_cells: int) -> Here:
        lent.append(Here(2))
        return lent[-1]

    early, later = claim(Expected(1 / N, 1.0, "at least one")), claim(ANY, n_walkers=16)
    with Frequencies(tmp_path / "kept", lend) as over_seeds:
        assert over_seeds.measure(Walk(), "walk:Walk", early).evidence["stopped_early"]
        found = over_seeds.measure(Walk(), "walk:Walk", later)
        assert [one.is_closed for one in lent] == [False]
    assert [one.is_closed for one in lent] == [True]
    alone = measure(tmp_path / "alone", later, Here(2))
    assert (found.value, found.note) == (alone.value, alone.note)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("truth", "expected"),
    [(0.3, Expected(0.31, 0.6, "x")), (0.3, Expected(0.0, 0.29, "x")), (0.05, Expected(0.06, 1.0, "x"))],
)
def test_a_claim_that_is_wrong_is_hardly_ever_taken_for_right_because_of_the_interval(
    truth: float, expected: Expected
) -> None:
    """The truth lies just outside the region: whenever the interval says "inside", it is wrong; 1 % at most."""
    drawn, wrong, n_series = random.Random(11), 0, 1000
    for _ in range(n_series):
        n_hits = 0
        for n in range(1, 600):
            n_hits += drawn.random() < truth
            side = frequencies.decide_by_interval(n_hits, n, expected)
            if side:
                wrong += side == "inside"
                break
    assert wrong / n_series <= 0.01
