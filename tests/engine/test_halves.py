"""What two halves of a probe say of the noise in a task's gradient."""

from __future__ import annotations

import numpy as np
import pytest
from exact_signals import Exact, cosine, exact_gradient, inner
from measured_models import KIN, KINDS, MOOD, Kind, examples, measured_model
from numpy.typing import NDArray

from engine.signals import taps
from engine.signals.halves import Along, Part, along, halves
from engine.signals.probe import directions_of, measure
from engine.signals.sources import ALONG_TARGETS
from engine.signals.steadied import WEIGHT, steadied

Vectors = NDArray[np.float64]


def _along(one_ND: Vectors, other_ND: Vectors, directions_SD: Vectors) -> Along:
    """Of gradients that are there in full, example by example."""
    count = len(one_ND) + len(other_ND)
    sums = [half.sum(axis=0) / count for half in (one_ND, other_ND)]
    parts = [
        Part(share=len(half) / count, along_S=directions_SD @ added, square=float(added @ added))
        for half, added in zip((one_ND, other_ND), sums, strict=True)
    ]
    whole = sums[0] + sums[1]
    return along(parts, float(whole @ whole))


def _drawn(
    rng: np.random.Generator, n: int, *, towards: float = 1.0, noise: float = 1.0
) -> Vectors:
    """Gradients of n examples in 30 coordinates, of which the first is the direction."""
    mean = np.zeros(30)
    mean[:2] = towards, 1.0
    return np.asarray(mean + noise * rng.normal(size=(n, 30)))


DIRECTION = np.eye(1, 30)


def test_scores_are_those_of_the_whole_gradient() -> None:
    drawn = _drawn(np.random.default_rng(0), 9)
    got = _along(drawn[:5], drawn[5:], DIRECTION)
    mean = drawn.mean(axis=0)
    assert got.products_S[0] == pytest.approx(mean[0])
    assert got.cosines_S[0] == pytest.approx(mean[0] / np.linalg.norm(mean))
    assert got.square == pytest.approx(mean @ mean)


@pytest.mark.parametrize("sizes", [(16, 16), (5, 4), (3, 17)])
@pytest.mark.parametrize("towards", [0.0, 1.0, 4.0])
def test_errors_and_noise_are_right_on_average(sizes: tuple[int, int], towards: float) -> None:
    """Squared errors are compared: those have no bias. At 4 lengths vary more than cosines do."""
    rng = np.random.default_rng(1)
    found = [
        _along(
            _drawn(rng, sizes[0], towards=towards, noise=0.3),
            _drawn(rng, sizes[1], towards=towards, noise=0.3),
            DIRECTION,
        )
        for _ in range(2000)
    ]
    for scores, ses in (
        ([one.cosines_S[0] for one in found], [one.cosine_ses_S[0] for one in found]),
        ([one.products_S[0] for one in found], [one.product_ses_S[0] for one in found]),
    ):
        assert np.mean(np.square(ses)) == pytest.approx(np.var(scores), rel=0.15)
    expected = 30 * 0.3**2 / sum(sizes)
    assert np.mean([one.noise for one in found]) == pytest.approx(expected, rel=0.05)


def test_a_single_example_has_scores_and_no_errors() -> None:
    part = Part(share=1.0, along_S=np.array([3.0]), square=25.0)
    got = along([part], 25.0)
    assert got.cosines_S.tolist() == [0.6] and got.products_S.tolist() == [3.0]
    assert np.isnan([got.cosine_ses_S[0], got.product_ses_S[0], got.noise]).all()


def test_a_gradient_of_zero_is_no_evidence() -> None:
    got = along([Part(share=0.5, along_S=np.zeros(1), square=0.0)] * 2, 0.0)
    numbers = [got.cosines_S, got.cosine_ses_S, got.products_S, got.product_ses_S]
    assert np.isnan([*np.concatenate(numbers), got.square, got.noise]).all()


