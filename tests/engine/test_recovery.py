"""Every row of the table from failure to decision."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from engine.campaign.recovery import IN_A_ROW, RETRIES, Decision, decide, is_dispensable, rule
from engine.campaign.schedule import round_jobs
from engine.campaign.spec import Campaign, Rounds
from engine.ledger.records import Failed, MixtureLine
from engine.training.jobs import Failure, FailureKind

PROPOSAL = "r00-p1"
CONTROL = "r00-control"
KINDS: tuple[FailureKind, ...] = get_args(FailureKind)


def failure(kind: FailureKind, job: str = PROPOSAL, task: str = "") -> Failure:
    return Failure(key=job, attempt=1, kind=kind, message="it broke", task=task)


def line(kind: FailureKind, job: str = PROPOSAL, decision: Decision = "retry") -> Failed:
    return Failed(job=job, attempt=1, kind=kind, message="it broke", decision=decision)


TABLE: list[tuple[FailureKind, int, Decision, Decision]] = [
    # kind, failures of that kind before, for a proposal's branch, for a job that is needed
    ("worker-lost", 0, "retry", "retry"),
    ("worker-lost", 1, "retry", "retry"),
    ("worker-lost", 2, "give-up", "abort"),
    ("timed-out", 0, "retry", "retry"),
    ("timed-out", 1, "give-up", "abort"),
    ("out-of-memory", 0, "retry", "retry"),
    ("out-of-memory", 1, "give-up", "abort"),
    ("diverged", 0, "give-up", "abort"),
    ("bad-task", 0, "give-up", "abort"),
    ("damaged-checkpoint", 0, "abort", "abort"),
    ("disk", 0, "abort", "abort"),
    ("error", 0, "give-up", "abort"),
]


@pytest.mark.parametrize(("kind", "before", "proposal", "needed"), TABLE)
def test_a_failure_is_decided_by_kind_attempts_and_need(
    kind: FailureKind, before: int, proposal: Decision, needed: Decision
) -> None:
    assert decide(failure(kind), [line(kind)] * before, []) == proposal
    assert decide(failure(kind, CONTROL), [line(kind, CONTROL)] * before, []) == needed


def test_every_kind_is_in_the_table() -> None:
    assert {row[0] for row in TABLE} == set(KINDS) == set(RETRIES)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_its_own_allowance(kind: FailureKind) -> None:
    others = [line(other) for other in KINDS if other != kind]
    assert decide(failure(kind), others, []) == decide(failure(kind), [], [])


@pytest.mark.parametrize("kind", KINDS)
def test_no_job_is_retried_for_ever(kind: FailureKind) -> None:
    history = [line(kind)] * 10
    assert decide(failure(kind), history, []) != "retry"


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"worker-lost", "damaged-checkpoint", "disk"}))
def test_the_third_job_in_a_row_that_fails_alike_blames_the_environment(kind: FailureKind) -> None:
    two = [line(kind, "r00-p2"), line(kind, "r00-p3")]
    assert decide(failure(kind), [], two[:1]) != "abort"
    ruling = rule(failure(kind), [], two)
    assert ruling.decision == "abort"
    assert "the environment" in ruling.reason


def test_one_job_failing_often_is_not_the_environment() -> None:
    recent = [line("timed-out", "r00-p2")] * 5
    assert decide(failure("timed-out"), [], recent) == "retry"


def test_another_kind_in_between_ends_the_row() -> None:
    recent = [line("error", "r00-p2"), line("diverged", "r00-p3"), line("error", "r00-p4")]
    assert decide(failure("error"), [], recent) == "give-up"


def test_a_lost_node_with_many_jobs_on_it_is_no_row() -> None:
    recent = [line("worker-lost", f"r00-p{number}") for number in range(2, 9)]
    assert decide(failure("worker-lost"), [], recent) == "retry"


def test_workers_lost_again_and_again_are_a_row() -> None:
    jobs = ("r00-p1", "r00-p2", "r00-p3")
    recent = [line("worker-lost", job) for job in (*jobs, *jobs[1:])]
    history = [line("worker-lost", jobs[0])]
    assert decide(failure("worker-lost"), history, recent) == "abort"


def test_what_came_before_an_abort_does_not_count() -> None:
    mended = line("timed-out", decision="abort")
    assert decide(failure("timed-out"), [line("timed-out"), mended], []) == "retry"
    row = [line("error", f"r00-p{number}") for number in range(2, 2 + IN_A_ROW)]
    stopped = line("error", "r00-p9", decision="abort")
    assert decide(failure("error"), [], [*row, stopped]) == "give-up"


def test_a_message_that_ends_a_sentence_ends_it_once() -> None:
    asked = replace(failure("error", "warm-up"), message="at most 512.")
    reason = rule(asked, [], []).reason
    assert "at most 512. What helps: mend what it names" in reason


def test_the_reason_names_job_task_and_remedy() -> None:
    reason = rule(failure("bad-task", "warm-up", task="boolq"), [], []).reason
    for part in ("warm-up", "task boolq", "it broke", "new folder", "cannot do without"):
        assert part in reason


@pytest.mark.parametrize("job", ["warm-up", "r00-control", "r00-measure-1", "finish-selected"])
def test_only_proposals_placebos_and_baselines_are_dispensable(job: str) -> None:
    assert not is_dispensable(job)
    assert is_dispensable("r00-p1")
    assert is_dispensable("r12-p10")
    assert is_dispensable("r00-placebo")
    assert is_dispensable("proof-target-only-1")
    assert is_dispensable("proof-all-tasks")
    assert not is_dispensable("proof-test-selected")


def test_the_schedule_names_branches_as_recovery_expects() -> None:
    lines = (MixtureLine(mixture={"a": 1.0}, reason="try"),)
    campaign = Campaign(name="c", target="t", budget_tokens=1, rounds=Rounds(placebo=True))
    jobs = round_jobs(campaign, round_number=3, start="", proposals=lines)
    dispensable = [is_dispensable(job.key) for job in jobs]
    assert dispensable == [False, True, True]  # control, proposal, placebo
