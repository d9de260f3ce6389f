"""Recorded runs of mixtures: what training on each of them gave a target.

Shapes: R recorded runs, N tasks, S results of a run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from engine.replay.random_search import RandomSearch
from engine.replay.ranking import FloatArray
from engine.replay.recorded import PROBE_TOKENS, Answer, Verdict, draws
from policies import Candidate, Target, View

if TYPE_CHECKING:
    from engine.replay.surrogate import Surrogate


@dataclass(frozen=True, kw_only=True, slots=True)
class MixtureTarget:
    """One target of a table of mixtures. Results are higher for better: a loss's sign is turned."""

    name: str
    view: View
    shares_RN: FloatArray
    """Rows distinct, each summing to 1, tasks in the order of the view's candidates."""
    results_RS: FloatArray
    """NaN after a run's last result; each run has one at least."""
    surrogate: Surrogate | None = None
    """Answers in place of the nearest run, where there is one."""
    tested: None = None
    kept: None = None

    @property
    def se(self) -> float:
        """Standard error of an answer: from seed to seed, or of the surrogate; 0 where unknown."""
        if self.surrogate is not None:
            return self.surrogate.error
        several = self.results_RS[np.isfinite(self.results_RS).sum(axis=1) > 1]
        return float(np.sqrt(np.nanvar(several, axis=1, ddof=1).mean())) if len(several) else 0.0

    def price(self, mixture: Mapping[str, float]) -> int:
        """One probe, whatever it mixes."""
        del mixture
        return 1

    def start(self, campaign: int) -> MixtureRecording:
        return MixtureRecording(target=self, campaign=campaign)

    def random_search(self) -> RandomSearch:
        """Tries the recorded mixtures."""
        return RandomSearch(pool=tuple(self.mixture(run) for run in range(len(self.shares_RN))))

    def with_surrogate(self) -> MixtureTarget:
        """The same, answering with what a surrogate of all its runs predicts."""
        from engine.replay.surrogate import fit_surrogate  # brings in scikit-learn: seconds

        surrogate = fit_surrogate(self.shares_RN, np.nanmean(self.results_RS, axis=1))
        return replace(self, surrogate=surrogate)

    def mixture(self, run: int) -> dict[str, float]:
        """The shares of a recorded run."""
        shares = zip(self.view.candidates, self.shares_RN[run], strict=True)
        return {task.name: float(share) for task, share in shares if share > 0}

    def shares(self, mixture: Mapping[str, float]) -> FloatArray:
        """(N,) of a mixture; the empty one is the control, the mean of the recorded mixtures."""
        if not mixture:
            return np.asarray(self.shares_RN.mean(axis=0))
        return np.array([mixture.get(task.name, 0.0) for task in self.view.candidates])

    def apart(self, shares_N: FloatArray) -> FloatArray:
        """(R,) squared Hellinger distances of a mixture to the recorded ones, 0 to 1."""
        return np.asarray(1 - np.sqrt(self.shares_RN) @ np.sqrt(shares_N))

    def expected(self, shares_N: FloatArray) -> float:
        """The result of a mixture: by the surrogate, or the mean of the nearest run's results."""
        if self.surrogate is not None:
            return float(self.surrogate.predict(shares_N[None])[0])
        return float(np.nanmean(self.results_RS[self.apart(shares_N).argmin()]))

    def best(self) -> float:
        """The result of the best recorded mixture."""
        if self.surrogate is not None:
            return float(self.surrogate.predict(self.shares_RN).max())
        return float(np.nanmean(self.results_RS, axis=1).max())


@dataclass(kw_only=True, slots=True)
class MixtureRecording:
    """Each query draws one more result of the nearest run that has any left."""

    target: MixtureTarget
    campaign: int
    _drawn: FloatArray = field(init=False)
    """(R,) how often each run was drawn."""
    _control: float = field(init=False)

    def __post_init__(self) -> None:
        self._drawn = np.zeros(len(self.target.shares_RN))
        self._control = self.target.expected(self.target.shares({}))

    def answer(self, mixture: Mapping[str, float]) -> Answer:
        shares = self.target.shares(mixture)
        if self.target.surrogate is None:
            return self._drawn_run(shares)
        gain = self.target.expected(shares) - self._control
        return Answer(
            mixture=mixture,
            gain=gain,
            se=self.target.se,
            metric_gain=gain,
            how="surrogate",
        )

    def judge(self, mixture: Mapping[str, float], picks: Sequence[str]) -> Verdict:
        del picks
        result = self.target.expected(self.target.shares(mixture))
        return Verdict(
            regret=self.target.best() - result,
            ndcg=None,
            harmful=float(result < self._control),
            gain=result - self._control,
        )

    def _drawn_run(self, shares_N: FloatArray) -> Answer:
        target = self.target
        counts = np.isfinite(target.results_RS).sum(axis=1)
        left = self._drawn < counts
        run = int(np.where(left | ~left.any(), target.apart(shares_N), np.inf).argmin())
        order = draws("seeds", self.campaign, target.name, run).permutation(counts[run])
        at = order[int(self._drawn[run]) % counts[run]]
        self._drawn[run] += 1
        gain = float(target.results_RS[run, at]) - self._control
        return Answer(
            mixture=target.mixture(run),
            gain=gain,
            se=target.se,
            metric_gain=gain,
            how="recorded" if left[run] else "again",
        )


def mixture_target(
    name: str, tasks: Sequence[str], shares_RN: FloatArray, results_RS: FloatArray
) -> MixtureTarget:
    """A target, of whose tasks the table knows nothing but their names."""
    view = View(
        candidates=tuple(
            Candidate(name=task, family=task, num_examples=PROBE_TOKENS, tokens_per_example=1.0)
            for task in tasks
        ),
        targets=(Target(name=name, family=name, num_examples=PROBE_TOKENS, weight=1.0),),
        budget_left=0,
    )
    return MixtureTarget(name=name, view=view, shares_RN=shares_RN, results_RS=results_RS)
