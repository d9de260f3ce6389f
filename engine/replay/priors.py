"""What may be known of a target before its first probe: never from its own row or column.

Shapes: T targets, N sources, S seeds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.replay.pair_gains import Gains, recorded, run_noise
from engine.replay.pairwise import PairwiseTable, PairwiseTarget
from engine.replay.recorded import PROBE_TOKENS
from engine.replay.set_gains import set_gains
from policies import Candidate, PastBranch, Target, View


def pairwise_target(
    table: PairwiseTable,
    name: str,
    gains: Gains,
    *,
    with_past: bool,
    tested: int | None,
    kept: int | None,
) -> PairwiseTarget:
    """One target, ready to be replayed.

    Args:
        table: As recorded.
        name: Of the target.
        gains: Of the same table.
        with_past: Whether the other targets' results are in the view's past.
        tested: Sources that a probe holds; None: any number.
        kept: Sources that the final mixture holds; None: any number.
    """
    row = table.targets.index(name)
    known = np.flatnonzero(np.isfinite(gains.gains_TNS[row]).any(axis=1))
    sources = [table.sources[at] for at in known]
    return PairwiseTarget(
        name=name,
        view=View(
            candidates=tuple(_candidate(table, row, int(at)) for at in known),
            targets=(Target(name=name, family=name, num_examples=PROBE_TOKENS, weight=1.0),),
            budget_left=0,
            past=past_branches(table, name, gains) if with_past else (),
        ),
        tested=tested,
        kept=kept,
        scores=np.nanmean(table.scores_TNS[row, known], axis=1),
        gains={
            source: recorded(gains.gains_TNS[row, at])
            for source, at in zip(sources, known, strict=True)
        },
        sets=set_gains(table, gains, name),
        level=float(gains.levels_T[row]),
        se=noise_elsewhere(table, name, gains),
        harm_known=bool(np.isfinite(table.baselines_TS[row]).any()),
    )


def past_branches(table: PairwiseTable, name: str, gains: Gains) -> tuple[PastBranch, ...]:
    """The other targets' pairs as branches of earlier campaigns, seeds averaged.

    Left out: the target's row, and its column, which is what it gives as a source.
    """
    places = [
        (t, n)
        for t, n in zip(*np.nonzero(np.isfinite(gains.gains_TNS).any(axis=2)), strict=True)
        if table.targets[t] != name and table.sources[n] != name
    ]
    noise = np.nan_to_num(run_noise(gains, _others(table, name)))
    return tuple(_past_branch(table, gains, int(t), int(n), float(noise[t])) for t, n in places)


def noise_elsewhere(table: PairwiseTable, name: str, gains: Gains) -> float:
    """Standard deviation of a single run's gain: the median over the other targets.

    Of the target's own runs where it is the only one; 0 where no pair was run twice.
    """
    noise = run_noise(gains, _others(table, name))
    elsewhere = recorded(noise[[target != name for target in table.targets]])
    own = noise[table.targets.index(name)]
    return float(np.median(elsewhere)) if elsewhere.size else float(np.nan_to_num(own))


def _others(table: PairwiseTable, name: str) -> NDArray[np.bool_]:
    """(N,) the sources that are not the target itself."""
    return np.array([source != name for source in table.sources])


def _past_branch(table: PairwiseTable, gains: Gains, t: int, n: int, noise: float) -> PastBranch:
    found = recorded(gains.gains_TNS[t, n])
    return PastBranch(
        target=table.targets[t],
        mixture={table.sources[n]: 1.0},
        gain=float(found.mean()),
        se=noise / np.sqrt(len(found)),
        scores=_scores(table, t, n),
    )


def _candidate(table: PairwiseTable, row: int, at: int) -> Candidate:
    target, source = table.targets[row], table.sources[at]
    return Candidate(
        name=source,
        # The table knows no families: each task is of its own.
        family=source,
        num_examples=PROBE_TOKENS,
        tokens_per_example=1.0,
        scores={signal: {target: score} for signal, score in _scores(table, row, at).items()},
    )


def _scores(table: PairwiseTable, t: int, n: int) -> dict[str, float]:
    return {
        signal: float(scores[t, n])
        for signal, scores in table.signals.items()
        if np.isfinite(scores[t, n])
    }
