"""Signals as files: parquet for programs, heatmaps for people."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from matplotlib.figure import Figure
from numpy.typing import NDArray

from engine.campaign.measuring import Signals

matplotlib.use("Agg")

_INCHES_A_ROW = 0.28
_MARGIN_INCHES = 2.6


def write_signals(signals: Signals, folder: Path) -> list[Path]:
    """Write affinity, alignment and similarity, each as .parquet and .png; the files' paths.

    Parquet: one row a task, its name in column `task`, one float64 column for each other task.
    """
    matrices = {
        "affinity": (signals.tasks, signals.tasks, signals.affinity_KK),
        "alignment": (signals.candidates, signals.targets, signals.alignment_NS),
        "similarity": (signals.candidates, signals.candidates, signals.similarity_NN),
    }
    written = []
    for name, (rows, columns, values) in matrices.items():
        table = {"task": list(rows), **dict(zip(columns, values.T.tolist(), strict=True))}
        pq.write_table(pa.table(table), folder / f"{name}.parquet")
        heatmap(name, rows, columns, values).savefig(folder / f"{name}.png", dpi=120)
        written += [folder / f"{name}.parquet", folder / f"{name}.png"]
    return written


def heatmap(
    title: str, rows: tuple[str, ...], columns: tuple[str, ...], values: NDArray[np.float64]
) -> Figure:
    """Values in [-1, 1] as colours, blue below 0 and red above, with every name readable."""
    width = _MARGIN_INCHES + 1 + _INCHES_A_ROW * len(columns)
    height = _MARGIN_INCHES + _INCHES_A_ROW * len(rows)
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    # The diagonal is 1 by definition and would drown what there is to see.
    shown = np.where(values < 0.999, np.abs(values), 0.0).max(initial=0.05)
    image = axes.imshow(values, cmap="RdBu_r", vmin=-shown, vmax=shown, aspect="auto")
    axes.set_title(title)
    axes.set_xticks(range(len(columns)), columns, rotation=90, fontsize=8)
    axes.set_yticks(range(len(rows)), rows, fontsize=8)
    figure.colorbar(image, ax=axes, shrink=0.6)
    return figure
