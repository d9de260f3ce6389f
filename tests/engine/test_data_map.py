from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from measured_models import KIN, KINDS, MOOD, PICK, TALLY, Kind, examples, measured_model
from tiny_models import tiny_decoder, tiny_text_task

import tasks
from engine.model.base_network import load_base
from engine.model.batch import Batch, Encoded
from engine.model.build_model import build_model
from engine.signals.data_map import Answered, answered, data_map, data_map_columns

NAN = float("nan")


def _seen(beliefs: list[float], right: list[float]) -> Answered:
    return Answered(np.array(beliefs), np.array(right))


def test_a_map_is_mean_spread_and_share_over_the_checkpoints() -> None:
    found = data_map(
        [_seen([0.2, 0.9], [0, 1]), _seen([0.4, 0.9], [0, 1]), _seen([0.9, 0.9], [1, 1])]
    )
    assert found.confidence == pytest.approx((0.2 + 0.4 + 0.9 + 3 * 0.9) / 6)
    spread = ((0.3**2 + 0.1**2 + 0.4**2) / 3) ** 0.5  # of the first example; the other never moves
    assert found.variability == pytest.approx(spread / 2)
    assert found.correctness == pytest.approx(4 / 6)


def test_the_widest_variability_is_a_half() -> None:
    found = data_map([_seen([0.0], [0]), _seen([1.0], [1])])
    assert (found.confidence, found.variability, found.correctness) == (0.5, 0.5, 0.5)


def test_an_example_that_was_once_not_answered_is_left_out() -> None:
    found = data_map([_seen([0.1, 0.4], [0, 1]), _seen([NAN, 0.6], [0, 1])])
    assert found.confidence == pytest.approx(0.5)
    assert found.variability == pytest.approx(0.1)
    assert found.correctness == 1.0


def test_where_nothing_was_answered_there_is_no_evidence() -> None:
    for seen in ([], [_seen([], []), _seen([], [])], [_seen([NAN], [NAN])] * 2):
        found = data_map(seen)
        assert np.isnan([found.confidence, found.variability, found.correctness]).all()
    once = data_map([_seen([0.3], [1])])
    assert (once.confidence, once.correctness) == (0.3, 1.0)
    assert np.isnan(once.variability)


def test_columns_are_by_signal_in_the_order_of_the_tasks() -> None:
    maps = [data_map([_seen([belief], [NAN])] * 2) for belief in (0.1, 0.7)]
    columns = data_map_columns(maps)
    assert list(columns) == ["confidence", "variability", "correctness"]
    np.testing.assert_allclose(columns["confidence"], [0.1, 0.7])
    np.testing.assert_allclose(columns["variability"], 0.0, atol=1e-12)
    assert np.isnan(columns["correctness"]).all()
    assert data_map_columns([]) == {}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("task", [MOOD, KIN, PICK])
def test_belief_is_a_softmax_over_the_possible_answers(kind: Kind, task: int) -> None:
    model = measured_model(kind)
    encoded = examples(model, task, 40)
    found = answered(model, encoded, kind="options" if task == PICK else "labels")
    for number, one in enumerate(encoded):
        logits = model.logits(model.collate([one]))[0].detach().double()
        belief = torch.softmax(logits, 0)[int(one.gold)].item()
        assert found.belief_n[number] == pytest.approx(belief, abs=1e-5)
        assert found.right_n[number] == float(int(logits.argmax()) == one.gold)
    assert 0 < found.right_n.mean() < 1


@pytest.mark.parametrize("kind", KINDS)
def test_scores_are_believed_by_how_far_off_they_are_and_never_right_or_wrong(kind: Kind) -> None:
    model = measured_model(kind)
    encoded = examples(model, TALLY, 40)
    found = answered(model, encoded, kind="score")
    spread = np.std([one.gold for one in examples(model, TALLY, 60)])
    for number, one in enumerate(encoded):
        score = model.logits(model.collate([one]))[0, 0].item()
        density = np.exp(-(((score - one.gold) / spread) ** 2) / 2)
        assert found.belief_n[number] == pytest.approx(density, abs=1e-4)
    assert np.isnan(found.right_n).all()


def test_texts_are_believed_by_the_mean_probability_of_their_tokens(tmp_path: Path) -> None:
    task = tiny_text_task()
    base = load_base(str(tiny_decoder(tmp_path, dropout=0.0)))
    model = build_model(base, {"copy": task}, max_length=40, seed=(0,)).eval()
    encoded = model.encode(0, task.train[:6])
    found = answered(model, encoded, kind="text")
    losses = model.losses(model.collate(encoded)).detach().numpy()
    np.testing.assert_allclose(found.belief_n, np.exp(-losses), rtol=1e-4)
    assert found.right_n.tolist() == [0.0] * 6  # untrained, it writes nothing right


def test_a_model_that_diverged_answers_nothing_and_keeps_its_mode() -> None:
    model = measured_model("encoder")
    encoded = examples(model, MOOD, 4)
    model.train(True)
    with torch.no_grad():
        model.network.encoder.layer[1].output.dense.weight[0, 0] = torch.nan
    found = answered(model, encoded, kind="labels")
    assert np.isnan(found.belief_n).all()
    assert np.isnan(found.right_n).all()
    assert model.training
    assert np.isnan(data_map([found, found]).confidence)


@pytest.mark.parametrize(("task", "kind"), [(MOOD, "labels"), (TALLY, "score")])
def test_an_example_without_a_finite_answer_takes_no_other_with_it(
    task: int, kind: tasks.Kind
) -> None:
    model = measured_model("encoder")
    encoded = examples(model, task, 12)
    sound = answered(model, encoded, kind=kind)
    ids = [set(row.ids.tolist()) for one in encoded for row in one.rows]
    word = min(set().union(*ids), key=lambda word: sum(word in own for own in ids))
    sick = np.array([word in own for own in ids])
    with torch.no_grad():
        model.network.embeddings.word_embeddings.weight[word] = torch.nan
    found = answered(model, encoded, kind=kind)
    assert np.isnan(found.belief_n[sick]).all() and np.isnan(found.right_n[sick]).all()
    np.testing.assert_allclose(found.belief_n[~sick], sound.belief_n[~sick])
    np.testing.assert_array_equal(found.right_n[~sick], sound.right_n[~sick])
    assert np.isfinite(data_map([found, found]).confidence)


@pytest.mark.parametrize(("task", "kind"), [(MOOD, "labels"), (PICK, "options"), (TALLY, "score")])
def test_a_look_reads_each_example_once_as_it_is_charged(
    task: int, kind: tasks.Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = measured_model("encoder")
    encoded = examples(model, task, 20)
    collate, read = model.collate, list[int]()

    def counting(batch: Sequence[Encoded]) -> Batch:
        read.append(len(batch))
        return collate(batch)

    monkeypatch.setattr(model, "collate", counting)
    answered(model, encoded, kind=kind)
    assert sum(read) == 20
