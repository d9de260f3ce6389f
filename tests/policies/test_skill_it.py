"""Skill-It: the graph, and what is tested and kept with it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_views import candidate, finished, mixtures, view_of

from policies import View
from policies.mixture_models.skill_it import SkillIt


def promising(**lookahead: float) -> View:
    view = view_of(*(candidate(name, {"lookahead": score}) for name, score in lookahead.items()))
    return replace(view, rounds_left=3)


def exponentials(rate: float, edges: dict[str, float]) -> dict[str, float]:
    weights = {name: np.exp(rate * edge) for name, edge in edges.items()}
    return {name: weight / sum(weights.values()) for name, weight in weights.items()}


def test_before_any_test_a_signal_stands_in_at_half_strength() -> None:
    view = promising(a=0.4, b=0.1, c=-0.3)
    mixture, *tests = mixtures(SkillIt(rate=2.0), view)
    assert mixture == pytest.approx(exponentials(2.0, {"a": 0.5, "b": 0.125}))
    assert tests == [{"a": 1.0}, {"b": 1.0}]


def test_measured_edges_take_the_place_of_the_signal() -> None:
    view = promising(a=0.4, b=0.1, c=-0.3, d=0.2)
    seen = finished(0, ({"a": 1.0}, -0.02), ({"c": 1.0}, 0.04), ({"b": 1.0}, 0.01))
    mixture, *tests = mixtures(SkillIt(rate=2.0), replace(view, history=(seen,), round=1))
    # a hurt and is out; d has not been tested, and half of what the best signal says is d's part.
    assert mixture == pytest.approx(exponentials(2.0, {"c": 1.0, "b": 0.25, "d": 0.25}))
    assert tests == [{"d": 1.0}]


def test_repeated_tests_are_averaged_and_mixtures_are_no_test_of_an_edge() -> None:
    seen = finished(
        0, ({"a": 1.0}, 0.01), ({"a": 1.0}, 0.03), ({"b": 1.0}, 0.04), ({"b": 0.5, "c": 0.5}, 0.9)
    )
    lost = finished(1, ({"c": 0.5, "gone": 0.5}, 0.9), ({"gone": 1.0}, 0.9), ({}, 0.5))
    view = replace(promising(a=0, b=0, c=0), history=(seen, lost), rounds_left=0)
    assert mixtures(SkillIt(), view) == [pytest.approx(exponentials(4.0, {"b": 1.0, "a": 0.5}))]


def test_measured_edges_alone_are_kept_if_there_are_any() -> None:
    view = promising(a=0.4, b=0.1, c=0.2)
    seen = finished(0, ({"b": 1.0}, 0.04))
    assert mixtures(SkillIt(), replace(view, history=(seen,), rounds_left=0)) == [{"b": 1.0}]
    unmeasured = mixtures(SkillIt(rate=1.0), replace(view, rounds_left=0))
    assert unmeasured == [pytest.approx(exponentials(1.0, {"a": 0.5, "c": 0.25, "b": 0.125}))]


def test_when_every_test_hurt_the_target_trains_alone() -> None:
    seen = finished(0, ({"a": 1.0}, -0.04), ({"b": 1.0}, -0.01))
    view = replace(promising(a=0.5, b=0.2), history=(seen,))
    assert mixtures(SkillIt(), replace(view, rounds_left=0)) == [{}]
    assert mixtures(SkillIt(), view) == [{}]


def test_without_signals_the_first_round_tests_single_tasks() -> None:
    view = view_of(candidate("a", size=10), candidate("b", size=90), candidate("c"))
    assert mixtures(SkillIt(), view) == [{"c": 1.0}, {"b": 1.0}, {"a": 1.0}]


def test_with_one_branch_a_round_testing_and_training_take_turns() -> None:
    view = replace(promising(a=0.4, b=0.1), max_proposals=1)
    assert mixtures(SkillIt(), view) == [{"a": 1.0}]
    seen = finished(0, ({"a": 1.0}, 0.04))
    view = replace(view, history=(seen,), round=1)
    assert set(mixtures(SkillIt(), view)[0]) == {"a", "b"}
    assert mixtures(SkillIt(), replace(view, round=2)) == [{"b": 1.0}]


def test_the_mixture_holds_the_strongest_edges() -> None:
    view = promising(**{f"t{at:02d}": at / 30 for at in range(30)})
    assert set(mixtures(SkillIt(tasks=3), view)[0]) == {"t29", "t28", "t27"}


def test_exactly_k_tasks_share_equally_and_single_tests_are_left_out() -> None:
    view = replace(promising(a=0.4, b=0.1, c=0.3, d=-0.1), exactly=2)
    assert mixtures(SkillIt(), view) == [{"a": 0.5, "c": 0.5}]
    one = replace(view, exactly=1)
    assert mixtures(SkillIt(), one) == [{"a": 1.0}, {"c": 1.0}, {"b": 1.0}]


def test_where_so_many_are_wanted_tasks_that_hurt_are_kept_last() -> None:
    seen = finished(0, ({"a": 1.0}, -0.04), ({"b": 1.0}, -0.01), ({"c": 1.0}, -0.02))
    view = replace(promising(a=0.5, b=0.2, c=0.1), history=(seen,), exactly=1, rounds_left=0)
    assert mixtures(SkillIt(), view) == [{"b": 1.0}]
    assert mixtures(SkillIt(), replace(view, exactly=2)) == [{"b": 0.5, "c": 0.5}]
    assert len(mixtures(SkillIt(), replace(view, history=(), exactly=2))[0]) == 2


def test_it_asks_for_the_signal_that_stands_in() -> None:
    assert SkillIt(signal="descent").needs == frozenset({"descent"})


@pytest.mark.parametrize(("option", "value"), [("rate", 0.0), ("tasks", 0)])
def test_options_out_of_range_are_refused(option: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{option} must be"):
        SkillIt(**{option: value})  # type: ignore[arg-type]
