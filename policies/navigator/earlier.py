"""What earlier campaigns teach: how far each signal, and each task, can be trusted.

A linear model of earlier gains, each target's at mean 0 and deviation 1:

    gain[i, t] = features[i, t]'v + s[i] + residual[i, t]

v are the weights of the signals, s what task i does for whatever target. How residuals of two tasks
went together over the earlier targets is how evidence about one counts for the other.

Source: empirical Bayes for a two-way layout: Gelman et al., Bayesian Data Analysis, chapter 15; a
covariance shrunk towards its diagonal: Ledoit and Wolf 2004; its strength by the likelihood of
targets left out.
Shapes: N candidates, T earlier targets, F features.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policies.roster import FloatArray, IntArray, Roster
from policies.standardised import standardised
from policies.view import PastBranch

_SWEEPS = 10
_FEWEST_TASKS, _FEWEST_TARGETS = 3, 3
"""An earlier target says something with so many tasks, and earlier targets with so many of them."""
_MOST_JUDGED = 64
"""Candidates, those seen with most targets, from which the covariance's strength is judged."""
_STRENGTHS = (0.2, 0.4, 0.6, 0.8, 1.0)
_SURPLUS = 0.05
"""Variance added to the residuals' own: twenty targets do not tell all that may happen."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lessons:
    """The earlier campaigns put together, in units of a target's deviation between tasks."""

    sources: FloatArray
    """(N,) s, shrunk towards 0; 0 for a candidate that was never tried."""
    source_variances: FloatArray
    """(N,) of s."""
    residuals: FloatArray
    """(N, T) what neither signals nor s explain, over the root of T; 0 where not tried."""
    own: float
    """Share of the residuals' variance that each task has to itself, in [0, 1]."""
    own_variance: float
    """That variance, and a little more."""
    weights: FloatArray
    """(F,) means of v."""
    weight_sds: FloatArray
    """(F,)"""
    level: tuple[float, float]
    """Mean and deviation, over targets, of the mean gain of all tasks."""
    spread: tuple[float, float]
    """Mean and deviation, over targets, of the log of the deviation between tasks, nats."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Tried:
    """Earlier gains as a table, NaN where a task was not tried with a target."""

    gains: FloatArray
    """(N, T) standardised."""
    features: FloatArray
    """(N, T, F)"""
    levels: FloatArray
    """(T,)"""
    logs: FloatArray
    """(T,)"""

    @property
    def known(self) -> FloatArray:
        return np.isfinite(self.gains)


def lessons(
    past: tuple[PastBranch, ...],
    who: Roster,
    signals: tuple[str, ...],
    prior: tuple[FloatArray, FloatArray],
) -> Lessons | None:
    """Fit the model; None where too little was tried.

    Args:
        past: Branches of earlier campaigns.
        who: The candidates.
        signals: (F,) what the features are made of, standardised within each target.
        prior: Means and deviations (F,) of v before any evidence.
    """
    tried = _table(past, who, signals) if past else None
    if tried is None:
        return None
    known = tried.known
    weights, sources = np.zeros(len(signals)), np.zeros(len(who.names))
    counts = known.sum(axis=1)
    noise, spread = 1.0, 1.0
    weight_sds = prior[1]
    for _ in range(_SWEEPS):
        rest = np.where(known, tried.gains - tried.features @ weights, 0.0)
        means = rest.sum(axis=1) / np.maximum(counts, 1)
        apart = np.where(known, rest - sources[:, None], 0.0)
        noise = float((apart**2).sum() / max(known.sum() - (counts > 0).sum(), 1)) + 1e-6
        spread = max(float(means[counts > 0].var()) - noise / counts[counts > 0].mean(), 1e-3)
        sources = np.where(counts > 0, means * spread / (spread + noise / np.maximum(counts, 1)), 0)
        weights, weight_sds = _regressed(tried, sources, noise, prior)
    rest = np.where(known, tried.gains - sources[:, None] - tried.features @ weights, 0.0)
    variance = float((rest**2).sum() / max(known.sum(), 1))
    own = _strength(rest, known, variance)
    return Lessons(
        sources=sources,
        source_variances=spread * noise / (spread * counts + noise),
        residuals=rest / np.sqrt(known.shape[1]),
        own=own,
        own_variance=(own + _SURPLUS) * variance,
        weights=weights,
        weight_sds=weight_sds,
        level=(float(tried.levels.mean()), float(tried.levels.std()) + 0.2),
        spread=(float(np.median(tried.logs)), float(tried.logs.std())),
    )


def _table(past: tuple[PastBranch, ...], who: Roster, signals: tuple[str, ...]) -> _Tried | None:
    """Credit every branch's gain to its tasks by share, target by target."""
    places = {name: at for at, name in enumerate(who.names)}
    columns = {target: at for at, target in enumerate(sorted({one.target for one in past}))}
    credits = [
        (places[name], columns[branch.target], at, share * branch.likeness)
        for at, branch in enumerate(past)
        for name, share in sorted(branch.mixture.items())
        if name in places
    ]
    rows, targets, branches, credit = np.array(credits, dtype=np.float64).reshape(-1, 4).T
    cells = (rows.astype(np.intp), targets.astype(np.intp))
    told = np.array([[b.gain, *(b.scores.get(signal, 0.0) for signal in signals)] for b in past])
    told = told.reshape(len(past), 1 + len(signals))[branches.astype(np.intp)]
    weight = np.zeros((len(places), len(columns)))
    total = np.zeros((*weight.shape, 1 + len(signals)))
    np.add.at(weight, cells, credit)
    np.add.at(total, cells, credit[:, None] * told)
    seen = weight > 0
    means = total / np.where(seen, weight, 1.0)[..., None]
    return _standardised(np.where(seen, means[..., 0], np.nan), means[..., 1:])


