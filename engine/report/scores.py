"""The scores of candidates, from the arrays to which a ledger's rounds refer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from engine.ledger.records import Opened, Proposed, Record
from engine.ledger.result_store import read_readings

MeanScores = Mapping[str, Mapping[str, float]]
"""candidate -> signal -> score, mean over the targets."""


def last_scores(records: Sequence[Record], arrays: Path) -> MeanScores:
    """Each score as the last round had it that knew one.

    Args:
        records: Of a campaign at any stage.
        arrays: The run's folder of arrays.

    Raises:
        DamagedFileError: If a round's arrays are missing or not what was written.
    """
    tasks = [name for record in records if isinstance(record, Opened) for name in record.tasks]
    last: dict[str, dict[str, float]] = {}
    for record in records:
        if isinstance(record, Proposed):
            readings = read_readings(record.readings, arrays, tasks=tasks)
            for signal, by_target in readings.scores.items():
                scores_SN = np.stack(list(by_target.values()))
                for name, column in zip(readings.candidates, scores_SN.T, strict=True):
                    known = column[np.isfinite(column)]
                    if known.size:
                        last.setdefault(name, {})[signal] = float(known.mean())
    return last
