"""Events as Weights & Biases keeps them: plain JSON for the process that sends them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic_core import to_jsonable_python

from engine.ledger.records import Contender, GainLine
from engine.tracking.events import CampaignDelivered, CampaignOpened, Event, RoundClosed
from engine.tracking.lines import best

Instruction = dict[str, Any]
"""JSON whose key "do" is "open", "row" or "deliver"."""

ARM_COLUMNS = (
    *("arm", "target", "delivered", "cost_tokens", "gate_loss"),
    *("loss", "metric", "metric_low", "metric_high", "gain", "gain_se"),
)


def instruction(event: Event, *, folder: Path, project: str) -> Instruction | None:
    """What to send for an event; None for what W&B is not told."""
    match event:
        case CampaignOpened():
            return _open(event, folder=folder, project=project)
        case RoundClosed():
            return {"do": "row", "row": round_row(event)}
        case CampaignDelivered():
            return _deliver(event)
        case _:
            return None


def _open(event: CampaignOpened, *, folder: Path, project: str) -> Instruction:
    config = to_jsonable_python(
        {**event.config, "policy_name": event.policy, "campaign_id": event.campaign_id},
        inf_nan_mode="null",
        fallback=str,
    )
    # W&B allows few characters in an id; ours is a hash, so nothing is lost.
    run_id = re.sub(r"[^A-Za-z0-9_-]", "-", event.campaign_id)[:64]
    return {
        "do": "open",
        "id": run_id,
        "name": event.name,
        "project": project,
        "folder": str(folder),
        "config": config,
    }


def round_row(event: RoundClosed) -> dict[str, float]:
    """One row of scalars. `round` counts from 1 and is the axis of all others."""
    row: dict[str, float] = {"round": event.round + 1}
    row |= _mixtures(event)
    for found in event.gains:
        row |= _gains(_branch(found), found)
    index = best(event)
    if index is not None:
        row |= _gains("best", event.gains[index])
    row["gain/advanced"] = float(any(found.branch == event.advanced for found in event.gains))
    row |= _scores(event)
    row["cost/spent_tokens"] = event.spent_tokens
    row["cost/wasted_tokens"] = event.wasted_tokens
    row["cost/budget_left"] = event.budget_left
    return row


def _mixtures(event: RoundClosed) -> dict[str, float]:
    """mix/<task> of the best proposal, zeros included so that areas can be stacked."""
    index = best(event)
    leading = event.proposals[index].mixture if index is not None else {}
    row = {f"mix/{task}": leading.get(task, 0.0) for task in sorted(_tasks(event))}
    for found, line in zip(event.gains, event.proposals, strict=False):
        for task, share in line.mixture.items():
            row[f"branch/{_branch(found)}/mix/{task}"] = share
    return row


def _gains(name: str, found: GainLine) -> dict[str, float]:
    values = {
        f"gain/{name}": found.gain,
        f"gain/{name}_se": found.se,
        f"gain/{name}_gate": found.gate_gain,
        f"gain/{name}_gate_se": found.gate_se,
    }
    row = {key: value for key, value in values.items() if value is not None}
    row[f"cost/{name}"] = found.cost
    if name == "best":
        for target, facts in found.targets.items():
            row |= {f"target/{target}/{fact}": value for fact, value in facts.items()}
    return row


def _scores(event: RoundClosed) -> dict[str, float]:
    row = {}
    for task in sorted(event.scores):
        for signal, by_target in event.scores[task].items():
            for target, score in by_target.items():
                where = f"{task}/{target}" if len(by_target) > 1 else task
                row[f"score/{signal}/{where}"] = score
    return row


def _tasks(event: RoundClosed) -> set[str]:
    return {task for line in event.proposals for task in line.mixture} | set(event.scores)


def _branch(found: GainLine) -> str:
    """Key "r02-p1" as "p1": the same series in every round."""
    return found.branch.rpartition("-")[2]


def _deliver(event: CampaignDelivered) -> Instruction:
    arms = event.delivered.contenders
    return {
        "do": "deliver",
        "columns": list(ARM_COLUMNS),
        "rows": [row for arm in arms for row in _arm_rows(arm, event.delivered.arm)],
        "summary": _summary(event),
        "mixture": dict(event.mixture),
        "reason": event.reason,
    }


def _arm_rows(arm: Contender, delivered: str) -> list[list[Any]]:
    facts: Mapping[str, Mapping[str, float]] = arm.test or {"": {}}
    head = [arm.arm, arm.arm == delivered, arm.cost, arm.gate_loss]
    return [
        [head[0], target, *head[1:], *(test.get(column) for column in ARM_COLUMNS[5:])]
        for target, test in facts.items()
    ]


def _summary(event: CampaignDelivered) -> dict[str, Any]:
    summary: dict[str, Any] = {"delivered": event.delivered.arm}
    for arm in event.delivered.contenders:
        for target, facts in arm.test.items():
            summary |= {f"test/{arm.arm}/{target}/{fact}": value for fact, value in facts.items()}
    return summary
