"""What the navigator decides, told on small campaigns."""

from __future__ import annotations

import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from policies import (
    Candidate,
    Navigator,
    Observation,
    Outcome,
    Proportional,
    Proposal,
    Round,
    Target,
    View,
)
from policies.branches import finished_branches
from policies.navigator.belief import believe
from policies.navigator.hypotheses import Noise
from policies.navigator.prior import prior
from policies.roster import roster
from policies.testing import example_views
from policies.testing.views import first_round

SIMULATION = Path(__file__).parents[2] / "benchmarks" / "navigator_simulation.py"


def view_of(names: str, *, history: tuple[Round, ...] = (), rounds_left: int = 1) -> View:
    """One-letter candidates of separate families, without signals."""
    return View(
        candidates=tuple(
            Candidate(name=name, family=f"of {name}", num_examples=1000, tokens_per_example=10.0)
            for name in names
        ),
        targets=(Target(name="t", family="t", num_examples=100, weight=1.0),),
        history=history,
        round=len(history),
        rounds_left=rounds_left,
        budget_left=1_000_000,
        max_proposals=3,
    )


def branches(number: int, gains: dict[str, float], se: float = 0.004) -> Round:
    """A round with one branch per task."""
    return Round(
        number=number,
        observations=tuple(
            Observation(
                proposal=Proposal(mixture={name: 1.0}, reason="a test"),
                outcome=Outcome(status="finished", cost=1, gain=gain, se=se),
            )
            for name, gain in gains.items()
        ),
    )


def together(number: int, tasks: str, gain: float) -> Round:
    """A round with one branch, of these tasks at equal shares."""
    mixture = dict.fromkeys(tasks, 1 / len(tasks))
    outcome = Outcome(status="finished", cost=1, gain=gain, se=0.001)
    proposal = Proposal(mixture=mixture, reason="a test")
    return Round(number=number, observations=(Observation(proposal=proposal, outcome=outcome),))


def propose(view: View, seed: int = 0) -> list[dict[str, float]]:
    answer = Navigator().propose(view, np.random.default_rng(seed))
    return [dict(proposal.mixture) for proposal in answer]


def kept(view: View) -> dict[str, float]:
    (mixture,) = propose(replace(view, rounds_left=0))
    return mixture


def test_what_helped_is_kept_and_what_hurt_is_not() -> None:
    rounds = (branches(0, {"a": 0.03, "b": -0.04, "c": 0.0}), branches(1, {"a": 0.028, "d": 0.02}))
    mixture = kept(view_of("abcdefgh", history=rounds))
    assert mixture["a"] > mixture.get("d", 0.0)
    assert "b" not in mixture


def test_nothing_is_kept_when_nothing_helped() -> None:
    rounds = (branches(0, {"a": -0.01, "b": -0.04, "c": 0.001}), branches(1, {"d": -0.02}))
    assert kept(view_of("abcd", history=rounds)) == {}


def test_nothing_is_kept_on_the_word_of_signals_alone() -> None:
    assert kept(first_round(8)) == {}


def test_one_lucky_branch_within_its_noise_is_not_enough() -> None:
    assert kept(view_of("abcdefgh", history=(branches(0, {"a": 0.008}, se=0.01),))) == {}
    assert kept(view_of("abcdefgh", history=(branches(0, {"a": 0.03}, se=0.004),))) != {}


def test_a_harmful_task_is_proposed_no_more() -> None:
    history = (branches(0, {"a": -0.05}), branches(1, {"a": -0.045}))
    for seed in range(5):
        assert all("a" not in m for m in propose(view_of("abcdef", history=history), seed))


def test_a_mixture_that_did_well_is_kept_though_its_tasks_do_harm_alone() -> None:
    singles = dict.fromkeys("abc", -0.2)
    rounds = (
        branches(0, singles, se=0.001),
        together(1, "ab", 0.1),
        branches(2, singles, se=0.001),
        together(3, "ab", 0.1),
    )
    assert kept(view_of("abcd", history=rounds)) == pytest.approx({"a": 0.5, "b": 0.5})


def test_copies_of_one_task_share_what_one_would_get() -> None:
    rounds = tuple(branches(n, dict.fromkeys("abcx", 0.03)) for n in range(3))
    view = view_of("abcx", history=rounds)
    copies = np.array([[1, 0], [1, 0], [1, 0], [0, 1]], dtype=np.float32)
    mixture = kept(replace(view, sketches=copies))
    assert mixture["x"] > 0.4
    apart = kept(replace(view, sketches=np.eye(4, dtype=np.float32)))
    assert apart["x"] == pytest.approx(0.25, abs=0.08)


def test_a_campaign_learns_which_signal_to_trust() -> None:
    """Alignment that misleads is turned round: of two untested tasks it prefers the wrong one."""
    scores = {"a": 1.0, "b": 0.8, "c": -0.8, "d": -1.0, "good": -0.9, "bad": 0.9}
    blank = view_of("abcd")
    candidates = tuple(
        replace(blank.candidates[0], name=name, family=name, scores={"alignment": {"t": score}})
        for name, score in scores.items()
    )
    gains = {"a": -0.04, "b": -0.03, "c": 0.03, "d": 0.04}
    naive = replace(blank, candidates=candidates)
    learnt = replace(naive, history=(branches(0, gains), branches(1, gains)))
    assert expected(naive, "bad") > expected(naive, "good")
    assert expected(learnt, "good") > expected(learnt, "bad")


