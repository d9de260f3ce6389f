"""Pools of tasks from cards, real files and all."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest

import tasks
from tasks.entries import CARD_SUITES, read_entry
from tasks.examples import place_of
from tasks.pool import Pool, UnknownTaskError, load_pool
from tasks.problems import InputError
from tasks.task import Task

SUITE = Path(__file__).parents[2].parent / "shared" / "data" / "suite"

CARD = """\
name: {name}
family: f
kind: labels
metric: accuracy
source: {{files: {files}}}
template: {{text: s}}
label: y
labels: [a, b]
"""


@pytest.fixture(autouse=True)
def a_cache_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def write_card(folder: Path, name: str = "toy", files: str = "{train: t.jsonl}") -> None:
    folder.mkdir(exist_ok=True)
    card = CARD.format(name=name, files=files)
    (folder / f"{name}.yaml").write_text(card, encoding="utf-8")


def write_jsonl(path: Path, count: int, start: int = 0) -> None:
    rows = [{"s": f"text {i}", "y": i % 2} for i in range(start, start + count)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def refusal(*entries: str, base: Path) -> str:
    with pytest.raises(InputError) as caught:
        load_pool(entries, base=base)
    return str(caught.value).replace(f"{base}/", "")


def texts(task: Task) -> list[list[str]]:
    return [[e.text for e in split] for split in (task.train, task.validation, task.test)]


def test_lacking_splits_are_cut_from_train_the_same_way_every_time(tmp_path: Path) -> None:
    write_card(tmp_path)
    write_jsonl(tmp_path / "t.jsonl", 50)
    first, again = (load_pool(["toy.yaml"], base=tmp_path)["toy"] for _ in range(2))
    assert [len(split) for split in texts(first)] == [30, 10, 10]
    assert sorted(chain(*texts(first))) == sorted(f"text {i}" for i in range(50))
    assert first.fingerprint == again.fingerprint


def test_a_split_that_is_named_is_used_as_it_is(tmp_path: Path) -> None:
    write_card(tmp_path, files="{train: t.jsonl, test: u.jsonl}")
    write_jsonl(tmp_path / "t.jsonl", 20)
    write_jsonl(tmp_path / "u.jsonl", 5, start=100)
    train, validation, test = texts(load_pool(["toy.yaml"], base=tmp_path)["toy"])
    assert (len(train), len(validation)) == (16, 4)
    assert test == [f"text {i}" for i in range(100, 105)]


def test_a_cap_draws_rows_from_all_over_the_file(tmp_path: Path) -> None:
    write_card(tmp_path, files="{train: t.jsonl, validation: t.jsonl, test: t.jsonl}")
    with (tmp_path / "toy.yaml").open("a", encoding="utf-8") as card:
        card.write("max_rows: {train: 10}\n")
    write_jsonl(tmp_path / "t.jsonl", 1000)
    train, validation, _ = texts(load_pool(["toy.yaml"], base=tmp_path)["toy"])
    assert (len(train), len(validation)) == (10, 1000)
    assert int(train[-1].split()[1]) > 500


def test_csv_and_jsonl_give_the_same_task(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "t.jsonl", 20)
    rows = "".join(f'"text {i}",{i % 2}\r\n' for i in range(20))
    (tmp_path / "t.csv").write_text("\ufeffs,y\r\n" + rows, encoding="utf-8", newline="")
    write_card(tmp_path)
    from_jsonl = load_pool(["toy.yaml"], base=tmp_path)["toy"]
    write_card(tmp_path, files="{train: t.csv}")
    assert load_pool(["toy.yaml"], base=tmp_path)["toy"].fingerprint == from_jsonl.fingerprint


def test_a_quoted_csv_value_may_span_lines(tmp_path: Path) -> None:
    rows = "".join(f'"two\nlines ""{i}""",{i % 2}\n' for i in range(10))
    (tmp_path / "t.csv").write_text("s,y\n" + rows, encoding="utf-8")
    write_card(tmp_path, files="{train: t.csv, validation: t.csv, test: t.csv}")
    assert load_pool(["toy.yaml"], base=tmp_path)["toy"].train[3].text == 'two\nlines "3"'


