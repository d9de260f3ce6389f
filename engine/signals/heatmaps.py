"""Matrices of signals as pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

matplotlib.use("Agg")

_INCHES_A_ROW = 0.2
_INCHES_A_COLUMN = 0.34
_MARGIN_INCHES = 2.6
_MOST_NAMED = 150
"""Rows or columns up to which each is named; beyond, names would cover each other."""


def heatmap(
    title: str, rows: Sequence[str], columns: Sequence[str], values: NDArray[np.float64]
) -> Figure:
    """Values in [-1, 1] as colours, blue below 0 and red above; NaN is left white."""
    height = _size(len(rows), _INCHES_A_ROW)
    figure = Figure(figsize=(_size(len(columns), _INCHES_A_ROW) + 1, height), layout="constrained")
    axes = figure.add_subplot()
    # The diagonal is 1 by definition and would drown what there is to see.
    known = np.where(np.isfinite(values) & (values < 0.999), np.abs(values), 0.0)
    most = float(known.max(initial=0.05))
    image = axes.imshow(values, cmap="RdBu_r", vmin=-most, vmax=most, aspect="auto")
    axes.set_title(title)
    _name(axes, rows, columns)
    figure.colorbar(image, ax=axes, shrink=0.6)
    return figure


def panels(
    rows: Sequence[str], targets: Sequence[str], signals: dict[str, NDArray[np.float64]]
) -> Figure:
    """A panel for each signal: candidates by targets, each panel with its own scale."""
    width = _MARGIN_INCHES + len(signals) * (1.0 + _INCHES_A_COLUMN * len(targets))
    figure = Figure(figsize=(width, _size(len(rows), _INCHES_A_ROW)), layout="constrained")
    all_axes = figure.subplots(1, len(signals), sharey=True, squeeze=False)[0]
    for axes, (signal, values_NS) in zip(all_axes, signals.items(), strict=True):
        image = axes.imshow(values_NS, aspect="auto", **_scale(values_NS))
        axes.set_title(signal, fontsize=9)
        _name(axes, rows, targets)
        bar = figure.colorbar(image, ax=axes, location="bottom", shrink=0.9, pad=0.01)
        bar.ax.tick_params(labelsize=6)
        bar.ax.locator_params(nbins=3)
    return figure


def _scale(values_NS: NDArray[np.float64]) -> dict[str, Any]:
    known = values_NS[np.isfinite(values_NS)]
    if (known >= 0).all():  # 0 is no middle then
        return {"cmap": "viridis"}
    most = float(np.abs(known).max(initial=0.0)) or 1.0
    return {"cmap": "RdBu_r", "vmin": -most, "vmax": most}


def _name(axes: Any, rows: Sequence[str], columns: Sequence[str]) -> None:
    if len(columns) <= _MOST_NAMED:
        axes.set_xticks(range(len(columns)), columns, rotation=90, fontsize=7)
    if len(rows) <= _MOST_NAMED:
        axes.set_yticks(range(len(rows)), rows, fontsize=7)


def _size(count: int, inches: float) -> float:
    return _MARGIN_INCHES + inches * min(count, _MOST_NAMED)
