"""What the policies that model mixtures test and keep."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from mixture_campaigns import Law, kept, played
from scipy.optimize import minimize
from small_views import candidate, finished, mixtures, view_of

from policies import Policy, View
from policies.branches import finished_branches
from policies.mixture_models.aioli import Aioli
from policies.mixture_models.gaussian_process import GaussianProcessSearch
from policies.mixture_models.log_linear import LogLinear, best_mixture
from policies.mixture_models.mixture_space import MixtureSpace, mixture_space
from policies.mixture_models.regmix import RegMix
from policies.mixture_models.task_modeling import TaskModeling
from policies.roster import FloatArray, roster

EVERY: tuple[Policy, ...] = (
    GaussianProcessSearch(),
    RegMix(samples=1000),
    LogLinear(),
    TaskModeling(),
    Aioli(),
)
"""Each with its defaults, but for the number of samples."""
DATA = Path(__file__).parents[2].parent / "shared" / "data" / "transfer" / "regmix_1m.parquet"


def letters(names: str, **more: float) -> View:
    return view_of(*(candidate(name, size=int(more.get(name, 1000))) for name in names))


def helpful_pair(mixture: Mapping[str, float]) -> float:
    """Tasks a and b help, together more than alone; c and d hurt; the others do nothing."""
    a, b = mixture.get("a", 0.0), mixture.get("b", 0.0)
    harm = mixture.get("c", 0.0) + mixture.get("d", 0.0)
    return 0.03 * (math.sqrt(a) + math.sqrt(b)) - 0.04 * harm


def name_of(policy: Policy) -> str:
    return type(policy).__name__


@pytest.mark.parametrize("policy", EVERY, ids=name_of)
def test_what_helps_is_found_and_what_hurts_is_dropped(policy: Policy) -> None:
    view = letters("abcdef")
    end = played(policy, view, helpful_pair, rounds=5, noise=0.002)
    mixture = kept(policy, end)
    share = {name: mixture.get(name, 0.0) for name in "abcdef"}
    assert share["a"] + share["b"] >= 0.5
    assert share["c"] + share["d"] < 0.1
    even = helpful_pair(dict.fromkeys("abcdef", 1 / 6))
    assert helpful_pair(mixture) > even + 0.01


@pytest.mark.parametrize("policy", EVERY, ids=name_of)
def test_where_every_task_hurts_the_target_is_left_alone(policy: Policy) -> None:
    def harmful(mixture: Mapping[str, float]) -> float:
        return -0.05 + 0.02 * mixture.get("a", 0.0)

    end = played(policy, letters("abcd"), harmful, rounds=4, noise=0.002)
    assert kept(policy, end) == {}


@pytest.mark.parametrize("policy", EVERY, ids=name_of)
def test_without_a_finished_branch_nothing_has_earned_its_place(policy: Policy) -> None:
    assert kept(policy, letters("abc")) == {}


@pytest.mark.parametrize("policy", EVERY, ids=name_of)
def test_every_branch_of_a_round_is_used(policy: Policy) -> None:
    view = replace(letters("abcdef"), max_proposals=4)
    for rounds in (0, 1, 3):
        seen = replace(played(policy, view, helpful_pair, rounds, noise=0.01), rounds_left=2)
        assert len(mixtures(policy, seen)) == 4


@pytest.mark.parametrize("policy", EVERY, ids=name_of)
def test_exactly_k_tasks_are_tested_and_kept_where_the_campaign_wants_them(policy: Policy) -> None:
    view = replace(letters("abcdef"), exactly=2)
    end = played(policy, view, helpful_pair, rounds=5, noise=0.002)
    answers = [seen.proposal.mixture for closed in end.history for seen in closed.observations]
    answers.append(kept(policy, end))
    assert all(sorted(mixture.values()) == [0.5, 0.5] for mixture in answers)
    assert set(answers[-1]) == {"a", "b"}


@pytest.mark.parametrize("policy", EVERY, ids=name_of)
def test_of_tasks_that_all_hurt_the_least_harmful_are_kept_where_so_many_are_wanted(
    policy: Policy,
) -> None:
    def harmful(mixture: Mapping[str, float]) -> float:
        return -0.1 + 0.06 * (mixture.get("e", 0.0) + mixture.get("f", 0.0))

    view = replace(letters("abcdef"), exactly=2)
    end = played(policy, view, harmful, rounds=5, noise=0.001)
    assert kept(policy, end) == {"e": 0.5, "f": 0.5}


@pytest.mark.parametrize("policy", EVERY, ids=name_of)
def test_the_largest_are_kept_where_so_many_are_wanted_and_no_branch_has_finished(
    policy: Policy,
) -> None:
    view = replace(letters("abcd", c=3000, d=2000), exactly=2)
    assert kept(policy, view) == {"c": 0.5, "d": 0.5}


@pytest.mark.parametrize("policy", EVERY, ids=name_of)
def test_a_short_shortlist_still_fills_the_sets_that_are_wanted(policy: Policy) -> None:
    narrow = replace(policy, tasks=1)  # type: ignore[type-var]
    view = replace(letters("abcdef"), exactly=3)
    end = played(narrow, view, helpful_pair, rounds=2)
    answers = [*mixtures(narrow, view), *mixtures(narrow, end), kept(narrow, end)]
    assert {len(mixture) for mixture in answers} == {3}


@pytest.mark.parametrize("policy", EVERY, ids=name_of)
def test_the_unit_of_gains_does_not_matter(policy: Policy) -> None:
    def asked(factor: float) -> list[dict[str, float]]:
        results = [({"a": 0.5, "b": 0.5}, 0.03), ({"c": 0.8, "a": 0.2}, -0.02), ({"b": 1.0}, 0.01)]
        scaled = [(mixture, gain * factor) for mixture, gain in results]
        closed = finished(0, *scaled, se=0.002 * factor)
        view = replace(letters("abcd"), history=(closed,), rounds_left=2, round=1)
        return mixtures(policy, view)

    plain, large = asked(1.0), asked(2.0**90)
    for one, other in zip(plain, large, strict=True):
        assert one == pytest.approx(other, abs=1e-4)


@pytest.mark.parametrize("policy", EVERY, ids=name_of)
def test_a_long_shortlist_is_no_burden_and_a_withdrawn_task_no_trouble(policy: Policy) -> None:
    tasks = [candidate(f"t{at:03d}", {"alignment": at / 300}) for at in range(200)]
    seen = finished(0, ({"t150": 0.5, "gone": 0.5}, 0.02), ({"gone": 1.0}, 0.05))
    view = replace(view_of(*tasks), history=(seen,), round=1, rounds_left=2)
    proposed = {name for mixture in mixtures(policy, view) for name in mixture}
    # The tested one, and of the others the best aligned.
    assert proposed <= {"t150", *(f"t{at:03d}" for at in range(184, 200))}


def test_the_process_spends_a_round_on_different_questions() -> None:
    nearest = []
    for rounds in (1, 2, 3, 4, 6):
        end = played(GaussianProcessSearch(), letters("abcdef"), helpful_pair, rounds, noise=0.001)
        tested = mixtures(GaussianProcessSearch(), replace(end, rounds_left=1))
        apart = [
            sum(abs(one.get(task, 0.0) - other.get(task, 0.0)) for task in "abcdef")
            for at, one in enumerate(tested)
            for other in tested[:at]
        ]
        nearest.append(min(apart))
    assert min(nearest) >= 0.02
    # Without believing in the tests chosen before it is a third of this.
    assert np.mean(nearest) > 0.15


def test_the_process_tests_better_mixtures_the_longer_it_searches() -> None:
    end = played(GaussianProcessSearch(), letters("abcdef"), helpful_pair, 6, noise=0.002)
    worth = [
        np.mean([helpful_pair(seen.proposal.mixture) for seen in closed.observations])
        for closed in end.history
    ]
    assert np.mean(worth[3:]) > worth[0] + 0.015


def test_a_cautious_process_keeps_nothing_that_is_not_credibly_better() -> None:
    seen = finished(
        0, ({"a": 1.0}, 0.01), ({"b": 1.0}, -0.01), ({"a": 0.5, "b": 0.5}, 0.0), se=0.02
    )
    view = replace(letters("ab"), history=(seen,))
    assert kept(GaussianProcessSearch(caution=2.0), view) == {}
    assert "a" in kept(GaussianProcessSearch(caution=0.0), view)


def test_regmix_averages_the_best_and_not_the_single_best() -> None:
    end = played(RegMix(samples=500), letters("abcdef"), helpful_pair, 6, noise=0.001)
    best = kept(RegMix(samples=500, averaged=1), end)
    average = kept(RegMix(samples=500, averaged=200), end)
    assert max(average.values()) < max(best.values())


def test_the_convex_program_is_solved() -> None:
    rng = np.random.default_rng(0)
    for pull in (0.02, 0.1, 1.0):
        slopes, prior = rng.normal(0, 1.5, 6), rng.dirichlet(np.ones(6))
        caps = np.array([1.0, 0.3, 1.0, 0.05, 1.0, 0.5])
        found = best_mixture(slopes, prior, caps, pull)

        def cost(
            shares: FloatArray,
            slopes: FloatArray = slopes,
            prior: FloatArray = prior,
            pull: float = pull,
        ) -> float:
            kept = np.maximum(shares, 1e-12)
            return float(np.exp(kept @ slopes) + pull * (kept * np.log(kept / prior)).sum())

        reference = minimize(
            cost,
            np.minimum(prior, caps),
            bounds=[(0, cap) for cap in caps],
            constraints={"type": "eq", "fun": lambda shares: shares.sum() - 1},
            options={"maxiter": 500, "ftol": 1e-12},
        )
        assert found.sum() == pytest.approx(1.0)
        assert (found <= caps + 1e-9).all()
        assert cost(found) <= cost(reference.x) + 1e-6


def test_a_strong_pull_stays_at_proportional_and_caps_that_leave_too_little_are_raised() -> None:
    slopes, prior = np.array([-2.0, 1.0]), np.array([0.3, 0.7])
    assert best_mixture(slopes, prior, np.ones(2), 1e6) == pytest.approx(prior, abs=1e-4)
    scarce = best_mixture(slopes, prior, np.array([0.1, 0.3]), 0.1)
    assert scarce == pytest.approx([0.25, 0.75])
    assert best_mixture(np.zeros(2), prior, np.ones(2), 0.1) == pytest.approx(prior)


@pytest.mark.parametrize("low", [-12.0, -4.0, -1.0])
def test_caps_hold_on_steep_laws_too(low: float) -> None:
    slopes, prior = np.array([low, -low, -low]), np.array([0.01, 0.495, 0.495])
    found = best_mixture(slopes, prior, np.array([0.15, 1.0, 1.0]), 0.05)
    assert found == pytest.approx([0.15, 0.425, 0.425])


def test_the_law_repeats_no_task_too_often_in_the_frozen_mixture() -> None:
    view = letters("abcdef", a=100)
    end = played(LogLinear(), view, helpful_pair, 6, noise=0.001)
    free = kept(LogLinear(), end)
    # 4 times 100 examples of 2,000.
    asked = replace(end, draws=2000)
    assert free.get("a", 0.0) > 0.2
    assert kept(LogLinear(), asked).get("a", 0.0) <= 0.2 + 1e-6
    assert kept(LogLinear(repetitions=1), asked).get("a", 0.0) <= 0.05 + 1e-6


def test_task_modeling_fits_gains_to_membership() -> None:
    """Worked by hand: three sets of two, ridge 1, residuals as the noise."""
    seen = finished(
        0, ({"a": 0.5, "b": 0.5}, 0.06), ({"a": 0.5, "c": 0.5}, 0.02), ({"b": 0.5, "c": 0.5}, -0.02)
    )
    view = replace(letters("abc"), history=(seen,))
    # X'X + 1 = [[3,1,1],[1,3,1],[1,1,3]], whose inverse has 0.4 and -0.1; X'y = (0.08, 0.04, 0):
    # a 0.028, b 0.008, c -0.012. Rests of 0.024, 0.004 and -0.016 give errors of 0.0106.
    (proposal,) = TaskModeling(size=2, threshold=0.5).propose(
        replace(view, rounds_left=0), np.random.default_rng(0)
    )
    assert dict(proposal.mixture) == {"a": 0.5, "b": 0.5}
    assert "best +0.028±0.011" in proposal.reason


def test_task_modeling_fills_up_a_set_whose_size_is_given() -> None:
    seen = finished(
        0, ({"a": 0.5, "b": 0.5}, 0.06), ({"a": 0.5, "c": 0.5}, 0.02), ({"b": 0.5, "c": 0.5}, -0.02)
    )
    view = replace(letters("abc"), history=(seen,), exactly=3)
    assert kept(TaskModeling(), view) == pytest.approx(dict.fromkeys("abc", 1 / 3))


def test_task_modeling_tests_every_task_equally_often() -> None:
    end = played(TaskModeling(threshold=99), letters("abcdef"), helpful_pair, 4)
    tested = finished_branches(end, roster(end)).counts(6)
    # Four rounds of three sets of three: 36 places for six tasks.
    assert tested.tolist() == [6] * 6


def test_task_modeling_draws_different_sets_with_another_generator() -> None:
    view = letters("abcdefghij")
    assert mixtures(TaskModeling(), view, seed=1) != mixtures(TaskModeling(), view, seed=2)


def test_a_higher_threshold_keeps_fewer_tasks() -> None:
    end = played(TaskModeling(), letters("abcdef"), helpful_pair, 8, noise=0.004)
    sizes = [len(kept(TaskModeling(threshold=at), end)) for at in (0.0, 1.0, 3.0, 99.0)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] == 0 < sizes[0]


def test_aioli_sweeps_every_task_before_it_sweeps_one_again() -> None:
    view = replace(letters("abcd"), max_proposals=2)
    policy = Aioli(lean=0.7)
    end = played(policy, view, helpful_pair, 2)
    swept = [max(one.proposal.mixture.values()) for r in end.history for one in r.observations]
    assert swept[:2] == pytest.approx([0.7, 0.7])
    # The second round holds the mixture as it stands, and one more branch of the sweep.
    leant = {
        max(one.proposal.mixture, key=lambda task: one.proposal.mixture[task])
        for one in (*end.history[0].observations, end.history[1].observations[1])
    }
    assert len(leant) == 3


def test_with_one_branch_a_round_aioli_sweeps_first() -> None:
    view = replace(letters("abc"), max_proposals=1)
    end = played(Aioli(), view, helpful_pair, 3)
    leant = [max(one.proposal.mixture.values()) for r in end.history for one in r.observations]
    assert leant == pytest.approx([0.625] * 3)
    (mixture,) = mixtures(Aioli(), replace(end, rounds_left=1))
    assert max(mixture.values()) != pytest.approx(0.625)


def test_aiolis_weights_are_its_law_exponentiated_round_by_round() -> None:
    lean, step = 0.8, 0.5
    sweep = [({"a": lean, "b": 1 - lean}, 0.06), ({"b": lean, "a": 1 - lean}, -0.03)]
    rounds = tuple(finished(number, *sweep, se=1e-9) for number in range(2))
    view = replace(letters("ab"), history=rounds)
    mixture = kept(Aioli(lean=lean, step=step), view)
    # Worked by hand, with ridge 0.1: A = (W'W + 0.1)^-1 W'y, W'W = [[.68,.32],[.32,.68]] a round.
    logs = np.zeros(2)
    for weights in ([1.0], [0.9, 1.0]):
        count = sum(weights)
        inside = count * np.array([[0.68, 0.32], [0.32, 0.68]]) + 0.1 * np.eye(2)
        parts = np.linalg.solve(inside, count * np.array([0.042, -0.012]))
        parts -= min(0.0, parts.min())
        logs += step * parts / parts.mean()
    expected = np.exp(logs) / np.exp(logs).sum()
    assert mixture == pytest.approx({"a": expected[0], "b": expected[1]})


@pytest.mark.skipif(not DATA.exists(), reason=f"needs RegMix's published runs, {DATA}")
def test_the_process_finds_the_best_of_regmixs_runs_in_32() -> None:
    """512 recorded mixtures of 17 domains, Pile-CC loss; each proposal trains the nearest one."""
    names, shares, losses = _regmix()
    left = np.ones(len(losses), dtype=bool)
    best = []

    def nearest(mixture: Mapping[str, float]) -> int:
        asked = np.sqrt(np.array([mixture.get(name, 0.0) for name in names]))
        apart = ((np.sqrt(shares) - asked) ** 2).sum(axis=1)
        return int(np.argmin(np.where(left, apart, np.inf)))

    sizes = shares.mean(axis=0)
    view = view_of(
        *(candidate(n, size=int(1 + 10_000 * s)) for n, s in zip(names, sizes, strict=True)),
        max_proposals=4,
    )
    policy = GaussianProcessSearch(tasks=17)
    for number in range(8):
        results = []
        for mixture in mixtures(policy, replace(view, round=number), seed=number):
            at = nearest(mixture)
            left[at] = False
            best.append(losses[at])
            trained = {n: float(s) for n, s in zip(names, shares[at], strict=True) if s > 0}
            results.append((trained, float(losses.mean() - losses[at])))
        view = replace(view, history=(*view.history, finished(number, *results, se=0.0)))
    assert len(best) == 32
    # Random runs: 0.068 on average; a search that chooses from the pool: 0.005.
    assert min(best) - losses.min() < 0.02


def _regmix() -> tuple[list[str], FloatArray, FloatArray]:
    table = pq.read_table(DATA).to_pydict()
    train = np.array(table["split"]) == "train"
    names = [column[2:] for column in table if column.startswith("w_")]
    shares = np.array([table[f"w_{name}"] for name in names]).T[train]
    return names, shares / shares.sum(axis=1, keepdims=True), np.array(table["loss_pile_cc"])[train]


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: GaussianProcessSearch(tasks=0), "tasks must be at least 1 but got 0"),
        (lambda: GaussianProcessSearch(caution=-1), "caution must be at least 0 but got -1"),
        (lambda: RegMix(samples=0), "samples must be at least 1 but got 0"),
        (lambda: LogLinear(pull=0), "pull must be above 0 but got 0"),
        (lambda: TaskModeling(size=0), "size must be at least 1 but got 0"),
        (lambda: Aioli(lean=1.5), "lean must be at most 1 but got 1.5"),
        (lambda: Aioli(memory=0), "memory must be above 0 but got 0"),
    ],
)
def test_options_out_of_range_are_refused(build: Law, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build()  # type: ignore[call-arg]


def test_the_space_of_a_policy_is_the_same_however_the_candidates_are_sorted() -> None:
    view = letters("abcdef", b=50, c=50)

    def space(view: View) -> MixtureSpace:
        return mixture_space(view, roster(view), 3, "alignment")

    assert space(view).names == space(replace(view, candidates=view.candidates[::-1])).names
