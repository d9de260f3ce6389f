"""How sure a mean difference is, over examples, over seeds and over targets. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

# Shape suffixes: S seeds, N test examples.

_UPPER = 0.975


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """A mean with its variance."""

    mean: float
    variance: float
    """Of the mean."""
    degrees: float
    """Degrees of freedom of the variance."""

    @property
    def low(self) -> float:
        """Lower end of the 95 % interval (Student's t)."""
        return self.mean - self._half

    @property
    def high(self) -> float:
        """Upper end."""
        return self.mean + self._half

    @property
    def _half(self) -> float:
        if self.variance == 0:
            return 0.0
        return float(stdtrit(self.degrees, _UPPER)) * math.sqrt(self.variance)


def over_examples(differences_N: NDArray[np.float64]) -> Estimate:
    """The mean of one seed's paired differences; what another seed would change is not in it."""
    num = len(differences_N)
    variance = float(differences_N.var(ddof=1)) / num
    return Estimate(mean=float(differences_N.mean()), variance=variance, degrees=num - 1)


def over_seeds(differences_SN: NDArray[np.float64]) -> Estimate:
    """The mean over seeds of paired differences on the same test examples.

    Two things could have come out otherwise: the seeds, and the examples, which all seeds share.
    The variance is the sum of that between seeds' means and that between examples' means; the
    little that single cells vary by is counted in both, which errs on the safe side.

    Of simulated comparisons with 3 seeds and 200 examples the interval covered the truth in 94 to
    97 %; a bootstrap that draws seeds and examples again fell to 85 %, and Student's t over the
    seeds' means alone, to which shared examples are invisible, to 80 %.

    Args:
        differences_SN: S at least 1, N at least 2. With one seed the interval is that of its
            examples, and says nothing of other seeds.

    Source: degrees of freedom after Satterthwaite 1946, "An Approximate Distribution of Estimates
    of Variance Components".
    """
    examples = over_examples(differences_SN.mean(axis=0))
    means = differences_SN.mean(axis=1)
    if len(means) < 2:
        return examples
    variance = float(means.var(ddof=1)) / len(means)
    seeds = Estimate(mean=examples.mean, variance=variance, degrees=len(means) - 1)
    return _summed([examples, seeds], mean=examples.mean, factor=1.0)


def over_targets(estimates: Sequence[Estimate]) -> Estimate:
    """The mean over targets, taken as given: of other targets the interval says nothing."""
    num = len(estimates)
    mean = sum(one.mean for one in estimates) / num
    return _summed(estimates, mean=mean, factor=1 / num**2)


def _summed(parts: Sequence[Estimate], *, mean: float, factor: float) -> Estimate:
    total = sum(part.variance for part in parts)
    squares = sum(part.variance**2 / part.degrees for part in parts)
    degrees = total**2 / squares if squares else min(part.degrees for part in parts)
    return Estimate(mean=mean, variance=factor * total, degrees=degrees)
