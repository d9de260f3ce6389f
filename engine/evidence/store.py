"""The store: a folder with one append-only file for each campaign."""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from engine.evidence.line_format import BadLineError, decode, encode, looks_encoded
from engine.evidence.records import SCHEMA, Stored, StoredBranch, StoredCampaign, StoredTask
from engine.storage.disk import LOCAL_DISK, Disk, disk_errors
from tasks import InputError

SUFFIX = ".jsonl"


class DamagedEvidenceError(InputError):
    """A file of a store is not as it was written."""

    exit_code: ClassVar[int] = 4


@dataclass(frozen=True, kw_only=True)
class CampaignEvidence:
    """What one campaign found out."""

    opened: StoredCampaign
    tasks: Mapping[str, StoredTask]
    """By identity."""
    branches: Mapping[str, StoredBranch]
    """By job key, in the order of the file."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """All that a store holds."""

    campaigns: tuple[CampaignEvidence, ...]
    """In the order of their ids."""

    @property
    def tasks(self) -> dict[str, StoredTask]:
        """By identity; of several campaigns' lines about a task the one written last."""
        dated = sorted(self.campaigns, key=lambda one: (one.opened.time_utc, one.opened.campaign))
        return {identity: task for one in dated for identity, task in one.tasks.items()}


def file_of(folder: Path, campaign_id: str) -> Path:
    """Where a campaign's evidence lies: no two campaigns ever write one file."""
    return folder / f"{campaign_id}{SUFFIX}"


def read_evidence(folder: Path, *, disk: Disk = LOCAL_DISK) -> Evidence:
    """Read every file of a store; one that does not exist yet is empty.

    Raises:
        ValueError: If the folder is none, or a file is damaged, of another version, or not one of a
            store.
        DiskError: If it cannot be read.
    """
    if not folder.exists():
        return Evidence(campaigns=())
    refuse_no_folder(folder)
    with disk_errors(folder):
        names = sorted(name for name in disk.names(folder) if name.endswith(SUFFIX))
    found = (read_campaign(folder / name, disk=disk) for name in names)
    return Evidence(campaigns=tuple(one for one in found if one is not None))


def refuse_no_folder(folder: Path | None) -> None:
    """Raises ValueError for what is there and is no folder."""
    if folder is not None and folder.exists() and not folder.is_dir():
        raise ValueError(
            f"evidence: '{folder}' is no folder; name the one that holds earlier evidence, or one"
            " that does not exist yet."
        )


def read_campaign(path: Path, *, disk: Disk = LOCAL_DISK) -> CampaignEvidence | None:
    """One campaign's file, also while it is being written; None where no line was finished.

    Raises:
        DamagedEvidenceError: If a finished line is damaged.
        InputError: If the file is of another version, or not one of a store.
        DiskError: If it cannot be read.
    """
    with disk_errors(path):
        try:
            data = disk.read(path)
        except FileNotFoundError:
            return None
    # What follows the last newline is an append that was cut off: its campaign writes it anew.
    *lines, _ = data.split(b"\n")
    if not lines:
        return None
    _refuse_what_is_not_ours(lines, path)
    return _gathered([_decoded(line, path, number) for number, line in enumerate(lines, 1)], path)


def append(path: Path, records: Sequence[Stored], *, disk: Disk = LOCAL_DISK) -> None:
    """Add records, in place of an append that was cut off; they survive a power loss.

    Whoever calls has read the file, and is the only one to write it.

    Raises:
        DiskError: Some of the first may have been added; calling with those that are missing goes
            on from there.
    """
    data = b"".join(map(encode, records))
    with disk_errors(path, num_bytes=len(data)):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = disk.open(path)
        try:
            disk.truncate(file, _finished_bytes(path, disk))
            written = disk.write(file, data)
            if written != len(data):
                raise OSError(errno.ENOSPC, f"{written} of {len(data)} bytes were written")
            disk.sync(file)
        finally:
            disk.close(file)
        disk.sync_folder(path.parent)


def _finished_bytes(path: Path, disk: Disk) -> int:
    return disk.read(path).rfind(b"\n") + 1


def _refuse_what_is_not_ours(lines: Sequence[bytes], path: Path) -> None:
    """Somebody's data in the wrong folder must not be called damaged evidence, to be removed."""
    if not any(map(looks_encoded, lines)):
        raise InputError(
            [
                f"{path}: this is no file of evidence, which needs a folder of its own. Name the"
                " one that holds earlier evidence, or one that does not exist yet."
            ]
        )


def _decoded(line: bytes, path: Path, number: int) -> Stored:
    try:
        record = decode(line)
    except BadLineError as error:
        raise DamagedEvidenceError(
            [f"{path}:{number}: damaged line: {error}. {_REMEDY}"]
        ) from error
    if isinstance(record, StoredCampaign) and record.schema != SCHEMA:
        raise InputError(
            [
                f"{path}:{number}: written by sextant {record.sextant} with schema {record.schema};"
                f" this version reads schema {SCHEMA}. Use that version, or remove the file."
            ]
        )
    return record


_REMEDY = "Restore the file from a copy, or remove it and do without its evidence."


def _gathered(records: Sequence[Stored], path: Path) -> CampaignEvidence:
    opened = records[0]
    if not isinstance(opened, StoredCampaign):
        raise DamagedEvidenceError(
            [f"{path}:1: expected a campaign, got a {opened.kind}. {_REMEDY}"]
        )
    tasks: dict[str, StoredTask] = {}
    branches: dict[str, StoredBranch] = {}
    for number, record in enumerate(records, 1):
        match record:
            case StoredTask():
                tasks[record.task] = record
            case StoredBranch():
                if unknown := {*record.mixture, *record.gains} - tasks.keys():
                    raise DamagedEvidenceError(
                        [f"{path}:{number}: no line tells of task {min(unknown)}. {_REMEDY}"]
                    )
                # The first line counts: two copies of a run may both have gone on.
                branches.setdefault(record.branch, record)
    return CampaignEvidence(opened=opened, tasks=tasks, branches=branches)
