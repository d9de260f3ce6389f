"""Parquet files of one's own: rows as plain values, declared labels, damage that is named."""

from __future__ import annotations

import datetime
import json
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.cards import Source, SplitNames
from tasks.problems import InputError
from tasks.sources import Opaque, Table, read_table

SUITE = Path(__file__).parents[2].parent / "shared" / "data" / "suite"


def read(base: Path, name: str) -> Table:
    return read_table(Source(files=SplitNames(train=name)), name, base=base)


def read_parquet(base: Path, table: pa.Table, **options: Any) -> Table:
    pq.write_table(table, base / "t.parquet", **options)
    return read(base, "t.parquet")


def test_parquet_rows_are_plain_values_and_the_rest_is_named(tmp_path: Path) -> None:
    row = {
        "text": "é\0",
        "int": -3,
        "float": 0.5,
        "bool": True,
        "nothing": None,
        "list": ["a", "b"],
        "nested": {"text": "x", "at": datetime.datetime(2024, 5, 6)},
        "lists": [{"text": "y"}],
        "day": datetime.date(9999, 1, 1),
        "bytes": b"\xff",
        "money": Decimal("1.5"),
    }
    table = pa.Table.from_pylist([row, dict.fromkeys(row)])
    kinds = pa.array(["k", None]).dictionary_encode()
    rows = read_parquet(tmp_path, table.append_column("kind", kinds)).rows
    plain = {**row, "kind": "k", "nested": {"text": "x", "at": Opaque("timestamp[us]")}}
    opaque = {"day": "date32[day]", "bytes": "binary", "money": "decimal128(2, 1)"}
    assert rows[0] == {**plain, **{column: Opaque(kind) for column, kind in opaque.items()}}
    assert rows[1] == {**dict.fromkeys(row), "kind": None}
    assert repr(rows[0]["day"]) == "<date32[day]>"


def test_parquet_rows_can_be_asked_for_in_any_order(tmp_path: Path) -> None:
    table = read_parquet(tmp_path, pa.table({"n": range(2500)}), row_group_size=700)
    assert [row["n"] for row in table.rows] == list(range(2500))
    for index in (2499, 0, 1, 1000, 999, 3, 4, 5, -1):
        assert table.rows[index]["n"] == range(2500)[index]
    assert [row["n"] for row in table.rows[998:1003]] == [998, 999, 1000, 1001, 1002]
    with pytest.raises(IndexError):
        table.rows[2500]
    assert table.place(2) == f"{tmp_path}/t.parquet: row 3"


def test_only_the_rows_asked_for_are_made(tmp_path: Path) -> None:
    rows = read_parquet(tmp_path, pa.table({"n": range(100_000), "s": ["a"] * 100_000})).rows
    forwards = seconds(lambda: [rows[row] for row in range(20_000)])
    backwards = seconds(lambda: [rows[row] for row in reversed(range(20_000))])
    here_and_there = seconds(lambda: [rows[row] for row in range(0, 100_000, 1000)])
    assert forwards < backwards / 2  # in blocks, where a row alone costs several times as much
    assert here_and_there < forwards / 2  # which would be 100 blocks


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def test_labels_that_a_parquet_file_declares_are_known(tmp_path: Path) -> None:
    features = datasets.Features(
        said=datasets.Value("string"), tone=datasets.ClassLabel(names=["calm", "cross"])
    )
    data = datasets.Dataset.from_dict({"said": ["a"], "tone": [1]}, features=features)
    data.to_parquet(tmp_path / "t.parquet")
    assert read(tmp_path, "t.parquet").declared == {"tone": ("calm", "cross")}


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"[]",
        b'{"info": 3}',
        b'{"info": {"features": [1]}}',
        b'{"info": {"features": {"n": 3}}}',
        b'{"info": {"features": {"n": {"_type": "ClassLabel", "names": "ab"}}}}',
        b"\xff",
    ],
)
def test_metadata_that_declares_nothing_is_passed_over(tmp_path: Path, said: bytes) -> None:
    table = pa.table({"n": [1]}).replace_schema_metadata({b"huggingface": said})
    assert read_parquet(tmp_path, table).declared == {}


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        (pa.table({"s": pa.array([], pa.string())}), "t.parquet: there is no row in it."),
        (
            pa.table([[1], [2]], names=["s", "s"]),
            "t.parquet: two columns are called 's'; rename one.",
        ),
        (
            pa.table({"s": pa.array([b"a", b"\xff"]).view(pa.string())}),
            "t.parquet: column 's': damaged: Invalid UTF8 sequence at string index 1.",
        ),
        (
            pa.table({"s": ["a", "b" * 10_000_001]}),
            "t.parquet: row 2: column 's': longer than 10,000,000 bytes.",
        ),
    ],
)
def test_what_is_wrong_in_a_parquet_file_is_named(
    tmp_path: Path, table: pa.Table, problem: str
) -> None:
    with pytest.raises(InputError) as caught:
        read_parquet(tmp_path, table, store_schema=False)
    assert str(caught.value).replace(f"{tmp_path}/", "") == problem


def test_every_file_of_the_suite_is_read_whole(tmp_path: Path) -> None:
    if not SUITE.is_dir():
        pytest.skip(f"the suite of real tasks is not there: {SUITE}")
    for folder in sorted(SUITE.iterdir()):
        sizes = json.loads((folder / "info.json").read_text(encoding="utf-8"))["sizes"]
        for split, size in sizes.items():
            rows = read(SUITE, f"{folder.name}/{split}.parquet").rows
            assert len(rows) == sum(1 for _ in rows) == size
