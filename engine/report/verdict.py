"""What a campaign came to, in sentences that claim no more than was measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.report.facts import Arm, Branch, Facts, Test
from engine.wording import arm_text, decimals, gain_text, mixture_text, tokens_text

Z95 = 1.96
"""Half width of a normal 95 % interval, in standard errors."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a report says first."""

    headline: str
    sentences: tuple[str, ...]
    tone: str
    """"good", "neutral" or "bad": the colour of the headline."""


def verdict(facts: Facts) -> Verdict:
    """Who won on test, by how much, how certainly; what was delivered and why."""
    selected = facts.arm("selected")
    if not facts.arms or selected is None:
        return _without_test(facts)
    headline, tone = _headline(selected)
    return Verdict(headline, tuple(_sentences(facts, selected)), tone)


def interval(gain: float, se: float) -> tuple[float, float]:
    """The 95 % interval of a gain."""
    return gain - Z95 * se, gain + Z95 * se


def _headline(selected: Arm) -> tuple[str, str]:
    bounds = [interval(t.gain, t.se) for t in selected.tests if t.gain is not None and t.se]
    if not bounds:
        return "Delivered without a baseline to compare with.", "neutral"
    if all(low > 0 for low, _ in bounds):
        return "The selected mixture beats target-only training on test.", "good"
    if any(high < 0 for _, high in bounds):
        return "The selected mixture is worse than target-only training on test.", "bad"
    return "No certain difference from target-only training on test.", "neutral"


def _sentences(facts: Facts, selected: Arm) -> Iterator[str]:
    base = facts.arm("target-only")
    for test in selected.tests:
        yield _tested(test, base)
    broad = facts.arm("all-tasks")
    if broad and any(test.gain is not None for test in broad.tests):
        gains = ", ".join(gain_text(t.gain, t.se) for t in broad.tests if t.gain is not None)
        yield f"Training on all tasks, allowed the same cost, gained {gains} over target only."
    if base:
        yield (
            f"All that selection cost is charged to it: {tokens_text(selected.cost)} training "
            f"tokens, against {tokens_text(base.cost)} for target only."
        )
    yield _delivery(facts)
    if base:
        yield (
            "Intervals count the test examples alone; "
            "another seed of the same training would add to them."
        )


def _tested(test: Test, base: Arm | None) -> str:
    if test.gain is None or test.se is None:
        return f"On {test.target} there is no baseline, so no gain can be stated."
    low, high = interval(test.gain, test.se)
    digits = decimals(test.se)
    size = f"{abs(test.gain):.{digits}f} nats per example {'lower' if test.gain > 0 else 'higher'}"
    bounds = f"95 % interval of the gain {low:+.{digits}f} to {high:+.{digits}f}"
    return (
        f"On {test.target}, its test loss is {size} than target-only training's ({bounds})"
        f"{_metrics(test, base)}. {_certainty(low, high)}"
    )


def _metrics(test: Test, base: Arm | None) -> str:
    other = next((t for t in base.tests if t.target == test.target), None) if base else None
    if test.metric is None or other is None or other.metric is None:
        return ""
    return f"; the metric is {test.metric:.3f} against {other.metric:.3f}"


def _certainty(low: float, high: float) -> str:
    if low > 0:
        return "The choice of test examples alone would hardly make such a difference."
    if high < 0:
        return "The choice of test examples alone would hardly make such a loss."
    return "The interval includes zero: this may be noise."


def _delivery(facts: Facts) -> str:
    """Why the safety rule delivered what it did, as far as the gate losses tell."""
    arm = facts.delivered
    if arm is None:
        return "None of the arms was delivered."
    others = [f"{arm_text(a.name)} {a.gate_loss:.4f}" for a in facts.arms if a is not arm]
    losses = f"{arm.gate_loss:.4f}" + (f"; {', '.join(others)}" if others else "")
    if all(arm.gate_loss <= other.gate_loss for other in facts.arms):
        why = f"whose calibrated loss on the gate split is the lowest ({losses})"
    else:
        why = f"by the safety rule: no arm was certainly better on the gate split ({losses})"
    return f"Delivered: {arm_text(arm.name)}, {why}. The test split had no part in that."


def _without_test(facts: Facts) -> Verdict:
    closed = sum(one.closed for one in facts.rounds)
    done = f"{closed} of {facts.planned_rounds} rounds closed"
    headlines = {
        "unfinished": f"Not finished: {done}.",
        "stopped": f"Stopped: {done}.",
        "no candidates": "No candidates were left to choose from.",
        "delivered": "Finished without a comparison on test.",
    }
    sentences = [_best_so_far(facts)]
    if facts.chosen:
        sentences.append(f"The chosen mixture is {mixture_text(facts.chosen, most=5)}.")
    if facts.standing in ("unfinished", "stopped"):
        sentences.append("The same command goes on from here; nothing is lost.")
    return Verdict(headlines[facts.standing], tuple(sentences), "neutral")


def _best_so_far(facts: Facts) -> str:
    found = [(b.gain, b) for b in facts.branches if b.gain is not None and not b.placebo]
    if not found:
        return "No branch has finished yet, so there is no gain to report."
    best: Branch = max(found, key=lambda pair: pair[0])[1]
    many = "the best of one branch" if len(found) == 1 else f"the best of {len(found)} branches"
    return (
        f"The largest gain so far is {gain_text(best.gain, best.se)} nats per example "
        f"({mixture_text(best.mixture)}): {many}, so it flatters itself, "
        "and nothing has been tried on test."
    )
