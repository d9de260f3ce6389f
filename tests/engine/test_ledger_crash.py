"""The ledger on a disk that loses power, fails or takes only part of a line."""

from __future__ import annotations

import errno
from itertools import count
from pathlib import Path

import pytest
from faulty_disk import SURVIVALS, CrashError, FaultyDisk
from ledger_story import frozen_clock, story

from engine.ledger.ledger import Ledger, read_ledger
from engine.ledger.records import Record
from engine.storage.disk import DiskError

FOLDER = Path("/run")
LEDGER = FOLDER / "ledger.jsonl"
RECORDS = story(rounds=5)


def carry_on(disk: FaultyDisk, records: tuple[Record, ...] = RECORDS) -> list[Record]:
    """Open and append what is missing; answers what was acknowledged, or read, until a crash."""
    acknowledged: list[Record] = []
    try:
        ledger = Ledger.open(FOLDER, disk=disk, clock=frozen_clock)
        acknowledged += ledger.records
        for record in records[len(acknowledged) :]:
            ledger.append(record)
            acknowledged.append(record)
    except CrashError:
        pass
    return acknowledged


def content(disk: FaultyDisk) -> bytes:
    return disk.read(LEDGER)


def untouched() -> tuple[bytes, int]:
    """The ledger of a run without faults, and its number of operations."""
    disk = FaultyDisk()
    carry_on(disk)
    operations = disk.operations
    return content(disk), operations


def check_resumes(disk: FaultyDisk, acknowledged: list[Record], expected: bytes) -> None:
    """What was acknowledged is there, and going on gives the ledger of the untouched run."""
    ledger = Ledger.open(FOLDER, disk=disk, clock=frozen_clock)
    assert list(ledger.records[: len(acknowledged)]) == acknowledged
    assert carry_on(disk) == list(RECORDS)
    assert content(disk) == expected


def test_a_crash_at_any_operation_loses_nothing_acknowledged() -> None:
    expected, operations = untouched()
    points = 0
    for crash_at in range(operations):
        disk = FaultyDisk(crash_at=crash_at)
        acknowledged = carry_on(disk)
        for survival in SURVIVALS:
            check_resumes(disk.after_crash(survival), acknowledged, expected)
            points += 1
        check_resumes(disk.after_kill(), acknowledged, expected)
    assert points >= 500


def test_a_crash_while_mending_a_torn_line_loses_nothing_acknowledged() -> None:
    expected, _ = untouched()
    whole = content(_disk_with(RECORDS[:4]))
    torn = whole + expected[len(whole) : len(whole) + 50]
    points = 0
    for crash_at in count():
        disk = FaultyDisk(crash_at=crash_at)
        disk.put(LEDGER, torn)
        acknowledged = carry_on(disk, RECORDS[:6])
        if disk.operations <= crash_at:
            break
        for survival in SURVIVALS:
            after = disk.after_crash(survival)
            check_resumes(after, acknowledged, expected)
            asides = [name for name in after.names(FOLDER) if name.startswith("ledger.torn-5")]
            assert torn[len(whole) :] in [after.read(FOLDER / name) for name in asides]
            points += 1
    assert points >= 50


def test_what_was_read_is_safe_before_it_is_acted_upon() -> None:
    """Killed between a write and its sync, then power is lost right after the next start."""
    operations = untouched()[1]
    for crash_at in range(operations):
        killed = FaultyDisk(crash_at=crash_at)
        carry_on(killed)
        restarted = killed.after_kill()
        read = Ledger.open(FOLDER, disk=restarted).records
        survivor = restarted.after_crash(SURVIVALS[0])
        assert Ledger.open(FOLDER, disk=survivor).records == read


def test_a_torn_last_line_is_set_aside_under_a_name_of_its_own() -> None:
    disk = _disk_with(RECORDS[:3])
    whole = content(disk)
    for torn in (b"abc", b"abcd", b"abc"):
        disk.put(LEDGER, whole + torn)
        assert Ledger.open(FOLDER, disk=disk).records == RECORDS[:3]
        assert content(disk) == whole
    assert disk.read(FOLDER / "ledger.torn-4") == b"abc"
    assert disk.read(FOLDER / "ledger.torn-4.2") == b"abcd"
    assert len(disk.names(FOLDER)) == 3


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "disk full; free 64 MB and run the same command"),
        (errno.EDQUOT, "quota"),
        (errno.EROFS, "read-only"),
        (errno.EIO, "I/O error"),
        (errno.EFBIG, "ulimit"),
        (errno.ENETDOWN, "and run the same command"),
    ],
)
def test_a_disk_that_fails_once_stops_the_ledger_for_good(code: int, words: str) -> None:
    expected, operations = untouched()
    for number in range(operations):
        disk = FaultyDisk(errors={number: code})
        written = _append_until_refused(disk, words)
        check_resumes(disk.after_kill(), written, expected)


@pytest.mark.parametrize("taken", [0, 1, 17, 100])
def test_a_write_that_takes_part_of_a_line_is_a_failure(taken: int) -> None:
    expected, _ = untouched()
    full = FaultyDisk()
    carry_on(full)
    for number in [n for n, name in enumerate(full.log) if name == "write"]:
        disk = FaultyDisk(short={number: taken})
        written = _append_until_refused(disk, "disk full")
        assert disk.log[number:] == ["write", "truncate"]
        check_resumes(disk.after_kill(), written, expected)


def test_after_a_failed_sync_nothing_is_synced_or_written_again() -> None:
    full = FaultyDisk()
    carry_on(full)
    for number in [n for n, name in enumerate(full.log) if name == "sync"][1:]:
        disk = FaultyDisk(errors={number: errno.EIO})
        _append_until_refused(disk, "I/O error")
        assert disk.log[number:] == ["sync", "truncate"]


def test_an_interrupted_append_stops_the_ledger() -> None:
    disk = _disk_with(RECORDS[:1])
    ledger = Ledger.open(FOLDER, disk=disk)
    disk.crash_at = disk.operations + 1
    with pytest.raises(CrashError):
        ledger.append(RECORDS[1])
    with pytest.raises(DiskError, match="interrupted"):
        ledger.append(RECORDS[1])


def test_a_real_full_disk_is_named_and_the_campaign_goes_on_after_it(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("needs /dev/full")
    ledger = Ledger.open(tmp_path, clock=frozen_clock)
    ledger.append(RECORDS[0])
    ledger._file, file = ledger._disk.open(full), ledger._file
    with pytest.raises(DiskError, match="disk full; free 64 MB"):
        ledger.append(RECORDS[1])
    ledger._disk.close(file)

    assert read_ledger(tmp_path / "ledger.jsonl") == RECORDS[:1]


def _append_until_refused(disk: FaultyDisk, words: str) -> list[Record]:
    written: list[Record] = []
    with pytest.raises(DiskError, match=words):
        ledger = Ledger.open(FOLDER, disk=disk, clock=frozen_clock)
        for record in RECORDS:
            try:
                ledger.append(record)
            except DiskError:
                operations = disk.operations
                with pytest.raises(DiskError, match=words):
                    ledger.append(record)
                assert disk.operations == operations
                raise
            written.append(record)
    return written


def _disk_with(records: tuple[Record, ...]) -> FaultyDisk:
    disk = FaultyDisk()
    carry_on(disk, records)
    return disk
