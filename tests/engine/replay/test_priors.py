"""Nothing of a target's own row or column is known before its first probe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_tables import SEEDS, pair_rows, pair_target, pair_world, score_of, written

from engine.replay.opening import Opening, open_world

SIGNALS = [
    {"target": target, "source": source, "method": "text", "score": score}
    for target, source, score in (
        ("red", "north", 0.5),
        ("red", "south", -0.5),
        ("blue", "north", 0.7),
        ("blue", "red", 0.9),
        ("elsewhere", "north", 0.1),
    )
]


def _target_view(folder: Path, rows: list[dict[str, Any]]) -> Any:
    path = written(rows, folder / "changed.parquet")
    signals = written(SIGNALS, folder / "signals.parquet")
    target = pair_target(open_world(path, Opening(signals=signals)), "red")
    return target.view, target.se


def test_the_past_holds_other_targets_pairs_without_the_target_as_a_source(tmp_path: Path) -> None:
    view, _ = _target_view(tmp_path, pair_rows())
    pairs = {(branch.target, *branch.mixture) for branch in view.past}
    assert pairs == {
        *(("blue", source) for source in ("green", "north", "south", "east")),
        *(("green", source) for source in ("blue", "north", "south", "east")),
    }


@pytest.mark.parametrize("where", ["target", "source"])
def test_other_results_in_the_targets_row_or_column_change_nothing_that_is_known(
    tmp_path: Path, where: str
) -> None:
    changed = [
        {**row, "score": row["score"] + 9 * row["seed"]}
        if row[where] == "red" and row["source"] != "none"
        else row
        for row in pair_rows()
    ]
    assert changed != pair_rows()
    assert _target_view(tmp_path, changed) == _target_view(tmp_path, pair_rows())


def test_a_baseline_of_another_target_does_change_what_is_known(tmp_path: Path) -> None:
    changed = [
        {**row, "score": row["score"] + row["seed"]}
        if (row["target"], row["source"]) == ("blue", "none")
        else row
        for row in pair_rows()
    ]
    assert _target_view(tmp_path, changed) != _target_view(tmp_path, pair_rows())


def test_a_past_branch_is_the_mean_over_seeds_with_its_standard_error(tmp_path: Path) -> None:
    view, _ = _target_view(tmp_path, pair_rows())
    branch = next(b for b in view.past if b.target == "blue" and "north" in b.mixture)
    baselines = np.array([score_of("blue", "none", seed) for seed in SEEDS])
    gains = {
        source: (np.array([score_of("blue", source, seed) for seed in SEEDS]) - baselines)
        / baselines.mean()
        for source in ("green", "north", "south", "east")
    }
    pooled = np.sqrt(np.mean([values.var(ddof=1) for values in gains.values()]))
    assert branch.gain == pytest.approx(gains["north"].mean())
    assert branch.se == pytest.approx(pooled / 2)
    assert branch.scores == {"text": 0.7}


def test_a_candidate_has_the_signals_of_its_own_target(tmp_path: Path) -> None:
    view, _ = _target_view(tmp_path, pair_rows())
    scores = {candidate.name: candidate.scores for candidate in view.candidates}
    assert scores["north"] == {"text": {"red": 0.5}}
    assert scores["east"] == {}


def test_without_past_and_signals_only_names_are_known(tmp_path: Path) -> None:
    world = pair_world(tmp_path, Opening(past=False))
    view = pair_target(world, "red").view
    assert view.past == ()
    assert all(candidate.scores == {} for candidate in view.candidates)


def test_a_single_target_has_to_tell_its_noise_itself(tmp_path: Path) -> None:
    rows = [row for row in pair_rows() if row["target"] == "red"]
    alone = pair_target(open_world(written(rows, tmp_path / "one.parquet"), Opening()), "red")
    assert alone.se > 0
    once = [row for row in rows if row["seed"] == 1]
    single = pair_target(open_world(written(once, tmp_path / "once.parquet"), Opening()), "red")
    assert single.se == 0.0
