"""The kinds of line that a ledger holds: the only truth about a campaign."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

SCHEMA = 2
"""Version of these kinds. A ledger of another one is refused, by the name of who wrote it."""

_FINITE = ConfigDict(
    allow_inf_nan=False, extra="forbid", validate_by_name=True, validate_by_alias=True
)


@dataclass(frozen=True, kw_only=True, config=_FINITE)
class Opened:
    """First line of every ledger."""

    schema: int
    campaign_id: str
    config: Mapping[str, Any]
    """The resolved campaign, as JSON."""
    policy_sha256: str
    """Of the policy's source file."""
    tasks: Mapping[str, str]
    """task -> fingerprint of its examples."""
    versions: Mapping[str, str]
    decoys: tuple[str, ...] = ()
    """Tasks whose labels are known to carry no information; for people, never for decisions."""
    evidence: str = ""
    """Sha256 of the arrays with what earlier campaigns told; "" for a campaign without a store."""


@dataclass(frozen=True, kw_only=True, config=_FINITE)
class Resumed:
    """A later start of the same campaign."""

    versions: Mapping[str, str]
    accepted: tuple[str, ...] = ()
    """Differences that the user accepted, one line each."""


@dataclass(frozen=True, kw_only=True, config=_FINITE)
class Started:
    """An attempt at a job is about to begin. Without `trained` or `failed` it counts as wasted."""

    job: str
    attempt: int
    reserved_tokens: int


@dataclass(frozen=True, kw_only=True, config=_FINITE)
class Failed:
    """An attempt came to nothing, and what was decided about it."""

    job: str
    attempt: int
    kind: Annotated[str, Field(alias="failure")]
    """Called `failure` in the ledger, where every line has a `kind` of its own."""
    message: str
    decision: Literal["retry", "give-up", "abort"]
    task: str = ""


@dataclass(frozen=True, kw_only=True, config=_FINITE)
class Completed:
    """A job's result was accepted. Its arrays lie in `arrays`, its checkpoint under its hash."""

    job: str
    attempt: int
    tokens: int
    examples: int
    seconds: float
    arrays: str
    """Sha256 of signals/<sha256>.safetensors; "" when there are none."""
    checkpoint: str = ""
    """Sha256 of checkpoints/<sha256>.safetensors; "" when the job trains nothing."""
    facts: Mapping[str, Any] | None = None
    """Small things to be read beside it: losses, metrics, temperature; tasks of which nothing could
    be measured; the hash of second moments, which lie among the checkpoints."""


@dataclass(frozen=True, kw_only=True, config=_FINITE)
class MixtureLine:
    """A proposal as the ledger keeps it."""

    mixture: Mapping[str, float]
    reason: str


@dataclass(frozen=True, kw_only=True, config=_FINITE)
class Proposed:
    """What the policy answered, and what it saw; on disk before any branch trains."""

    round: int
    proposals: tuple[MixtureLine, ...]
    by: str
    """"policy", or "control: reason" when the policy failed and the campaign goes on without it."""
    rounds_left: int
    """As the policy saw it, so that replay asks the same question."""
    budget_left: int
    """As the policy saw it, training tokens."""
    readings: str
    """Sha256 of the arrays with the candidates that were open, their scores and sketches."""


@dataclass(frozen=True, kw_only=True, config=_FINITE)
class GainLine:
    """One branch against the control, on the selection split and on the gate split."""

    branch: str
    status: Literal["finished", "failed"]
    cost: int
    gain: float | None
    se: float | None
    gate_gain: float | None
    gate_se: float | None
    targets: Mapping[str, Mapping[str, float]]
    """target -> {gain, se, metric_gain}; empty when failed."""
    reason: str = ""
    """Why there is no gain."""


@dataclass(frozen=True, kw_only=True, config=_FINITE)
class Closed:
    """A round ends: its gains, and the checkpoint from which the next one starts."""

    round: int
    gains: tuple[GainLine, ...]
    """In the order of the proposals; a placebo branch last."""
    control_cost: int
    advanced: str
    """Job key of the branch that the next round starts from: the control's when no branch passed,
    an earlier round's when none was better on the gate split than the start."""
    checkpoint: str


@dataclass(frozen=True, kw_only=True, config=_FINITE)
class Withdrawn:
    """A candidate that no later round may propose."""

    task: str
    reason: str


@dataclass(frozen=True, kw_only=True, config=_FINITE)
class Chosen:
    """The complementary set, frozen before the finish."""

    mixture: Mapping[str, float]
    reason: str
    budget_left: int
    """Training tokens left for the finish."""


@dataclass(frozen=True, kw_only=True, config=_FINITE)
class Contender:
    """One way to spend the same cost, judged on the gate split and, once, on test."""

    arm: str
    """"selected", "target-only" or "all-tasks"."""
    job: str
    cost: int
    """Tokens charged to this arm in all: for "selected" the whole of selection."""
    gate_loss: float
    test: Mapping[str, Mapping[str, float]]
    """target -> {loss, metric, metric_low, metric_high, gain, gain_se}.

    The gain is over target-only, in nats.
    """


@dataclass(frozen=True, kw_only=True, config=_FINITE)
class Delivered:
    """The safety rule was applied: the arm with the lowest calibrated loss on the gate split."""

    arm: str
    job: str
    checkpoint: str
    contenders: tuple[Contender, ...]


@dataclass(frozen=True, kw_only=True, config=_FINITE)
class Finished:
    """Last line of a campaign."""

    reason: Literal["delivered", "stopped", "no candidates"]


Record = (
    Opened
    | Resumed
    | Started
    | Failed
    | Completed
    | Proposed
    | Closed
    | Withdrawn
    | Chosen
    | Delivered
    | Finished
)