def test_halves_are_random_even_and_the_same_for_every_worker() -> None:
    model = measured_model("encoder")
    probe = examples(model, KIN, 9)
    first = halves(probe, task="kin", seed=(0, 5))
    assert sorted(map(len, first)) == [4, 5]
    rows = [[one.rows[0].ids.tolist() for one in half] for half in first]
    again = [[o.rows[0].ids.tolist() for o in h] for h in halves(probe, task="kin", seed=(0, 5))]
    assert rows == again
    all_rows = sorted([one.rows[0].ids.tolist() for one in probe])
    assert sorted(rows[0] + rows[1]) == all_rows
    others = [halves(probe, task=task, seed=(0, 5)) for task in ("pick", "mood", "tally")]
    assert any([o.rows[0].ids.tolist() for o in other[0]] != rows[0] for other in others)
    assert [len(half) for half in halves(probe[:1], task="kin", seed=(0,))] == [1]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tapped", [False, True])
def test_errors_of_a_model_are_those_of_its_exact_gradients(
    kind: Kind, tapped: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if tapped:
        monkeypatch.setattr(taps, "LEAST_SIDE", 8)
    model = measured_model(kind)
    probe, target = examples(model, KIN, 9), examples(model, MOOD, 8)
    directions = directions_of(model, {"mood": target}, seed=(3,))
    got = measure(model, {"kin": probe}, directions, signals=ALONG_TARGETS, seed=(3,))
    towards = exact_gradient(model, target)
    whole, length = exact_gradient(model, probe), inner(towards, towards) ** 0.5
    one, other = (exact_gradient(model, half) for half in halves(probe, task="kin", seed=(3,)))
    apart = {name: (one[name] - other[name]) * 20**0.5 / 9 for name in one}
    off = 0.2 if tapped else 0.01
    assert got.ses["descent"]["mood"][0] == pytest.approx(abs(inner(apart, towards)), rel=off)
    felt = inner(apart, towards) / length - cosine(whole, towards) * _along_itself(apart, whole)
    expected = abs(felt) / inner(whole, whole) ** 0.5
    assert got.ses["alignment"]["mood"][0] == pytest.approx(expected, rel=off)
    assert got.noise_n[0] == pytest.approx(inner(apart, apart), rel=0.1)
    assert got.square_n[0] == pytest.approx(inner(whole, whole), rel=0.1)


def _along_itself(apart: Exact, whole: Exact) -> float:
    return inner(apart, whole) / float(inner(whole, whole) ** 0.5)


def test_steadied_errors_are_nearer_to_the_true_ones_than_those_of_two_halves() -> None:
    rng = np.random.default_rng(0)
    noise = rng.uniform(0.1, 10.0, size=200)
    true = np.sqrt(0.02 * noise)
    raw = np.abs(rng.normal(size=200)) * true
    steady = steadied(raw, noise)
    apart = [np.log(np.maximum(ses, 1e-12) / true) for ses in (raw, steady)]
    assert np.std(apart[1]) < 0.3 * np.std(apart[0])
    assert abs(np.mean(apart[1])) < 0.15
    assert steady.min() > 0.5 * true.min()


def test_steadied_errors_keep_some_of_what_is_a_candidates_own() -> None:
    even = steadied(np.array([1.0, 1.0]), np.ones(2))
    assert even.tolist() == [1.0, 1.0]
    apart = steadied(np.array([0.0, 2.0]), np.ones(2))
    expected = np.sqrt([WEIGHT * 2 / (1 + WEIGHT), (4 + WEIGHT * 2) / (1 + WEIGHT)])
    np.testing.assert_allclose(apart, expected)


def test_what_is_not_known_is_not_steadied_and_says_nothing_of_others() -> None:
    ses = np.array([1.0, np.nan, 3.0, 2.0])
    noise = np.array([1.0, 1.0, np.nan, 1.0])
    got = steadied(ses, noise)
    assert np.isnan(got[[1, 2]]).all()
    np.testing.assert_allclose(got[[0, 3]], steadied(ses[[0, 3]], noise[[0, 3]]))
    assert np.isnan(steadied(ses[1:2], noise[1:2])).all()
    assert steadied(np.zeros(2), np.zeros(2)).tolist() == [0.0, 0.0]
