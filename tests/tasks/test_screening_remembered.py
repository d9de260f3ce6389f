"""A second start reads what the first one found; a damaged cache costs time and nothing else."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from made_tasks import fillers, made_task

from tasks.example import Example
from tasks.examples import digest_of
from tasks.pool import Pool
from tasks.screening import screen
from tasks.user_cache import warn_unwritable

JUDGED = fillers(3, "judged")
EXPECTED = {"other": {"exact": 3}}


class Read(list[Example]):
    """Examples that know their hash, and whether somebody read them."""

    def __init__(self, examples: list[Example]) -> None:
        super().__init__(examples)
        self.digest = digest_of(examples)
        self.times = 0

    def __iter__(self) -> Iterator[Example]:
        self.times += 1
        return super().__iter__()


@pytest.fixture
def train() -> Read:
    return Read([*fillers(1000, "own"), *JUDGED])


@pytest.fixture
def pool(train: Read) -> Pool:
    """Large enough to be worth a file."""
    other = replace(made_task("other"), train=train)
    return Pool([made_task("target", test=JUDGED), other])


def test_a_second_screening_reads_no_example(pool: Pool, train: Read, tmp_path: Path) -> None:
    first = screen(pool, ["target"], folder=tmp_path)
    assert train.times == 1
    second = screen(pool, ["target"], folder=tmp_path)
    assert train.times == 1
    assert second.reasons == first.reasons == EXPECTED
    assert list(second.pool["other"].train) == list(first.pool["other"].train)


def test_where_the_users_cache_is_is_said_by_the_environment(
    pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    screen(pool, ["target"])
    assert len(list((tmp_path / "sextant" / "screened").iterdir())) == 2


def test_a_small_pool_leaves_no_files(tmp_path: Path) -> None:
    screen(Pool([made_task("target", test=JUDGED)]), ["target"], folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_other_judged_texts_are_looked_for_anew(pool: Pool, train: Read, tmp_path: Path) -> None:
    screen(pool, ["target"], folder=tmp_path)
    for changed in (
        made_task("target", test=[*JUDGED, Example(text="own 1", label=0)]),
        made_task("target", test=JUDGED, validation=[Example(text="own 1", label=0)]),
    ):
        result = screen(Pool([changed, pool["other"]]), ["target"], folder=tmp_path)
        assert result.reasons == {"other": {"exact": 4}}
    assert train.times == 3


def test_what_was_found_between_two_tasks_is_not_taken_for_what_is_within_one(
    pool: Pool, train: Read, tmp_path: Path
) -> None:
    screen(pool, ["target"], folder=tmp_path)
    own = replace(pool["target"], name="other", train=train)
    assert screen(Pool([own]), ["other"], folder=tmp_path).reasons == EXPECTED
    assert train.times == 2


@pytest.mark.parametrize("damage", ["empty", "cut", "one bit", "other"])
def test_a_damaged_file_is_found_anew_and_mended(pool: Pool, tmp_path: Path, damage: str) -> None:
    screen(pool, ["target"], folder=tmp_path)
    files = {path: path.read_bytes() for path in tmp_path.iterdir()}
    for path, content in files.items():
        flipped = content[:-1] + bytes([content[-1] ^ 1])
        damaged = {"empty": b"", "cut": content[:-8], "one bit": flipped, "other": b"x" * 99}
        path.write_bytes(damaged[damage])
    assert screen(pool, ["target"], folder=tmp_path).reasons == EXPECTED
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == files


def test_a_folder_that_cannot_be_written_costs_one_warning(
    pool: Pool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    warn_unwritable.cache_clear()
    (tmp_path / "file").write_text("in the way")
    with caplog.at_level(logging.WARNING):
        result = screen(pool, ["target"], folder=tmp_path / "file")
    assert result.reasons == EXPECTED
    assert len(caplog.records) == 1
