"""A ledger that was altered after it was written is refused, with the place."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ledger_story import opened, round_of, story

from engine.ledger import line_format
from engine.ledger.ledger import Ledger, read_ledger
from engine.ledger.line_format import Tip, decode, encode
from engine.ledger.reading import LedgerDamagedError, parse_ledger
from engine.ledger.records import SCHEMA, Record

PATH = Path("/run/ledger.jsonl")


def lines_of(records: tuple[Record, ...]) -> list[bytes]:
    tip, lines = Tip(), []
    for record in records:
        line, tip = encode(record, tip, time_utc="2026-01-02T03:04:05.678+00:00")
        lines.append(line)
    return lines


LINES = lines_of((opened(), *round_of(0)))


def line_with(body: bytes | dict[str, Any], tip: Tip) -> bytes:
    """A line with right checksums around any body: made by hand, not by an accident."""
    text = body if isinstance(body, bytes) else line_format._canonical(body)
    return line_format._prefix(text, tip) + text + b"\n"


def test_every_flipped_bit_is_refused_or_ends_in_the_tail() -> None:
    data = b"".join(LINES)
    whole = parse_ledger(data, PATH).records
    unnoticed = 0
    for place in range(len(data)):
        # Bit 5 turns 'a' into 'A', which reads as the same number.
        for bit in (place % 8, 5):
            flipped = bytearray(data)
            flipped[place] ^= 1 << bit
            try:
                found = parse_ledger(bytes(flipped), PATH)
            except LedgerDamagedError as error:
                assert error.line == data[:place].count(b"\n") + 1
                continue
            last = len(data) - len(LINES[-1])
            assert place >= last
            assert found.torn == bytes(flipped[last:])
            unnoticed += found.records == whole
    assert unnoticed == 0


def test_a_dropped_doubled_swapped_or_foreign_line_is_refused() -> None:
    foreign = lines_of((opened("another"), *round_of(0)))
    edits = 0
    for at in range(len(LINES) - 1):
        dropped = [*LINES[:at], *LINES[at + 1 :]]
        swapped = [*LINES[:at], LINES[at + 1], LINES[at], *LINES[at + 2 :]]
        doubled = [*LINES[: at + 1], *LINES[at:]]
        replaced = [*LINES[:at], foreign[at], *LINES[at + 1 :]]
        empty = [*LINES[:at], b"\n", *LINES[at:]]
        for altered in (dropped, swapped, doubled, replaced, empty):
            with pytest.raises(LedgerDamagedError) as caught:
                parse_ledger(b"".join(altered), PATH)
            assert caught.value.line - 1 in (at, at + 1)
            edits += 1
    assert edits == 5 * (len(LINES) - 1)


def test_the_refusal_names_line_byte_and_cause_and_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    altered = b"".join(LINES).replace(b'"attempt":2', b'"attempt":3', 1)
    path.write_bytes(altered)
    readers: tuple[Callable[[], object], ...] = (
        lambda: Ledger.open(tmp_path),
        lambda: read_ledger(path),
    )
    for read in readers:
        with pytest.raises(LedgerDamagedError) as caught:
            read()
        begin = sum(map(len, LINES[:4]))
        assert f"{path}:5: damaged line (it begins at byte {begin})" in str(caught.value)
        assert "checksum" in str(caught.value)
    assert path.read_bytes() == altered
    assert [p.name for p in tmp_path.iterdir()] == ["ledger.jsonl"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"attempt": "1"}, "started.attempt: .* got '1'"),
        ({"attempt": None}, "started.attempt"),
        ({"attempt": True}, "started.attempt"),
        ({"reserved_tokens": 1.5}, "started.reserved_tokens"),
        ({"job": ...}, "started.job: Field required"),
        ({"kind": "startled"}, "kind is 'startled'; known are opened"),
        ({"kind": "closed"}, "closed.round: Field required"),
        ({"kind": ["started"]}, "kind is"),
        ({"kind": ...}, "kind is None"),
        ({"seq": 3}, "seq is 3; expected 2"),
        ({"seq": 2.0}, "seq is 2.0"),
        ({"time_utc": 0}, "time_utc is 0"),
    ],
)
def test_a_malformed_line_is_refused_naming_the_field(changes: dict[str, Any], words: str) -> None:
    body = {"seq": 2, "kind": "started", "time_utc": "t", "job": "j", "attempt": 1}
    body |= {"reserved_tokens": 5, **changes}
    body = {name: value for name, value in body.items() if value is not ...}
    with pytest.raises(LedgerDamagedError, match=f":2: .*{words}"):
        parse_ledger(LINES[0] + line_with(body, _tip_after_first()), PATH)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"not json",
        b'{"a":NaN}',
        b'{"a":1e999}',
        b'{"a":1,"a":2}',
        b'{"b":1,"a":2}',
        b'{"a": 1}',
        b'{"a":"\xff"}',
        b"9" * 5000,
        b"[" * 100_000,
    ],
)
def test_a_body_that_we_would_not_write_is_refused(body: bytes) -> None:
    with pytest.raises(LedgerDamagedError, match=r":2: .*body"):
        parse_ledger(LINES[0] + line_with(body, _tip_after_first()), PATH)


def test_a_field_that_a_later_version_added_is_passed_over_and_kept(tmp_path: Path) -> None:
    body = json.loads(LINES[1][26:])
    body["mood"] = "good"
    body["proposals"][0]["mood"] = "good"
    data = LINES[0] + line_with(body, _tip_after_first())
    (tmp_path / "ledger.jsonl").write_bytes(data)
    ledger = Ledger.open(tmp_path)
    ledger.append(round_of(0)[1])

    assert ledger.records == (opened(), *round_of(0)[:2])
    assert (tmp_path / "ledger.jsonl").read_bytes().startswith(data)


def test_the_envelope_does_not_lend_its_kind_to_a_record_that_lost_its_own() -> None:
    body = json.loads(LINES[3][26:])
    assert body["kind"] == "failed"
    del body["failure"]
    with pytest.raises(LedgerDamagedError, match=r"failed\.failure: Field required"):
        parse_ledger(b"".join(LINES[:3]) + line_with(body, _tip_after(3)), PATH)


def test_a_newer_schema_is_refused_with_the_version_that_wrote_it() -> None:
    body = json.loads(LINES[0][26:])
    body |= {"schema": SCHEMA + 1, "versions": {"sextant": "9.1"}, "new": 1}
    del body["config"]
    with pytest.raises(ValueError, match=rf"schema {SCHEMA + 1} .* sextant 9\.1") as caught:
        parse_ledger(line_with(body, Tip()), PATH)
    assert not isinstance(caught.value, LedgerDamagedError)


def test_a_ledger_in_which_something_ends_twice_is_refused() -> None:
    records = (opened(), *round_of(0), round_of(0)[-1])
    with pytest.raises(LedgerDamagedError, match=r":8: .*round 0 is closed a second time"):
        parse_ledger(b"".join(lines_of(records)), PATH)
    with pytest.raises(LedgerDamagedError, match=r":1: .*begins with 'opened'"):
        parse_ledger(b"".join(lines_of(round_of(0))), PATH)


def test_a_line_of_every_kind_survives_the_trip() -> None:
    tip = Tip()
    for record in story():
        line, after = encode(record, tip, time_utc="t")
        assert line.count(b"\n") == 1
        assert decode(line[:-1], tip) == (record, after)
        tip = after


def _tip_after_first() -> Tip:
    return _tip_after(1)


def _tip_after(number: int) -> Tip:
    return parse_ledger(b"".join(LINES[:number]), PATH).tip
