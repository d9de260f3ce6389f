"""From judged arms to tables: who won where, ranks, decoys."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from engine.comparing.judged_arm import TUNED, JudgedArm
from engine.comparing.pictures import draw_pictures
from engine.comparing.summary import Tally, summarised
from engine.comparing.tables import markdown, overall_rows, target_rows
from engine.comparing.writing import write_results

BASE = np.random.default_rng(0).uniform(0.2, 0.8, size=200)
WOBBLE = np.random.default_rng(1).normal(scale=0.01, size=200)


def _arm(
    name: str,
    better: float,
    *,
    target: str = "t",
    seed: int = 0,
    metric: float = 0.5,
    mixture: Mapping[str, float] | None = None,
) -> JudgedArm:
    return JudgedArm(
        target=target,
        seed=seed,
        name=name,
        losses=BASE - better + (WOBBLE if better else 0.0),
        metric=metric,
        cost=1000,
        mixture=mixture,
        decoys=frozenset({"noise"}),
        num_candidates=4,
    )


def _arms() -> list[JudgedArm]:
    """Two targets, two seeds; `good` helps on t and, with one seed, harms on u."""
    arms = []
    for target, seed, good in (("t", 0, 0.1), ("t", 1, 0.1), ("u", 0, -0.1), ("u", 1, 1e-9)):
        arms += [
            _arm("good", good, target=target, seed=seed, metric=0.7, mixture={"a": 1.0}),
            _arm(TUNED, 0.0, target=target, seed=seed),
            _arm("silly", -0.2, target=target, seed=seed, mixture={"a": 0.25, "noise": 0.75}),
        ]
    return arms


def test_better_even_and_worse_are_counted_by_pairing() -> None:
    summary = summarised(_arms())
    overall = {line.name: line for line in summary.overall}
    assert overall["good"].over_tuned and overall["silly"].over_tuned
    assert overall["good"].over_tuned.tally == Tally(2, 1, 1)
    assert overall["silly"].over_tuned.tally == Tally(0, 0, 4)
    assert overall[TUNED].over_tuned is None
    assert summary.against["good", "silly"].tally == Tally(4, 0, 0)
    assert summary.against["silly", "good"].tally == Tally(0, 0, 4)


def test_a_gain_is_above_zero_where_the_loss_is_lower() -> None:
    (line,) = (one for one in summarised(_arms()).arms if (one.target, one.name) == ("t", "good"))
    assert line.over_tuned
    assert line.over_tuned.gain.mean == pytest.approx(0.1 - WOBBLE.mean())
    assert line.over_tuned.gain.low > 0
    assert line.over_tuned.metric == pytest.approx(0.2)


def test_ranks_are_among_all_arms_of_a_pairing_and_equals_share_one() -> None:
    ranks = {line.name: line.rank for line in summarised(_arms()).overall}
    # good is first, first, second; and in the last pairing it is as good as its wobble.
    assert ranks["silly"] == 3
    assert ranks["good"] + ranks[TUNED] == pytest.approx(3)
    same = [_arm("one", 0.1, mixture={}), _arm("two", 0.1, mixture={}), _arm(TUNED, 0.0)]
    ranks = {line.name: line.rank for line in summarised(same).overall}
    assert ranks == {"one": 1.5, "two": 1.5, TUNED: 3}


def test_decoys_of_a_mixture_stand_beside_those_of_the_pool() -> None:
    summary = summarised(_arms())
    shares = {line.name: line.decoy_share for line in summary.arms if line.target == "t"}
    assert shares == {"good": 0, "silly": 0.75, TUNED: None}
    assert summary.pool_decoy_share == {"t": 0.25, "u": 0.25}
    assert "Decoys are 25 % of the candidates." in markdown(summary, {})


def test_policies_come_before_baselines_and_the_best_rank_is_on_top() -> None:
    summary = summarised(_arms())
    assert [row[0] for row in target_rows(summary, "t")] == ["good", "silly", TUNED]
    assert [row[0] for row in overall_rows(summary)][-1] == "silly"


def test_files_hold_every_number_and_a_picture_of_decoys_only_where_there_are_any(
    tmp_path: Path,
) -> None:
    arms = _arms()
    written = write_results(arms, summarised(arms), {"seeds": "0, 1"}, tmp_path)
    rows = pq.read_table(written[0]).to_pylist()
    gains = [row for row in rows if row["measure"] == "gain" and row["of"] == TUNED]
    assert len(gains) == 8
    first = next(row for row in gains if (row["arm"], row["target"]) == ("good", "t"))
    assert 0 < first["low"] < first["value"] < first["high"]
    assert {
        (r["of"], r["value"]) for r in rows if r["arm"] == "silly" and r["measure"] == "share"
    } == {
        ("a", 0.25),
        ("noise", 0.75),
    }
    assert json.loads(pq.read_metadata(written[0]).metadata[b"sextant.compare"]) == {
        "seeds": "0, 1"
    }
    assert "- seeds: 0, 1" in written[1].read_text()
    drawn = draw_pictures(summarised(arms), tmp_path)
    assert [path.name for path in drawn] == ["gains.png", "decoys.png"]
    plain = [_without_decoys(arm) for arm in arms]
    assert [path.name for path in draw_pictures(summarised(plain), tmp_path)] == ["gains.png"]


def _without_decoys(arm: JudgedArm) -> JudgedArm:
    return JudgedArm(
        target=arm.target,
        seed=arm.seed,
        name=arm.name,
        losses=arm.losses,
        metric=arm.metric,
        cost=arm.cost,
        mixture=arm.mixture,
        num_candidates=4,
    )
