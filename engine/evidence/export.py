"""A store as one flat table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from engine.evidence.records import StoredBranch
from engine.evidence.store import CampaignEvidence, Evidence
from engine.storage.whole_file import write_whole

_COLUMNS = {
    "campaign": pa.string(),
    "time_utc": pa.string(),
    "sextant": pa.string(),
    "model": pa.string(),
    "max_length": pa.int64(),
    "seed": pa.int64(),
    "steps": pa.int64(),
    "target_batch": pa.int64(),
    "candidate_batch": pa.int64(),
    "learning_rate": pa.float64(),
    "round": pa.int64(),
    "branch": pa.string(),
    "target": pa.string(),
    "target_name": pa.string(),
    "gain": pa.float64(),
    "se": pa.float64(),
    "metric_gain": pa.float64(),
    "cost": pa.int64(),
    "task": pa.string(),
    "task_name": pa.string(),
    "family": pa.string(),
    "kind": pa.string(),
    "num_labels": pa.int64(),
    "num_examples": pa.int64(),
    "tokens_per_example": pa.float64(),
    "embedding": pa.list_(pa.float32()),
    "share": pa.float64(),
}


def export(evidence: Evidence, out: Path) -> int:
    """Write a row for each branch, target and task of the mixture; the number of rows.

    Columns `score_<signal>` hold the task's scores; null where there was no evidence.

    Args:
        evidence: What a store holds.
        out: A .parquet file in a folder that exists.

    Raises:
        DiskError: `out` is as it was before.
    """
    signals = sorted(
        {
            signal
            for campaign in evidence.campaigns
            for branch in campaign.branches.values()
            for signal in branch.scores
        }
    )
    rows = [
        row
        for campaign in evidence.campaigns
        for branch in campaign.branches.values()
        for row in _rows(campaign, branch)
    ]
    scores = {f"score_{signal}": pa.float64() for signal in signals}
    table = pa.Table.from_pylist(rows, schema=pa.schema({**_COLUMNS, **scores}))
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    write_whole(out, sink.getvalue().to_pybytes())
    return len(rows)


def _rows(campaign: CampaignEvidence, branch: StoredBranch) -> Iterator[dict[str, Any]]:
    opened = campaign.opened
    for target, gain in branch.gains.items():
        for identity, share in branch.mixture.items():
            task = campaign.tasks[identity]
            yield {
                "campaign": opened.campaign,
                "time_utc": branch.time_utc,
                **{key: getattr(opened, key) for key in _OF_CAMPAIGN},
                "round": branch.round,
                "branch": branch.branch,
                "target": target,
                "target_name": campaign.tasks[target].name,
                "gain": gain.gain,
                "se": gain.se,
                "metric_gain": gain.metric_gain,
                "cost": branch.cost,
                "task": identity,
                "task_name": task.name,
                "family": task.family,
                "kind": task.task_kind,
                "num_labels": task.num_labels,
                "num_examples": task.num_examples,
                "tokens_per_example": task.tokens_per_example,
                "embedding": task.embedding_d,
                "share": share,
                **_scores(branch, target, identity),
            }


_OF_CAMPAIGN = (
    "sextant",
    "model",
    "max_length",
    "seed",
    "steps",
    "target_batch",
    "candidate_batch",
    "learning_rate",
)


def _scores(branch: StoredBranch, target: str, task: str) -> dict[str, float | None]:
    return {
        f"score_{signal}": by_target.get(target, {}).get(task)
        for signal, by_target in branch.scores.items()
    }
