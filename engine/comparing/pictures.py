"""What a comparison shows at a glance: gains with intervals, and what went to decoys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from engine.comparing.judged_arm import TUNED
from engine.comparing.summary import ArmLine, Summary
from engine.report.drawing import COLOURS, INK, STYLE, WIDTH, label, rows, zero_line

_PIXELS_AN_INCH = 160
_ROW, _MARGIN = 0.42, 1.1
"""Inches of an arm, and of all else."""
_SPREAD = 0.55
"""How far the targets of one arm stand apart, in the distance of two arms."""


def draw_pictures(summary: Summary, folder: Path) -> list[Path]:
    """Draw gains.png, and decoys.png where the pool has decoys; their paths."""
    wanted: dict[str, Callable[[Any, Summary], None]] = {"gains": _gains}
    if any(summary.pool_decoy_share.values()):
        wanted["decoys"] = _decoys
    paths = []
    for name, paint in wanted.items():
        paths.append(folder / f"{name}.png")
        with matplotlib.rc_context(STYLE):
            arms = len({line.name for line in summary.arms})
            figure = Figure(figsize=(WIDTH, _MARGIN + _ROW * arms), layout="constrained")
            paint(figure.add_subplot(), summary)
            figure.legend(loc="outside lower center", ncols=3, fontsize=8)
            figure.savefig(paths[-1], dpi=_PIXELS_AN_INCH)
    return paths


def _gains(axes: Any, summary: Summary) -> None:
    names = _named(summary, lambda line: line.over_tuned is not None)
    rows(axes, names)
    zero_line(axes, TUNED)
    for target, height, colour in _places(summary):
        for line in summary.arms:
            if line.target == target and line.over_tuned is not None:
                gain = line.over_tuned.gain
                axes.errorbar(
                    gain.mean,
                    names.index(line.name) + height,
                    xerr=[[gain.mean - gain.low], [gain.high - gain.mean]],
                    fmt="o",
                    color=colour,
                    markersize=4.5,
                    elinewidth=1.4,
                    label=label(target) if line.name == names[0] else None,
                )
    axes.set_xlabel("gain on the test split, nats per example, with 95 % over seeds and examples")


def _decoys(axes: Any, summary: Summary) -> None:
    names = _named(summary, lambda line: line.decoy_share is not None)
    rows(axes, names)
    thick = _SPREAD / len(summary.targets)
    for target, height, colour in _places(summary):
        lines = {line.name: line for line in summary.arms if line.target == target}
        shares = [100 * (lines[name].decoy_share or 0.0) for name in names]
        places = [at + height for at in range(len(names))]
        axes.barh(places, shares, height=0.9 * thick, color=colour, label=label(target))
    for share in sorted(set(summary.pool_decoy_share.values())):
        axes.axvline(100 * share, color=INK, linewidth=1, linestyle="--")
    axes.set_xlim(left=0)
    axes.set_xlabel("decoys in the chosen mixture, %; dashed: among the candidates")


def _named(summary: Summary, shown: Callable[[ArmLine], bool]) -> list[str]:
    return list(dict.fromkeys(line.name for line in summary.arms if shown(line)))


def _places(summary: Summary) -> list[tuple[str, float, str]]:
    """Target, where in its arm's row it stands, and its colour."""
    targets = summary.targets
    return [
        (target, _SPREAD * ((at + 0.5) / len(targets) - 0.5), COLOURS[at % len(COLOURS)])
        for at, target in enumerate(targets)
    ]
