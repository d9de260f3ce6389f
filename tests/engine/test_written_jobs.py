"""Jobs and campaigns whose targets are to be written, or ranked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from campaign_here import run_here
from small_campaign import SMALL, write_small_campaign
from tiny_models import tiny_decoder, tiny_tasks, tiny_text_task

from engine.campaign.campaign_file import read_campaign
from engine.gains import bootstrap
from engine.training.executor import Setting
from engine.training.jobs import (
    BranchJob,
    BranchResult,
    EvaluateJob,
    EvaluateResult,
    MeasureJob,
    MeasureResult,
    Schedule,
)
from engine.training.workbench import Workbench
from tasks import Example

BRANCH = BranchJob(
    key="r00-p1",
    attempt=1,
    start="",
    mixture={"mood": 0.5, "tally": 0.5},
    schedule=Schedule(steps=3, target_batch=6, candidate_batch=4, learning_rate=1e-3),
    seed=(0, 4, 0),
    deadline_s=60,
)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A decoder's, with three targets: written, ranked, and judged by its labels' names."""
    folder = tmp_path_factory.mktemp("campaign")
    written = {"name": "copy", "kind": "text", "metric": "exact_match", "label": "answer"}
    ranked = {
        "name": "answers",
        "kind": "labels",
        "labels": ["no", "yes"],
        "metric": "mean_average_precision",
        "label": "label",
    }
    kin = tiny_tasks(train=96)[1].train
    # Each of 24 questions has four candidates.
    rows = [replace(one, text=kin[i // 4].text) for i, one in enumerate(kin)]
    named = ranked | {
        "name": "stance",
        "labels": ["favor", "against"],
        "metric": "f1_against_favor_mean",
    }
    cards = [
        named | source(folder, "stance", kin[:48]),
        written | source(folder, "copy", tiny_text_task(train=48).train),
        ranked | source(folder, "answers", rows),
    ]
    path = write_small_campaign(
        folder,
        pool=["cards.yaml", "more.yaml"],
        model="decoder",
        target={"copy": 0.5, "answers": 0.3, "stance": 0.2},
        rounds={**SMALL["rounds"], "count": 1, "proposals": 1},
    )
    (folder / "more.yaml").write_text(yaml.safe_dump_all(cards))
    tiny_decoder(folder / "decoder")
    return path


@pytest.fixture(scope="module")
def bench(file: Path) -> Workbench:
    campaign, _ = read_campaign(file)
    folder = file.parent / "bench"
    (folder / "checkpoints").mkdir(parents=True)
    return Workbench(Setting(campaign=campaign, folder=folder))


def source(folder: Path, name: str, examples: Sequence[Example]) -> dict[str, Any]:
    """The rest of a card: the same examples in each split, a word aside."""
    files = {}
    for split in ("train", "validation", "test"):
        # Were the texts the same, screening would take the training examples out.
        rows = [
            {"text": f"{split} {e.text}", "pair": e.pair, "label": e.label, "answer": e.answer}
            for e in examples
        ]
        files[split] = f"{name}-{split}.jsonl"
        (folder / files[split]).write_text("".join(json.dumps(row) + "\n" for row in rows))
    template = {"text": "text", "pair": "pair"}
    return {"family": "toy", "source": {"files": files}, "template": template}


def checkpoint(bench: Workbench, job: BranchJob) -> str:
    result = bench.perform(job)
    assert isinstance(result, BranchResult)
    return result.checkpoint.sha256


def test_a_written_target_is_trained_measured_and_tested(bench: Workbench) -> None:
    branch = bench.perform(BRANCH)
    assert isinstance(branch, BranchResult)
    evaluation = branch.evaluations["copy"]
    assert evaluation.temperature == 1.0
    assert evaluation.selection.losses.shape == evaluation.gate.losses.shape == (24,)
    assert evaluation.selection.metric == evaluation.selection.predictions.mean()
    measured = bench.perform(
        MeasureJob(
            key="r00-measure-1",
            attempt=1,
            start=branch.checkpoint.sha256,
            tasks=("mood", "tally"),
            signals=frozenset({"alignment", "similarity"}),
            probe=8,
            seed=(0, 5, 0),
            deadline_s=60,
        )
    )
    assert isinstance(measured, MeasureResult)
    assert (
        np.isfinite(measured.scores["alignment"]["copy"]).all()
        and measured.scores["alignment"]["copy"].all()
    )
    test = EvaluateJob(
        key="proof-test-selected",
        attempt=1,
        start=branch.checkpoint.sha256,
        temperatures={"copy": evaluation.temperature},
        deadline_s=60,
    )
    tested = bench.perform(test)
    assert isinstance(tested, EvaluateResult)
    assert tested.test["copy"].losses.shape == (48,)


def test_a_written_candidate_can_be_measured_and_has_a_placebo(bench: Workbench) -> None:
    measured = bench.perform(
        MeasureJob(
            key="r00-measure-2",
            attempt=1,
            start="",
            tasks=("copy", "mood"),
            signals=frozenset({"similarity"}),
            probe=8,
            seed=(0, 5, 0),
            deadline_s=60,
        )
    )
    assert isinstance(measured, MeasureResult)
    assert np.linalg.norm(measured.sketches, axis=1).min() > 0
    true, placebo = bench._encoded.train("copy"), bench._encoded.shuffled("copy", (1, 2))
    assert len(true) == len(placebo)
    prompts = [
        [one.rows[0].ids[: one.rows[0].answer_start].tolist() for one in of]
        for of in (true, placebo)
    ]
    answers = [
        [one.rows[0].ids[one.rows[0].answer_start :].tolist() for one in of]
        for of in (true, placebo)
    ]
    assert prompts[0] == prompts[1]
    assert answers[0] != answers[1]
    assert sorted(answers[0]) == sorted(answers[1])
    mixed = replace(BRANCH, mixture={"copy": 1.0})
    placebo_job = replace(mixed, shuffled=frozenset({"copy"}))
    assert checkpoint(bench, mixed) != checkpoint(bench, placebo_job)


def test_questions_are_judged_whole(bench: Workbench) -> None:
    selection, gate = bench._encoded.halves("answers")
    assert len(selection) == len(gate) == 48
    assert not set(selection // 4) & set(gate // 4)
    branch = bench.perform(BRANCH)
    assert isinstance(branch, BranchResult)
    judged = branch.evaluations["answers"].selection
    assert judged.beliefs is not None and judged.beliefs.shape == (48, 2)
    assert 0 < judged.metric <= 1


def test_a_campaign_for_what_is_written_and_ranked_runs_to_its_end(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "NUM_RESAMPLES", 50)  # each takes milliseconds
    state, _ = run_here(file, tmp_path / "run")
    assert state.delivered
    for contender in state.delivered.contenders:
        for name in ("copy", "answers", "stance"):
            test = contender.test[name]
            assert 0 <= test["metric_low"] <= test["metric"] <= test["metric_high"] <= 1
        ranked = contender.test["answers"]
        assert ranked["metric_low"] < ranked["metric_high"]
