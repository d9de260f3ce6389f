"""Workers are lost, branches diverge, policies misbehave: what the campaign does about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from campaign_here import decisions, run_here
from small_campaign import write_small_campaign

from engine.campaign.dispatch import CampaignAbortedError
from engine.campaign.policy_process import PolicyFailedError, Question, ask_policy
from engine.campaign.run import Run
from engine.campaign.run_folder import RunFolder
from engine.campaign.spec import PolicyChoice
from engine.ledger.ledger import read_ledger
from engine.ledger.records import Failed, Opened, Proposed
from engine.ledger.result_store import read_readings
from engine.ledger.state import fold
from engine.training.executor import Executor
from engine.training.jobs import Failure, FailureKind, Job, Result
from policies import Candidate, Proposal, Target, View


class Unlucky:
    """An executor some of whose jobs come to nothing."""

    def __init__(self, inner: Executor, fate: Callable[[Job], FailureKind | None]) -> None:
        self._inner = inner
        self._fate = fate
        self.num_workers = inner.num_workers

    def run(self, jobs: Sequence[Job]) -> Iterator[Result | Failure]:
        for job in jobs:
            kind = self._fate(job)
            if kind is None:
                yield from self._inner.run([job])
            else:
                task = "kin" if kind == "bad-task" else ""
                yield Failure(
                    key=job.key, attempt=job.attempt, kind=kind, message="bad luck", task=task
                )

    def close(self) -> None:
        self._inner.close()


def _with_fate(fate: Callable[[Job], FailureKind | None]) -> Callable[[Run], Run]:
    return lambda run: replace(run, executor=Unlucky(run.executor, fate))


def test_a_worker_lost_in_mid_branch_is_replaced_and_decisions_stay_the_same(
    tmp_path: Path,
) -> None:
    campaign = write_small_campaign(tmp_path)

    def once(job: Job) -> FailureKind | None:
        lost = job.key in ("r00-p1", "r01-control", "finish-selected") and job.attempt == 1
        return "worker-lost" if lost else None

    _, calm = run_here(campaign, tmp_path / "calm")
    state, records = run_here(campaign, tmp_path / "out", change=_with_fate(once))
    assert [r.job for r in records if isinstance(r, Failed)] == [
        "r00-p1",
        "r01-control",
        "finish-selected",
    ]
    assert decisions(records) == decisions(calm)
    assert state.wasted_tokens > 0


def test_a_branch_that_diverges_is_recorded_as_no_evidence(tmp_path: Path) -> None:
    campaign = write_small_campaign(tmp_path)
    state, _ = run_here(
        campaign,
        tmp_path / "out",
        change=_with_fate(lambda job: "diverged" if job.key == "r00-p1" else None),
    )
    line = state.closed[0].gains[0]
    assert (line.status, line.gain, line.se) == ("failed", None, None)
    assert line.reason == "bad luck"
    assert state.finished


def test_a_control_that_cannot_be_trained_stops_the_campaign_which_resumes(tmp_path: Path) -> None:
    campaign = write_small_campaign(tmp_path)
    fate = _with_fate(lambda job: "error" if job.key == "r01-control" else None)
    with pytest.raises(CampaignAbortedError, match=r"r01-control.*cannot do without"):
        run_here(campaign, tmp_path / "out", change=fate)
    state, _ = run_here(campaign, tmp_path / "out")
    assert state.finished


def test_a_task_that_no_model_can_read_is_withdrawn(tmp_path: Path) -> None:
    campaign = write_small_campaign(tmp_path)

    def bad(run: Run) -> Run:
        return replace(run, executor=Unlucky(run.executor, _bad_kin))

    state, records = run_here(campaign, tmp_path / "out", change=bad)
    assert [line.task for line in state.withdrawn] == ["kin"]
    first, second = (_candidates(line, tmp_path / "out") for line in state.proposed)
    assert first == ("kin", "pick", "tally") and second == ("pick", "tally")
    assert fold(records) == state


def _candidates(line: Proposed, out: Path) -> tuple[str, ...]:
    folder = RunFolder(out)
    records = read_ledger(folder.ledger)
    assert isinstance(records[0], Opened)
    return read_readings(line.readings, folder.arrays, tasks=records[0].tasks).candidates


def test_a_policy_that_fails_at_the_freeze_leaves_the_target_alone(tmp_path: Path) -> None:
    campaign = write_small_campaign(tmp_path, policy={"name": "compass", "on_error": "control"})

    def fails(choice: PolicyChoice, questions: Sequence[Question]) -> list[tuple[Proposal, ...]]:
        raise PolicyFailedError("Policy 'compass': no idea")

    state, _ = run_here(campaign, tmp_path / "out", change=lambda run: replace(run, ask=fails))
    assert state.chosen and state.chosen.mixture == {}
    assert "no idea" in state.chosen.reason


def test_a_full_disk_is_blamed_on_no_branch_and_has_its_own_exit_code(tmp_path: Path) -> None:
    campaign = write_small_campaign(tmp_path)
    fate = _with_fate(lambda job: "disk" if job.key == "r00-p1" else None)
    with pytest.raises(CampaignAbortedError) as error:
        run_here(campaign, tmp_path / "out", change=fate)
    assert error.value.exit_code == 5
    state, _ = run_here(campaign, tmp_path / "out")
    assert state.closed[0].gains[0].status == "finished"


def test_a_baseline_that_diverges_is_left_out_of_the_race(tmp_path: Path) -> None:
    campaign = write_small_campaign(tmp_path)
    fate = _with_fate(lambda job: "diverged" if job.key == "proof-all-tasks" else None)
    state, _ = run_here(campaign, tmp_path / "out", change=fate)
    assert state.delivered
    assert {arm.arm for arm in state.delivered.contenders} == {"selected", "target-only"}


def test_a_late_answer_of_an_old_attempt_is_dropped(tmp_path: Path) -> None:
    campaign = write_small_campaign(tmp_path)

    class Late(Unlucky):
        def run(self, jobs: Sequence[Job]) -> Iterator[Result | Failure]:
            for answer in super().run(jobs):
                yield replace(answer, attempt=answer.attempt + 7)
                yield answer
                yield answer

    def late(run: Run) -> Run:
        return replace(run, executor=Late(run.executor, lambda job: None))

    _, calm = run_here(campaign, tmp_path / "calm")
    _, records = run_here(campaign, tmp_path / "out", change=late)
    assert decisions(records) == decisions(calm)


def _bad_kin(job: Job) -> FailureKind | None:
    return "bad-task" if job.key == "r00-p1" else None


def _view() -> View:
    candidate = Candidate(name="kin", family="toy", num_examples=10, tokens_per_example=5.0)
    target = Target(name="mood", family="toy", num_examples=10, weight=1.0)
    return View(candidates=(candidate,), targets=(target,), budget_left=1000, round=3)


BROKEN = {
    "raises": ("raise RuntimeError('no idea')", "RuntimeError: no idea"),
    "hangs": ("import time; time.sleep(60)", "took more than 3 s"),
    "exits": ("import os; os._exit(1)", "ended its own process"),
    "answers nothing": ("return None", "None"),
    "shares do not sum to 1": (
        "return [Proposal(mixture={'kin': 0.9}, reason='x')]",
        "0.9",
    ),
    "unknown task": ("return [Proposal(mixture={'kim': 1.0}, reason='x')]", "kin"),
}


@pytest.mark.parametrize("how", list(BROKEN))
def test_a_policy_that_misbehaves_is_named_with_its_round(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body, said = BROKEN[how]
    (tmp_path / "broken_policy.py").write_text(
        "from dataclasses import dataclass\n"
        "from policies import Proposal\n"
        "@dataclass(frozen=True)\n"
        "class Broken:\n"
        "    @property\n"
        "    def needs(self): return frozenset()\n"
        "    def propose(self, view, rng):\n"
        f"        {body}\n"
    )
    monkeypatch.chdir(tmp_path)
    choice = PolicyChoice(name="broken_policy:Broken", timeout_s=3.0)
    with pytest.raises(PolicyFailedError, match="Policy 'broken_policy:Broken', round 3") as error:
        ask_policy(choice, [Question(view=_view(), seed=(0, 3, 0))])
    assert said in str(error.value)


def test_with_on_error_control_a_campaign_goes_on_without_its_policy(tmp_path: Path) -> None:
    campaign = write_small_campaign(tmp_path, policy={"name": "compass", "on_error": "control"})

    def fails(choice: PolicyChoice, questions: Sequence[Question]) -> list[tuple[Proposal, ...]]:
        if questions[0].view.rounds_left == 0:
            return [(Proposal(mixture={}, reason="nothing was learned"),)]
        raise PolicyFailedError("Policy 'compass', round 0: no idea")

    state, _ = run_here(campaign, tmp_path / "out", change=lambda run: replace(run, ask=fails))
    assert all(line.by.startswith("control: ") for line in state.proposed)
    assert state.finished
