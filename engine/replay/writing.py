"""A replay's results as files: rows and summary as parquet, the summary as Markdown."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from engine.replay.campaign import Row
from engine.replay.recorded import World
from engine.replay.summary import MEASURES, Interval, Line

ROWS = "replay.parquet"
METADATA = "sextant.replay"
"""Key of the files' metadata under which the settings are told, as JSON."""

_TITLES = {
    "regret": "Regret, {unit}: lower is better",
    "ndcg": "NDCG, %: higher is better",
    "harmful": "Harmful picks, %: lower is better",
}


def write_results(
    rows: Sequence[Row],
    lines: Sequence[Line],
    world: World,
    told: Mapping[str, Any],
    folder: Path,
) -> list[Path]:
    """Write replay.parquet, summary.parquet and summary.md; their paths.

    Args:
        rows: A line of replay.parquet each.
        lines: Of the summary.
        world: What was replayed.
        told: How, as JSON values: it goes into the files' metadata and the Markdown.
        folder: Where; it exists.
    """
    metadata = {METADATA: json.dumps({**told, "assumptions": world.assumptions})}
    paths = [folder / name for name in (ROWS, "summary.parquet", "summary.md")]
    _write_table([dataclasses.asdict(row) for row in rows], metadata, paths[0])
    _write_table([_flat(line) for line in lines], metadata, paths[1])
    paths[2].write_text(markdown(lines, world, told), encoding="utf-8")
    return paths


def markdown(lines: Sequence[Line], world: World, told: Mapping[str, Any]) -> str:
    """The summary as a page: a table for each measure, and what the numbers rest on."""
    parts = ["# Replay", "", *(f"- {key}: {_words(value)}" for key, value in told.items())]
    for measure in MEASURES:
        found = [line for line in lines if line.measure == measure]
        if found:
            title = _TITLES[measure].format(unit=world.regret_unit)
            parts += ["", f"## {title}", "", *_table(found, factor_of(measure, world))]
    notes = (
        "Means over targets; in brackets 95 % of a bootstrap over targets. A difference is less"
        " the first policy's, target by target.",
        *world.assumptions,
    )
    return "\n".join([*parts, "", *(f"- {note}" for note in notes)]) + "\n"


def factor_of(measure: str, world: World) -> float:
    """From a measure's value to the number that people read."""
    return world.regret_factor if measure == "regret" else 100.0


def interval_text(found: Interval | None, factor: float, *, signed: bool = False) -> str:
    """E.g. "1.35 [0.98, 1.80]"; "" for none."""
    if found is None:
        return ""
    sign = "+" if signed else ""
    numbers = [found.mean, *((found.low, found.high) if found.low is not None else ())]
    texts = [f"{(number or 0.0) * factor:{sign}.3g}" for number in numbers]
    return texts[0] + (f" [{texts[1]}, {texts[2]}]" if len(texts) > 1 else "")


def _words(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _table(lines: Sequence[Line], factor: float) -> list[str]:
    rows = ["| policy | budget | mean | difference |", "|---|---:|---|---|"]
    return rows + [
        f"| {line.policy} | {line.budget} | {interval_text(line.value, factor)} | "
        f"{interval_text(line.difference, factor, signed=True)} |"
        for line in lines
    ]


def _flat(line: Line) -> dict[str, Any]:
    difference = line.difference
    return {
        "policy": line.policy,
        "budget": line.budget,
        "measure": line.measure,
        "mean": line.value.mean,
        "low": line.value.low,
        "high": line.value.high,
        "difference": None if difference is None else difference.mean,
        "difference_low": None if difference is None else difference.low,
        "difference_high": None if difference is None else difference.high,
    }


def _write_table(rows: list[dict[str, Any]], metadata: dict[str, str], path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(rows).replace_schema_metadata(metadata), path)
