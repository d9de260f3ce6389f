"""Data sets of the hub, read through `datasets` from a stand-in that speaks the hub's HTTP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hub_stand_in import hub

OLD, NEW, NO_COMMIT = "1" * 40, "2" * 40, "9" * 40
READING = """
import json, sys, time
from tasks.cards import Source
from tasks.problems import InputError
from tasks.sources import commit_of, hub_builder, read_table
from pathlib import Path

for words in map(json.loads, sys.argv[1:]):
    # Waiting for a second is enough to see that it ends.
    hub_builder._ANSWERS = 0.1 if words["hub"] == "ann/silent" else 6
    split, start = words.pop("split", "train"), time.monotonic()
    try:
        table = read_table(Source(**words), split, base=Path("nowhere"))
        found = {
            "rows": [repr(row) for row in table.rows],
            "declared": dict(table.declared),
            "commit": table.commit,
            "place": table.place(0),
            "asked": commit_of(Source(**words)),
        }
    except InputError as error:
        found = {"problem": str(error)}
    print(json.dumps({**found, "seconds": time.monotonic() - start}), flush=True)
"""
CARD = """\
---
configs:
- config_name: mild
  data_files:
  - {split: train, path: mild/train-*.parquet}
  - {split: validation, path: mild/dev-*.parquet}
- config_name: sharp
  data_files: [{split: train, path: sharp/train-*.parquet}]
dataset_info:
- config_name: mild
  features:
  - {name: said, dtype: string}
  - {name: tone, dtype: {class_label: {names: {'0': calm, '1': cross}}}}
- config_name: sharp
  features:
  - {name: said, dtype: string}
  - {name: tone, dtype: int64}
