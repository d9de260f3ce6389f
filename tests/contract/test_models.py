"""What training, evaluation and gradients ask of any model: encoder and decoder, the same body."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_models import tiny_decoder, tiny_encoder, tiny_tasks, tiny_text_task

from engine.gains.evaluation import judge_branch, predict
from engine.model.answers import BadTaskError
from engine.model.base_network import load_base
from engine.model.batch import Encoded
from engine.model.build_model import build_model
from engine.model.decoder import DecoderModel
from engine.model.encoder import EncoderModel
from engine.signals.gradients import mean_gradient
from engine.training.optimizer import Optimizer, Rates
from engine.training.warm_up import hide, text_only
from tasks import Example, Pool

POOL = Pool(tiny_tasks())
WRITTEN = Pool([*tiny_tasks(), tiny_text_task()])
"""With a task that only decoders can answer, after the others."""

Model = EncoderModel | DecoderModel


@pytest.fixture(scope="module", params=["encoder", "decoder"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    build = {"encoder": tiny_encoder, "decoder": tiny_decoder}[request.param]
    return build(tmp_path_factory.mktemp("base"), dropout=0.0)


@pytest.fixture
def model(folder: Path) -> Iterator[Model]:
    torch.set_num_threads(1)
    yield built(folder, seed=(0, 1))


def built(folder: Path, *, seed: tuple[int, int]) -> Model:
    base = load_base(str(folder))
    return build_model(base, WRITTEN if base.is_decoder else POOL, max_length=48, seed=seed)


def pool_of(model: Model) -> Pool:
    """Every kind of task that the model can answer."""
    return WRITTEN if isinstance(model, DecoderModel) else POOL


def encoded(model: Model, *, count: int = 8) -> list[Encoded]:
    """Some training examples of every task."""
    return [
        one
        for number, task in enumerate(pool_of(model).values())
        for one in model.encode(number, task.train[:count])
    ]


def test_training_lowers_the_loss_of_every_task(model: Model) -> None:
    examples = encoded(model)
    optimizer = Optimizer(model, Rates(body=3e-3, prefixes=3e-2))
    batch = model.collate(examples)
    before = model.losses(batch).detach()
    for _ in range(60):
        model.losses(batch).mean().backward()  # type: ignore[no-untyped-call]
        optimizer.step(1.0)
    after = model.losses(batch).detach()
    for number, name in enumerate(pool_of(model)):
        of_task = batch.task_B == number
        assert after[of_task].mean() < 0.9 * before[of_task].mean(), name


def test_losses_and_logits_have_the_promised_shape(model: Model) -> None:
    examples = encoded(model)
    batch = model.collate(examples)
    logits, losses = model.logits(batch), model.losses(batch)
    assert losses.shape == (len(examples),)
    assert losses.dtype == logits.dtype == torch.float32
    for example, row in zip(examples, logits, strict=True):
        task = list(pool_of(model).values())[example.task]
        num_answers = {
            "labels": len(task.labels),
            "options": len(example.rows),
            "score": 1,
            "text": 2,
        }
        assert int(row.isfinite().sum()) == num_answers[task.kind]
        assert row[: num_answers[task.kind]].isfinite().all()


def test_an_example_is_answered_alike_alone_and_among_others(model: Model) -> None:
    model.train(False)
    examples = encoded(model)
    together = model.logits(model.collate(examples))
    losses = model.losses(model.collate(examples))
    for number, example in enumerate(examples):
        alone = model.collate([example])
        width = model.logits(alone).shape[1]
        torch.testing.assert_close(model.logits(alone)[0], together[number, :width])
        torch.testing.assert_close(model.losses(alone)[0], losses[number])


def test_a_branch_is_judged_on_every_kind_of_task(model: Model) -> None:
    for number, task in enumerate(pool_of(model).values()):
        validation = model.encode(number, task.validation)
        evaluation = judge_branch(model, task, selection=validation[:24], gate=validation[24:])
        assert np.isfinite(evaluation.selection.losses).all()
        assert evaluation.selection.losses.shape == (24,)


def test_prediction_does_not_depend_on_batches(model: Model) -> None:
    examples = encoded(model)
    np.testing.assert_allclose(
        predict(model, examples, batch_size=3), predict(model, examples, batch_size=32), atol=1e-5
    )


def test_gradients_are_those_of_the_shared_parameters(model: Model) -> None:
    examples = encoded(model)
    gradient = mean_gradient(model, examples)
    names = dict(model.named_parameters())
    assert set(gradient) == set(model.shared_parameters()) <= set(names)
    assert not any("head" in name or "prefix" in name for name in gradient)
    assert all(part.isfinite().all() for part in gradient.values())
    assert max(float(part.abs().max()) for part in gradient.values()) > 0


def test_prefixes_start_alike_and_learn_from_their_own_task_only(model: Model) -> None:
    assert not model.prefixes().any()
    examples = model.encode(1, POOL["kin"].train[:8])
    optimizer = Optimizer(model, Rates(body=1e-3, prefixes=1e-2))
    model.losses(model.collate(examples)).mean().backward()  # type: ignore[no-untyped-call]
    optimizer.step(1.0)
    moved = model.prefixes().norm(dim=1)
    assert moved[1] > 0
    assert not moved[[0, *range(2, len(moved))]].any()


def test_naming_what_is_hidden_can_be_learned(model: Model) -> None:
    batch = model.collate([text_only(one) for one in encoded(model)])
    hidden = hide(batch, 0.25, np.random.default_rng(0))
    optimizer = Optimizer(model, Rates(body=3e-3, prefixes=3e-2))
    losses = []
    for _ in range(30):
        loss = model.masked_losses(batch, hidden_RT=hidden)
        losses.append(float(loss.detach()))
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step(1.0)
    assert losses[-1] < 0.7 * losses[0]
    assert model.prefixes().norm(dim=1).min() > 0


def test_a_hidden_prefix_cannot_be_read(model: Model) -> None:
    model.train(False)
    batch = model.collate([text_only(one) for one in encoded(model)])
    everything = torch.ones_like(batch.input_ids_RT, dtype=torch.bool)
    losses = []
    for seed in (0, 1):
        vector_D = torch.randn(32, generator=torch.Generator().manual_seed(seed))
        with torch.no_grad():
            # The same for all tasks: the output's tie to the vectors would else tell them apart.
            model.prefix_table.vectors_KD.copy_(vector_D.expand(len(pool_of(model)), -1))
        losses.append(model.masked_losses(batch, hidden_RT=everything).detach())
    torch.testing.assert_close(losses[0], losses[1])


def test_state_makes_the_round_trip_exactly(model: Model, folder: Path) -> None:
    examples = encoded(model)
    optimizer = Optimizer(model, Rates(body=1e-3, prefixes=1e-2))
    model.losses(model.collate(examples)).mean().backward()  # type: ignore[no-untyped-call]
    optimizer.step(1.0)
    other = built(folder, seed=(9, 9))
    other.load_state({name: tensor.clone() for name, tensor in model.state().items()})
    for each in (model, other):
        each.train(False)
    batch = model.collate(examples)
    assert torch.equal(model.logits(batch), other.logits(batch))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda state: state.pop("prefix_table.vectors_KD"), "vectors_KD' is missing"),
        (lambda state: state.update(stray=torch.zeros(1)), "'stray' is unknown"),
        (
            lambda state: state.update({"prefix_table.vectors_KD": torch.zeros(1, 2)}),
            r"vectors_KD' has shape \(1, 2\), not \([45], 32\)",
        ),
    ],
)
def test_a_state_that_does_not_fit_is_refused_whole(
    model: Model, change: object, message: str
) -> None:
    state = {name: tensor + 1 for name, tensor in model.state().items()}
    change(state)  # type: ignore[operator]
    before = {name: tensor.clone() for name, tensor in model.state().items()}
    with pytest.raises(ValueError, match=message):
        model.load_state(state)
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state().items())


def test_equal_seeds_build_equal_models(folder: Path, model: Model) -> None:
    before = torch.random.get_rng_state()
    same = built(folder, seed=(0, 1))
    other = built(folder, seed=(0, 2))
    assert torch.equal(torch.random.get_rng_state(), before)
    state, twin, stranger = model.state(), same.state(), other.state()
    assert all(torch.equal(state[name], twin[name]) for name in state)
    assert not all(torch.equal(state[name], stranger[name]) for name in state)


def test_long_texts_are_cut_to_the_limit(model: Model) -> None:
    long = Example(text="the cat " * 200, pair="a plum " * 30, label=0)
    (kin,) = model.encode(1, [long])
    assert 40 < max(len(row.ids) for row in kin.rows) <= 48
    option = Example(text="the cat " * 200, label=1, options=("owl", "fig " * 100))
    (pick,) = model.encode(2, [option])
    assert max(len(row.ids) for row in pick.rows) <= 48
    assert pick.rows[0] != pick.rows[1]
    model.losses(model.collate([kin, pick]))


@pytest.mark.parametrize(
    ("task", "example"),
    [
        (0, Example(text="a", label=2)),
        (0, Example(text="a", label=-1)),
        (2, Example(text="a", label=2, options=("x", "y"))),
        (2, Example(text="a", label=0)),
        (3, Example(text="a", label=float("nan"))),
    ],
)
def test_an_example_without_its_answer_is_blamed_on_its_task(
    model: Model, task: int, example: Example
) -> None:
    good = list(POOL.values())[task].train[0]
    with pytest.raises(BadTaskError, match="example 1") as caught:
        model.encode(task, [good, example])
    assert caught.value.task == list(POOL)[task]


def test_bfloat16_gives_nearly_the_same_losses(model: Model) -> None:
    model.train(False)
    batch = model.collate(encoded(model))
    exact = model.losses(batch)
    with torch.autocast("cpu", torch.bfloat16):
        rough = model.losses(batch)
    assert rough.dtype == torch.float32
    assert not torch.equal(rough, exact)
    torch.testing.assert_close(rough, exact, atol=0.1, rtol=0.1)


def test_training_is_charged_what_it_reads(model: Model) -> None:
    for example in encoded(model):
        charged = model.trained_tokens(example)
        if isinstance(model, EncoderModel) or len(example.rows) == 1:
            assert charged == example.num_tokens
        else:
            assert charged == len(example.rows[int(example.gold)].ids) < example.num_tokens
