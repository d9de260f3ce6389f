"""A thousand malformed data files: each is read exactly or refused with its place.

Shapes that are wrong in a known way are in test_sources.py; here nobody chose what is wrong.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.cards import Source, SplitNames
from tasks.problems import InputError
from tasks.sources import Row, read_table

OFTEN = {"deadline": None, "derandomize": True, "database": None}
LONG = b"x" * 140_000  # beyond what Python's csv reads unless it is told otherwise

LINE = r":\d+(:\d+)?: |: row \d+: |: column '"
FILE = "the file is empty|there is no row in it|cannot be read|not a readable parquet file|damaged"
PLACE = re.compile(f"({LINE}|: ({FILE}))")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("malformed")


def read(path: Path, content: bytes) -> list[Row] | None:
    """The rows; None if the file was refused in the way that every file must be."""
    path.write_bytes(content)
    try:
        source = Source(files=SplitNames(train=path.name))
        return list(read_table(source, path.name, base=path.parent).rows)
    except InputError as error:
        (problem,) = error.problems
        assert problem.startswith(str(path))
        assert PLACE.match(problem.removeprefix(str(path))), problem[:500]
        assert "\n" not in problem
        assert len(problem) < len(str(path)) + 500
        return None


def of(*parts: bytes, most: int = 25) -> st.SearchStrategy[bytes]:
    return st.lists(st.sampled_from(parts), max_size=most).map(b"".join)


CELLS = of(b"a", b"b,c", b"\n", b"\r\n", b"\r", b",", b'"', b'""', b"\0", b"\t", b" ", b"\xc3\xa9")
BROKEN = of(b"\xff", b"\xc3", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xfe\xff", LONG, most=2)
GOOD = (b"a,1\n", b"a,1\r\n", b'"a\nb",1\n', b'"a""b",1\r', b"%b,1\n" % LONG, b"\xc3\xa9,1\n")
WRONG = (b"a,1,2\n", b"a\n", b"\n", b'"a,1\n', b"\0,1\n", b"\xff,1\n")
GOOD_LINES, LINES_OF_ANY_KIND = of(*GOOD, most=8), of(*GOOD, *GOOD, *WRONG, most=6)
HEADERS = st.sampled_from([b"s,y\n", b"s,y\n", b"\xef\xbb\xbfs,y\r", b"s,s\n", b""])
CSV = st.one_of(
    st.tuples(HEADERS, GOOD_LINES, CELLS, BROKEN),
    st.tuples(HEADERS, LINES_OF_ANY_KIND, BROKEN),
    st.tuples(HEADERS, GOOD_LINES, of(b"\n", most=3)),
)


def expected_of_csv(text: str, **options: Any) -> list[Row]:
    header, *rows = (row for row in csv.reader(io.StringIO(text, newline=""), **options) if row)
    return [dict(zip(header, row, strict=True)) for row in rows]


@settings(max_examples=250, **OFTEN)  # type: ignore[arg-type]
@given(CSV.map(b"".join))
def test_csv(folder: Path, content: bytes) -> None:
    rows = read(folder / "t.csv", content)
    if rows is not None:
        assert rows == expected_of_csv(content.decode("utf-8-sig"), strict=True)


TABBED = of(b"a\t1\n", b'"a\t1\n', b"a b\t1\r\n", b"a\n", b"a\t1\t\n", b"\n", b"\xff", most=8)


@settings(max_examples=100, **OFTEN)  # type: ignore[arg-type]
@given(TABBED)
def test_tsv(folder: Path, content: bytes) -> None:
    rows = read(folder / "t.tsv", b"s\ty\n" + content)
    if rows is not None:
        lines = content.decode().splitlines()
        assert [f"{row['s']}\t{row['y']}" for row in rows] == [line for line in lines if line]


VALUES = (b"1", b"NaN", b"-Infinity", b"1e999", b'"a"', b'"\\ud800"', b'"\\ud83d\\ude00"', b"null")
ODD = (b'"\xff"', b'"\0"', b"{}", b"[[]]", b"[" * 10_000, b"1" * 4301, b'"' + LONG + b'"', b"'a'")
OBJECTS = st.dictionaries(st.sampled_from([b"s", b"y", b"\xc3\xa9"]), st.sampled_from(VALUES + ODD))
LINES = st.one_of(
    st.just({b"s": b'"a"', b"y": b"0"}).map(lambda row: (row, b"")),
    st.tuples(OBJECTS, st.sampled_from([b"", b"", b",", b"}", b' {"s": 1}', b'"s": 2}'])),
)


def written(row: tuple[dict[bytes, bytes], bytes]) -> bytes:
    pairs, after = row
    return b"{" + b", ".join(b'"%b": %b' % pair for pair in pairs.items()) + b"}" + after


ENDS = st.sampled_from([b"\n", b"\n", b"\r\n", b"\r", b"\n\n", b" \n", b""])
JSON_LINES = st.lists(st.tuples(LINES.map(written), ENDS).map(b"".join), max_size=6).map(b"".join)


@settings(max_examples=250, **OFTEN)  # type: ignore[arg-type]
@given(JSON_LINES)
def test_json_lines(folder: Path, content: bytes) -> None:
    rows = read(folder / "t.jsonl", content)
    if rows is not None:
        lines = re.split("\r\n|\n|\r", content.decode())
        assert rows == [json.loads(line) for line in lines if line.strip()]


@settings(max_examples=100, **OFTEN)  # type: ignore[arg-type]
@given(st.lists(LINES.map(written), max_size=3), st.sampled_from([b"]", b"", b",]", b"]]"]))
def test_a_json_list(folder: Path, rows: list[bytes], end: bytes) -> None:
    content = b"[" + b",\n".join(rows) + end
    found = read(folder / "t.json", content)
    if found is not None:
        assert found == json.loads(content)


@settings(max_examples=100, **OFTEN)  # type: ignore[arg-type]
@given(st.sampled_from(["t.csv.gz", "t.jsonl.gz"]), st.data())
def test_gzip(folder: Path, name: str, data: st.DataObject) -> None:
    whole = b"s,y\n" + b"a,1\n" * 50 if "csv" in name else b'{"s": "a", "y": "1"}\n' * 50
    rows = read(folder / name, data.draw(damaged(gzip.compress(whole, mtime=0))))
    assert rows in (None, [{"s": "a", "y": "1"}] * 50)


def damaged(whole: bytes) -> st.SearchStrategy[bytes]:
    """Cut short, or with a few bits flipped."""
    places = st.integers(0, len(whole) - 1)
    flips = st.lists(st.tuples(places, st.integers(0, 7)), min_size=1, max_size=4)
    return st.one_of(places.map(lambda end: whole[:end]), flips.map(lambda at: flipped(whole, at)))


def flipped(whole: bytes, places: list[tuple[int, int]]) -> bytes:
    content = bytearray(whole)
    for place, bit in places:
        content[place] ^= 1 << bit
    return bytes(content)


def parquet(**options: Any) -> bytes:
    table = pa.table(
        {
            "s": [f"text {row} é" for row in range(20)],
            "y": [row % 3 for row in range(20)],
            "l": [["a", "b"]] * 20,
            "d": [{"a": 0.5}] * 20,
        }
    )
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


PARQUETS = (
    parquet(),
    parquet(compression="none", use_dictionary=False),
    parquet(compression="zstd", row_group_size=7),
    parquet(data_page_version="2.0"),
)


@settings(max_examples=150, **OFTEN)  # type: ignore[arg-type]
@given(st.sampled_from(PARQUETS), st.data())
def test_parquet(folder: Path, whole: bytes, data: st.DataObject) -> None:
    rows = read(folder / "t.parquet", data.draw(damaged(whole)))
    # Without checksums a flipped bit can be another letter; but it can be no other row.
    assert rows is None or len(rows) == 20


@settings(max_examples=50, **OFTEN)  # type: ignore[arg-type]
@given(st.lists(st.tuples(st.integers(0, 2535), st.integers(0, 7)), min_size=1, max_size=4))
def test_parquet_with_checksums(folder: Path, places: list[tuple[int, int]]) -> None:
    whole = parquet(write_page_checksum=True, compression="none", use_dictionary=False)
    pages = len(whole) - int.from_bytes(whole[-8:-4], "little") - 8
    rows = read(folder / "t.parquet", flipped(whole, [(at % pages, bit) for at, bit in places]))
    assert rows is None or rows == pq.read_table(io.BytesIO(whole)).to_pylist()
