"""Metrics against values worked out by hand, and where they are undefined."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from tasks.card import MetricName
from tasks.metrics import METRICS

# Class 0: 2 of 3 right, 1 wrongly added; class 1: 1 of 2; class 2: 1 of 1, nothing added.
REFERENCES = np.array([0.0, 0, 0, 1, 1, 2])
PREDICTIONS = np.array([0.0, 0, 1, 1, 0, 2])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("accuracy", 4 / 6),
        ("micro_f1", 4 / 6),
        ("macro_f1", (2 / 3 + 1 / 2 + 1) / 3),
        ("weighted_f1", (3 * 2 / 3 + 2 * 1 / 2 + 1) / 6),
        ("macro_recall", (2 / 3 + 1 / 2 + 1) / 3),
        ("f1", 1 / 2),
        # (c n - sum p t) / sqrt((n^2 - sum p^2)(n^2 - sum t^2)), Gorodkin 2004.
        ("matthews", (4 * 6 - 14) / (36 - 14)),
    ],
)
def test_a_metric_of_classes_has_the_value_worked_out_by_hand(name: str, value: float) -> None:
    assert METRICS[name](PREDICTIONS, REFERENCES) == pytest.approx(value)


def test_correlations_have_the_values_worked_out_by_hand() -> None:
    references, predictions = np.array([1.0, 2, 3, 4]), np.array([1.0, 2, 3, 10])
    assert METRICS["spearman"](predictions, references) == pytest.approx(1.0)
    assert METRICS["pearson"](predictions, references) == pytest.approx(14 / np.sqrt(5 * 50))
    mean = METRICS["pearson_spearman_mean"](predictions, references)
    assert mean == pytest.approx((1 + 14 / np.sqrt(250)) / 2)
    assert METRICS["pearson"](-predictions, references) < 0


def test_macro_recall_averages_over_the_classes_that_there_are_to_recall() -> None:
    # Predicting a class that never occurs costs the class missed and adds no third to the mean.
    assert METRICS["macro_recall"](np.array([0.0, 2]), np.array([0.0, 1])) == pytest.approx(0.5)


@pytest.mark.parametrize("name", sorted(METRICS))
@pytest.mark.filterwarnings("error")
def test_constant_input_gives_a_number_and_correlations_give_zero(name: str) -> None:
    constant, varied = np.zeros(4), np.array([0.0, 1, 0, 1])
    for predictions, references in ((constant, varied), (varied, constant), (constant, constant)):
        value = METRICS[name](predictions, references)
        assert np.isfinite(value)
        if name in ("matthews", "pearson", "spearman", "pearson_spearman_mean", "f1"):
            assert value == 0.0


@pytest.mark.parametrize("name", sorted(METRICS))
def test_a_metric_refuses_what_is_not_finite_or_does_not_match(name: str) -> None:
    with pytest.raises(ValueError, match="not finite"):
        METRICS[name](np.array([0.0, np.nan]), np.array([0.0, 1]))
    with pytest.raises(ValueError, match="one shape"):
        METRICS[name](np.zeros(2), np.zeros(3))
    with pytest.raises(ValueError, match="one shape"):
        METRICS[name](np.zeros(0), np.zeros(0))


def test_cards_may_name_exactly_the_metrics_that_exist() -> None:
    assert set(get_args(MetricName)) == set(METRICS)
