"""From a ledger's records to the facts of its report: pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from engine.ledger.records import (
    Chosen,
    Closed,
    Contender,
    Delivered,
    Finished,
    GainLine,
    MixtureLine,
    Opened,
    Proposed,
    Record,
)
from engine.report.candidates import candidate_facts
from engine.report.decisions import decisions_of
from engine.report.facts import Arm, Branch, Facts, Round, Standing, Test
from engine.report.mixture_file import normalised
from engine.report.provenance import provenance_of
from engine.report.scores import MeanScores
from engine.report.spending import spending_of
from engine.report.start import advanced_mixtures
from engine.wording import share_text

PLACEBO = "placebo"


def facts_of(records: Sequence[Record], scores: MeanScores) -> Facts:
    """All that a report shows; of a campaign at any stage.

    Args:
        records: A ledger's.
        scores: See `last_scores`.

    Raises:
        ValueError: If the records do not begin with `Opened`.
    """
    if not records or not isinstance(records[0], Opened):
        raise ValueError("The ledger is empty: there is no campaign yet to report on.")
    opened, config = records[0], records[0].config
    rounds = _rounds(records)
    chosen = next((record for record in records if isinstance(record, Chosen)), None)
    shares = normalised(chosen.mixture) if chosen else None
    candidates = candidate_facts(records, rounds, shares or {}, scores)
    return Facts(
        name=str(config.get("name", "campaign")),
        campaign_id=opened.campaign_id,
        target=target_text(config.get("target", "")),
        standing=_standing(records),
        policy=str(_in(config, "policy").get("name", "unknown")),
        planned_rounds=int(_in(config, "rounds").get("count", len(rounds))),
        confidence=float(_in(config, "rounds").get("confidence", 0.9)),
        rounds=rounds,
        chosen=shares,
        chosen_reason=chosen.reason if chosen else "",
        start=advanced_mixtures(records),
        arms=_arms(records),
        candidates=candidates,
        signals=tuple(sorted({signal for one in candidates for signal in one.scores})),
        spending=spending_of(records),
        decisions=decisions_of(records),
        provenance=provenance_of(records),
    )


def target_text(target: object) -> str:
    """One line: the name, or names with their weights."""
    if isinstance(target, Mapping):
        total = math.fsum(target.values()) or 1.0
        return ", ".join(f"{name} {share_text(weight / total)}" for name, weight in target.items())
    return str(target)


def _in(config: Mapping[str, Any], section: str) -> Mapping[str, Any]:
    found = config.get(section)
    return found if isinstance(found, Mapping) else {}


def _standing(records: Sequence[Record]) -> Standing:
    reasons = [record.reason for record in records if isinstance(record, Finished)]
    if reasons:
        return reasons[-1]
    return "delivered" if any(isinstance(r, Delivered) for r in records) else "unfinished"


def _rounds(records: Sequence[Record]) -> tuple[Round, ...]:
    closed = {record.round: record for record in records if isinstance(record, Closed)}
    return tuple(
        _round(record, closed.get(record.round))
        for record in records
        if isinstance(record, Proposed)
    )


def _round(proposed: Proposed, closed: Closed | None) -> Round:
    if closed is None:
        branches = tuple(
            _open_branch(proposed.round, index, line)
            for index, line in enumerate(proposed.proposals, start=1)
        )
    else:
        nothing = MixtureLine(mixture={}, reason="a candidate's examples with shuffled labels")
        lines = [*proposed.proposals, *[nothing] * len(closed.gains)]
        branches = tuple(
            _branch(proposed.round, line, found, closed.advanced)
            for line, found in zip(lines, closed.gains, strict=False)
        )
    return Round(
        number=proposed.round,
        by=proposed.by,
        branches=branches,
        closed=closed is not None,
        advanced=closed.advanced if closed else "",
    )


def _open_branch(number: int, index: int, line: MixtureLine) -> Branch:
    return Branch(
        key=f"r{number:02d}-p{index}",
        round=number,
        mixture=line.mixture,
        reason=line.reason,
        finished=False,
        trouble="not trained yet",
    )


def _branch(number: int, line: MixtureLine, found: GainLine, advanced: str) -> Branch:
    only = next(iter(found.targets.values())) if len(found.targets) == 1 else {}
    return Branch(
        key=found.branch,
        round=number,
        mixture=line.mixture,
        reason=line.reason,
        finished=found.status == "finished" and found.gain is not None,
        gain=found.gain,
        se=found.se,
        gate_gain=found.gate_gain,
        gate_se=found.gate_se,
        metric_gain=only.get("metric_gain"),
        cost=found.cost,
        advanced=found.branch == advanced,
        placebo=found.branch.endswith(PLACEBO),
        trouble=found.reason,
    )


def _arms(records: Sequence[Record]) -> tuple[Arm, ...]:
    delivered = next((record for record in records if isinstance(record, Delivered)), None)
    if delivered is None:
        return ()
    return tuple(_arm(contender, delivered.arm) for contender in delivered.contenders)


def _arm(contender: Contender, delivered: str) -> Arm:
    is_base = contender.arm == "target-only"
    tests = (
        Test(
            target=target,
            loss=facts.get("loss"),
            metric=facts.get("metric"),
            low=facts.get("metric_low"),
            high=facts.get("metric_high"),
            gain=None if is_base else facts.get("gain"),
            se=None if is_base else facts.get("gain_se"),
        )
        for target, facts in contender.test.items()
    )
    return Arm(
        name=contender.arm,
        cost=contender.cost,
        gate_loss=contender.gate_loss,
        tests=tuple(tests),
        delivered=contender.arm == delivered,
    )
