"""Schedules, early stopping and limits of a branch's training; hiding in the warm-up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_models import tiny_encoder, tiny_tasks

from engine.gains.evaluation import evaluating
from engine.model.base_network import load_base
from engine.model.batch import Encoded
from engine.model.build_model import build_model
from engine.model.decoder import DecoderModel
from engine.model.encoder import EncoderModel
from engine.training.branch import Trained, train_branch
from engine.training.data_stream import Step, branch_steps
from engine.training.failures import DivergedError
from engine.training.jobs import BranchJob, Schedule
from engine.training.optimizer import Optimizer, Rates, rate_factor
from engine.training.warm_up import hide, text_only
from tasks import Pool

POOL = Pool(tiny_tasks())
SCHEDULE = Schedule(steps=12, target_batch=6, candidate_batch=4, learning_rate=1e-3)
JOB = BranchJob(
    key="r00-p1",
    attempt=1,
    start="",
    mixture={"kin": 0.5, "tally": 0.5},
    schedule=SCHEDULE,
    seed=(0, 4, 0),
    deadline_s=60,
)
Model = EncoderModel | DecoderModel


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_encoder(tmp_path_factory.mktemp("base"))


@pytest.fixture
def model(folder: Path) -> Model:
    return build_model(load_base(str(folder)), POOL, max_length=32, seed=(0, 1))


def trained(
    model: Model, judge: Callable[[], float] | None = None, *, job: BranchJob = JOB, **plan: object
) -> Trained:
    encoded = {
        name: model.encode(number, task.train) for number, (name, task) in enumerate(POOL.items())
    }
    job = replace(job, schedule=replace(job.schedule, **plan))  # type: ignore[arg-type]
    targets = {"mood": encoded["mood"]}
    return train_branch(model, branch_steps(targets, encoded, job), job, judge=judge)


def copied(model: Model) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in model.state().items()}


def scripted(model: Model, losses: list[float]) -> tuple[Callable[[], float], list[dict]]:  # type: ignore[type-arg]
    """A judge that says `losses` one after another, and the states that it saw."""
    states: list[dict[str, torch.Tensor]] = []
    said: Iterator[float] = iter(losses)

    def judge() -> float:
        states.append(copied(model))
        return next(said)

    return judge, states


def test_early_stopping_keeps_the_best_state(model: Model) -> None:
    judge, states = scripted(model, [4.0, 3.0, 1.0, 2.0, 2.5])
    result = trained(model, judge, evaluate_every=3)
    assert result.curve == ((0, 4.0), (3, 3.0), (6, 1.0), (9, 2.0), (12, 2.5))
    assert result.kept == 6
    kept = model.state()
    assert all(torch.equal(kept[name], states[2][name]) for name in kept)
    assert not all(torch.equal(kept[name], states[4][name]) for name in kept)


def test_training_that_only_makes_it_worse_gives_the_start_back(model: Model) -> None:
    before = {name: tensor.clone() for name, tensor in model.state().items()}
    judge, _ = scripted(model, [1.0, 2.0, 3.0, 4.0, 5.0])
    assert trained(model, judge, evaluate_every=3).kept == 0
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state().items())


def test_training_stops_when_patience_is_out(model: Model) -> None:
    judge, _ = scripted(model, [4.0, 1.0, 2.0, 3.0, 0.0])
    result = trained(model, judge, evaluate_every=2, patience=2)
    assert result.curve == ((0, 4.0), (2, 1.0), (4, 2.0), (6, 3.0))
    assert result.kept == 2
    assert result.cost.examples == 6 * 10


def test_the_last_state_is_judged_even_between_evaluations(model: Model) -> None:
    judge, _ = scripted(model, [4.0, 3.0, 2.0, 1.0])
    result = trained(model, judge, evaluate_every=5)
    assert result.curve == ((0, 4.0), (5, 3.0), (10, 2.0), (12, 1.0))
    assert result.kept == 12


def test_without_evaluations_the_last_state_is_kept(model: Model) -> None:
    judge, states = scripted(model, [])
    result = trained(model, judge)
    assert (result.curve, result.kept, states) == ((), 12, [])


def test_judging_does_not_change_what_is_learned(folder: Path, model: Model) -> None:
    other = build_model(load_base(str(folder)), POOL, max_length=32, seed=(0, 1))
    batch = other.collate(other.encode(0, POOL["mood"].validation))
    said = iter([4.0, 3.0, 2.0, 1.0])

    def judge() -> float:
        with evaluating(other), torch.no_grad():
            other.losses(batch)
        return next(said)

    trained(model)
    trained(other, judge, evaluate_every=4)
    last = other.state()
    assert all(torch.equal(tensor, last[name]) for name, tensor in model.state().items())


def test_training_stops_at_its_token_limit(model: Model) -> None:
    full = trained(model)
    assert full.cost.examples == 12 * 10
    short = trained(model, max_tokens=full.cost.tokens // 2)
    assert full.cost.tokens // 2 <= short.cost.tokens < full.cost.tokens * 0.65


def test_dropout_on_the_target_does_not_depend_on_the_mixture(folder: Path) -> None:
    """At a learning rate of 0 every step's target loss is that of the start, dropout included."""
    seen = []
    for mixture in ({}, {"kin": 1.0}, {"tally": 0.5, "pick": 0.5}):
        model = build_model(load_base(str(folder)), POOL, max_length=32, seed=(0, 1))
        losses: list[float] = []
        whole = model.losses

        def spy(batch, whole=whole, losses=losses):  # type: ignore[no-untyped-def]
            answer = whole(batch)
            if int(batch.task_B[0]) == 0:
                losses.append(float(answer.detach().sum()))
            return answer

        model.losses = spy  # type: ignore[method-assign]
        trained(model, job=replace(JOB, mixture=mixture), learning_rate=0.0)
        seen.append(losses)
    assert seen[0] == seen[1] == seen[2]
    assert len(seen[0]) == 12


