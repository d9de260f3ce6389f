"""A task is known by its examples, a model by its files; neither by a name."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from made_evidence import topic_task
from tiny_models import tiny_encoder

from engine.evidence.identity import identity_of, model_identity
from engine.evidence.records import stored_task
from tasks import Example, Pool, screen

TASK = topic_task("birds")
ANOTHER = Example(text="another", label=0)


def test_a_task_by_another_name_is_the_same_task() -> None:
    renamed = replace(TASK, name="x", family="y", metric="macro_f1", description="z", source="w")
    assert identity_of(renamed) == identity_of(TASK)
    assert len(identity_of(TASK)) == 32


@pytest.mark.parametrize(
    "changes",
    [
        {"train": [*TASK.train[1:], ANOTHER]},
        {"train": [replace(TASK.train[0], label=1 - TASK.train[0].label), *TASK.train[1:]]},
        {"train": TASK.train[1:]},
        {"validation": [*TASK.validation[1:], ANOTHER]},
        {"labels": ("yes", "no")},
        {"kind": "score", "labels": ()},
    ],
    ids=["text", "label", "fewer", "validation", "label names", "kind"],
)
def test_a_task_that_teaches_or_judges_otherwise_is_another(changes: dict[str, Any]) -> None:
    assert identity_of(replace(TASK, **changes)) != identity_of(TASK)


def test_the_test_split_has_no_part_in_it() -> None:
    assert identity_of(replace(TASK, test=[ANOTHER])) == identity_of(TASK)


def test_what_screening_takes_out_for_one_target_leaves_the_task_what_it_is() -> None:
    told = Example(text="this very long text is in the target's validation split, too", label=1)
    candidate = replace(TASK, train=[*TASK.train, told])
    target = topic_task("courts")
    target = replace(target, validation=[*target.validation, told])
    pool = screen(Pool([candidate, target]), ("courts",)).pool
    assert len(pool["birds"].train) == len(candidate.train) - 1
    assert identity_of(pool["birds"]) == identity_of(candidate)
    one, other = (stored_task(it, tokens_per_example=1.0) for it in (candidate, pool["birds"]))
    assert one.embedding == other.embedding
    assert (one.num_examples, other.num_examples) == (121, 120)


def test_a_local_model_is_known_wherever_it_lies_and_by_its_weights(tmp_path: Path) -> None:
    first = tiny_encoder(tmp_path / "a" / "encoder")
    moved = tmp_path / "b" / "encoder"
    shutil.copytree(first, moved)
    assert model_identity(str(first)) == model_identity(str(moved))
    weights = moved / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    other = model_identity(str(moved))
    assert other != model_identity(str(first))
    assert other.startswith("encoder@")


def test_a_hub_name_and_minilm_stand_as_they_are() -> None:
    assert model_identity("microsoft/deberta-v3-small") == "microsoft/deberta-v3-small"
    assert model_identity("minilm") == "minilm"
