"""What a campaign delivers answers as the model on the workbench did."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_models import tiny_decoder, tiny_encoder, tiny_tasks, tiny_text_task
from transformers import AutoModel, AutoTokenizer

from engine.campaign.delivered_model import ABOUT, load_delivered, save_delivered
from engine.gains.evaluation import predict
from engine.model.base_network import BaseModel, load_base
from engine.model.build_model import build_model
from engine.model.decoder import DecoderModel
from engine.model.encoder import EncoderModel
from engine.model.writing import write
from engine.training.optimizer import Optimizer, Rates
from tasks import Example, Pool

POOL = Pool(tiny_tasks())
TEMPERATURES = {"tally": 0.7, "mood": 2.0, "pick": 1.5}
Model = EncoderModel | DecoderModel


def trained_on(folder: Path) -> tuple[Model, BaseModel]:
    base = load_base(str(folder))
    model = build_model(base, POOL, max_length=48, seed=(0,))
    optimizer = Optimizer(model, Rates(body=3e-3, prefixes=3e-2))
    examples = [one for k, task in enumerate(POOL.values()) for one in model.encode(k, task.train)]
    for start in range(0, 64, 16):
        losses = model.losses(model.collate(examples[start :: len(examples) // 24]))
        losses.mean().backward()  # type: ignore[no-untyped-call]
        optimizer.step(1.0)
    return model.eval(), base


@pytest.fixture(scope="module", params=["encoder", "decoder"])
def trained(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Model, BaseModel]:
    build = {"encoder": tiny_encoder, "decoder": tiny_decoder}[request.param]
    return trained_on(build(tmp_path_factory.mktemp("base")))


def test_a_delivered_model_gives_the_same_answers(
    trained: tuple[Model, BaseModel], tmp_path: Path
) -> None:
    model, base = trained
    size = len(base.tokenizer)
    save_delivered(model, base, tmp_path / "model", temperatures=TEMPERATURES)
    assert len(base.tokenizer) == size
    delivered = load_delivered(tmp_path / "model")
    assert delivered.temperatures == TEMPERATURES
    for number, name in enumerate(TEMPERATURES):
        old = list(POOL).index(name)
        examples = POOL[name].test
        before = predict(model, model.encode(old, examples))
        after = predict(delivered.model, delivered.model.encode(number, examples))
        # Heads of other tasks are gone, and with them the order of additions.
        np.testing.assert_allclose(after, before, rtol=1e-5, atol=1e-6)


def test_a_delivered_model_answers_raw_text(
    trained: tuple[Model, BaseModel], tmp_path: Path
) -> None:
    save_delivered(*trained, tmp_path / "model", temperatures=TEMPERATURES)
    delivered = load_delivered(tmp_path / "model")
    (mood,) = delivered.predict("mood", [Example(text="a lovely happy cat", label=99)])
    assert mood.answer in ("bad", "good")
    assert sum(mood.beliefs) == pytest.approx(1.0)
    assert len(mood.beliefs) == 2
    options = ("owl", "plum", "saw")
    picks = delivered.predict(
        "pick", [Example("a cat", 0, "", options), Example("a cat", 0, "", options[:2])]
    )
    assert [len(pick.beliefs) for pick in picks] == [3, 2]
    assert all(pick.answer in options for pick in picks)
    (tally,) = delivered.predict("tally", [Example(text="a lovely happy cat", label=0)])
    assert isinstance(tally.answer, float)
    with pytest.raises(ValueError, match="Did you mean 'mood'"):
        delivered.predict("moody", [])


def test_transformers_alone_reads_the_same_encoding(tmp_path: Path) -> None:
    model, base = trained_on(tiny_encoder(tmp_path / "base"))
    assert isinstance(model, EncoderModel)
    save_delivered(model, base, tmp_path / "model", temperatures={"kin": 1.0})
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "model")
    network = AutoModel.from_pretrained(tmp_path / "model").eval()
    text = "the cat was calm"
    ids = [
        tokenizer.cls_token_id,
        *tokenizer(f"[task: kin] {text}", add_special_tokens=False)["input_ids"],
        tokenizer.sep_token_id,
    ]
    states = network(torch.tensor([ids]), attention_mask=torch.ones(1, len(ids))).last_hidden_state
    pooled = model.pooled(model.collate(model.encode(1, [Example(text=text, label=0)])))
    torch.testing.assert_close(states.mean(1), pooled)


def test_a_newer_delivery_replaces_an_older_and_nothing_else(
    trained: tuple[Model, BaseModel], tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    for temperature in (1.0, 2.0):
        save_delivered(*trained, folder, temperatures={"mood": temperature})
    assert load_delivered(folder).temperatures == {"mood": 2.0}
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "thesis.txt").write_text("years of work")
    with pytest.raises(ValueError, match="is no delivered model"):
        save_delivered(*trained, tmp_path / "precious", temperatures={"mood": 1.0})


def test_tasks_that_share_a_head_are_delivered_together(tmp_path: Path) -> None:
    tasks = tiny_tasks()
    pool = Pool([*tasks, replace(tasks[0], name="temper")])
    base = load_base(str(tiny_encoder(tmp_path / "base")))
    model = build_model(base, pool, max_length=48, seed=(0,)).eval()
    temperatures = {"temper": 1.0, "kin": 1.0, "mood": 1.0}
    save_delivered(model, base, tmp_path / "model", temperatures=temperatures)
    delivered = load_delivered(tmp_path / "model").model
    for number, name in enumerate(temperatures):
        examples, old = pool[name].test, list(pool).index(name)
        after = predict(delivered, delivered.encode(number, examples))
        before = predict(model, model.encode(old, examples))
        np.testing.assert_allclose(after, before, rtol=1e-5, atol=1e-6)


def test_a_delivered_decoder_writes_what_it_was_trained_to(tmp_path: Path) -> None:
    task = tiny_text_task(train=200)
    pool = Pool([*tiny_tasks(), task])
    base = load_base(str(tiny_decoder(tmp_path / "base", dropout=0.0)))
    model = build_model(base, pool, max_length=40, seed=(0,))
    assert isinstance(model, DecoderModel)
    examples = model.encode(4, task.train)
    optimizer = Optimizer(model, Rates(body=3e-3, prefixes=3e-2))
    for step in range(250):
        losses = model.losses(model.collate(examples[step * 16 % 192 :][:16]))
        losses.mean().backward()  # type: ignore[no-untyped-call]
        optimizer.step(1.0)
    model.eval()
    save_delivered(model, base, tmp_path / "model", temperatures={"copy": 1.0, "mood": 2.0})
    delivered = load_delivered(tmp_path / "model")
    asked = [Example(text=one.text, label=0) for one in task.test]
    answers = [prediction.answer for prediction in delivered.predict("copy", asked)]
    assert answers == write(model, 4, task.test)
    right = [answer == one.answer for answer, one in zip(answers, task.test, strict=True)]
    assert sum(right) > 0.8 * len(right)
    assert delivered.predict("copy", asked)[0].beliefs == ()
    assert delivered.predict("mood", asked[:1])[0].answer in ("bad", "good")


def test_a_delivery_from_before_there_were_written_answers_is_read(
    trained: tuple[Model, BaseModel], tmp_path: Path
) -> None:
    save_delivered(*trained, tmp_path / "model", temperatures=TEMPERATURES)
    path = tmp_path / "model" / ABOUT
    about = json.loads(path.read_text())
    for entry in about["tasks"]:
        del entry["longest"]
    path.write_text(json.dumps(about | {"format": 1}))
    assert load_delivered(tmp_path / "model").temperatures == TEMPERATURES


def test_an_unknown_task_is_not_delivered(trained: tuple[Model, BaseModel], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no task 'nobody'"):
        save_delivered(*trained, tmp_path / "model", temperatures={"nobody": 1.0})
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_none_of_ours_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=ABOUT):
        load_delivered(tmp_path)
    (tmp_path / ABOUT).write_text(json.dumps({"format": 99}))
    with pytest.raises(ValueError, match="format 99"):
        load_delivered(tmp_path)
