from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.gains.calibration import (
    TEMPERATURES,
    calibrated_losses,
    fit,
    fit_scale,
    fit_temperature,
    plain_losses,
)


def _answers(
    n: int = 400, *, sharpness: float = 1.5
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Logits and answers drawn from their own beliefs: the right temperature is 1."""
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(n, 4)) * sharpness
    logits[::3, 3] = -np.inf
    beliefs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    gold = np.array([rng.choice(4, p=row) for row in beliefs], dtype=np.float64)
    return logits, gold


def _slow_nll(
    logits: NDArray[np.float64], gold: NDArray[np.float64], temperature: float
) -> list[float]:
    losses = []
    for row, answer in zip(logits, gold, strict=True):
        present = [value / temperature for value in row if value > -np.inf]
        normaliser = max(present) + np.log(sum(np.exp(v - max(present)) for v in present))
        losses.append(float(normaliser - row[int(answer)] / temperature))
    return losses


def test_losses_equal_a_slow_reference() -> None:
    logits, gold = _answers(50)
    losses = calibrated_losses(logits, gold, kind="options", temperature=0.7)
    np.testing.assert_allclose(losses, _slow_nll(logits, gold, 0.7), rtol=1e-12)
    assert losses.dtype == np.float64
    np.testing.assert_allclose(
        plain_losses(logits, gold, kind="labels"), _slow_nll(logits, gold, 1.0)
    )


def test_the_fitted_temperature_is_the_best_of_a_fine_grid() -> None:
    logits, gold = _answers(60)
    fitted = fit_temperature(logits * 5, gold)

    def objective(temperature: float) -> float:
        real = sum(_slow_nll(logits * 5, gold, temperature))
        imagined = []
        for row in logits * 5:
            present = [index for index, value in enumerate(row) if value > -np.inf]
            every = _slow_nll(
                np.tile(row, (len(present), 1)), np.array(present, float), temperature
            )
            imagined.append(np.mean(every))
        return float(real + np.mean(imagined))

    grid = np.exp(np.arange(np.log(2), np.log(12), 0.02))
    best = grid[np.argmin([objective(temperature) for temperature in grid])]
    assert fitted == pytest.approx(best, rel=0.011)


def test_beliefs_that_were_true_keep_a_temperature_near_one() -> None:
    assert fit_temperature(*_answers(4000)) == pytest.approx(1.0, abs=0.08)


@pytest.mark.parametrize("factor", [0.1, 0.5, 3.0, 10.0])
def test_temperature_follows_the_scale_of_the_logits(factor: float) -> None:
    logits, gold = _answers()
    once = fit_temperature(logits, gold)
    scaled = fit_temperature(logits * factor, gold)
    assert scaled == pytest.approx(once * factor, rel=1e-4)
    np.testing.assert_allclose(
        calibrated_losses(logits * factor, gold, kind="labels", temperature=scaled),
        calibrated_losses(logits, gold, kind="labels", temperature=once),
        rtol=1e-3,
        atol=1e-6,
    )


@pytest.mark.parametrize("scale", [1e-30, 1e-3, 1.0, 1e30])
def test_any_scale_of_logits_gives_finite_losses(scale: float) -> None:
    logits, gold = _answers()
    temperature = fit_temperature(logits * scale, gold)
    assert TEMPERATURES[0] <= temperature <= TEMPERATURES[1]
    losses = calibrated_losses(logits * scale, gold, kind="labels", temperature=temperature)
    assert np.isfinite(losses).all() and (losses >= 0).all()


def test_answers_all_right_are_not_trusted_without_limit() -> None:
    n, margin = 100, 6.0
    gold = np.arange(n, dtype=np.float64) % 2
    logits = np.where(gold[:, None] == [0, 1], margin, 0.0)
    temperature = fit_temperature(logits, gold)
    belief = 1 / (1 + np.exp(-margin / temperature))
    assert belief == pytest.approx(1 - 1 / (2 * n + 2), abs=1e-4)
    wrong = calibrated_losses(logits[:1], 1 - gold[:1], kind="labels", temperature=temperature)
    assert wrong[0] < np.log(4 * n)


def test_missing_answers_change_nothing() -> None:
    gold = np.arange(20, dtype=np.float64) % 2
    logits = np.where(gold[:, None] == [0, 1], 6.0, 1.0)
    wider = np.concatenate([logits, np.full((20, 3), -np.inf)], axis=1)
    assert fit_temperature(wider, gold) == fit_temperature(logits, gold)


def test_logits_that_say_nothing_leave_the_temperature_at_one() -> None:
    assert fit_temperature(np.zeros((20, 3)), np.zeros(20)) == 1.0
    assert fit_temperature(np.ones((20, 1)), np.zeros(20)) == 1.0


def test_one_class_among_the_answers_is_no_trouble() -> None:
    logits, _ = _answers()
    temperature = fit_temperature(logits, np.zeros(len(logits)))
    assert TEMPERATURES[0] <= temperature <= TEMPERATURES[1]


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_the_scale_of_scores_is_their_residual(scale: float) -> None:
    rng = np.random.default_rng(1)
    gold = rng.normal(size=2000) * 3
    scores = gold + rng.normal(size=2000) * 0.5
    assert fit_scale(scores * scale, gold * scale) / scale == pytest.approx(0.5, rel=0.05)


def test_losses_of_scores_are_those_of_a_gaussian() -> None:
    scores, gold = np.array([[1.0], [2.5]]), np.array([0.0, 2.0])
    losses = calibrated_losses(scores, gold, kind="score", temperature=0.5)
    density = np.exp(-0.5 * ((scores[:, 0] - gold) / 0.5) ** 2) / (0.5 * np.sqrt(2 * np.pi))
    np.testing.assert_allclose(losses, -np.log(density))
    np.testing.assert_allclose(plain_losses(scores, gold, kind="score"), [0.5, 0.125])


@pytest.mark.parametrize("gold", [np.zeros(5), np.full(5, 7.0), np.arange(5.0)])
def test_perfect_scores_have_a_scale_above_zero(gold: NDArray[np.float64]) -> None:
    assert fit_scale(gold, gold) > 0


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_logits_that_are_not_numbers_raise(bad: float) -> None:
    logits, gold = _answers(10)
    logits[3, 1] = bad
    with pytest.raises(ValueError, match="1 logits are nan or infinite"):
        fit_temperature(logits, gold)


@pytest.mark.parametrize("answer", [-1.0, 4.0, 0.5, np.nan, 3.0])
def test_an_answer_that_is_not_there_raises_with_its_row(answer: float) -> None:
    logits, gold = _answers(10)
    logits[:, 3] = -np.inf
    gold[:] = 0
    gold[6] = answer
    with pytest.raises(ValueError, match="Example 6 has no answer"):
        calibrated_losses(logits, gold, kind="options", temperature=1.0)


def test_texts_keep_the_loss_that_they_have() -> None:
    outputs, gold = np.array([[-0.5, 1.0], [-3.0, 0.0]]), np.ones(2)
    assert fit(outputs, gold, kind="text") == 1.0
    for temperature in (0.5, 1.0, 3.0):
        losses = calibrated_losses(outputs, gold, kind="text", temperature=temperature)
        assert losses.tolist() == [0.5, 3.0]
    assert plain_losses(outputs, gold, kind="text").tolist() == [0.5, 3.0]
    with pytest.raises(ValueError, match="not finite"):
        plain_losses(np.array([[-np.inf, 0.0]]), np.ones(1), kind="text")


def test_wrong_shapes_kinds_and_temperatures_raise() -> None:
    with pytest.raises(ValueError, match="finite number above 0, got 0"):
        calibrated_losses(np.ones((2, 2)), np.zeros(2), kind="labels", temperature=0.0)
    with pytest.raises(ValueError, match="No kind 'label'"):
        plain_losses(np.ones((2, 2)), np.zeros(2), kind="label")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="Need logits"):
        fit_temperature(np.ones((2, 2)), np.zeros(3))
    with pytest.raises(ValueError, match="not finite"):
        fit_scale([1.0, np.nan], [1.0, 1.0])
