"""Rows become means over targets, with intervals and paired differences."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from made_tables import pair_world

from engine.replay.campaign import Row
from engine.replay.pictures import draw_pictures
from engine.replay.recorded import World
from engine.replay.summary import Line, interval, summarised
from engine.replay.writing import write_results


def _row(policy: str, target: str, campaign: int, regret: float, *, budget: int = 5) -> Row:
    return Row(
        policy=policy,
        target=target,
        budget=budget,
        campaign=campaign,
        regret=regret,
        ndcg=1 - regret,
        harmful=None,
        gain=0.1,
        picks=("a", "b"),
        shares=(0.5, 0.5),
        filled=0,
        rounds=budget,
        again=0,
        assumed=0,
    )


ROWS = [
    _row(policy, f"target {at}", campaign, regret + shift + 0.01 * campaign)
    for policy, shift in (("first", 0.0), ("second", -0.05))
    for at, regret in enumerate((0.1, 0.3, 0.8))
    for campaign in (0, 1)
]


def _line(policy: str, measure: str) -> Line:
    found = [line for line in summarised(ROWS) if (line.policy, line.measure) == (policy, measure)]
    assert len(found) == 1
    return found[0]


def test_a_targets_value_is_the_mean_over_campaigns_and_each_target_counts_once() -> None:
    more = [*ROWS, *(_row("first", "target 0", campaign, 0.1) for campaign in range(2, 9))]
    line = next(line for line in summarised(more) if line.policy == "first")
    first = np.mean([0.1, 0.11, *[0.1] * 7])
    assert line.value.mean == pytest.approx(np.mean([first, 0.305, 0.805]))


def test_a_difference_is_paired_by_target() -> None:
    """Targets differ by far more than the policies, and that must not hide the difference."""
    line = _line("second", "regret")
    assert line.difference is not None
    assert line.difference.mean == pytest.approx(-0.05)
    assert line.difference.low == pytest.approx(-0.05)
    assert line.difference.high == pytest.approx(-0.05)
    assert line.value.high is not None
    assert line.value.low is not None
    assert line.value.high - line.value.low > 0.2


def test_the_first_policy_has_no_difference_and_what_is_not_known_no_line() -> None:
    assert _line("first", "regret").difference is None
    assert {line.measure for line in summarised(ROWS)} == {"regret", "ndcg"}


def test_lines_are_by_measure_and_budget() -> None:
    rows = [*ROWS, *(_row(row.policy, row.target, 0, 0.0, budget=0) for row in ROWS)]
    keys = [(line.measure, line.budget, line.policy) for line in summarised(rows)]
    assert keys == [
        (measure, budget, policy)
        for measure in ("regret", "ndcg")
        for budget in (0, 5)
        for policy in ("first", "second")
    ]
    assert [line.value.mean for line in summarised(rows)[:2]] == [0.0, 0.0]


def test_an_interval_covers_the_mean_of_targets_about_as_often_as_it_says() -> None:
    """With 30 normal targets a percentile bootstrap covers 93 to 94 %; 200 trials, so 86 to 99."""
    rng = np.random.default_rng(3)
    found = [interval(rng.normal(1.0, 2.0, size=30)) for _ in range(200)]
    covered = [one.low <= 1.0 <= one.high for one in found if one.low is not None and one.high]
    assert len(covered) == 200
    assert 0.86 < np.mean(covered) < 0.99


def test_one_target_has_no_interval() -> None:
    assert interval(np.array([0.3])).low is None
    assert interval(np.array([0.3])).high is None


@pytest.fixture
def world(tmp_path: Path) -> World:
    return pair_world(tmp_path)


def test_files_hold_rows_and_summary_and_say_how_they_came_about(
    world: World, tmp_path: Path
) -> None:
    told = {"table": "pairs.parquet", "budgets": (0, 5)}
    paths = write_results(ROWS, summarised(ROWS), world, told, tmp_path)
    rows = pq.read_table(paths[0])
    assert rows.num_rows == len(ROWS)
    assert rows["picks"][0].as_py() == ["a", "b"]
    assert b"pairs.parquet" in rows.schema.metadata[b"sextant.replay"]
    summary = pq.read_table(paths[1]).to_pylist()
    assert [one["difference"] for one in summary[:2]] == [None, pytest.approx(-0.05)]
    page = paths[2].read_text()
    assert "- budgets: 0, 5" in page
    # In percent of the best.
    assert "| first | 5 | 40.5 [" in page
    assert "| second | 5 | 35.5 [" in page
    assert "| -5 [-5, -5] |" in page


def test_pictures_are_drawn_of_what_is_known(world: World, tmp_path: Path) -> None:
    lines = summarised(ROWS)
    names = [path.name for path in draw_pictures(lines, world, tmp_path)]
    assert names == ["regret.png", "regret_difference.png", "ndcg.png"]
    for name in names:
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
    alone = summarised([row for row in ROWS if row.policy == "first" and row.target == "target 0"])
    assert [path.name for path in draw_pictures(alone, world, tmp_path)] == [
        "regret.png",
        "ndcg.png",
    ]
