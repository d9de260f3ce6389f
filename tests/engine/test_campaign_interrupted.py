"""A campaign whose process is killed, again and again, decides what an undisturbed one decides."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from campaign_here import decisions, run_here
from small_campaign import write_small_campaign

from engine.campaign.run import Run
from engine.ledger.ledger import read_ledger
from engine.ledger.records import Completed, Record, Resumed, Started
from engine.ledger.state import fold


def test_killed_at_every_ledger_event_it_ends_in_the_same_decisions(tmp_path: Path) -> None:
    """SIGKILL right after each kind of line about each job and round: some 35 deaths in a row."""
    campaign = write_small_campaign(tmp_path, max_wasted_tokens=10**9)
    _, undisturbed = run_here(campaign, tmp_path / "calm")
    fatal = tmp_path / "died-of.txt"
    while _in_child(_run_until_new, campaign, tmp_path / "out", fatal) != 0:
        pass
    survived = read_ledger(tmp_path / "out" / "ledger.jsonl")
    assert len(fatal.read_text().splitlines()) == len(undisturbed) - 1  # all but `opened`
    assert decisions(survived) == decisions(undisturbed)


def test_lost_attempts_are_counted_as_waste_and_not_taken_from_the_budget(tmp_path: Path) -> None:
    campaign = write_small_campaign(tmp_path, max_wasted_tokens=10**9)
    while _run_in_child(campaign, tmp_path / "out", records=5) != 0:
        pass
    records = read_ledger(tmp_path / "out" / "ledger.jsonl")
    state = fold(records)
    lost = [r for r in records if isinstance(r, Started)]
    done = {(r.job, r.attempt) for r in records if isinstance(r, Completed)}
    waste = sum(
        r.reserved_tokens
        for r in lost
        if (r.job, r.attempt) not in done and not r.job.startswith("proof-")
    )
    assert waste > 0
    assert state.wasted_tokens == waste
    first = next(line for line in state.proposed)
    assert first.budget_left == 60_000 - sum(
        r.tokens
        for r in records
        if isinstance(r, Completed) and r.job in ("warm-up", "r00-measure-1")
    )


def test_a_job_that_completed_is_never_done_again(tmp_path: Path) -> None:
    campaign = write_small_campaign(tmp_path, max_wasted_tokens=10**9)
    while _run_in_child(campaign, tmp_path / "out", records=4) != 0:
        pass
    done = [
        r.job for r in read_ledger(tmp_path / "out" / "ledger.jsonl") if isinstance(r, Completed)
    ]
    assert len(done) == len(set(done))


def test_a_policy_that_now_answers_otherwise_is_refused_on_resume(tmp_path: Path) -> None:
    from engine.campaign.loop import PolicyChangedError

    campaign = write_small_campaign(tmp_path, max_wasted_tokens=10**9)
    assert _run_in_child(campaign, tmp_path / "out", records=8) != 0

    def changed(run: Run) -> Run:
        return replace(run, ask=lambda choice, questions: [() for _ in questions])

    with pytest.raises(PolicyChangedError, match="--accept-new-policy"):
        run_here(campaign, tmp_path / "out", change=changed)
    accepted = frozenset({"new-policy"})
    state, records = run_here(campaign, tmp_path / "out", accepted=accepted)
    assert state.finished
    assert any("new-policy" in r.accepted for r in records if isinstance(r, Resumed))


def _run_in_child(campaign: Path, out: Path, *, records: int) -> int:
    """Go on in a child that kills itself after `records` appends; 0 when it came to the end."""
    return _in_child(_run_until, campaign, out, records)


def _in_child(target: Callable[..., None], *args: object) -> int:
    child = multiprocessing.get_context("fork").Process(target=target, args=args)
    child.start()
    child.join()
    assert child.exitcode in (0, -signal.SIGKILL), f"the child failed: {child.exitcode}"
    return child.exitcode or 0


def _run_until(campaign: Path, out: Path, records: int) -> None:
    run_here(campaign, out, change=lambda run: replace(run, append=_Deadly(run, records)))


def _run_until_new(campaign: Path, out: Path, fatal: Path) -> None:
    run_here(campaign, out, change=lambda run: replace(run, append=_DeadlyOnce(run, fatal)))


class _DeadlyOnce:
    """Appends like the run's own, and dies of every line that nobody died of before."""

    def __init__(self, run: Run, fatal: Path) -> None:
        self._append = run.append
        self._fatal = fatal
        self._known = set(fatal.read_text().splitlines()) if fatal.exists() else set()

    def __call__(self, record: Record) -> None:
        self._append(record)
        about = getattr(record, "job", getattr(record, "round", ""))
        line = f"{type(record).__name__} {about}"
        if line not in self._known:
            with self._fatal.open("a") as file:
                file.write(line + "\n")
            os.kill(os.getpid(), signal.SIGKILL)


class _Deadly:
    """Appends like the run's own, and dies after so many."""

    def __init__(self, run: Run, left: int) -> None:
        self._append = run.append
        self._left = left

    def __call__(self, record: Record) -> None:
        self._append(record)
        self._left -= not isinstance(record, Resumed)
        if self._left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
