"""Splitting by module, dropping repeats, and the cache."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import pytest
from mined_function import function

from tasks.pydocs.cache import cache_path, cached
from tasks.pydocs.corpus import SPLITS, split_by_module, split_of, without_repeats
from tasks.pydocs.functions import Function
from tasks.pydocs.packages import installed, source_files

VERSIONS = {"shop": "1.0"}


@pytest.fixture
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "sextant"


def never() -> list[Function]:
    raise AssertionError("mined although the cache was whole")


def test_no_module_is_in_two_splits() -> None:
    corpus = split_by_module([function(n) for n in range(400)])
    modules = [{f.module for f in corpus.splits[split]} for split in SPLITS]
    assert all(modules)
    assert sum(map(len, modules)) == len(set().union(*modules)) == 40


def test_the_split_of_a_module_never_changes() -> None:
    names = ("numpy.linalg._linalg", "rich.table", "rich.text", "wandb.util", "rich.bar")
    assert [split_of(name) for name in names] == ["train", "train", "test", "test", "validation"]


def test_a_docstring_copied_into_another_module_is_kept_once() -> None:
    first = function(1, module="shop.a", summary="Give the `money` back.")
    copy = function(2, module="shop.b", summary="give the money  back")
    assert without_repeats([first, copy, function(3)]) == [first, function(3)]


def test_functions_come_back_from_the_cache_unchanged(cache_folder: Path) -> None:
    mined = [function(n) for n in range(5)]
    assert cached(VERSIONS, lambda: mined) == mined
    assert cached(VERSIONS, never) == mined
    assert [file.suffix for file in cache_folder.iterdir()] == [".jsonl"]


def test_other_versions_are_mined_anew(cache_folder: Path) -> None:
    cached(VERSIONS, lambda: [function(1)])
    assert cached({"shop": "1.1"}, lambda: [function(2)]) == [function(2)]


def damage(path: Path, kind: str) -> None:
    whole = path.read_text()
    lines = whole.splitlines(keepends=True)
    texts = {
        "cut": whole[: len(whole) // 2],
        "line lost": "".join(lines[1:]),
        "end lost": "".join(lines[:-1]),
        "empty": "",
        "field lost": whole.replace('"owner"', '"other"'),
        "no object": "[]\n" + "".join(lines[1:]),
    }
    path.write_text(texts[kind])


@pytest.mark.parametrize(
    "kind", ["cut", "line lost", "end lost", "empty", "field lost", "no object"]
)
def test_a_damaged_cache_is_mined_anew_and_mended(
    kind: str, cache_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    mined: Sequence[Function] = cached(VERSIONS, lambda: [function(n) for n in range(5)])
    damage(cache_path(VERSIONS), kind)
    with caplog.at_level(logging.WARNING):
        assert cached(VERSIONS, lambda: [function(n) for n in range(5)]) == mined
    assert "damaged" in caplog.text
    assert cached(VERSIONS, never) == mined


def test_a_cache_that_cannot_be_written_costs_only_speed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert cached(VERSIONS, lambda: [function(1)]) == [function(1)]


def test_files_are_read_in_a_fixed_order_without_tests() -> None:
    assert {"numpy", "torch"} <= set(installed())
    files = list(source_files("rich"))
    modules = [file.module for file in files]
    assert modules == [file.module for file in source_files("rich")]
    assert "rich.table" in modules and "rich" in modules
    assert not [m for file in source_files("numpy") for m in [file.module] if ".tests" in m]
