"""From cards to tasks: which rows become examples, and what is said of the others."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hub_stand_in import hub

from tasks.cards import Card, RowCaps, Source, SplitNames, Template
from tasks.examples import place_of
from tasks.loading import load_task
from tasks.problems import InputError
from tasks.task import Task


@pytest.fixture(autouse=True)
def a_cache_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def card(**changes: Any) -> Card:
    given: dict[str, Any] = {
        "name": "toy",
        "family": "f",
        "kind": "labels",
        "metric": "accuracy",
        "source": Source(files=SplitNames(train="t.jsonl", validation="v.jsonl", test="v.jsonl")),
        "template": Template(text="s"),
        "label": "y",
        "labels": ("a", "b"),
    }
    return Card(**{**given, **changes})


def write(path: Path, texts: Sequence[str]) -> None:
    """A row for each text; without one the row is wrong."""
    rows = [{"s": text, "y": number % 2} for number, text in enumerate(texts)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write(tmp_path / "t.jsonl", [f"text {n}" if n % 4 else "" for n in range(100)])
    write(tmp_path / "v.jsonl", [f"other {n}" for n in range(10)])
    return tmp_path


def texts(task: Task) -> list[str]:
    return [example.text for example in task.train]


def refusal(card: Card, base: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        load_task(card, base=base)
    return str(caught.value).replace(f"{base}/", "").splitlines()


def test_rows_that_are_wrong_stop_everything_unless_the_card_leaves_them_out(data: Path) -> None:
    first, advice = refusal(card(), data)
    assert first.startswith("t.jsonl:1: task 'toy': ")
    assert first.endswith("The same in 24 more rows.")
    assert "write 'bad_rows: leave_out' into the card" in advice
    task = load_task(card(bad_rows="leave_out"), base=data)
    assert texts(task) == [f"text {n}" for n in range(100) if n % 4]
    assert task.left_out == {"train": 25}
    assert load_task(card(bad_rows="leave_out"), base=data).left_out == {"train": 25}


def test_examples_know_their_rows_whatever_was_left_out(data: Path) -> None:
    cut = SplitNames(train="t.jsonl")
    for source in (card().source, Source(files=cut)):
        task = load_task(card(source=source, bad_rows="leave_out"), base=data)
        lines = (data / "t.jsonl").read_text(encoding="utf-8").splitlines()
        for index, example in enumerate(task.train):
            file, _, line = place_of(task.train, index).rpartition(":")
            assert file == str(data / "t.jsonl")
            assert json.loads(lines[int(line) - 1])["s"] == example.text


def test_no_more_than_half_of_a_split_is_left_out(data: Path) -> None:
    leave_out = card(bad_rows="leave_out")
    write(data / "t.jsonl", ["", "a"] * 50)
    assert load_task(leave_out, base=data).left_out == {"train": 50}
    write(data / "t.jsonl", ["", "a"] * 50 + [""])
    first, second = refusal(leave_out, data)
    assert first.startswith(
        "t.jsonl:1: task 'toy': the card does not fit: no example can be made of 51 of 101 rows of "
        "'train'. At most half"
    )
    assert second.endswith("The same in 50 more rows.")


def test_two_examples_have_to_remain(data: Path) -> None:
    write(data / "v.jsonl", ["", "a"])
    lines = refusal(card(bad_rows="leave_out"), data)
    assert "no example can be made of 1 of 2 rows of 'validation'" in lines[0]
    write(data / "v.jsonl", ["a", "", "b"])
    task = load_task(card(bad_rows="leave_out"), base=data)
    assert task.left_out == {"train": 25, "validation": 1, "test": 1}


def test_a_cap_counts_good_rows_and_what_lies_beyond_it_is_not_left_out(data: Path) -> None:
    capped = card(bad_rows="leave_out", max_rows=RowCaps(train=40))
    task = load_task(capped, base=data)
    assert len(task.train) == 40
    assert 0 < task.left_out["train"] < 25
    numbers = [int(text.split()[1]) for text in texts(task)]
    assert numbers == sorted(numbers)
    assert max(numbers) > 60
    assert texts(load_task(capped, base=data)) == texts(task)
    other = load_task(card(name="other", bad_rows="leave_out", max_rows=capped.max_rows), base=data)
    assert texts(other) != texts(task)


def test_a_cap_that_too_few_good_rows_reach_gives_them_all(data: Path) -> None:
    task = load_task(card(bad_rows="leave_out", max_rows=RowCaps(train=90)), base=data)
    assert (len(task.train), task.left_out) == (75, {"train": 25})


def test_rows_beyond_a_cap_are_not_looked_at(data: Path) -> None:
    write(data / "t.jsonl", ["good", *[""] * 3, *["good"] * 10_000])
    task = load_task(card(max_rows=RowCaps(train=20)), base=data)
    assert (len(task.train), task.left_out) == (20, {})


def test_many_kinds_of_wrong_rows_are_twenty_lines_a_count_and_what_to_do(data: Path) -> None:
    rows = [{"s": "text", "y": f"label {n}" if n < 100 else "a"} for n in range(200)]
    (data / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    lines = refusal(card(), data)
    assert [line.split()[0] for line in lines[:20]] == [f"t.jsonl:{n}:" for n in range(1, 21)]
    assert lines[20] == "... and 80 more problems."
    assert lines[21].startswith("Mend these rows")


def test_problems_of_all_splits_come_together(data: Path) -> None:
    write(data / "v.jsonl", ["", "a", "b"])
    assert [line.split()[0] for line in refusal(card(), data)[:-1]] == [
        "t.jsonl:1:",
        "v.jsonl:1:",
        "v.jsonl:1:",
    ]
    lost = Source(files=SplitNames(train="x.jsonl", validation="y.jsonl", test="y.jsonl"))
    lines = refusal(card(source=lost), data)
    assert [line.split()[0] for line in lines] == ["x.jsonl:", "y.jsonl:"]


def test_an_error_of_rows_survives_another_process(data: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_task(card(), base=data)
    back = pickle.loads(pickle.dumps(caught.value))  # noqa: S301
    assert str(back) == str(caught.value)


def test_labels_that_are_inferred_are_kept_with_the_task(data: Path) -> None:
    rows = [{"s": f"text {n}", "y": ("yes", "no")[n % 2]} for n in range(20)]
    (data / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    inferred = card(labels="inferred", source=Source(files=SplitNames(train="t.jsonl")))
    for _ in range(2):
        task = load_task(inferred, base=data)
        assert task.labels == ("no", "yes")
        assert {example.label for example in task.train} == {0, 1}


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (Source(files=SplitNames(train="reviews/train.jsonl")), "reviews/train.jsonl"),
        (Source(folder="reviews"), "reviews"),
    ],
)
def test_a_task_says_where_it_comes_from_and_under_which_licence(
    tmp_path: Path, source: Source, said: str
) -> None:
    (tmp_path / "reviews").mkdir()
    write(tmp_path / "reviews" / "train.jsonl", [f"text {n}" for n in range(20)])
    task = load_task(card(source=source, licence="CC BY 4.0"), base=tmp_path)
    assert (task.source, task.licence) == (said, "CC BY 4.0")


def test_scores_are_numbers_with_a_point_and_indices_are_whole(data: Path) -> None:
    score = card(kind="score", metric="pearson", labels=(), bad_rows="leave_out")
    assert {type(example.label) for example in load_task(score, base=data).train} == {float}
    assert load_task(score, base=data).labels == ()
    index = load_task(card(bad_rows="leave_out"), base=data)
    assert {type(example.label) for example in index.train} == {int}


READING = """
import sys
from pathlib import Path
from tasks import load_pool
for entry in sys.argv[2:]:
    task = load_pool([entry], base=Path(sys.argv[1]))["toy"]
    print(task.source, len(task.train), len(task.test), task.train.place(0), sep="; ")