def expected(view: View, name: str) -> float:
    """Posterior mean of a task's effect."""
    who = roster(view)
    noise = Noise(branch=1.0, drift=0.15)
    belief = believe(prior(view, who), finished_branches(view, who), noise, 0.02)
    return float(belief.effects()[0][who.names.index(name)])


def test_a_failed_branch_is_no_evidence() -> None:
    failed = Observation(
        proposal=Proposal(mixture={"a": 1.0}, reason="a test"),
        outcome=Outcome(status="failed", cost=0),
    )
    view = view_of("abcdef")
    after = replace(view, history=(Round(number=0, observations=(failed,)),))
    assert propose(view) == propose(after)


def test_a_history_of_withdrawn_tasks_alone_is_survived() -> None:
    assert propose(view_of("abc", history=(branches(0, {"gone": 0.03}),)))


def test_the_first_round_tests_different_sets() -> None:
    first, *others = propose(first_round(30))
    assert len(first) >= 3
    assert len(others) == 2
    common = sum(min(share, others[1].get(name, 0.0)) for name, share in others[0].items())
    assert common < 0.2


def test_the_unit_of_loss_does_not_matter() -> None:
    rounds = (branches(0, {"a": 0.03, "b": -0.04, "c": 0.01}), branches(1, {"a": 0.02, "d": 0.02}))
    view = view_of("abcdef", history=rounds)
    large = tuple(_times(closed, 1000.0) for closed in rounds)
    policy = Navigator(effect=0.02 * 1000)
    scaled = policy.propose(replace(view, history=large), np.random.default_rng(0))
    for ours, theirs in zip(propose(view), scaled, strict=True):
        assert ours == pytest.approx(dict(theirs.mixture), abs=1e-6)


def _times(closed: Round, factor: float) -> Round:
    def scaled(seen: Observation) -> Observation:
        assert seen.outcome.gain is not None and seen.outcome.se is not None
        outcome = replace(
            seen.outcome, gain=seen.outcome.gain * factor, se=seen.outcome.se * factor
        )
        return replace(seen, outcome=outcome)

    return replace(closed, observations=tuple(scaled(seen) for seen in closed.observations))


def test_the_order_of_candidates_changes_no_digit() -> None:
    for name, view in example_views().items():
        order = np.random.default_rng(3).permutation(len(view.candidates))
        sketches = None if view.sketches is None else view.sketches[order]
        shuffled = replace(
            view, candidates=tuple(view.candidates[at] for at in order), sketches=sketches
        )
        assert propose(view) == propose(shuffled), name


def test_the_reason_tells_prior_and_evidence() -> None:
    view = view_of("abc", history=(branches(0, {"a": 0.03}), branches(1, {"a": 0.025})))
    (answer,) = Navigator().propose(replace(view, rounds_left=0), np.random.default_rng(0))
    assert answer.reason.startswith("kept, expected gain +0.0")
    assert "after 2 branches, before -0.00" in answer.reason


@pytest.mark.parametrize(
    ("option", "value"), [("effect", 0.0), ("branch_noise", -1.0), ("caution", float("nan"))]
)
def test_options_out_of_range_are_refused(option: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{option} must be"):
        Navigator(**{option: value})


def test_in_simulated_worlds_it_beats_proportional_and_shuns_the_idle() -> None:
    """Fixed seeds. Over fresh ones the odds of failing are far below one in a million."""
    simulation = runpy.run_path(str(SIMULATION))
    results = simulation["compare"](
        {"proportional": Proportional(), "navigator": Navigator()}, 12, first=20_000, rounds=3
    )
    ahead = results["navigator"].gains - results["proportional"].gains
    assert ahead.mean() > 0.012
    assert results["navigator"].waste.mean() < 0.5


def test_when_every_candidate_is_known_to_hurt_the_target_trains_alone() -> None:
    history = tuple(branches(n, dict.fromkeys("abc", -0.05)) for n in range(3))
    assert propose(view_of("abc", history=history)) == [{}]


def test_the_size_of_effects_is_learnt() -> None:
    small = view_of("abc", history=(branches(0, dict.fromkeys("abc", 0.001), se=0.001),))
    large = view_of("abc", history=(branches(0, {"a": 0.3, "b": -0.2, "c": 0.1}),))
    assert _scale(small) < 0.02 < _scale(large)


def test_repeating_a_mixture_teaches_less_than_testing_its_tasks_elsewhere() -> None:
    """The lack of fit of one mixture stays the same however often it is trained."""
    twice = (branches(0, {"a": 0.03}, se=1e-4), branches(1, {"a": 0.03}, se=1e-4))
    view = view_of("abc", history=twice)
    who = roster(view)
    found = believe(prior(view, who), finished_branches(view, who), Noise(branch=0, drift=0), 0.02)
    assert found.effects()[1][who.names.index("a")] > 0.1 * found.scale


def _scale(view: View) -> float:
    who = roster(view)
    noise = Noise(branch=1.0, drift=0.15)
    return believe(prior(view, who), finished_branches(view, who), noise, 0.02).scale