---
Said in a tone.
"""

Asked = Mapping[str, Mapping[str, str]]
Answers = dict[str, dict[str, Any]]

ONLINE: Asked = {
    "mild": {"hub": "ann/tones", "config": "mild"},
    "mild, older": {"hub": "ann/tones", "config": "mild", "revision": OLD},
    "sharp": {"hub": "ann/tones", "config": "sharp"},
    "part": {"hub": "ann/tones", "config": "mild", "split": "train[1:]"},
    "wrong part": {"hub": "ann/tones", "config": "mild", "split": "train[1:"},
    "empty part": {"hub": "ann/tones", "config": "mild", "split": "train[3:]"},
    "no such split": {"hub": "ann/tones", "config": "mild", "split": "valdation"},
    "no such config": {"hub": "ann/tones", "config": "midl"},
    "which config": {"hub": "ann/tones"},
    "no such commit": {"hub": "ann/tones", "config": "mild", "revision": NO_COMMIT},
    "no such name": {"hub": "ann/nones"},
    "no name": {"hub": "a/b/c"},
    "a format": {"hub": "csv"},
    "csv": {"hub": "ann/plain"},
    "csv test": {"hub": "ann/plain", "split": "test"},
    "no rows": {"hub": "ann/plain", "split": "validation"},
    "script": {"hub": "ann/script"},
    "script, copied": {"hub": "ann/copied"},
    "copy": {"hub": "ann/copied", "revision": NEW, "config": "plain_text"},
    "ragged": {"hub": "ann/ragged"},
    "nothing": {"hub": "ann/nothing"},
    "dates": {"hub": "ann/dates"},
    "silent": {"hub": "ann/silent"},
    "torn, older": {"hub": "ann/torn", "revision": OLD},
    "torn": {"hub": "ann/torn"},
}
KEPT: Asked = {
    "pinned": {"hub": "ann/tones", "config": "mild", "revision": OLD},
    "pinned, newer": {"hub": "ann/tones", "config": "mild", "revision": NEW},
    "open": {"hub": "ann/plain"},
}
OFFLINE: Asked = {
    **KEPT,
    "not kept": {"hub": "ann/tones", "config": "mild", "revision": NO_COMMIT},
    "which config": {"hub": "ann/tones"},
    "never seen": {"hub": "ann/nones"},
    "no owner": {"hub": "tones"},
}


def rows_of(*said: str) -> pa.Table:
    return pa.table({"said": said, "tone": [len(word) % 2 for word in said]})


def fill(folder: Path) -> None:
    files: dict[str, pa.Table | str] = {
        f"tones/{OLD}/README.md": CARD,
        f"tones/{OLD}/mild/train-0.parquet": rows_of("old"),
        f"tones/{OLD}/mild/dev-0.parquet": rows_of("old dev"),
        f"tones/{OLD}/sharp/train-0.parquet": rows_of("old sharp"),
        f"tones/{NEW}/README.md": CARD,
        f"tones/{NEW}/mild/train-0.parquet": rows_of("a", "bb"),
        f"tones/{NEW}/mild/train-1.parquet": rows_of("ccc"),
        f"tones/{NEW}/mild/dev-0.parquet": rows_of("dev"),
        f"tones/{NEW}/sharp/train-0.parquet": rows_of("sharp"),
        f"plain/{OLD}/train.csv": 'said,tone\n"x, y",1\nz,0\n',
        f"plain/{OLD}/test.csv": "said,tone\nt,1\n",
        f"plain/{OLD}/validation.csv": "said,tone\n",
        f"script/{OLD}/script.py": "raise SystemExit('a program of a data set was run')",
        f"copied/{OLD}/copied.py": "raise SystemExit('a program of a data set was run')",
        f"copied/{NEW}/plain_text/train/0000.parquet": rows_of("copy"),
        f"copied/{NEW}/other/train/0000.parquet": rows_of("other"),
        "copied/export": NEW,
        f"ragged/{OLD}/train.csv": "said,tone\na,1\nb,0,5\n",
        f"nothing/{OLD}/notes.unknown": "no data here",
        f"dates/{OLD}/train.parquet": pa.table({"said": ["a"], "on": [datetime(2024, 5, 6)]}),
        f"silent/{OLD}/train.csv": "said,tone\na,1\n",
        f"torn/{OLD}/train.csv": "said,tone\nold,1\n",
        f"torn/{NEW}/train.csv": "said,tone\nnew,1\n",
    }
    for name, content in files.items():
        path = folder / "ann" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            path.write_text(content, encoding="utf-8")
        else:
            pq.write_table(content, path)
    (folder / "ann" / "copied" / OLD).rename(folder / "ann" / "copied" / ("3" * 40))  # the newest


def start(asked: Asked, home: Path, **settings: str) -> subprocess.Popen[str]:
    """A fresh process, for the hub's libraries read their settings once."""
    ours = {"HF_HOME": str(home), "HF_HUB_OFFLINE": "0", "HF_HUB_ETAG_TIMEOUT": "10"}
    return subprocess.Popen(
        [sys.executable, "-c", READING, *(json.dumps(words) for words in asked.values())],
        env={**os.environ, **ours, **settings},
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(asked: Asked, process: subprocess.Popen[str]) -> Answers:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return dict(zip(asked, map(json.loads, out.splitlines()), strict=True))


class Heard(NamedTuple):
    """What every way of asking gave, and what the hub was asked for after it fell silent."""

    answers: dict[str, Answers]
    asked: list[str]


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Heard:
    """With the hub there, then offline, gone or silent."""
    folder, home = tmp_path_factory.mktemp("hub"), tmp_path_factory.mktemp("home")
    fill(folder)
    decoy = home / "ann" / "plain" / "train.csv"  # in the folder where the processes start
    decoy.parent.mkdir(parents=True)
    decoy.write_text("said,tone\ndecoy,1\n", encoding="utf-8")
    with hub(folder) as server:
        server.silent_at, server.refused_at = "ann/silent/tree", f"ann/torn/resolve/{NEW}"
        online = finished(ONLINE, start(ONLINE, home, HF_ENDPOINT=server.url))
        server.silent_at = "/"
        server.asked.clear()
        ways = {
            "offline": start(OFFLINE, home, HF_ENDPOINT=server.url, HF_HUB_OFFLINE="1"),
            "gone": start(OFFLINE, home, HF_ENDPOINT="http://127.0.0.1:1"),
        }
        silent = start(KEPT, home, HF_ENDPOINT=server.url, HF_HUB_ETAG_TIMEOUT="1")
        found = {way: finished(OFFLINE, process) for way, process in ways.items()}
        found = {"online": online, "silent": finished(KEPT, silent), **found}
        return Heard(answers=found, asked=server.asked)


@pytest.fixture
def answers(heard: Heard) -> dict[str, Answers]:
    return heard.answers


@pytest.fixture
def online(answers: dict[str, Answers]) -> Answers:
    return answers["online"]


def said(answer: dict[str, Any]) -> list[str]:
    assert "rows" in answer, answer
    return [row.split("'")[3] for row in answer["rows"]]


def test_rows_of_the_newest_commit_come_with_declared_labels(online: Answers) -> None:
    assert online["mild"]["rows"] == [
        "{'said': 'a', 'tone': 1}",
        "{'said': 'bb', 'tone': 0}",
        "{'said': 'ccc', 'tone': 1}",
    ]
    assert online["mild"]["declared"] == {"tone": ["calm", "cross"]}
    assert online["mild"]["commit"] == online["mild"]["asked"] == NEW
    assert online["mild"]["place"] == "hub data set ann/tones (mild), split 'train': row 1"


def test_a_card_that_names_a_commit_gets_that_one(online: Answers) -> None:
    assert said(online["mild, older"]) == ["old"]
    assert online["mild, older"]["commit"] == OLD


def test_another_configuration_is_another_table(online: Answers) -> None:
    assert said(online["sharp"]) == ["sharp"]
    assert online["sharp"]["declared"] == {}


def test_a_split_may_be_a_part_as_datasets_writes_it(online: Answers) -> None:
    assert said(online["part"]) == ["bb", "ccc"]


def test_csv_files_of_the_hub_are_read(online: Answers) -> None:
    assert said(online["csv"]) == ["x, y", "z"]
    assert said(online["csv test"]) == ["t"]


def test_the_hubs_own_parquet_copy_is_read_by_its_folders(online: Answers) -> None:
    assert said(online["copy"]) == ["copy"]


def test_what_is_no_text_does_not_stop_the_rest(online: Answers) -> None:
    assert online["dates"]["rows"] == ["{'said': 'a', 'on': <timestamp[us]>}"]


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ("empty part", "ann/tones (mild): split 'train[3:]': Instruction"),
        ("wrong part", "ann/tones (mild): split 'train[1:': Unrecognized instruction format"),
        (
            "no such split",
            "ann/tones (mild): no split 'valdation'. Its splits: train, validation. "
            "Did you mean 'validation'?",
        ),
        ("no such config", "ann/tones: no configuration 'midl'. Did you mean 'mild'?"),
        ("which config", "ann/tones: give one of its configurations as 'config': mild, sharp."),
        ("no such commit", f"ann/tones: it has no commit {NO_COMMIT}. Leave 'revision' out"),
        ("no such name", "ann/nones: the hub has none of this name. Check the name;"),
        ("no name", "a/b/c: this is no name of a data set, such as 'owner/name'."),
        ("a format", "csv: the hub has none of this name."),
        (
            "no rows",
            "ann/plain: split 'validation': Instruction \"validation\" corresponds to no data!",
        ),
        ("script", "ann/script: its rows come from a program, script.py, and none of a data set"),
        ("script, copied", "ann/copied: its rows come from a program, copied.py, and none of"),
        ("ragged", "ann/ragged: Error tokenizing data."),
        ("nothing", "ann/nothing: No (supported) data files found in ann/nothing."),
        ("silent", "ann/silent: no whole description of it came within 1 s (0.1 times"),
    ],
)
def test_what_the_hub_does_not_give_is_one_line_that_says_why(
    online: Answers, asked: str, problem: str
) -> None:
    assert online[asked].get("problem", "rows").startswith(f"hub data set {problem}")
    assert "\n" not in online[asked]["problem"]


