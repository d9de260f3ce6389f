"""What a campaign file says: frozen, validated, every default in one place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

_STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

Count = Annotated[int, Field(ge=1)]
LearningRate = Annotated[float, Field(gt=0, le=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$")]


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class PolicyChoice:
    """Which policy decides, by entry-point name or as `module:Class`, and its options."""

    name: str
    options: Mapping[str, Any] = Field(default_factory=dict)
    on_error: Literal["stop", "control"] = "stop"
    timeout_s: Annotated[float, Field(gt=0)] = 60.0


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class WarmUp:
    """Stage 3: a broad mixture, one prefix vector per task, the masked-prefix objective."""

    steps: Count = 200
    batch: Count = 32
    learning_rate: LearningRate = 1e-4
    prefix_learning_rate: LearningRate = 1e-2
    """Prefix rows see few gradients and need a higher rate than the body."""
    cap: Count = 10_000
    """Examples-proportional shares, each task counted with at most this many (CompassMTL)."""
    masking: Share = 0.25
    masked_weight: Share = 0.1


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Rounds:
    """Stage 4: how many rounds, and how each branch trains."""

    count: Count = 4
    proposals: Count = 3
    """Branches beside the control."""
    steps: Count = 40
    target_batch: Count = 16
    candidate_batch: Count = 16
    learning_rate: LearningRate = 5e-5
    probe: Annotated[int, Field(ge=2)] = 64
    """Examples per candidate on which signals are taken."""
    geometry: Literal["sgd", "adam"] = "sgd"
    """In which alignment and descent are taken: of plain gradients; or of what Adam makes of the
    target's, by the second moments that it had at the end of the warm-up (LESS)."""
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.9
    """One-sided level of the lower bound that a branch must pass on the gate split to advance."""
    placebo: bool = False
    """One more branch a round: the strongest candidate, labels shuffled; its gain should be 0."""


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Finish:
    """Stages 5 and 6: the frozen mixture beside its baselines, each with early stopping."""

    steps: Count = 200
    """At most; early stopping on the gate split ends it sooner."""
    learning_rates: tuple[LearningRate, ...] = Field(default=(5e-5, 1e-4), min_length=1)
    """The small grid from which the target-only baseline takes its best."""
    evaluate_every: Count = 20
    patience: Count = 4
    baselines: bool = True
    """Train target-only and all-tasks at equal cost; without them there is no proof."""


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class ExecutorChoice:
    """Where work runs."""

    name: str = "ray"
    workers: Count = 2
    threads: Count = 1
    """CPU threads of one worker."""
    gpus: Annotated[float, Field(ge=0)] = 0.0
    """GPUs of one worker; fractions share a device."""
    address: str | None = None
    """Of a running Ray cluster; none starts one here, or joins the one a Ray job runs in."""


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Campaign:
    """One target (or a few), a pool of candidates, a model, a policy and a budget."""

    name: Name
    target: str | Annotated[Mapping[str, Annotated[float, Field(gt=0)]], Field(min_length=1)]
    """A task of the pool; or several with their weights."""
    pool: Annotated[tuple[str, ...], Field(min_length=1)] = ("pydocs",)
    """Built-in suites by name, "tasksource:NAME", card files and folders of them, relative to the
    campaign file."""
    data: str | None = None
    """The folder in which the cards' files lie, relative to the campaign file; none: each beside
    its card."""
    exclude: tuple[str, ...] = ()
    """Tasks of the pool that take no part: their data is not read."""
    model: str = "minilm"
    """A hub name, a local folder, or "minilm": the encoder that the `demo` extra installs."""
    max_length: Annotated[int, Field(ge=8, le=8192)] = 64
    """Tokens a sequence, prefix included; longer texts are cut."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """Of training steps; evaluation and signals are always float32."""
    policy: PolicyChoice = Field(default_factory=lambda: PolicyChoice(name="navigator"))
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    evidence: str | None = None
    """A folder, relative to the campaign file, made where missing: what earlier campaigns found out
    is read from it when this one opens, and what its branches find out is added. None: neither."""
    evidence_same_target: bool = True
    """Whether earlier branches for the same target count. Their gains are of examples that this
    campaign is judged on in its rounds: set it to false where policies are compared."""
    budget_tokens: Count
    """Training tokens for all that selection costs: warm-up, signals, every branch, finish."""
    max_wasted_tokens: Annotated[int, Field(ge=0)] | None = None
    """Ceiling on tokens lost to failed attempts; none means twice the budget."""
    warm_up: WarmUp = Field(default_factory=WarmUp)
    rounds: Rounds = Field(default_factory=Rounds)
    finish: Finish = Field(default_factory=Finish)
    executor: ExecutorChoice = Field(default_factory=ExecutorChoice)
    report_to: tuple[Literal["terminal", "jsonl", "wandb"], ...] = ("terminal", "jsonl")
    deadline_s: Annotated[float, Field(gt=0)] = 1800.0
    """After which a single job counts as hung."""

    @property
    def data_folder(self) -> Path | None:
        return None if self.data is None else Path(self.data)

    @property
    def evidence_folder(self) -> Path | None:
        return None if self.evidence is None else Path(self.evidence)

    @property
    def targets(self) -> dict[str, float]:
        """Target -> weight, summing to 1, in the file's order."""
        weights = {self.target: 1.0} if isinstance(self.target, str) else dict(self.target)
        total = sum(weights.values())
        return {name: weight / total for name, weight in weights.items()}
