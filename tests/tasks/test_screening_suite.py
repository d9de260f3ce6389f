"""What is known to overlap in real data is found, where a copy of the data lies."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from made_tasks import Placed

from tasks.example import Example
from tasks.pool import Pool
from tasks.screening import check_pool, screen
from tasks.task import Split, Task

SUITE = Path(__file__).parents[3] / "shared" / "data" / "suite"
COLUMNS = {
    "sst2": ("sentence", None, "label"),
    "sst5": ("sentence", None, "label"),
    "rotten_tomatoes": ("text", None, "label"),
    "qnli": ("question", "sentence", "label"),
    "decoy_answerable_copy": ("candidate", "query", "verdict"),
    "trec": ("question", None, "coarse_label"),
    "decoy_captions_shuffled": ("premise", "hypothesis", "label"),
}

pytestmark = pytest.mark.skipif(
    not SUITE.is_dir(), reason="the suite's parquet files are not at ../shared/data/suite"
)


def read(name: str, split: Split) -> Placed:
    text, pair, label = COLUMNS[name]
    file = f"{name}/{split}.parquet"
    rows = pq.read_table(SUITE / file).to_pylist()
    return Placed(
        file,
        [Example(text=row[text], pair=row[pair] if pair else "", label=row[label]) for row in rows],
    )


@pytest.fixture(scope="module")
def pool() -> Pool:
    return Pool(
        Task(
            name=name,
            family="f",
            kind="labels",
            metric="accuracy",
            labels=tuple("abcdef"),
            train=read(name, "train"),
            validation=read(name, "validation"),
            test=read(name, "test"),
        )
        for name in COLUMNS
    )


def test_film_reviews_that_a_target_is_judged_on_are_taken_out(pool: Pool, tmp_path: Path) -> None:
    result = screen(pool, ["rotten_tomatoes"], folder=tmp_path)
    assert result.removed.keys() == {"sst2", "sst5"}
    for name, reasons in result.reasons.items():
        # Sentences of two-sentence reviews, and the same text with other tokens: "is n't".
        assert 130 <= reasons["shared text"] <= 180, name
        assert 20 <= reasons["exact"] <= 50, name
    assert screen(result.pool, ["rotten_tomatoes"], folder=tmp_path).removed == {}


def test_the_copy_with_other_names_is_found_and_the_shuffled_labels_are_not(
    pool: Pool, tmp_path: Path
) -> None:
    findings = check_pool(pool, ["qnli"], folder=tmp_path)
    same = {one.task: one for one in findings if one.check == "same texts"}
    assert same.keys() == {"decoy_answerable_copy", "sst2"}
    assert same["decoy_answerable_copy"].message.startswith("100% of its texts are texts of 'qnli'")
    assert "'sst5'" in same["sst2"].message
    removed = {one.task: one.count for one in findings if one.severity == "removed"}
    assert removed["decoy_answerable_copy"] > 500  # sentences that come back with other questions
    assert removed["qnli"] < 10
    assert Counter(one.check for one in findings if one.task == "decoy_captions_shuffled") == {
        "unused label": 1  # the labels above are six for all
    }
    places = [place for one in findings if one.severity == "removed" for place in one.places]
    assert all(" = qnli/" in place for place in places)
