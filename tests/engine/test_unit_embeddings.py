"""What a model makes of texts, beside the bare network reading the bare texts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from measured_models import KIN, KINDS, MOOD, PICK, TALLY, Kind, examples, measured_model
from numpy.typing import NDArray

from engine.model.batch import Encoded, Row
from engine.model.decoder import DecoderModel
from engine.model.encoder import EncoderModel
from engine.signals.unit_embeddings import unit_embeddings

Model = EncoderModel | DecoderModel


def _alone(model: Model, example: Encoded) -> NDArray[np.float64]:
    """The network's mean state over one text that never had a prefix, at length 1."""
    row, answers = example.rows[0], [set(other.ids.tolist()) for other in example.rows]
    at = int(model.collate([example]).prefix_R[0])
    stop = row.answer_start
    if len(answers) > 1 and isinstance(model, EncoderModel):  # options follow the text's end
        stop = row.num_first
    ids = torch.tensor([[*row.ids[:at].tolist(), *row.ids[at + 1 : stop].tolist()]])
    if isinstance(model, EncoderModel):
        second = torch.arange(ids.shape[1])[None] >= row.num_first - 1
        states = model.network(input_ids=ids, token_type_ids=second.long()).last_hidden_state[0]
    else:
        states = model.network.base_model(input_ids=ids).last_hidden_state[0][at:]
    mean: NDArray[np.float64] = states.mean(0).detach().double().numpy()
    return mean / np.linalg.norm(mean)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("task", [MOOD, KIN, TALLY])
def test_an_embedding_is_the_base_models_mean_state_of_the_text(kind: Kind, task: int) -> None:
    model = measured_model(kind)
    encoded = examples(model, task, 9)
    got = unit_embeddings(model, encoded, batch_size=4)
    assert got.shape == (9, 32)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, [_alone(model, one) for one in encoded], atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_neither_answers_nor_prefixes_nor_heads_have_a_part_in_it(kind: Kind) -> None:
    model = measured_model(kind)
    for task in (MOOD, TALLY):
        encoded = examples(model, task, 5)
        before = unit_embeddings(model, encoded)
        assert before.std(axis=0).max() > 0.01  # texts are told apart
        changed = [replace(one, gold=1 - one.gold, task=KIN) for one in encoded]
        with torch.no_grad():
            model.prefix_table.vectors_KD.add_(3.0)
            for parameter in model.heads.parameters():
                parameter.add_(1.0)
        assert unit_embeddings(model, changed).tobytes() == before.tobytes()


def test_the_options_that_an_encoder_reads_with_a_text_are_left_out() -> None:
    model = measured_model("encoder")
    for one in examples(model, PICK, 6):
        (got,) = unit_embeddings(model, [one])
        row = one.rows[0]
        ids = row.ids[: row.num_first]
        text = Encoded(MOOD, (Row(ids, len(ids), len(ids)),), 0.0)
        np.testing.assert_allclose(got, unit_embeddings(model, [text])[0], atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_dropout_is_off_and_the_mode_stays(kind: Kind) -> None:
    model = measured_model(kind)
    encoded = examples(model, MOOD, 5)
    still = unit_embeddings(model, encoded)
    model.train(True)
    assert unit_embeddings(model, encoded).tobytes() == still.tobytes()
    assert model.training


@pytest.mark.parametrize("kind", KINDS)
def test_texts_without_a_direction_are_left_out_and_the_others_stay(kind: Kind) -> None:
    model = measured_model(kind)
    encoded = examples(model, MOOD, 12)
    words = [set(one.rows[0].ids[2:].tolist()) for one in encoded]
    broken = next(word for word in sorted(words[0]) if sum(word in each for each in words) < 9)
    whole = unit_embeddings(model, encoded)
    with torch.no_grad():
        model.network.get_input_embeddings().weight[broken] = torch.nan
    kept = [number for number, each in enumerate(words) if broken not in each]
    assert 0 < len(kept) < 12
    np.testing.assert_allclose(unit_embeddings(model, encoded), whole[kept], atol=1e-5)
    assert unit_embeddings(model, encoded[:1]).shape == (0, 32)
    assert unit_embeddings(model, []).shape == (0, 0)


@pytest.mark.parametrize("state", [0.0, torch.inf, torch.nan])
def test_a_state_of_zero_or_without_end_is_no_direction(state: float) -> None:
    model = measured_model("encoder")
    with torch.no_grad():
        norm = model.network.encoder.layer[1].output.LayerNorm
        norm.weight.zero_()
        norm.bias.fill_(state)
    assert unit_embeddings(model, examples(model, MOOD, 3)).shape == (0, 32)
