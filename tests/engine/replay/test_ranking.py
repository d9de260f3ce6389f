"""NDCG and Regret@k, as TaskWeb defines them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.replay.ranking import best_first, ndcg, ndcg_of_picks, regret_at, regret_of

TRUE = np.array([80.0, 60.0, 100.0, 40.0])


def test_the_true_order_has_ndcg_one_and_no_regret() -> None:
    assert ndcg(TRUE, 3 * TRUE - 7) == pytest.approx(1.0)
    assert regret_at(TRUE, 3 * TRUE - 7, 2) == 0.0


def test_ndcg_of_a_small_order_is_what_its_definition_says() -> None:
    # Ranks 2, 3, 1, 4: relevances 2, 1, 3, 0 and gains 3, 1, 7, 0. Predicted order: 0, 2, 1, 3.
    predicted = np.array([4.0, 2.0, 3.0, 1.0])
    discounted = 3 / np.log2(2) + 7 / np.log2(3) + 1 / np.log2(4)
    ideal = 7 / np.log2(2) + 3 / np.log2(3) + 1 / np.log2(4)
    assert ndcg(TRUE, predicted) == pytest.approx(discounted / ideal)


def test_regret_compares_the_means_of_the_picked_and_of_the_best() -> None:
    predicted = np.array([4.0, 3.0, 2.0, 1.0])
    assert regret_at(TRUE, predicted, 2) == pytest.approx((90 - 70) / 90)
    assert regret_at(TRUE, predicted, 1) == pytest.approx(0.2)


def test_more_picks_than_candidates_take_all_and_lose_nothing() -> None:
    assert regret_at(TRUE, -TRUE, 9) == pytest.approx(0.0)


def test_picks_fewer_than_k_are_judged_by_their_mean() -> None:
    assert regret_of(TRUE, np.array([1]), 2) == pytest.approx((90 - 60) / 90)


def test_equal_scores_keep_the_order_given() -> None:
    assert best_first(np.array([1.0, 2.0, 1.0, 2.0])).tolist() == [1, 3, 0, 2]
    assert best_first(np.repeat([0.0, 1.0], 50)).tolist() == [*range(50, 100), *range(50)]


def test_ndcg_of_thousands_of_candidates_neither_overflows_nor_vanishes() -> None:
    true = np.random.default_rng(0).normal(size=5_000)
    assert ndcg(true, true) == pytest.approx(1.0)
    assert 0.0 <= ndcg(true, -true) < 0.2


@pytest.mark.parametrize("picked", [[], [1], [3, 0], [0, 1, 2], [2, 1, 3, 0]])
def test_picks_are_ranked_as_the_mean_over_all_orders_of_the_rest(picked: list[int]) -> None:
    rest = [place for place in range(len(TRUE)) if place not in picked]
    orders = [[*picked, *others] for others in itertools.permutations(rest)]
    expected = np.mean([ndcg(TRUE, -np.argsort(order).astype(float)) for order in orders])
    assert ndcg_of_picks(TRUE, np.array(picked, dtype=np.intp)) == pytest.approx(expected)


def test_one_candidate_is_ranked_right() -> None:
    assert ndcg(np.array([5.0]), np.array([0.0])) == 1.0


@pytest.mark.parametrize(
    ("true", "predicted", "said"),
    [
        (TRUE, TRUE[:3], r"\(4,\) and \(3,\)"),
        (TRUE[:0], TRUE[:0], r"\(0,\)"),
        (TRUE, np.array([1.0, np.nan, 2.0, 3.0]), "finite"),
    ],
)
def test_a_ranking_of_nonsense_is_refused(
    true: NDArray[np.float64], predicted: NDArray[np.float64], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        ndcg(true, predicted)
    with pytest.raises(ValueError, match=said):
        regret_at(true, predicted, 2)


def test_a_regret_relative_to_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0, got -40"):
        regret_at(-TRUE, TRUE, 1)
    with pytest.raises(ValueError, match="k 0"):
        regret_at(TRUE, TRUE, 0)
