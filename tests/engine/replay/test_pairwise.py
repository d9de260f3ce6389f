"""A table of pairs answers with recorded seeds, each once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_tables import SEEDS, TARGETS, pair_rows, pair_target, pair_world, score_of, written

from engine.replay.opening import Opening, open_world


def _level(target: str) -> float:
    return float(np.mean([score_of(target, "none", seed) for seed in SEEDS]))


def _gain(target: str, source: str, seed: int) -> float:
    above = score_of(target, source, seed) - score_of(target, "none", seed)
    return above / _level(target)


def test_every_recorded_seed_is_drawn_once_and_then_all_again_in_the_same_order(
    tmp_path: Path,
) -> None:
    recording = pair_target(pair_world(tmp_path), "red").start(0)
    answers = [recording.answer({"north": 1.0}) for _ in range(2 * len(SEEDS))]
    first, second = answers[: len(SEEDS)], answers[len(SEEDS) :]
    assert sorted(one.gain for one in first) == pytest.approx(
        sorted(_gain("red", "north", seed) for seed in SEEDS)
    )
    assert [one.gain for one in second] == [one.gain for one in first]
    assert {one.how for one in first} == {"recorded"}
    assert {one.how for one in second} == {"again"}


def test_the_order_of_draws_is_the_campaigns_and_the_sources_own(tmp_path: Path) -> None:
    target = pair_target(pair_world(tmp_path), "red")

    def order(campaign: int, *before: str) -> list[float]:
        recording = target.start(campaign)
        for source in before:
            recording.answer({source: 1.0})
        return [recording.answer({"north": 1.0}).gain for _ in SEEDS]

    for campaign in range(5):
        assert order(campaign) == order(campaign, "south", "east", "south")
    assert len({tuple(order(campaign)) for campaign in range(20)}) > 5


def test_by_the_mean_control_only_the_sources_own_seed_moves_a_gain(tmp_path: Path) -> None:
    world = pair_world(tmp_path, Opening(control="mean"))
    recording = pair_target(world, "blue").start(0)
    found = sorted(recording.answer({"east": 1.0}).gain for _ in SEEDS)
    scores = sorted(score_of("blue", "east", seed) for seed in SEEDS)
    assert found == pytest.approx([score / _level("blue") - 1 for score in scores])


def test_the_metric_gain_is_in_the_tables_unit(tmp_path: Path) -> None:
    answer = pair_target(pair_world(tmp_path), "red").start(0).answer({"north": 1.0})
    assert answer.metric_gain == pytest.approx(answer.gain * _level("red"))


def test_a_set_that_nobody_ran_is_the_weighted_mean_of_its_members_next_draws(
    tmp_path: Path,
) -> None:
    target = pair_target(pair_world(tmp_path), "red")
    singles = target.start(7)
    north, south = (singles.answer({source: 1.0}).gain for source in ("north", "south"))
    single = singles.answer({"east": 1.0})
    answer = target.start(7).answer({"north": 0.75, "south": 0.25})
    assert answer.gain == pytest.approx(0.75 * north + 0.25 * south)
    assert answer.how == "assumed"
    assert answer.se == pytest.approx(single.se * np.hypot(0.75, 0.25))
    assert target.price({"north": 0.75, "south": 0.25}) == 2


def test_the_target_alone_gains_nothing_for_sure_and_costs_a_probe(tmp_path: Path) -> None:
    target = pair_target(pair_world(tmp_path), "red")
    answer = target.start(0).answer({})
    assert (answer.gain, answer.se) == (0.0, 0.0)
    assert target.price({}) == 1


def test_a_choice_is_judged_by_the_mean_of_all_seeds(tmp_path: Path) -> None:
    target = pair_target(pair_world(tmp_path), "red")
    means = {
        source: float(np.mean([score_of("red", source, seed) for seed in SEEDS]))
        for source in ("blue", "green", "north", "south", "east")
    }
    verdict = target.start(0).judge({"south": 0.5, "north": 0.5}, ("south", "north"))
    best = np.mean(sorted(means.values())[-2:])
    assert verdict.regret == pytest.approx((best - (means["south"] + means["north"]) / 2) / best)
    assert verdict.harmful == 0.5
    assert target.start(0).judge({"north": 1.0}, ("north",)).harmful == 0.0
    gains = [
        np.mean([_gain("red", source, seed) for seed in SEEDS]) for source in ("south", "north")
    ]
    assert verdict.gain == pytest.approx(np.mean(gains))
    best_order = target.start(0).judge({"north": 0.5, "east": 0.5}, ("north", "east"))
    assert best_order.regret == pytest.approx(0.0)
    assert best_order.ndcg is not None
    assert verdict.ndcg is not None
    assert best_order.ndcg > verdict.ndcg


def test_choosing_no_source_loses_what_the_best_would_have_added(tmp_path: Path) -> None:
    target = pair_target(pair_world(tmp_path, Opening(pick=None)), "red")
    best = max(
        np.mean([score_of("red", source, seed) for seed in SEEDS])
        for source in ("blue", "green", "north", "south", "east")
    )
    verdict = target.start(0).judge({}, ())
    assert verdict.regret == pytest.approx((best - _level("red")) / best)
    assert verdict.gain == 0.0


def test_without_baselines_gains_are_over_the_mean_source_and_harm_is_not_known(
    tmp_path: Path,
) -> None:
    target = pair_target(pair_world(tmp_path, baselines=False), "red")
    assert target.start(0).judge({"south": 1.0}, ("south",)).harmful is None
    means = [float(gains.mean()) for gains in target.gains.values()]
    assert np.mean(means) == pytest.approx(0.0)


SETS: list[dict[str, Any]] = [
    {"target": target, "sources": sources, "seed": seed, "score": score + seed}
    for target, best in (("red", 20.0), ("blue", 40.0))
    for sources, score in ((["north", "east"], best), (["south", "east"], best - 10))
    for seed in (0, 1)
]


def _with_sets(folder: Path, rows: list[dict[str, Any]]) -> Opening:
    return Opening(pick=2, probe_size=None, sets=written(rows, folder / "sets.parquet"))


def test_a_recorded_set_with_a_baseline_answers_with_its_own_results(tmp_path: Path) -> None:
    alone: list[dict[str, Any]] = [
        {"target": "red", "sources": [], "seed": seed, "score": 10.0} for seed in (0, 1)
    ]
    recording = pair_target(pair_world(tmp_path, _with_sets(tmp_path, SETS + alone)), "red").start(
        0
    )
    answers = [recording.answer({"east": 0.5, "north": 0.5}) for _ in range(3)]
    assert sorted(one.gain for one in answers[:2]) == pytest.approx([1.0, 1.1])
    assert [one.how for one in answers] == ["recorded", "recorded", "again"]


def test_recorded_sets_without_a_baseline_are_centred_on_what_their_members_gain(
    tmp_path: Path,
) -> None:
    world = pair_world(tmp_path, _with_sets(tmp_path, SETS))
    target = pair_target(world, "red")
    true = {source: float(gains.mean()) for source, gains in target.gains.items()}
    found = {tasks: float(gains.mean()) for tasks, gains in target.sets.items()}
    north, south = found[frozenset({"north", "east"})], found[frozenset({"south", "east"})]
    assert north - south == pytest.approx(10 / 15.5)
    expected = (true["north"] + true["south"]) / 4 + true["east"] / 2
    assert (north + south) / 2 == pytest.approx(expected)
    assert any("baseline" in sentence for sentence in world.assumptions)
    assert not pair_target(world, "green").sets


def test_all_targets_of_the_table_are_there_with_the_sources_that_they_have(
    tmp_path: Path,
) -> None:
    rows = [row for row in pair_rows() if (row["source"], row["target"]) != ("east", "blue")]
    world = pair_world(tmp_path)
    assert tuple(target.name for target in world.targets) == TARGETS
    path = written(rows, tmp_path / "fewer.parquet")
    fewer = open_world(path, Opening())
    names = [candidate.name for candidate in pair_target(fewer, "blue").view.candidates]
    assert sorted(names) == ["green", "north", "red", "south"]
