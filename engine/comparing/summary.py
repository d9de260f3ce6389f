"""From judged arms to the lines of the tables. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from scipy.stats import rankdata

from engine.comparing.intervals import Estimate, over_examples, over_seeds, over_targets
from engine.comparing.judged_arm import TUNED, JudgedArm


@dataclass(frozen=True, slots=True)
class Tally:
    """In how many pairings of target and seed one arm was better, neither, or worse.

    Better and worse: the 95 % interval over the test examples lies on one side of zero.
    """

    wins: int
    ties: int
    losses: int

    def __str__(self) -> str:
        return f"{self.wins} / {self.ties} / {self.losses}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One arm against another: gains in nats per test example, above zero where it is better."""

    gain: Estimate
    metric: float
    """Mean difference of the metric."""
    tally: Tally


@dataclass(frozen=True, kw_only=True, slots=True)
class ArmLine:
    """One arm on one target, over all seeds."""

    target: str
    name: str
    loss: float
    """Mean test loss, nats."""
    metric: float
    over_tuned: Difference | None
    """None for the tuned baseline itself."""
    decoy_share: float | None
    cost: float
    """Mean training tokens."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OverallLine:
    """One arm over all targets and seeds."""

    name: str
    rank: float
    """Mean rank by test loss among all arms of a pairing, 1 the best."""
    over_tuned: Difference | None


@dataclass(frozen=True, kw_only=True)
class Summary:
    """All that tables and pictures show."""

    arms: tuple[ArmLine, ...]
    """Target by target."""
    overall: tuple[OverallLine, ...]
    against: Mapping[tuple[str, str], Difference]
    """(arm, other arm) -> over all targets and seeds."""
    pool_decoy_share: Mapping[str, float]
    """target -> decoys among its candidates."""

    @property
    def targets(self) -> list[str]:
        return list(self.pool_decoy_share)


def summarised(arms: Sequence[JudgedArm]) -> Summary:
    """Every arm of every pairing, side by side.

    Args:
        arms: The same names for each pairing of target and seed, `TUNED` among them.
    """
    found = _Found.of(arms)
    policies = [name for name in found.names if name != TUNED]
    return Summary(
        arms=tuple(
            _arm_line(found, target, name) for target in found.targets for name in found.names
        ),
        overall=tuple(_overall_line(found, name) for name in found.names),
        against={
            (one, other): found.difference(found.targets, one, other)
            for one, other in permutations(policies, 2)
        },
        pool_decoy_share={target: found.pool_decoy_share(target) for target in found.targets},
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Found:
    """Judged arms by target and name."""

    names: list[str]
    """Policies first, in their order; baselines last."""
    targets: list[str]
    arms: Mapping[tuple[str, str], list[JudgedArm]]
    """(target, name) -> seed by seed."""

    @classmethod
    def of(cls, arms: Sequence[JudgedArm]) -> _Found:
        by_place: dict[tuple[str, str], list[JudgedArm]] = {}
        for arm in arms:
            by_place.setdefault((arm.target, arm.name), []).append(arm)
        policies = dict.fromkeys(arm.name for arm in arms if arm.mixture is not None)
        return cls(
            names=list(policies | dict.fromkeys(arm.name for arm in arms)),
            targets=list(dict.fromkeys(arm.target for arm in arms)),
            arms=by_place,
        )

    def pool_decoy_share(self, target: str) -> float:
        first = self.arms[target, self.names[0]][0]
        return len(first.decoys) / first.num_candidates

    def difference(self, targets: Sequence[str], name: str, other: str) -> Difference:
        """`name` against `other`, paired by target, seed and example."""
        by_target = [
            np.array([b.losses - a.losses for a, b in self._pairs(target, name, other)])
            for target in targets
        ]
        pairs = [pair for target in targets for pair in self._pairs(target, name, other)]
        return Difference(
            gain=over_targets([over_seeds(gains_SN) for gains_SN in by_target]),
            metric=_mean([a.metric - b.metric for a, b in pairs]),
            tally=_tally([over_examples(b.losses - a.losses) for a, b in pairs]),
        )

    def mean_rank(self, name: str) -> float:
        ranks = []
        for target in self.targets:
            seeds = zip(*(self.arms[target, one] for one in self.names), strict=True)
            for side_by_side in seeds:
                ranked = rankdata([arm.losses.mean() for arm in side_by_side])
                ranks.append(float(ranked[self.names.index(name)]))
        return _mean(ranks)

    def _pairs(self, target: str, name: str, other: str) -> list[tuple[JudgedArm, JudgedArm]]:
        return list(zip(self.arms[target, name], self.arms[target, other], strict=True))


def _arm_line(found: _Found, target: str, name: str) -> ArmLine:
    arms = found.arms[target, name]
    shares = [share for arm in arms if (share := arm.decoy_share) is not None]
    return ArmLine(
        target=target,
        name=name,
        loss=_mean([float(arm.losses.mean()) for arm in arms]),
        metric=_mean([arm.metric for arm in arms]),
        over_tuned=None if name == TUNED else found.difference([target], name, TUNED),
        decoy_share=_mean(shares) if shares else None,
        cost=_mean([arm.cost for arm in arms]),
    )


def _overall_line(found: _Found, name: str) -> OverallLine:
    return OverallLine(
        name=name,
        rank=found.mean_rank(name),
        over_tuned=None if name == TUNED else found.difference(found.targets, name, TUNED),
    )


def _tally(gains: Sequence[Estimate]) -> Tally:
    wins = sum(gain.low > 0 for gain in gains)
    losses = sum(gain.high < 0 for gain in gains)
    return Tally(wins, len(gains) - wins - losses, losses)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
