"""Target-only, proportional, compass and alignment do what their papers say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from policies import Alignment, Candidate, Compass, Policy, Proportional, Target, TargetOnly, View


def view(alignment: dict[str, float], sizes: dict[str, int] | None = None) -> View:
    """Candidates with the same number as alignment and as affinity."""
    return View(
        candidates=tuple(
            Candidate(
                name=name,
                family="f",
                num_examples=(sizes or {}).get(name, 1000),
                tokens_per_example=10.0,
                scores={"alignment": {"t": score}, "affinity": {"t": score}},
            )
            for name, score in alignment.items()
        ),
        targets=(Target(name="t", family="f", num_examples=100, weight=1.0),),
        budget_left=1_000_000,
    )


def mixture(policy: Policy, seen: View) -> dict[str, float]:
    return dict(policy.propose(seen, np.random.default_rng(0))[0].mixture)


def test_target_only_proposes_the_empty_mixture() -> None:
    assert mixture(TargetOnly(), view({"a": 1.0})) == {}


def test_proportional_counts_no_task_beyond_the_cap() -> None:
    seen = view({"a": 0, "b": 0, "c": 0}, {"a": 100, "b": 300, "c": 1_000_000})
    shares = mixture(Proportional(cap=600), seen)
    assert shares == pytest.approx({"a": 0.1, "b": 0.3, "c": 0.6})


def test_a_temperature_flattens_shares() -> None:
    seen = view({"a": 0, "b": 0}, {"a": 100, "b": 400})
    assert mixture(Proportional(temperature=2), seen) == pytest.approx({"a": 1 / 3, "b": 2 / 3})
    flat = mixture(Proportional(temperature=1e9), seen)
    assert flat["a"] == pytest.approx(0.5)


def test_compass_takes_the_top_k_by_affinity_and_shares_by_size() -> None:
    seen = view({"a": 0.1, "b": 0.5, "c": 0.4, "d": -0.9}, {"b": 100, "c": 300})
    assert mixture(Compass(k=2), seen) == pytest.approx({"b": 0.25, "c": 0.75})


def test_without_affinity_compass_takes_the_largest() -> None:
    seen = view({"a": 0.0, "b": 0.0, "c": 0.0}, {"a": 1, "b": 5, "c": 7})
    assert set(mixture(Compass(k=2), seen)) == {"b", "c"}


def test_alignment_leaves_out_what_points_the_other_way() -> None:
    shares = mixture(Alignment(k=3, temperature=0.1), view({"a": 0.3, "b": 0.2, "c": -0.1}))
    odds = np.exp(1.0)
    assert shares == pytest.approx({"a": odds / (1 + odds), "b": 1 / (1 + odds)})


def test_an_exact_number_has_equal_shares() -> None:
    seen = replace(view({"a": -0.1, "b": -0.5, "c": -0.4}, {"a": 9}), exactly=2)
    assert mixture(Compass(k=1), seen) == {"a": 0.5, "c": 0.5}
    assert mixture(Alignment(k=1), seen) == {"a": 0.5, "c": 0.5}


def test_a_signal_that_is_not_there_is_told() -> None:
    blind = view({"a": 0.0, "b": 0.0})
    (by_size,) = Compass().propose(blind, np.random.default_rng(0))
    assert "for want of any affinity" in by_size.reason
    (alone,) = Alignment().propose(blind, np.random.default_rng(0))
    assert "no candidate's gradient is known" in alone.reason


def test_when_nothing_is_aligned_the_target_trains_alone() -> None:
    assert mixture(Alignment(), view({"a": -0.3, "b": 0.0})) == {}


def test_scores_are_averaged_by_the_targets_weights() -> None:
    seen = view({"a": 0.2, "b": 0.1})
    other = Target(name="u", family="f", num_examples=1, weight=0.75)
    b = replace(seen.candidates[1], scores={"alignment": {"t": 0.1, "u": 0.4}})
    seen = replace(
        seen,
        candidates=(seen.candidates[0], b),
        targets=(replace(seen.targets[0], weight=0.25), other),
    )
    # a: 0.25 * 0.2 = 0.05; b: 0.25 * 0.1 + 0.75 * 0.4 = 0.325
    assert set(mixture(Alignment(k=1), seen)) == {"b"}


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Compass(k=0), "k must be at least 1 but got 0"),
        (lambda: Alignment(temperature=0), "temperature must be above 0 but got 0"),
        (lambda: Proportional(cap=0), "cap must be at least 1 but got 0"),
        (lambda: Proportional(temperature=float("nan")), "temperature must be above 0 but got nan"),
    ],
)
def test_options_out_of_range_are_refused(build: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build()  # type: ignore[operator]
