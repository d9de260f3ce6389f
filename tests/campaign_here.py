"""Runs a small campaign in this process, without the command line: what loop tests drive."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from engine.campaign.campaign_file import check_campaign, read_campaign
from engine.campaign.loop import run_campaign
from engine.campaign.opening import open_campaign
from engine.campaign.plugins import load_policy
from engine.campaign.policy_process import Question
from engine.campaign.run import Run
from engine.campaign.run_folder import RunFolder
from engine.campaign.spec import PolicyChoice
from engine.ledger.records import Chosen, Closed, Delivered, Proposed, Record
from engine.ledger.state import State
from policies import Proposal, check_proposals


def ask_here(choice: PolicyChoice, questions: Sequence[Question]) -> list[tuple[Proposal, ...]]:
    """As `ask_policy`, but in this process: a process for each question costs a second."""
    policy = load_policy(choice.name, choice.options)
    return [
        check_proposals(policy.propose(q.view, np.random.default_rng(q.seed)), q.view)
        for q in questions
    ]


def run_here(
    campaign_file: Path,
    out: Path,
    *,
    change: Callable[[Run], Run] = lambda run: run,
    accepted: frozenset[str] = frozenset(),
) -> tuple[State, tuple[Record, ...]]:
    """Run or resume to the end; the final state and the ledger's records."""
    checked = check_campaign(*read_campaign(campaign_file))
    folder = RunFolder.prepare(out)
    with open_campaign(checked, folder, accepted) as campaign:
        run = change(replace(campaign.run, ask=ask_here))
        state = run_campaign(run, campaign.ledger.records)
        return state, campaign.ledger.records


def decisions(records: Sequence[Record]) -> list[Record]:
    """All that was decided, in order: what no interruption and no executor may change."""
    return [r for r in records if isinstance(r, Proposed | Closed | Chosen | Delivered)]