def test_a_folder_of_cards_is_read_in_the_order_of_names(tmp_path: Path) -> None:
    for name in ("b", "a"):
        write_card(tmp_path / "cards", name)
    write_jsonl(tmp_path / "cards" / "t.jsonl", 10)
    assert list(load_pool(["cards"], base=tmp_path)) == ["a", "b"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"s": "t", "y": 0}\n{"s": "t" "y": 0}\n', "t.jsonl:2:11: not JSON: Expecting ','"),
        ('[1]\n{"s": "t"}\n', "t.jsonl:1: expected an object, got a list of 1."),
        ('{"s": "a", "s": "b", "y": 0}\n', "t.jsonl:1: key 's' given twice."),
        ('{"s": "a", "y": NaN}\n', "t.jsonl:1: NaN is not a number here"),
        ('{"s": "\\ud800", "y": 0}\n', "t.jsonl:1: half a surrogate pair"),
        ('{"s": ' + "[" * 100_000 + "\n", "t.jsonl:1: "),
        ('{"s": "a", "y": ' + "1" * 5000 + "}\n", "t.jsonl:1: "),
        ('{"s": "t", "y": 0}\n\n{"s": "t", "y": 0}\n', "t.jsonl:2: blank line"),
        ('{"s": "t", "y": 9}\n' * 3, "t.jsonl:1: task 'toy': the card does not fit: no example"),
        (
            '{"s": "t", "y": 0}\n{"S": "t", "y": 1}\n{"s": "t", "y": 7}\n{"s": "t", "y": 1}\n',
            "t.jsonl:2: task 'toy': no column 's'. Did you mean 'S'? The row has: S, y.\n"
            "t.jsonl:3: task 'toy': column 'y': 7 is no answer.",
        ),
        (
            '{"s": "t", "y": 0}\n' * 9,
            "toy.yaml:1: Task 'toy': 9 train rows are too few to cut a split from",
        ),
        ("", "t.jsonl: the file is empty."),
    ],
)
def test_a_wrong_line_is_named_with_its_number(tmp_path: Path, content: str, message: str) -> None:
    write_card(tmp_path)
    (tmp_path / "t.jsonl").write_text(content, encoding="utf-8")
    assert refusal("toy.yaml", base=tmp_path).startswith(message)


def test_a_wrong_csv_row_is_named(tmp_path: Path) -> None:
    write_card(tmp_path, files="{train: t.csv}")
    (tmp_path / "t.csv").write_text("s,y\na,0\nb\n", encoding="utf-8")
    assert refusal("toy.yaml", base=tmp_path).startswith("t.csv:3: expected 2 values, got 1.")
    (tmp_path / "t.csv").write_text("s,s\na,0\n", encoding="utf-8")
    assert refusal("toy.yaml", base=tmp_path).startswith("t.csv:1: two columns are called")
    (tmp_path / "t.csv").write_bytes(b"s,y\n\xff,0\n")
    assert refusal("toy.yaml", base=tmp_path).startswith("t.csv:2: not UTF-8 at byte 0")


def test_a_file_that_is_no_parquet_is_one_message(tmp_path: Path) -> None:
    write_card(tmp_path, files="{train: t.parquet}")
    (tmp_path / "t.parquet").write_bytes(b"PAR1 nonsense")
    message = refusal("toy.yaml", base=tmp_path)
    assert message.startswith("t.parquet: not a readable parquet file: ")
    assert "\n" not in message


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ("{train: u.jsonl}", "u.jsonl: no such file. Nearest names: t.jsonl"),
        (
            "{train: ../t.jsonl}",
            "toy.yaml:1: source.files: '../t.jsonl' lies outside the data folder",
        ),
        (
            "{train: /etc/passwd}",
            "toy.yaml:1: source.files: '/etc/passwd' lies outside the data folder",
        ),
        (
            "{train: link.jsonl}",
            "toy.yaml:1: source.files: 'link.jsonl' lies outside the data folder",
        ),
        ("{train: pipe.jsonl}", "pipe.jsonl: expected a regular file."),
        ("{train: t.txt}", "t.txt: expected a file ending in .parquet, .jsonl, .csv,"),
    ],
)
def test_only_regular_files_beside_the_card_are_opened(
    tmp_path: Path, files: str, message: str
) -> None:
    write_card(tmp_path, files=files)
    for name in ("t.jsonl", "t.txt"):
        write_jsonl(tmp_path / name, 10)
    (tmp_path / "link.jsonl").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe.jsonl")
    assert refusal("toy.yaml", base=tmp_path).startswith(message)


