"""One campaign end to end, in this process, on a tiny model."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from campaign_here import decisions, run_here
from small_campaign import SMALL, write_small_campaign

from engine.campaign.steps import gate_loss_of
from engine.ledger.records import Chosen, Closed, Completed, Delivered, Proposed, Record, Started
from engine.ledger.state import State, fold

Ran = tuple[State, tuple[Record, ...], Path]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("campaign")
    state, records = run_here(write_small_campaign(folder), folder / "out")
    return state, records, folder


def test_a_campaign_runs_through_every_stage(ran: Ran) -> None:
    state, records, _ = ran
    kinds = [type(r) for r in records if isinstance(r, Proposed | Closed | Chosen | Delivered)]
    assert kinds == [Proposed, Closed, Proposed, Closed, Chosen, Delivered]
    assert state.finished and state.finished.reason == "delivered"


def test_a_proposal_is_on_disk_before_any_of_its_branches_starts(ran: Ran) -> None:
    _, records, _ = ran
    for number in (0, 1):
        proposed = next(
            i for i, r in enumerate(records) if isinstance(r, Proposed) and r.round == number
        )
        starts = [
            i
            for i, r in enumerate(records)
            if isinstance(r, Started) and r.job.startswith(f"r{number:02d}-p")
        ]
        assert starts and proposed < min(starts)


def test_every_branch_of_a_round_sees_the_same_target_examples_at_equal_cost(ran: Ran) -> None:
    _, records, _ = ran
    done = {r.job: r for r in records if isinstance(r, Completed)}
    # 3 steps of 4 target examples for the control; as many candidate examples beside them.
    assert done["r00-control"].examples == 12
    assert done["r00-p1"].examples == 24


def test_the_budget_is_charged_with_all_that_selection_used_and_with_no_baseline(ran: Ran) -> None:
    state, records, _ = ran
    tokens = {r.job: r.tokens for r in records if isinstance(r, Completed)}
    selection = sum(n for job, n in tokens.items() if not job.startswith("proof-"))
    assert state.spent_tokens() == selection
    assert state.wasted_tokens == 0


def test_no_baseline_may_spend_more_than_selection_did(ran: Ran) -> None:
    state, _, _ = ran
    assert state.delivered
    cost = {contender.arm: contender.cost for contender in state.delivered.contenders}
    # A step is never split, so an arm can end one step above.
    step = 8 * 32
    assert cost["all-tasks"] <= cost["selected"] + step
    assert cost["target-only"] <= cost["selected"] + step


def test_what_is_delivered_has_the_lowest_gate_loss(ran: Ran) -> None:
    state, _, _ = ran
    assert state.delivered
    losses = {c.arm: c.gate_loss for c in state.delivered.contenders}
    assert math.isclose(losses[state.delivered.arm], min(losses.values()), abs_tol=1e-8)


def test_no_round_starts_from_a_state_that_is_worse_on_the_gate_split(tmp_path: Path) -> None:
    rounds = {**SMALL["rounds"], "count": 4, "learning_rate": 0.05}
    campaign = write_small_campaign(tmp_path, rounds=rounds)
    state, _ = run_here(campaign, tmp_path / "out")
    losses = [gate_loss_of(state, closed.advanced) for closed in state.closed]
    assert losses == sorted(losses, reverse=True)
    assert len({closed.checkpoint for closed in state.closed}) < len(losses), "every round helped"


def test_losing_branches_leave_no_checkpoints_behind(ran: Ran) -> None:
    state, _, folder = ran
    files = {file.stem for file in (folder / "out" / "checkpoints").iterdir()}
    losers = {
        story.completed.checkpoint
        for key, story in state.jobs.items()
        if key.startswith("r00-") and story.completed and story.completed.checkpoint
    }
    assert state.closed[0].checkpoint in losers
    assert not (losers - {state.closed[0].checkpoint, state.closed[1].checkpoint}) & files


def test_a_finished_campaign_run_again_changes_nothing_but_says_that_it_was_resumed(
    ran: Ran,
) -> None:
    _, records, folder = ran
    state, again = run_here(folder / "campaign.yaml", folder / "out")
    assert again[: len(records)] == records
    assert decisions(again) == decisions(records)
    assert state == fold(again)


def test_the_same_campaign_elsewhere_takes_the_same_decisions(ran: Ran, tmp_path: Path) -> None:
    _, records, folder = ran
    _, twin = run_here(folder / "campaign.yaml", tmp_path / "twin")
    assert decisions(twin) == decisions(records)


def test_another_seed_takes_other_decisions(ran: Ran, tmp_path: Path) -> None:
    _, records, _ = ran
    other = write_small_campaign(tmp_path / "other", seed=1)
    _, twin = run_here(other, tmp_path / "out")
    assert decisions(twin) != decisions(records)
