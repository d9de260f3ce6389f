from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from engine.gains import bootstrap
from engine.gains.safety import Arm, Reference, contenders, deliver
from engine.training.jobs import Judgement

RNG = np.random.default_rng(0)
BASE = RNG.exponential(size=50)
GOLD = RNG.integers(2, size=200).astype(np.float64)


def _arm(name: str, losses: NDArray[np.float64]) -> Arm:
    return Arm(name=name, job=f"job-{name}", cost=10, gate_losses={"t": losses})


def _judged(share_right: float, loss: float) -> Judgement:
    right = np.arange(200) < share_right * 200
    predictions = np.where(right, GOLD, 1 - GOLD)
    losses = loss + RNG.normal(size=200) * 0.1
    return Judgement(
        losses=losses, plain_losses=losses, predictions=predictions, metric=float(right.mean())
    )


@pytest.mark.parametrize("best", ["selected", "target-only", "all-tasks"])
def test_the_arm_with_the_lowest_gate_loss_is_delivered(best: str) -> None:
    arms = [
        _arm(name, BASE - (0.01 if name == best else 0.0))
        for name in ("selected", "target-only", "all-tasks")
    ]
    assert deliver(arms, {"t": 1.0}).name == best


def test_ties_go_to_the_simpler_arm_in_any_order() -> None:
    selected, only, every = (_arm(n, BASE) for n in ("selected", "target-only", "all-tasks"))
    assert deliver([selected, every, only], {"t": 1.0}) is only
    assert deliver([selected, every], {"t": 1.0}) is every
    assert deliver([selected], {"t": 1.0}) is selected


def test_weights_of_the_targets_decide() -> None:
    only = Arm(name="target-only", job="o", cost=1, gate_losses={"a": BASE, "b": BASE})
    mixed = Arm(name="selected", job="s", cost=1, gate_losses={"a": BASE - 0.3, "b": BASE + 0.2})
    assert deliver([only, mixed], {"a": 0.5, "b": 0.5}) is mixed
    assert deliver([only, mixed], {"a": 0.2, "b": 0.8}) is only


def test_an_arm_that_diverged_or_is_unknown_raises() -> None:
    broken = _arm("selected", np.where(np.arange(50) == 3, np.nan, BASE))
    with pytest.raises(ValueError, match="not finite"):
        deliver([broken, _arm("target-only", BASE)], {"t": 1.0})
    with pytest.raises(ValueError, match="got \\['everything'\\]"):
        deliver([_arm("everything", BASE)], {"t": 1.0})
    with pytest.raises(ValueError, match="got \\[\\]"):
        deliver([], {"t": 1.0})


def test_the_report_has_gains_over_target_only_and_an_interval_around_the_metric() -> None:
    arms = [_arm("selected", BASE - 0.1), _arm("target-only", BASE)]
    tests = {"selected": {"t": _judged(0.8, 0.5)}, "target-only": {"t": _judged(0.7, 0.6)}}
    references = {"t": Reference(gold=GOLD, metric="accuracy")}
    chosen, only = contenders(arms, tests, references, {"t": 1.0}, np.random.default_rng(1))
    assert chosen.gate_loss == pytest.approx(BASE.mean() - 0.1)
    assert chosen.test["t"]["gain"] == pytest.approx(0.1, abs=0.05)
    assert chosen.test["t"]["gain_se"] == pytest.approx(0.01, rel=0.3)
    assert (only.test["t"]["gain"], only.test["t"]["gain_se"]) == (0.0, 0.0)
    # Binomial: 0.8 +- 1.96 * sqrt(0.8 * 0.2 / 200).
    assert chosen.test["t"]["metric_low"] == pytest.approx(0.745, abs=0.012)
    assert chosen.test["t"]["metric_high"] == pytest.approx(0.855, abs=0.012)
    again = contenders(arms, tests, references, {"t": 1.0}, np.random.default_rng(1))
    assert again == (chosen, only)


def test_a_metric_that_ranks_is_given_beliefs_and_draws_whole_questions() -> None:
    groups, gold = np.arange(200) // 5, (np.arange(200) % 5 == 0).astype(np.float64)
    belief = (RNG.uniform(size=200) + 0.4 * gold).astype(np.float32) / 2
    judged = replace(_judged(0.8, 0.5), beliefs=np.stack([1 - belief, belief], axis=1), metric=0.7)
    reference = Reference(gold=gold, metric="mean_average_precision", groups=groups)
    two = replace(reference, groups=np.arange(200) // 100)
    intervals = []
    for one in (reference, two):
        (alone,) = contenders(
            [_arm("selected", BASE)],
            {"selected": {"t": judged}},
            {"t": one},
            {"t": 1.0},
            np.random.default_rng(1),
        )
        intervals.append((alone.test["t"]["metric_low"], alone.test["t"]["metric_high"]))
    assert 0.4 < intervals[0][0] < intervals[0][1] < 1.0
    # Of two questions one draw in four has only the first, and one in four only the second.
    halves = [
        average_precision_score(gold[half], belief[half]) for half in (slice(100), slice(100, 200))
    ]
    assert intervals[1] == pytest.approx((min(halves), max(halves)))


def test_labels_known_by_name_reach_the_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "NUM_RESAMPLES", 100)  # each takes milliseconds
    tests = {"selected": {"t": _judged(0.8, 0.5)}}
    reference = Reference(gold=GOLD, metric="f1_against_favor_mean", labels=("against", "favor"))
    rng = np.random.default_rng(1)
    (alone,) = contenders([_arm("selected", BASE)], tests, {"t": reference}, {"t": 1.0}, rng)
    assert 0.7 < alone.test["t"]["metric_low"] < 0.8 < alone.test["t"]["metric_high"] < 0.9


def test_without_target_only_there_is_no_gain_to_report() -> None:
    tests = {"selected": {"t": _judged(0.8, 0.5)}}
    references = {"t": Reference(gold=GOLD, metric="accuracy")}
    rng = np.random.default_rng(1)
    (alone,) = contenders([_arm("selected", BASE)], tests, references, {"t": 1.0}, rng)
    assert set(alone.test["t"]) == {"loss", "metric", "metric_low", "metric_high"}
