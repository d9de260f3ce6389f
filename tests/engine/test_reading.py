"""How examples become rows: prefix positions, parts and their order, pooling without padding."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_models import tiny_decoder, tiny_encoder, tiny_tasks

from engine.model.base_network import BaseModel, load_base
from engine.model.batch import Encoded, Row
from engine.model.build_model import build_model
from engine.model.decoder import DecoderModel
from engine.model.encoder import EncoderModel
from engine.model.pooling import masked_mean
from engine.model.tokens import fit, tokenise
from tasks import Example, Pool

POOL = Pool(tiny_tasks())
MOOD, KIN, PICK, TALLY = range(4)


@pytest.fixture(scope="module")
def encoder_base(tmp_path_factory: pytest.TempPathFactory) -> BaseModel:
    return load_base(str(tiny_encoder(tmp_path_factory.mktemp("e"))))


@pytest.fixture(scope="module")
def decoder_base(tmp_path_factory: pytest.TempPathFactory) -> BaseModel:
    return load_base(str(tiny_decoder(tmp_path_factory.mktemp("d"))))


@pytest.fixture(scope="module")
def encoder(encoder_base: BaseModel) -> EncoderModel:
    model = build_model(encoder_base, POOL, max_length=48, seed=(0,))
    assert isinstance(model, EncoderModel)
    return model.eval()


@pytest.fixture(scope="module")
def decoder(decoder_base: BaseModel) -> DecoderModel:
    model = build_model(decoder_base, POOL, max_length=48, seed=(0,))
    assert isinstance(model, DecoderModel)
    return model.eval()


def words(base: BaseModel, encoded: Encoded) -> list[str]:
    return [" ".join(base.tokenizer.convert_ids_to_tokens(row.ids)) for row in encoded.rows]


def test_an_encoder_reads_start_prefix_text_pair(
    encoder: EncoderModel, encoder_base: BaseModel
) -> None:
    (one,) = encoder.encode(KIN, [Example(text="the cat", pair="a dog", label=1)])
    assert words(encoder_base, one) == ["[CLS] [PAD] the cat [SEP] a dog [SEP]"]
    (longer,) = encoder.encode(MOOD, [Example(text="the cat " * 4, label=1)])
    batch = encoder.collate([one, longer])
    assert batch.segments_RT.tolist() == [[0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0], [0] * 11]


def test_an_encoder_reads_one_row_for_each_option(
    encoder: EncoderModel, encoder_base: BaseModel
) -> None:
    example = Example(text="the cat", label=0, options=("owl", "plum", "saw"))
    (one,) = encoder.encode(PICK, [example])
    assert words(encoder_base, one) == [
        f"[CLS] [PAD] the cat [SEP] {option} [SEP]" for option in ("owl", "plum", "saw")
    ]


def test_a_decoder_reads_start_prefix_text_pair_answer(
    decoder: DecoderModel, decoder_base: BaseModel
) -> None:
    (one,) = decoder.encode(KIN, [Example(text="the cat", pair="a dog", label=1)])
    texts = [decoder_base.tokenizer.decode(row.ids) for row in one.rows]
    assert texts == ["<s><pad>the cat\na dog\nunlike</s>", "<s><pad>the cat\na dog\nalike</s>"]
    answers = [decoder_base.tokenizer.decode(row.ids[row.answer_start :]) for row in one.rows]
    assert answers == ["unlike</s>", "alike</s>"]


def test_text_that_looks_like_a_special_token_is_only_text(
    encoder: EncoderModel, encoder_base: BaseModel
) -> None:
    (one,) = encoder.encode(MOOD, [Example(text="the [SEP] cat [MASK]", label=1)])
    ids = one.rows[0].ids.tolist()
    assert ids.count(encoder_base.tokenizer.sep_token_id) == 1
    assert encoder_base.tokenizer.mask_token_id not in ids


@pytest.mark.parametrize("kind", ["encoder", "decoder"])
def test_the_prefix_vector_and_nothing_else_stands_at_position_one(
    kind: str, request: pytest.FixtureRequest
) -> None:
    model = request.getfixturevalue(kind)
    examples = [
        one
        for number, task in enumerate(POOL.values())
        for one in model.encode(number, task.train[:3])
    ]
    batch = model.collate(examples)
    assert batch.prefix_R.tolist() == [1] * len(batch.prefix_R)
    assert (batch.input_ids_RT[:, 1] == batch.input_ids_RT[:, 1][0]).all()
    words = model.network.get_input_embeddings()(batch.input_ids_RT)
    with torch.no_grad():
        model.prefix_table.vectors_KD.copy_(
            torch.arange(4.0)[:, None].expand_as(model.prefix_table.vectors_KD)
        )
        embeds = model.prefix_table.put(words, batch)
        model.prefix_table.vectors_KD.copy_(
            model.prefix_table.start_D.expand_as(model.prefix_table.vectors_KD)
        )
    expected = batch.task_B[batch.example_R].float()
    assert torch.equal(embeds[:, 1], expected[:, None].expand_as(embeds[:, 1]))
    assert torch.equal(embeds[:, 2:], words[:, 2:])
    assert torch.equal(embeds[:, 0], words[:, 0])


def test_pooling_leaves_padding_out() -> None:
    states = torch.randn(2, 5, 3, generator=torch.Generator().manual_seed(0))
    attention = torch.tensor([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]])
    pooled = masked_mean(states, attention)
    torch.testing.assert_close(pooled[0], states[0, :3].mean(0))
    torch.testing.assert_close(pooled[1], states[1].mean(0))


def test_padding_does_not_change_an_encoding(encoder: EncoderModel) -> None:
    short, long = encoder.encode(
        MOOD, [Example(text="the cat", label=0), Example(text="the cat " * 12, label=0)]
    )
    alone, padded = (encoder.pooled(encoder.collate(each)) for each in ([short], [short, long]))
    torch.testing.assert_close(alone[0], padded[0])


def test_options_are_scored_with_their_true_number(encoder: EncoderModel) -> None:
    examples = [
        Example(text="the cat", label=0, options=("owl", "plum")),
        Example(text="the cat", label=3, options=("owl", "plum", "saw", "fig")),
    ]
    batch = encoder.collate(encoder.encode(PICK, examples))
    logits = encoder.logits(batch)
    assert logits.isfinite().tolist() == [[True, True, False, False], [True] * 4]
    by_hand = -logits.log_softmax(dim=1)[[0, 1], [0, 3]]
    torch.testing.assert_close(encoder.losses(batch), by_hand)


def test_a_score_is_predicted_in_its_own_unit_and_judged_in_deviations(
    encoder: EncoderModel,
) -> None:
    batch = encoder.collate(encoder.encode(TALLY, POOL["tally"].train))
    scores, gold = encoder.logits(batch)[:, 0].detach(), batch.gold_B
    assert abs(float(scores.mean() - gold.mean())) < 0.5 * float(gold.std())
    deviation = gold.std(correction=0)
    torch.testing.assert_close(
        encoder.losses(batch).detach(), ((scores - gold) / deviation).square() / 2
    )


def test_a_decoders_belief_is_the_mean_log_likelihood_of_the_answer(
    decoder: DecoderModel,
) -> None:
    (one,) = decoder.encode(PICK, [Example(text="the cat", label=0, options=("owl", "a plum"))])
    logits = decoder.logits(decoder.collate([one]))[0]
    for number, row in enumerate(one.rows):
        embeds = decoder.network.get_input_embeddings()(torch.tensor([row.ids.tolist()]))
        embeds[:, 1] = decoder.prefix_table.vectors_KD[PICK]
        read = decoder.network(inputs_embeds=embeds).logits[0].log_softmax(-1)
        answer = range(row.answer_start, len(row.ids))
        by_hand = torch.stack([read[at - 1, int(row.ids[at])] for at in answer]).mean()
        torch.testing.assert_close(logits[number], by_hand)
    torch.testing.assert_close(decoder.losses(decoder.collate([one]))[0], -logits[0])


def test_rows_are_equal_where_they_are_read_alike() -> None:
    row = Row(np.array([5, 6, 7], dtype=np.uint16), num_first=2, answer_start=3)
    assert row == replace(row, ids=np.array([5, 6, 7]))
    assert row != replace(row, ids=np.array([5, 6, 8]))
    assert row != replace(row, ids=np.array([5, 6]))
    assert row != replace(row, num_first=3)
    assert row != replace(row, answer_start=2)
    assert row != (5, 6, 7)


def test_the_longest_part_is_cut_first() -> None:
    parts = [tuple(range(20)), tuple(range(5)), tuple(range(9))]
    assert [len(part) for part in fit(parts, 100)] == [20, 5, 9]
    assert [len(part) for part in fit(parts, 24)] == [10, 5, 9]
    assert [len(part) for part in fit(parts, 18)] == [6, 5, 6]
    assert [len(part) for part in fit(parts, 0)] == [0, 0, 0]
    assert fit([(1, 2, 3)], 2) == [(1, 2)]


def test_equal_texts_are_tokenised_alike_in_any_company(encoder_base: BaseModel) -> None:
    alone = tokenise(encoder_base.tokenizer, ["the cat"], max_length=8)
    others = tokenise(encoder_base.tokenizer, ["a dog " * 50, "the cat", ""], max_length=8)
    assert alone["the cat"] == others["the cat"]
    assert len(others["a dog " * 50]) == 8
    assert others[""] == ()
