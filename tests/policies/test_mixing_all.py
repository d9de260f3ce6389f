"""Policies that look at no signal: uniform, temperature, random-k and same-family."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_views import candidate, finished, mixtures, view_of

from policies import Target, View
from policies.baselines.random_k import RandomK
from policies.baselines.same_family import SameFamily
from policies.baselines.temperature import Temperature
from policies.baselines.uniform import Uniform

SIZES = view_of(candidate("a", size=100), candidate("b", size=400), candidate("c", size=10**9))


def test_uniform_gives_every_candidate_the_same() -> None:
    assert mixtures(Uniform(), SIZES) == [dict.fromkeys("abc", 1 / 3)]


def test_temperature_takes_the_root_of_the_size() -> None:
    roots = np.array([10, 20, 2**10.5])
    expected = dict(zip("abc", roots / roots.sum(), strict=True))
    (mixture,) = mixtures(Temperature(), SIZES)
    assert mixture == pytest.approx(expected)


FAMILIES = view_of(
    candidate("a", family="f", size=100),
    candidate("b", family="f", size=300),
    candidate("c", family="g", size=50),
    candidate("d", family="h", size=900),
)
TARGETS = (
    Target(name="t", family="f", num_examples=1, weight=0.4),
    Target(name="u", family="g", num_examples=1, weight=0.6),
)


def test_same_family_is_the_targets_family_by_size() -> None:
    (mixture,) = mixtures(SameFamily(), FAMILIES)
    assert mixture == pytest.approx({"b": 0.75, "a": 0.25})
    assert mixtures(SameFamily(cap=100), FAMILIES) == [{"a": 0.5, "b": 0.5}]


def test_families_of_several_targets_share_by_weight() -> None:
    (mixture,) = mixtures(SameFamily(), replace(FAMILIES, targets=TARGETS))
    assert mixture == pytest.approx({"c": 0.6, "b": 0.3, "a": 0.1})
    twice = (*TARGETS[:1], replace(TARGETS[0], name="v", weight=0.2), TARGETS[1])
    (mixture,) = mixtures(SameFamily(), replace(FAMILIES, targets=twice))
    assert mixture == pytest.approx({"c": 0.5, "b": 0.375, "a": 0.125})
    absent = (TARGETS[0], replace(TARGETS[1], family="nowhere"))
    (mixture,) = mixtures(SameFamily(), replace(FAMILIES, targets=absent))
    assert mixture == pytest.approx({"b": 0.75, "a": 0.25})


def test_a_target_without_a_family_among_the_candidates_gets_all_of_them() -> None:
    alone = replace(FAMILIES, targets=(replace(TARGETS[0], family="nowhere"),))
    (mixture,) = mixtures(SameFamily(), alone)
    assert set(mixture) == set("abcd")


def test_an_exact_number_of_a_family_is_filled_up_by_size() -> None:
    exactly = replace(FAMILIES, exactly=3)
    (mixture,) = mixtures(SameFamily(), exactly)
    assert list(mixture.items()) == [("b", 1 / 3), ("a", 1 / 3), ("d", 1 / 3)]


def pool(*, rounds_left: int = 1) -> View:
    return view_of(*(candidate(name) for name in "abcdefgh"), rounds_left=rounds_left)


def test_random_k_fills_the_round_with_sets_of_k() -> None:
    drawn = mixtures(RandomK(k=3), pool())
    assert len(drawn) == 3
    assert all(list(one.values()) == [1 / 3] * 3 for one in drawn)
    assert mixtures(RandomK(k=3), pool(), seed=1) != drawn
    assert {len(one) for one in mixtures(RandomK(k=3), replace(pool(), exactly=2))} == {2}


def test_random_k_keeps_what_is_best_for_sure_and_not_what_looks_best() -> None:
    sure, lucky = {"a": 0.5, "b": 0.5}, {"c": 0.5, "d": 0.5}
    history = (finished(0, (sure, 0.03), se=0.01), finished(1, (lucky, 0.06), se=0.05))
    seen = replace(pool(rounds_left=0), history=history)
    assert mixtures(RandomK(), seen) == [sure]
    assert mixtures(RandomK(caution=0), seen) == [lucky]


def test_random_k_keeps_nothing_where_nothing_credibly_helped() -> None:
    history = (finished(0, ({"a": 1.0}, 0.01), ({"b": 1.0}, -0.1), se=0.02),)
    seen = replace(pool(rounds_left=0), history=history)
    assert mixtures(RandomK(), seen) == [{}]
    # A number of tasks leaves no room for none.
    assert mixtures(RandomK(), replace(seen, exactly=1)) == [{"a": 1.0}]


def test_random_k_without_tests_is_chance_alone() -> None:
    kept = {tuple(mixtures(RandomK(k=2), pool(rounds_left=0), seed=seed)[0]) for seed in range(9)}
    assert len(kept) > 3
    # Tests of single tasks say little of sets: those are drawn.
    history = (finished(0, ({"a": 1.0}, 0.5)),)
    seen = replace(pool(rounds_left=0), history=history, exactly=3)
    assert {len(one) for one in mixtures(RandomK(), seen)} == {3}


@pytest.mark.parametrize(
    ("policy", "options", "message"),
    [
        (RandomK, {"k": 0}, "k must be at least 1 but got 0"),
        (RandomK, {"caution": -1}, "caution must be at least 0 but got -1"),
        (SameFamily, {"cap": 0}, "cap must be at least 1 but got 0"),
        (SameFamily, {"temperature": 0}, "temperature must be above 0 but got 0"),
        (Temperature, {"temperature": -2}, "temperature must be above 0 but got -2"),
        (Temperature, {"cap": 0}, "cap must be at least 1 but got 0"),
    ],
)
def test_options_out_of_range_are_refused(
    policy: type, options: dict[str, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        policy(**options)
