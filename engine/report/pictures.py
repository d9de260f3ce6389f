"""The pictures of a report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from engine.report.drawing import (
    BLUE,
    COLOURS,
    GREEN,
    GREY,
    INK,
    ORANGE,
    VERMILION,
    Picture,
    draw,
    label,
    rows,
    zero_line,
)
from engine.report.facts import Branch, CandidateFacts, Facts, Spending
from engine.report.verdict import Z95
from engine.wording import arm_text, share_text, tokens_text

MOST_ROWS = 60
"""Rows of a picture; what is left out is said in its caption and stands in the tables."""

ROW = 0.27
"""Inches."""


def proof_picture(facts: Facts) -> Picture | None:
    """Gain of each arm over target-only on test, with 95 % intervals."""
    found = [
        (f"{arm_text(arm.name)}{f' on {test.target}' if len(arm.tests) > 1 else ''}", arm, test)
        for arm in facts.arms
        for test in arm.tests
        if test.gain is not None and test.se is not None
    ]
    if not found:
        return None

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        for row, (_, arm, test) in enumerate(found):
            colour = BLUE if arm.name == "selected" else GREY
            _point(axes, row, test.gain, test.se, colour=colour, filled=arm.delivered)
        rows(axes, [name for name, _, _ in found])
        zero_line(axes, "target only")
        axes.set_xlabel("gain on test, nats per example, with 95 % interval; right is better")

    words = "; ".join(f"{name}: {test.gain:+.4f}" for name, _, test in found)
    return draw(paint, height=0.95 + 0.36 * len(found), alt=f"Gain over target only. {words}")


def mixture_picture(facts: Facts) -> Picture | None:
    """Shares of the chosen set."""
    shares = list((facts.chosen or {}).items())[:MOST_ROWS]
    if not shares:
        return None

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        values = [share for _, share in shares]
        axes.barh(range(len(shares)), values, color=BLUE, height=0.62)
        for row, share in enumerate(values):
            axes.text(share, row, f" {share_text(share)}", va="center", color=INK)
        rows(axes, [name for name, _ in shares])
        axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axes.set_xlim(0, max(values) * 1.12)
        axes.set_xlabel("share of the candidate examples")

    words = ", ".join(f"{name} {share_text(share)}" for name, share in shares)
    return draw(paint, height=0.7 + 0.32 * len(shares), alt=f"Chosen mixture: {words}")


def rounds_picture(facts: Facts) -> Picture | None:
    """Every branch by round: its mixture, and beside it its gain over the control."""
    branches = facts.branches[-MOST_ROWS:]
    if not branches:
        return None
    places = _places(branches)

    def paint(figure: Figure) -> None:
        left, right = figure.subplots(1, 2, sharey=True, width_ratios=(1, 1.15))
        _paint_mixtures(left, branches, places)
        _paint_gains(right, branches, places)
        names = [_branch_label(branch) for branch in branches]
        left.set_yticks(places, names)
        left.set_ylim(places[-1] + 0.7, -0.7)
        for text, branch in zip(left.get_yticklabels(), branches, strict=True):
            text.set_fontweight("bold" if branch.advanced else "normal")
        figure.legend(loc="outside lower center", ncols=3, fontsize=8, handlelength=1.2)

    height = 1.5 + ROW * (places[-1] + 1) + 0.2 * (min(8, len(_palette(branches)) + 1) // 3)
    return draw(paint, height=height, alt=f"Mixtures and gains of {len(branches)} branches")


def _places(branches: Sequence[Branch]) -> list[float]:
    """A row for each branch, with a gap between rounds."""
    first = branches[0].round
    return [row + 0.6 * (branch.round - first) for row, branch in enumerate(branches)]


def _branch_label(branch: Branch) -> str:
    return f"round {branch.round + 1}, {label(branch.name)}"


def _palette(branches: Sequence[Branch]) -> dict[str, str]:
    """A colour for each of the tasks with most share in all; the others stay grey."""
    totals: dict[str, float] = {}
    for branch in branches:
        for task, share in branch.mixture.items():
            totals[task] = totals.get(task, 0.0) + share
    order = sorted(totals, key=lambda task: (-totals[task], task))
    return dict(zip(order, COLOURS, strict=False))


def _paint_mixtures(axes: Any, branches: Sequence[Branch], places: Sequence[float]) -> None:
    palette = _palette(branches)
    named: set[str] = set()
    for place, branch in zip(places, branches, strict=True):
        start = 0.0
        # Coloured tasks in the legend's order, so that equal shares line up between rows.
        order = [*palette, *(task for task in branch.mixture if task not in palette)]
        for task in order:
            share = branch.mixture.get(task, 0.0)
            name = label(task) if task in palette else "other tasks"
            axes.barh(
                place,
                share,
                left=start,
                height=0.66,
                color=palette.get(task, GREY),
                edgecolor="white",
                linewidth=0.6,
                label=None if name in named or not share else name,
            )
            named |= {name} if share else set()
            start += share
        if not branch.mixture:
            words = "labels shuffled" if branch.placebo else "target only"
            axes.text(0.01, place, words, va="center", fontsize=8, color=GREY)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_xlabel("mixture tried")
    axes.grid(False)


def _paint_gains(axes: Any, branches: Sequence[Branch], places: Sequence[float]) -> None:
    for place, branch in zip(places, branches, strict=True):
        if branch.gain is None:
            words = label(branch.trouble or "no gain")
            axes.text(0, place, f"  {words}", va="center", fontsize=8, color=VERMILION)
            continue
        colour = GREY if branch.placebo else GREEN if branch.advanced else BLUE
        _point(axes, place, branch.gain, branch.se, colour=colour, filled=branch.advanced)
    zero_line(axes, "control")
    axes.set_xlabel("gain over the control, nats per example, 95 % interval")
    axes.margins(x=0.08)
    axes.xaxis.set_major_locator(MaxNLocator(5))


def _point(
    axes: Any, row: float, gain: float | None, se: float | None, *, colour: str, filled: bool
) -> None:
    axes.errorbar(
        gain,
        row,
        xerr=Z95 * (se or 0.0),
        fmt="o",
        color=colour,
        markerfacecolor=colour if filled else "white",
        markeredgewidth=1.6,
        markersize=6.5,
        elinewidth=1.6,
        capsize=0,
    )


def signals_picture(facts: Facts) -> Picture | None:
    """One panel a signal, candidates sorted by the first."""
    signals = facts.signals[:4]
    if not signals:
        return None
    # Alignment is the better predictor of the two that we have; it decides the order when present.
    first = "alignment" if "alignment" in signals else signals[0]
    signals = (first, *(signal for signal in signals if signal != first))
    found = sorted(
        (one for one in facts.candidates if one.scores),
        key=lambda one: (-one.scores.get(first, float("-inf")), one.name),
    )[:MOST_ROWS]

    def paint(figure: Figure) -> None:
        panels = figure.subplots(1, len(signals), sharey=True, squeeze=False)[0]
        for axes, signal in zip(panels, signals, strict=True):
            _paint_scores(axes, signal, found)
        rows(panels[0], [one.name for one in found])
        figure.legend(handles=_keys(panels[0]), loc="outside lower center", ncols=3, fontsize=8)

    words = ", ".join(signals)
    return draw(paint, height=1.2 + ROW * len(found), alt=f"Signals of candidates: {words}")


def _paint_scores(axes: Any, signal: str, found: Sequence[CandidateFacts]) -> None:
    axes.axvline(0, color=INK, linewidth=1)
    for row, one in enumerate(found):
        if signal in one.scores:
            colour = BLUE if one.share else ORANGE if one.decoy else GREY
            axes.hlines(row, 0, one.scores[signal], color=colour, linewidth=1.6, alpha=0.6)
            axes.plot(one.scores[signal], row, _mark(one), color=colour, markersize=6.5)
    axes.set_xlabel(label(signal))
    axes.margins(x=0.1)
    axes.xaxis.set_major_locator(MaxNLocator(5))


def _mark(one: CandidateFacts) -> str:
    return "o" if one.share else "X" if one.decoy else "o"


def _keys(axes: Any) -> list[Any]:
    kinds = (("chosen", BLUE, "o"), ("not chosen", GREY, "o"), ("decoy", ORANGE, "X"))
    return [
        axes.plot([], [], mark, color=colour, markersize=6.5, label=name)[0]
        for name, colour, mark in kinds
    ]


def cost_picture(spending: Spending) -> Picture | None:
    """One bar: what each stage cost of the budget."""
    parts = [*spending.parts, *([("wasted", spending.wasted)] if spending.wasted else [])]
    if not parts:
        return None
    colours = dict(zip((name for name, _ in spending.parts), COLOURS, strict=False))

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        start = 0
        for name, tokens in parts:
            colour = colours.get(name, GREY)
            words = f"{name}, {tokens_text(tokens)}"
            axes.barh(0, tokens, left=start, color=colour, height=0.5, label=words)
            start += tokens
        if spending.budget:
            axes.axvline(spending.budget, color=INK, linewidth=1.2, linestyle=(0, (4, 2)))
            axes.text(spending.budget, 0.34, "budget ", ha="right", va="bottom", fontsize=8)
        axes.set_yticks([])
        axes.set_ylim(-0.32, 0.5)
        axes.set_xlim(0, max(start, spending.budget) * 1.01)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: tokens_text(int(value))))
        axes.set_xlabel("training tokens")
        figure.legend(loc="outside upper left", ncols=3, fontsize=8, handlelength=1.2)

    words = ", ".join(f"{name} {tokens_text(tokens)}" for name, tokens in parts)
    return draw(paint, height=1.75, alt=f"Training tokens: {words}")
