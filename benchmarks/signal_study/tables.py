"""The tables of the study's page, as markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
from scipy.stats import rankdata

from benchmarks.signal_study import design
from benchmarks.signal_study.compare import ONE_BRANCH, Found, Signals
from benchmarks.signal_study.costs import share_of_a_branch
from benchmarks.signal_study.luck import reach_of_luck
from benchmarks.signal_study.quality import (
    Quality,
    Readings,
    ceiling,
    filled,
    mean_over_targets,
    repeatability,
    steadiness,
)
from benchmarks.signal_study.table import Transfer

CERTAIN: Final = 2.0
"""Standard errors from zero at which a gain counts as one."""

DECOYS: Final = tuple(name for name in design.OTHERS if name.startswith("decoy"))


def truth_table(measured: Sequence[Transfer]) -> str:
    """How large gains are beside their errors, and how far seeds agree."""
    head = (
        "target",
        "seeds",
        "gains, nats",
        "standard error",
        f"beyond {CERTAIN:g} errors",
        "rank correlation of two seeds",
        "ceiling",
    )
    rows = []
    for one in measured:
        mean_N, several = one.gains_SN.mean(axis=0), len(one.seeds) > 1
        certain = int((np.abs(mean_N) > CERTAIN * one.mean_ses_N).sum())
        rows.append(
            (
                one.target,
                str(len(one.seeds)),
                f"{mean_N.min():+.3f} to {mean_N.max():+.3f}",
                f"{np.median(one.mean_ses_N):.3f}",
                f"{certain} of {len(mean_N)}",
                f"{repeatability(one):+.2f}" if several else "-",
                f"{ceiling(one):.2f}" if several else "-",
            )
        )
    return markdown(head, rows)


def methods_table(found: Found, signals: Signals) -> str:
    """Each method's means over the targets."""
    head = (
        "method",
        "cost",
        "rank correlation",
        "above 0",
        "own seed",
        "two seeds",
        "NDCG",
        "regret@1",
        "regret@5",
        "regret@5, metric",
    )
    rows = [
        _of_method(method, by_target, signals.get(method, {}))
        for method, by_target in found.items()
    ]
    return markdown(head, rows)


def _of_method(
    method: str, by_target: Mapping[str, Quality], readings: Mapping[str, Readings]
) -> tuple[str, ...]:
    ranks = [one.spearman for one in by_target.values()]
    mean, low, high = mean_over_targets(ranks, np.random.default_rng(0))
    cost = 1.0 if method == ONE_BRANCH else share_of_a_branch(method)
    return (
        method,
        f"{100 * cost:.0f} %",
        f"{mean:+.2f} [{low:+.2f}, {high:+.2f}]",
        f"{sum(rank > 0 for rank in ranks)} of {len(ranks)}",
        f"{_mean(by_target, 'own_spearman'):+.2f}",
        _steadiness(readings),
        f"{_mean(by_target, 'ndcg'):.2f}",
        f"{1000 * _mean(by_target, 'first_regret'):.0f}",
        f"{1000 * _mean(by_target, 'regret'):.0f}",
        f"{100 * _mean(by_target, 'metric_regret'):.1f} %",
    )


def _steadiness(by_target: Mapping[str, Readings]) -> str:
    found = [steadiness(readings) for readings in by_target.values()]
    known = [value for value in found if np.isfinite(value)]
    return f"{np.mean(known):+.2f}" if known else "-"


def luck_line(measured: Sequence[Transfer]) -> str:
    """What a correlation has to go beyond."""
    apart, alike = (
        reach_of_luck(measured, np.random.default_rng(0), alike=alike) for alike in (False, True)
    )
    return (
        f"Scores without meaning stay within ±{apart:.2f} in 95 of 100 such studies; scores that"
        f" are the same for all targets (loss, data maps, number of examples) within ±{alike:.2f}."
    )


def decoys_table(measured: Sequence[Transfer], signals: Signals) -> str:
    """Mean place of each decoy among a target's candidates, 1 the best: in truth and by method."""
    truth = {one.target: {0: one.gains_SN.mean(axis=0)} for one in measured}
    rows = []
    for method, by_target in {"the truth": truth, **signals}.items():
        read = [(one, by_target[one.target]) for one in measured if one.target in by_target]
        rows.append((method, *(f"{_mean_place(decoy, read):.1f}" for decoy in DECOYS)))
    return markdown(("method", *DECOYS), rows)


def _mean_place(name: str, read: Iterable[tuple[Transfer, Readings]]) -> float:
    places = [
        rankdata(-filled(scores_N))[one.candidates.index(name)]
        for one, readings in read
        for scores_N in readings.values()
    ]
    return float(np.mean(places))


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; the first column is text, the others are numbers."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))


def _mean(by_target: Mapping[str, Quality], measure: str) -> float:
    return float(np.mean([getattr(one, measure) for one in by_target.values()]))
