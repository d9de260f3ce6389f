"""Schedules over rounds: from all tasks to few, by learning progress, from easy to hard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import pytest
from small_views import candidate, finished, mixtures, view_of

from policies import Policy, Round, View
from policies.curricula.easy_to_hard import EasyToHard, competence
from policies.curricula.learning_progress import LearningProgress
from policies.curricula.scale_then_focus import ScaleThenFocus, stage_size
from policies.testing.views import first_round

EVERY: tuple[Policy, ...] = (ScaleThenFocus(), LearningProgress(), EasyToHard())


def each(policy: Policy) -> str:
    return type(policy).__name__


def scored(signals: Mapping[str, Mapping[str, float]], **sizes: int) -> View:
    """A view of task -> signal -> score."""
    return view_of(
        *(candidate(name, scores, size=sizes.get(name, 1000)) for name, scores in signals.items())
    )


def names(mixture: Mapping[str, float]) -> str:
    return "".join(sorted(mixture))


def ended(view: View, *rounds: Round) -> View:
    return replace(view, history=rounds, round=len(rounds), rounds_left=0)


@pytest.mark.parametrize("policy", EVERY, ids=each)
def test_the_mixture_that_measured_best_is_kept(policy: Policy) -> None:
    view = view_of(*map(candidate, "abcd"))
    rounds = (
        finished(0, ({"a": 0.5, "b": 0.5}, 0.03), ({"c": 1.0}, 0.05), se=0.01),
        finished(1, ({"c": 1.0}, -0.03), ({"d": 1.0}, -0.02), se=0.01),
    )
    assert mixtures(policy, ended(view, *rounds)) == [{"a": 0.5, "b": 0.5}]


@pytest.mark.parametrize("policy", EVERY, ids=each)
def test_the_target_trains_alone_where_no_mixture_was_credibly_better(policy: Policy) -> None:
    view = view_of(*map(candidate, "abcd"))
    assert mixtures(policy, ended(view)) == [{}]
    unsure = finished(0, ({"a": 1.0}, 0.008), ({"b": 1.0}, -0.03), se=0.01)
    assert mixtures(policy, ended(view, unsure)) == [{}]


@pytest.mark.parametrize("policy", EVERY, ids=each)
def test_a_sure_gain_is_kept_before_a_large_one_that_is_not(policy: Policy) -> None:
    view = view_of(*map(candidate, "abcd"))
    rounds = (
        finished(0, ({"a": 1.0}, 0.05), se=0.04),
        finished(1, ({"b": 1.0}, 0.03), se=0.01),
    )
    assert mixtures(policy, ended(view, *rounds)) == [{"b": 1.0}]


@pytest.mark.parametrize("policy", EVERY, ids=each)
def test_where_a_number_of_tasks_is_asked_for_so_many_are_kept(policy: Policy) -> None:
    view = view_of(*map(candidate, "abcd"))
    rounds = finished(0, ({"a": 1.0}, 0.03), ({"b": 1.0}, -0.03), ({"c": 1.0}, 0.02), se=0.002)
    assert mixtures(policy, replace(ended(view, rounds), exactly=2)) == [{"a": 0.5, "c": 0.5}]


@pytest.mark.parametrize("policy", EVERY, ids=each)
def test_tests_hold_as_many_tasks_as_asked_for(policy: Policy) -> None:
    for exactly in (1, 3):
        view = replace(first_round(20), exactly=exactly, round=1, rounds_left=3)
        for one in mixtures(policy, view):
            assert len(one) == exactly and set(one.values()) == {1 / exactly}


# Scale, then focus


def stages(everyone: int, rounds: int, k: int = 5, critical_mass: int = 15) -> list[int]:
    view = first_round(everyone)
    return [
        stage_size(replace(view, round=at, rounds_left=rounds - at), k, critical_mass)
        for at in range(rounds)
    ]


def test_tasks_in_play_fall_by_a_factor_and_never_to_an_unselected_handful() -> None:
    assert stages(500, 5, critical_mass=1) == [500, 158, 50, 16, 5]
    assert stages(500, 6) == [500, 199, 79, 32, 5, 5]
    assert stages(40, 4) == [40, 20, 5, 5]
    assert stages(8, 3) == [8, 5, 5]
    assert stages(3, 3) == [3, 3, 3]
    assert stages(500, 1) == [500]


def test_the_first_round_trains_on_all_by_capped_size_and_on_random_halves() -> None:
    view = replace(scored({name: {} for name in "abcdef"}, a=100, b=300, c=10**9), rounds_left=4)
    first, *halves = mixtures(ScaleThenFocus(cap=600), view)
    assert first == pytest.approx({"a": 1 / 28, "b": 3 / 28, **dict.fromkeys("cdef", 6 / 28)})
    assert sorted(names(halves[0]) + names(halves[1])) == list("abcdef")
    assert len(halves[0]) == 3
    others = {names(mixtures(ScaleThenFocus(), view, seed)[1]) for seed in range(8)}
    assert len(others) > 4


def test_with_two_branches_one_is_a_half_and_with_one_there_is_no_test() -> None:
    view = replace(scored({name: {} for name in "abcdef"}), rounds_left=4)
    first, half = mixtures(ScaleThenFocus(), replace(view, max_proposals=2))
    assert (len(first), len(half)) == (6, 3)
    assert len(mixtures(ScaleThenFocus(), replace(view, max_proposals=1))) == 1


def test_focus_goes_to_what_gained_in_mixtures() -> None:
    view = scored({name: {} for name in "abcdefgh"})
    rounds = (
        finished(0, (dict.fromkeys("abcd", 0.25), 0.03), (dict.fromkeys("efgh", 0.25), -0.03)),
        finished(1, (dict.fromkeys("abef", 0.25), 0.02), (dict.fromkeys("cdgh", 0.25), -0.02)),
    )
    last = replace(view, history=rounds, round=2, rounds_left=1)
    assert names(mixtures(ScaleThenFocus(k=2), last)[0]) == "ab"


def test_alignment_counts_the_less_the_more_branches_have_told() -> None:
    scores = {name: {"alignment": at / 10} for at, name in enumerate("abcdefgh")}
    last = replace(scored(scores), round=2, rounds_left=1)
    assert names(mixtures(ScaleThenFocus(k=3), last)[0]) == "fgh"
    together = finished(0, (dict.fromkeys("abcdefgh", 1 / 8), 0.01))
    assert names(mixtures(ScaleThenFocus(k=3), replace(last, history=(together,)))[0]) == "fgh"
    apart = finished(0, *(({name: 1.0}, 0.1 if name in "abc" else -0.1) for name in "abcdefgh"))
    assert names(mixtures(ScaleThenFocus(k=3), replace(last, history=(apart,)))[0]) == "abc"


def test_sets_that_are_asked_for_are_tested_in_turn_among_what_is_still_in() -> None:
    scores = {name: {"alignment": at / 10} for at, name in enumerate("abcdefgh")}
    view = replace(scored(scores), round=2, exactly=1)
    assert {names(one) for one in mixtures(ScaleThenFocus(k=3), view)} == set("fgh")
    history = (finished(0, ({"f": 1.0}, 0.0), ({"h": 1.0}, 0.0), se=0.001),)
    after = replace(view, history=history, max_proposals=1)
    assert mixtures(ScaleThenFocus(k=3), after) == [{"g": 1.0}]
    assert len(mixtures(ScaleThenFocus(k=3), replace(after, exactly=5))[0]) == 5
    pairs = mixtures(ScaleThenFocus(k=3), replace(after, exactly=2))
    assert "g" in pairs[0] and set(pairs[0]) < set("fgh")


# Learning progress


def test_what_moves_fastest_and_is_aligned_comes_first_whichever_way_it_moves() -> None:
    scores = {
        "a": {"progress": 0.4, "alignment": 0.1},
        "b": {"progress": -0.2, "alignment": 0.5},
        "c": {"progress": 0.1, "alignment": 0.4},
        "d": {"progress": 0.9, "alignment": -0.3},
    }
    found = mixtures(LearningProgress(k=2), scored(scores))[0]
    # Products 0.04, 0.1, 0.04 and none; of equals the first by name.
    assert found == pytest.approx({"b": 0.1 / 0.14, "a": 0.04 / 0.14})


def test_without_progress_alignment_decides_and_without_alignment_progress() -> None:
    aligned = scored({"a": {"alignment": 0.1}, "b": {"alignment": 0.3}, "c": {"alignment": -0.3}})
    assert mixtures(LearningProgress(), aligned)[0] == pytest.approx({"b": 0.75, "a": 0.25})
    moving = scored({"a": {"progress": -0.1}, "b": {"progress": 0.3}, "c": {}})
    # What no reading tells of counts as an average task.
    expected = {"b": 0.3 / 0.6, "c": 0.2 / 0.6, "a": 0.1 / 0.6}
    assert mixtures(LearningProgress(), moving)[0] == pytest.approx(expected)
    assert len(mixtures(LearningProgress(k=2), scored({"a": {}, "b": {}, "c": {}}))[0]) == 2


def test_a_task_without_a_reading_of_progress_is_not_left_out_for_it() -> None:
    view = scored({"a": {"progress": 0.3, "alignment": -0.5}, "b": {"alignment": 0.9}})
    assert mixtures(LearningProgress(k=1), view)[0] == {"b": 1.0}


def test_where_nothing_is_aligned_the_target_trains_alone() -> None:
    view = scored({"a": {"progress": 0.1, "alignment": -0.1}, "b": {"alignment": -0.2}})
    assert mixtures(LearningProgress(), view) == [{}]


def test_other_branches_draw_by_the_same_rates() -> None:
    scores = {name: {"alignment": 0.3 if name in "ab" else 0.1} for name in "abcdef"}
    drawn = Counter(
        name
        for seed in range(200)
        for one in mixtures(LearningProgress(k=1), scored(scores), seed)[1:]
        for name in one
    )
    # The first branch has a; b is three times as likely as another to come next.
    assert drawn["b"] > 1.3 * max(drawn[name] for name in "cdef")
    assert min(drawn[name] for name in "cdef") > 20 and "a" not in drawn


def test_exploring_reaches_what_has_no_rate() -> None:
    scores = {"a": {"alignment": 0.3}, "b": {"alignment": 0.2}, "c": {"alignment": -0.5}}

    def reached(explore: float) -> set[str]:
        policy = LearningProgress(k=1, explore=explore)
        found = (mixtures(policy, scored(scores), seed) for seed in range(40))
        return {name for made in found for one in made[:2] for name in one}

    assert reached(0.9) == {"a", "b", "c"}
    alike = LearningProgress(k=1, explore=1.0)
    second = Counter(names(mixtures(alike, scored(scores), seed)[1]) for seed in range(100))
    # 50 of 100 by chance; 31, were the rates added to those of progress.
    assert 40 <= second["c"] <= 60
    assert reached(0.0) == {"a", "b"}


# Easy to hard


def test_competence_grows_with_the_root_of_the_rounds() -> None:
    """By hand: c0 = 0.2, T = 4: c^2 is 0.04, 0.28, 0.52, 0.76, 1."""
    found = [competence(turn, 4, 0.2) ** 2 for turn in range(5)]
    assert found == pytest.approx([0.04, 0.28, 0.52, 0.76, 1.0])
    assert competence(0, 0, 0.2) == 1.0


EASE = {name: {"confidence": 0.9 - at / 10} for at, name in enumerate("hgfedcba")}


def test_easy_tasks_open_first_and_the_last_round_has_all() -> None:
    view = replace(scored(EASE), max_proposals=1)
    open_at = [
        names(mixtures(EasyToHard(), replace(view, round=at, rounds_left=4 - at))[0])
        for at in range(4)
    ]
    assert open_at == ["gh", "defgh", "bcdefgh", "abcdefgh"]


def test_open_tasks_share_by_capped_size() -> None:
    view = replace(scored(EASE, h=100, g=10**9), max_proposals=1, rounds_left=4)
    assert mixtures(EasyToHard(cap=300), view) == [pytest.approx({"h": 0.25, "g": 0.75})]


def test_other_branches_are_a_round_ahead_and_a_round_behind() -> None:
    view = replace(scored(EASE), round=1, rounds_left=3)
    assert [len(one) for one in mixtures(EasyToHard(), view)] == [5, 7, 2]
    last = replace(view, round=3, rounds_left=1)
    assert [len(one) for one in mixtures(EasyToHard(), last)] == [8, 7, 5]


def test_a_low_loss_is_easy_and_what_is_unknown_lies_in_the_middle() -> None:
    losses = {"a": {"loss": 0.2}, "b": {"loss": 3.0}, "c": {"loss": 1.0}, "d": {}}
    view = replace(scored(losses), max_proposals=1)
    policy = EasyToHard(by="loss", start=0.5)
    assert names(mixtures(policy, replace(view, rounds_left=3))[0]) == "ac"
    assert policy.needs == {"loss"}
    assert names(mixtures(policy, replace(view, round=1, rounds_left=3))[0]) == "acd"


def test_where_a_number_is_asked_for_the_hardest_open_tasks_are_taken() -> None:
    view = replace(scored(EASE), exactly=2, max_proposals=1, round=1, rounds_left=3)
    assert mixtures(EasyToHard(), view) == [{"e": 0.5, "d": 0.5}]


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: ScaleThenFocus(k=0), "k must be at least 1 but got 0"),
        (lambda: ScaleThenFocus(critical_mass=0), "critical_mass must be at least 1 but got 0"),
        (lambda: LearningProgress(explore=1.5), "explore must be at most 1 but got 1.5"),
        (lambda: LearningProgress(explore=-0.1), "explore must be at least 0 but got -0.1"),
        (lambda: EasyToHard(start=0), "start must be above 0 and at most 1 but got 0"),
        (lambda: EasyToHard(caution=-1), "caution must be at least 0 but got -1"),
    ],
)
def test_options_out_of_range_are_refused(build: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build()  # type: ignore[operator]
