"""Events as lines of plain text: pure, one event in, the line that matters out."""

from __future__ import annotations

from engine.ledger.records import Contender, Delivered
from engine.tracking.events import (
    CampaignDelivered,
    CampaignOpened,
    Event,
    JobEnded,
    Notice,
    RoundClosed,
    StageStarted,
)
from engine.wording import (
    arm_text,
    gain_text,
    mixture_text,
    printable,
    seconds_text,
    start_text,
    tokens_text,
)


def line(event: Event, *, rounds: int = 0) -> str | None:
    """What a log should keep of an event; None when that is nothing."""
    match event:
        case CampaignOpened():
            return opened_line(event)
        case StageStarted():
            return f"{printable(event.stage)} ({event.jobs} job{'s' * (event.jobs != 1)})"
        case JobEnded():
            return None if event.ok else failed_line(event)
        case RoundClosed():
            return round_line(event, rounds=rounds)
        case CampaignDelivered():
            return delivered_line(event)
        case Notice():
            return f"note: {printable(event.message)}"


def opened_line(event: CampaignOpened) -> str:
    """What is about to run, and from where it goes on."""
    return (
        f"campaign {printable(event.name)} ({event.campaign_id[-8:]}), "
        f"{printable(event.standing)}: target {printable(event.target)}, "
        f"{event.num_candidates} candidates, policy {printable(event.policy)}, "
        f"{event.workers} workers, budget {tokens_text(event.budget_tokens)} tokens"
    )


def failed_line(event: JobEnded) -> str:
    """A lost job and why."""
    return f"{event.job} failed: {printable(event.message) or 'no message'}"


def round_line(event: RoundClosed, *, rounds: int) -> str:
    """What a round found and decided, and what it cost in training tokens."""
    return (
        f"{round_name(event.round, rounds)}: {finding(event)}; {decision(event)}; "
        f"spent {tokens_text(event.spent_tokens)} tokens, {tokens_text(event.budget_left)} left"
    )


def round_name(number: int, rounds: int) -> str:
    """Rounds count from 0 in records and from 1 for people."""
    return f"round {number + 1} of {rounds}" if rounds else f"round {number + 1}"


def best(event: RoundClosed) -> int | None:
    """Index of the proposal that advanced, else of the one with the largest gain, else None."""
    for index, found in enumerate(event.gains[: len(event.proposals)]):
        if found.branch == event.advanced:
            return index
    gains = [
        (found.gain, -index)
        for index, found in enumerate(event.gains[: len(event.proposals)])
        if found.gain is not None
    ]
    return -max(gains)[1] if gains else None


def finding(event: RoundClosed) -> str:
    """The best proposal and its gain."""
    index = best(event)
    if index is None:
        return "no branch finished"
    mixture, found = event.proposals[index].mixture, event.gains[index]
    return f"{mixture_text(mixture)}: gain {gain_text(found.gain, found.se)}"


def decision(event: RoundClosed) -> str:
    """From where the next round starts."""
    if any(found.branch == event.advanced for found in event.gains):
        return "advanced"
    stays = not event.advanced.startswith(f"r{event.round:02d}-")
    return "none better than the start" if stays else "the control goes on"


def delivered_line(event: CampaignDelivered) -> str:
    """Which arm was delivered, why, and when."""
    arm = arm_text(event.delivered.arm)
    return f"delivered: {arm} ({why_delivered(event)}), {when(event)}; mixture: {frozen(event)}"


def why_delivered(event: CampaignDelivered) -> str:
    """The safety rule, in words: an arm is not delivered for what its mixture is."""
    raced = len(event.delivered.contenders) > 1
    return "lowest loss on the gate split" if raced else "there were no baselines"


def when(event: CampaignDelivered) -> str:
    """How long it took; or that an earlier run had done all."""
    if event.seconds is None:
        return "finished before, nothing to do"
    return f"after {seconds_text(event.seconds)}"


def frozen(event: CampaignDelivered) -> str:
    """The mixture that was chosen; for none, what the selected arm had learned from before."""
    text = mixture_text(event.mixture, most=6)
    if event.mixture:
        return text
    return f"none, {text}; before, the selected arm learned from {start_text(event.start.values())}"


DELIVERED = "> "
ARM_COLUMNS = ("  trained on", "tokens", "test loss", "test metric", "over target only")


def arm_rows(delivered: Delivered) -> list[tuple[str, ...]]:
    """One row for each arm and target, in the columns of `ARM_COLUMNS`; the delivered is marked."""
    rows: list[tuple[str, ...]] = []
    for contender in delivered.contenders:
        mark = DELIVERED if contender.arm == delivered.arm else "  "
        targets = list(contender.test) or [""]
        for target in targets:
            name = mark + arm_text(contender.arm)
            name += f", {printable(target)}" if len(targets) > 1 else ""
            rows.append((name, tokens_text(contender.cost), *_tested(contender, target)))
    return rows


def _tested(contender: Contender, target: str) -> tuple[str, str, str]:
    test = contender.test.get(target, {})
    loss = f"{test['loss']:.4f}" if "loss" in test else "-"
    metric = f"{test['metric']:.3f}" if "metric" in test else "-"
    if {"metric_low", "metric_high"} <= test.keys():
        metric += f" [{test['metric_low']:.3f}, {test['metric_high']:.3f}]"
    if contender.arm == "target-only" or "gain" not in test:
        return loss, metric, "-"
    return loss, metric, gain_text(test["gain"], test.get("gain_se"))
