"""What a report shows, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Standing = Literal["delivered", "stopped", "no candidates", "unfinished"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Branch:
    """One mixture that was trained beside the control."""

    key: str
    round: int
    """From 0, as in the ledger."""
    mixture: Mapping[str, float]
    reason: str
    finished: bool
    gain: float | None = None
    """Over the control, selection split, nats per example."""
    se: float | None = None
    gate_gain: float | None = None
    gate_se: float | None = None
    metric_gain: float | None = None
    """Of the only target; none when there are several."""
    cost: int = 0
    advanced: bool = False
    placebo: bool = False
    trouble: str = ""

    @property
    def name(self) -> str:
        return self.key.rpartition("-")[2]


@dataclass(frozen=True, kw_only=True, slots=True)
class Round:
    """One round: what its policy proposed and what came of it."""

    number: int
    by: str
    branches: tuple[Branch, ...]
    closed: bool
    advanced: str
    """Key of the branch that the next round started from; "" while the round is open."""

    @property
    def control_stayed(self) -> bool:
        return self.closed and not any(branch.advanced for branch in self.branches)


@dataclass(frozen=True, kw_only=True, slots=True)
class Test:
    """One arm on one target's test split."""

    target: str
    loss: float | None
    metric: float | None
    low: float | None
    high: float | None
    """Interval of the metric."""
    gain: float | None
    """Over target-only, nats per example; none for target-only itself."""
    se: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Arm:
    """One way of training the target to the end; cost in training tokens, loss in nats."""

    name: str
    cost: int
    gate_loss: float
    tests: tuple[Test, ...]
    delivered: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class CandidateFacts:
    """What a campaign learned about one candidate; gains in nats per example of the target."""

    name: str
    share: float
    """Of the chosen mixture; 0 when not chosen."""
    scores: Mapping[str, float]
    """signal -> score at the last measuring, mean over the targets."""
    num_branches: int
    """Finished ones whose mixture had it."""
    mean_gain: float | None
    """Of those branches, weighted by its share in each."""
    decoy: bool
    withdrawn: str
    """Why it was taken out; "" while it is in."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Spending:
    """Training tokens, by what they were for."""

    parts: tuple[tuple[str, int], ...]
    """Of selection's budget, in the order of the stages; zeros left out."""
    wasted: int
    """Reserved by attempts that were lost."""
    proof: int
    """Of the baselines: outside the budget."""
    budget: int

    @property
    def total(self) -> int:
        return sum(tokens for _, tokens in self.parts)


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """One entry of the ledger that decided something, in words."""

    when: str
    what: str
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """All of a report, before it is words and pictures."""

    name: str
    campaign_id: str
    target: str
    standing: Standing
    policy: str
    planned_rounds: int
    confidence: float
    rounds: tuple[Round, ...]
    chosen: Mapping[str, float] | None
    chosen_reason: str
    start: Mapping[str, Mapping[str, float]]
    """Job key -> mixture of the branches that advanced, as `advanced_mixtures`."""
    arms: tuple[Arm, ...]
    candidates: tuple[CandidateFacts, ...]
    """Chosen ones first, by share; then by mean gain, then by score."""
    signals: tuple[str, ...]
    spending: Spending
    decisions: tuple[Decision, ...]
    provenance: tuple[tuple[str, str], ...]

    @property
    def branches(self) -> tuple[Branch, ...]:
        return tuple(branch for one in self.rounds for branch in one.branches)

    @property
    def delivered(self) -> Arm | None:
        return next((arm for arm in self.arms if arm.delivered), None)

    def arm(self, name: str) -> Arm | None:
        return next((arm for arm in self.arms if arm.name == name), None)
