from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from measured_models import KIN, KINDS, MOOD, PICK, TALLY, TASKS, Kind, examples, measured_model
from sklearn.metrics import average_precision_score, roc_auc_score

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


def test_beliefs_are_recorded_where_the_metric_reads_them_and_nowhere_else() -> None:
    model = measured_model("encoder")
    gate, selection = examples(model, MOOD, 20), examples(model, MOOD, 40, skip=20)
    plain = judge_branch(model, TASKS[MOOD], selection=selection, gate=gate)
    assert plain.selection.beliefs is None
    task = replace(TASKS[MOOD], metric="auroc")
    judged = judge_branch(model, task, selection=selection, gate=gate)
    beliefs = judged.selection.beliefs
    assert beliefs is not None and beliefs.shape == (40, 2) and beliefs.dtype == np.float32
    outputs = predict(model, selection) / judged.temperature
    expected = np.exp(outputs[:, 1]) / np.exp(outputs).sum(axis=1)
    np.testing.assert_allclose(beliefs[:, 1], expected, rtol=1e-4)
    gold = [example.gold for example in selection]
    assert judged.selection.metric == pytest.approx(roc_auc_score(gold, beliefs[:, 1]))
    assert judged.gate.beliefs is not None and len(judged.gate.beliefs) == 20
    np.testing.assert_array_equal(judged.selection.losses, plain.selection.losses)


def test_candidates_of_a_question_are_ranked_together_wherever_they_stand() -> None:
    model = measured_model("encoder")
    questions = ["a cat", "some dog", "the owl"]
    asked = tuple(replace(one, text=questions[i % 3]) for i, one in enumerate(TASKS[KIN].train))
    task = replace(
        TASKS[KIN], metric="mean_average_precision", validation=asked[:40], test=asked[40:]
    )
    encoded = model.encode(KIN, task.validation)
    order = np.random.default_rng(0).permutation(40)
    halves = (order[:24], order[24:])
    selection, gate = ([encoded[i] for i in half.tolist()] for half in halves)
    judged = judge_branch(model, task, selection=selection, gate=gate, halves=halves)
    assert judged.selection.beliefs is not None
    precisions = []
    for question in range(3):
        rows = [row for row, i in enumerate(halves[0].tolist()) if i % 3 == question]
        right, belief = (
            [selection[row].gold for row in rows],
            judged.selection.beliefs[rows, 1],
        )
        precisions.append(average_precision_score(right, belief))
    assert judged.selection.metric == pytest.approx(np.mean(precisions))
    assert judged.gate.metric != judged.selection.metric
    with pytest.raises(ValueError, match="where the halves' examples stand"):
        judge_branch(model, task, selection=selection, gate=gate)
    test = judge_test(model, task, model.encode(KIN, task.test), temperature=1.0)
    assert 0 < test.metric <= 1


def test_labels_reach_a_metric_that_knows_them_by_name() -> None:
    model = measured_model("encoder")
    encoded = examples(model, MOOD, 20)
    named = replace(TASKS[MOOD], metric="f1_against_favor_mean", labels=("favor", "against"))
    judged = judge_branch(model, named, selection=encoded, gate=encoded)
    macro = replace(TASKS[MOOD], metric="macro_f1")
    assert judged.selection.metric == pytest.approx(
        judge_branch(model, macro, selection=encoded, gate=encoded).selection.metric
    )


@pytest.mark.parametrize("task", [MOOD, PICK, TALLY])
def test_a_branch_that_diverged_raises(task: int) -> None:
    model = measured_model("encoder")
    with torch.no_grad():
        next(iter(model.shared_parameters().values()))[:] = torch.nan
    encoded = examples(model, task, 10)
    with pytest.raises(DivergedError, match="20 of 20 examples"):
        judge_branch(model, TASKS[task], selection=encoded, gate=encoded)
