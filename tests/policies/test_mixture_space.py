"""Which mixtures the mixture models look at."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_views import candidate, finished, view_of

from policies import View
from policies.mixture_models.mixture_space import MixtureSpace, distinct_rows, mixture_space
from policies.mixture_models.regmix import RegMix
from policies.mixture_models.surrogates.evidence import evidence
from policies.mixture_models.task_modeling import TaskModeling
from policies.policy import Policy
from policies.roster import roster


def space_of(view: View, at_most: int = 16) -> MixtureSpace:
    return mixture_space(view, roster(view), at_most, "alignment")


def sized(**sizes: int) -> View:
    return view_of(*(candidate(name, size=size) for name, size in sizes.items()))


def test_the_shortlist_takes_tested_tasks_then_the_most_promising_then_the_largest() -> None:
    view = view_of(
        candidate("aligned", {"alignment": 0.5}),
        candidate("against", {"alignment": -0.5}, size=9000),
        candidate("large", size=5000),
        candidate("small", size=10),
        candidate("tested", {"alignment": -0.9}),
    )
    view = replace(view, history=(finished(0, ({"tested": 1.0}, 0.1)),))
    assert space_of(view, 1).names == ("tested",)
    assert space_of(view, 3).names == ("aligned", "large", "tested")
    by_size = mixture_space(view, roster(view), 2, "size")
    assert by_size.names == ("against", "tested")


def test_the_shortlist_holds_as_many_as_a_mixture_must_now_or_when_it_is_frozen() -> None:
    view = view_of(*(candidate(name) for name in "abcdef"))
    assert len(space_of(replace(view, exactly=4), 2).names) == 4
    assert len(space_of(replace(view, exactly=1, kept=5), 2).names) == 5
    assert len(space_of(replace(view, exactly=9), 2).names) == 6


def test_policies_ask_only_for_the_signal_that_their_shortlist_goes_by() -> None:
    policies: tuple[Policy, ...] = (RegMix(shortlist_by="text"), TaskModeling(shortlist_by="size"))
    assert [policy.needs for policy in policies] == [frozenset({"text"}), frozenset()]


def test_no_drawn_share_is_far_above_fifteen_times_the_proportional_one() -> None:
    space = space_of(sized(big=9900, small=100))
    drawn = space.draws(500, np.random.default_rng(0))
    assert drawn.shape == (500, 2)
    assert drawn.sum(axis=1) == pytest.approx(1.0)
    # small is 1 % of all examples; 15 %, and 1 % of what other draws of it were above that.
    assert 0.14 < drawn[:, 1].max() <= 0.16
    assert drawn[:, 1].min() == 0.0


def test_draws_reach_from_nearly_one_task_to_nearly_the_centre() -> None:
    space = space_of(sized(**{f"t{at}": 1000 for at in range(8)}))
    drawn = space.draws(3000, np.random.default_rng(1))
    assert drawn.mean(axis=0) == pytest.approx(np.full(8, 1 / 8), abs=0.02)
    largest = drawn.max(axis=1)
    assert (largest > 0.9).mean() > 0.1
    assert (largest < 0.4).mean() > 0.05


def test_a_pool_of_very_unequal_sizes_can_still_be_drawn_from() -> None:
    space = space_of(sized(large=10**9, **{f"s{at}": 50 for at in range(15)}))
    drawn = space.draws(100, np.random.default_rng(0))
    assert len(distinct_rows(drawn)) > 50
    assert np.isfinite(drawn).all()


def test_mixtures_near_a_centre_are_nearer_to_it_than_drawn_ones() -> None:
    space = space_of(sized(**{f"t{at}": 1000 for at in range(6)}))
    centre = np.array([[0.7, 0.3, 0, 0, 0, 0]])
    rng = np.random.default_rng(2)
    near = np.abs(space.near(centre, 200, rng) - centre).sum(axis=1)
    drawn = np.abs(space.draws(200, rng) - centre).sum(axis=1)
    assert np.median(near) < 0.3 * np.median(drawn)


def test_crumbs_are_dropped_and_their_share_goes_to_the_rest() -> None:
    space = space_of(sized(a=1000, b=1000, c=1000))
    held = space.held(np.array([[0.6, 0.399, 0.001]]))
    assert held[0] == pytest.approx([0.6 / 0.999, 0.399 / 0.999, 0.0])


def test_where_the_campaign_wants_exactly_k_tasks_the_k_largest_share_equally() -> None:
    view = replace(sized(a=10, b=500, c=1000, d=9000), exactly=2)
    space = space_of(view)
    held = space.held(np.array([[0.5, 0.1, 0.3, 0.1], [1.0, 0, 0, 0]]))
    assert held[0] == pytest.approx([0.5, 0, 0.5, 0])
    # One task too few: the largest of the others fills up.
    assert held[1] == pytest.approx([0.5, 0, 0, 0.5])


def test_starts_begin_with_proportional_shares_and_hold_no_mixture_twice() -> None:
    space = space_of(sized(a=1000, b=3000))
    starts = space.starts(5, np.random.default_rng(0))
    assert starts[0] == pytest.approx([0.25, 0.75])
    assert len(distinct_rows(starts)) == len(starts) == 5


def test_of_equal_mixtures_the_first_is_kept_in_its_place() -> None:
    rows = np.array([[0.5, 0.5], [0.2, 0.8], [0.5, 0.5 + 1e-9]])
    assert distinct_rows(rows).tolist() == [[0.5, 0.5], [0.2, 0.8]]


def test_evidence_is_in_units_of_the_gains_scatter_whatever_the_loss() -> None:
    for factor in (1e-30, 1.0, 1e30):
        results = [({"a": 1.0}, 0.01 * factor), ({"a": 0.5, "b": 0.5}, 0.03 * factor)]
        view = replace(sized(a=1, b=1), history=(finished(0, *results, se=0.002 * factor),))
        seen = evidence(view, roster(view), space_of(view))
        assert seen.gains == pytest.approx([-1.0, 1.0])
        assert seen.noise == pytest.approx([0.2, 0.2])
        assert seen.nats(0.5) == pytest.approx(0.025 * factor)
        assert seen.shares.tolist() == [[1.0, 0.0], [0.5, 0.5]]


def test_one_branch_alone_is_its_own_unit() -> None:
    view = replace(sized(a=1), history=(finished(0, ({"a": 1.0}, 0.04)),))
    seen = evidence(view, roster(view), space_of(view))
    assert seen.gains.tolist() == [0.0]
    assert seen.unit == pytest.approx(0.04)
    assert seen.level == pytest.approx(0.04)
