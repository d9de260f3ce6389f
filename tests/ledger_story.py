"""A short campaign as records, one of every kind: what tests of the ledger write."""

from __future__ import annotations

from datetime import UTC, datetime

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
    Resumed,
    Started,
    Withdrawn,
)

SHA = "0123456789abcdef" * 4


def frozen_clock() -> datetime:
    return datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)


def opened(campaign_id: str = "c1") -> Opened:
    return Opened(
        schema=SCHEMA,
        campaign_id=campaign_id,
        config={"name": "café", "seed": 7, "rounds": {"count": 2}, "pool": ["a", "b"]},
        policy_sha256=SHA,
        tasks={"rte": SHA, "boolq": SHA},
        versions={"sextant": "0.1.0"},
    )


def round_of(number: int) -> tuple[Record, ...]:
    """What a round with one failed attempt writes."""
    job = f"r{number:03d}-p1"
    return (
        _proposed(number),
        Started(job=job, attempt=1, reserved_tokens=1000),
        Failed(job=job, attempt=1, kind="worker-lost", message="gone\n\x00", decision="retry"),
        Started(job=job, attempt=2, reserved_tokens=1000),
        Completed(
            job=job,
            attempt=2,
            tokens=900,
            examples=30,
            seconds=1.25,
            arrays=SHA,
            checkpoint=SHA,
            facts={"curve": [[10, 0.5]], "gate_loss": 1e-30},
        ),
        _closed(number, job),
    )


def story(rounds: int = 2) -> tuple[Record, ...]:
    """A campaign from its opening to its end."""
    middle = [record for number in range(rounds) for record in round_of(number)]
    contender = Contender(
        arm="selected", job="f1", cost=5000, gate_loss=0.4, test={"rte": {"loss": 0.5}}
    )
    return (
        opened(),
        *middle,
        Resumed(versions={"sextant": "0.1.0"}, accepted=("policy: old -> new",)),
        Withdrawn(task="boolq", reason="bad line"),
        Chosen(mixture={"rte": 1.0}, reason="complementary", budget_left=100),
        Delivered(arm="selected", job="f1", checkpoint=SHA, contenders=(contender,)),
        Finished(reason="delivered"),
    )


def _proposed(number: int) -> Proposed:
    return Proposed(
        round=number,
        proposals=(MixtureLine(mixture={"rte": 0.25, "boolq": 0.75}, reason="price"),),
        by="policy",
        rounds_left=2,
        budget_left=1000,
        readings=SHA,
    )


def _closed(number: int, job: str) -> Closed:
    gain = GainLine(
        branch=job,
        status="finished",
        cost=900,
        gain=-0.0123456789012345,
        se=0.1,
        gate_gain=1e30,
        gate_se=None,
        targets={"mnli": {"gain": 0.1}},
    )
    return Closed(round=number, gains=(gain,), control_cost=800, advanced=job, checkpoint=SHA)
