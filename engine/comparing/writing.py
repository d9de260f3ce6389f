"""A comparison's result as files: every number as parquet, the tables as Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from engine.comparing.intervals import over_examples
from engine.comparing.judged_arm import JudgedArm
from engine.comparing.summary import Summary
from engine.comparing.tables import markdown


def write_results(
    arms: Sequence[JudgedArm], summary: Summary, told: Mapping[str, str], folder: Path
) -> list[Path]:
    """Write compare.parquet and compare.md; their paths.

    Args:
        arms: What the summary was made of.
        summary: Its tables.
        told: What was compared and what it cost, heading -> words.
        folder: Where; it exists.
    """
    paths = [folder / "compare.parquet", folder / "compare.md"]
    table = pa.Table.from_pylist(list(_rows(arms)))
    metadata = {"sextant.compare": json.dumps(told)}
    pq.write_table(table.replace_schema_metadata(metadata), paths[0])
    paths[1].write_text(markdown(summary, told), encoding="utf-8")
    return paths


def _rows(arms: Sequence[JudgedArm]) -> Iterator[dict[str, Any]]:
    """A row for each number: of an arm by itself, or against another on the same examples."""
    for arm in arms:
        yield _row(arm, "loss", float(arm.losses.mean()))
        yield _row(arm, "metric", arm.metric)
        yield _row(arm, "cost", float(arm.cost))
        if arm.decoy_share is not None:
            yield _row(arm, "decoy_share", arm.decoy_share)
        for task, share in (arm.mixture or {}).items():
            yield _row(arm, "share", share, of=task)
        for other in arms:
            if (other.target, other.seed) == (arm.target, arm.seed) and other is not arm:
                gain = over_examples(other.losses - arm.losses)
                row = _row(arm, "gain", gain.mean, of=other.name)
                yield {**row, "low": gain.low, "high": gain.high}


def _row(arm: JudgedArm, measure: str, value: float, *, of: str = "") -> dict[str, Any]:
    return {
        "target": arm.target,
        "seed": arm.seed,
        "arm": arm.name,
        "measure": measure,
        # The task of a share, or the arm that a gain is over.
        "of": of,
        "value": value,
        "low": None,
        "high": None,
    }
