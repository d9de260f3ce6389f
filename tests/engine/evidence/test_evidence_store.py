"""The store's files: read back as written, torn ends survived, damage refused."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest
from faulty_disk import SURVIVALS, CrashError, FaultyDisk, Survival
from made_evidence import stored_branch, stored_campaign, topic_task, write_store
from pydantic import ValidationError

from engine.evidence.line_format import encode
from engine.evidence.records import Stored, StoredGain, stored_task
from engine.evidence.store import (
    DamagedEvidenceError,
    append,
    file_of,
    read_campaign,
    read_evidence,
)
from engine.storage.disk import DiskError
from tasks import InputError

BIRDS, COURTS = topic_task("birds"), topic_task("courts")
FIRST = stored_branch("r00-p1", [(COURTS, 1.0)], [(BIRDS, 0.25)])
SECOND = stored_branch("r00-p2", [(COURTS, 0.1)], [(BIRDS, 1 / 3)])


def _store(folder: Path) -> Path:
    return write_store(folder, [BIRDS, COURTS], [FIRST, SECOND])


def test_a_store_reads_back_as_it_was_written(tmp_path: Path) -> None:
    _store(tmp_path)
    (campaign,) = read_evidence(tmp_path).campaigns
    assert campaign.opened == stored_campaign()
    assert list(campaign.branches.values()) == [FIRST, SECOND]
    tasks = [stored_task(task, tokens_per_example=9.5) for task in (BIRDS, COURTS)]
    assert list(campaign.tasks.values()) == tasks


def test_of_a_task_in_two_campaigns_the_later_line_counts(tmp_path: Path) -> None:
    old = stored_campaign("zz-old", time_utc="2030-01-01T00:00:00.000+00:00")
    write_store(tmp_path, [topic_task("birds", name="old")], [], opened=old)
    _store(tmp_path)
    tasks = read_evidence(tmp_path).tasks
    assert sorted(task.name for task in tasks.values()) == ["birds", "courts"]


def test_a_store_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    assert read_evidence(tmp_path / "none").campaigns == ()


def test_other_files_in_the_folder_are_passed_over(tmp_path: Path) -> None:
    _store(tmp_path)
    (tmp_path / "notes.txt").write_text("mine\n")
    assert len(read_evidence(tmp_path).campaigns) == 1


def test_a_file_cannot_be_a_store(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match=r"'.*file' is no folder"):
        read_evidence(tmp_path / "file")


@pytest.mark.parametrize("cut", [1, 30])
def test_a_torn_last_line_is_no_evidence_and_is_replaced_by_the_next(
    tmp_path: Path, cut: int
) -> None:
    path = _store(tmp_path)
    path.write_bytes(path.read_bytes()[:-cut])
    there = read_campaign(path)
    assert there and list(there.branches) == ["r00-p1"]
    append(path, [SECOND])
    again = read_campaign(path)
    assert again and list(again.branches.values()) == [FIRST, SECOND]


def test_a_file_whose_first_line_is_torn_is_empty(tmp_path: Path) -> None:
    path = file_of(tmp_path, "x")
    path.write_bytes(encode(stored_campaign("x"))[:-9])
    assert read_campaign(path) is None
    assert read_evidence(tmp_path).campaigns == ()


@pytest.mark.parametrize("text", ['{"chat": "hello"}\n{"chat": "bye"}\n', "\n", "12345678 plain\n"])
def test_a_file_that_is_no_evidence_is_never_called_damaged(tmp_path: Path, text: str) -> None:
    (tmp_path / "chats.jsonl").write_text(text)
    with pytest.raises(InputError, match=r"chats.jsonl: this is no file of evidence") as caught:
        read_evidence(tmp_path)
    assert "folder of its own" in str(caught.value)
    assert "remove" not in str(caught.value)


def test_evidence_whose_first_line_is_damaged_is_still_known_as_evidence(tmp_path: Path) -> None:
    path = _store(tmp_path)
    path.write_bytes(b"#" + path.read_bytes()[1:])
    with pytest.raises(DamagedEvidenceError, match=r"jsonl:1: damaged line: its checksum.*Restore"):
        read_evidence(tmp_path)


def test_a_changed_line_is_refused_with_its_place(tmp_path: Path) -> None:
    path = _store(tmp_path)
    path.write_bytes(path.read_bytes().replace(b'"gain":0.25', b'"gain":0.95'))
    with pytest.raises(InputError, match=r"jsonl:4: damaged line: its checksum.*Restore"):
        read_evidence(tmp_path)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([stored_campaign(schema=2)], "schema 2; this version reads schema 1"),
        ([FIRST], "x.jsonl:1: expected a campaign, got a branch"),
        ([stored_campaign(), FIRST], r"x.jsonl:2: no line tells of task [0-9a-f]{32}"),
    ],
    ids=["schema", "no campaign", "no task"],
)
def test_a_file_that_makes_no_sense_is_refused(
    tmp_path: Path, lines: list[Stored], said: str
) -> None:
    append(tmp_path / "x.jsonl", lines)
    with pytest.raises(InputError, match=said):
        read_evidence(tmp_path)


def test_a_line_of_no_known_kind_is_refused(tmp_path: Path) -> None:
    body = b'{"kind":"other"}'
    (tmp_path / "x.jsonl").write_bytes(b"%08x %b\n" % (zlib.crc32(body), body))
    with pytest.raises(InputError, match=r"x.jsonl:1: damaged line: .*other"):
        read_evidence(tmp_path)


def test_a_branch_that_is_there_twice_counts_once(tmp_path: Path) -> None:
    path = _store(tmp_path)
    append(path, [stored_branch("r00-p1", [(COURTS, 1.0)], [(BIRDS, 9.0)])])
    there = read_campaign(path)
    assert there and list(there.branches.values()) == [FIRST, SECOND]


def test_a_gain_that_is_no_number_is_never_stored() -> None:
    with pytest.raises(ValidationError):
        StoredGain(gain=float("nan"), se=0.1, metric_gain=0.0)


@pytest.mark.parametrize("survival", SURVIVALS, ids=str)
def test_whenever_power_is_lost_each_branch_is_there_once_in_the_end(
    tmp_path: Path, survival: Survival
) -> None:
    path = file_of(tmp_path, "x")
    lines: list[Stored] = [stored_campaign("x")]
    lines += [stored_task(task, tokens_per_example=1.0) for task in (BIRDS, COURTS)]
    calm = FaultyDisk()
    append(path, [*lines, FIRST], disk=calm)
    before = calm.operations
    append(path, [SECOND], disk=calm)
    for crash_at in range(before, calm.operations):
        disk = FaultyDisk(crash_at=crash_at)
        append(path, [*lines, FIRST], disk=disk)
        with pytest.raises(CrashError):
            append(path, [SECOND], disk=disk)
        disk = disk.after_crash(survival)
        there = read_campaign(path, disk=disk)
        assert there and there.branches["r00-p1"] == FIRST
        if "r00-p2" not in there.branches:
            append(path, [SECOND], disk=disk)
        there = read_campaign(path, disk=disk)
        assert there and list(there.branches.values()) == [FIRST, SECOND]


def test_a_full_disk_is_told_and_what_is_missing_can_be_added_later(tmp_path: Path) -> None:
    path = file_of(tmp_path, "x")
    lines: list[Stored] = [stored_campaign("x")]
    lines += [stored_task(task, tokens_per_example=1.0) for task in (BIRDS, COURTS)]
    calm = FaultyDisk()
    append(path, lines, disk=calm)
    disk = FaultyDisk(short={calm.log.index("write"): 700})
    with pytest.raises(DiskError, match="disk full"):
        append(path, lines, disk=disk)
    there = read_campaign(path, disk=disk)
    assert there and there.tasks == {}
    append(path, lines[1:], disk=disk)
    there = read_campaign(path, disk=disk)
    assert there and [there.opened, *there.tasks.values()] == lines
