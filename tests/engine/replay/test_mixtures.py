"""A table of mixtures answers with the nearest recorded run, or with a surrogate."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from made_tables import mixture_rows, mixture_world, pair_target, pair_world, written

from engine.campaign.named_policies import NamedPolicy
from engine.replay.mixtures import MixtureTarget, mixture_target
from engine.replay.opening import Opening, open_world
from engine.replay.recorded import World
from engine.replay.replaying import Settings, replay, replay_all
from engine.replay.surrogate import fit_surrogate


def _target(world: World, name: str) -> MixtureTarget:
    found = world.target(name)
    assert isinstance(found, MixtureTarget)
    return found


def test_the_nearest_run_that_is_left_answers_and_says_which_it_is(tmp_path: Path) -> None:
    recording = _target(mixture_world(tmp_path), "far").start(0)
    answers = [recording.answer({"a": 0.95, "c": 0.05}) for _ in range(8)]
    assert [one.mixture for one in answers[:3]] == [
        {"a": 1.0},
        {"a": 0.5, "c": 0.5},
        {"a": 0.34, "b": 0.33, "c": 0.33},
    ]
    assert [one.how for one in answers] == ["recorded"] * 7 + ["again"]
    assert answers[7].mixture == {"a": 1.0}


def test_a_gain_is_the_fall_of_the_loss_below_the_run_nearest_to_the_mean_mixture(
    tmp_path: Path,
) -> None:
    recording = _target(mixture_world(tmp_path), "far").start(0)
    # The control has a share of 0.34 of a, so that its loss is 2.66.
    answer = recording.answer({"a": 1.0})
    assert answer.gain == pytest.approx(0.66)
    assert answer.metric_gain == pytest.approx(0.66)
    assert recording.answer({}).gain == pytest.approx(0.0)


def test_the_final_mixture_is_judged_by_the_nearest_of_all_runs(tmp_path: Path) -> None:
    recording = _target(mixture_world(tmp_path), "near").start(0)
    recording.answer({"b": 1.0})
    best = recording.judge({"b": 0.98, "a": 0.02}, ("b", "a"))
    assert (best.regret, best.harmful) == (0.0, 0.0)
    worst = recording.judge({"c": 1.0}, ("c",))
    assert worst.regret == pytest.approx(2.0)
    assert worst.harmful == 1.0
    assert worst.ndcg is None


def test_weights_that_do_not_sum_to_one_are_taken_as_proportions(tmp_path: Path) -> None:
    rows = [
        {key: value * 7 if key.startswith("w_") else value for key, value in row.items()}
        for row in mixture_rows()
    ]
    world = open_world(written(rows, tmp_path / "seven.parquet"), Opening())
    plain = _target(mixture_world(tmp_path), "far")
    assert _target(world, "far").shares_RN == pytest.approx(plain.shares_RN)


def test_rows_with_equal_weights_are_results_of_one_run(tmp_path: Path) -> None:
    rows = [*mixture_rows(), {**mixture_rows()[0], "loss_far": 2.4}]
    target = _target(open_world(written(rows, tmp_path / "twice.parquet"), Opening()), "far")
    assert target.se == pytest.approx(0.4 / np.sqrt(2))
    orders = set()
    for campaign in range(20):
        recording = target.start(campaign)
        both = [recording.answer({"a": 1.0}) for _ in range(3)]
        assert [one.mixture for one in both[:2]] == [{"a": 1.0}] * 2
        assert both[2].mixture != {"a": 1.0}
        assert sorted(one.gain for one in both[:2]) == pytest.approx([0.26, 0.66])
        orders.add(both[0].gain)
    assert len(orders) == 2
    assert target.start(0).judge({"a": 1.0}, ("a",)).gain == pytest.approx(0.46)


def test_random_search_tries_every_run_and_keeps_the_best(tmp_path: Path) -> None:
    world = mixture_world(tmp_path)
    search = NamedPolicy(policy="random-search", name="random-search")
    rows = replay_all(world, [search], Settings(budgets=(0, 3, 7), campaigns=20))
    regrets = {budget: [row.regret for row in rows if row.budget == budget] for budget in (0, 3, 7)}
    assert set(regrets[7]) == {0.0}
    assert 0.0 < np.mean(regrets[3]) < np.mean(regrets[0])


def test_random_search_on_pairs_tries_every_source_before_any_twice(tmp_path: Path) -> None:
    target = pair_target(pair_world(tmp_path), "red")
    rows = replay(
        World(targets=(target,), regret_unit=""),
        target.random_search(),
        Settings(budgets=(5,), campaigns=10),
    )
    # Five sources, five probes, and a source's worth is far above its noise.
    assert {row.picks for row in rows} == {("north", "east")}


def _smooth(rng: np.random.Generator, runs: int) -> tuple[np.ndarray, np.ndarray]:
    shares = rng.dirichlet(np.full(4, 0.7), size=runs)
    return shares, -np.exp(-3 * shares[:, 0]) - 0.5 * shares[:, 1] ** 2


def test_a_surrogate_predicts_mixtures_that_nobody_ran() -> None:
    shares, results = _smooth(np.random.default_rng(0), 60)
    unseen, true = _smooth(np.random.default_rng(1), 40)
    surrogate = fit_surrogate(shares, results)
    wrong = surrogate.predict(unseen) - true
    assert np.sqrt(np.mean(wrong**2)) < 0.1 * true.std()
    assert 0.3 < surrogate.error / np.sqrt(np.mean(wrong**2)) < 3


def test_with_a_surrogate_the_mixture_asked_for_is_the_one_answered() -> None:
    shares, results = _smooth(np.random.default_rng(0), 60)
    target = mixture_target("t", "abcd", shares, results[:, None]).with_surrogate()
    recording = target.start(0)
    asked = {"a": 0.6, "b": 0.1, "c": 0.3}
    answer = recording.answer(asked)
    assert (answer.mixture, answer.how) == (asked, "surrogate")
    true = -np.exp(-3 * 0.6) - 0.5 * 0.1**2
    mean = shares.mean(axis=0)
    control = -np.exp(-3 * mean[0]) - 0.5 * mean[1] ** 2
    assert answer.gain == pytest.approx(true - control, abs=0.05)
    assert answer.se == target.surrogate.error if target.surrogate else False
    assert recording.answer(asked) == answer
    verdict = recording.judge(asked, ("a", "c", "b"))
    assert verdict.gain == pytest.approx(answer.gain)
    assert verdict.regret == pytest.approx(results.max() - true, abs=0.05)


SETS = [
    {"target": "t", "sources": sources, "seed": seed, "score": score + seed + bonus}
    for sources, score in ((["x"], 50.0), (["x", "y"], 60.0), (["y", "z", "x"], 70.0))
    for seed in (0, 1)
    for bonus in (0.0, 0.5)
]


def test_a_table_of_sets_is_one_of_mixtures_at_equal_shares(tmp_path: Path) -> None:
    world = open_world(written(SETS, tmp_path / "sets.parquet"), Opening())
    target = _target(world, "t")
    assert [candidate.name for candidate in target.view.candidates] == ["x", "y", "z"]
    assert sorted(map(tuple, target.results_RS)) == [(50.25, 51.25), (60.25, 61.25), (70.25, 71.25)]
    recording = target.start(0)
    answers = [recording.answer({"x": 0.4, "y": 0.4, "z": 0.2}) for _ in range(2)]
    assert answers[0].mixture == pytest.approx({"x": 1 / 3, "y": 1 / 3, "z": 1 / 3})
    # The control is this very set, whose two seeds gave 70.25 and 71.25.
    assert sorted(one.gain for one in answers) == pytest.approx([-0.5, 0.5])
    assert recording.judge({"x": 1.0}, ("x",)).regret == pytest.approx(20.0)
