"""The ledger on a sound disk: what goes in comes out, and nothing else goes in."""

from __future__ import annotations

import hashlib
import os
import stat
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ledger_story import frozen_clock, opened, round_of, story

from engine.ledger.ledger import Ledger, MemoryLedger, Recorder, read_ledger
from engine.ledger.records import Closed, Completed, Failed, Started
from engine.storage.disk import DiskError


@pytest.fixture(params=["file", "memory"])
def recorder(request: pytest.FixtureRequest, tmp_path: Path) -> Recorder:
    return Ledger.open(tmp_path) if request.param == "file" else MemoryLedger()


def test_every_kind_of_record_reads_back_as_itself(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path)
    for record in story():
        ledger.append(record)
    ledger.close()

    assert ledger.records == story()
    assert read_ledger(tmp_path / "ledger.jsonl") == story()
    again = Ledger.open(tmp_path)
    assert again.records == story()


def test_a_ledger_goes_on_where_it_was_closed(tmp_path: Path) -> None:
    for record in story():
        ledger = Ledger.open(tmp_path, clock=frozen_clock)
        ledger.append(record)
        ledger.close()
    at_once = tmp_path / "at-once"
    at_once.mkdir()
    ledger = Ledger.open(at_once, clock=frozen_clock)
    for record in story():
        ledger.append(record)

    written = (tmp_path / "ledger.jsonl").read_bytes()
    assert written == (at_once / "ledger.jsonl").read_bytes()


def test_the_format_stays_what_released_ledgers_have(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path, clock=frozen_clock)
    ledger.append(opened())
    ledger.append(Failed(job="r000-p1", attempt=1, kind="error", message="é\n", decision="give-up"))

    chain = b"0" * 16
    for line in (tmp_path / "ledger.jsonl").read_bytes().splitlines():
        body = line[26:]
        chain = hashlib.sha256(chain + body).hexdigest()[:16].encode()
        assert line[:26] == b"%s %08x " % (chain, zlib.crc32(body))
    assert body.decode() == (
        '{"attempt":1,"decision":"give-up","failure":"error","job":"r000-p1",'
        '"kind":"failed","message":"é\\n","seq":2,"task":"",'
        '"time_utc":"2026-01-02T03:04:05.678+00:00"}'
    )


def test_the_ledger_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        Ledger.open(tmp_path)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "ledger.jsonl").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("facts", "named"),
    [
        ({"loss": float("nan")}, "facts"),
        ({"loss": [1.0, {"x": float("-inf")}]}, "facts"),
        ({"loss": np.float32(1.0)}, "float32"),
        ({"loss": np.zeros(2)}, "ndarray"),
        ({"point": (1, 2)}, "tuples"),
        ({"by_size": {1: 2}}, "text keys"),
        ({"text": "\ud800"}, "facts"),
        ({"text": "x" * 1_000_001}, "at most 1,000,000"),
    ],
)
def test_what_would_not_read_back_as_itself_is_refused(
    recorder: Recorder, facts: dict[Any, Any], named: str
) -> None:
    recorder.append(opened())
    result = Completed(
        job="j", attempt=1, tokens=1, examples=1, seconds=1.0, arrays="", facts=facts
    )
    with pytest.raises(ValueError, match=named):
        recorder.append(result)

    recorder.append(replace(result, facts={"loss": np.float64(0.5)}))
    assert len(recorder.records) == 2


def test_a_not_a_number_cannot_even_be_put_into_a_record() -> None:
    with pytest.raises(ValueError, match="finite"):
        replace(_gain_of(story()), gain=float("nan"))


def test_a_ledger_begins_with_opened_and_only_once(recorder: Recorder) -> None:
    with pytest.raises(ValueError, match="begins with 'opened'"):
        recorder.append(Started(job="j", attempt=1, reserved_tokens=1))
    recorder.append(opened())
    with pytest.raises(ValueError, match="opened a second time"):
        recorder.append(opened())


@pytest.mark.parametrize("again", [0, 4, 5])
def test_what_ends_once_is_refused_twice(recorder: Recorder, again: int) -> None:
    for record in (opened(), *round_of(0)):
        recorder.append(record)
    with pytest.raises(ValueError, match="a second time"):
        recorder.append(round_of(0)[again])

    recorder.append(round_of(1)[0])
    assert recorder.records == (opened(), *round_of(0), round_of(1)[0])


def test_a_closed_ledger_takes_nothing(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path)
    ledger.close()
    ledger.close()
    with pytest.raises(DiskError, match="closed"):
        ledger.append(opened())


def test_reading_where_no_ledger_is_says_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no ledger there"):
        read_ledger(tmp_path / "ledger.jsonl")


def test_a_reader_sees_the_finished_lines_of_a_ledger_being_written(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    ledger = Ledger.open(tmp_path)
    for record in story():
        ledger.append(record)
    data = path.read_bytes()
    path.write_bytes(data[:-20])

    assert read_ledger(path) == story()[:-1]
    assert path.read_bytes() == data[:-20]
    assert [p.name for p in tmp_path.iterdir()] == ["ledger.jsonl"]


@pytest.mark.parametrize("kind", ["fifo", "symlink", "folder"])
def test_a_ledger_that_is_no_file_is_refused_and_never_waited_for(
    tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "ledger.jsonl"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "symlink":
        path.symlink_to("/etc/hostname")
    else:
        path.mkdir()
    with pytest.raises(DiskError, match=r"ledger\.jsonl"):
        Ledger.open(tmp_path)


def _gain_of(records: tuple[Any, ...]) -> Any:
    return next(record for record in records if isinstance(record, Closed)).gains[0]
