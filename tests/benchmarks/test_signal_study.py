"""The study of signals: what it makes of branches and of readings, on tables worked by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from benchmarks.signal_study import branches, compare, design
from benchmarks.signal_study.branches import Branch
from benchmarks.signal_study.quality import (
    Quality,
    at_random,
    ceiling,
    filled,
    mean_over_targets,
    quality,
    repeatability,
)
from benchmarks.signal_study.table import Transfer, transfers, write
from benchmarks.signal_study.warm_ups import WarmUp, checkpoints, keep, read
from engine.replay.ranking import ndcg
from tasks import load_pool

NAMES = ("a", "b", "c", "d", "e", "f", "g")
TRUE = np.array([0.07, 0.06, 0.05, 0.04, 0.03, 0.02, 0.01])
"""Gains of `NAMES`."""


def branch(
    candidate: str,
    *,
    test: tuple[float, ...] = (1.0, 2.0),
    trial: tuple[float, ...] = (1.0, 2.0),
    seed: int = 0,
    target: str = "t",
    metric: float = 0.5,
) -> Branch:
    return Branch(
        seed=seed,
        target=target,
        candidate=candidate,
        temperature=1.0,
        test_losses=test,
        selection_losses=trial,
        plain_test_losses=tuple(2 * loss for loss in test),
        test_metric=metric,
        selection_metric=0.5,
        tokens=10,
        seconds=1.5,
    )


def transfer(*gains: NDArray[np.float64], metrics: NDArray[np.float64] | None = None) -> Transfer:
    gains_SN = np.array(gains)
    return Transfer(
        target="t",
        seeds=tuple(range(len(gains_SN))),
        candidates=NAMES[: gains_SN.shape[1]],
        gains_SN=gains_SN,
        ses_SN=np.full_like(gains_SN, 0.01),
        mean_ses_N=np.full(gains_SN.shape[1], 0.01),
        trial_gains_SN=gains_SN + 1.0,
        metrics_SN=np.array([metrics] * len(gains_SN)) if metrics is not None else 0.5 + gains_SN,
    )


def judged(one: Transfer, *readings: NDArray[np.float64], unseen: bool = False) -> Quality:
    return quality(one, dict(enumerate(readings)), np.random.default_rng(0), unseen=unseen)


def test_branches_are_read_as_they_were_kept(tmp_path: Path) -> None:
    kept = [branch(""), branch("sst2", test=(0.1, 1 / 3), seed=2)]
    for one in kept:
        branches.append(tmp_path, one)
    assert branches.read(tmp_path) == kept


def test_nothing_has_finished_in_a_folder_without_branches(tmp_path: Path) -> None:
    assert branches.read(tmp_path) == []


def test_a_line_cut_short_costs_that_branch_and_no_other(tmp_path: Path) -> None:
    branches.append(tmp_path, branch("first"))
    file = tmp_path / "branches.jsonl"
    file.write_text(file.read_text() + file.read_text()[:40])
    branches.append(tmp_path, branch("second"))
    assert [one.candidate for one in branches.read(tmp_path)] == ["first", "second"]


def test_a_gain_is_the_control_s_loss_minus_the_branch_s_by_seed_and_split() -> None:
    (found,) = transfers(
        [
            branch("b", test=(0.5, 1.0), trial=(0.0, 0.0), metric=0.7),
            branch(""),
            branch("a", test=(1.0, 2.2)),
            branch("", test=(4.0, 4.0), seed=1),
            branch("a", test=(3.0, 3.0), seed=1),
            branch("b", test=(5.0, 6.0), seed=1),
        ],
        candidates=("a", "b", "t"),
    )
    assert (found.target, found.seeds, found.candidates) == ("t", (0, 1), ("a", "b"))
    assert found.gains_SN == pytest.approx(np.array([[-0.1, 0.75], [1.0, -1.5]]))
    assert found.ses_SN == pytest.approx(np.array([[0.1, 0.25], [0.0, 0.5]]))
    assert found.trial_gains_SN[0] == pytest.approx([0.0, 1.5])
    assert found.metrics_SN == pytest.approx(np.array([[0.5, 0.7], [0.5, 0.5]]))


def test_the_error_of_a_mean_over_seeds_has_a_part_of_the_examples_and_one_of_the_seeds() -> None:
    both = [branch(""), branch("", seed=1)]
    # Gains example by example: 1, 0 in one seed and 1, 2 in the other.
    a = [branch("a", test=(0.0, 2.0)), branch("a", test=(0.0, 0.0), seed=1)]
    (one,) = transfers([both[0], a[0]], candidates=("a",))
    assert one.mean_ses_N == pytest.approx([0.5])
    assert one.ses_SN[0] == pytest.approx([0.5])
    # Means of 1 and 1 by example, so all of the error is of seeds that gained 0.5 and 1.5.
    (two,) = transfers([*both, *a], candidates=("a",))
    assert two.mean_ses_N == pytest.approx([0.5])
    # A second candidate that gains nothing in either halves the seeds' part of the variance.
    still = [branch("b"), branch("b", seed=1)]
    (three,) = transfers([*both, *a, *still], candidates=("a", "b"))
    assert three.mean_ses_N == pytest.approx([0.125**0.5, 0.125**0.5])


def test_a_seed_without_all_its_branches_is_left_out() -> None:
    done = [branch(""), branch("a"), branch("b"), branch("", seed=1), branch("a", seed=1)]
    (found,) = transfers(done, candidates=("a", "b"))
    assert found.seeds == (0,)
    assert transfers(done[3:], candidates=("a", "b")) == []


def test_the_table_is_kept_as_replay_reads_it(tmp_path: Path) -> None:
    write([branch(""), branch("a", test=(0.5, 1.0), seed=3)], tmp_path / "table.parquet")
    rows = pq.read_table(tmp_path / "table.parquet").to_pylist()
    assert rows[0]["source"] == "none"
    assert rows[1] == {
        "source": "a",
        "target": "t",
        "seed": 3,
        "score": -0.75,
        "plain_score": -1.5,
        "metric": 0.5,
    }


def test_a_reading_in_the_true_order_is_without_fault() -> None:
    found = judged(transfer(TRUE, TRUE), np.exp(TRUE), np.exp(TRUE))
    assert found.spearman == pytest.approx(1.0)
    assert found.ndcg == pytest.approx(1.0)
    assert (found.regret, found.metric_regret) == pytest.approx((0.0, 0.0))


def test_a_reading_in_the_opposite_order_loses_what_can_be_counted_by_hand() -> None:
    found = judged(transfer(TRUE), -TRUE)
    assert found.spearman == pytest.approx(-1.0)
    assert found.ndcg == pytest.approx(ndcg(TRUE, -TRUE))
    # The best five give 0.05 on average, the five that are taken 0.03.
    assert found.regret == pytest.approx(0.02)
    assert found.first_regret == pytest.approx(0.06)
    assert found.metric_regret == pytest.approx(0.02 / 0.55)


def test_ndcg_asks_where_the_truly_best_were_placed() -> None:
    scores = TRUE[[3, 0, 1, 2, 4, 5, 6]]
    found = judged(transfer(TRUE), scores)
    assert found.ndcg == pytest.approx(ndcg(TRUE, scores))
    assert abs(found.ndcg - ndcg(scores, TRUE)) > 0.02


def test_metric_regret_follows_the_metric_and_not_the_gains() -> None:
    found = judged(transfer(TRUE, metrics=TRUE[::-1]), TRUE)
    assert found.regret == pytest.approx(0.0)
    assert found.metric_regret == pytest.approx(0.02 / 0.05)


def test_a_reading_is_judged_by_the_mean_of_all_seeds() -> None:
    other = np.array([-0.07, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    # The mean begins 0, 0.03, ...: what seed 0 called best is last.
    found = judged(transfer(TRUE, other), TRUE)
    assert found.spearman == pytest.approx(1 - 6 * (6**2 + 6 * 1**2) / (7 * 48))
    assert found.own_spearman == pytest.approx(1.0)


def test_readings_of_several_seeds_count_alike() -> None:
    assert judged(transfer(TRUE, TRUE), TRUE, -TRUE).spearman == pytest.approx(0.0)


def test_unseen_judges_each_seed_by_the_others() -> None:
    one = transfer(TRUE, -TRUE)
    assert judged(one, TRUE, -TRUE, unseen=True).spearman == pytest.approx(-1.0)
    with pytest.raises(ValueError, match="can be judged"):
        judged(transfer(TRUE), TRUE, unseen=True)


def test_seeds_without_a_reading_are_passed_over() -> None:
    found = quality(transfer(TRUE, TRUE), {1: TRUE}, np.random.default_rng(0))
    assert found.spearman == pytest.approx(1.0)
    with pytest.raises(ValueError, match="can be judged"):
        quality(transfer(TRUE), {1: TRUE}, np.random.default_rng(0))


def test_a_signal_that_says_the_same_of_all_is_an_order_at_random() -> None:
    blind = at_random(transfer(TRUE), np.random.default_rng(1))
    assert blind.spearman == 0.0
    # Of seven, five taken at random give 0.04 where the best five give 0.05. A mean of 20 such
    # draws has a standard deviation of 0.0012: off by 0.005 with one seed of 60,000.
    assert blind.regret == pytest.approx(0.01, abs=0.005)
    assert 0.3 < blind.ndcg < 0.95


def test_ties_favour_no_place_in_the_pool() -> None:
    first_three = np.array([1.0, 1, 1, 1, 1, 1, 0])
    found = judged(transfer(TRUE), first_three)
    assert 0.0 < found.regret < 0.01


def test_no_evidence_stands_in_the_middle() -> None:
    nan = float("nan")
    assert filled(np.array([nan, 3.0, 1.0, 2.0])).tolist() == [2.0, 3.0, 1.0, 2.0]
    assert filled(np.array([nan, nan])).tolist() == [0.0, 0.0]


def test_repeatability_is_the_rank_correlation_between_seeds() -> None:
    assert repeatability(transfer(TRUE, TRUE**2)) == pytest.approx(1.0)
    assert repeatability(transfer(TRUE, TRUE, -TRUE)) == pytest.approx(-1 / 3)
    assert np.isnan(repeatability(transfer(TRUE)))


def test_the_ceiling_rises_with_seeds_and_with_how_far_they_agree() -> None:
    assert ceiling(transfer(TRUE, TRUE**2)) == pytest.approx(1.0)
    assert ceiling(transfer(TRUE, -TRUE)) == 0.0
    # Seven in a row, and the same with the first two and with the last two exchanged.
    first, last = TRUE[[1, 0, 2, 3, 4, 5, 6]], TRUE[[0, 1, 2, 3, 4, 6, 5]]
    agree = repeatability(transfer(TRUE, first, last))
    assert ceiling(transfer(TRUE, first, last)) == pytest.approx(
        (3 * agree / (1 + 2 * agree)) ** 0.5
    )
    assert np.isnan(ceiling(transfer(TRUE)))


def test_the_interval_over_targets_is_that_of_their_mean() -> None:
    values = np.random.default_rng(3).normal(1.0, 1.0, size=100).tolist()
    mean, low, high = mean_over_targets(values, np.random.default_rng(0))
    assert mean == pytest.approx(np.mean(values))
    # Normal theory: 2 * 1.96 * sd / 10; the bootstrap's own noise is a few per cent of that.
    assert high - low == pytest.approx(0.392 * np.std(values), rel=0.15)
    assert mean_over_targets([0.5, 0.5], np.random.default_rng(0)) == (0.5, 0.5, 0.5)


def signals_file(path: Path, *rows: tuple[str, str, str, int, float]) -> Path:
    columns = ("method", "target", "source", "seed", "score")
    table = pa.Table.from_pylist([dict(zip(columns, row, strict=True)) for row in rows])
    pq.write_table(table, path / "signals.parquet")
    return path / "signals.parquet"


def test_a_warm_up_is_read_as_it_was_kept(tmp_path: Path) -> None:
    prefixes = np.random.default_rng(0).normal(size=(4, 3, 2)).astype(np.float32)
    maps = {"confidence": np.array([0.1, 0.2, 0.3])}
    kept = WarmUp(checkpoint="ab" * 32, prefixes=prefixes, data_maps=maps, moments="cd")
    keep(kept, tmp_path / "warm-up-1.npz")
    found = read(tmp_path / "warm-up-1.npz")
    np.testing.assert_array_equal(found.prefixes, prefixes)
    np.testing.assert_array_equal(found.data_maps["confidence"], maps["confidence"])
    assert checkpoints(tmp_path) == {"ab" * 32, "cd"}


def test_signals_are_placed_by_target_seed_and_candidate(tmp_path: Path) -> None:
    path = signals_file(
        tmp_path,
        ("size", "t", "b", 1, 0.2),
        ("size", "t", "a", 1, 0.1),
        ("size", "t", "unknown", 1, 9.0),
        ("size", "elsewhere", "a", 1, 9.0),
        ("text", "t", "a", 0, 0.3),
    )
    one = transfer(TRUE[:3])
    found = compare.read_signals(path, [one])
    assert set(found) == {"size", "text"}
    np.testing.assert_array_equal(found["size"]["t"][1], [0.1, 0.2, np.nan])
    np.testing.assert_array_equal(found["text"]["t"][0], [0.3, np.nan, np.nan])
    assert compare.read_signals(tmp_path / "none.parquet", [one]) == {}


def test_signals_stand_behind_the_references_best_first() -> None:
    one = transfer(TRUE, TRUE)
    of_signals = {
        "wrong": {"t": {0: -TRUE}},
        "right": {"t": {0: TRUE, 1: TRUE}},
        "of a seed that was not tried": {"t": {7: TRUE}},
    }
    found = compare.qualities([one], of_signals)
    assert list(found) == [compare.AT_RANDOM, compare.ONE_BRANCH, "right", "wrong"]
    assert found[compare.ONE_BRANCH]["t"].spearman == pytest.approx(1.0)
    apart = compare.qualities([transfer(TRUE, -TRUE)], {})
    assert apart[compare.ONE_BRANCH]["t"].spearman == pytest.approx(-1.0)
    single = replace(one, seeds=(0,), gains_SN=one.gains_SN[:1])
    assert compare.ONE_BRANCH not in compare.qualities([single], {})


def test_control_and_branches_of_a_target_differ_in_their_mixture_alone() -> None:
    of = design.campaign(Path("cards.yaml"), seed=3, targets=("trec",))
    jobs = design.branch_jobs(of, start="0" * 64)
    assert set(jobs) == {"", *design.TASKS} - {"trec"}
    assert all(job.mixture == ({name: 1.0} if name else {}) for name, job in jobs.items())
    alike = {
        (job.start, job.seed, job.schedule.steps, job.schedule.learning_rate)
        for job in jobs.values()
    }
    assert len(alike) == 1
    assert next(iter(alike))[1][0] == 3


def test_every_task_of_the_study_has_a_card_and_few_rows_where_it_is_a_target(
    tmp_path: Path,
) -> None:
    if not design.SUITE.is_dir():
        pytest.skip(f"{design.SUITE}: the suite's data is not beside this repository")
    design.write_cards(tmp_path / "cards.yaml")
    pool = load_pool([str(tmp_path / "cards.yaml")], base=tmp_path, data=design.SUITE)
    assert tuple(pool) == design.TASKS
    for name in design.TARGETS:
        assert (len(pool[name].train), len(pool[name].validation)) == (200, 300)
    assert len(pool["sst2"].train) > 1000
