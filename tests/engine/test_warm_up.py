"""What a warm-up looks at on its way, and that looking changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from measured_models import KIN, KINDS, MOOD, PICK, TALLY, TASKS, Kind, examples, measured_model

from engine.model.batch import Encoded
from engine.model.decoder import DecoderModel
from engine.model.encoder import EncoderModel
from engine.signals.data_map import Answered, answered, data_map
from engine.training.data_stream import warm_up_batches
from engine.training.jobs import WarmUpJob, checkpoints_of
from engine.training.warm_up import Mapped, WarmedUp, warm_up

Model = EncoderModel | DecoderModel
JOB = WarmUpJob(
    key="warm-up",
    attempt=1,
    mixture={"mood": 0.4, "kin": 0.3, "tally": 0.3},
    steps=9,
    batch=6,
    learning_rate=1e-3,
    prefix_learning_rate=1e-2,
    masking=0.25,
    masked_weight=0.1,
    seed=(0, 2, 0),
    deadline_s=60,
)


def _batches(model: Model, job: WarmUpJob = JOB) -> Iterator[Sequence[Encoded]]:
    tasks = {task.name: examples(model, number, 60) for number, task in enumerate(TASKS)}
    return warm_up_batches(tasks, job)


def _mapped(model: Model) -> list[Mapped]:
    return [
        Mapped(kind=task.kind, examples=examples(model, number, 5, skip=number))
        for number, task in enumerate(TASKS)
    ]


def _run(model: Model, *, looking: bool, job: WarmUpJob = JOB) -> WarmedUp:
    return warm_up(model, _batches(model, job), job, mapped=_mapped(model) if looking else ())


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (200, (50, 100, 150, 200)),
        (9, (2, 4, 6, 9)),
        (4, (1, 2, 3, 4)),
        (3, (1, 2, 3)),
        (2, (1, 2)),
        (1, (1,)),
    ],
)
def test_checkpoints_part_training_equally_and_end_with_it(
    steps: int, expected: tuple[int, ...]
) -> None:
    assert checkpoints_of(steps) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_looking_changes_nothing_of_what_is_trained_and_is_charged(kind: Kind) -> None:
    blind, seeing = measured_model(kind), measured_model(kind)
    without, found = _run(blind, looking=False), _run(seeing, looking=True)
    state = seeing.state()
    assert all(torch.equal(tensor, state[name]) for name, tensor in blind.state().items())
    assert torch.equal(without.prefixes, found.prefixes)
    assert without.data_maps == {}
    read = sum(one.num_tokens for task in _mapped(seeing) for one in task.examples)
    assert found.cost.tokens == without.cost.tokens + 4 * read
    assert found.cost.examples == without.cost.examples


@pytest.mark.parametrize("kind", KINDS)
def test_maps_and_prefixes_are_of_the_states_at_the_checkpoints(kind: Kind) -> None:
    model = measured_model(kind)
    seen: list[list[Answered]] = []
    prefixes: list[torch.Tensor] = []

    def look() -> None:
        mapped = _mapped(model)
        seen.append([answered(model, one.examples, kind=one.kind) for one in mapped])
        prefixes.append(model.prefixes())

    def watched(batches: Iterable[Sequence[Encoded]]) -> Iterator[Sequence[Encoded]]:
        for done, batch in enumerate(batches):
            if done in (2, 4, 6):
                look()
            yield batch

    found = warm_up(model, watched(_batches(model)), JOB, mapped=_mapped(model))
    look()  # after the last step
    assert torch.equal(found.prefixes, torch.stack(prefixes))
    assert found.prefixes.shape == (4, 4, 32)
    maps = [data_map([at[task] for at in seen]) for task in range(4)]
    for signal, column in found.data_maps.items():
        np.testing.assert_array_equal(column, [getattr(one, signal) for one in maps])
    assert set(found.data_maps) == {"confidence", "variability", "correctness"}
    assert np.isfinite(found.data_maps["confidence"]).all()
    assert (found.data_maps["variability"] > 0).all()
    trained = [MOOD, KIN, PICK]
    assert np.isfinite(found.data_maps["correctness"][trained]).all()
    assert np.isnan(found.data_maps["correctness"][TALLY])


def test_what_training_makes_surer_has_more_confidence() -> None:
    model = measured_model("encoder", dropout=0.0)
    examples_of = examples(model, MOOD, 8)
    before = answered(model, examples_of, kind="labels").belief_n.mean()
    job = replace(JOB, mixture={"mood": 1.0}, steps=30, batch=16)
    found = warm_up(
        model, _batches(model, job), job, mapped=[Mapped(kind="labels", examples=examples_of)]
    )
    assert found.data_maps["confidence"][0] > before + 0.05


def test_a_single_step_is_a_single_checkpoint() -> None:
    found = _run(measured_model("encoder"), looking=True, job=replace(JOB, steps=1))
    assert found.prefixes.shape == (1, 4, 32)
    assert np.isnan(found.data_maps["variability"]).all()
    assert np.isfinite(found.data_maps["confidence"]).all()
