"""`sextant evidence`: what a person is told of a store, and how mistakes are answered."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from made_evidence import stored_branch, stored_campaign, topic_task, write_store

from engine.cli import main
from engine.evidence.identity import identity_of
from engine.evidence.text_embedding import text_embedding

Capture = pytest.CaptureFixture[str]

BIRDS, COURTS, STARS = (topic_task(name) for name in ("birds", "courts", "stars"))


@pytest.fixture
def store(tmp_path: Path) -> Path:
    scores = {"alignment": {identity_of(BIRDS): {identity_of(COURTS): 0.5}}}
    branches = [
        stored_branch("r00-p1", [(COURTS, 0.75), (STARS, 0.25)], [(BIRDS, 0.1)], scores=scores),
        stored_branch("r00-p2", [(STARS, 1.0)], [(BIRDS, -0.3)], cost=700),
    ]
    write_store(tmp_path / "store", [BIRDS, COURTS, STARS], branches)
    return tmp_path / "store"


def _said(arguments: list[str], capsys: Capture) -> str:
    assert main(["evidence", *arguments]) == 0
    return " ".join(capsys.readouterr().out.split())


def _refused(arguments: list[str], capsys: Capture) -> str:
    assert main(["evidence", *arguments]) == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said
    return said


def test_the_list_says_when_for_whom_and_what_came_of_it(store: Path, capsys: Capture) -> None:
    said = _said(["list", str(store)], capsys)
    gains = "-0.1000 +0.100 ± 0.010"
    assert f"first-0a0a0a0a 2031-05-06 birds minilm 2 {gains}" in said
    assert said.endswith("1 campaign, 2 branches: 1 target, 2 tasks tried")


def test_an_empty_store_is_listed_as_one(tmp_path: Path, capsys: Capture) -> None:
    assert _said(["list", str(tmp_path)], capsys).endswith(
        "0 campaigns, 0 branches: 0 targets, 0 tasks tried"
    )


def test_merging_says_what_was_added(store: Path, capsys: Capture) -> None:
    arguments = ["merge", str(store.parent / "all"), "--from", str(store)]
    assert _said(arguments, capsys) == "1 campaign read: 2 branches added, 0 there already"
    assert _said(arguments, capsys) == "1 campaign read: 0 branches added, 2 there already"


def test_the_export_has_a_row_for_each_branch_and_task(store: Path, capsys: Capture) -> None:
    out = store.parent / "all.parquet"
    assert _said(["export", str(store), "--out", str(out)], capsys) == f"{out} (3 rows)"
    rows = pq.read_table(out).to_pylist()
    assert [(row["branch"], row["task_name"], row["share"]) for row in rows] == [
        ("r00-p1", "courts", 0.75),
        ("r00-p1", "stars", 0.25),
        ("r00-p2", "stars", 1.0),
    ]
    first = rows[0]
    assert (first["target"], first["target_name"]) == (identity_of(BIRDS), "birds")
    assert (first["gain"], first["se"], first["metric_gain"]) == (0.1, 0.01, 1.0)
    assert (first["task"], first["family"], first["kind"]) == (
        identity_of(COURTS),
        "courts",
        "labels",
    )
    assert (first["num_labels"], first["num_examples"], first["tokens_per_example"]) == (
        2,
        120,
        9.5,
    )
    assert (first["model"], first["max_length"], first["seed"]) == ("minilm", 64, 3)
    assert (first["steps"], first["candidate_batch"], first["cost"]) == (40, 8, 500)
    assert [row["score_alignment"] for row in rows] == [0.5, None, None]
    embedding_d = text_embedding(COURTS.train)
    np.testing.assert_allclose(first["embedding"], embedding_d, atol=1e-3)


def test_mistakes_are_answered_in_a_line(store: Path, capsys: Capture) -> None:
    said = _refused(["list", str(store.parent / "stor")], capsys)
    assert "is no folder" in said and "Did you mean 'store'?" in said
    said = _refused(["merge", str(store), "--from", str(store.parent / "none")], capsys)
    assert said.startswith("Error: --from: ") and "is no folder" in said
    said = _refused(["merge", str(store), "--from", str(store)], capsys)
    assert "is the store itself" in said
    said = _refused(["export", str(store), "--out", "all.csv"], capsys)
    assert "'all.csv': expected a file ending in .parquet" in said
    said = _refused(["export", str(store), "--out", str(store / "x" / "all.parquet")], capsys)
    assert "does not exist" in said
    assert "--from DIR2" in _refused(["merge", str(store)], capsys)


def test_names_in_a_store_cannot_steer_the_terminal(tmp_path: Path, capsys: Capture) -> None:
    target = topic_task("birds", name="\x1b[31m[bold]red")
    opened = stored_campaign(model="a\nb")
    branch = stored_branch("r00-p1", [(COURTS, 1.0)], [(target, 0.1)])
    write_store(tmp_path, [target, COURTS], [branch], opened=opened)
    said = _said(["list", str(tmp_path)], capsys)
    assert "?[31m[bold]red a b" in said


def test_listing_loads_no_model_library(store: Path) -> None:
    code = (
        f"from engine.cli import main; main(['evidence', 'list', {str(store)!r}])\n"
        "import sys; print(*sys.modules, file=sys.stderr)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert not {"torch", "ray", "transformers", "datasets"} & set(ended.stderr.split())


def test_damaged_evidence_and_a_folder_of_other_data_end_with_codes_of_their_own(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "chats.jsonl").write_text('{"chat": "hello"}\n')
    assert main(["evidence", "list", str(other)]) == 2
    assert "no file of evidence" in capsys.readouterr().err
    for path in store.iterdir():
        path.write_bytes(path.read_bytes().replace(b'"kind":', b'"king":'))
    assert main(["evidence", "list", str(store)]) == 4
    assert "damaged line" in capsys.readouterr().err
