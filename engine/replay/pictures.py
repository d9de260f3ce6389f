"""What a replay shows at a glance: each measure against the budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from engine.replay.recorded import World
from engine.replay.summary import Interval, Line
from engine.replay.writing import factor_of
from engine.report.drawing import COLOURS, INK, STYLE, WIDTH, label

_HEIGHT = 3.8
_PIXELS_AN_INCH = 160
_SPREAD = 0.3
"""How far the marks of one budget stand apart, in the distance of two budgets."""


def draw_pictures(lines: Sequence[Line], world: World, folder: Path) -> list[Path]:
    """Draw each measure, and regret less the first policy's, as PNG files; their paths."""
    unit, first = world.regret_unit, label(lines[0].policy)
    wanted = {
        "regret": ("regret", f"Regret, {unit}, with 95 % over targets", _value),
        "regret_difference": ("regret", f"Regret less that of {first}, {unit}", _difference),
        "ndcg": ("ndcg", "NDCG of the order of picks, %", _value),
        "harmful": ("harmful", "Picks that harm, %", _value),
    }
    # A policy has one colour in all pictures.
    places = {name: at for at, name in enumerate(dict.fromkeys(line.policy for line in lines))}
    paths: list[Path] = []
    for name, (measure, title, value) in wanted.items():
        found = [(line, value(line)) for line in lines if line.measure == measure]
        shown = [(line, one) for line, one in found if one is not None]
        if shown:
            paths.append(folder / f"{name}.png")
            with matplotlib.rc_context({**STYLE, "axes.grid.axis": "y"}):
                figure = _curves(shown, places, title, factor_of(measure, world))
                figure.savefig(paths[-1], dpi=_PIXELS_AN_INCH)
    return paths


def _value(line: Line) -> Interval | None:
    return line.value


def _difference(line: Line) -> Interval | None:
    return line.difference


def _curves(
    shown: Sequence[tuple[Line, Interval]], places: Mapping[str, int], title: str, factor: float
) -> Figure:
    figure = Figure(figsize=(WIDTH, _HEIGHT), layout="constrained")
    axes = figure.add_subplot()
    budgets = sorted({line.budget for line, _ in shown})
    for policy, at in places.items():
        found = {line.budget: one for line, one in shown if line.policy == policy}
        if found:
            # Side by side, so that no interval hides another.
            shift = _SPREAD * ((at + 0.5) / len(places) - 0.5)
            curve = {budgets.index(budget) + shift: one for budget, one in found.items()}
            _curve(axes, curve, factor, policy, at)
    axes.axhline(0, color=INK, linewidth=1)
    axes.spines["bottom"].set_visible(False)
    axes.set_xticks(range(len(budgets)), [str(budget) for budget in budgets])
    axes.set_xlabel("probes")
    axes.set_title(title, loc="left", fontsize=10)
    figure.legend(loc="outside lower center", ncols=3, fontsize=8)
    return figure


def _curve(axes: Any, curve: Mapping[float, Interval], factor: float, name: str, at: int) -> None:
    known = [one for one in curve.values() if one.low is not None and one.high is not None]
    bars = [
        [factor * (one.mean - (one.low or 0.0)) for one in known],
        [factor * ((one.high or 0.0) - one.mean) for one in known],
    ]
    axes.errorbar(
        list(curve),
        [factor * one.mean for one in curve.values()],
        yerr=bars if known else None,
        marker="o",
        # After all colours another line, so that the eighth policy is not the first.
        linestyle=("-", "--", ":")[at // len(COLOURS) % 3],
        color=COLOURS[at % len(COLOURS)],
        markersize=4.5,
        linewidth=1.4,
        elinewidth=1.0,
        label=label(name),
    )
