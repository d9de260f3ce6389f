from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.gains.advance import advance
from engine.gains.gain import lower_bound, paired_gain
from engine.ledger.records import GainLine


def _line(branch: str, gate_gain: float | None, gate_se: float | None = 0.01) -> GainLine:
    finished = gate_gain is not None
    return GainLine(
        branch=branch,
        status="finished" if finished else "failed",
        cost=1,
        gain=9.0 if finished else None,
        se=0.01 if finished else None,
        gate_gain=gate_gain,
        gate_se=gate_se if finished else None,
        targets={},
    )


def test_the_best_lower_bound_wins_not_the_best_gain() -> None:
    decision = advance([_line("bold", 0.5, 0.3), _line("sure", 0.2, 0.01)], confidence=0.9)
    assert decision.branch == "sure"
    assert decision.bound == pytest.approx(lower_bound(0.2, 0.01, confidence=0.95))


@pytest.mark.parametrize("gains", [[0.0], [-0.5], [0.01, -0.2], []])
def test_the_control_goes_on_when_no_bound_is_above_zero(gains: list[float]) -> None:
    lines = [_line(f"p{number}", gain) for number, gain in enumerate(gains)]
    assert advance(lines, confidence=0.9).branch is None


def test_a_branch_equal_to_the_control_does_not_advance() -> None:
    assert advance([_line("p1", 0.0, 0.0)], confidence=0.9).branch is None


def test_a_placebo_never_advances_and_costs_the_others_nothing() -> None:
    lines = [_line("p1", 0.1), _line("placebo", 5.0)]
    decision = advance(lines, confidence=0.9, placebos={"placebo"})
    assert decision == advance(lines[:1], confidence=0.9)
    assert advance(lines[1:], confidence=0.9, placebos={"placebo"}).branch is None


def test_a_failed_branch_is_no_evidence() -> None:
    lines = [_line("p1", None), _line("p2", 0.1)]
    assert advance(lines, confidence=0.9) == advance(lines[1:], confidence=0.9)
    assert advance(lines[:1], confidence=0.9).branch is None


def test_more_branches_ask_for_more_certainty() -> None:
    # 1.5 standard errors: 93 % sure, enough for one branch at 90 %, not for one among five.
    borderline = _line("p1", 0.015)
    assert advance([borderline], confidence=0.9).branch == "p1"
    rest = [_line(f"p{number}", -0.1) for number in range(2, 6)]
    assert advance([borderline, *rest], confidence=0.9).branch is None


def test_of_equals_the_first_is_taken() -> None:
    assert advance([_line("p2", 0.1), _line("p1", 0.1)], confidence=0.9).branch == "p2"


@pytest.mark.parametrize("confidence", [0.0, 1.0, -1.0, float("nan")])
def test_a_level_out_of_range_raises(confidence: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        advance([_line("p1", 0.1)], confidence=confidence)


_GAIN = st.floats(-10, 10)
_SE = st.floats(0, 10)


@given(st.lists(st.tuples(_GAIN, _SE), max_size=6), st.floats(0.5, 0.99))
def test_whatever_advances_has_a_bound_above_zero(
    gains: list[tuple[float, float]], confidence: float
) -> None:
    lines = [_line(f"p{number}", gain, se) for number, (gain, se) in enumerate(gains)]
    decision = advance(lines, confidence=confidence)
    if decision.branch is not None:
        gain, se = gains[int(decision.branch[1:])]
        level = 1 - (1 - confidence) / len(gains)
        assert lower_bound(gain, se, confidence=level) > 0


def test_where_nothing_helps_the_rule_errs_about_as_often_as_its_level_allows() -> None:
    """Three branches no better than the control, 2,000 rounds, confidence 0.9.

    Their errors are independent here, so the rate is 1 - (1 - 0.1 / 3) ** 3 = 0.097 (0.27 without
    the division by the number of branches). A right rule leaves [0.063, 0.130], five standard
    errors of 2,000 rounds, with odds of 1 in 10^6.
    """
    rng = np.random.default_rng(3)
    errors = 0
    for _ in range(2000):
        control = rng.exponential(size=150)
        lines = []
        for number in range(3):
            gain, se = paired_gain(
                control + rng.normal(size=150) * 0.2, control + rng.normal(size=150) * 0.2
            )
            lines.append(_line(f"p{number}", gain, se))
        errors += advance(lines, confidence=0.9).branch is not None
    assert 0.063 < errors / 2000 < 0.130