def test_a_loss_that_is_not_finite_ends_the_branch(model: Model) -> None:
    with torch.no_grad():
        model.prefix_table.vectors_KD[0, 0] = float("nan")
    with pytest.raises(DivergedError, match="step 1"):
        trained(model)


def test_torchs_own_random_state_is_left_alone(model: Model) -> None:
    before = torch.random.get_rng_state()
    trained(model, steps=2)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert not model.training


def test_what_is_not_trained_on_stays_exactly_as_it_is(model: Model) -> None:
    before = copied(model)
    trained(model)
    after = model.state()
    pick = 2
    assert torch.equal(
        before["prefix_table.vectors_KD"][pick], after["prefix_table.vectors_KD"][pick]
    )
    options_row = -1
    assert torch.equal(
        before["heads.weight_HD"][options_row], after["heads.weight_HD"][options_row]
    )
    assert not torch.equal(before["heads.weight_HD"][0], after["heads.weight_HD"][0])


def test_the_rate_rises_and_falls_and_never_is_zero() -> None:
    factors = [rate_factor(step, steps=20, rise=0.25) for step in range(20)]
    assert factors.index(max(factors)) == 5
    assert max(factors) == 1.0
    assert min(factors) > 0
    assert factors == sorted(factors[:5]) + sorted(factors[5:], reverse=True)
    assert rate_factor(0, steps=1, rise=0.1) == 1.0
    assert all(0 < rate_factor(step, steps=4, rise=1.0) <= 1 for step in range(4))


def test_heads_and_prefixes_learn_at_their_own_rates(model: Model) -> None:
    batch = model.collate(model.encode(0, POOL["mood"].train[:8]))
    before = copied(model)
    optimizer = Optimizer(model, Rates(body=1e-4, prefixes=2e-2, weight_decay=0.0))
    model.losses(batch).mean().backward()  # type: ignore[no-untyped-call]
    optimizer.step(0.5)
    # The first update of Adam is the rate itself wherever there is a gradient.
    moved = {name: float((model.state()[name] - before[name]).abs().max()) for name in before}
    assert moved["heads.weight_HD"] == pytest.approx(0.5e-3, rel=0.05)
    assert moved["prefix_table.vectors_KD"] == pytest.approx(1e-2, rel=0.05)
    body = "network.encoder.layer.0.intermediate.dense.weight"
    assert moved[body] == pytest.approx(0.5e-4, rel=0.05)


def test_text_only_leaves_the_answers_out(model: Model) -> None:
    task = POOL["pick"]
    (example,) = model.encode(2, task.train[:1])
    (row,) = text_only(example).rows
    assert all(list(other.ids[: len(row.ids)]) == list(row.ids) for other in example.rows)
    assert 1 < len(row.ids) < min(len(other.ids) for other in example.rows)
    alone, whole = (model.collate([one]).segments_RT for one in (text_only(example), example))
    assert torch.equal(alone[0], whole[0, : len(row.ids)])
    (single,) = model.encode(0, POOL["mood"].train[:1])
    assert list(text_only(single).rows[0].ids) == list(single.rows[0].ids)


def test_about_the_asked_share_is_hidden_and_never_padding(model: Model) -> None:
    batch = model.collate([one for one in model.encode(0, POOL["mood"].train)])
    hidden = hide(batch, 0.25, np.random.default_rng(0))
    tokens = batch.attention_RT.bool()
    assert not hidden[~tokens].any()
    # Some 1,000 tokens: the share's standard deviation is about 0.014.
    assert abs(float(hidden[tokens].float().mean()) - 0.25) < 0.07
    assert bool(hide(batch, 1e-12, np.random.default_rng(0)).any())


def test_steps_may_come_from_anywhere(model: Model) -> None:
    encoded: Sequence[Encoded] = model.encode(0, POOL["mood"].train[:4])
    result = train_branch(model, [Step(encoded), Step(encoded, encoded[:2])], JOB)
    assert result.cost.examples == 10
    assert result.kept == 2
