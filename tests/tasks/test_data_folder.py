"""The data folder: what a card may name in it, and a folder with one file a split."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tasks.cards import Source, SplitNames
from tasks.problems import InputError
from tasks.sources import commit_of, read_table, split_names


def refusal(base: Path, name: str) -> str:
    with pytest.raises(InputError) as caught:
        read_table(Source(files=SplitNames(train=name)), name, base=base)
    return str(caught.value).replace(f"{base}/", "")


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without the rights that tests run as root have."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def _directory(path: Path) -> None:
    path.mkdir()


def _to_itself(path: Path) -> None:
    path.symlink_to(path)


def _to_nothing(path: Path) -> None:
    path.symlink_to(path.parent / "gone.csv")


def _to_elsewhere(path: Path) -> None:
    path.symlink_to("/etc/passwd")


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (_directory, "t.csv: expected a regular file."),
        (os.mkfifo, "t.csv: expected a regular file."),
        (_to_itself, "source.files: 't.csv' cannot be opened: Symlink loop"),
        (_to_nothing, "t.csv: no such file."),
        (_to_elsewhere, "source.files: 't.csv' lies outside the data folder"),
    ],
)
def test_what_is_no_file_of_the_data_folder_is_not_opened(
    tmp_path: Path, make: Callable[[Path], None], problem: str
) -> None:
    make(tmp_path / "t.csv")
    assert refusal(tmp_path, "t.csv").startswith(problem)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("../t.csv", "source.files: '../t.csv' lies outside the data folder"),
        ("/etc/passwd", "source.files: '/etc/passwd' lies outside the data folder"),
        ("a\0.csv", "source.files: 'a\\x00.csv' cannot be opened: embedded null"),
        ("x" * 300 + ".csv", "source.files: 'xxx"),
        ("tt.csv", "tt.csv: no such file. Did you mean 't.csv'?"),
        ("t.txt", "t.txt: expected a file ending in .parquet, .jsonl, .csv, .tsv, .json, all"),
        ("t.parquet.gz", "t.parquet.gz: expected a file ending in"),
    ],
)
def test_a_name_that_leads_to_no_file_is_refused(tmp_path: Path, name: str, problem: str) -> None:
    for present in ("t.csv", "t.txt", "t.parquet.gz"):
        (tmp_path / present).write_text("s\na\n", encoding="utf-8")
    assert refusal(tmp_path, name).startswith(problem)


def test_what_may_not_be_read_is_said() -> None:
    # Not under tmp_path, whose parents are closed to others already.
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        base.chmod(0o755)
        (base / "t.csv").write_text("s\na\n", encoding="utf-8")
        for path in (base / "t.csv", base):  # the file first, then all that is around it
            path.chmod(0o000)
            with as_nobody():
                message = refusal(base, "t.csv")
            path.chmod(0o755)
            assert "Permission denied" in message


def make_files(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_text("s,y\na,1\n", encoding="utf-8")


def splits_of(base: Path) -> SplitNames:
    return split_names(Source(folder="reviews"), base=base)


@pytest.mark.parametrize("dev", ["validation.csv", "valid.csv", "val.csv", "DEV.CSV"])
def test_a_folder_has_a_file_for_each_split(tmp_path: Path, dev: str) -> None:
    make_files(tmp_path / "reviews", "train.csv", dev, "test.csv", "notes.txt", "train.md", "x.csv")
    names = splits_of(tmp_path)
    assert names == SplitNames(
        train="reviews/train.csv", validation=f"reviews/{dev}", test="reviews/test.csv"
    )
    source = Source(folder="reviews")
    assert len(read_table(source, names.train, base=tmp_path).rows) == 1
    assert commit_of(source) is None


def test_a_folder_may_lack_all_but_train(tmp_path: Path) -> None:
    make_files(tmp_path / "reviews", "train.jsonl.gz")
    assert splits_of(tmp_path) == SplitNames(train="reviews/train.jsonl.gz")


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        (["test.csv"], "reviews: no file for the split 'train': expected 'train' and one of .par"),
        (["train.txt"], "reviews: no file for the split 'train'"),
        (
            ["train.csv", "train.parquet", "dev.csv", "val.csv"],
            "reviews: 2 files for the split 'train': train.csv, train.parquet. Keep one, or name "
            "the right one under 'source.files'.\n"
            "reviews: 2 files for the split 'validation': dev.csv, val.csv.",
        ),
    ],
)
def test_a_folder_with_too_few_or_too_many_files_is_refused(
    tmp_path: Path, files: list[str], problem: str
) -> None:
    make_files(tmp_path / "reviews", *files)
    with pytest.raises(InputError) as caught:
        splits_of(tmp_path)
    assert str(caught.value).replace(f"{tmp_path}/", "").startswith(problem)


def test_a_folder_lies_inside_the_data_folder(tmp_path: Path) -> None:
    make_files(tmp_path / "data", "reviews")
    make_files(tmp_path / "outside", "train.csv")
    for name, problem in {
        "../outside": "source.folder: '../outside' lies outside the data folder",
        "reviews": "reviews: expected a folder; name a file under 'source.files'.",
        "review": "review: no such file. Did you mean 'reviews'?",
    }.items():
        with pytest.raises(InputError) as caught:
            split_names(Source(folder=name), base=tmp_path / "data")
        assert str(caught.value).replace(f"{tmp_path}/data/", "").startswith(problem)


def test_files_and_hub_name_their_splits_themselves(tmp_path: Path) -> None:
    names = SplitNames(train="a.csv", test="b.csv")
    assert split_names(Source(files=names), base=tmp_path) == names
    assert split_names(Source(hub="a/b", splits=names), base=tmp_path) == names
    assert commit_of(Source(hub="a/b", revision="1" * 40)) == "1" * 40
