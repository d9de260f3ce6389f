"""Lasso and A-MTRL: the tasks that together span the target's direction."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_views import candidate, mixtures, view_of

from policies import View
from policies.by_signal.a_mtrl import AMtrl, least_squares
from policies.by_signal.lasso import Lasso
from policies.by_signal.sparse_fit import Problem, sparse_fit
from policies.roster import FloatArray, roster

EXACT = Lasso(penalty=0.3, ridge=1e-9)


def world(
    rows: FloatArray, target: FloatArray, *, tokens: dict[int, float] | None = None, se: float = 0.0
) -> View:
    """Candidates "t000", "t001", ... with these gradients and their alignments with the target."""
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    alignment = rows @ (target / np.linalg.norm(target))
    tasks = [
        candidate(
            f"t{at:03d}", {"alignment": float(score)}, tokens=(tokens or {}).get(at, 10.0), se=se
        )
        for at, score in enumerate(alignment)
    ]
    return replace(view_of(*tasks), sketches=rows.astype(np.float32))


def test_orthogonal_tasks_are_thresholded_softly() -> None:
    seen = world(np.eye(3), np.array([0.8, 0.5, 0.1]))
    # nu is alignment less 0.3 of the largest: 0.8 - 0.24, 0.5 - 0.24, and nothing of 0.1.
    (mixture,) = mixtures(EXACT, seen)
    assert mixture == pytest.approx({"t000": 0.56 / 0.82, "t001": 0.26 / 0.82}, abs=1e-6)


def test_weights_minimise_the_stated_objective() -> None:
    rng = np.random.default_rng(0)
    seen = world(rng.standard_normal((40, 12)), rng.standard_normal(12))
    who = roster(seen)
    assert seen.sketches is not None
    rows = seen.sketches.astype(np.float64)
    alignment = np.array([c.scores["alignment"]["t"] for c in who.candidates])
    prices = rng.uniform(0.5, 2, 40)
    problem = Problem(alignment=alignment, prices=prices, penalty=0.1, ridge=0.05)
    fit = sparse_fit(problem, seen, who)
    slope = rows @ rows.T @ fit.weights + 0.05 * fit.weights - alignment + 0.1 * prices
    assert (fit.weights >= 0).all() and 2 < (fit.weights > 0).sum() < 40
    # Flat where there is weight, rising where there is none.
    assert slope[fit.weights > 0] == pytest.approx(0, abs=1e-6)
    assert slope.min() > -1e-6


def test_a_fit_finds_tasks_far_down_the_list_of_the_best_aligned() -> None:
    rng = np.random.default_rng(0)
    # 400 copies of one task outshine the other half of the target.
    copies = np.eye(60)[0] + 0.01 * rng.standard_normal((400, 60))
    seen = world(np.vstack([copies, np.eye(60)[[1]]]), np.eye(60)[0] + 0.8 * np.eye(60)[1])
    assert seen.sketches is not None
    seen = replace(seen, candidates=seen.candidates[::-1], sketches=seen.sketches[::-1].copy())
    (mixture,) = mixtures(Lasso(), seen)
    assert mixture["t400"] > 0.25
    who = roster(seen)
    alignment = np.array([c.scores["alignment"]["t"] for c in who.candidates])
    problem = Problem(alignment=alignment, prices=np.ones(401), penalty=0.2, ridge=0.05)
    fit = sparse_fit(problem, seen, who)
    assert seen.sketches is not None
    left = alignment - seen.sketches[::-1] @ (fit.weights @ fit.rows)
    left[fit.chosen] = 0.0
    assert left.max() < 0.2 + 1e-4


def test_two_copies_of_a_task_do_not_crowd_out_what_completes_the_target() -> None:
    rows = np.array([[1.0, 0.05, 0], [1, 0, 0.05], [1, -0.05, 0], [0, 1, 0], [0, 0, 1]])
    (mixture,) = mixtures(Lasso(penalty=0.3), world(rows, np.array([0.8, 0.6, 0])))
    assert mixture["t003"] > 0.35
    assert sum(mixture.get(f"t00{at}", 0) for at in range(3)) > 0.35
    assert "t004" not in mixture


def test_a_task_that_points_against_the_target_is_never_taken() -> None:
    rows = np.array([[1.0, 0], [-0.9, -0.1], [0.6, -0.8]])
    assert mixtures(Lasso(), world(rows, np.array([1.0, 0.0]))) == [{"t000": 1.0}]
    against = world(-rows[:1], np.array([1.0, 0.0]), se=5.0)
    (proposal,) = Lasso(stable=0).propose(against, np.random.default_rng(0))
    assert proposal.mixture == {} and "no candidate's gradient is aligned" in proposal.reason


def test_of_two_equal_tasks_the_cheaper_is_taken() -> None:
    rows = np.array([[1.0, 0], [1, 0], [0, 1]])
    seen = world(rows, np.array([0.8, 0.6]), tokens={0: 40.0})
    (mixture,) = mixtures(EXACT, seen)
    assert set(mixture) == {"t001", "t002"}
    (blind,) = mixtures(replace(EXACT, priced=False), seen)
    assert sum(blind[name] for name in ("t000", "t001") if name in blind) == pytest.approx(
        0.56 / (0.56 + 0.36), abs=1e-6
    )


def test_shares_are_in_examples_and_long_ones_cost_more() -> None:
    # Orthogonal, alignments equal; prices 2 and 1 up to a unit: nu less by price, then over it.
    seen = world(np.eye(2), np.ones(2), tokens={0: 40.0})
    (mixture,) = mixtures(Lasso(penalty=0.25, ridge=1e-9), seen)
    # The largest penalty is a / price of the cheap: a. nu = a (1 - 0.25 price): 0.5 and 0.75.
    assert mixture == pytest.approx({"t001": 0.75, "t000": 0.25}, abs=1e-6)


def planted(rng: np.random.Generator, noise: float) -> View:
    """Five of a hundred tasks make up the target, whose gradient is noisy."""
    rows = rng.standard_normal((100, 400))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    target = rows[:5].sum(axis=0)
    seen = world(rows, target)
    tilt = rows @ rng.standard_normal(400) * noise
    return replace(
        seen,
        candidates=tuple(
            replace(
                c,
                scores={"alignment": {"t": c.scores["alignment"]["t"] + float(tilt[at])}},
                score_ses={"alignment": {"t": noise}} if noise else {},
            )
            for at, c in enumerate(seen.candidates)
        ),
    )


def test_the_tasks_that_make_up_the_target_are_found() -> None:
    for seed in range(5):
        (mixture,) = mixtures(Lasso(), planted(np.random.default_rng(seed), 0.0))
        assert set(list(mixture)[:5]) == {f"t{at:03d}" for at in range(5)}
        assert sum(list(mixture.values())[:5]) > 0.9


def test_resampling_drops_what_only_noise_has_chosen() -> None:
    wrong = {True: 0.0, False: 0.0}
    for seed in range(10):
        seen = planted(np.random.default_rng(seed), 0.1)
        sure = replace(seen, candidates=tuple(replace(c, score_ses={}) for c in seen.candidates))
        for resampled, view in ((True, seen), (False, sure)):
            (mixture,) = mixtures(Lasso(penalty=0.3), view)
            true = {f"t{at:03d}" for at in range(5)}
            wrong[resampled] += len(mixture.keys() - true)
            assert len(mixture.keys() & true) >= 3
    assert wrong[True] < 0.6 * wrong[False]


def test_where_all_is_noise_none_is_chosen() -> None:
    rng = np.random.default_rng(7)
    rows = rng.standard_normal((50, 200))
    seen = world(rows, rng.standard_normal(200), se=1.0)
    (proposal,) = Lasso(stable=0.9).propose(seen, np.random.default_rng(0))
    assert proposal.mixture == {} and "whatever the noise" in proposal.reason
    # Asked for a number, it fills up by alignment.
    (mixture,) = mixtures(Lasso(stable=0.9), replace(seen, exactly=3))
    scores = {c.name: c.scores["alignment"]["t"] for c in seen.candidates}
    assert list(mixture) == sorted(scores, key=lambda name: -scores[name])[:3]


def test_an_exact_number_takes_those_with_weight_first() -> None:
    rows = np.array([[1.0, 0.05, 0], [1, 0, 0.05], [1, -0.05, 0], [0, 1, 0], [0, 0, 1]])
    seen = replace(world(rows, np.array([0.9, 0.44, 0])), exactly=2)
    # By alignment alone it would be two of the three copies.
    (mixture,) = mixtures(Lasso(ridge=1e-6), seen)
    assert "t003" in mixture and len(mixture) == 2


def test_tasks_without_a_gradient_get_no_share() -> None:
    seen = world(np.eye(3), np.array([0.8, 0.7, 0.6]))
    assert seen.sketches is not None
    seen.sketches[0] = 0
    for policy in (Lasso(penalty=0.1), AMtrl()):
        (mixture,) = mixtures(policy, seen)
        assert set(mixture) == {"t001", "t002"}


def test_without_sketches_every_task_points_its_own_way() -> None:
    seen = replace(world(np.ones((2, 2)), np.ones(2)), sketches=None)
    assert mixtures(Lasso(), seen) == [{"t000": 0.5, "t001": 0.5}]


def test_several_targets_are_one_direction_by_weight() -> None:
    seen = world(np.eye(2), np.array([1.0, 0.0]))
    second = replace(seen.targets[0], name="u", weight=0.75)
    scores = ({"t": 1.0, "u": 0.0}, {"t": 0.0, "u": 1.0})
    seen = replace(
        seen,
        targets=(replace(seen.targets[0], weight=0.25), second),
        candidates=tuple(
            replace(c, scores={"alignment": s})
            for c, s in zip(seen.candidates, scores, strict=True)
        ),
    )
    (mixture,) = mixtures(Lasso(penalty=0, ridge=1e-9), seen)
    assert mixture == pytest.approx({"t001": 0.75, "t000": 0.25}, abs=1e-6)


def test_noise_with_a_target_of_little_weight_counts_little() -> None:
    seen = world(np.eye(3), np.array([0.8, 0.7, 0.0]), se=0.001)
    targets = (
        replace(seen.targets[0], weight=0.99),
        replace(seen.targets[0], name="u", weight=0.01),
    )
    candidates = tuple(
        replace(c, score_ses={"alignment": {"t": 0.001, "u": 3.0}}) for c in seen.candidates
    )
    (mixture,) = mixtures(Lasso(stable=1), replace(seen, targets=targets, candidates=candidates))
    assert set(mixture) == {"t000", "t001"}


@pytest.mark.parametrize("policy", [Lasso(), AMtrl()])
@pytest.mark.parametrize("unit", [1e-30, 1e30])
def test_the_unit_of_alignment_drops_out(policy: Lasso | AMtrl, unit: float) -> None:
    seen = planted(np.random.default_rng(0), 0.1)
    scaled = replace(
        seen,
        candidates=tuple(
            replace(
                c,
                scores={"alignment": {"t": unit * c.scores["alignment"]["t"]}},
                score_ses={"alignment": {"t": unit * c.score_ses["alignment"]["t"]}},
            )
            for c in seen.candidates
        ),
    )
    (mixture,), (expected,) = mixtures(policy, scaled), mixtures(policy, seen)
    assert mixture == pytest.approx(expected)


def test_a_mtrl_looks_at_the_best_aligned_of_very_many() -> None:
    rows = np.vstack([np.full((400, 3), [0.0, 0, 1]), np.eye(3)[:2]])
    (mixture,) = mixtures(AMtrl(), world(rows, np.array([0.8, 0.6, 0.01])))
    assert mixture["t400"] > mixture["t401"] > 0.3


def test_a_mtrl_is_the_pseudo_inverse_squared() -> None:
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((6, 10))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    target = rows.T @ np.array([0.5, 0.2, 0.0, 0.9, 0.4, 0.3])
    nu = np.linalg.pinv(rows.T) @ target
    found = least_squares(rows, rows @ target, 1e-9)
    assert found / found.sum() == pytest.approx(nu / nu.sum(), abs=1e-5)
    (mixture,) = mixtures(AMtrl(ridge=1e-9), world(rows, target))
    squares = np.array([0.25, 0.04, 0.0, 0.81, 0.16, 0.09])
    shares = [mixture.get(f"t00{at}", 0.0) for at in range(6)]
    assert shares == pytest.approx(squares / squares.sum(), abs=1e-4)


def test_a_mtrl_spreads_over_many_what_the_lasso_gives_to_few() -> None:
    rng = np.random.default_rng(1)
    seen = world(rng.standard_normal((60, 20)), rng.standard_normal(20))
    (spread,), (sparse,) = mixtures(AMtrl(), seen), mixtures(Lasso(), seen)
    assert len(spread) > 2 * len(sparse)


def test_a_mtrl_gives_nothing_to_what_points_the_other_way() -> None:
    seen = world(np.array([[1.0, 0], [0, -1.0]]), np.array([0.8, 0.6]))
    assert mixtures(AMtrl(), seen) == [{"t000": 1.0}]
    assert mixtures(AMtrl(), world(np.eye(2), -np.ones(2))) == [{}]
    least = world(np.eye(2), np.array([-0.8, -0.6]))
    assert mixtures(AMtrl(), replace(least, exactly=1)) == [{"t001": 1.0}]


@pytest.mark.parametrize(
    ("policy", "options", "message"),
    [
        (Lasso, {"penalty": 1}, "penalty must be below 1 but got 1"),
        (Lasso, {"penalty": -0.1}, "penalty must be at least 0 but got -0.1"),
        (Lasso, {"ridge": 0}, "ridge must be above 0 but got 0"),
        (Lasso, {"resamples": 0}, "resamples must be at least 1 but got 0"),
        (Lasso, {"stable": 1.5}, "stable must be at most 1 but got 1.5"),
        (Lasso, {"stable": -1}, "stable must be at least 0 but got -1"),
        (AMtrl, {"ridge": 0}, "ridge must be above 0 but got 0"),
    ],
)
def test_options_out_of_range_are_refused(
    policy: type, options: dict[str, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        policy(**options)
