"""What EXP3, UCB1, Thompson, top-two and sweep test and keep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest
from small_views import candidate, finished, mixtures, past, view_of

from policies import Observation, Outcome, Policy, Proposal, Round, View
from policies.bandits.exp3 import Exp3, rates
from policies.bandits.rewards import centre_and_size
from policies.bandits.sweep import Sweep
from policies.bandits.thompson import Thompson
from policies.bandits.top_two import TopTwo
from policies.bandits.turns import in_turn
from policies.bandits.ucb1 import Ucb1, indices
from policies.branches import finished_branches
from policies.drawing import by_rates
from policies.roster import roster
from policies.testing import POLICY_CHECKS

EVERY: tuple[Policy, ...] = (
    Exp3(),
    Ucb1(),
    Thompson(),
    Thompson(model="bernoulli"),
    TopTwo(),
    Sweep(),
)
"""Each with its defaults."""
HELPFUL = {"a": 0.03, "b": 0.02}
HARMFUL = {"c": -0.03, "d": -0.04, "e": -0.02, "f": -0.03}


def each(policy: Policy) -> str:
    return f"{type(policy).__name__}-{getattr(policy, 'model', '')}".strip("-")


def letters(names: str, **scores: Mapping[str, float]) -> View:
    return view_of(*(candidate(name, scores.get(name)) for name in names))


def campaign(policy: Policy, effects: Mapping[str, float], rounds: int, seed: int = 0) -> View:
    """Plays rounds of three branches; gains are the effects with noise of 0.005 nats."""
    view = letters("".join(effects))
    noise = np.random.default_rng([seed, 99])
    for number in range(rounds):
        asked = replace(view, round=number, rounds_left=rounds - number)
        tested = policy.propose(asked, np.random.default_rng([seed, number]))
        results = [
            (
                one.mixture,
                sum(share * effects[name] for name, share in one.mixture.items())
                + 0.005 * noise.standard_normal(),
            )
            for one in tested
        ]
        closed = finished(number, *results, se=0.005)
        view = replace(view, history=(*view.history, closed), round=number + 1)
    return replace(view, rounds_left=0)


def counted(view: View) -> Counter[str]:
    return Counter(
        name for one in view.history for seen in one.observations for name in seen.proposal.mixture
    )


@pytest.mark.parametrize("policy", EVERY, ids=each)
def test_what_helps_is_kept_and_what_hurts_is_dropped(policy: Policy) -> None:
    for seed in range(3):
        ended = campaign(policy, {**HELPFUL, **HARMFUL}, rounds=8, seed=seed)
        (kept,) = mixtures(policy, ended)
        assert kept and set(kept) <= set(HELPFUL)


@pytest.mark.parametrize("policy", EVERY, ids=each)
def test_when_everything_hurts_the_target_trains_alone(policy: Policy) -> None:
    assert mixtures(policy, campaign(policy, HARMFUL, rounds=6)) == [{}]


@pytest.mark.parametrize("policy", EVERY, ids=each)
def test_nothing_is_kept_before_anything_was_tested(policy: Policy) -> None:
    view = replace(letters("abc"), past=past("u", {"a": 1.0, "b": 0.0}), rounds_left=0)
    assert mixtures(policy, view) == [{}]


@pytest.mark.parametrize("policy", EVERY, ids=each)
def test_placebos_are_seldom_kept(policy: Policy) -> None:
    nothing = dict.fromkeys("abcdefgh", 0.0)
    kept = [
        len(mixtures(policy, campaign(policy, nothing, rounds=4, seed=seed))[0])
        for seed in range(8)
    ]
    # Eight tasks of no effect: fewer than one of them looks useful on average.
    assert np.mean(kept) < 1.0


@pytest.mark.parametrize("policy", EVERY, ids=each)
def test_the_branches_of_a_round_test_single_tasks_that_differ(policy: Policy) -> None:
    found = mixtures(policy, letters("abcdef"))
    assert len(found) == 3
    assert len({frozenset(one) for one in found}) == 3
    assert all(list(one.values()) == [1.0] for one in found)


@pytest.mark.parametrize("policy", EVERY, ids=each)
def test_sets_hold_exactly_what_the_campaign_asks_for(policy: Policy) -> None:
    view = replace(campaign(policy, {**HELPFUL, **HARMFUL}, rounds=6), exactly=3)
    (kept,) = mixtures(policy, view)
    assert set(HELPFUL) < set(kept) and set(kept.values()) == {1 / 3}
    for one in mixtures(policy, replace(view, exactly=2, rounds_left=1)):
        assert list(one.values()) == [0.5, 0.5]
    assert len(mixtures(policy, replace(view, exactly=6))[0]) == 6


@pytest.mark.parametrize("policy", EVERY, ids=each)
def test_a_failed_branch_is_no_evidence(policy: Policy) -> None:
    failed = Observation(
        proposal=Proposal(mixture={"a": 1.0}, reason="a test"),
        outcome=Outcome(status="failed", cost=0),
    )
    view = letters("abcdef")
    after = replace(view, history=(Round(number=0, observations=(failed,)),))
    assert mixtures(policy, view) == mixtures(policy, after)


def test_only_the_best_k_are_kept() -> None:
    effects = {"a": 0.04, "b": 0.03, "c": 0.02, "d": 0.06}
    for policy in (Sweep(k=2), TopTwo(k=2), Thompson(k=2), Exp3(k=2), Ucb1(k=2)):
        view = campaign(Sweep(), effects, rounds=8)
        assert set(mixtures(policy, view)[0]) == {"d", "a"}


def test_reasons_tell_the_numbers() -> None:
    view = campaign(Sweep(), {**HELPFUL, **HARMFUL}, rounds=4)
    (kept,) = Sweep().propose(view, np.random.default_rng(0))
    assert kept.reason.startswith("best 2 of 6 after 12 branches: a (effect 0.0")
    assert "after 2 branches)" in kept.reason


# EXP3


def test_exp3_follows_its_formula() -> None:
    """Two rounds worked out from the definition, rates of the first round included."""
    view = replace(
        letters("abcd"),
        history=(
            finished(0, ({"a": 1.0}, 0.03), ({"b": 1.0}, -0.01)),
            finished(1, ({"a": 0.5, "c": 0.5}, 0.04)),
        ),
    )
    found = rates(finished_branches(view, roster(view)), 4, 10.0)

    def drawn_at(rewards: list[float], turns: float) -> np.ndarray:
        before = min(1 / 4, np.sqrt(np.log(4) / (4 * turns)))
        now = min(1 / 4, np.sqrt(np.log(4) / (4 * (turns + 1))))
        weights = np.exp(before * np.array(rewards))
        return np.asarray((1 - 4 * now) * weights / weights.sum() + now)

    # Round 0: all drawn at 1/4; mean gain 0.01, largest distance 0.02: rewards 1 and -1.
    first = drawn_at([4.0, -4.0, 0.0, 0.0], 20.0)
    # Round 1: mean gain 0.02, largest distance 0.03: rewards 1/3, -1, and 2/3 for halves of a, c.
    rewards = [4 / 3 + 2 / 3 / 2 / first[0], -4.0, 2 / 3 / 2 / first[2], 0.0]
    np.testing.assert_allclose(found, drawn_at(rewards, 30.0), rtol=1e-12)


def test_exp3_draws_by_its_rates() -> None:
    view = campaign(Exp3(), {**HELPFUL, **HARMFUL}, rounds=6)
    view = replace(view, rounds_left=1, max_proposals=1)
    expected = rates(finished_branches(view, roster(view)), 6, 10.0)
    drawn = Counter(next(iter(mixtures(Exp3(), view, seed)[0])) for seed in range(100))
    found = np.array([drawn[name] / 100 for name in roster(view).names])
    # Standard error of a rate at most 0.05: five of them.
    np.testing.assert_allclose(found, expected, atol=0.25)
    assert expected.min() > 0 and expected[:2].min() > 1.5 * expected[2:].max()


def test_draws_by_rates_come_as_often_as_their_rates() -> None:
    rates_of_four, rng = np.array([0.7, 0.2, 0.1, 0.0]), np.random.default_rng(0)
    scores = np.array([by_rates(rates_of_four, rng) for _ in range(5000)])
    first = np.bincount(scores.argmax(axis=1), minlength=4) / 5000
    # Standard error 0.0065: five of them.
    np.testing.assert_allclose(first, rates_of_four, atol=0.033)


def test_exp3_explores_longer_at_the_papers_pace() -> None:
    view = campaign(Sweep(), {**HELPFUL, **HARMFUL}, rounds=2)
    seen = finished_branches(view, roster(view))
    # 6 ln 6 is 10.8 draws.
    np.testing.assert_allclose(rates(seen, 6, 1.0), 1 / 6)
    assert np.ptp(rates(seen, 6, 10.0)) > 0.02


# UCB1


def test_ucb1_follows_its_formula() -> None:
    view = replace(
        letters("abc"),
        history=(
            finished(0, ({"a": 1.0}, 0.03), ({"b": 1.0}, -0.01)),
            finished(1, ({"a": 0.5, "c": 0.5}, 0.01)),
        ),
    )
    start = np.array([0.2, -0.4, 0.0])
    found = indices(finished_branches(view, roster(view)), start, None, 1.0)
    # Mean gain 0.01, largest distance 0.02: rewards 1, -1 and 0.
    pulls = np.array([2.5, 2.0, 1.5])
    reward = np.array([(0.2 + 1.0 + 0.5 * 0.0) / 2.5, (-0.4 - 1.0) / 2, 0.0])
    np.testing.assert_allclose(found, reward + np.sqrt(2 * np.log(6.0) / pulls))


def test_ucb1_can_forget_as_flad_does() -> None:
    view = replace(letters("ab"), history=(finished(0, ({"a": 1.0}, 0.03), ({"b": 1.0}, -0.01)),))
    seen = finished_branches(view, roster(view))
    found = indices(seen, np.array([0.5, 0.5]), 0.1, 0.0)
    np.testing.assert_allclose(found, [0.9 * 0.5 + 0.1, 0.9 * 0.5 - 0.1])


def test_ucb1_starts_with_the_best_aligned_and_tests_every_task_before_it_repeats_a_poor_one() -> (
    None
):
    scores = {name: {"alignment": at / 10 - 0.25} for at, name in enumerate("abcdef")}
    first = mixtures(Ucb1(), letters("abcdef", **scores))
    assert [next(iter(one)) for one in first] == ["f", "e", "d"]
    counts = counted(campaign(Ucb1(), dict.fromkeys("abcdef", -0.01), rounds=2))
    assert set(counts.values()) == {1}


def test_rewards_lie_within_one_unit_of_their_mean() -> None:
    assert centre_and_size(np.array([0.03, -0.01, 0.01])) == pytest.approx((0.01, 0.02))
    assert centre_and_size(np.array([])) == (0.0, 1.0)
    # In these the mean differs from the gains by rounding.
    assert all(centre_and_size(np.full(count, 0.1))[1] == 1.0 for count in range(1, 40))
    centre, size = centre_and_size(np.array([1e308, 1e308, -1e308]))
    assert np.isfinite(centre) and np.isfinite(size)


# Thompson, top-two, sweep


def test_sweep_tests_every_candidate_equally_often_in_random_order() -> None:
    effects = {**HELPFUL, **HARMFUL}
    for rounds in (2, 4, 6):
        assert set(counted(campaign(Sweep(), effects, rounds)).values()) == {rounds // 2}
    orders = {tuple(counted(campaign(Sweep(), effects, 2, seed))) for seed in range(5)}
    assert len(orders) == 5


def test_turns_go_round_and_the_last_set_is_filled_up() -> None:
    counts, rng = np.array([1, 0, 2, 0, 1]), np.random.default_rng(0)
    assert [set(one.tolist()) for one in in_turn(counts, 2, 2, rng)] == [{1, 3}, {0, 4}]
    sets = in_turn(counts, 2, 9, rng)
    assert [len(set(one.tolist())) for one in sets] == [2, 2, 2]
    assert 2 in sets[2] and sets[2][1] in {1, 3}


def test_thompson_returns_to_what_looks_good() -> None:
    counts = counted(campaign(Thompson(), {**HELPFUL, **HARMFUL}, rounds=12))
    best, rest = [counts[name] for name in HELPFUL], [counts[name] for name in HARMFUL]
    assert min(best) > max(rest)


def test_top_two_tests_what_is_on_the_edge_of_the_best() -> None:
    """With k 2, tasks 2 and 3 are hard to tell apart; the best and the worst are clear."""
    effects = {"a": 0.08, "b": 0.021, "c": 0.019, "d": -0.05, "e": -0.06, "f": -0.07}
    counts: Counter[str] = Counter()
    for seed in range(3):
        counts += counted(campaign(TopTwo(k=2), effects, rounds=10, seed=seed))
    edge, clear = counts["b"] + counts["c"], counts["a"] + counts["d"] + counts["e"] + counts["f"]
    assert edge / 2 > 1.5 * clear / 4
    later = counted(campaign(Thompson(), effects, rounds=10))
    assert later["a"] > later["b"]


def test_top_two_takes_the_least_known_of_what_is_disputed() -> None:
    """The best is known least but in no doubt; of the two at the edge one was tested once."""
    often = [finished(at, ({"b": 1.0}, 0.02), ({"d": 1.0}, -0.2), se=0.01) for at in range(6)]
    once = finished(6, ({"a": 1.0}, 0.2), ({"c": 1.0}, 0.02), se=0.01)
    view = replace(letters("abcd"), history=(*often, once), max_proposals=1)
    found = Counter(next(iter(mixtures(TopTwo(k=2), view, seed)[0])) for seed in range(20))
    assert found["c"] >= 18


def test_top_two_gives_every_branch_a_task_of_its_own() -> None:
    view = campaign(TopTwo(k=2), {**HELPFUL, **HARMFUL}, rounds=4)
    for seed in range(20):
        assert len(mixtures(TopTwo(k=2), replace(view, rounds_left=1), seed)) == 3


def test_top_two_looks_ahead_to_how_many_will_be_kept() -> None:
    """Where all three are kept anyway, there is nothing to tell apart but the fourth."""
    history = tuple(
        finished(at, ({"a": 1.0}, 0.05), ({"b": 1.0}, 0.049), ({"c": 1.0}, -0.05), se=0.001)
        for at in range(3)
    )
    asked = replace(letters("abc"), history=history, exactly=1, max_proposals=1)
    edge = Counter(
        next(iter(mixtures(TopTwo(), replace(asked, kept=1), seed)[0])) for seed in range(20)
    )
    assert edge["c"] == 0
    assert "top 2: " in TopTwo().propose(replace(asked, kept=2), np.random.default_rng(0))[0].reason


def test_earlier_campaigns_and_texts_say_where_to_begin() -> None:
    scores = {name: {"text": at / 10} for at, name in enumerate("abcdefgh")}
    view = replace(letters("abcdefgh", **scores), exactly=3, rounds_left=0)
    for policy in (Thompson(), TopTwo(), Sweep()):
        assert set(mixtures(policy, view)[0]) == {"f", "g", "h"}
    history = past("u", {name: -at for at, name in enumerate("abcdefgh")})
    history += past("v", {name: -at for at, name in enumerate("abcdefgh")})
    view = replace(view, past=history)
    for policy in (Thompson(), TopTwo(), Sweep(), Thompson(model="bernoulli")):
        assert set(mixtures(policy, view)[0]) == {"a", "b", "c"}
    for policy in (Thompson(prior_text=9), TopTwo(prior_text=9), Sweep(prior_text=9)):
        assert set(mixtures(policy, view)[0]) == {"f", "g", "h"}
    asked = replace(view, exactly=1, rounds_left=1)
    first = [next(iter(mixtures(Thompson(prior_text=0), asked, seed)[0])) for seed in range(40)]
    # By chance 20 with a standard deviation of 3.2.
    assert sum(name in "abcd" for name in first) > 26


def test_without_the_prior_nothing_is_known_and_nothing_asked_for() -> None:
    view = replace(letters("abcd", d={"text": 0.9}, a={"text": 0.1}), exactly=1, rounds_left=0)
    view = replace(view, past=past("u", {"a": 0.0, "d": 1.0}))
    for policy in (Thompson(prior=False), TopTwo(prior=False), Sweep(prior=False)):
        assert mixtures(policy, view) == [{"a": 1.0}]
        assert policy.needs == frozenset()
    assert Thompson(prior_text=0).needs == frozenset()
    assert Sweep().needs == TopTwo().needs == Thompson().needs == {"text"}


@pytest.mark.parametrize("check", POLICY_CHECKS, ids=lambda check: check.__name__)
def test_bernoulli_keeps_the_contract_as_well(check: Callable[[Policy], None]) -> None:
    check(Thompson(model="bernoulli"))


def test_bernoulli_counts_gains_and_not_their_size() -> None:
    """One great gain and two small losses: more harm than good by count, not by size."""
    rounds = (
        finished(0, ({"a": 1.0}, 0.3), ({"b": 1.0}, 0.01)),
        finished(1, ({"a": 1.0}, -0.001), ({"b": 1.0}, 0.01)),
        finished(2, ({"a": 1.0}, -0.001), ({"b": 1.0}, 0.01)),
    )
    view = replace(letters("ab"), history=rounds, exactly=1, rounds_left=0)
    assert mixtures(Thompson(), view) == [{"a": 1.0}]
    assert mixtures(Thompson(model="bernoulli"), view) == [{"b": 1.0}]


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Exp3(pace=0), "pace must be above 0 but got 0"),
        (lambda: Exp3(k=0), "k must be at least 1 but got 0"),
        (lambda: Ucb1(beta=0.0), "beta must be above 0 and at most 1 but got 0.0"),
        (lambda: Ucb1(exploration=-1), "exploration must be at least 0 but got -1"),
        (lambda: Thompson(model="bernoulli", forget=1.0), "forget must be below 1 but got 1.0"),
        (lambda: Thompson(forget=0.3), "forget is for model 'bernoulli' but model is 'gaussian'"),
        (lambda: TopTwo(prior_text=-1), "prior_text must be at least 0 but got -1"),
        (lambda: Sweep(caution=float("nan")), "caution must be at least 0 but got nan"),
    ],
)
def test_options_out_of_range_are_refused(build: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build()  # type: ignore[operator]
