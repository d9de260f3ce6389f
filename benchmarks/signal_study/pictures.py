"""The study's pictures: what candidates truly gave, and how well each method foretold it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from benchmarks.signal_study.quality import TAKEN, Quality, mean_over_targets
from benchmarks.signal_study.table import Transfer
from benchmarks.signal_study.tables import CERTAIN
from engine.report.drawing import (
    BLUE,
    GREY,
    INK,
    ORANGE,
    PALE,
    STYLE,
    VERMILION,
    WIDTH,
    label,
    rows,
)

_PIXELS_AN_INCH = 110
_COLOURS = LinearSegmentedColormap.from_list("gains", [VERMILION, "white", BLUE])


def draw_gains(measured: Sequence[Transfer], path: Path) -> None:
    """Targets by candidates: mean gains over seeds, thousandths of a nat, the certain ones bold."""
    found = {
        (one.target, name): (float(gain), bool(abs(gain) > CERTAIN * se))
        for one in measured
        for name, gain, se in zip(
            one.candidates, one.gains_SN.mean(axis=0), one.mean_ses_N, strict=True
        )
    }
    targets = [one.target for one in measured]
    names = _best_first(found)
    table = [
        [found.get((target, name), (np.nan, False))[0] for name in names] for target in targets
    ]
    reach = float(np.nanmax(np.abs(table)))

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        axes.set_facecolor(PALE)
        axes.imshow(table, cmap=_COLOURS, vmin=-reach, vmax=reach, aspect="auto")
        for (target, name), (gain, certain) in found.items():
            axes.text(
                names.index(name),
                targets.index(target),
                f"{1000 * gain:+.0f}",
                ha="center",
                va="center",
                fontsize=8.5,
                fontweight="bold" if certain else "normal",
                color=INK if certain else "#5A6672",
            )
        rows(axes, targets)
        axes.set_ylim(len(targets) - 0.5, -0.5)
        axes.set_xticks(range(len(names)), [label(name) for name in names], rotation=40, ha="right")
        axes.grid(False)

    _save(paint, path, height=1.6 + 0.36 * len(targets))


def _best_first(found: Mapping[tuple[str, str], tuple[float, bool]]) -> list[str]:
    """Candidates by their mean gain over the targets."""
    gains: dict[str, list[float]] = {}
    for (_, name), (gain, _) in found.items():
        gains.setdefault(name, []).append(gain)
    return sorted(gains, key=lambda name: -float(np.mean(gains[name])))


def draw_methods(
    found: Mapping[str, Mapping[str, Quality]],
    path: Path,
    *,
    luck: float,
    references: Sequence[str],
) -> None:
    """Each method's correlation and regrets: the mean with its interval, and every target.

    Args:
        found: method -> target -> quality, in the order of the rows.
        path: Of the PNG file.
        luck: What chance alone stays within, as `reach_of_luck`.
        references: Methods that are no signals, in a colour of their own.
    """
    panels = {
        "spearman": ("rank correlation with the truth", 1.0),
        "first_regret": ("regret@1, nats / 1000", 1000.0),
        "regret": (f"regret@{TAKEN}, nats / 1000", 1000.0),
    }

    def paint(figure: Figure) -> None:
        every = figure.subplots(1, len(panels), sharey=True, width_ratios=(1.5, 1, 1))
        for axes, (measure, (title, factor)) in zip(every, panels.items(), strict=True):
            for row, (method, by_target) in enumerate(found.items()):
                values = [factor * float(getattr(one, measure)) for one in by_target.values()]
                _point(axes, row, values, ORANGE if method in references else BLUE)
            axes.set_xlabel(title)
            axes.axvline(0, color=INK, linewidth=1)
        every[0].axvspan(-luck, luck, color=PALE, zorder=0)
        rows(every[0], list(found))

    _save(paint, path, height=0.9 + 0.23 * len(found))


def _point(axes: Any, row: int, values: Sequence[float], colour: str) -> None:
    mean, low, high = mean_over_targets(values, np.random.default_rng(0))
    axes.plot(values, [row] * len(values), "o", color=GREY, markersize=3, alpha=0.7)
    axes.hlines(row, low, high, color=colour, linewidth=2)
    axes.plot(mean, row, "o", color=colour, markersize=6)


def _save(paint: Callable[[Figure], None], path: Path, *, height: float) -> None:
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        paint(figure)
        # No date and no version: the same study makes the same bytes.
        figure.savefig(path, dpi=_PIXELS_AN_INCH, metadata={"Software": None})
