"""What a campaign tells whoever watches. Facts for decisions are in the ledger, never here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from engine.ledger.records import Delivered, GainLine, MixtureLine


@dataclass(frozen=True, kw_only=True, slots=True)
class CampaignOpened:
    """A campaign starts or goes on."""

    name: str
    campaign_id: str
    target: str
    """One line: names and weights."""
    num_candidates: int
    policy: str
    workers: int
    budget_tokens: int
    rounds: int
    standing: str
    """Where it stands in one line, e.g. "new" or "resumed at round 2 of 4"."""
    config: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class StageStarted:
    """Jobs that run side by side are about to start."""

    stage: str
    """A line a person can read, e.g. "round 2 of 4: training control and 3 proposals"."""
    jobs: int


@dataclass(frozen=True, kw_only=True, slots=True)
class JobEnded:
    """A job completed, or an attempt at it failed."""

    job: str
    ok: bool
    seconds: float
    tokens: int
    message: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class RoundClosed:
    """Gains of a round, and where the next one starts."""

    round: int
    proposals: tuple[MixtureLine, ...]
    gains: tuple[GainLine, ...]
    scores: Mapping[str, Mapping[str, Mapping[str, float]]]
    """candidate -> signal -> target -> score, of those that are told."""
    advanced: str
    spent_tokens: int
    wasted_tokens: int
    budget_left: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CampaignDelivered:
    """The end: who won, what was chosen, where the report lies."""

    delivered: Delivered
    mixture: Mapping[str, float]
    reason: str
    start: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Job key -> mixture of the branches that advanced before the finish, in their order."""
    report: str
    """Path of report.html."""
    seconds: float | None
    """How long this run took; none where an earlier one had finished the campaign."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """Something a person should know, with what to do about it."""

    message: str


Event = CampaignOpened | StageStarted | JobEnded | RoundClosed | CampaignDelivered | Notice


class Reporter(Protocol):
    """Shows or keeps events. May be slow to nobody and may end nothing: it must not raise."""

    def report(self, event: Event) -> None: ...

    def close(self) -> None:
        """Flush, within seconds; may be called twice."""
        ...
