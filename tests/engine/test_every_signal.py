"""Every signal, from a real model to the view of a policy and back from the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from campaign_here import ask_here, run_here
from numpy.typing import NDArray
from small_campaign import SMALL, write_small_campaign

from engine.campaign.campaign_file import check_campaign, read_campaign
from engine.campaign.opening import open_campaign
from engine.campaign.policy_process import Question
from engine.campaign.proposing import replayed
from engine.campaign.readings import gather
from engine.campaign.retention import needed_checkpoints
from engine.campaign.run import Run
from engine.campaign.run_folder import RunFolder
from engine.campaign.spec import PolicyChoice
from engine.ledger.records import Completed, Proposed, Record
from engine.ledger.result_store import MEASURED_ROWS, keep_result
from engine.ledger.state import fold
from engine.signals.readings import flat_columns
from engine.signals.sources import to_measure
from engine.storage.checkpoint import load_checkpoint
from engine.training.executor import Executor, Setting
from engine.training.jobs import (
    Failure,
    Job,
    MeasureJob,
    MeasureResult,
    Result,
    WarmUpJob,
    WarmUpResult,
)
from engine.training.workbench import Workbench
from policies import SIGNALS, Proposal, View

EVERYTHING = to_measure(frozenset(SIGNALS), first=True)
TASKS = ("kin", "pick", "tally", "mood")
MEASURE = MeasureJob(
    key="r00-measure-1",
    attempt=1,
    start="",
    tasks=TASKS,
    signals=EVERYTHING,
    probe=8,
    seed=(0, 5, 0),
    deadline_s=60,
)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    folder = tmp_path_factory.mktemp("campaign")
    campaign, _ = read_campaign(write_small_campaign(folder))
    (folder / "run" / "checkpoints").mkdir(parents=True)
    return Workbench(Setting(campaign=campaign, folder=folder / "run"))


@pytest.fixture(scope="module")
def warm(bench: Workbench) -> WarmUpResult:
    job = WarmUpJob(
        key="warm-up",
        attempt=1,
        mixture=dict.fromkeys(TASKS, 0.25),
        steps=6,
        batch=8,
        learning_rate=1e-3,
        prefix_learning_rate=1e-2,
        masking=0.25,
        masked_weight=0.1,
        moments=True,
        seed=(0, 2, 0),
        deadline_s=60,
    )
    result = bench.perform(job)
    assert isinstance(result, WarmUpResult)
    return result


def _measured(bench: Workbench, job: MeasureJob) -> MeasureResult:
    result = bench.perform(job)
    assert isinstance(result, MeasureResult)
    return result


def _rows(result: MeasureResult) -> dict[str, NDArray[Any]]:
    columns = flat_columns(result.scores, "scores") | flat_columns(result.ses, "ses")
    return columns | {name: getattr(result, name) for name in MEASURED_ROWS}


@pytest.mark.parametrize("chunks", [2, 4])
def test_every_signal_is_bitwise_the_same_however_tasks_are_shared_out(
    bench: Workbench, warm: WarmUpResult, chunks: int
) -> None:
    job = replace(MEASURE, start=warm.checkpoint.sha256)
    whole = _measured(bench, job)
    size = len(TASKS) // chunks
    parts = [_measured(bench, replace(job, tasks=TASKS[i : i + size])) for i in range(0, 4, size)]
    expected = _rows(whole)
    asked = {"alignment", "descent", "lookahead", "text"}
    assert asked == {name.split("/")[1] for name in expected if name.startswith("scores/")}
    for name, rows in expected.items():
        assert np.concatenate([_rows(part)[name] for part in parts]).tobytes() == rows.tobytes()
        assert np.isfinite(rows).all(), name
    for part in parts:
        own = part.target_embeddings["mood"]
        assert own.tobytes() == whole.target_embeddings["mood"].tobytes()


def test_what_is_measured_before_training_does_not_depend_on_the_checkpoint(
    bench: Workbench, warm: WarmUpResult
) -> None:
    one, other = (
        _measured(bench, replace(MEASURE, start=start)) for start in ("", warm.checkpoint.sha256)
    )
    assert one.scores["text"]["mood"].tobytes() == other.scores["text"]["mood"].tobytes()
    assert one.embeddings.tobytes() == other.embeddings.tobytes()
    for signal in ("alignment", "lookahead"):
        assert one.scores[signal]["mood"].tobytes() != other.scores[signal]["mood"].tobytes()


@pytest.mark.parametrize("signal", sorted(EVERYTHING))
def test_a_job_takes_what_it_is_asked_for_and_charges_for_that(
    bench: Workbench, signal: str
) -> None:
    alone = _measured(bench, replace(MEASURE, signals=frozenset({signal})))
    assert set(alone.scores) == {signal} - {"loss", "similarity", "centroid"}
    assert bool(alone.sketches.shape[1]) == (signal == "similarity")
    assert bool(alone.embeddings.shape[1]) == (signal == "centroid")
    in_the_pass = signal in ("alignment", "descent", "loss", "similarity")
    assert np.isfinite(alone.losses).all() == in_the_pass
    of_targets = {"loss": 0, "similarity": 0, "lookahead": 5}.get(signal, 1)
    assert alone.cost.examples == 8 * (4 + of_targets)


def test_adams_second_moments_change_the_direction_and_not_the_task(
    bench: Workbench, warm: WarmUpResult
) -> None:
    job = replace(MEASURE, start=warm.checkpoint.sha256, signals=frozenset({"alignment"}))
    assert warm.moments
    plain = _measured(bench, job)
    adam = _measured(bench, replace(job, moments=warm.moments.sha256))
    assert np.isfinite(adam.scores["alignment"]["mood"]).all()
    assert not np.allclose(plain.scores["alignment"]["mood"], adam.scores["alignment"]["mood"])
    assert plain.losses.tobytes() == adam.losses.tobytes()
    moments = load_checkpoint(bench._checkpoints, warm.moments.sha256)
    assert moments.keys() == bench._model.shared_parameters().keys()
    assert all((values > 0).all() for values in moments.values())


@dataclass
class Asked:
    """Answers as `ask_here`, and keeps the views."""

    views: list[View] = field(default_factory=list)

    def __call__(
        self, choice: PolicyChoice, questions: Sequence[Question]
    ) -> list[tuple[Proposal, ...]]:
        self.views += [question.view for question in questions]
        return ask_here(choice, questions)

    def of(self, run: Run) -> Run:
        return replace(run, ask=self)


@dataclass(frozen=True)
class Ran:
    file: Path
    out: Path
    views: list[View]
    records: tuple[Record, ...]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("every-signal")
    file = _campaign(folder, policy={"name": "curious_policy:Curious"})
    asked = Asked()
    _, records = run_here(file, folder / "out", change=asked.of)
    return Ran(file, folder / "out", asked.views, records)


def _campaign(folder: Path, **changes: Any) -> Path:
    rounds = {**SMALL["rounds"], "proposals": 1, **changes.pop("rounds", {})}
    finish = {**SMALL["finish"], "baselines": False}
    return write_small_campaign(
        folder, rounds=rounds, finish=finish, budget_tokens=100_000, **changes
    )


def test_a_policy_sees_every_signal_of_every_candidate(ran: Ran) -> None:
    assert [view.round for view in ran.views] == [0, 1, 2]
    for view in ran.views:
        absent = {"similarity"} | ({"progress"} if view.round == 0 else set())
        for one in view.candidates:
            correct = {"correctness"} if one.name == "tally" else set()  # a score is never right
            assert set(one.scores) == set(SIGNALS) - absent - correct, (view.round, one.name)
            assert set(one.score_ses) == {"affinity", "alignment", "descent", "loss"}
            assert all(np.isfinite(by["mood"]) for by in one.scores.values())
        assert view.sketches is not None
        np.testing.assert_allclose(np.linalg.norm(view.sketches, axis=1), 1.0, rtol=1e-5)


def test_later_rounds_know_texts_from_the_first_and_losses_from_all(ran: Ran) -> None:
    first, second, _ = ran.views
    for before, now in zip(first.candidates, second.candidates, strict=True):
        for signal in ("text", "centroid", "affinity", "confidence"):
            assert now.scores[signal] == before.scores[signal]
        for signal in ("alignment", "loss", "lookahead"):
            assert now.scores[signal] != before.scores[signal]
        fall = before.scores["loss"]["mood"] - now.scores["loss"]["mood"]
        assert now.scores["progress"]["mood"] == fall
        assert before.scores["excess"]["mood"] == 0.0
        assert now.scores["excess"]["mood"] == max(0.0, -fall)


def test_the_ledgers_lines_stay_small_and_its_arrays_give_the_same_views_again(ran: Ran) -> None:
    lines = (ran.out / "ledger.jsonl").read_bytes().splitlines()
    proposed = [line for line in lines if b'"kind":"proposed"' in line]
    assert len(proposed) == 2 and max(map(len, proposed)) < 500
    asked = Asked()
    with open_campaign(check_campaign(*read_campaign(ran.file)), RunFolder(ran.out)) as campaign:
        records = [record for record in ran.records if isinstance(record, Proposed)]
        replayed(asked.of(campaign.run), fold(ran.records), records)
    for again, then in zip(asked.views, ran.views, strict=False):
        assert again.candidates == then.candidates
        assert [list(one.scores) for one in again.candidates] == [
            list(one.scores) for one in then.candidates
        ]
        assert again.sketches is not None and then.sketches is not None
        assert again.sketches.tobytes() == then.sketches.tobytes()
        assert replace(again, sketches=None) == replace(then, sketches=None)


def test_of_what_a_job_took_only_what_is_needed_is_read(ran: Ran) -> None:
    with open_campaign(check_campaign(*read_campaign(ran.file)), RunFolder(ran.out)) as campaign:
        run = replace(campaign.run, signals=frozenset({"alignment", "text"}))
        readings = gather(run, fold(ran.records), 0)
    assert set(readings.scores) == {"alignment", "text"} and set(readings.ses) == {"alignment"}
    assert readings.sketches is None


class Watched:
    """An executor; notes with which second moments its jobs measure."""

    def __init__(self, inner: Executor, moments: set[str]) -> None:
        self._inner, self._moments = inner, moments
        self.num_workers, self.close = inner.num_workers, inner.close

    def run(self, jobs: Sequence[Job]) -> Iterator[Result | Failure]:
        self._moments |= {job.moments for job in jobs if isinstance(job, MeasureJob)}
        return self._inner.run(jobs)


def test_a_policy_sees_the_signals_that_it_needs_and_no_other(tmp_path: Path) -> None:
    options = {"only": ["progress", "alignment"]}
    policy = {"name": "curious_policy:Curious", "options": options}
    file = _campaign(tmp_path, policy=policy, rounds={"geometry": "adam"})
    asked, kept = Asked(), []
    moments: set[str] = set()

    def watched(run: Run) -> Run:
        append = run.append

        def appending(record: Record) -> None:
            append(record)
            kept.append(sorted(file.stem for file in run.folder.checkpoints.iterdir()))

        return replace(asked.of(run), append=appending, executor=Watched(run.executor, moments))

    state, records = run_here(file, tmp_path / "out", change=watched)
    signals = [set(one.scores) for view in asked.views for one in view.candidates[:1]]
    # The losses are what progress is made of.
    assert signals == [{"alignment", "loss"}, *[{"alignment", "loss", "progress"}] * 2]
    assert all(view.sketches is None for view in asked.views)
    warm_up = next(r for r in records if isinstance(r, Completed) and r.job == "warm-up")
    assert warm_up.facts
    last = max(n for n, r in enumerate(records) if isinstance(r, Completed) and "measure" in r.job)
    assert warm_up.facts["moments"] in kept[last - 1], "swept while it was needed"
    assert warm_up.facts["moments"] not in needed_checkpoints(state)
    assert moments == {warm_up.facts["moments"]}


def test_a_task_of_which_nothing_could_be_measured_is_on_record(
    bench: Workbench, warm: WarmUpResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = replace(MEASURE, start=warm.checkpoint.sha256, tasks=TASKS[:3])
    sound, start = _measured(bench, job), bench._start_from

    def breaks(sha256: str) -> None:
        start(sha256)
        bench._model.prefix_table.vectors_KD.data[list(bench._pool).index("pick")] = np.nan

    monkeypatch.setattr(bench, "_start_from", breaks)
    sick = _measured(bench, job)
    assert list(sick.silent) == ["pick"]
    for name, rows in _rows(sick).items():
        assert rows[[0, 2]].tobytes() == _rows(sound)[name][[0, 2]].tobytes(), name
        if name not in ("scores/text/mood", "embeddings"):  # which read no prefixes
            assert not np.nan_to_num(rows[1]).any(), name
    completed = keep_result(sick, tmp_path, weights={"mood": 1.0})
    assert completed.facts and list(completed.facts["silent"]) == ["pick"]