def test_a_script_is_refused_with_the_copy_that_can_be_had(online: Answers) -> None:
    assert online["script, copied"]["problem"].endswith(
        f"Give 'revision: {NEW}', the hub's own copy as parquet."
    )
    assert online["script"]["problem"].endswith("is run. Use another copy.")


def test_when_the_newest_commit_fails_an_older_one_is_not_taken_for_it(online: Answers) -> None:
    assert said(online["torn, older"]) == ["old"]
    assert online["torn"]["problem"] == (
        f"hub data set ann/torn: commit {NEW} could not be read; try again."
    )


def test_nothing_waits_for_ever(answers: dict[str, Answers]) -> None:
    for way, found in answers.items():
        slowest = max(found, key=lambda asked: found[asked]["seconds"])
        assert found[slowest]["seconds"] < 10, (way, slowest)


@pytest.mark.parametrize("way", ["offline", "gone", "silent"])
def test_without_the_hub_the_copy_that_is_kept_is_read(
    answers: dict[str, Answers], way: str
) -> None:
    assert said(answers[way]["pinned"]) == ["old"]  # though another was read last
    assert said(answers[way]["pinned, newer"]) == ["a", "bb", "ccc"]
    assert answers[way]["pinned, newer"]["declared"] == {"tone": ["calm", "cross"]}
    assert said(answers[way]["open"]) == ["x, y", "z"]
    assert answers[way]["open"]["commit"] == OLD
    assert answers[way]["open"]["asked"] is None


def test_a_commit_that_is_kept_is_not_asked_for_again(heard: Heard) -> None:
    assert any("ann/plain" in path for path in heard.asked)  # its card names no commit
    assert not any("ann/tones" in path for path in heard.asked)


@pytest.mark.parametrize("way", ["offline", "gone"])
def test_without_the_hub_no_other_copy_is_taken_for_the_one_asked_for(
    answers: dict[str, Answers], way: str
) -> None:
    problem = answers[way]["not kept"]["problem"]
    assert problem.startswith("hub data set ann/tones: the hub cannot be reached (")
    assert f"no copy of configuration 'mild' {NO_COMMIT} is kept here" in problem
    assert f"commits kept: {OLD}, {NEW}." in problem
    assert "name 'config' and 'revision'" in answers[way]["which config"]["problem"]
    assert "commits kept: none." in answers[way]["never seen"]["problem"]
    assert "a name needs its owner" in answers[way]["no owner"]["problem"]
