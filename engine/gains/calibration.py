"""One temperature (answers) or one residual scale (scores) per branch and target.

A branch that only became less sure of itself, or more, has learned nothing; plain losses reward it
all the same. Fitting the one number that says how far to trust a branch's answers takes that away.

Texts have nothing to fit: their likelihood is over a vocabulary whose other words are not kept, and
without them a temperature has nothing to weigh the answer against. Their loss is the plain one.
"""

from __future__ import annotations

from typing import Final, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

from tasks import Kind

# Shape suffixes: N examples, C answers (missing ones -inf; scores and texts as `TaskModel.logits`
# gives them: the first column is the score, or the text's mean log-likelihood per token).

TEMPERATURES: Final = (0.05, 20.0)
"""Bounds of a fitted temperature."""


def fit_temperature(logits_NC: ArrayLike, gold_N: ArrayLike) -> float:
    """Temperature that makes the logits' beliefs fit the answers best.

    Minimises the mean NLL of the N examples and of one more, imagined one whose logits are the
    average example's and whose answer is any of them. So beliefs never exceed about 1 - 1 / 2N:
    answers that are all right would else be trusted without limit, and the first wrong one on
    another split would cost what a hundred right ones gain.

    Args:
        logits_NC: Missing answers -inf; every example has at least one answer.
        gold_N: Index of the right answer.

    Returns:
        A number in `TEMPERATURES`, in proportion to the logits' scale between these bounds; 1 where
        the logits do not tell answers apart.

    Raises:
        ValueError: If there is no example, a logit is nan or +inf, or a right answer is missing.

    Source: Guo et al. 2017, arXiv:1706.04599, section 4.2; the imagined example after Platt 1999,
    "Probabilistic outputs for support vector machines" (its smoothed targets).
    """
    logits, gold = _answers(logits_NC, gold_N)
    right = np.take_along_axis(logits, gold[:, None], axis=1)[:, 0]
    # Averages over an example's answers, the missing ones left out.
    present = np.isfinite(logits)
    average = np.where(present, logits, 0.0).sum(axis=1) / present.sum(axis=1)
    num = len(gold)

    def objective(log_temperature: float) -> float:
        beta = np.exp(-log_temperature)
        normaliser = logsumexp(logits * beta, axis=1)
        real = (normaliser - right * beta).mean()
        imagined = (normaliser - average * beta).mean()
        return float((num * real + imagined) / (num + 1))

    low, high = np.log(TEMPERATURES)
    found = minimize_scalar(
        objective, bounds=(low, high), method="bounded", options={"xatol": 1e-6}
    )
    flat = objective(0.0) - found.fun < 1e-12 * max(1.0, abs(found.fun))
    return 1.0 if flat else float(np.exp(found.x))


def fit_scale(scores_N: ArrayLike, gold_N: ArrayLike) -> float:
    """Standard deviation of a Gaussian around the scores under which the answers fit best.

    One imagined example, off by the answers' own standard deviation, keeps it above zero.

    Returns:
        Above 0, in the scores' unit.

    Raises:
        ValueError: If there is no example or a number is not finite.
    """
    scores, gold = _scores(scores_N, gold_N)
    # Answers that never differ have no spread of their own: take their size, or 1 for zeros.
    spread = float(gold.std()) or float(np.abs(gold).max()) or 1.0
    total = float(np.square(scores - gold).sum()) + spread**2
    return float(np.sqrt(total / (len(gold) + 1)))


def fit(outputs_NC: NDArray[np.float64], gold_N: NDArray[np.float64], *, kind: Kind) -> float:
    """Temperature (labels, options; 1 for text) or residual scale: what an `Evaluation` keeps."""
    if _known(kind) == "score":
        return fit_scale(outputs_NC[:, 0], gold_N)
    if kind == "text":
        return 1.0
    return fit_temperature(outputs_NC, gold_N)


def calibrated_losses(
    outputs_NC: ArrayLike, gold_N: ArrayLike, *, kind: Kind, temperature: float
) -> NDArray[np.float64]:
    """NLL of each right answer, (N,) nats, under a temperature or residual scale.

    Scores: of a Gaussian density, so it can be negative; differences between branches are in nats.
    Texts: mean over the answer's tokens; the temperature has no part in it.

    Raises:
        ValueError: As `fit_temperature` and `fit_scale`, or if `temperature` is not above 0.
    """
    if not (np.isfinite(temperature) and temperature > 0):
        raise ValueError(f"A temperature or scale is a finite number above 0, got {temperature}.")
    if _known(kind) == "score":
        scores, gold_scores = _scores(np.asarray(outputs_NC)[:, 0], gold_N)
        residuals = (scores - gold_scores) / temperature
        density = np.square(residuals) / 2 + np.log(temperature) + np.log(2 * np.pi) / 2
        return np.asarray(density)
    if kind == "text":
        return -_scores(np.asarray(outputs_NC)[:, 0], gold_N)[0]
    logits, gold = _answers(outputs_NC, gold_N)
    scaled = logits / temperature
    losses = logsumexp(scaled, axis=1) - np.take_along_axis(scaled, gold[:, None], axis=1)[:, 0]
    return np.asarray(np.maximum(losses, 0.0), dtype=np.float64)


def plain_losses(outputs_NC: ArrayLike, gold_N: ArrayLike, *, kind: Kind) -> NDArray[np.float64]:
    """(N,) losses without calibration: NLL in nats, or half the squared error of scores."""
    if _known(kind) == "score":
        scores, gold = _scores(np.asarray(outputs_NC)[:, 0], gold_N)
        return np.asarray(np.square(scores - gold) / 2)
    return calibrated_losses(outputs_NC, gold_N, kind=kind, temperature=1.0)


def _known(kind: Kind) -> Kind:
    if kind not in get_args(Kind):
        raise ValueError(f"No kind {kind!r} of task; a kind is one of {get_args(Kind)}.")
    return kind


def _answers(
    logits_NC: ArrayLike, gold_N: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    logits = np.asarray(logits_NC, dtype=np.float64)
    given = np.asarray(gold_N, dtype=np.float64)
    if logits.ndim != 2 or logits.shape[:1] != given.shape or not given.size:
        raise ValueError(f"Need logits (N, C) and answers (N,), got {logits.shape}, {given.shape}.")
    if np.isnan(logits).any() or np.isposinf(logits).any():
        raise ValueError(
            f"{int((np.isnan(logits) | np.isposinf(logits)).sum())} logits are nan or infinite: "
            "the branch diverged; a lower learning rate may help."
        )
    gold = np.nan_to_num(given, nan=-1.0).astype(np.int64)
    bad = (gold != given) | (gold < 0) | (gold >= logits.shape[1])
    bad |= ~np.isfinite(np.take_along_axis(logits, np.where(bad, 0, gold)[:, None], axis=1)[:, 0])
    if bad.any():
        row = int(np.argmax(bad))
        raise ValueError(f"Example {row} has no answer {given[row]}: its logits are {logits[row]}.")
    return logits, gold


def _scores(
    scores_N: ArrayLike, gold_N: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    scores = np.asarray(scores_N, dtype=np.float64)
    gold = np.asarray(gold_N, dtype=np.float64)
    if scores.ndim != 1 or scores.shape != gold.shape or not gold.size:
        raise ValueError(f"Need scores (N,) and answers (N,), got {scores.shape}, {gold.shape}.")
    if not (np.isfinite(scores).all() and np.isfinite(gold).all()):
        raise ValueError("A score or its answer is not finite; the branch may have diverged.")
    return scores, gold
