"""A table that cannot be replayed is refused with file, column and row."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from made_tables import mixture_rows, pair_rows, pair_target, written

from engine.replay.opening import Opening, open_world
from tasks import InputError

Rows = list[dict[str, Any]]


def _refusal(rows: Rows, folder: Path, opening: Opening | None = None) -> str:
    path = written(rows, folder / "table.parquet")
    with pytest.raises(InputError) as refused:
        open_world(path, opening or Opening())
    return str(refused.value)


def _changed(row: int, **values: Any) -> Rows:
    rows = pair_rows()
    rows[row] = {**rows[row], **values}
    return rows


def _renamed(old: str, new: str) -> Rows:
    return [
        {new if key == old else key: value for key, value in row.items()} for row in pair_rows()
    ]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            lambda: _renamed("score", "scores"),
            "column 'score' is missing. Nearest names: scores, source.",
        ),
        (lambda: _changed(3, source=None), "column 'source', row 4: expected a name, got None"),
        (lambda: _changed(3, seed=None), "column 'seed', row 4: is empty; expected a number"),
        (lambda: _changed(3, score=float("inf")), "column 'score', row 4: expected a finite"),
        (lambda: [*pair_rows(), pair_rows()[2]], "rows 3 and 73 are both source 'north'"),
        (lambda: [{**row, "score": str(row["score"])} for row in pair_rows()], "holds string"),
        (lambda: [{**row, "score": None} for row in pair_rows()], "'score' holds null"),
        (lambda: [{**row, "official": False} for row in pair_rows()], "no row holds a score"),
        (lambda: [{**row, "source": "none"} for row in pair_rows()[:1]], "no row holds a score"),
        (
            lambda: [{**row, "score": row["score"] - 500} for row in pair_rows()],
            "target 'red': scores must be above 0",
        ),
        (
            lambda: [{**mixture_rows()[0], "w_a": -0.1}, *mixture_rows()],
            "column 'w_*', row 1: weights must be 0 or more",
        ),
        (lambda: mixture_rows()[:2], "target 'far': 2 mixtures have a result"),
        (
            lambda: [{"w_a": 1.0, "lost_far": 2.0}],
            "no column 'loss_<target>'",
        ),
        (
            lambda: [{"target": "t", "sources": "x,y", "seed": 1, "score": 1.0}],
            "column 'sources', row 1: expected a list of names, got 'x,y'",
        ),
    ],
)
def test_a_table_that_says_nothing_is_refused(
    rows: Callable[[], Rows], said: str, tmp_path: Path
) -> None:
    message = _refusal(rows(), tmp_path)
    assert said in message
    assert "table.parquet" in message


def test_no_file_and_no_parquet_file_are_refused(tmp_path: Path) -> None:
    written(pair_rows(), tmp_path / "taskweb.parquet")
    with pytest.raises(InputError, match=r"no such file. Did you mean 'taskweb.parquet'"):
        open_world(tmp_path / "taskwep.parquet", Opening())
    text = tmp_path / "table.parquet"
    text.write_text("source,target\n")
    with pytest.raises(InputError, match="not a readable parquet file"):
        open_world(text, Opening())


def test_one_of_several_setups_has_to_be_chosen(tmp_path: Path) -> None:
    rows = [{**row, "setup": setup} for setup in ("small", "large") for row in pair_rows()]
    assert "choose: --setup large|small" in _refusal(rows, tmp_path)
    said = _refusal(rows, tmp_path, Opening(setup="smal"))
    assert "none named 'smal'. Did you mean 'small'?" in said
    world = open_world(tmp_path / "table.parquet", Opening(setup="small"))
    assert len(world.targets) == 3
    assert "has no column 'setup'" in _refusal(pair_rows(), tmp_path, Opening(setup="small"))


def test_rows_without_a_score_of_a_task_with_itself_and_not_official_are_left_out(
    tmp_path: Path,
) -> None:
    rows = [
        *({**row, "official": True} for row in pair_rows()),
        {"source": "red", "target": "red", "seed": 1, "score": 99.0, "official": True},
        {"source": "north", "target": "red", "seed": 9, "score": None, "official": True},
        {"source": "north", "target": "red", "seed": 1, "score": 99.0, "official": False},
    ]
    target = pair_target(open_world(written(rows, tmp_path / "more.parquet"), Opening()), "red")
    assert "red" not in target.gains
    assert len(target.gains["north"]) == 4
    assert max(target.scores) < 60


@pytest.mark.parametrize("option", ["signals", "sets"])
def test_files_beside_the_table_must_be_about_it(option: str, tmp_path: Path) -> None:
    path = tmp_path / "beside.parquet"
    opening = Opening(signals=path) if option == "signals" else Opening(sets=path)
    row = {"target": "red", "source": "nobody", "method": "text", "sources": ["nobody"], "seed": 1}
    written([{**row, "score": 1.0}], path)
    assert "beside.parquet: no row is about" in _refusal(pair_rows(), tmp_path, opening)
    written([{"target": "red"}], path)
    assert "beside.parquet: no column" in _refusal(pair_rows(), tmp_path, opening)


def test_a_target_that_is_not_there_is_refused_with_the_nearest(tmp_path: Path) -> None:
    said = _refusal(pair_rows(), tmp_path, Opening(targets=("blu",)))
    assert "--targets: no target 'blu'. Did you mean 'blue'?" in said
    chosen = open_world(tmp_path / "table.parquet", Opening(targets=("green", "red")))
    assert [target.name for target in chosen.targets] == ["green", "red"]


@pytest.mark.parametrize(
    ("opening", "said"),
    [
        (Opening(setup="small"), "--setup: is of a table of pairs"),
        (Opening(signals=Path("any.parquet")), "--signals: is of a table of pairs"),
        (Opening(sets=Path("any.parquet")), "--sets: is of a table of pairs"),
    ],
)
def test_options_of_pairs_are_refused_for_mixtures(
    opening: Opening, said: str, tmp_path: Path
) -> None:
    assert said in _refusal(mixture_rows(), tmp_path, opening)
