"""From a closed round to the records that a store keeps of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from engine.evidence.records import StoredBranch, StoredGain
from engine.ledger.records import Closed, GainLine, MixtureLine, Proposed
from engine.signals.readings import Readings


def finished(proposed: Proposed, closed: Closed) -> list[tuple[MixtureLine, GainLine]]:
    """The finished branches of a round: neither its placebo nor what repeats its control."""
    # A placebo's gain comes after those of the proposals.
    pairs = zip(proposed.proposals, closed.gains, strict=False)
    return [(line, gain) for line, gain in pairs if line.mixture and gain.status == "finished"]


def branches_of(
    round_number: int,
    pairs: Sequence[tuple[MixtureLine, GainLine]],
    readings: Readings,
    *,
    identities: Mapping[str, str],
    time_utc: str,
) -> list[StoredBranch]:
    """The records of a round.

    Args:
        round_number: Counted from 0.
        pairs: As `finished` gives them.
        readings: What was known of the candidates when they were proposed.
        identities: name -> identity, of all tasks of the mixtures and of the targets.
        time_utc: When this is written.
    """
    return [
        StoredBranch(
            branch=gain.branch,
            round=round_number,
            mixture=_by_identity(line.mixture, identities),
            cost=gain.cost,
            gains=_gains(gain, identities),
            scores=_scores(line.mixture, readings, identities),
            time_utc=time_utc,
        )
        for line, gain in pairs
    ]


def _by_identity(mixture: Mapping[str, float], identities: Mapping[str, str]) -> dict[str, float]:
    """Shares by identity: of a task that the pool holds under two names, their sum."""
    shares: dict[str, float] = {}
    for name, share in mixture.items():
        shares[identities[name]] = shares.get(identities[name], 0.0) + share
    return shares


def _gains(line: GainLine, identities: Mapping[str, str]) -> dict[str, StoredGain]:
    return {
        identities[target]: StoredGain(
            gain=numbers["gain"], se=numbers["se"], metric_gain=numbers["metric_gain"]
        )
        for target, numbers in line.targets.items()
    }


def _scores(
    mixture: Mapping[str, float], readings: Readings, identities: Mapping[str, str]
) -> dict[str, dict[str, dict[str, float]]]:
    rows = {name: at for at, name in enumerate(readings.candidates) if name in mixture}
    return {
        signal: {
            identities[target]: {
                identities[name]: float(scores[at])
                for name, at in rows.items()
                if math.isfinite(scores[at])
            }
            for target, scores in by_target.items()
        }
        for signal, by_target in readings.scores.items()
    }
