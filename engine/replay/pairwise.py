"""A table of pairs: what training on one source gave a target, over several seeds.

Shapes: T targets, N sources, S seeds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from engine.replay.random_search import RandomSearch
from engine.replay.ranking import FloatArray, ndcg_of_picks, regret_of
from engine.replay.recorded import Answer, How, Verdict, draws
from policies import View


@dataclass(frozen=True, kw_only=True, slots=True)
class PairwiseTable:
    """Recorded scores, higher is better; NaN where nothing was recorded."""

    targets: tuple[str, ...]
    sources: tuple[str, ...]
    scores_TNS: FloatArray
    baselines_TS: FloatArray
    """Without any source; all NaN of a target that has no baseline."""
    signals: Mapping[str, FloatArray] = field(default_factory=dict)
    """signal -> (T, N) scores known before any training."""
    sets: Mapping[tuple[str, frozenset[str]], FloatArray] = field(default_factory=dict)
    """(target, sources) -> (S,) gains of training on all of them, as `gains` has them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PairwiseTarget:
    """One target of a pairwise table; n of the sources have results with it."""

    name: str
    view: View
    tested: int | None
    kept: int | None
    scores: FloatArray
    """(n,) true scores, means over the seeds, in the order of the view's candidates."""
    gains: Mapping[str, FloatArray]
    """source -> (S,) gains of single runs."""
    sets: Mapping[frozenset[str], FloatArray]
    level: float
    """Score that one unit of gain stands for."""
    se: float
    """Standard error of a single run's gain, as the other targets' runs tell it."""
    harm_known: bool
    """Whether a gain below 0 means worse than no source."""

    def price(self, mixture: Mapping[str, float]) -> int:
        """A probe for each task; the target alone is a run as well."""
        return max(1, len(mixture))

    def random_search(self) -> RandomSearch:
        """Tries single sources."""
        return RandomSearch(pool=tuple({source: 1.0} for source in self.gains))

    def start(self, campaign: int) -> PairwiseRecording:
        return PairwiseRecording(target=self, campaign=campaign)


@dataclass(kw_only=True, slots=True)
class PairwiseRecording:
    """Each query of a source draws one more of its seeds."""

    target: PairwiseTarget
    campaign: int
    _drawn: Counter[frozenset[str]] = field(default_factory=Counter)
    _orders: dict[frozenset[str], FloatArray] = field(default_factory=dict)

    def answer(self, mixture: Mapping[str, float]) -> Answer:
        gain, how, error = self._drawn_gain(mixture)
        return Answer(
            mixture=mixture,
            gain=gain,
            se=error * self.target.se,
            metric_gain=gain * self.target.level,
            how=how,
        )

    def judge(self, mixture: Mapping[str, float], picks: Sequence[str]) -> Verdict:
        target = self.target
        places = {candidate.name: at for at, candidate in enumerate(target.view.candidates)}
        picked = np.array([places[name] for name in picks], dtype=np.intp)
        true = {name: float(gains.mean()) for name, gains in target.gains.items()}
        harmful = [true[name] < 0 for name in picks]
        return Verdict(
            # Without any pick the target trains alone: as far below the best as its baseline.
            regret=regret_of(target.scores, picked, target.kept or max(1, len(picks)))
            if len(picks)
            else 1 - target.level / float(target.scores.max()),
            ndcg=ndcg_of_picks(target.scores, picked),
            harmful=sum(harmful) / max(1, len(harmful)) if target.harm_known else None,
            gain=sum(share * true[name] for name, share in mixture.items()),
        )

    def _drawn_gain(self, mixture: Mapping[str, float]) -> tuple[float, How, float]:
        """A gain, how it came about, and its error in standard errors of a single run."""
        if not mixture:
            return 0.0, "recorded", 0.0
        tasks = frozenset(mixture)
        if len(tasks) == 1 or tasks in self.target.sets:
            gain, fresh = self._next_draw(tasks)
            return gain, "recorded" if fresh else "again", 1.0
        gain = sum(share * self._next_draw(frozenset({t}))[0] for t, share in mixture.items())
        return gain, "assumed", float(np.linalg.norm(list(mixture.values())))

    def _next_draw(self, tasks: frozenset[str]) -> tuple[float, bool]:
        """The next result of these tasks, and whether it is the first time that it is drawn."""
        if tasks not in self._orders:
            self._orders[tasks] = self._shuffled(tasks)
        order, before = self._orders[tasks], self._drawn[tasks]
        self._drawn[tasks] += 1
        return float(order[before % len(order)]), before < len(order)

    def _shuffled(self, tasks: frozenset[str]) -> FloatArray:
        found = self.target.sets.get(tasks)
        gains = self.target.gains[next(iter(tasks))] if found is None else found
        rng = draws("seeds", self.campaign, self.target.name, sorted(tasks))
        return gains[rng.permutation(len(gains))]
