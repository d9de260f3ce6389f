"""A whole campaign in seconds: a tiny random encoder, toy tasks in files, a few steps of each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from tiny_models import tiny_encoder, tiny_tasks

from tasks import Task

SMALL: Mapping[str, Any] = {
    "name": "small",
    "target": "mood",
    "pool": ["cards.yaml"],
    "model": "encoder",
    "max_length": 32,
    "budget_tokens": 60_000,
    "warm_up": {"steps": 6, "batch": 8},
    "rounds": {
        "count": 2,
        "proposals": 2,
        "steps": 3,
        "target_batch": 4,
        "candidate_batch": 4,
        "probe": 8,
    },
    "finish": {"steps": 6, "evaluate_every": 3, "patience": 2, "learning_rates": [5e-4]},
    "executor": {"name": "local", "workers": 1},
    "report_to": ["jsonl"],
}


def write_small_campaign(folder: Path, **changes: Any) -> Path:
    """Model, data, cards and campaign.yaml in `folder`; the campaign file's path.

    Args:
        folder: Exists, or is made.
        changes: Keys of the campaign to set, e.g. `policy={"name": "compass"}`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tiny_encoder(folder / "encoder")
    cards = [_card(task, folder) for task in tiny_tasks(train=48, held_out=48)]
    (folder / "cards.yaml").write_text(yaml.safe_dump_all(cards, sort_keys=False))
    path = folder / "campaign.yaml"
    path.write_text(yaml.safe_dump({**SMALL, **changes}, sort_keys=False))
    return path


def _card(task: Task, folder: Path) -> dict[str, Any]:
    files = {}
    for split in ("train", "validation", "test"):
        file = folder / f"{task.name}-{split}.jsonl"
        rows = (
            {"text": e.text, "pair": e.pair, "options": list(e.options), "label": e.label}
            for e in task.split(split)
        )
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        files[split] = file.name
    template = {"text": "text"}
    if task.name == "kin":
        template["pair"] = "pair"
    if task.kind == "options":
        template["options"] = "options"
    card: dict[str, Any] = {
        "name": task.name,
        "family": task.family,
        "kind": task.kind,
        "metric": task.metric,
        "source": {"files": files},
        "template": template,
        "label": "label",
    }
    return card | ({"labels": list(task.labels)} if task.labels else {})
