from __future__ import annotations

import numpy as np
import pytest
import torch
from measured_models import KINDS, MOOD, PICK, TALLY, TASKS, Kind, examples, measured_model

from engine.gains.calibration import fit_temperature
from engine.gains.evaluation import batches_by_length, judge_branch, judge_test, predict
from engine.training.failures import DivergedError


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("task", [MOOD, PICK, TALLY])
def test_predictions_come_in_the_splits_order_whatever_the_batches(kind: Kind, task: int) -> None:
    model = measured_model(kind)
    encoded = examples(model, task, 17)
    alone = [predict(model, [example])[0] for example in encoded]
    for batch_size in (1, 3, 100):
        outputs = predict(model, encoded, batch_size=batch_size)
        assert outputs.dtype == np.float64
        widest = max(len(one.options) for one in TASKS[task].train[:17])
        assert outputs.shape == (17, {MOOD: 2, PICK: widest, TALLY: 1}[task])
        for row, expected in zip(outputs, alone, strict=True):
            np.testing.assert_allclose(row[: len(expected)], expected, rtol=1e-4, atol=1e-5)
            assert np.isneginf(row[len(expected) :]).all()


def test_evaluation_is_bitwise_repeatable_and_leaves_the_model_training() -> None:
    model = measured_model("encoder", dropout=0.5)
    encoded = examples(model, MOOD, 17)
    model.train()
    state = torch.get_rng_state()
    first = predict(model, encoded, batch_size=4)
    assert model.training
    assert torch.equal(torch.get_rng_state(), state)
    model.eval()
    assert predict(model, encoded, batch_size=4).tobytes() == first.tobytes()
    assert not model.training


def test_examples_of_like_length_are_read_together() -> None:
    encoded = examples(measured_model("encoder"), PICK, 60)
    batches = list(batches_by_length(encoded, 8))
    longest = [max(len(row.ids) for i in batch for row in encoded[i].rows) for batch in batches]
    assert longest == sorted(longest, reverse=True)
    assert longest[0] > longest[-1]
    assert sorted(index for batch in batches for index in batch) == list(range(60))


def test_no_examples_give_no_predictions_and_no_batch_size_raises() -> None:
    model = measured_model("encoder")
    assert predict(model, []).shape[0] == 0
    with pytest.raises(ValueError, match="at least 1, got 0"):
        predict(model, examples(model, MOOD, 2), batch_size=0)


@pytest.mark.parametrize("task", [MOOD, PICK, TALLY])
def test_a_branch_is_calibrated_on_the_gate_split_alone(task: int) -> None:
    model = measured_model("encoder")
    gate, selection = examples(model, task, 25), examples(model, task, 30, skip=25)
    judged = judge_branch(model, TASKS[task], selection=selection, gate=gate)
    other = judge_branch(model, TASKS[task], selection=selection[:20], gate=gate)
    assert other.temperature == pytest.approx(judged.temperature, rel=1e-4)
    assert judged.selection.losses.shape == (30,) and judged.gate.losses.shape == (25,)
    if task != TALLY:
        outputs, gold = predict(model, gate), [example.gold for example in gate]
        assert judged.temperature == pytest.approx(fit_temperature(outputs, gold), rel=1e-4)
        assert judged.gate.losses.mean() < judged.gate.plain_losses.mean()


def test_a_judgement_holds_what_the_model_answered() -> None:
    model = measured_model("encoder")
    gate, selection = examples(model, PICK, 20), examples(model, PICK, 40, skip=20)
    judged = judge_branch(model, TASKS[PICK], selection=selection, gate=gate)
    outputs = predict(model, selection)
    right = outputs.argmax(axis=1) == [example.gold for example in selection]
    assert (judged.selection.predictions == outputs.argmax(axis=1)).all()
    assert judged.selection.metric == pytest.approx(right.mean())
    test = judge_test(model, TASKS[PICK], selection, temperature=judged.temperature)
    np.testing.assert_allclose(test.losses, judged.selection.losses, rtol=1e-4)


@pytest.mark.parametrize("task", [MOOD, PICK, TALLY])
def test_a_branch_that_diverged_raises(task: int) -> None:
    model = measured_model("encoder")
    with torch.no_grad():
        next(iter(model.shared_parameters().values()))[:] = torch.nan
    encoded = examples(model, task, 10)
    with pytest.raises(DivergedError, match="20 of 20 examples"):
        judge_branch(model, TASKS[task], selection=encoded, gate=encoded)