def _standardised(gains: FloatArray, features: FloatArray) -> _Tried | None:
    enough = np.isfinite(gains).sum(axis=0) >= _FEWEST_TASKS
    gains, features = gains[:, enough], features[:, enough]
    deviations = np.nanstd(gains, axis=0) if gains.size else np.zeros(0)
    moving = deviations > 1e-12 * np.abs(np.nan_to_num(gains)).max(axis=0, initial=1e-300)
    gains, features, deviations = gains[:, moving], features[:, moving], deviations[moving]
    if len(deviations) < _FEWEST_TARGETS:
        return None
    means = np.nanmean(gains, axis=0)
    flat = features.reshape(len(features), -1)
    return _Tried(
        gains=(gains - means) / deviations,
        features=standardised(flat).reshape(features.shape),
        levels=means / deviations,
        logs=np.log(deviations),
    )


def _regressed(
    tried: _Tried, sources: FloatArray, noise: float, prior: tuple[FloatArray, FloatArray]
) -> tuple[FloatArray, FloatArray]:
    """Posterior means and deviations of the signals' weights."""
    known = tried.known
    rows, rest = tried.features[known], (tried.gains - sources[:, None])[known]
    precision = rows.T @ rows / noise + np.diag(1 / prior[1] ** 2)
    covariance = np.linalg.inv(precision)
    means = covariance @ (rows.T @ rest / noise + prior[0] / prior[1] ** 2)
    return means, np.sqrt(np.diag(covariance))


def _strength(rest: FloatArray, known: FloatArray, variance: float) -> float:
    """The own share under which each earlier target is most probable given the others."""
    judged = np.lexsort((np.arange(len(rest)), -known.sum(axis=1)))[:_MOST_JUDGED]
    rest, there = rest[judged], known[judged].T.astype(np.float64)
    count = rest.shape[1]
    # (T, n, n): what the other targets' residuals have in common, where the left-out one has any.
    products = rest.T[:, :, None] * rest.T[:, None, :]
    shared = (products.sum(axis=0) - products) / (count - 1)
    shared = shared * there[:, :, None] * there[:, None, :]
    own_diagonal = np.where(there > 0, variance, 0.0)
    odds = []
    for own in _STRENGTHS:
        # A row of the identity stands for a task that the left-out target lacks: it adds nothing.
        diagonal = np.where(there > 0, (own + _SURPLUS) * own_diagonal, 1.0)
        covariance = (1 - own) * shared + diagonal[:, :, None] * np.eye(len(judged))
        fit = np.einsum("ti,ti->", rest.T, np.linalg.solve(covariance, rest.T[..., None])[..., 0])
        odds.append(-fit - np.linalg.slogdet(covariance)[1].sum())
    return _STRENGTHS[int(np.argmax(odds))]


def shared_covariance(known: Lessons, rows: IntArray, columns: IntArray) -> FloatArray:
    """(len(rows), len(columns)) what residuals of the tasks have in common."""
    product = known.residuals[rows] @ known.residuals[columns].T
    return np.asarray((1 - known.own) * product)
