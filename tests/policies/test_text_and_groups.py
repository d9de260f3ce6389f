"""Policies that go by likeness: text, and groups of like tasks."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Literal

import numpy as np
import pytest
from small_views import candidate, mixtures, view_of

from policies import View
from policies.by_signal.clustering import clusters
from policies.by_signal.groups import Groups
from policies.by_signal.text import Text
from policies.testing import POLICY_CHECKS, checks

Affinity = Literal["lookahead", "affinity", "alignment"]

TEXTS = view_of(
    candidate("a", {"text": 0.3}, family="g"),
    candidate("b", {"text": 0.5}, family="g"),
    candidate("c", {"text": 0.2}),
    candidate("d", {"text": 0.5}, size=10, family="g"),
)


def test_text_takes_the_nearest_at_equal_shares_and_of_equals_the_larger() -> None:
    assert mixtures(Text(k=1), TEXTS) == [{"b": 1.0}]
    assert mixtures(Text(k=3), TEXTS) == [dict.fromkeys("bda", 1 / 3)]


def test_a_softmax_over_texts_favours_the_nearest() -> None:
    (mixture,) = mixtures(Text(k=3, temperature=0.2), TEXTS)
    odds = np.exp(-1.0)
    assert mixture == pytest.approx(
        {"b": 1 / (2 + odds), "d": 1 / (2 + odds), "a": odds / (2 + odds)}
    )


def test_an_exact_number_of_texts_has_equal_shares() -> None:
    (mixture,) = mixtures(Text(temperature=0.1), replace(TEXTS, exactly=3))
    assert mixture == dict.fromkeys("bda", 1 / 3)


def test_without_texts_it_is_the_family() -> None:
    bare = replace(TEXTS, candidates=tuple(replace(c, scores={}) for c in TEXTS.candidates))
    (proposal,) = Text().propose(bare, np.random.default_rng(0))
    assert proposal.mixture == {"c": 1.0}
    assert "no candidate has a text score" in proposal.reason


def within(rows: np.ndarray, labels: tuple[int, ...]) -> float:
    chosen = np.array(labels)
    return sum(
        float(((rows[chosen == g] - rows[chosen == g].mean(axis=0)) ** 2).sum())
        for g in set(labels)
    )


def test_clusters_of_separate_heaps_are_the_best_of_all_divisions() -> None:
    rng = np.random.default_rng(0)
    heaps = np.array([[0.0, 0], [4, 0], [0, 4]])[[0, 1, 2, 0, 1, 2, 0]]
    rows = heaps + 0.3 * rng.standard_normal(heaps.shape)
    found = tuple(clusters(rows, first=0, groups=3).tolist())
    assert found[0] == found[3] == found[6] and found[1] == found[4] and found[2] == found[5]
    divisions = product(range(3), repeat=len(rows))
    assert within(rows, found) == pytest.approx(min(within(rows, one) for one in divisions))


def test_rows_move_until_each_is_nearest_to_the_mean_of_its_group() -> None:
    # The two starts are 0 and 10; 4.9 begins with 0 and ends with what has gathered about 7.
    rows = np.array([[0.0], [0.1], [0.2], [4.9], [6.0], [6.5], [7.0], [10.0]])
    assert clusters(rows, first=0, groups=2).tolist() == [0, 0, 0, 1, 1, 1, 1, 1]


def test_a_group_starts_where_no_other_is_near() -> None:
    # Starts 4 and 9, and then 6, two from the nearest start; 3 is far from 9 but next to 4.
    rows = np.array([[4.0], [5], [5], [3], [9], [3], [6]])
    assert clusters(rows, first=0, groups=3).tolist() == [0, 0, 0, 0, 1, 0, 2]


def test_rows_that_repeat_form_one_group() -> None:
    assert set(clusters(np.ones((5, 3)), first=2, groups=9)) == {0}
    assert clusters(np.array([[1.0], [5], [1], [5]]), first=1, groups=4).tolist() == [1, 0, 1, 0]


def gradients(signal: Affinity = "alignment") -> View:
    """Three kinds of gradient: two tasks that help, one that helps more alone, two that hurt."""
    scores = {"a": 0.5, "b": 0.3, "lone": 0.35, "d": -0.4, "e": -0.2}
    seen = view_of(*(candidate(name, {signal: s}, size=100) for name, s in scores.items()))
    rows = np.array([[1.0, 0, 0], [0.96, 0.28, 0], [0, 0, 1], [0, 1, 0], [0.28, 0.96, 0]])
    return replace(seen, sketches=rows.astype(np.float32))


def test_the_target_joins_the_group_that_helps_it_most_on_average() -> None:
    signals: tuple[Affinity, ...] = ("alignment", "affinity", "lookahead")
    for signal in signals:
        policy = Groups(groups=3, signal=signal)
        assert policy.needs == {signal, "similarity"}
        assert mixtures(policy, gradients(signal)) == [{"a": 0.5, "b": 0.5}]


def test_one_group_is_everyone_and_shares_go_by_size() -> None:
    seen = gradients()
    larger = (replace(seen.candidates[0], num_examples=600), *seen.candidates[1:])
    (mixture,) = mixtures(Groups(groups=1, signal="alignment"), replace(seen, candidates=larger))
    assert mixture == pytest.approx({"a": 0.6, **dict.fromkeys(("b", "lone", "d", "e"), 0.1)})


def test_a_large_task_counts_up_to_the_cap() -> None:
    seen = gradients()
    huge = (replace(seen.candidates[0], num_examples=10**6), *seen.candidates[1:])
    policy = Groups(groups=3, signal="alignment", cap=300)
    (mixture,) = mixtures(policy, replace(seen, candidates=huge))
    assert mixture == pytest.approx({"a": 0.75, "b": 0.25})


def test_an_exact_number_takes_the_group_first_whatever_the_unit() -> None:
    for unit in (1e-3, 1.0, 1e3):
        seen = gradients()
        scaled = tuple(
            replace(c, scores={"alignment": {"t": unit * c.scores["alignment"]["t"]}})
            for c in seen.candidates
        )
        exactly = replace(seen, candidates=scaled, exactly=2)
        (mixture,) = mixtures(Groups(groups=3, signal="alignment"), exactly)
        assert mixture == {"a": 0.5, "b": 0.5}


def test_where_every_group_hurts_the_target_trains_alone() -> None:
    seen = gradients()
    worse = tuple(
        replace(c, scores={"alignment": {"t": c.scores["alignment"]["t"] - 0.6}})
        for c in seen.candidates
    )
    hurt = replace(seen, candidates=worse)
    assert mixtures(Groups(groups=3, signal="alignment"), hurt) == [{}]
    (kept,) = mixtures(Groups(groups=3, signal="alignment"), replace(hurt, exactly=3))
    assert list(kept) == ["a", "b", "lone"]


def test_data_maps_divide_by_all_statistics_at_equal_weight() -> None:
    # Two statistics tell a and c from b and d, if by little; the third, by much, a from b and c.
    calm, restless = (
        {"variability": 0.1, "correctness": 0.5},
        {"variability": 0.11, "correctness": 0.52},
    )
    seen = view_of(
        candidate("a", {"affinity": 0.1, "confidence": 0.2, **restless}),
        candidate("b", {"affinity": 0.5, "confidence": 0.2, **calm}),
        candidate("c", {"affinity": 0.4, "confidence": 0.9, **restless}),
        candidate("d", {"affinity": 0.3, "confidence": 0.9, **calm}),
        candidate("unmapped", {"affinity": 0.9}),
    )
    policy = Groups(by="data-maps", signal="affinity", groups=2)
    assert policy.needs == {"affinity", "confidence", "variability", "correctness"}
    assert mixtures(policy, seen) == [{"b": 0.5, "d": 0.5}]


def test_groups_without_what_they_need_are_the_family() -> None:
    seen = gradients()
    kin = replace(seen.candidates[4], family="kin")
    target = (replace(seen.targets[0], family="kin"),)
    seen = replace(seen, candidates=(*seen.candidates[:4], kin), targets=target)
    for policy, blind in (
        (Groups(), seen),
        (Groups(signal="alignment"), replace(seen, sketches=None)),
        (Groups(signal="alignment", by="data-maps"), seen),
    ):
        assert mixtures(policy, blind) == [{"e": 1.0}]


def test_groups_by_alignment_keep_the_contract() -> None:
    # With the look-ahead of their default, which no example view holds, they are the family.
    for check in POLICY_CHECKS:
        if check is not checks.check_answers_alike_in_another_process:
            check(Groups(signal="alignment"))


@pytest.mark.parametrize(
    ("policy", "options", "message"),
    [
        (Text, {"k": 0}, "k must be at least 1 but got 0"),
        (Text, {"temperature": 0}, "temperature must be above 0 but got 0"),
        (Groups, {"groups": 0}, "groups must be at least 1 but got 0"),
        (Groups, {"cap": 0}, "cap must be at least 1 but got 0"),
    ],
)
def test_options_out_of_range_are_refused(
    policy: type, options: dict[str, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        policy(**options)
