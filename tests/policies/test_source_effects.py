"""What earlier campaigns say of each candidate, and the policy that goes by it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_views import candidate, mixtures, past, view_of

from policies import PastBranch, View
from policies.baselines.source_effect import SourceEffect
from policies.roster import roster
from policies.source_effects import SourceEffects, source_effects


def effects(*branches: PastBranch) -> SourceEffects:
    seen = replace(view_of(*(candidate(name) for name in "cab")), past=branches)
    return source_effects(seen, roster(seen))


def test_gains_of_a_target_are_standardised_and_their_mean_is_shrunk() -> None:
    found = effects(*past("u", {"a": 3.0, "b": 1.0}))
    # Standardised: +1 and -1. One target: precision 1/0.33 + 1/0.67, of which 1/0.67 is evidence.
    assert found.mean == pytest.approx([0.33, -0.33, 0.0])
    assert found.se**2 == pytest.approx([0.33 * 0.67, 0.33 * 0.67, 0.33])
    assert list(found.count) == [1, 1, 0]


def test_every_target_counts_once_whatever_its_unit() -> None:
    first, second = past("u", {"a": 0.03, "b": 0.01}), past("v", {"a": -2e6, "b": 2e6})
    assert effects(*first, *second).mean == pytest.approx([0, 0, 0], abs=1e-12)
    often = first * 10
    assert effects(*often, *second).mean == pytest.approx([0, 0, 0], abs=1e-12)
    assert effects(*first, *past("v", {"a": 5, "b": 4})).mean[0] > effects(*first).mean[0]


def test_a_branch_tells_of_its_tasks_by_share_and_by_likeness() -> None:
    alone = PastBranch(target="u", mixture={"a": 1.0}, gain=1.0, se=0.0)
    mixed = PastBranch(target="u", mixture={"a": 0.25, "b": 0.75}, gain=-1.0, se=0.0)
    found = effects(alone, mixed)
    # a: (1 - 0.25) / 1.25 = 0.6 with all of its credit; b: -1, with three quarters of its credit.
    assert found.count == pytest.approx([1, 0.75, 0])
    assert found.mean[0] == pytest.approx(0.33 * 0.6)
    assert found.mean[1] == pytest.approx(-(0.75 / 0.67) / (1 / 0.33 + 0.75 / 0.67))
    unlike = effects(alone, replace(mixed, likeness=0.5))
    assert unlike.count[1] == pytest.approx(0.375)
    assert unlike.mean[0] == pytest.approx(0.33 * (1 - 0.125) / 1.125)


def test_gains_that_are_all_noise_tell_nothing() -> None:
    gains = {"a": 0.02, "b": 0.0}
    assert not effects(*past("u", gains, se=0.01)).mean.any()
    half = effects(*past("u", gains, se=0.01 * np.sqrt(0.5)))
    assert half.count == pytest.approx([0.5, 0.5, 0])


@pytest.mark.parametrize("gains", [{"a": 0.1}, {"a": 0.1, "b": 0.1}, {"a": 0.0, "b": 0.0}])
def test_a_target_with_nothing_to_compare_tells_nothing(gains: dict[str, float]) -> None:
    assert not effects(*past("u", gains)).mean.any()


@pytest.mark.parametrize("unit", [1e-300, 1e-30, 1.0, 1e30, 1e300])
def test_gains_of_any_size_are_read(unit: float) -> None:
    assert effects(*past("u", {"a": 3 * unit, "b": unit}, se=0.0)).mean[0] == pytest.approx(0.33)


def earlier() -> View:
    seen = view_of(*(candidate(name, family="g") for name in "abcd"), candidate("kin"))
    first, second = {"a": 5.0, "b": 4.0, "c": 0.0, "d": -3.0}, {"a": 1.0, "b": 2.1, "d": 0.0}
    return replace(seen, past=(*past("u", first), *past("v", second)))


def test_the_best_for_other_targets_are_taken_and_no_one_below_the_average() -> None:
    assert mixtures(SourceEffect(k=1), earlier()) == [{"b": 1.0}]
    assert mixtures(SourceEffect(k=4), earlier()) == [{"a": 0.5, "b": 0.5}]


def test_an_exact_number_is_filled_up_from_the_average_down() -> None:
    (mixture,) = mixtures(SourceEffect(k=1), replace(earlier(), exactly=4))
    assert mixture == dict.fromkeys(("a", "b", "c", "kin"), 0.25)


def test_a_table_takes_the_place_of_earlier_campaigns() -> None:
    table = {"d": 0.3, "c": 0.2, "a": -1.0, "elsewhere": 9.0}
    assert mixtures(SourceEffect(table=table), earlier()) == [{"d": 0.5, "c": 0.5}]
    assert mixtures(SourceEffect(table={"a": -1.0}), earlier()) == [{}]


def test_without_any_earlier_campaign_it_is_the_family() -> None:
    assert mixtures(SourceEffect(), replace(earlier(), past=())) == [{"kin": 1.0}]


@pytest.mark.parametrize(
    ("options", "message"),
    [({"k": 0}, "k must be at least 1"), ({"table": {"a": float("nan")}}, "'a' has nan")],
)
def test_options_out_of_range_are_refused(options: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SourceEffect(**options)  # type: ignore[arg-type]
