"""Posed tasks on disk: what is read back is what was posed, and nothing there can stop a start."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import logging
import multiprocessing
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tasks
from tasks.cards import Card, Source, SplitNames, Template
from tasks.example import Example
from tasks.examples import digest_of, place_of
from tasks.posed import PosedExamples, PosedTask, key, posed_examples, posed_once
from tasks.posed.file import DamagedFileError, read_posed, write_posed
from tasks.user_cache import cache_folder

CARD = Card(
    name="toy",
    family="f",
    kind="labels",
    metric="accuracy",
    source=Source(files=SplitNames(train="t.jsonl")),
    template=Template(text="s"),
    label="y",
    labels=("a", "b"),
)
NAMES = SplitNames(train="t.jsonl")
KEY = "0" * 64

texts = st.text(st.characters(codec="utf-8"), max_size=20)
posable = st.builds(
    Example,
    text=texts,
    label=st.integers(0, 2**40) | st.floats(allow_nan=False) | st.just(1e300),
    pair=texts,
    options=st.lists(texts, max_size=4).map(tuple),
    answer=texts,
)
splits_of_examples = st.tuples(*[st.lists(posable, max_size=6)] * 3)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder, with a cache of its own beside it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "t.jsonl").write_text("rows\n", encoding="utf-8")
    return folder


def posed(*splits: list[Example], base: Path = Path("data"), **changes: Any) -> PosedTask:
    def columns(examples: list[Example]) -> PosedExamples:
        places = [f"{base}/t.jsonl:{n + 1}" for n in range(len(examples))]
        return posed_examples(examples, places, base=base)

    train, validation, test = splits
    parts = {"train": columns(train), "validation": columns(validation), "test": columns(test)}
    given = {"labels": ("a", "b"), "source": "t.jsonl", "left_out": {}, "splits": parts}
    return PosedTask(**{**given, **changes})


def some(num_train: int = 5) -> PosedTask:
    train = [Example(f"text {n}", n % 2, "pair", ("x", "y", "é")) for n in range(num_train)]
    return posed(train, [Example("v", 1)], [Example("t", 0.5)], left_out={"train": 3})


def lists(task: PosedTask) -> list[list[Example]]:
    return [list(examples) for examples in task.splits.values()]


def never() -> PosedTask:
    raise AssertionError("posed anew")


def files() -> list[Path]:
    folder = cache_folder() / "posed"
    return sorted(folder.iterdir()) if folder.is_dir() else []


def exact(example: Example) -> tuple[object, ...]:
    return (*dataclasses.astuple(example), type(example.label))


@given(splits_of_examples)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_what_is_read_back_is_what_was_posed(
    tmp_path: Path, splits: tuple[list[Example], ...]
) -> None:
    write_posed(tmp_path / "x.arrow", posed(*splits), key=KEY)
    kept = read_posed(tmp_path / "x.arrow", key=KEY, folder="data/")
    for examples, split in zip(splits, kept.splits.values(), strict=True):
        assert [exact(it) for it in split] == [exact(it) for it in examples]
        assert [exact(it) for it in split[:]] == [exact(it) for it in examples]
        assert [exact(split[n]) for n in range(-len(split), 0)] == [exact(it) for it in examples]
        assert split.digest == digest_of(examples)


def test_an_index_out_of_range_is_an_index_error() -> None:
    for index in (5, -6):
        with pytest.raises(IndexError):
            some().splits["train"][index]


def test_the_second_start_reads_no_row(data: Path) -> None:
    first = posed_once(CARD, NAMES, some, base=data)
    again = posed_once(CARD, NAMES, never, base=data)
    assert lists(first) == lists(again) == lists(some())
    assert (again.labels, again.source) == (("a", "b"), "t.jsonl")
    assert again.left_out == {"train": 3}
    assert list(again.splits) == ["train", "validation", "test"]
    assert [path.suffix for path in files()] == [".arrow"]


@pytest.mark.parametrize("what", ["data", "card", "split"])
def test_other_data_another_card_or_another_split_is_posed_anew(data: Path, what: str) -> None:
    posed_once(CARD, NAMES, some, base=data)
    card, names = CARD, NAMES
    if what == "data":
        (data / "t.jsonl").write_text("Rows\n", encoding="utf-8")
    elif what == "card":
        card = dataclasses.replace(CARD, labels=("b", "a"))
    else:
        names = SplitNames(train="t.jsonl", test="t.jsonl")
    other = posed_once(card, names, lambda: some(7), base=data)
    assert len(other.splits["train"]) == 7
    assert len(posed_once(card, names, never, base=data).splits["train"]) == 7
    (data / "t.jsonl").write_text("rows\n", encoding="utf-8")
    assert len(posed_once(CARD, NAMES, never, base=data).splits["train"]) == 5


def test_a_file_that_becomes_another_split_is_posed_anew(data: Path) -> None:
    card = dataclasses.replace(CARD, source=Source(folder="."))
    posed_once(card, SplitNames(train="t.jsonl", validation="t.jsonl"), some, base=data)
    other = SplitNames(train="t.jsonl", test="t.jsonl")
    assert len(posed_once(card, other, lambda: some(7), base=data).splits["train"]) == 7


def test_other_code_poses_anew(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    posed_once(CARD, NAMES, some, base=data)
    monkeypatch.setattr(key, "_code", lambda: "of tomorrow")
    assert len(posed_once(CARD, NAMES, lambda: some(7), base=data).splits["train"]) == 7


def test_another_numpy_poses_anew_for_it_may_draw_other_rows(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    posed_once(CARD, NAMES, some, base=data)
    monkeypatch.setattr(np, "__version__", "99.0.0")
    assert len(posed_once(CARD, NAMES, lambda: some(7), base=data).splits["train"]) == 7


def test_the_code_that_poses_is_all_there() -> None:
    root = Path(tasks.__file__).parent
    assert all((root / name).is_file() for name in key._FILES)
    assert all(list((root / name).glob("*.py")) for name in key._FOLDERS)


def test_the_same_data_in_another_folder_is_found_and_placed_there(data: Path) -> None:
    posed_once(CARD, NAMES, lambda: posed([Example("a", 0)], [], [], base=data), base=data)
    moved = data.rename(data.parent / "moved")
    kept = posed_once(CARD, NAMES, never, base=moved)
    assert place_of(kept.splits["train"], 0) == f"{moved}/t.jsonl:1"


def test_data_that_changes_while_it_is_read_is_not_kept(data: Path) -> None:
    def slow() -> PosedTask:
        (data / "t.jsonl").write_text("rows of the next day\n", encoding="utf-8")
        return some()

    assert lists(posed_once(CARD, NAMES, slow, base=data)) == lists(some())
    assert files() == []


@pytest.mark.parametrize("revision", [None, "0" * 40])
def test_a_data_set_of_the_hub_is_kept_only_at_a_commit(data: Path, revision: str | None) -> None:
    card = dataclasses.replace(CARD, source=Source(hub="a/b", revision=revision))
    posed_once(card, SplitNames(train="train"), some, base=data)
    assert len(files()) == (revision is not None)
    if revision:
        posed_once(card, SplitNames(train="train"), never, base=data)


def test_a_pipe_in_the_place_of_data_is_not_waited_for(data: Path) -> None:
    os.mkfifo(data / "pipe.jsonl")
    posed_once(CARD, SplitNames(train="pipe.jsonl"), some, base=data)
    assert files() == []


def damage(path: Path, kind: str) -> None:
    whole = path.read_bytes()
    if kind == "another task":
        write_posed(path, some(), key="1" * 64)
    elif kind in ("row lost", "split lost", "column lost"):
        rewrite(path, kind)
    else:
        middle = whole.index(b"text 1") - 1
        contents = {
            "cut": whole[: len(whole) // 2],
            "tail cut": whole[:-1],
            "empty": b"",
            "nonsense": b"ARROW1 nonsense" * 100,
            "no UTF-8": whole[:middle] + b"\xff" + whole[middle + 1 :],
            "other format": sealed(whole[:-32].replace(b'"format": 2', b'"format": 9')),
            "metadata": sealed(whole[:-32].replace(b'"splits"', b'"splots"')),
        }
        assert contents[kind] != whole
        path.write_bytes(contents[kind])


def sealed(content: bytes) -> bytes:
    """With the right checksum: what was written like this."""
    return content + hashlib.sha256(content).digest()


def rewrite(path: Path, kind: str) -> None:
    reader = pa.ipc.open_file(pa.BufferReader(path.read_bytes()[:-32]))
    batches = [reader.get_batch(n) for n in range(3)]
    if kind == "row lost":
        batches[0] = batches[0].slice(1)
    elif kind == "split lost":
        batches.pop()
    else:
        metadata = batches[0].schema.metadata
        batches = [
            batch.drop_columns("pair").replace_schema_metadata(metadata) for batch in batches
        ]
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, batches[0].schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
    path.write_bytes(sealed(sink.getvalue().to_pybytes()))


@pytest.mark.parametrize(
    "kind",
    [
        "another task", "column lost", "cut", "empty", "metadata", "no UTF-8", "nonsense",
        "other format", "row lost", "split lost", "tail cut",
    ],
)  # fmt: skip
def test_a_damaged_file_is_one_warning_and_mended(
    data: Path, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    posed_once(CARD, NAMES, some, base=data)
    damage(files()[0], kind)
    with caplog.at_level(logging.WARNING):
        assert lists(posed_once(CARD, NAMES, some, base=data)) == lists(some())
    assert len(caplog.records) == 1
    assert "cannot be used" in caplog.text
    assert lists(posed_once(CARD, NAMES, never, base=data)) == lists(some())


@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300
)
def test_whatever_byte_is_changed_the_file_is_not_used(
    tmp_path: Path, flips: list[tuple[float, int]]
) -> None:
    path = tmp_path / "x.arrow"
    write_posed(path, some(), key=KEY)
    intact = path.read_bytes()
    content = bytearray(intact)
    for position, byte in flips:
        content[int(position * len(content))] = byte
    path.write_bytes(content)
    if bytes(content) == intact:
        return
    with pytest.raises(DamagedFileError):
        read_posed(path, key=KEY, folder="data/")


def test_a_cache_that_cannot_be_written_is_one_warning(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with caplog.at_level(logging.WARNING):
        for name in ("x", "y"):
            card = dataclasses.replace(CARD, name=name)
            assert lists(posed_once(card, NAMES, some, base=data)) == lists(some())
    assert len(caplog.records) == 1
    assert "Nothing can be kept in" in caplog.text


def test_a_user_without_a_home_needs_no_cache(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", homeless)
    assert lists(posed_once(CARD, NAMES, some, base=data)) == lists(some())


def test_files_unused_for_sixty_days_go_when_another_is_written(data: Path) -> None:
    for name in ("old", "used", "young"):
        posed_once(dataclasses.replace(CARD, name=name), NAMES, some, base=data)
    for path, days in zip(files(), (61, 61, 59), strict=True):
        then = time.time() - days * 24 * 3600
        os.utime(path, (then, then))
    posed_once(dataclasses.replace(CARD, name="used"), NAMES, never, base=data)
    posed_once(dataclasses.replace(CARD, name="new"), NAMES, some, base=data)
    assert [path.name.partition("-")[0] for path in files()] == ["new", "used", "young"]


def filled(folder: Path) -> list[list[Example]]:
    return lists(posed_once(CARD, NAMES, some, base=folder))


def test_several_processes_may_fill_the_cache_at_once(data: Path) -> None:
    # Not by fork: a process with threads, as a whole test session is, may hang in its child.
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        found = pool.map(filled, itertools.repeat(data, 40))
    assert found == [lists(some())] * 40
    assert len(files()) == 1


def test_a_file_is_not_held_open_and_may_be_deleted(data: Path) -> None:
    posed_once(CARD, NAMES, lambda: some(5000), base=data)
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").is_dir() else 0
    many = [posed_once(CARD, NAMES, never, base=data) for _ in range(20)]
    if before:
        assert len(os.listdir("/proc/self/fd")) <= before + 1
    files()[0].unlink()
    assert lists(many[0]) == lists(some(5000))
    assert [it.text for it in many[0].splits["train"]] == [f"text {n}" for n in range(5000)]
    order = np.random.default_rng(0).permutation(5000)
    assert [it.text for it in many[0].splits["train"].take(order)] == [f"text {n}" for n in order]
