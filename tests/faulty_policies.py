"""Policies that break the contract on purpose, one way each."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from policies import Proposal, View

_CALLS: list[int] = []


@dataclass(frozen=True, kw_only=True)
class Sound:
    """Breaks nothing: the largest candidate alone."""

    @property
    def needs(self) -> frozenset[str]:
        return frozenset()

    def propose(self, view: View, rng: np.random.Generator) -> Sequence[Proposal]:
        largest = max(view.candidates, key=lambda c: (c.num_examples, c.name))
        return [Proposal(mixture={largest.name: 1.0}, reason="the largest")]


class NoDataclass:
    @property
    def needs(self) -> frozenset[str]:
        return frozenset()

    def propose(self, view: View, rng: np.random.Generator) -> Sequence[Proposal]:
        return Sound().propose(view, rng)


@dataclass(frozen=True, kw_only=True)
class NeedsMagic(Sound):
    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"clairvoyance"})


@dataclass(frozen=True, kw_only=True)
class ForgetsToNormalise(Sound):
    def propose(self, view: View, rng: np.random.Generator) -> Sequence[Proposal]:
        return [Proposal(mixture={view.candidates[0].name: 0.9}, reason="nine tenths")]


@dataclass(frozen=True, kw_only=True)
class RepeatsItself(Sound):
    def propose(self, view: View, rng: np.random.Generator) -> Sequence[Proposal]:
        return [*super().propose(view, rng)] * min(2, view.max_proposals)


@dataclass(frozen=True, kw_only=True)
class WantsTwo(Sound):
    def propose(self, view: View, rng: np.random.Generator) -> Sequence[Proposal]:
        first, second = sorted(candidate.name for candidate in view.candidates)[:2]
        return [Proposal(mixture={first: 0.5, second: 0.5}, reason="a pair")]


@dataclass(frozen=True, kw_only=True)
class WantsFew(Sound):
    def propose(self, view: View, rng: np.random.Generator) -> Sequence[Proposal]:
        return super().propose(view, rng) if len(view.candidates) < 100 else []


@dataclass(frozen=True, kw_only=True)
class WantsScores(Sound):
    def propose(self, view: View, rng: np.random.Generator) -> Sequence[Proposal]:
        scores = {c.name: c.scores["alignment"][view.targets[0].name] for c in view.candidates}
        return [Proposal(mixture={max(scores, key=lambda n: (scores[n], n)): 1.0}, reason="best")]


@dataclass(frozen=True, kw_only=True)
class TrustsEveryBranch(Sound):
    def propose(self, view: View, rng: np.random.Generator) -> Sequence[Proposal]:
        gains: list[Any] = [o.outcome.gain for r in view.history for o in r.observations]
        if len(view.history) and set(gains) == {None}:
            best = max(gains) + 0.0
            return [Proposal(mixture={}, reason=f"best so far {best}")]
        return super().propose(view, rng)


@dataclass(frozen=True, kw_only=True)
class WantsSpread(Sound):
    def propose(self, view: View, rng: np.random.Generator) -> Sequence[Proposal]:
        gains = [o.outcome.gain for r in view.history for o in r.observations]
        measured = [gain for gain in gains if gain is not None]
        spread = statistics.stdev(measured) if measured else 0.0
        return [replace(super().propose(view, rng)[0], reason=f"gains spread by {spread}")]


@dataclass(frozen=True, kw_only=True)
class WeighsByErrorBars(Sound):
    def propose(self, view: View, rng: np.random.Generator) -> Sequence[Proposal]:
        seen = [o.outcome for r in view.history for o in r.observations]
        weight = sum(1 / outcome.se for outcome in seen if outcome.se is not None)
        return [replace(super().propose(view, rng)[0], reason=f"weight {weight}")]


@dataclass(frozen=True, kw_only=True)
class SharesAsToldTo(Sound):
    def propose(self, view: View, rng: np.random.Generator) -> Sequence[Proposal]:
        largest = super().propose(view, rng)[0].mixture
        share = 1 / (view.exactly or 1)
        return [Proposal(mixture=dict.fromkeys(largest, share), reason="as many as wanted")]


@dataclass(frozen=True, kw_only=True)
class RepeatsThePast(Sound):
    def propose(self, view: View, rng: np.random.Generator) -> Sequence[Proposal]:
        for branch in view.past[1:2]:
            return [Proposal(mixture=branch.mixture, reason="once more")]
        return super().propose(view, rng)


@dataclass(frozen=True, kw_only=True)
class Overflows(Sound):
    def propose(self, view: View, rng: np.random.Generator) -> Sequence[Proposal]:
        scores = np.array(
            [c.scores.get("alignment", {}).get("reviews", 0) for c in view.candidates]
        )
        with np.errstate(all="ignore"):
            rates = np.exp(scores)
            shares = rates / rates.sum()
        names = [candidate.name for candidate in view.candidates]
        return [Proposal(mixture=dict(zip(names, shares, strict=True)), reason="softmax")]


@dataclass(frozen=True, kw_only=True)
class KnowsOneTarget(Sound):
    def propose(self, view: View, rng: np.random.Generator) -> Sequence[Proposal]:
        (_,) = view.targets
        return super().propose(view, rng)


@dataclass(frozen=True, kw_only=True)
class DividesByRoundsLeft(Sound):
    def propose(self, view: View, rng: np.random.Generator) -> Sequence[Proposal]:
        reason = f"{view.budget_left // view.rounds_left} tokens a round"
        return [replace(super().propose(view, rng)[0], reason=reason)]


@dataclass(frozen=True, kw_only=True)
class CountsItsCalls(Sound):
    def propose(self, view: View, rng: np.random.Generator) -> Sequence[Proposal]:
        _CALLS.append(1)
        return [replace(super().propose(view, rng)[0], reason=f"call {len(_CALLS)}")]


@dataclass(frozen=True, kw_only=True)
class HidesState(Sound):
    seen: list[int] = field(default_factory=list)

    def propose(self, view: View, rng: np.random.Generator) -> Sequence[Proposal]:
        self.seen.append(len(view.history))
        return [replace(super().propose(view, rng)[0], reason=f"seen {self.seen}")]


@dataclass(frozen=True, kw_only=True)
class ChangesTheView(Sound):
    def propose(self, view: View, rng: np.random.Generator) -> Sequence[Proposal]:
        if view.sketches is not None:
            view.sketches[0, 0] = 0.5
        return super().propose(view, rng)


@dataclass(frozen=True, kw_only=True)
class FollowsHashes(Sound):
    def propose(self, view: View, rng: np.random.Generator) -> Sequence[Proposal]:
        order = sorted((c.name for c in view.candidates), key=hash)
        return [Proposal(mixture={order[0]: 1.0}, reason=f"of {' '.join(order)}")]


@dataclass(frozen=True, kw_only=True)
class TakesTheFirst(Sound):
    def propose(self, view: View, rng: np.random.Generator) -> Sequence[Proposal]:
        return [Proposal(mixture={view.candidates[0].name: 1.0}, reason="the first")]
