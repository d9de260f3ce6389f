"""A campaign that never ran, complete and plausible: what reporters and reports are tried on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.ledger.records import (
    SCHEMA,
    Chosen,
    Closed,
    Completed,
    Contender,
    Delivered,
    Failed,
    Finished,
    GainLine,
    MixtureLine,
    Opened,
    Proposed,
    Record,
    Started,
    Withdrawn,
)
from engine.signals.readings import Scores
from engine.tracking.events import (
    CampaignDelivered,
    CampaignOpened,
    Event,
    JobEnded,
    RoundClosed,
    StageStarted,
)

TARGET = "docstring_matches_body"
CANDIDATES = (
    "name_matches_body",
    "which_docstring_of_four",
    "argument_meant",
    "return_kind",
    "exception_raised",
    "which_library",
    "first_verb",
    "swapped_operator",
    "num_arguments",
    "is_private",
    "decoy_library_shuffled",
    "decoy_verb_shuffled",
)
BUDGET = 6_000_000
SHA = "5d41402abc4b2a76b9719d911017c592" * 2


def example_records(
    *, names: Sequence[str] = CANDIDATES, rounds: int = 4, fail: bool = True, reason: str = ""
) -> tuple[Record, ...]:
    """A finished campaign; slice it for one that is not.

    Args:
        names: Candidates; the first few help, the last hurt.
        rounds: Closed rounds; the control wins the last.
        fail: Whether the second branch of the second round fails.
        reason: Put before every reason of the policy.
    """
    rng = np.random.default_rng(5)
    worth = _worth(names)
    records: list[Record] = [_opened(names), *_job("warm-up", 812_000, SHA)]
    for number in range(rounds):
        records += _job(f"r{number:02d}-measure-1", 61_000)
        records += _round(number, worth, rng, fail=fail and number == 1, reason=reason)
    records.append(Withdrawn(task=names[-1], reason="two of its branches diverged"))
    records += _finish(names, reason)
    return tuple(records)


def _worth(names: Sequence[str]) -> dict[str, float]:
    return {name: 0.03 * 0.6**i - 0.004 - 0.002 * i for i, name in enumerate(names)}


def _opened(names: Sequence[str]) -> Opened:
    return Opened(
        schema=SCHEMA,
        campaign_id="7f3a9c1e5b2d4860",
        config={
            "name": "docstrings",
            "target": TARGET,
            "model": "minilm",
            "seed": 1,
            "budget_tokens": BUDGET,
            "policy": {"name": "navigator", "options": {}},
            "rounds": {"count": 4, "proposals": 3, "confidence": 0.9},
            "executor": {"name": "ray", "workers": 2},
        },
        policy_sha256=SHA,
        tasks={name: SHA for name in (*names, TARGET)},
        versions={"sextant": "0.1.0", "python": "3.11.7", "torch": "2.13.0", "ray": "2.60.0"},
        decoys=("decoy_verb_shuffled",),
    )


def _job(key: str, tokens: int, checkpoint: str = "") -> list[Record]:
    return [
        Started(job=key, attempt=1, reserved_tokens=tokens),
        Completed(
            job=key,
            attempt=1,
            tokens=tokens,
            examples=tokens // 50,
            seconds=tokens / 20_000,
            arrays="",
            checkpoint=checkpoint,
        ),
    ]


def _round(
    number: int, worth: dict[str, float], rng: np.random.Generator, *, fail: bool, reason: str
) -> list[Record]:
    key = f"r{number:02d}"
    lines = tuple(_proposal(index, worth, number, reason) for index in range(3))
    records: list[Record] = [
        Proposed(
            round=number,
            proposals=lines,
            by="policy",
            rounds_left=4 - number,
            budget_left=BUDGET - 1_000_000 * (number + 1),
            readings=SHA,
        ),
        *_job(f"{key}-control", 74_000, SHA),
    ]
    gains = []
    for index, line in enumerate(lines):
        branch, failed = f"{key}-p{index + 1}", fail and index == 1
        records += _failed(branch) if failed else _job(branch, 141_000, SHA)
        gains.append(_gain(branch, line, worth, rng, number=number, failed=failed))
    advanced = _advanced(key, gains, control=number == 3)
    records.append(
        Closed(
            round=number,
            gains=tuple(gains),
            control_cost=74_000,
            advanced=advanced,
            checkpoint=SHA,
        )
    )
    return records


def _advanced(key: str, gains: list[GainLine], *, control: bool) -> str:
    best = max(gains, key=lambda line: line.gate_gain or -1.0)
    passed = (best.gate_gain or 0.0) > 1.6 * (best.gate_se or 0.0)
    return best.branch if passed and not control else f"{key}-control"


def _proposal(index: int, worth: dict[str, float], number: int, reason: str) -> MixtureLine:
    names = list(worth)
    chosen = [names[(index + step * (number + 1)) % len(names)] for step in range(3)]
    shares = dict(zip(dict.fromkeys(chosen), (0.5, 0.3, 0.2), strict=False))
    total = sum(shares.values())
    words = (
        f"best expected gain {0.02 / (index + 1):+.3f}; prior 60 %, evidence 40 %; "
        f"{next(iter(shares))} carries it"
    )
    return MixtureLine(
        mixture={name: share / total for name, share in shares.items()}, reason=reason + words
    )


def example_scores(names: Sequence[str] = CANDIDATES) -> Scores:
    """What was measured of the candidates of `example_records`: in every round the same."""
    rng, worth = np.random.default_rng(6), _worth(names)
    return {
        name: {
            "affinity": {TARGET: float(np.tanh(15 * value + rng.normal(0, 0.15)))},
            "alignment": {TARGET: float(np.tanh(12 * value + rng.normal(0, 0.06)))},
        }
        for name, value in worth.items()
    }


def _failed(branch: str) -> list[Record]:
    words = "CUDA out of memory: tried to allocate 1.2 GiB"
    return [
        Started(job=branch, attempt=1, reserved_tokens=141_000),
        Failed(job=branch, attempt=1, kind="out-of-memory", message=words, decision="give-up"),
    ]


def _gain(
    branch: str,
    line: MixtureLine,
    worth: dict[str, float],
    rng: np.random.Generator,
    *,
    number: int,
    failed: bool,
) -> GainLine:
    if failed:
        return GainLine(
            branch=branch,
            status="failed",
            cost=0,
            gain=None,
            se=None,
            gate_gain=None,
            gate_se=None,
            targets={},
            reason="out-of-memory",
        )
    true = sum(share * worth[name] for name, share in line.mixture.items()) / (1 + 0.4 * number)
    gain, gate = (float(true + rng.normal(0, 0.003)) for _ in range(2))
    facts = {"gain": gain, "se": 0.0041, "metric_gain": gain / 2}
    return GainLine(
        branch=branch,
        status="finished",
        cost=141_000,
        gain=gain,
        se=0.0041,
        gate_gain=gate,
        gate_se=0.0047,
        targets={TARGET: facts},
    )


def _finish(names: Sequence[str], reason: str) -> list[Record]:
    mixture = dict(zip(names[:4], (0.46, 0.27, 0.18, 0.09), strict=False))
    words = "expected gain +0.014 as a set; the fourth repeats the second and gets little"
    arms = (
        _arm("selected", "finish-selected", 5_210_000, 0.4213, 0.4302, 0.812, 0.0142, 0.0049),
        _arm("target-only", "proof-target-only-1", 5_110_000, 0.4390, 0.4444, 0.799, 0.0, 0.0),
        _arm("all-tasks", "proof-all-tasks", 5_180_000, 0.4371, 0.4429, 0.803, 0.0015, 0.0052),
    )
    return [
        Chosen(mixture=mixture, reason=reason + words, budget_left=1_900_000),
        *_job("finish-selected", 1_440_000, SHA),
        *_job("proof-all-tasks", 3_600_000, SHA),
        *_job("proof-target-only-1", 1_210_000, SHA),
        *_job("proof-test-selected", 0),
        Delivered(arm="selected", job="finish-selected", checkpoint=SHA, contenders=arms),
        Finished(reason="delivered"),
    ]


def _arm(
    arm: str, job: str, cost: int, gate: float, loss: float, metric: float, gain: float, se: float
) -> Contender:
    test = {
        "loss": loss,
        "metric": metric,
        "metric_low": metric - 0.021,
        "metric_high": metric + 0.020,
        "gain": gain,
        "gain_se": se,
    }
    return Contender(arm=arm, job=job, cost=cost, gate_loss=gate, test={TARGET: test})


def example_events(records: Sequence[Record] | None = None) -> list[Event]:
    """What a campaign with these records would have told its reporters."""
    records = example_records() if records is None else records
    events: list[Event] = [_campaign_opened()]
    spent = 0
    lines: tuple[MixtureLine, ...] = ()
    chosen: Chosen | None = None
    for record in records:
        match record:
            case Started() if record.job.endswith(("warm-up", "measure-1", "control")):
                events.append(_stage(record.job))
            case Completed():
                spent += record.tokens
                events.append(_ended(record))
            case Failed():
                events.append(
                    JobEnded(job=record.job, ok=False, seconds=3, tokens=0, message=record.message)
                )
            case Proposed():
                lines = record.proposals
            case Closed():
                events.append(_round_closed(record, lines, spent))
            case Chosen():
                chosen = record
            case Delivered() if chosen:
                events.append(
                    CampaignDelivered(
                        delivered=record,
                        mixture=chosen.mixture,
                        reason=chosen.reason,
                        report="runs/docstrings/report.html",
                        seconds=1234.0,
                    )
                )
            case _:
                pass
    return events


def _campaign_opened() -> CampaignOpened:
    return CampaignOpened(
        name="docstrings",
        campaign_id="7f3a9c1e5b2d4860",
        target=TARGET,
        num_candidates=len(CANDIDATES),
        policy="navigator",
        workers=2,
        budget_tokens=BUDGET,
        rounds=4,
        standing="new",
        config={"seed": 1, "model": "minilm"},
    )


def _stage(job: str) -> StageStarted:
    words = {"warm-up": "warm-up on all tasks", "measure-1": "signals"}
    name = next((words[end] for end in words if job.endswith(end)), "control and proposals")
    stage = name if job == "warm-up" else f"round {int(job[1:3]) + 1} of 4: {name}"
    return StageStarted(stage=stage, jobs=4 if job.endswith("control") else 1)


def _ended(record: Completed) -> JobEnded:
    return JobEnded(job=record.job, ok=True, seconds=record.seconds, tokens=record.tokens)


def _round_closed(record: Closed, lines: tuple[MixtureLine, ...], spent: int) -> RoundClosed:
    return RoundClosed(
        round=record.round,
        proposals=lines,
        gains=record.gains,
        scores=example_scores(),
        advanced=record.advanced,
        spent_tokens=spent,
        wasted_tokens=141_000 if record.round else 0,
        budget_left=BUDGET - spent,
    )
