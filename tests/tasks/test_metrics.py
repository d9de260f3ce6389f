"""Metrics against values worked out by hand and slow formulas, and where they are undefined."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from tasks import METRICS, Example, Judged, Task, questions_of
from tasks.cards import MetricName

NAMES = sorted(METRICS)
CORRELATIONS = ("matthews", "pearson", "pearson_spearman_mean", "spearman")
STANCES = ("none", "against", "favor")

# Class 0: 2 of 3 right, 1 wrongly added; class 1: 1 of 2; class 2: 1 of 1, nothing added.
REFERENCES = (0, 0, 0, 1, 1, 2)
PREDICTIONS = (0, 0, 1, 1, 0, 2)


def judged(predictions: Any, references: Any, **more: Any) -> Judged:
    return Judged(
        predictions=np.array(predictions, dtype=np.float64),
        references=np.array(references, dtype=np.float64),
        labels=STANCES,
        **more,
    )


def believed(
    beliefs: NDArray[np.float64], references: NDArray[np.int64], groups: NDArray[np.int64]
) -> Judged:
    """Answers that follow from beliefs of shape (n, C)."""
    return judged(beliefs.argmax(axis=1), references, beliefs=beliefs, groups=groups)


def certain(references: NDArray[np.int64], groups: NDArray[np.int64]) -> Judged:
    """All right, and sure of it."""
    return believed(np.eye(3)[references], references, groups)


@st.composite
def answers(draw: st.DrawFn) -> Judged:
    """Two or three classes, few distinct beliefs, so that ties are common."""
    n = draw(st.integers(1, 25))
    num_classes = draw(st.integers(2, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    coarse = rng.integers(1, draw(st.integers(2, 6)), size=(n, num_classes)).astype(np.float64)
    beliefs = coarse / coarse.sum(axis=1, keepdims=True)
    return believed(
        beliefs,
        rng.integers(num_classes, size=n),
        rng.integers(draw(st.integers(1, 6)), size=n) * 7,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("accuracy", 4 / 6),
        ("exact_match", 4 / 6),
        ("micro_f1", 4 / 6),
        ("macro_f1", (2 / 3 + 1 / 2 + 1) / 3),
        ("accuracy_macro_f1_mean", (4 / 6 + (2 / 3 + 1 / 2 + 1) / 3) / 2),
        ("weighted_f1", (3 * 2 / 3 + 2 * 1 / 2 + 1) / 6),
        ("macro_recall", (2 / 3 + 1 / 2 + 1) / 3),
        ("f1", 1 / 2),
        ("f1_against_favor_mean", (1 / 2 + 1) / 2),
        # (c n - sum p t) / sqrt((n^2 - sum p^2)(n^2 - sum t^2)), Gorodkin 2004.
        ("matthews", (4 * 6 - 14) / (36 - 14)),
    ],
)
def test_a_metric_of_classes_has_the_value_worked_out_by_hand(name: str, value: float) -> None:
    assert METRICS[name](judged(PREDICTIONS, REFERENCES)) == pytest.approx(value)


def test_correlations_have_the_values_worked_out_by_hand() -> None:
    scores = judged([1, 2, 3, 10], [1, 2, 3, 4])
    assert METRICS["spearman"](scores) == pytest.approx(1.0)
    assert METRICS["pearson"](scores) == pytest.approx(14 / np.sqrt(5 * 50))
    mean = METRICS["pearson_spearman_mean"](scores)
    assert mean == pytest.approx((1 + 14 / np.sqrt(250)) / 2)
    assert METRICS["pearson"](judged([-1, -2, -3, -10], [1, 2, 3, 4])) < 0


def test_macro_recall_averages_over_the_classes_that_there_are_to_recall() -> None:
    # Predicting a class that never occurs costs the class missed and adds no third to the mean.
    assert METRICS["macro_recall"](judged([0, 2], [0, 1])) == pytest.approx(0.5)


def test_the_stance_average_finds_its_classes_by_name() -> None:
    score = METRICS["f1_against_favor_mean"]
    plain = judged(PREDICTIONS, REFERENCES)
    # The same answers with the labels in another order, and so with other indices.
    turned = judged([(i + 1) % 3 for i in PREDICTIONS], [(i + 1) % 3 for i in REFERENCES])
    assert score(replace(turned, labels=("favor", "none", "against"))) == score(plain)
    assert score(turned) != score(plain)
    with pytest.raises(ValueError, match="label named 'favor'"):
        score(replace(plain, labels=("none", "against", "for")))


def test_auroc_counts_how_often_right_is_believed_more_than_wrong() -> None:
    beliefs = np.array([0.1, 0.4, 0.35, 0.8])
    two = np.stack([1 - beliefs, beliefs], axis=1)
    answers = believed(two, np.array([0, 0, 1, 1]), np.zeros(4, dtype=np.int64))
    assert METRICS["auroc"](answers) == pytest.approx(3 / 4)
    tied = believed(np.full((4, 2), 0.5), np.array([0, 0, 1, 1]), np.zeros(4, dtype=np.int64))
    assert METRICS["auroc"](tied) == 0.5


def test_average_precision_is_the_mean_over_questions_that_have_an_answer() -> None:
    # Ranks of the right ones: 1 and 3 in question 5, 2 in question 9, none in question 2.
    belief = np.array([0.9, 0.5, 0.4, 0.8, 0.6, 0.99])
    right = np.array([1, 0, 1, 0, 1, 0])
    groups = np.array([5, 5, 5, 9, 9, 2])
    answers = believed(np.stack([1 - belief, belief], axis=1), right, groups)
    value = METRICS["mean_average_precision"](answers)
    assert value == pytest.approx(((1 + 2 / 3) / 2 + 1 / 2) / 2)


def test_a_tie_among_candidates_never_flatters_the_model() -> None:
    groups, right = np.zeros(4, dtype=np.int64), np.array([1, 0, 0, 0])
    tied = believed(np.full((4, 2), 0.5), right, groups)
    assert METRICS["mean_average_precision"](tied) == pytest.approx(1 / 4)


@given(answers())
@settings(max_examples=150, deadline=None)
def test_average_precision_equals_a_slow_formula(some: Judged) -> None:
    assert some.beliefs is not None and some.groups is not None
    belief = some.beliefs[:, 1]
    values = []
    for group in set(some.groups.tolist()):
        rows = [i for i in range(len(some.groups)) if some.groups[i] == group]
        rows.sort(key=lambda i: (-belief[i], some.references[i] == 1))
        hits = [rank for rank, i in enumerate(rows, start=1) if some.references[i] == 1]
        if hits:
            values.append(np.mean([(k + 1) / rank for k, rank in enumerate(hits)]))
    expected = np.mean(values) if values else 0.0
    assert METRICS["mean_average_precision"](some) == pytest.approx(expected)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None)
def test_without_ties_average_precision_is_scikit_learns(seed: int) -> None:
    rng = np.random.default_rng(seed)
    belief, right = rng.permutation(40) / 40, rng.integers(2, size=40)
    groups = np.arange(40) % 5
    answers = believed(np.stack([1 - belief, belief], axis=1), right, groups)
    found = [
        average_precision_score(right[groups == group], belief[groups == group])
        for group in range(5)
        if right[groups == group].any()
    ]
    assert METRICS["mean_average_precision"](answers) == pytest.approx(np.mean(found))


@given(answers())
@settings(max_examples=150, deadline=None)
def test_auroc_is_scikit_learns_averaged_over_the_classes_that_can_be_told_apart(
    some: Judged,
) -> None:
    assert some.beliefs is not None
    num_classes = some.beliefs.shape[1]
    classes = [1] if num_classes == 2 else range(num_classes)
    found = [
        roc_auc_score(some.references == k, some.beliefs[:, k])
        for k in classes
        if 0 < (some.references == k).sum() < len(some.references)
    ]
    assert METRICS["auroc"](some) == pytest.approx(np.mean(found) if found else 0.5)


@pytest.mark.parametrize("name", NAMES)
@given(answers(), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_examples_and_the_numbers_of_groups_change_nothing(
    name: str, some: Judged, random: Any
) -> None:
    order = list(range(len(some.references)))
    random.shuffle(order)
    value = METRICS[name](some)
    assert METRICS[name](some.rows(np.array(order))) == pytest.approx(value, abs=1e-12)
    assert some.groups is not None
    assert METRICS[name](replace(some, groups=100 - some.groups)) == pytest.approx(value)


@pytest.mark.parametrize("name", NAMES)
@given(answers())
@settings(max_examples=40, deadline=None)
def test_a_value_lies_between_the_worst_and_perfect_answers(name: str, some: Judged) -> None:
    assert some.groups is not None
    lowest = -1.0 if name in CORRELATIONS else 0.0
    assert lowest - 1e-12 <= METRICS[name](some) <= 1 + 1e-12
    # One of each class, so that no metric is undefined.
    references = np.array([*some.references, 0, 1, 2], dtype=np.int64)
    groups = np.array([*some.groups, 0, 0, 0])
    assert METRICS[name](certain(references, groups)) == pytest.approx(1.0)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("right", [(0, 0, 0, 0), (0, 1, 0, 1), (2, 2, 2, 2)])
@pytest.mark.parametrize("column", [0, 1, 2, None])
def test_constant_input_gives_a_number_and_what_is_undefined_is_chance(
    name: str, right: tuple[int, ...], column: int | None
) -> None:
    beliefs = np.full((4, 3), 1 / 3) if column is None else np.eye(3)[[column] * 4]
    answers = believed(beliefs, np.array(right), np.array([0, 0, 1, 1]))
    value = METRICS[name](answers)
    assert np.isfinite(value)
    if name == "auroc":
        assert value == 0.5
    if name in (*CORRELATIONS, "f1") and column != 1:
        assert value == 0.0
    if name == "mean_average_precision":
        assert value == (0.5 if 1 in right else 0.0)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("error")
def test_a_single_example_can_be_judged(name: str) -> None:
    for reference in (0, 1):
        value = METRICS[name](certain(np.array([reference]), np.array([3])))
        assert np.isfinite(value)


def test_what_a_metric_reads_must_be_there() -> None:
    bare = judged([0, 1, 2], [0, 1, 2])
    for name, metric in METRICS.items():
        if metric.reads_beliefs:
            with pytest.raises(ValueError, match="beliefs"):
                metric(bare)
        else:
            assert metric(bare) == pytest.approx(1.0), name
    with pytest.raises(ValueError, match="groups"):
        METRICS["mean_average_precision"](replace(bare, beliefs=np.eye(3)))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: judged([0, np.nan], [0, 1]), "not finite"),
        (lambda: judged([0, 1], [0, np.inf]), "not finite"),
        (lambda: judged([0, 1], [0, 1], beliefs=np.full((2, 2), np.nan)), "not finite"),
        (lambda: judged([0, 0], [0, 0, 0]), "one shape"),
        (lambda: judged([], []), "one shape"),
        (lambda: judged([0, 1], [0, 1], beliefs=np.ones(2)), r"\(n, C\)"),
        (lambda: judged([0, 1], [0, 1], beliefs=np.ones((3, 2))), r"\(n, C\)"),
        (lambda: judged([0, 1], [0, 1], groups=np.arange(3)), r"\(n,\) for n = 2"),
    ],
)
def test_what_is_not_finite_or_does_not_match_cannot_be_judged(
    build: Callable[[], Judged], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        build()


def test_rows_keep_their_groups_unless_they_are_given_others() -> None:
    some = certain(np.array([0, 1, 2]), np.array([5, 9, 5]))
    rows = np.array([2, 2, 0, 1])
    kept, anew = some.rows(rows), some.rows(rows, groups=np.array([0, 1, 1, 2]))
    assert kept.groups is not None and kept.groups.tolist() == [5, 5, 5, 9]
    assert anew.groups is not None and anew.groups.tolist() == [0, 1, 1, 2]
    for one in (kept, anew):
        assert one.references.tolist() == one.predictions.tolist() == [2, 2, 0, 1]
        assert one.labels == STANCES


def test_examples_with_equal_texts_are_candidates_of_one_question() -> None:
    examples = [Example(text, 0, pair) for text, pair in (("b", "1"), ("a", "2"), ("b", "3"))]
    task = Task(
        name="answers",
        family="toy",
        kind="labels",
        metric="mean_average_precision",
        train=(),
        validation=examples,
        test=(),
    )
    groups = questions_of(task, "validation")
    assert groups is not None and groups.tolist() == [0, 1, 0]
    assert questions_of(replace(task, metric="accuracy"), "validation") is None


def test_cards_may_name_exactly_the_metrics_that_exist() -> None:
    assert set(get_args(MetricName)) == set(METRICS)