"""


def test_a_commit_of_the_hub_that_was_posed_once_needs_no_hub(tmp_path: Path) -> None:
    commit = "1" * 40
    served = tmp_path / "hub" / "ann" / "notes" / commit
    served.mkdir(parents=True)
    (served / "train.csv").write_text("s,y\n" + "good,0\nbad,1\n" * 10, encoding="utf-8")
    words = "name: toy\nfamily: f\nkind: labels\nmetric: accuracy\nlabel: y\nlabels: [a, b]\n"
    words += "template: {text: s}\nsource: {hub: ann/notes, splits: {train: train, test: train}"
    for name, source in {"newest": "}", "fixed": f", revision: '{commit}'}}"}.items():
        (tmp_path / f"{name}.yaml").write_text(f"{words}{source}\n", encoding="utf-8")

    def read(entries: list[str], kept: str, **environment: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", READING, str(tmp_path), *entries],
            env={**os.environ, "HF_HOME": str(tmp_path / kept), **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert not done.returncode, done.stderr
        return done.stdout.splitlines()

    said = "hub: ann/notes at 1111111; 16; 20; hub data set ann/notes, split 'train': row 1"
    with hub(tmp_path / "hub") as server:
        online = read(["newest.yaml", "fixed.yaml"], "a", HF_ENDPOINT=server.url, HF_HUB_OFFLINE="")
    assert online == [said, said]
    assert read(["fixed.yaml"], "b", HF_HUB_OFFLINE="1") == [said]


@pytest.mark.parametrize(
    ("answers", "labels"), [("0123", [0, 1, 2, 3]), ("6789", [0, 1, 2, 3]), ("1234", [1, 2, 3, 0])]
)
def test_texts_of_options_that_are_numbers_are_not_taken_for_indices(
    tmp_path: Path, answers: str, labels: list[int]
) -> None:
    options = {"0123": ["2", "3", "8", "9"], "6789": ["6", "7", "8", "9"], "1234": list("4123")}
    rows = [{"s": "q", "o": options[answers], "y": answer} for answer in answers]
    content = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "t.jsonl").write_text(content, encoding="utf-8")
    files = SplitNames(train="t.jsonl", validation="t.jsonl", test="t.jsonl")
    chosen = card(
        kind="options",
        labels=(),
        source=Source(files=files),
        template=Template(text="s", options="o"),
    )
    assert [example.label for example in load_task(chosen, base=tmp_path).train] == labels


def test_splits_that_number_their_labels_differently_are_refused(tmp_path: Path) -> None:
    for name, names in (("t", ["a", "b"]), ("v", ["b", "a"])):
        features = {"info": {"features": {"y": {"names": names, "_type": "ClassLabel"}}}}
        table = pa.table({"s": ["x", "z"], "y": [0, 1]})
        metadata = {"huggingface": json.dumps(features)}
        pq.write_table(table.replace_schema_metadata(metadata), tmp_path / f"{name}.parquet")
    files = SplitNames(train="t.parquet", validation="v.parquet", test="t.parquet")
    (problem,) = refusal(card(source=Source(files=files)), tmp_path)
    assert "(train: [a, b]; validation: [b, a]; test: [a, b])" in problem


def test_places_are_named_from_where_the_data_lies_now(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(data)
    chosen = card(bad_rows="leave_out")
    assert place_of(load_task(chosen, base=Path()).train, 0) == "t.jsonl:2"
    assert place_of(load_task(chosen, base=data).train, 0) == f"{data}/t.jsonl:2"
    assert place_of(load_task(chosen, base=Path()).train, 0) == "t.jsonl:2"


def write_answers(path: Path, answers: Sequence[object]) -> None:
    rows = [{"s": f"text {n}", "y": answer} for n, answer in enumerate(answers)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def test_a_class_that_the_card_forgot_is_to_be_named_and_not_left_out(data: Path) -> None:
    write_answers(data / "t.jsonl", ["a", "b", "c", "a", "b", "c", "a", "b"])
    (line,) = refusal(card(), data)
    assert line.startswith("t.jsonl:3: task 'toy': column 'y': text 'c' is no answer.")
    assert line.endswith("The same in 1 more rows. If it is a label, name it in 'labels'.")
    write_answers(data / "t.jsonl", ["a", "b", "c", "a", "b", None, None, "a", "b", "a", "b"])
    *lines, advice = refusal(card(), data)
    assert not any("If it is a label" in line for line in lines)
    assert "where they lack text or answer, write 'bad_rows: leave_out'" in advice


def test_to_leave_rows_out_is_no_advice_where_most_of_them_are_wrong(data: Path) -> None:
    lines = refusal(card(template=Template(text="words")), data)
    assert "the card does not fit: no example can be made of 100 of 100 rows of 'train'" in lines[0]
    assert lines[1].startswith("t.jsonl:1: task 'toy': no column 'words'.")
    assert not any("leave_out" in line or "first line" in line for line in lines)
    (data / "t.csv").write_text("fine,a\nbad,b\n", encoding="utf-8")
    lines = refusal(card(source=Source(files=SplitNames(train="t.csv"))), data)
    assert lines[0].startswith("t.csv:2: task 'toy': the card does not fit: ")
    assert "The first line of the file names its columns." in lines[0]
    assert lines[1].endswith("The row has: fine, a.")
    rows = [{"s": "", "y": 0} if n < 60 else {"s": "t", "y": 0} for n in range(100)]
    rows = [{**row, "y": f"{n}?"} if 50 < n < 60 else row for n, row in enumerate(rows)]
    (data / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert "60 of 100 rows of 'train'" in refusal(card(), data)[0]
