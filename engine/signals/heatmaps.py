"""Matrices of signals as pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from engine.signals.sources import OF_NO_TARGET

matplotlib.use("Agg")

_INCHES_A_ROW = 0.2
_INCHES_A_COLUMN = 0.34
_MARGIN_INCHES = 2.6
_MOST_NAMED = 150
"""Rows or columns up to which each is named; beyond, names would cover each other."""
_MOST_WRITTEN = 10
"""Rows or columns up to which numbers fit into the cells of panels."""
_DARK = 0.5
"""Brightness of a colour, from 0 to 1, below which white can be read on it."""
_NO_EVIDENCE = "lightgrey"
_ITSELF = "itself"
"""Names the column of a signal that concerns no target."""


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
    rows: Sequence[str], targets: Sequence[str], signals: Mapping[str, NDArray[np.float64]]
) -> Figure:
    """A panel for each signal: candidates by targets, each panel with its own scale.

    A signal that concerns no target has one column, named so. NaN is grey, and that is said; of few
    tasks the numbers stand in the cells.
    """
    width = _MARGIN_INCHES + len(signals) * (1.0 + _INCHES_A_COLUMN * len(targets))
    figure = Figure(figsize=(width, _size(len(rows), _INCHES_A_ROW)), layout="constrained")
    all_axes = figure.subplots(1, len(signals), sharey=True, squeeze=False)[0]
    for axes, (signal, values_NS) in zip(all_axes, signals.items(), strict=True):
        own = signal in OF_NO_TARGET
        shown = values_NS[:, :1] if own else values_NS
        image = axes.imshow(shown, aspect="auto", **_scale(shown))
        axes.set_facecolor(_NO_EVIDENCE)
        axes.set_title(signal, fontsize=9)
        _name(axes, rows, [_ITSELF] if own else targets)
        if max(len(rows), len(targets)) <= _MOST_WRITTEN:
            _write_numbers(axes, image, shown)
        bar = figure.colorbar(image, ax=axes, location="bottom", shrink=0.9, pad=0.03)
        bar.ax.tick_params(labelsize=6)
        bar.ax.locator_params(nbins=3)
    if any(np.isnan(values_NS).any() for values_NS in signals.values()):
        figure.supxlabel("grey: no evidence", fontsize=8)
    return figure


def _write_numbers(axes: Any, image: Any, values_NS: NDArray[np.float64]) -> None:
    for (row, column), value in np.ndenumerate(values_NS):
        known = bool(np.isfinite(value))
        red, green, blue, _ = image.to_rgba(value) if known else (1.0, 1.0, 1.0, 1.0)
        dark = 0.3 * red + 0.6 * green + 0.1 * blue < _DARK
        text, colour = (f"{value:.2g}" if known else "-"), ("white" if dark else "black")
        axes.text(column, row, text, ha="center", va="center", fontsize=6, color=colour)


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
