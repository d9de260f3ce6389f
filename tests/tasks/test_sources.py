"""Text files of one's own, read exactly or refused with the line of what is wrong."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from tasks.cards import Source, SplitNames
from tasks.problems import InputError
from tasks.sources import Table, read_table

ROWS = [{"said": 'a "quoted", word', "tone": "1"}, {"said": "zwei\nZeilen é", "tone": "0"}]
CSV = '\ufeffsaid,tone\r\n"a ""quoted"", word",1\r\n"zwei\nZeilen é",0\r\n'


def read(base: Path, name: str) -> Table:
    return read_table(Source(files=SplitNames(train=name)), name, base=base)


def refusal(base: Path, name: str) -> str:
    with pytest.raises(InputError) as caught:
        read(base, name)
    return str(caught.value).replace(f"{base}/", "")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", CSV),
        ("t.CSV", CSV),
        ("t.jsonl", "".join(json.dumps(row) + "\r\n" for row in ROWS)),
        ("t.json", json.dumps(ROWS, indent=1)),
    ],
)
def test_every_kind_of_file_gives_the_same_rows_zipped_or_not(
    tmp_path: Path, name: str, content: str
) -> None:
    (tmp_path / name).write_bytes(content.encode())
    (tmp_path / f"{name}.gz").write_bytes(gzip.compress(content.encode()))
    assert list(read(tmp_path, name).rows) == ROWS
    assert list(read(tmp_path, f"{name}.gz").rows) == ROWS


def test_a_quote_in_a_tsv_file_is_a_letter(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text('said\ttone\n"open\t1\nhe said "no"\t0\n', encoding="utf-8")
    rows = read(tmp_path, "t.tsv").rows
    assert [row["said"] for row in rows] == ['"open', 'he said "no"']


def test_lines_may_end_as_on_any_system_and_blank_ones_may_end_the_file(tmp_path: Path) -> None:
    for end in ("\n", "\r\n", "\r"):
        (tmp_path / "t.csv").write_bytes(f"s,y{end}a,1{end}b,0{end}{end}{end}".encode())
        assert list(read(tmp_path, "t.csv").rows) == [{"s": "a", "y": "1"}, {"s": "b", "y": "0"}]
        (tmp_path / "t.jsonl").write_bytes(f'{{"s": 1}}{end}{{"s": 2}}{end} {end}'.encode())
        assert [row["s"] for row in read(tmp_path, "t.jsonl").rows] == [1, 2]


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("t.csv", "s,y\na,1\n\nb,0\n", "t.csv:3: a blank line between rows"),
        ("t.csv", 's,y\na,1\n"b\nc",1,2\n', "t.csv:3: expected 2 values, got 3."),
        ("t.csv", 's,y\na,1\n"b,0\nc,1\n', "t.csv:3: not CSV: a quote that opens in this row is"),
        ("t.csv", 's,y\n"a"b,1\n', "t.csv:2: not CSV: ',' expected after '\"'."),
        ("t.csv", "s,y\na\0b,1\n", "t.csv:2: a NUL character."),
        ("t.csv", "s,y\n", "t.csv: there is no row in it."),
        ("t.csv", "\n\ns,y\na,1\n", "t.csv:1: a blank line between rows"),
        ("t.csv", "", "t.csv: the file is empty."),
        ("t.csv", "\n", "t.csv:1: expected a header of distinct column names."),
        ("t.csv", "s,y,s\na,1,b\n", "t.csv:1: two columns are called 's'; rename one."),
        ("t.csv", "s,,\na,1,b\n", "t.csv:1: two columns have no name; rename one."),
        (
            "t.csv",
            "s;y\na;1\n",
            "t.csv:1: one column, 's;y': the file seems separated by ';', and .csv files are by "
            "commas; save it with commas.",
        ),
        ("t.csv", "s\ty\na\t1\n", "t.csv:1: one column, 's\\ty': the file seems separated by"),
        ("t.tsv", "s,y\na,1\n", "t.tsv:1: one column, 's,y': the file seems separated by ','"),
        ("t.jsonl", '{"s": 1}\n\n{"s": 2}\n', "t.jsonl:2: blank line; expected a JSON object."),
        ("t.tsv", "s\ty\na\t1\t\n", "t.tsv:2: expected 2 values, got 3."),
        ("t.jsonl", '{"s": 1e999}\n', "t.jsonl:1: NaN is not a number here, nor is Infinity"),
        ("t.jsonl", '{"s": 1} {"s": 2}\n', "t.jsonl:1:10: not JSON: Extra data."),
        ("t.jsonl", '{"s": "a\n"}\n', "t.jsonl:1:7: not JSON: Unterminated string starting at."),
        ("t.json", "", "t.json: the file is empty."),
        ("t.json", "[]", "t.json: there is no row in it."),
        ("t.json", '{"s": 1}', "t.json:1:1: not a list of JSON objects: Expecting '['."),
        ("t.json", '[{"s": 1}', "t.json:1:10: not a list of JSON objects: Expecting ','."),
        ("t.json", '[{"s": 1},]', "t.json:1:11: not a list of JSON objects: Expecting value."),
        ("t.json", '[{"s": 1}] 2', "t.json:1:11: not a list of JSON objects: Extra data."),
        ("t.json", '[{"s": 1},\n{"s" 2}]', "t.json:2:6: not a list of JSON objects: Expecting ':'"),
        ("t.json", '[{"s": 1},\n{"s": NaN}]', "t.json: row 2: NaN is not a number here"),
        ("t.json", '[{"s": 1},\n3]', "t.json: row 2: expected an object, got 3."),
        ("t.json", '[{"s": 1, "s": 2}]', "t.json: row 1: key 's' given twice."),
        ("t.json", f'[{{"s": {"1" * 5000}}}]', "t.json: row 1: a number of 5,000 digits;"),
        ("t.json", '[{"s": "\\udc00"}]', "t.json: row 1: half a surrogate pair"),
        ("t.json", "[" * 100_000, "t.json: row 1: lists or objects nested too deeply."),
    ],
)
def test_what_is_wrong_in_a_text_file_is_named_with_its_line(
    tmp_path: Path, name: str, content: str, problem: str
) -> None:
    (tmp_path / name).write_bytes(content.encode())
    assert refusal(tmp_path, name).startswith(problem)


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("t.csv", b"s,y\nb\xc3\xa9\xff,1\n", "t.csv:2: not UTF-8 at byte 3 of the line (0xff)."),
        ("t.csv", "s,y\na,1\n".encode("utf-16"), "t.csv:1: not UTF-8 at byte 0 of the line"),
        ("t.csv", "s,y\na,1\n".encode("utf-16-le"), "t.csv:1: a NUL character. UTF-16?"),
        ("t.csv.gz", b"s,y\na,1\n", "t.csv.gz: cannot be read: Not a gzipped file"),
        ("t.csv.gz", gzip.compress(b"s,y\na,1\n" * 99)[:-9], "t.csv.gz: cannot be read: Compres"),
        ("t.csv", b"s,y\n" + b"x" * 10_000_001 + b",1\n", "t.csv:2: longer than 10,000,000 char"),
        (
            "t.csv",
            b's,y\na,1\n"' + b"x" * 5_000_000 + b"\n" + b"x" * 5_000_000 + b'",1\n',
            "t.csv:3: not CSV: a value of this row is longer than 10,000,000 characters",
        ),
        ("t.jsonl", b'{"s": "' + b"x" * 10_000_001 + b'"}\n', "t.jsonl:1: longer than 10,000,000"),
    ],
)
def test_bytes_that_are_no_text_are_named_with_their_line(
    tmp_path: Path, name: str, content: bytes, problem: str
) -> None:
    (tmp_path / name).write_bytes(content)
    assert refusal(tmp_path, name).startswith(problem)


def test_line_ends_inside_a_value_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b's,y\r\n"a\r\nb\rc\nd",1\r\n')
    assert list(read(tmp_path, "t.csv").rows) == [{"s": "a\r\nb\rc\nd", "y": "1"}]


def test_a_text_as_long_as_the_limit_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"s\r\n" + b"x" * 10_000_000 + b"\r\nb\r\n")
    assert [len(str(row["s"])) for row in read(tmp_path, "t.csv").rows] == [10_000_000, 1]


def test_rows_of_other_lengths_are_counted_and_the_remedy_said(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("s,y\na,1\nb, c,1\nd,1\ne\nf, g,0\n", encoding="utf-8")
    assert refusal(tmp_path, "t.csv") == (
        "t.csv:3: expected 2 values, got 3; 2 more rows are too long or too short. Put a text that "
        "holds a comma into quotes; leave a value empty, not out."
    )
    (tmp_path / "t.csv").write_text('s,y\nb, c,1\nd,1\n"', encoding="utf-8")
    assert refusal(tmp_path, "t.csv").startswith("t.csv:2: expected 2 values, got 3. Put a text")
    (tmp_path / "t.tsv").write_text("s\ty\na\t1\t\n", encoding="utf-8")
    assert "got 3. Write a space for a tab inside a text;" in refusal(tmp_path, "t.tsv")


def test_a_file_by_tabs_is_told_to_be_called_so(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("s\ty\na\t1\n", encoding="utf-8")
    assert refusal(tmp_path, "t.csv").endswith("save it with commas, or call it .tsv.")
    (tmp_path / "t.tsv").write_text("s,y\na,1\n", encoding="utf-8")
    assert refusal(tmp_path, "t.tsv").endswith("save it with tabs, or call it .csv.")
    (tmp_path / "t.tsv").write_text("s;y\na;1\n", encoding="utf-8")
    assert refusal(tmp_path, "t.tsv").endswith("; save it with tabs.")
    (tmp_path / "t.csv").write_text("s;u,y\na,1\n", encoding="utf-8")
    assert list(read(tmp_path, "t.csv").rows) == [{"s;u": "a", "y": "1"}]


def test_rows_of_csv_are_called_by_the_line_where_they_start(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('s,y\na,1\n"b\nc",1\nd,0\n', encoding="utf-8")
    table = read(tmp_path, "t.csv")
    assert [table.place(row) for row in range(3)] == [f"{tmp_path}/t.csv:{n}" for n in (2, 3, 5)]


def test_a_sheet_and_a_list_inside_an_object_are_told_what_to_become(tmp_path: Path) -> None:
    (tmp_path / "t.xlsx").write_bytes(b"PK")
    assert refusal(tmp_path, "t.xlsx").endswith(" Save the sheet as CSV, with commas.")
    (tmp_path / "t.txt").write_bytes(b"s")
    assert refusal(tmp_path, "t.txt").endswith("also with .gz.")
    (tmp_path / "t.json").write_text('{"data": [{"s": 1}]}', encoding="utf-8")
    assert refusal(tmp_path, "t.json") == (
        "t.json:1:1: not a list of JSON objects: Expecting '['. Keep the list of rows alone, "
        "[{...}, {...}]; with one object a line, call it .jsonl."
    )
    (tmp_path / "t.json").write_text("3", encoding="utf-8")
    assert refusal(tmp_path, "t.json").endswith("Expecting '['.")