def test_an_unknown_entry_is_refused_with_the_nearest_suite(tmp_path: Path) -> None:
    message = refusal("pydoc", base=tmp_path)
    assert "'pydoc' is neither a built-in suite nor 'tasksource:NAME' nor a card file" in message
    assert message.endswith("Did you mean 'pydocs'?")
    (tmp_path / "empty").mkdir()
    assert "holds no card file" in refusal("empty", base=tmp_path)


def test_a_card_file_is_offered_in_the_folder_of_the_entry(tmp_path: Path) -> None:
    write_card(tmp_path / "cards", "c_ok")
    (tmp_path / "cards" / "c_ok.yam.csv").touch()
    for entry in ("cards/c_ok.yam", "cards/c_ok", "cards/c_okk.yaml"):
        assert refusal(entry, base=tmp_path).endswith("c_ok.yaml'?"), entry
    assert "Known names: c_ok.yaml." in refusal("cards/zzz.yaml", base=tmp_path)


@pytest.mark.parametrize("name", ["ok.csv", "ok.JSONL.gz", "ok.parquet"])
def test_data_in_the_place_of_a_card_is_told_what_to_write(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    message = refusal(name, base=tmp_path)
    assert message.startswith(f"pool: '{name}' is data;")
    assert "`sextant tasks schema`" in message
    heading = message.split('"')[1]
    assert f"## {heading}\n" in (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    assert "is data" not in refusal(f"no_{name}", base=tmp_path)


def test_campaigns_in_a_folder_of_cards_are_passed_over(tmp_path: Path) -> None:
    write_card(tmp_path)
    write_jsonl(tmp_path / "t.jsonl", 10)
    campaign = "name: c\ntarget: toy\npool: [toy.yaml]\nbudget_tokens: 9\n"
    (tmp_path / "campaign.yaml").write_text(campaign, encoding="utf-8")
    assert list(load_pool(["."], base=tmp_path)) == ["toy"]
    assert "this is a campaign file" in refusal("campaign.yaml", base=tmp_path)
    (tmp_path / "toy.yaml").unlink()
    assert "holds no card file" in refusal(".", base=tmp_path)


def test_all_cards_are_checked_before_any_data_is_read(tmp_path: Path) -> None:
    write_card(tmp_path, "good")  # its data is missing, which must not be noticed first
    for name in ("x", "y"):
        (tmp_path / f"{name}.yaml").write_text("nam: 3\n", encoding="utf-8")
    message = refusal("good.yaml", "x.yaml", "y.yaml", base=tmp_path)
    assert "x.yaml:1:1: nam: unknown key. Did you mean 'name'?" in message
    assert "y.yaml:1:1: nam: unknown key." in message


def test_two_tasks_of_one_name_are_refused_with_both_places(tmp_path: Path) -> None:
    for folder in ("x", "y"):
        write_card(tmp_path / folder)
    message = refusal("x", "y", base=tmp_path)
    assert message.startswith("Task 'toy' is defined twice (x/toy.yaml:1, y/toy.yaml:1).")
    write_card(tmp_path / "z", "TOY")
    message = refusal("x", "z", base=tmp_path)
    assert message.startswith("Tasks 'toy' and 'TOY' differ by letter case only")


def test_a_pool_is_an_ordered_mapping_that_names_the_nearest_task() -> None:
    def named(name: str) -> Task:
        kind = {"kind": "labels", "labels": ("a", "b"), "metric": "accuracy"}
        return Task(name=name, family="f", train=[], validation=[], test=[], **kind)  # type: ignore[arg-type]

    pool = Pool([named("sst2"), named("boolq")])
    assert list(pool) == ["sst2", "boolq"]
    assert "boolq" in pool
    assert "rte" not in pool
    assert pool.get("rte") is None
    with pytest.raises(UnknownTaskError) as caught:
        _ = pool["boolqq"]
    assert str(caught.value) == "No task 'boolqq' in the pool. Did you mean 'boolq'?"
    assert list(pickle.loads(pickle.dumps(pool))) == list(pool)  # noqa: S301
    with pytest.raises(ValueError, match="Task 'sst2' is defined twice"):
        Pool([named("sst2"), named("sst2")])


def test_a_hub_data_set_that_cannot_be_had_is_one_message(tmp_path: Path) -> None:
    card = CARD.format(name="toy", files="").replace("files: ", f"hub: a/b, revision: {'0' * 40}")
    (tmp_path / "toy.yaml").write_text(card, encoding="utf-8")
    program = (
        "import sys, tasks; from pathlib import Path\n"
        "try: tasks.load_pool(['toy.yaml'], base=Path(sys.argv[1]))\n"
        "except tasks.InputError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "hf")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("hub data set a/b: the hub cannot be reached"), done.stderr
    assert done.stdout.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "pose"),
    [
        ("cola", "kind: labels\nmetric: matthews\ntemplate: {text: sentence}\nlabel: label\n"
         "labels: [unacceptable, acceptable]"),
        ("stsb", "kind: score\nmetric: pearson_spearman_mean\nlabel: similarity_score\n"
         "template: {text: sentence1, pair: sentence2}"),
        ("blimp_pairs", "kind: options\nmetric: accuracy\nlabel: acceptable\n"
         "template: {text: \"Which is right?{}\", options: [sentence_a, sentence_b]}"),
    ],
)  # fmt: skip
def test_a_real_parquet_task_is_read_and_screened(tmp_path: Path, name: str, pose: str) -> None:
    if not SUITE.is_dir():
        pytest.skip(f"the suite of real tasks is not there: {SUITE}")
    for split in ("train", "validation", "test"):
        shutil.copy(SUITE / name / f"{split}.parquet", tmp_path)
    card = (
        f"name: {name}\nfamily: f\n{pose}\nsource: {{files: {{train: train.parquet, "
        "validation: validation.parquet, test: test.parquet}}\n"
    )
    (tmp_path / "card.yaml").write_text(card, encoding="utf-8")
    pool = tasks.load_pool(["card.yaml"], base=tmp_path)
    sizes = json.loads((SUITE / name / "info.json").read_text(encoding="utf-8"))["sizes"]
    for split in ("train", "validation", "test"):
        assert len(pool[name].split(split)) == sizes[split]  # type: ignore[arg-type]
    screened = tasks.screen(pool, [name])
    assert len(screened.pool[name].train) + screened.removed.get(name, 0) == sizes["train"]
    assert screened.removed.get(name, 0) < 0.05 * sizes["train"]


def test_rows_that_are_wrong_in_one_way_are_one_problem(tmp_path: Path) -> None:
    write_card(tmp_path)
    (tmp_path / "t.jsonl").write_text('{"S": "t", "y": 1}\n' * 30, encoding="utf-8")
    assert refusal("toy.yaml", base=tmp_path).splitlines() == [
        "t.jsonl:1: task 'toy': the card does not fit: no example can be made of 30 of 30 rows of "
        "'train'. At most half may be left out, and 2 have to remain. See what is wrong:",
        "t.jsonl:1: task 'toy': no column 's'. Did you mean 'S'? The row has: S, y."
        " The same in 29 more rows.",
    ]


def test_cards_may_lie_apart_from_their_data(tmp_path: Path) -> None:
    write_card(tmp_path / "cards")
    (tmp_path / "data").mkdir()
    write_jsonl(tmp_path / "data" / "t.jsonl", 20)
    pool = load_pool(["cards"], base=tmp_path, data=tmp_path / "data")
    assert place_of(pool["toy"].train, 0).startswith(f"{tmp_path}/data/t.jsonl:")
    assert "cards/t.jsonl: no such file" in refusal("cards", base=tmp_path)


def test_card_files_end_in_yaml_or_yml(tmp_path: Path) -> None:
    for name in ("b", "a"):
        write_card(tmp_path, name)
    (tmp_path / "a.yaml").rename(tmp_path / "a.yml")
    write_jsonl(tmp_path / "t.jsonl", 10)
    assert list(load_pool(["."], base=tmp_path)) == ["a", "b"]
    assert list(load_pool(["a.yml"], base=tmp_path)) == ["a"]


def test_problems_of_all_data_come_together_and_what_to_do_comes_last(tmp_path: Path) -> None:
    for number in range(12):
        files = "{train: t.jsonl}" if number else "{train: lost.jsonl}"
        write_card(tmp_path, f"task{number:02}", files=files)
    rows = ['{"s": "a", "y": 0}', '{"s": "", "y": 1}', '{"s": "a", "y": "c"}'] * 5
    rows += rows[:1] * 5
    (tmp_path / "t.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
    lines = refusal(".", base=tmp_path).splitlines()
    assert lines[0].startswith("lost.jsonl: no such file.")
    assert lines[1].startswith("t.jsonl:2: task 'task01': ")
    assert lines[2].startswith("t.jsonl:3: task 'task01': column 'y': text 'c' is no answer.")
    assert lines[20] == "... and 3 more problems."
    assert lines[21].startswith("Mend these rows")
    assert len(lines) == 22


def test_who_asks_is_told_what_is_read(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        write_card(tmp_path, name)
    write_jsonl(tmp_path / "t.jsonl", 10)
    told: list[tuple[str, int, int]] = []
    load_pool(["b.yaml", "a.yaml"], base=tmp_path, on_task=lambda *it: told.append(it))
    assert told == [("b", 1, 2), ("a", 2, 2)]
    load_pool(
        ["b.yaml", "a.yaml"], base=tmp_path, without=["b"], on_task=lambda *it: told.append(it)
    )
    assert told[2:] == [("a", 1, 1)]


def test_an_entry_whose_name_is_too_long_is_one_message(tmp_path: Path) -> None:
    for entry in ("x" * 300, f"{'x' * 300}.yaml"):
        assert "cannot be read: File name too long." in refusal(entry, base=tmp_path)


def test_an_entry_given_twice_is_refused_before_its_data_is_read(tmp_path: Path) -> None:
    write_card(tmp_path)
    message = refusal("toy.yaml", "toy.yaml", base=tmp_path)
    assert message.startswith("pool: toy.yaml is named twice")
    assert refusal("toy.yaml", ".", base=tmp_path) == message


def test_names_of_tasksource_are_looked_up_with_the_other_entries(tmp_path: Path) -> None:
    first, second, third = refusal(
        "tasksource:no/such", "pydoc", "none.yaml", base=tmp_path
    ).splitlines()
    assert first.startswith("pool: 'tasksource:no/such'")
    assert "is neither" not in first
    assert second.startswith("pool: 'pydoc' is neither")
    assert third.startswith("none.yaml")


def test_suites_of_cards_are_part_of_the_package(tmp_path: Path) -> None:
    for suite in CARD_SUITES:
        cards = read_entry(suite, base=tmp_path)
        assert len({placed.card.name for placed in cards}) == len(cards) > 10


def test_a_warm_start_reads_no_data_and_gives_the_same_tasks(tmp_path: Path) -> None:
    write_card(tmp_path, "a")
    write_card(tmp_path, "b", files="{train: t.csv, test: t.csv}")
    write_jsonl(tmp_path / "t.jsonl", 50)
    rows = "".join(f"text {i},{i % 2}\n" for i in range(20))
    (tmp_path / "t.csv").write_text("s,y\n" + rows, encoding="utf-8")
    cold = load_pool(["."], base=tmp_path)
    program = (
        "import sys, tasks; from pathlib import Path\n"
        "pool = tasks.load_pool(['.'], base=Path(sys.argv[1]))\n"
        "print(*(task.fingerprint for task in pool.values()))\n"
        "print([name for name in ('datasets', 'torch', 'scipy') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False
    )
    expected = " ".join(task.fingerprint for task in cold.values())
    assert done.stdout.splitlines() == [expected, "[]"], done.stderr
    shutil.rmtree(tmp_path / "cache")
    (tmp_path / "cache").write_text("no folder", encoding="utf-8")
    unkept = load_pool(["."], base=tmp_path)
    assert [task.fingerprint for task in unkept.values()] == expected.split()
    assert [texts(task) for task in unkept.values()] == [texts(task) for task in cold.values()]
